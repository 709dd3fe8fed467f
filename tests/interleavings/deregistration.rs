//! Deregistering while callbacks run on other threads, and from inside callbacks; and
//! registering at that moment, in the place that becomes free.

use crate::world::{Scenario, Told, World, explore, interface, locked, route};
use rtm::manager::Error;
use shuttle::thread;
use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};

/// When something began and ended, by a count that every beginning and end advances.
type Span = (u32, u32);

#[derive(Default)]
struct Moments {
    now: AtomicU32,
    joins: Mutex<Vec<(u32, Span)>>,
}

impl Moments {
    fn span<R>(&self, call: impl FnOnce() -> R) -> (Span, R) {
        let begin = self.now.fetch_add(1, Relaxed);
        let result = call();
        ((begin, self.now.fetch_add(1, Relaxed)), result)
    }

    /// A join that clients other than `who` are told of.
    fn join<S: Scenario>(&self, world: &'static World<S>, who: usize, group: u32) {
        let (span, ()) = self.span(|| world.add(who, group, who as u32 + 1).expect("its own interface"));
        locked(&self.joins).push((group, span));
    }

    /// A client that registered at some moment was told of the joins since, and of none before.
    fn check_newcomer<S: Scenario>(&self, world: &'static World<S>, who: usize, registered: Span) {
        for &(group, (begin, end)) in locked(&self.joins).iter() {
            let times = world.count(who, Told::join(group));
            let may = usize::from(end > registered.0);
            let must = usize::from(begin > registered.1);
            assert!(
                (must..=may).contains(&times),
                "told {times} times of the join of {group:#x}: {must} to {may} are right"
            );
        }
    }
}

#[derive(Default)]
struct FromOutside(Moments);

impl Scenario for FromOutside {
    fn react(world: &'static World<Self>, who: usize, _: Told) {
        // The one that is waited for needs the manager to get on.
        if who == LEAVING {
            let counters = world.engine.counters();
            world.expect(counters.clients >= 2, || format!("{counters:?}"));
        }
    }
}

const LEAVING: usize = 2;
const NEWCOMER: usize = 3;

#[test]
fn a_client_that_deregistered_is_not_called_and_its_place_is_new() {
    explore("a_client_that_deregistered_is_not_called_and_its_place_is_new", leave_from_outside);
}

fn leave_from_outside(world: &'static World<FromOutside>) {
    world.register_owners(2);
    let place = world.register(LEAVING, 300);
    let moments = &world.scenario.0;
    let mut threads = Vec::new();
    for who in 0..2 {
        threads.push(thread::spawn(move || {
            for number in 0..2 {
                moments.join(world, who, 0xEF04_0000 + 2 * who as u32 + number);
            }
        }));
    }
    world.deregister(LEAVING).expect("a client without interfaces");
    let (registered, newcomer) = moments.span(|| world.register(NEWCOMER, 301));
    assert_eq!(newcomer.index, place.index, "nobody else wants the place");
    for thread in threads {
        thread.join().expect("a thread that ends");
    }
    moments.check_newcomer(world, NEWCOMER, registered);
    world.leave(NEWCOMER, &[]);
    world.leave(0, &[1]);
    world.leave(1, &[2]);
}

/// Clients 2 and 3 deregister each other inside their callbacks, and 4 itself.
#[derive(Default)]
struct FromInside(Moments);

impl Scenario for FromInside {
    fn react(world: &'static World<Self>, who: usize, _: Told) {
        let whom = match who {
            2 => 3,
            3 => 2,
            4 => 4,
            _ => return,
        };
        match world.engine.deregister(world.id(whom)) {
            // Its own alert is the one that runs; another's may have been about to begin.
            Ok(()) => world.forbid(whom, i32::from(whom != who)),
            Err(error) => {
                world.expect(error == Error::InvalidParameter, || format!("{who} deregisters {whom}: {error:?}"));
            }
        }
    }
}

#[test]
fn clients_deregister_each_other_and_themselves_inside_callbacks() {
    explore("clients_deregister_each_other_and_themselves_inside_callbacks", leave_from_inside);
}

fn leave_from_inside(world: &'static World<FromInside>) {
    world.register_owners(2);
    for who in 2..5 {
        world.register(who, 300 + who as u32);
    }
    let moments = &world.scenario.0;
    let mut threads = Vec::new();
    for who in 0..2 {
        threads.push(thread::spawn(move || {
            moments.join(world, who, 0xEF04_0010 + 2 * who as u32);
            moments.join(world, who, 0xEF04_0011 + 2 * who as u32);
        }));
    }
    // Whoever comes here first takes a place that is free, or a new one.
    let newcomers = [5, 6].map(|who| {
        thread::spawn(move || {
            let (registered, _) = moments.span(|| world.register(who, 300 + who as u32));
            (who, registered)
        })
    });
    // From outside at the same time: it waits, or is too late.
    let outside = thread::spawn(move || match world.deregister(4) {
        Ok(()) | Err(Error::InvalidParameter) => {}
        Err(error) => panic!("{error:?}"),
    });
    let newcomers = newcomers.map(|thread| thread.join().expect("a thread that ends"));
    for thread in threads.into_iter().chain([outside]) {
        thread.join().expect("a thread that ends");
    }
    for (who, registered) in newcomers {
        moments.check_newcomer(world, who, registered);
        world.leave(who, &[]);
    }
    // One of the two deregistered the other, and may be there still.
    for who in [2, 3] {
        let _ = world.deregister(who);
    }
    world.leave(0, &[1]);
    world.leave(1, &[2]);
}

/// Client 0, the only one, leaves inside the RPF callback, at first.
#[derive(Default)]
struct LastOne;

impl Scenario for LastOne {
    fn react(world: &'static World<Self>, who: usize, told: Told) {
        if (who, told) == (0, Told::Rpf { packet: true }) {
            let id = world.id(who);
            world.engine.release(id, interface(1)).expect("its own interface");
            world.engine.deregister(id).expect("a client without interfaces");
            world.forbid(who, 0);
        }
    }
}

#[test]
fn a_flow_starts_again_after_the_last_client_left_inside_its_callback() {
    explore("a_flow_starts_again_after_the_last_client_left_inside_its_callback", last_one_leaves);
}

fn last_one_leaves(world: &'static World<LastOne>) {
    world.register_owners(1);
    world.engine.add_route(route(1)).expect("a route");
    let packets = [(); 4].map(|()| thread::spawn(move || world.packet(1)));
    for thread in packets {
        thread.join().expect("a thread that ends");
    }
    let newcomer = world.register(NEWCOMER, 301);
    world.engine.take(newcomer, interface(1)).expect("a free interface");
    world.packet(1);
    assert_eq!(world.entry(), Some((1, Vec::new())), "the entry comes in on the newcomer's interface");
    world.leave(NEWCOMER, &[1]);
}

/// Client 0 gives up its interface and deregisters while it is asked for the RPF.
#[derive(Default)]
struct WhileAsked;

impl Scenario for WhileAsked {}

#[test]
fn a_client_deregisters_while_it_is_asked_about_a_packet() {
    explore("a_client_deregisters_while_it_is_asked_about_a_packet", leave_while_asked);
}

fn leave_while_asked(world: &'static World<WhileAsked>) {
    world.register_owners(2);
    world.engine.add_route(route(1)).expect("a route");
    world.add(1, crate::world::GROUP, 2).expect("its own interface");
    let packets = [(); 2].map(|()| thread::spawn(move || world.packet(1)));
    let place = world.id(0);
    world.leave(0, &[1]);
    let newcomer = world.register(NEWCOMER, 301);
    assert_eq!(newcomer.index, place.index, "nobody else wants the place");
    world.engine.take(newcomer, interface(1)).expect("a free interface");
    for thread in packets {
        thread.join().expect("a thread that ends");
    }
    world.packet(1);
    assert_eq!(world.entry(), Some((1, vec![2])), "the entry comes in on the newcomer's interface");
    world.leave(NEWCOMER, &[1]);
    world.leave(1, &[2]);
}
