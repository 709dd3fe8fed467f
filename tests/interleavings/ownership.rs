//! Routing protocols take and release an interface while IGMP joins and leaves there:
//! the time between DISABLE and ENABLE, and what is joined in the end.

use crate::world::{IGMP, JOIN, Scenario, Told, World, any_source, explore, interface, locked, route};
use rtm::manager::Error;
use shuttle::{sync::Mutex as Lock, thread};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

const HOST: usize = 2;
const GROUPS: [u32; 3] = [crate::world::GROUP, 0xEF06_0002, 0xEF06_0003];

struct Ownership {
    /// IGMP's own lock, held while it joins and leaves; and what has members.
    members: Lock<BTreeSet<u32>>,
    changes: Mutex<Changes>,
    failed_takes: AtomicU32,
}

/// What is going on with the interface's ownership.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Changes {
    /// Takes and releases that run.
    running: u32,
    /// Callbacks that run while the interface is nobody's to touch.
    closed: u32,
    /// Changes with every one of these.
    count: u32,
}

impl Default for Ownership {
    fn default() -> Self {
        Self { members: Lock::new(BTreeSet::new()), changes: Mutex::default(), failed_takes: AtomicU32::new(0) }
    }
}

impl Ownership {
    fn note(&self, running: i32, closed: i32) {
        let mut changes = locked(&self.changes);
        changes.running = changes.running.wrapping_add_signed(running);
        changes.closed = changes.closed.wrapping_add_signed(closed);
        changes.count += 1;
    }

    fn changes(&self) -> Changes {
        *locked(&self.changes)
    }
}

impl Scenario for Ownership {
    fn react(world: &'static World<Self>, who: usize, told: Told) {
        match told {
            // A move, in the middle of the take that causes it.
            Told::Disable(_) | Told::Rpf { packet: false } => {
                world.scenario.note(0, 1);
                let closed = Err(Error::CanNotComplete);
                let added = world.add(HOST, GROUPS[0], 1);
                world.expect(added == closed, || format!("an add inside {told:?}: {added:?}"));
                let taken = world.engine.take(world.id(who), interface(1));
                world.expect(taken == closed, || format!("a take inside {told:?}: {taken:?}"));
                crate::world::pause();
                world.scenario.note(0, -1);
            }
            Told::Enable(_) => {
                let members = world.scenario.members.lock().expect("no panic");
                for &group in members.iter() {
                    change(world, || world.add(HOST, group, 1));
                }
            }
            _ => {}
        }
    }
}

/// An add or delete by IGMP: refused while the interface is being handed over, and
/// only then.
fn change(world: &'static World<Ownership>, call: impl FnOnce() -> Result<(), Error>) {
    let before = world.scenario.changes();
    let result = call();
    let after = world.scenario.changes();
    let refused = result == Err(Error::CanNotComplete);
    world.expect(refused || matches!(result, Ok(()) | Err(Error::NotFound)), || format!("{result:?}"));
    if before == after {
        world.expect(refused || before.closed == 0, || format!("{result:?} while the interface is closed"));
        // Inside ENABLE the take or release that called it still runs.
        world.expect(!refused || before.running > 0, || "refused, and no hand-over runs".into());
    }
}

#[test]
fn igmp_joins_while_the_interface_changes_hands() {
    explore("igmp_joins_while_the_interface_changes_hands", hand_over);
}

fn hand_over(world: &'static World<Ownership>) {
    world.register(0, 100);
    world.register(1, 101);
    world.register(HOST, IGMP);
    world.engine.take(world.id(HOST), interface(1)).expect("a free interface");
    world.engine.add_route(route(1)).expect("a route");
    // An entry that comes in on the interface moves with it.
    world.packet(1);
    let mut threads: Vec<_> = [0, 1].map(|who| thread::spawn(move || route_there(world, who))).into();
    threads.push(thread::spawn(move || {
        for (group, join) in [(GROUPS[0], true), (GROUPS[1], true), (GROUPS[0], false), (GROUPS[2], true)] {
            let mut members = world.scenario.members.lock().expect("no panic");
            // What is refused is made good by ENABLE.
            if join {
                members.insert(group);
                change(world, || world.add(HOST, group, 1));
            } else {
                members.remove(&group);
                change(world, || world.delete(HOST, group, 1));
            }
        }
    }));
    threads.push(thread::spawn(move || world.packet(1)));
    for thread in threads {
        thread.join().expect("a thread that ends");
    }
    check(world);
    for who in [0, 1, HOST] {
        world.leave(who, &[1]);
    }
}

/// Takes the interface, has a membership of its own there, and gives it up again, or not.
fn route_there(world: &'static World<Ownership>, who: usize) {
    let changing = |call: &dyn Fn() -> Result<(), Error>| {
        world.scenario.note(1, 0);
        let result = call();
        world.scenario.note(-1, 0);
        result
    };
    let id = world.id(who);
    match changing(&|| world.engine.take(id, interface(1))) {
        Ok(()) => {}
        Err(Error::AlreadyExists | Error::CanNotComplete) => {
            world.scenario.failed_takes.fetch_add(1, Relaxed);
            return;
        }
        Err(error) => panic!("{error:?}"),
    }
    let owner = world.engine.protocol_on(interface(1));
    assert_eq!(owner, Ok((100 + who as u32, 0)), "it has taken the interface");
    world.engine.add(id, any_source(GROUPS[1]), interface(1), JOIN).expect("its own interface");
    if who == 0 {
        changing(&|| world.engine.release(id, interface(1))).expect("its own interface");
    }
}

fn check(world: &'static World<Ownership>) {
    assert!(world.scenario.failed_takes.load(Relaxed) < 2, "one of two takes succeeds");
    let mut wanted = world.scenario.members.lock().expect("no panic").clone();
    // The one that keeps the interface has a membership of its own.
    let owner = (0..2).find(|&who| world.engine.protocol_on(interface(1)) == Ok((100 + who as u32, 0)));
    if owner.is_some() {
        wanted.insert(GROUPS[1]);
    }
    assert_eq!(world.groups(HOST), wanted, "what is joined in the end");
    let memberships = world.engine.counters().memberships as usize;
    let igmps = world.scenario.members.lock().expect("no panic").len();
    assert_eq!(memberships, igmps + usize::from(owner.is_some()), "the owner's and IGMP's own memberships");
    // The owner knows of each group that IGMP has joined, by what it was told last.
    let Some(owner) = owner else { return };
    for group in GROUPS {
        let (join, leave) = (Told::LocalJoin(any_source(group)), Told::LocalLeave(any_source(group)));
        let last = world.told(owner).into_iter().rfind(|&told| told == join || told == leave);
        let is_member = world.scenario.members.lock().expect("no panic").contains(&group);
        assert_eq!(last == Some(join), is_member, "the owner was told {last:?} of {group:#x} last");
    }
}
