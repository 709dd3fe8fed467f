//! The C surface: Microsoft's `mgm.h` and the host interface `mgmhost.h`.
//!
//! Every exported function checks its pointers, resolves its handle, converts to
//! host byte order, makes one call to the engine and maps the result. The
//! headers in `include/` are generated from these files by `build.rs`, so the
//! documentation of the exported items is written for C programmers.
//!
//! ```text
//!   base, mib, rtm, types   repr(C) types and constants     ┐
//!   protocol, mfe, groups   the 17 functions of mgm.h       ├─► include/*.h
//!   host_types, host,       mgmhost.h                       ┘
//!   scope, restart, forwarder
//!   handle, pointer, buffer, error, guard                   what they share
//!   callbacks               the only caller of C function pointers
//! ```

// Names are the Windows ones, so that C sources compile unchanged.
#![allow(non_camel_case_types, non_snake_case)]
// What a C caller must guarantee is said for every argument, not in a section.
#![allow(clippy::missing_safety_doc)]

use crate::engine::Engine;

pub mod base;
mod buffer;
mod callbacks;
mod error;
pub mod forwarder;
pub mod groups;
mod guard;
mod handle;
pub mod host;
pub mod host_types;
pub mod mfe;
pub mod mib;
mod pointer;
pub mod protocol;
pub mod restart;
pub mod rtm;
pub mod scope;
pub mod types;

pub use callbacks::Callbacks;
pub use handle::MAX_GENERATION;

/// The one manager of this process.
pub static ENGINE: Engine<Callbacks> = Engine::new();
