//! What the start of a manager costs that nobody asks anything of yet: the first
//! registration of a process, in a new process each time.
//!
//! Through the C interface, memory forwarder. `cargo bench --bench startup`.

#[path = "common/client.rs"]
mod client;
mod common;

use client::Client;
use common::{ROUNDS, Spread, Target, print_row, sized};
use std::{env, fs, process::Command, time::Instant};

/// The argument of a process that is measured.
const CHILD: &str = "--start-one";

/// Bytes in memory, and threads.
fn size() -> (u64, usize) {
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    let kilobytes = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
    (kilobytes * 1024, fs::read_dir("/proc/self/task").expect("/proc").count())
}

/// Starts a manager and prints nanoseconds, bytes and threads.
fn start_one() {
    // What reading takes is there before it counts.
    size();
    let (bytes, threads) = size();
    let start = Instant::now();
    let client = Client::register(0);
    let time = start.elapsed();
    let (bytes_then, threads_then) = size();
    println!("{} {} {}", time.as_nanos(), bytes_then.saturating_sub(bytes), threads_then - threads);
    client.deregister();
}

fn measure() -> [f64; 3] {
    let child = Command::new(env::current_exe().expect("this program"))
        .arg(CHILD)
        .env("MGM_FORWARDER", "memory")
        .output()
        .expect("this program");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let text = String::from_utf8(child.stdout).expect("numbers");
    let mut numbers = text.split_whitespace().map(|number| number.parse().expect("a number"));
    std::array::from_fn(|_| numbers.next().expect("three numbers"))
}

fn main() {
    if env::args().any(|argument| argument == CHILD) {
        return start_one();
    }
    if !cfg!(target_os = "linux") {
        return println!("# skipped: no /proc");
    }
    let rounds: Vec<_> = (0..sized(3 * ROUNDS, 3)).map(|_| measure()).collect();
    let row = |work: &str, unit: &str, column: usize, scale: f64, most: f64| {
        let spread = Spread::of(rounds.iter().map(|round| round[column] / scale));
        print_row(&format!("start of an idle manager: {work}"), unit, spread, Target::AtMost(most), "-", "-");
    };
    row("time", "us", 0, 1e3, 100.0);
    row("memory", "kB", 1, 1e3, 1000.0);
    row("threads", "threads", 2, 1.0, 0.0);
}
