//! Calls made inside callbacks: their alerts queue behind, on every thread.

use crate::world::{IGMP, Scenario, Told, World, any_source, explore, interface};
use shuttle::thread;

const FIRST: u32 = 0xEF03_0001;
const SECOND: u32 = 0xEF03_0002;
const THIRD: u32 = 0xEF03_0003;
const LOCAL: u32 = 0xEF03_0004;
const OTHER: u32 = 0xEF03_0005;
const BEFORE: u32 = 0xEF03_0006;
const ENDING: u32 = 0xEF03_0007;

/// Where IGMP is, alone until a callback takes it.
const SHARED: u32 = 9;
/// The same, taken by a call that is not inside a callback.
const LONELY: u32 = 8;

#[derive(Default)]
struct Reentry;

impl Scenario for Reentry {
    fn react(world: &'static World<Self>, who: usize, told: Told) {
        match (who, told) {
            // A callback inside a callback: the take calls IGMP.
            (1, told) if told == Told::join(FIRST) => {
                world.caused(&[0, 2, 3], Told::join(SECOND));
                world.add(1, SECOND, 2).expect("its own interface");
                // IGMP's membership ends between the two callbacks of the take.
                world.caused(&[0, 2], Told::prune(BEFORE));
                world.engine.take(world.id(1), interface(SHARED)).expect("an interface that only IGMP has");
            }
            (3, Told::Enable(key)) if key == interface(SHARED) => {
                world.caused(&[1], Told::LocalJoin(any_source(LOCAL)));
                world.caused(&[0, 2], Told::join(LOCAL));
                world.add(3, LOCAL, SHARED).expect("IGMP's interface, enabled");
            }
            (2, told) if told == Told::join(FIRST) => {
                world.caused(&[0, 1, 3], Told::join(THIRD));
                world.add(2, THIRD, 3).expect("its own interface");
            }
            (0, told) if told == Told::join(SECOND) => {
                world.caused(&[1, 2, 3], Told::prune(FIRST));
                world.delete(0, FIRST, 1).expect("a membership that is there");
            }
            (2, told) if told == Told::prune(FIRST) => {
                world.caused(&[0, 1, 3], Told::prune(THIRD));
                world.delete(2, THIRD, 3).expect("a membership that is there");
            }
            _ => {}
        }
    }
}

#[test]
fn calls_inside_callbacks_queue_their_alerts_behind() {
    explore("calls_inside_callbacks_queue_their_alerts_behind", reenter);
}

fn reenter(world: &'static World<Reentry>) {
    world.register_owners(3);
    let igmp = world.register(3, IGMP);
    world.engine.take(igmp, interface(SHARED)).expect("a free interface");
    world.add(3, BEFORE, SHARED).expect("IGMP's interface");
    world.engine.take(igmp, interface(LONELY)).expect("a free interface");
    world.add(3, ENDING, LONELY).expect("IGMP's interface");
    let first = thread::spawn(move || {
        world.outermost(|| {
            world.caused(&[1, 2, 3], Told::join(FIRST));
            world.add(0, FIRST, 1).expect("its own interface");
        });
    });
    let other = thread::spawn(move || {
        world.outermost(|| {
            world.caused(&[0, 1, 3], Told::join(OTHER));
            world.add(2, OTHER, 3).expect("its own interface");
        });
        world.outermost(|| {
            world.caused(&[0, 1, 3], Told::prune(OTHER));
            world.delete(2, OTHER, 3).expect("a membership that is there");
        });
        world.outermost(|| {
            world.caused(&[0, 1], Told::prune(ENDING));
            world.engine.take(world.id(2), interface(LONELY)).expect("an interface that only IGMP has");
        });
    });
    first.join().expect("a thread that ends");
    other.join().expect("a thread that ends");
    check(world);
    world.leave(1, &[2, SHARED]);
    world.leave(3, &[SHARED, LONELY]);
    world.leave(0, &[1]);
    world.leave(2, &[3, LONELY]);
}

fn check(world: &'static World<Reentry>) {
    let local = Told::LocalJoin(any_source(LOCAL));
    // What each is told, every pair in the order in which the changes must have come.
    let orders: [(usize, &[Told]); 8] = [
        (0, &[Told::join(BEFORE), Told::join(SECOND), Told::prune(BEFORE), Told::join(LOCAL)]),
        (0, &[Told::join(THIRD), Told::prune(THIRD)]),
        (1, &[Told::join(FIRST), local]),
        (1, &[Told::join(FIRST), Told::prune(FIRST), Told::prune(THIRD)]),
        (2, &[Told::join(FIRST), Told::join(SECOND), Told::prune(FIRST)]),
        (2, &[Told::join(FIRST), Told::join(SECOND), Told::join(LOCAL)]),
        (3, &[Told::join(FIRST), Told::prune(FIRST), Told::prune(THIRD)]),
        (3, &[Told::join(OTHER), Told::prune(OTHER)]),
    ];
    for (who, order) in orders {
        let told: Vec<_> = world.told(who).into_iter().filter(|told| order.contains(told)).collect();
        assert_eq!(told, order, "client {who}");
    }
}
