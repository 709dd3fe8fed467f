//! What an alert costs: on top of the request that causes it and of the call of the
//! receiver's function, one by one and many at once.
//!
//! Through the C interface, memory forwarder. What is measured is the thread's processor
//! time. `cargo bench --bench alerts`.

#[path = "common/client.rs"]
mod client;
mod common;

use client::{Client, NO_CALLBACKS, group};
use common::{Pair, ROUNDS, Target, alternate, sized};
use rtm::abi::{
    base::{BOOL, DWORD, PDWORD},
    types::{PMGM_JOIN_ALERT_CALLBACK, ROUTING_PROTOCOL_CONFIG},
};
use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Joins, and as many leaves, of one measurement.
const COUNT: u32 = 100_000;
/// Sources of the group that is joined at once.
const FLOWS: u32 = 10_000;

static HEARD: AtomicU64 = AtomicU64::new(0);

unsafe extern "system" fn on_join(_: DWORD, _: DWORD, _: DWORD, _: DWORD, _: BOOL) -> DWORD {
    HEARD.store(HEARD.load(Relaxed) + 1, Relaxed);
    0
}

unsafe extern "system" fn on_prune(
    _: DWORD,
    _: DWORD,
    _: DWORD,
    _: DWORD,
    _: DWORD,
    _: DWORD,
    _: BOOL,
    _: PDWORD,
) -> DWORD {
    HEARD.store(HEARD.load(Relaxed) + 1, Relaxed);
    0
}

const CALLBACKS: ROUTING_PROTOCOL_CONFIG = ROUTING_PROTOCOL_CONFIG {
    pfnPruneAlertCallback: Some(on_prune),
    pfnJoinAlertCallback: Some(on_join),
    ..NO_CALLBACKS
};

/// Nanoseconds of this thread for each of `count` operations that `work` does.
#[cfg(unix)]
fn nanoseconds_each(count: usize, work: impl FnOnce()) -> f64 {
    let now = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: a live local to write.
        assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let start = now();
    work();
    (now() - start) / count as f64
}

#[cfg(not(unix))]
use common::nanoseconds_each;

/// Nanoseconds for a join or a leave.
fn joins_and_leaves(client: &Client, count: u32) -> f64 {
    // A few at a time: what is measured is no growing table.
    let each = 100;
    nanoseconds_each(2 * count as usize, || {
        for from in (0..count).step_by(each) {
            (from..from + each as u32).for_each(|number| client.join(group(number), 1));
            (from..from + each as u32).for_each(|number| client.leave(group(number), 1));
        }
    })
}

/// Nanoseconds for a call of the receiver's function.
fn bare_calls(count: u32) -> f64 {
    let callback: PMGM_JOIN_ALERT_CALLBACK = black_box(Some(on_join));
    let callback = callback.expect("there is one");
    // SAFETY: it takes any numbers.
    nanoseconds_each(count as usize, || (0..count).for_each(|number| _ = unsafe { callback(number, 0, 0, 0, 1) }))
}

/// One alert for each request.
fn one_by_one() {
    let count = sized(COUNT, 100);
    let client = Client::register(0);
    client.take(1);
    joins_and_leaves(&client, count);
    let with = || {
        let receiver = Client::register_with(CALLBACKS, 1);
        let before = HEARD.load(Relaxed);
        let time = joins_and_leaves(&client, count);
        assert_eq!(HEARD.load(Relaxed) - before, 2 * u64::from(count));
        receiver.deregister();
        time
    };
    let without = || joins_and_leaves(&client, count) + bare_calls(2 * count);
    let pair = alternate(ROUNDS, with, without);
    pair.print_difference("alert to one receiver, on top of the request and the call", Target::AtMost(60.0), "ns");
    client.release(1);
    client.deregister();
}

/// A member comes to a group with many sources that nobody wanted: an alert for each.
fn many_at_once() {
    let flows = sized(FLOWS, 100);
    client::add_default_route(1);
    let round = |callbacks: ROUTING_PROTOCOL_CONFIG| {
        let (owner, member) = (Client::register_with(callbacks, 0), Client::register(1));
        owner.take(1);
        member.take(2);
        (1..=flows).for_each(|number| client::receive(0x0A00_0000 + number, group(0), 1));
        let before = HEARD.load(Relaxed);
        let time = nanoseconds_each(flows as usize, || member.join(group(0), 2));
        let heard = HEARD.load(Relaxed) - before;
        owner.release(1);
        member.release(2);
        owner.deregister();
        member.deregister();
        (time, heard)
    };
    let with = || {
        let (time, heard) = round(CALLBACKS);
        // The membership itself is one more.
        assert_eq!(heard, u64::from(flows) + 1);
        time
    };
    let without = || round(NO_CALLBACKS).0 + bare_calls(flows);
    let pair: Pair = alternate(ROUNDS, with, without);
    pair.print_difference("alert of many that one request causes, on top of alerts to NULL", Target::None, "ns");
}

fn main() {
    client::start_manager();
    one_by_one();
    many_at_once();
    client::stop_manager();
}
