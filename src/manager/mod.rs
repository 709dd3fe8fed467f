//! The rules of a multicast group manager, as a deterministic state machine: a
//! request (with the time) goes in; a reply, alerts for clients and changes for the
//! forwarder come out. No unsafe code, no system calls, no threads, no clock, no
//! callbacks, and no allocation that could abort.
//!
//! Requests that must ask clients on the way return a [`Step`]: make the callback
//! without a lock, then [`Manager::resume`].
//!
//! | rules section | file |
//! |---|---|
//! | 1 registration and handles | `clients`, `handles` |
//! | 2 ownership | `ownership`, `handover`, `interfaces` |
//! | 3 membership | `entry`, `joining`, `memberships` |
//! | 4 membership alerts | `membership_alerts` |
//! | 5 forwarding alerts | `forwarding` |
//! | 6 packets without an entry | `packets`, `construction` |
//! | 7 life of an MFE | `lifetime`, `links`, `moves`, `routes`, `wheel`, `mfes` |
//! | 8 enumeration | `enumeration`, `view` |
//! | 9 threads, memory | `tasks`, `outbox`; `slab`, `ordered`, `index` can fail to grow |
//! | (10, of docs/behaviour.md) scope | `boundaries` |
//! | what a diagnosis reads | `diagnosis` |

#![forbid(unsafe_code)]

mod audit;
mod boundaries;
mod clients;
mod construction;
mod diagnosis;
mod entry;
mod enumeration;
mod error;
mod forwarding;
mod handles;
mod handover;
mod index;
mod interfaces;
mod joining;
mod lifetime;
mod links;
mod membership_alerts;
mod memberships;
mod mfes;
mod moves;
mod ordered;
mod outbox;
mod ownership;
mod packets;
mod routes;
mod slab;
mod sources;
mod tasks;
#[cfg(test)]
mod testing;
mod view;
mod wheel;

pub use boundaries::Boundary;
pub use diagnosis::{FlowState, Outgoing};
pub use entry::{Entry, Flags, is_group, is_link_local, is_unicast, mask_of};
pub use enumeration::EnumerationKind;
pub use error::Error;
pub use handles::{ClientId, EnumerationId};
pub use lifetime::Due;
pub use links::{Naming, Scan};
pub use mfes::{DEFAULT_TIMEOUT, Flow};
pub use outbox::{Alert, Hears, PacketHeader, Popped, Touched};
pub use packets::Drop;
pub use tasks::{Answer, Direct, OifAsk, Step, TaskId};
pub use view::MfeView;

use crate::forwarder::InterfaceKey;
use handles::Generational;

/// How many MFEs there may be by default.
pub const DEFAULT_MAX_MFES: u32 = 1_000_000;

/// Where the manager's wishes for the forwarder go, at once and in order.
pub trait Forwarding {
    /// Makes an interface usable.
    ///
    /// # Errors
    /// What the caller of the take is told.
    fn open(&mut self, interface: InterfaceKey) -> Result<(), Error>;
    /// Nobody holds an interface any more, and no entry names it.
    fn close(&mut self, interface: InterfaceKey);
    /// Makes room so that the entry can be installed with as many oifs.
    ///
    /// # Errors
    /// OutOfMemory.
    fn prepare(&mut self, flow: Flow, oifs: usize) -> Result<(), Error>;
    /// Makes or replaces an entry.
    fn install(&mut self, entry: &MfeView<'_>);
    /// Removes an entry, and the packets that wait for it: none is coming. One that is
    /// not there is no error.
    fn remove(&mut self, flow: Flow);
}

/// What every request needs besides its arguments.
pub struct Context<'a> {
    /// Milliseconds of a clock that never goes back.
    pub now: u64,
    /// Takes the forwarder's orders.
    pub forwarding: &'a mut dyn Forwarding,
}

/// What the manager counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Packets that the forwarder had no entry for.
    pub packets_without_entry: u64,
    /// Of those: link-local groups, or sources that are no host's.
    pub dropped_scope: u64,
    /// Of those: beyond the limit of MFEs.
    pub dropped_limit: u64,
    /// Packets and alerts lost for want of memory.
    pub dropped_memory: u64,
    /// Packets that could not wait for their entry.
    pub dropped_busy: u64,
    /// Reports of packets on a wrong interface.
    pub wrong_interface: u64,
    /// MFEs renewed in place.
    pub renewed: u64,
    /// MFEs that ended.
    pub expired: u64,
}

/// The manager.
pub struct Manager {
    clients: Generational<clients::Client>,
    live_clients: u32,
    interfaces: interfaces::Interfaces,
    memberships: memberships::Memberships,
    /// The joined single (S,G)s, by source.
    exact_by_source: ordered::Ordered,
    sources: sources::Sources,
    mfes: mfes::Mfes,
    max_mfes: u32,
    boundaries: boundaries::Boundaries,
    tasks: slab::Slab<tasks::Task>,
    /// The flows whose MFEs are being made or evaluated.
    constructing: Vec<(Flow, TaskId)>,
    enumerations: Generational<enumeration::Enumeration>,
    outbox: outbox::Outbox,
    counters: Counters,
}

impl Manager {
    /// A manager without clients; allocates nothing.
    pub const fn new() -> Self {
        Self {
            clients: Generational::new(),
            live_clients: 0,
            interfaces: interfaces::Interfaces::new(),
            memberships: memberships::Memberships::new(),
            exact_by_source: ordered::Ordered::new(),
            sources: sources::Sources::new(),
            mfes: mfes::Mfes::new(),
            max_mfes: DEFAULT_MAX_MFES,
            boundaries: boundaries::Boundaries::new(),
            tasks: slab::Slab::new(),
            constructing: Vec::new(),
            enumerations: Generational::new(),
            outbox: outbox::Outbox::new(),
            counters: Counters {
                packets_without_entry: 0,
                dropped_scope: 0,
                dropped_limit: 0,
                dropped_memory: 0,
                dropped_busy: 0,
                wrong_interface: 0,
                renewed: 0,
                expired: 0,
            },
        }
    }

    /// Sets how many MFEs there may be.
    pub fn set_max_mfes(&mut self, max: u32) {
        self.max_mfes = max;
    }

    /// The MFE for a flow.
    pub fn mfe(&self, flow: Flow, now: u64) -> Option<MfeView<'_>> {
        self.mfes.find(flow).map(|id| self.view(id, now))
    }

    /// All MFEs after a flow in (group, source) order, or all; the flow need not be there.
    pub fn mfes_after(&self, flow: Option<Flow>, now: u64) -> impl Iterator<Item = MfeView<'_>> {
        self.mfes.after(flow).map(move |id| self.view(id, now))
    }

    /// The client's oldest alert that was not delivered yet.
    pub fn pop_alert(&mut self, client: u32) -> Option<Alert> {
        self.outbox.pop(client)
    }

    /// The header that belongs to a popped wrong-interface alert.
    pub fn take_header(&mut self, header: u32) -> Option<PacketHeader> {
        self.outbox.take_header(header)
    }

    /// Which clients got alerts since the last call.
    pub fn take_touched(&mut self) -> Touched {
        self.outbox.take_touched()
    }

    /// One past the highest index of a client.
    pub fn client_bound(&self) -> u32 {
        self.clients.bound()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many interfaces are held, memberships joined, and MFEs there.
    pub fn sizes(&self) -> (usize, usize, usize) {
        (self.interfaces.len(), self.memberships.len(), self.mfes.len())
    }
}

impl Default for Manager {
    fn default() -> Self {
        Self::new()
    }
}
