//! The manager against a second, deliberately naive model of the rules: both get the
//! same random requests, also while callbacks run, and after each one replies,
//! callbacks, alerts, MFEs, enumerations, and the memory forwarder's orders and counts
//! must be the same.
//!
//! 20,000 steps from fixed seeds; with MGM_TEST_LONG=1 1,000,000 from a new seed, which
//! is printed and can be given back with MGM_TEST_SEED. A step is a request that was made
//! of both, with all comparisons after it.

mod boundaries;
mod entries;
mod forwarder;
mod membership;
mod model;
mod ops;
mod reached;
mod regressions;
mod tasks;
mod world;

use ops::Op;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use reached::Reached;
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{SystemTime, UNIX_EPOCH},
};

/// Requests in a sequence, at most, after those that set it up.
const LENGTH: usize = 240;
/// Sequences that one state of the random numbers gives.
const BATCH: u32 = 16;

/// What was done.
#[derive(Clone, Default)]
struct Done {
    steps: u64,
    sequences: u64,
    reached: Reached,
}

/// Asks a sequence of requests, and gives back all that is left.
fn run(sequence: &[Op]) -> Result<Done, String> {
    let mut world = world::World::new();
    let ask = || sequence.iter().try_for_each(|&op| world.step(op)).and_then(|()| world.finish());
    let outcome = catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| Err("it panicked".into()));
    match outcome {
        Ok(()) => Ok(Done { steps: world.steps, sequences: 1, reached: world.reached().clone() }),
        Err(what) => Err(format!("{}\n{what}", world.log.join("\n"))),
    }
}

/// Leaves out what is not needed for the failure.
fn smallest(mut sequence: Vec<Op>) -> Vec<Op> {
    let mut size = sequence.len();
    while size > 0 {
        let before = sequence.len();
        let mut at = 0;
        while at < sequence.len() {
            let mut shorter = sequence.clone();
            shorter.drain(at..(at + size).min(sequence.len()));
            match run(&shorter) {
                Ok(_) => at += size,
                Err(_) => sequence = shorter,
            }
        }
        if sequence.len() == before || size > 1 {
            size /= 2;
        }
    }
    sequence
}

/// Runs random sequences until there were that many steps.
fn explore(seed: u64, steps: u64) -> Done {
    let done = RefCell::new(Done::default());
    for batch in 0u64.. {
        if done.borrow().steps >= steps {
            break;
        }
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&batch.to_le_bytes());
        let config = Config { cases: BATCH, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let outcome = runner.run(&ops::sequences(LENGTH), |sequence| {
            let more = run(&sequence).map_err(TestCaseError::fail)?;
            let mut done = done.borrow_mut();
            done.steps += more.steps;
            done.sequences += more.sequences;
            done.reached.merge(&more.reached);
            Ok(())
        });
        match outcome {
            Ok(()) => assert_eq!(done.borrow().sequences, (batch + 1) * u64::from(BATCH), "sequences were left out"),
            Err(TestError::Fail(_, sequence)) => {
                let sequence = smallest(sequence);
                panic!("seed {seed}:\n{}\nafter {sequence:?}", run(&sequence).err().expect("it failed before"));
            }
            Err(TestError::Abort(why)) => panic!("seed {seed}: {why}"),
        }
    }
    done.into_inner()
}

#[test]
fn the_manager_does_what_a_naive_model_of_the_rules_does() {
    let long = std::env::var_os("MGM_TEST_LONG").is_some_and(|value| value == "1");
    let given = std::env::var("MGM_TEST_SEED").ok().map(|seed| seed.parse().expect("MGM_TEST_SEED is a number"));
    let new = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64);
    let (seeds, steps) = match (long, given) {
        (true, seed) => (vec![seed.unwrap_or_else(new)], 1_000_000),
        (false, Some(seed)) => (vec![seed], 20_000),
        (false, None) => (vec![1, 2, 3, 4], 5_000),
    };
    let mut done = Done::default();
    for &seed in &seeds {
        println!("MGM_TEST_SEED={seed}: {steps} steps");
        let more = explore(seed, steps);
        assert!(more.steps >= steps, "only {} steps", more.steps);
        done.steps += more.steps;
        done.sequences += more.sequences;
        done.reached.merge(&more.reached);
    }
    println!("{:>10} steps, each compared", done.steps);
    println!("{:>10} sequences", done.sequences);
    done.reached.print();
    let asked: u64 =
        reached::MUST.iter().filter(|what| what.starts_with("asked: ")).map(|what| done.reached.of(what)).sum();
    assert!(asked >= done.steps, "{asked} requests were made in {} steps", done.steps);
    let missing = done.reached.missing(long);
    assert!(missing.is_empty(), "never reached: {missing:#?}");
}
