//! What all benchmarks share: measuring two things in turn, and the lines they print.
//!
//! A figure is a ratio (or a difference) of two things that are measured alternately in
//! one run, at least 9 rounds: its median, least and greatest. Times by themselves differ
//! from machine to machine and are by-information. Lines on standard output, one tab
//! between two columns, the same from the C programs in c-tests/bench:
//!
//! ```text
//! row  WORK UNIT MEDIAN LEAST GREATEST ROUNDS TARGET OURS FLOOR
//! point  PLOT SERIES X Y
//! cell  CASE UNIT ROUTER MEDIAN LEAST GREATEST ROUNDS
//! # anything else
//! ```
//!
//! `UNIT` is that of the figure: `x` for a ratio, else `ns`, `us`, `B`, ... `TARGET` is
//! `<=1.25` or `>=1.3`, or `-` where there is none. `OURS` and `FLOOR` are what was compared,
//! as text with units (medians of the rounds), or `-`. A `point` goes to the plot of that
//! name (scripts/bench_report.sh has the list), a `cell` to the table of peers.
//!
//! `cargo bench` measures. Without its argument `--bench`, as `cargo test --benches` runs
//! it, a benchmark is a smoke test: `quick()` is true, and the sizes have to be tiny.

// Each benchmark is a program of its own and uses a part of this.
#![allow(dead_code)]

use std::{hint::black_box, time::Instant};

/// Rounds of a figure in a real run.
pub const ROUNDS: usize = 9;

/// Whether this is a smoke test: few rounds, sizes that take no time.
pub fn quick() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// `full` in a real run, `tiny` in a smoke test.
pub fn sized<T>(full: T, tiny: T) -> T {
    if quick() { tiny } else { full }
}

/// Median, least and greatest of some rounds.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
    pub rounds: usize,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let rounds = values.len();
        assert!(rounds > 0 && values.iter().all(|value| value.is_finite()));
        Self { median: values[rounds / 2], least: values[0], greatest: values[rounds - 1], rounds }
    }
}

/// What the rounds of two things measured in turn gave, each in the same unit.
#[derive(Debug)]
pub struct Pair {
    pub ours: Vec<f64>,
    pub floor: Vec<f64>,
}

impl Pair {
    /// Ours divided by the floor, round by round.
    pub fn ratio(&self) -> Spread {
        Spread::of(self.ours.iter().zip(&self.floor).map(|(ours, floor)| ours / floor))
    }

    /// Ours less the floor, round by round.
    pub fn difference(&self) -> Spread {
        Spread::of(self.ours.iter().zip(&self.floor).map(|(ours, floor)| ours - floor))
    }

    /// A row whose figure is the ratio; `unit` is that of the two times.
    pub fn print_ratio(&self, work: &str, target: Target, unit: &str) {
        self.print(work, "x", self.ratio(), target, unit);
    }

    /// A row whose figure is the difference.
    pub fn print_difference(&self, work: &str, target: Target, unit: &str) {
        self.print(work, unit, self.difference(), target, unit);
    }

    fn print(&self, work: &str, figure: &str, spread: Spread, target: Target, unit: &str) {
        let median = |values: &[f64]| format!("{} {unit}", digits(Spread::of(values.iter().copied()).median));
        print_row(work, figure, spread, target, &median(&self.ours), &median(&self.floor));
    }
}

/// Measures both in turn, `rounds` times (3 in a smoke test); who is first alternates too.
pub fn alternate(rounds: usize, mut ours: impl FnMut() -> f64, mut floor: impl FnMut() -> f64) -> Pair {
    let mut pair = Pair { ours: Vec::new(), floor: Vec::new() };
    for round in 0..sized(rounds, 3) {
        if round % 2 == 0 {
            pair.ours.push(ours());
            pair.floor.push(floor());
        } else {
            pair.floor.push(floor());
            pair.ours.push(ours());
        }
    }
    pair
}

/// Nanoseconds for each of `count` operations that `work` does.
pub fn nanoseconds_each<T>(count: usize, work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    let result = work();
    let time = start.elapsed();
    black_box(result);
    time.as_secs_f64() * 1e9 / count as f64
}

/// What a figure is to be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    None,
    AtMost(f64),
    AtLeast(f64),
}

/// Prints a row of the table; `ours` and `floor` say what was compared, `-` for nothing.
pub fn print_row(work: &str, unit: &str, figure: Spread, target: Target, ours: &str, floor: &str) {
    let target = match target {
        Target::None => "-".into(),
        Target::AtMost(most) => format!("<={most}"),
        Target::AtLeast(least) => format!(">={least}"),
    };
    let Spread { median, least, greatest, rounds } = figure;
    let (median, least, greatest) = (digits(median), digits(least), digits(greatest));
    println!("row\t{work}\t{unit}\t{median}\t{least}\t{greatest}\t{rounds}\t{target}\t{ours}\t{floor}");
}

/// Prints a point of a plot.
pub fn print_point(plot: &str, series: &str, x: f64, y: f64) {
    println!("point\t{plot}\t{series}\t{x}\t{}", digits(y));
}

/// As many digits as tell figures apart.
fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.3}"),
        _ => format!("{value:.5}"),
    }
}
