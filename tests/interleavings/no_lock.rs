//! No lock is held while a callback runs: each waits for a call that another thread makes.

use crate::world::{GROUP, IGMP, Scenario, Told, World, any_source, explore, interface, locked, route};
use shuttle::thread;
use std::{
    collections::HashSet,
    mem::{Discriminant, discriminant},
    sync::Mutex,
};

const OTHER: u32 = 0xEF05_0001;

#[derive(Default)]
struct NoLock {
    kinds: Mutex<HashSet<Discriminant<Told>>>,
}

impl Scenario for NoLock {
    fn react(world: &'static World<Self>, _: usize, told: Told) {
        locked(&world.scenario.kinds).insert(discriminant(&told));
        let other = thread::spawn(move || world.engine.protocol_on(interface(2)));
        let owner = other.join().expect("a thread that ends");
        world.expect(owner == Ok((101, 0)), || format!("the call of another thread says {owner:?}"));
    }
}

#[test]
fn a_callback_may_wait_for_a_call_on_another_thread() {
    explore("a_callback_may_wait_for_a_call_on_another_thread", wait_inside);
}

fn wait_inside(world: &'static World<NoLock>) {
    let igmp = world.register(2, IGMP);
    world.engine.take(igmp, interface(1)).expect("a free interface");
    world.engine.add_route(route(2)).expect("a route");
    let owner = world.register(1, 101);
    world.engine.take(owner, interface(2)).expect("a free interface");
    let routing = world.register(0, 100);
    world.engine.take(routing, interface(1)).expect("an interface that only IGMP has");
    world.add(2, GROUP, 1).expect("IGMP's interface");
    let packets = [0; 2].map(|_| thread::spawn(move || world.packet(2)));
    let members = thread::spawn(move || {
        world.add(1, OTHER, 2).expect("its own interface");
        world.delete(1, OTHER, 2).expect("a membership that is there");
    });
    for thread in packets.into_iter().chain([members]) {
        thread.join().expect("a thread that ends");
    }
    world.packet(1);
    world.delete(2, GROUP, 1).expect("a membership that is there");
    let all = [
        Told::Rpf { packet: true },
        Told::Creation,
        Told::join(GROUP),
        Told::prune(GROUP),
        Told::WrongInterface,
        Told::LocalJoin(any_source(GROUP)),
        Told::LocalLeave(any_source(GROUP)),
        Told::Disable(interface(1)),
        Told::Enable(interface(1)),
    ];
    let kinds = locked(&world.scenario.kinds).clone();
    let missing: Vec<_> = all.iter().filter(|told| !kinds.contains(&discriminant(*told))).collect();
    assert!(missing.is_empty(), "these callbacks were not made: {missing:?}");
    world.leave(0, &[1]);
    world.leave(2, &[1]);
    world.leave(1, &[2]);
}
