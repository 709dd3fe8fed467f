//! What threads meet at: the standard library's primitives; under `--cfg shuttle` those
//! of a scheduler with which tests/interleavings.rs goes through many interleavings.

#[cfg(not(shuttle))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard},
    thread::yield_now,
    thread_local,
};

#[cfg(shuttle)]
pub(crate) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard},
    thread::yield_now,
    thread_local,
};
