//! From effects to callbacks: what the manager calls on a client, and which client
//! is being called on which thread, so that each gets its alerts one at a time and in
//! order, no lock is held meanwhile, and a client that has deregistered is not called.
//!
//! ```text
//!  manager ── alerts queued ──► Delivery: who may deliver? ──► Client (C pointers)
//!     ▲                                                            │
//!     └──────────── calls made inside callbacks queue behind ──────┘
//! ```

mod delivery;
mod thread;

pub use crate::manager::OifAsk;
pub use delivery::Delivery;
pub use thread::{CallDepth, CallbackDepth, in_callback, in_outermost_call, owe, pop_owed};

use crate::{
    forwarder::{InterfaceKey, Route},
    manager::Entry,
};

/// A callback could not be made for want of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// What the manager calls. Every method does nothing where the client has no such
/// callback. All are called with no lock held and may call the manager.
pub trait Client: Copy + Send + 'static {
    /// Whether the client has an ENABLE callback.
    fn enables_igmp(&self) -> bool;
    /// Which way is the source? Direct.
    fn rpf(&self, query: &mut RpfQuery<'_>);
    /// These interfaces of the client are about to be forwarded to. Direct.
    ///
    /// # Errors
    /// When the list could not be shown to the client.
    fn creation(&self, alert: &mut CreationAlert<'_>) -> Result<(), OutOfMemory>;
    /// A membership ended, or an MFE's list emptied. Queued. Says whether there is a
    /// callback; `timeout_s` is what it left there.
    fn prune(&self, entry: &Entry, interface: InterfaceKey, membership: bool, timeout_s: &mut u32) -> bool;
    /// A membership began, or an MFE's list filled. Queued.
    fn join(&self, entry: &Entry, membership: bool);
    /// A packet came in on an interface of the client that is not its entry's iif. Queued.
    fn wrong_interface(&self, source: u32, group: u32, interface: InterfaceKey, header: &[u8]);
    /// IGMP joined on the client's interface. Queued.
    fn local_join(&self, entry: &Entry, interface: InterfaceKey);
    /// IGMP left on the client's interface. Queued.
    fn local_leave(&self, entry: &Entry, interface: InterfaceKey);
    /// IGMP: stop on an interface. Direct.
    fn disable_igmp(&self, interface: InterfaceKey);
    /// IGMP: start on an interface. Direct.
    fn enable_igmp(&self, interface: InterfaceKey);
}

/// The RPF callback's question and answer.
pub struct RpfQuery<'a> {
    /// The packet's source.
    pub source: u32,
    /// The packet's group.
    pub group: u32,
    /// In: the interface by the route, index 0 without one. Out: the one to use.
    pub iif: InterfaceKey,
    /// In: the gateway by the route. Out: the upstream neighbour.
    pub upstream: u32,
    /// The packet's IPv4 header; empty when no packet caused this.
    pub header: &'a [u8],
    /// The route, if there is one.
    pub route: Option<Route>,
}

/// The creation alert's question and answer.
pub struct CreationAlert<'a> {
    /// The new MFE's source.
    pub source: u32,
    /// The new MFE's group.
    pub group: u32,
    /// The new MFE's incoming interface.
    pub iif: InterfaceKey,
    /// The client's own outgoing interfaces; `enabled` is the answer.
    pub oifs: &'a mut [OifAsk],
}
