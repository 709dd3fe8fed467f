//! The multicast group manager.
//!
//! C multicast routing protocols written for Microsoft's `mgm.h` register here,
//! take ownership of interfaces and add group memberships; the manager decides
//! who is told what and which forwarding entries exist, and a forwarder (in
//! memory, or the Linux kernel) carries them out.
//!
//! Calls go one way: [`abi`] (the C surface) → [`engine`] (lock, clock, threads)
//! → [`manager`] (the rules, pure) → [`alerts`] (callbacks) and [`forwarder`]
//! (→ `kernel`). docs/architecture.md draws it.
//!
//! A Rust program uses [`engine::Engine`] with a client of its own, an [`alerts::Client`]:
//! examples/client.rs. The C surface does no more than that, for clients in C.

#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

// scripts/mutants.sh builds the pure parts alone, a thousand times, with --cfg mutants.
#[cfg(not(mutants))]
pub mod abi;
pub mod alerts;
#[cfg(not(mutants))]
pub mod engine;
#[cfg(not(mutants))]
pub mod findings;
pub mod forwarder;
#[cfg(all(target_os = "linux", not(mutants)))]
pub mod kernel;
pub mod manager;
mod sync;
