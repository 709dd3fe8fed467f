//! What joining and leaving a (*,G) costs, against a bare hash map, by how many
//! memberships, interfaces and clients there are.
//!
//! Through the C interface, memory forwarder, no alert receiver. Groups are in no order.
//! The bare map has the entry's two addresses as its key, and a number as its value. Its
//! operations overlap: the processor waits for the memory of several at once. The library's
//! cannot, as each has a lock; the map with a mutex around each operation shows what that
//! costs by itself.
//! `cargo bench --bench memberships`.

#[path = "common/client.rs"]
mod client;
mod common;

use client::{Client, group};
use common::{Pair, ROUNDS, Spread, Target, nanoseconds_each, print_point, print_row, sized};
use hashbrown::HashMap;
use std::{cell::RefCell, sync::Mutex};

const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// A measurement is so many times so many joins, and as many leaves in between: few
/// beside the least size.
const BATCH: u32 = 100;
const BATCHES: u32 = 50;

/// What a round found at one size, in nanoseconds each.
#[derive(Default)]
struct Times {
    join: f64,
    leave: f64,
    insert: f64,
    remove: f64,
    locked_insert: f64,
    locked_remove: f64,
    /// For all groups.
    enumeration: f64,
}

fn batches(from: u32, mut add: impl FnMut(u32), mut remove: impl FnMut(u32)) -> (f64, f64) {
    let (mut adding, mut removing) = (Vec::new(), Vec::new());
    for batch in 0..BATCHES {
        let numbers = || (from + batch * BATCH..).take(BATCH as usize);
        adding.push(nanoseconds_each(BATCH as usize, || numbers().for_each(&mut add)));
        removing.push(nanoseconds_each(BATCH as usize, || numbers().for_each(&mut remove)));
    }
    // What one in the middle takes: some are interrupted by other programs.
    (Spread::of(adding).median, Spread::of(removing).median)
}

/// One growth from nothing, with a look at each size.
fn round(sizes: &[u32], order: usize) -> Vec<Times> {
    let client = Client::register(0);
    client.take(1);
    let mut map = HashMap::<(u32, u32), u32>::new();
    let mut present = 0;
    let mut all = Vec::new();
    for &size in sizes {
        for number in present..size {
            client.join(group(number), 1);
            map.insert((0, group(number)), number);
        }
        present = size;
        let mut times = Times::default();
        for turn in 0..3 {
            match (order + turn) % 3 {
                0 => {
                    let work = (|number| client.join(group(number), 1), |number| client.leave(group(number), 1));
                    (times.join, times.leave) = batches(size, work.0, work.1);
                }
                1 => {
                    let map = RefCell::new(&mut map);
                    let insert = |number| _ = map.borrow_mut().insert((0, group(number)), number);
                    let remove = |number| _ = map.borrow_mut().remove(&(0, group(number)));
                    (times.insert, times.remove) = batches(size, insert, remove);
                }
                _ => {
                    let map = Mutex::new(&mut map);
                    let insert = |number| _ = map.lock().unwrap().insert((0, group(number)), number);
                    let remove = |number| _ = map.lock().unwrap().remove(&(0, group(number)));
                    // Other ones than the bare map's, whose places are in the cache now.
                    (times.locked_insert, times.locked_remove) = batches(size + BATCH * BATCHES, insert, remove);
                }
            }
        }
        times.enumeration = nanoseconds_each(1, || client.start_enumeration());
        all.push(times);
    }
    client.release(1);
    client.deregister();
    all
}

fn sizes() {
    let sizes = sized(&SIZES[..], &SIZES[..1]);
    let rounds: Vec<_> = (0..sized(ROUNDS, 3)).map(|order| round(sizes, order)).collect();
    type Of = fn(&Times) -> f64;
    let works: [(&str, Of, &str, [Of; 2]); 2] = [
        ("join", |t| t.join, "insert", [|t| t.insert, |t| t.locked_insert]),
        ("leave", |t| t.leave, "remove", [|t| t.remove, |t| t.locked_remove]),
    ];
    for (work, ours, bare, [floor, locked]) in works {
        let of = |at: usize, value: Of| rounds.iter().map(|round| value(&round[at])).collect();
        for (at, size) in sizes.iter().enumerate() {
            let pair = Pair { ours: of(at, ours), floor: of(at, floor) };
            let name = format!("{work} of a (*;G) among {size} against a bare {bare}");
            pair.print_ratio(&name, Target::AtMost(3.0), "ns");
            let with_lock = Pair { ours: of(at, ours), floor: of(at, locked) };
            with_lock.print_ratio(
                &format!("{work} of a (*;G) among {size} against {bare} with a lock"),
                Target::None,
                "ns",
            );
            for (series, values) in [(work, &pair.ours), (bare, &pair.floor)] {
                let median = Spread::of(values.iter().copied()).median;
                print_point("memberships", series, f64::from(*size), median);
            }
        }
        let last = sizes.len() - 1;
        let pair = Pair { ours: of(last, ours), floor: of(0, ours) };
        let name = format!("{work} among {} against among {}", sizes[last], sizes[0]);
        pair.print_ratio(&name, Target::AtMost(2.5), "ns");
        for (name, floor) in [(bare.to_string(), floor), (format!("{bare} with a lock"), locked)] {
            let pair = Pair { ours: of(last, floor), floor: of(0, floor) };
            pair.print_ratio(&format!("(the same of a bare {name})"), Target::None, "ns");
        }
    }
    for (at, size) in sizes.iter().enumerate() {
        let figure = Spread::of(rounds.iter().map(|round| round[at].enumeration / 1e6));
        print_row(&format!("start of an ANY_SOURCE enumeration of {size}"), "ms", figure, Target::None, "-", "-");
    }
}

/// The same with the memberships spread over interfaces and clients.
fn spread() {
    let entries = sized(100_000, 1_000);
    let shapes = [(1, 1), (10, 1), (100, 1), (1_000, 1), (10, 10), (100, 100), (1_000, 100)];
    for (interfaces, clients) in shapes {
        let join = |_| {
            let all: Vec<_> = (0..clients).map(Client::register).collect();
            let place = |number: u32| (&all[(number % interfaces % clients) as usize], 1 + number % interfaces);
            (0..interfaces).for_each(|number| place(number).0.take(place(number).1));
            (0..entries).for_each(|number| place(number).0.join(group(number), place(number).1));
            let add = |number| place(number).0.join(group(number), place(number).1);
            let remove = |number| place(number).0.leave(group(number), place(number).1);
            let (join, _) = batches(entries, add, remove);
            (0..interfaces).for_each(|number| place(number).0.release(place(number).1));
            all.into_iter().for_each(Client::deregister);
            join
        };
        let figure = Spread::of((0..sized(ROUNDS, 3)).map(join));
        let name = format!("join among {entries} on {interfaces} interfaces of {clients} clients");
        print_row(&name, "ns", figure, Target::None, "-", "-");
        let (plot, series) = ("interfaces", format!("join with {clients} clients"));
        print_point(plot, &series, f64::from(interfaces), figure.median);
    }
}

fn main() {
    client::start_manager();
    sizes();
    spread();
    client::stop_manager();
}
