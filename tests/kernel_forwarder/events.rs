//! Waiting and waking.

use std::time::{Duration, Instant};

use rtm::forwarder::linux::{EventBatch, Linux, WaitResult};

use crate::namespace::in_namespace;
use crate::wire::DEADLINE;

#[test]
fn a_wait_ends_in_time_and_when_woken() {
    in_namespace("events::a_wait_ends_in_time_and_when_woken", || {
        let linux = Linux::open(253).unwrap();
        let mut events = linux.events().unwrap();
        let waker = linux.waker();
        let mut batch = EventBatch::new();
        let none = events.wait(Some(Duration::ZERO), &mut batch);
        assert_eq!(none, WaitResult::TimedOut);
        let start = Instant::now();
        let short = Duration::from_millis(5);
        assert_eq!(events.wait(Some(short), &mut batch), WaitResult::TimedOut);
        assert!(start.elapsed() >= short);

        // A wake before the wait counts, several count once.
        waker.wake();
        waker.wake();
        assert_eq!(events.wait(None, &mut batch), WaitResult::Woken);
        let none = events.wait(Some(Duration::ZERO), &mut batch);
        assert_eq!(none, WaitResult::TimedOut);

        // From another thread, also with a time that has no end.
        for timeout in [None, Some(Duration::MAX), Some(DEADLINE)] {
            let thread = std::thread::spawn(move || {
                let result = events.wait(timeout, &mut EventBatch::new());
                (events, result)
            });
            waker.wake();
            let result;
            (events, result) = thread.join().unwrap();
            assert_eq!(result, WaitResult::Woken);
        }
        assert!(batch.as_slice().is_empty());
    });
}

#[test]
fn stopping_ends_the_wait_and_leaves_it_usable() {
    in_namespace("events::stopping_ends_the_wait_and_leaves_it_usable", || {
        let mut linux = Linux::open(253).unwrap();
        let mut events = linux.events().unwrap();
        let waker = linux.waker();
        let thread = std::thread::spawn(move || {
            let result = events.wait(None, &mut EventBatch::new());
            (events, result)
        });
        linux.stop();
        let (mut events, result) = thread.join().unwrap();
        assert_eq!(result, WaitResult::Woken);
        drop(linux);
        let mut batch = EventBatch::new();
        // Dropping stops once more, which may wake once more.
        while events.wait(Some(Duration::ZERO), &mut batch) == WaitResult::Woken {}
        waker.wake();
        assert_eq!(events.wait(None, &mut batch), WaitResult::Woken);

        // The next forwarder beside the old events has a wake of its own.
        let next = Linux::open(253).expect("the table is free");
        let mut fresh = next.events().unwrap();
        waker.wake();
        let none = fresh.wait(Some(Duration::ZERO), &mut batch);
        assert_eq!(none, WaitResult::TimedOut);
        drop(events);
        // Kept for too long it wakes somebody else at worst.
        waker.wake();
        next.waker().wake();
        assert_eq!(fresh.wait(None, &mut batch), WaitResult::Woken);
    });
}

#[test]
fn descriptors_are_closed_on_exec_and_given_back() {
    in_namespace("events::descriptors_are_closed_on_exec_and_given_back", || {
        let open_and_flagged = || {
            let all = std::fs::read_dir("/proc/self/fd").unwrap();
            let numbers = all.map(|entry| {
                let name = entry.unwrap().file_name();
                name.to_str().unwrap().parse::<i32>().unwrap()
            });
            // The first three are the test's.
            let numbers: Vec<i32> = numbers.filter(|&fd| fd > 2).collect();
            // SAFETY: F_GETFD takes no memory; a closed descriptor is an error.
            let flags = |&fd: &i32| unsafe { libc::fcntl(fd, libc::F_GETFD) };
            let inherited = numbers.iter().map(flags).filter(|&flags| flags == 0).count();
            (numbers.len(), inherited)
        };
        let (_, inherited_before) = open_and_flagged();
        let mut before = 0;
        for round in 0..3 {
            let linux = Linux::open(253).unwrap();
            let events = linux.events().unwrap();
            assert_eq!(open_and_flagged().1, inherited_before);
            drop(linux);
            drop(events);
            // The eventfd stays, once.
            let (count, _) = open_and_flagged();
            assert!(round == 0 || count == before, "{before} {count}");
            before = count;
        }
    });
}
