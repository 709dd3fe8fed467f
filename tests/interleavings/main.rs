//! Interleavings of the real engine: its lock, its condition variables and its threads'
//! state are those of a scheduler (shuttle) that decides at each of them which thread
//! goes on, thousands of times each time otherwise. scripts/interleavings.sh runs this;
//! in other builds it is empty.
//!
//! MGM_TEST_LONG=1: many more schedules. A failure prints its schedule; with
//! MGM_TEST_SCHEDULE=<all its lines> and the test's name the same sources run it again.

#![cfg(shuttle)]

mod delivery;
mod deregistration;
mod no_lock;
mod ownership;
mod packets;
mod reentry;
mod world;
