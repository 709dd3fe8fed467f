//! Packets without an entry on several threads, while memberships, owners, routes and
//! time change: one construction at a time, and in the end the entry is what route and
//! memberships say.

use crate::world::{GROUP, JOIN, SOURCE, Scenario, World, any_source, explore, interface, route};
use rtm::manager::Entry;
use shuttle::{
    rand::{Rng, thread_rng},
    thread,
};

#[derive(Default)]
struct Packets;

impl Scenario for Packets {}

/// What client 1 has of interface 2 in the end.
#[derive(Clone, Copy)]
struct Member {
    holds: bool,
    joined: bool,
}

#[test]
fn an_entry_ends_as_the_memberships_say() {
    explore("an_entry_ends_as_the_memberships_say", forward);
}

fn forward(world: &'static World<Packets>) {
    world.register_owners(3);
    world.engine.add_route(route(1)).expect("a route");
    let single = Entry::new(SOURCE, u32::MAX, GROUP, u32::MAX).expect("a valid entry");
    world.engine.add(world.id(2), single, interface(3), JOIN).expect("its own interface");
    let packets = [[1, 1], [1, 3]]
        .map(|arrivals| thread::spawn(move || arrivals.into_iter().for_each(|if_index| world.packet(if_index))));
    let member = thread::spawn(move || change_members(world));
    let towards = thread::spawn(move || change_routes(world));
    // The entry's time comes, in every second schedule.
    let time = thread::spawn(move || {
        if thread_rng().gen_bool(0.5) {
            world.engine.advance(900_000).expect("a manual clock");
        }
    });
    for thread in packets.into_iter().chain([towards, time]) {
        thread.join().expect("a thread that ends");
    }
    let member = member.join().expect("a thread that ends");
    check(world, member);
    for who in 0..3 {
        world.leave(who, &[who as u32 + 1]);
    }
}

fn change_members(world: &'static World<Packets>) -> Member {
    let mut is = Member { holds: true, joined: false };
    for _ in 0..3 {
        match thread_rng().gen_range(0..4) {
            0 | 1 if is.holds && !is.joined => {
                world.add(1, GROUP, 2).expect("its own interface");
                is.joined = true;
            }
            0 | 1 if is.joined => {
                world.delete(1, GROUP, 2).expect("a membership that is there");
                is.joined = false;
            }
            _ if is.holds => {
                world.engine.release(world.id(1), interface(2)).expect("its own interface");
                is = Member { holds: false, joined: false };
            }
            _ => {
                world.engine.take(world.id(1), interface(2)).expect("a free interface");
                is.holds = true;
            }
        }
    }
    is
}

/// Changes what lies towards the source, at most three times: after more an entry may
/// end negative.
fn change_routes(world: &'static World<Packets>) {
    match thread_rng().gen_range(0..3) {
        0 => {
            world.engine.add_route(route(3)).expect("a route");
            world.engine.add_route(route(1)).expect("a route");
        }
        1 => {
            world.engine.delete_route(route(1).network, 8).expect("a route that is there");
            world.engine.add_route(route(1)).expect("a route");
        }
        _ => {
            world.engine.release(world.id(0), interface(1)).expect("its own interface");
            world.engine.take(world.id(0), interface(1)).expect("a free interface");
        }
    }
}

fn check(world: &'static World<Packets>, member: Member) {
    let mut oifs = if member.joined { vec![2, 3] } else { vec![3] };
    let joined = any_source(GROUP);
    if let Some(entry) = world.entry() {
        assert_eq!(entry, (1, oifs.clone()), "the entry that the threads left");
    }
    world.packet(1);
    assert_eq!(world.entry(), Some((1, oifs.clone())), "the entry after another packet");
    // It still follows.
    if !member.holds {
        world.engine.take(world.id(1), interface(2)).expect("a free interface");
    }
    if member.joined {
        world.engine.delete(world.id(1), joined, interface(2), JOIN).expect("a membership that is there");
        oifs = vec![3];
    } else {
        world.engine.add(world.id(1), joined, interface(2), JOIN).expect("its own interface");
        oifs = vec![2, 3];
    }
    assert_eq!(world.entry(), Some((1, oifs)), "the entry after another change");
    assert_eq!(world.engine.audit(), Ok(()));
    let dropped = world.engine.counters().dropped_busy;
    assert_eq!(dropped, 0, "no more packets came in than can wait");
}
