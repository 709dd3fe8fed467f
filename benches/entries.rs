//! What reading MFEs costs: one by MgmGetMfe against a bare hash map and a copy, and all by
//! MgmGetFirstMfe and MgmGetNextMfe against a copy; and making one from a packet.
//!
//! Through the C interface, memory forwarder. Every MFE has four oifs and a source of its
//! own, and they are made in no order. `cargo bench --bench entries`.

#[path = "common/client.rs"]
mod client;
mod common;

use client::{Client, FIXED, PART, group};
use common::{ROUNDS, Spread, Target, alternate, nanoseconds_each, print_point, print_row, sized};
use hashbrown::HashMap;
use std::{hint::black_box, time::Instant};

const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
const OIFS: u32 = 4;
const EACH: usize = FIXED + OIFS as usize * PART;
/// What MgmGetFirstMfe and MgmGetNextMfe are given.
const BUFFER: usize = 64 * 1024;
/// How many are looked up in one measurement.
const SAMPLE: u32 = 2_000;

fn source(number: u32) -> u32 {
    0x0A00_0000 | number
}

/// Some of the numbers below `size`, in no order, and other ones each time.
fn some(size: u32, time: &mut u32) -> impl Iterator<Item = u32> {
    *time += 1;
    let first = *time * SAMPLE;
    (first..first + SAMPLE).map(move |n| ((u64::from(n.wrapping_mul(0x9E37_79B1)) * u64::from(size)) >> 32) as u32)
}

/// What one in the middle of some parts takes, in nanoseconds each: some are interrupted by
/// other programs.
fn middle(numbers: impl Iterator<Item = u32>, mut work: impl FnMut(u32)) -> f64 {
    let numbers: Vec<u32> = numbers.collect();
    let parts = numbers.chunks(100);
    Spread::of(parts.map(|part| nanoseconds_each(part.len(), || part.iter().copied().for_each(&mut work)))).median
}

fn look_up(size: u32) {
    let map: HashMap<(u32, u32), u32> = (0..size).map(|number| ((source(number), group(number)), number)).collect();
    let records = vec![[7_u8; EACH]; size as usize];
    let (mut buffer, mut other) = ([0; EACH], [0; EACH]);
    let (mut time, mut other_time) = (0, 1_000);
    let ours = || middle(some(size, &mut time), |number| client::look_up(source(number), group(number), &mut buffer));
    let floor = || {
        middle(some(size, &mut other_time), |number| {
            let found = map[&black_box((source(number), group(number)))];
            other.copy_from_slice(&records[found as usize]);
            black_box(&mut other);
        })
    };
    let pair = alternate(ROUNDS, ours, floor);
    let name = format!("MgmGetMfe among {size} against a bare lookup and the copy");
    pair.print_ratio(&name, Target::AtMost(3.0), "ns");
    for (series, values) in [("MgmGetMfe", &pair.ours), ("lookup and copy", &pair.floor)] {
        print_point("entries", series, f64::from(size), Spread::of(values.iter().copied()).median);
    }
}

fn enumerate(size: u32) {
    let all = size as usize;
    let from = vec![7_u8; all * EACH];
    let (mut buffer, mut other) = (vec![0; BUFFER], vec![0; BUFFER]);
    // Each buffer by itself, and one in the middle counts: some are interrupted.
    let ours = || {
        let mut times = Vec::new();
        let mut start = Instant::now();
        let seen = client::enumerate(&mut buffer, OIFS as usize, |filled| {
            times.push(start.elapsed().as_secs_f64() * 1e9 / (filled.len() / EACH) as f64);
            start = Instant::now();
        });
        assert_eq!(seen, all);
        Spread::of(times).median
    };
    let floor = || {
        let copied = from.chunks(BUFFER / EACH * EACH).map(|part| {
            nanoseconds_each(part.len() / EACH, || {
                other[..part.len()].copy_from_slice(part);
                black_box(&mut other);
            })
        });
        Spread::of(copied).median
    };
    let pair = alternate(ROUNDS, ours, floor);
    // 20 million a second, or 0.4 of what copying does: whichever is less.
    let copy = Spread::of(pair.floor.iter().copied()).median;
    let most = (50.0 / copy).max(1.0 / 0.4);
    let target = Target::AtMost((most * 100.0).floor() / 100.0);
    pair.print_ratio(&format!("reading all of {size} MFEs in 64 KiB buffers against copying them"), target, "ns");
    let rate = Spread::of(pair.ours.iter().map(|each| 1e3 / each));
    let name = format!("MFEs read in 64 KiB buffers of {size}");
    print_row(&name, "million/s", rate, Target::None, "-", "-");
    print_point("entries", "reading all", f64::from(size), 1e3 / rate.median);
}

fn main() {
    client::start_manager();
    client::add_default_route(1);
    let receiver = Client::register(0);
    (1..=1 + OIFS).for_each(|if_index| receiver.take(if_index));
    let sizes = sized(&SIZES[..], &SIZES[..1]);
    let most = sizes[sizes.len() - 1];
    // Every group is joined, as where receivers ask for what flows.
    for number in 0..most {
        (2..2 + OIFS).for_each(|if_index| receiver.join(group(number), if_index));
    }
    let mut present = 0;
    for &size in sizes {
        let made = nanoseconds_each((size - present) as usize, || {
            (present..size).for_each(|number| client::receive(source(number), group(number), 1));
        });
        print_point("entries", "packet to MFE", f64::from(size), made);
        present = size;
        look_up(size);
        enumerate(size);
    }
    (1..=1 + OIFS).for_each(|if_index| receiver.release(if_index));
    receiver.deregister();
    client::stop_manager();
}
