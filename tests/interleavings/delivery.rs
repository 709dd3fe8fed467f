//! Alerts of calls on several threads: each client gets all of them, once, one at a
//! time, in the order of the changes, before the call returns or from a thread that is
//! already at it.

use crate::world::{Scenario, Told, World, explore};
use rtm::manager::Error;
use shuttle::thread;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const OWN: [[u32; 2]; 2] = [[0xEF02_0001, 0xEF02_0002], [0xEF02_0003, 0xEF02_0004]];
const SHARED: u32 = 0xEF02_0005;

#[derive(Default)]
struct Delivery {
    deleted: AtomicUsize,
}

impl Scenario for Delivery {}

#[test]
fn alerts_come_once_in_order_and_in_time() {
    explore("alerts_come_once_in_order_and_in_time", deliver);
}

fn deliver(world: &'static World<Delivery>) {
    world.register_owners(2);
    world.register(2, 200);
    world.register(3, 201);
    let mut threads = Vec::new();
    for (who, groups) in OWN.into_iter().enumerate() {
        threads.push(thread::spawn(move || {
            for group in groups {
                world.outermost(|| {
                    world.caused(&[1 - who, 2, 3], Told::join(group));
                    world.add(who, group, who as u32 + 1).expect("its own interface");
                });
            }
        }));
    }
    // Two threads of one client change the same membership.
    for add_first in [true, false] {
        threads.push(thread::spawn(move || {
            for add in [add_first, !add_first] {
                world
                    .outermost(|| if add { world.add(0, SHARED, 1) } else { delete(world) })
                    .expect("its own interface");
            }
        }));
    }
    for thread in threads {
        thread.join().expect("a thread that ends");
    }
    check(world);
    world.leave(0, &[1]);
    world.leave(1, &[2]);
    world.leave(2, &[]);
    world.leave(3, &[]);
}

fn delete(world: &'static World<Delivery>) -> Result<(), Error> {
    match world.delete(0, SHARED, 1) {
        Ok(()) => {
            world.scenario.deleted.fetch_add(1, Relaxed);
            Ok(())
        }
        Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

fn check(world: &'static World<Delivery>) {
    assert_eq!(world.told(2), world.told(3), "both are told the same, in the same order");
    for (who, groups) in OWN.into_iter().enumerate() {
        for other in [1 - who, 2, 3] {
            let told = world.told(other);
            let joins: Vec<_> =
                told.iter().filter(|told| groups.iter().any(|&group| **told == Told::join(group))).copied().collect();
            assert_eq!(joins, groups.map(Told::join), "client {other} about the joins of client {who}");
        }
    }
    // Joins and prunes of one membership take turns, and say in the end what is true.
    let is_member = world.groups(0).contains(&SHARED);
    let deleted = world.scenario.deleted.load(Relaxed);
    for other in [1, 2, 3] {
        let changes: Vec<_> = world
            .told(other)
            .into_iter()
            .filter(|&told| told == Told::join(SHARED) || told == Told::prune(SHARED))
            .collect();
        let wanted = |at: usize| if at % 2 == 0 { Told::join(SHARED) } else { Told::prune(SHARED) };
        assert!(changes.iter().enumerate().all(|(at, &told)| told == wanted(at)), "client {other}: {changes:?}");
        assert_eq!(changes.len(), 2 * deleted + usize::from(is_member), "client {other}: {changes:?}");
    }
}
