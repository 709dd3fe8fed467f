//! The manager against a second, deliberately naive model of the rules: both get the
//! same random requests, also while callbacks run, and after each one replies,
//! callbacks, alerts, MFEs and the forwarder's orders must be the same.

mod entries;
mod membership;
mod model;
mod ops;
mod tasks;
mod world;

use ops::Op;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::Cell;

/// Requests in a sequence, at most, after those that set it up.
const LENGTH: usize = 240;

fn run(sequence: &[Op]) -> Result<usize, String> {
    let mut world = world::World::new();
    let outcome = sequence.iter().try_for_each(|&op| world.step(op)).and_then(|()| world.finish());
    match outcome {
        Ok(()) => Ok(sequence.len()),
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
fn explore(seed: u64, steps: usize) -> usize {
    let mut done = 0;
    for batch in 0.. {
        if done >= steps {
            break;
        }
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&u64::to_le_bytes(batch));
        let config = Config { cases: 16, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let taken = Cell::new(0);
        let outcome = runner.run(&ops::sequences(LENGTH), |sequence| {
            taken.set(taken.get() + run(&sequence).map_err(TestCaseError::fail)?);
            Ok(())
        });
        done += taken.get();
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(_, sequence)) => {
                let sequence = smallest(sequence);
                panic!("{}\nafter {sequence:?}", run(&sequence).expect_err("it failed before"));
            }
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
    }
    done
}

#[test]
fn the_manager_does_what_a_naive_model_of_the_rules_does() {
    let long = std::env::var_os("MGM_TEST_LONG").is_some_and(|value| value == "1");
    let seed = std::env::var("MGM_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let steps = explore(seed, if long { 1_000_000 } else { 20_000 });
    println!("{steps} steps");
}
