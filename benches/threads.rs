//! What a second thread is good for: joins and leaves of two threads, each of its own
//! groups by its own client, against the same of one.
//!
//! Through the C interface, memory forwarder, no alert receiver. How much two threads that
//! share nothing get done on the machine is measured beside it: the most there is to have.
//! `cargo bench --bench threads`.

#[path = "common/client.rs"]
mod client;
mod common;

use client::{Client, group};
use common::{Pair, ROUNDS, Target, alternate, sized};
use std::{hint::black_box, sync::Barrier, thread, time::Instant};

/// Joins, and as many leaves, of a thread.
const COUNT: u32 = 500_000;
/// How many of them are joined before they are left.
const AT_ONCE: u32 = 100;

/// Operations in a second, of so many threads at once.
fn speed(threads: u32, operations: u32, work: impl Fn(u32) + Sync) -> f64 {
    let ready = Barrier::new(threads as usize + 1);
    let mut start = None;
    thread::scope(|scope| {
        for thread in 0..threads {
            let (ready, work) = (&ready, &work);
            scope.spawn(move || {
                ready.wait();
                work(thread);
            });
        }
        ready.wait();
        start = Some(Instant::now());
    });
    let time = start.expect("it was started").elapsed();
    f64::from(threads) * f64::from(operations) / time.as_secs_f64() / 1e6
}

fn print(pair: &Pair, work: &str, target: Target) {
    pair.print_ratio(work, target, "million/s");
}

fn main() {
    client::start_manager();
    let count = sized(COUNT, 200);
    let clients: Vec<_> = (0..2).map(Client::register).collect();
    // A handle is an address to Rust, which threads may not share; to the library a number.
    let shared = client::Shared(&clients);
    for (index, client) in (1..).zip(&clients) {
        client.take(index);
    }
    let joins_and_leaves = |thread: u32| {
        let client = &shared.get()[thread as usize];
        for _ in 0..count / AT_ONCE {
            let numbers = || (thread * AT_ONCE..).take(AT_ONCE as usize);
            numbers().for_each(|number| client.join(group(number), thread + 1));
            numbers().for_each(|number| client.leave(group(number), thread + 1));
        }
    };
    let of_threads = |threads| speed(threads, 2 * count, joins_and_leaves);
    let pair = alternate(ROUNDS, || of_threads(2), || of_threads(1));
    print(&pair, "joins and leaves: two threads on different groups against one", Target::AtLeast(1.3));

    let alone = |_| (0..count).for_each(|number| _ = black_box((0..50).fold(number, |sum, n| black_box(sum ^ n))));
    let pair = alternate(ROUNDS, || speed(2, count, alone), || speed(1, count, alone));
    print(&pair, "the machine: two threads that share nothing against one", Target::None);

    for (index, client) in (1..).zip(clients) {
        client.release(index);
        client.deregister();
    }
    client::stop_manager();
}
