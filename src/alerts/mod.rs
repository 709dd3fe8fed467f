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

pub use crate::manager::{Hears, OifAsk};
pub use delivery::Delivery;
pub(crate) use thread::Writing;
pub use thread::{CallDepth, as_callback, in_callback, owe, settle};

use crate::{
    forwarder::{InterfaceKey, Route},
    manager::Entry,
};

/// A callback could not be made for want of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// What the manager calls. A client implements what it needs: by default nothing is done
/// and nothing answered. All are called with no lock held, on any thread, and may call
/// the engine.
///
/// A direct callback is made in the middle of a request, which waits for it; the others
/// are alerts, which are queued and come one at a time and in order, before the call that
/// caused them returns or on another thread that is at it.
///
/// The engine keeps the value given at registration and copies it for each callback, so
/// that none of the client's code runs under its lock: let it be a reference or a number.
/// Addresses are in host byte order.
pub trait Client: Copy + Send + 'static {
    /// Whether the client implements [`Self::enable_igmp`]. IGMP that does is told to stop
    /// and start, and loses its memberships, where a routing protocol takes or releases
    /// its interface; one that does not keeps them.
    fn enables_igmp(&self) -> bool {
        false
    }

    /// Which of the alerts below, the queued ones, the client implements. The others are not
    /// even queued, which makes requests cheaper that many clients would hear of. Asked at
    /// registration.
    fn hears(&self) -> Hears {
        Hears::ALL
    }

    /// Which way is the source? Direct.
    fn rpf(&self, query: &mut RpfQuery<'_>) {
        let _ = query;
    }

    /// These interfaces of the client are about to be forwarded to. Direct.
    ///
    /// # Errors
    /// When the list could not be shown to the client.
    fn creation(&self, alert: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        let _ = alert;
        Ok(())
    }

    /// A membership ended, or an MFE's list emptied. Queued. For an MFE the answer is its
    /// lifetime from now in seconds, 0 for the default of 900; `None` leaves it as it is.
    /// For a membership it is ignored.
    fn prune(&self, entry: &Entry, interface: InterfaceKey, membership: bool) -> Option<u32> {
        let _ = (entry, interface, membership);
        None
    }

    /// A membership began, or an MFE's list filled. Queued.
    fn join(&self, entry: &Entry, membership: bool) {
        let _ = (entry, membership);
    }

    /// A packet came in on an interface of the client that is not its entry's iif; its IPv4
    /// header, in network byte order. Queued.
    fn wrong_interface(&self, source: u32, group: u32, interface: InterfaceKey, header: &[u8]) {
        let _ = (source, group, interface, header);
    }

    /// IGMP joined on the client's interface. Queued.
    fn local_join(&self, entry: &Entry, interface: InterfaceKey) {
        let _ = (entry, interface);
    }

    /// IGMP left on the client's interface. Queued.
    fn local_leave(&self, entry: &Entry, interface: InterfaceKey) {
        let _ = (entry, interface);
    }

    /// IGMP: stop on an interface. Direct.
    fn disable_igmp(&self, interface: InterfaceKey) {
        let _ = interface;
    }

    /// IGMP: start on an interface. Direct.
    fn enable_igmp(&self, interface: InterfaceKey) {
        let _ = interface;
    }
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
    oifs: &'a mut [OifAsk],
}

impl<'a> CreationAlert<'a> {
    /// About these interfaces.
    pub fn new(source: u32, group: u32, iif: InterfaceKey, oifs: &'a mut [OifAsk]) -> Self {
        Self { source, group, iif, oifs }
    }

    /// The client's own outgoing interfaces.
    pub fn oifs(&self) -> &[OifAsk] {
        self.oifs
    }

    /// The answer for the interface at a place of the list: with false it is left out of
    /// this MFE until somebody joins there anew, or the MFE is renewed.
    pub fn enable(&mut self, place: usize, enabled: bool) {
        if let Some(oif) = self.oifs.get_mut(place) {
            oif.enabled = enabled;
        }
    }
}
