//! The engine: the manager with a lock, a clock, a forwarder, and the threads that
//! join them. Requests of the C surface and of the host interface come in here.
//!
//! ```text
//!  C threads ──► Call (holds the lock) ──► manager ──► Ports ──► forwarder
//!                  │ lock free                              ▲
//!                  ├──► direct callbacks, then resume       │
//!                  └──► alerts, when the outermost call ends│
//!  worker thread: upcalls, route changes, time-outs ────────┘
//!  watch thread: names clients that block
//! ```
//!
//! The lock is a standard mutex: it needs no memory when threads wait, and it says
//! when a panic left a request half done (see `recovery`).

mod call;
mod callbacks;
mod clock;
mod diagnosis;
mod environment;
mod events;
mod host;
#[cfg(shuttle)]
mod inspect;
mod links;
mod lock;
pub mod log;
mod options;
mod ports;
mod reconcile;
mod recovery;
mod requests;
mod restart;
mod rpf;
mod scope;
mod thread;
mod watch;
mod worker;

pub use events::Received;
pub use host::Counters;
pub use log::{CLogFunction, Level, LogSink};
pub use options::{ForwarderKind, Options};
pub use ports::OwnForwarder;
pub use reconcile::Reconciled;
pub use requests::{More, StatisticsSource};

use crate::{
    alerts::{Client, Delivery},
    manager::Manager,
    sync::{Condvar, Mutex},
};
use clock::Clock;
use ports::Ports;
use reconcile::Others;
use restart::Restart;
use std::sync::atomic::AtomicU32;
use watch::Watch;
use worker::Worker;

/// Whether and how the manager was started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Started {
    No,
    /// By a first call, with what the environment says.
    ByUse,
    ByHost,
}

/// What the lock protects.
pub(crate) struct Core<C: Client> {
    manager: Manager,
    delivery: Delivery<C>,
    ports: Ports,
    /// The program's forwarder, while it is not the one in use.
    own: Option<OwnForwarder>,
    clock: Clock,
    started: Started,
    options: Option<Options>,
    /// The forwarder is ready for interfaces (the kernel table is open).
    open: bool,
    worker: Worker,
    others: Others,
    restart: Restart,
    watch: Watch,
    alerts: u64,
    direct_callbacks: u64,
    events_lost: u64,
    reports_skipped: u64,
    /// Lost reports that the log has not told of, and when it last told.
    lost_untold: u64,
    lost_told_at: Option<u64>,
    limit_told_at: Option<u64>,
    /// The kernel table that could not be opened when that was tried last.
    refused: Option<u32>,
}

impl<C: Client> Core<C> {
    const fn new() -> Self {
        Self {
            manager: Manager::new(),
            delivery: Delivery::new(),
            ports: Ports::new(),
            own: None,
            clock: Clock::new(),
            started: Started::No,
            options: None,
            open: false,
            worker: Worker::new(),
            others: Others::new(),
            restart: Restart::new(),
            watch: Watch::new(),
            alerts: 0,
            direct_callbacks: 0,
            events_lost: 0,
            reports_skipped: 0,
            lost_untold: 0,
            lost_told_at: None,
            limit_told_at: None,
            refused: None,
        }
    }
}

/// The one manager of a process, in a `static`. Every function may be called on any thread,
/// also inside callbacks. A second engine beside this one, such as the C surface's, may
/// be used, but not inside the other's callbacks.
pub struct Engine<C: Client> {
    core: Mutex<Core<C>>,
    /// How many threads found the lock taken and wait for it, and how many have got it.
    waiting: AtomicU32,
    turns: AtomicU32,
    /// A client that deregistered has no callback running any more.
    quiet: Condvar,
    /// The worker of the memory forwarder has something to look at.
    timer: Condvar,
    /// A direct callback runs.
    watched: Condvar,
}

impl<C: Client> Engine<C> {
    /// An engine that nothing was asked of yet; allocates nothing, starts no thread.
    pub const fn new() -> Self {
        Self {
            core: Mutex::new(Core::new()),
            waiting: AtomicU32::new(0),
            turns: AtomicU32::new(0),
            quiet: Condvar::new(),
            timer: Condvar::new(),
            watched: Condvar::new(),
        }
    }
}

impl<C: Client> Default for Engine<C> {
    fn default() -> Self {
        Self::new()
    }
}
