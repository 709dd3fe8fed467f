//! Safe Rust for the multicast group manager: multicast routing protocols and IGMP as clients
//! of `librtm.so`, in the same process as those in C.
//!
//! A [`Protocol`] is told by callbacks what it needs to know of others. It registers
//! ([`Registration`]), takes interfaces ([`OwnedInterface`]) and joins groups on them; the
//! manager makes a multicast forwarding entry ([`Mfe`]) for each source and group that packets
//! come from and go to. mgm.h, which comes with the library, says when each callback is
//! called.
//!
//! ```
//! use mgm::{Cause, Entry, Protocol, Registration, State, host};
//!
//! struct Static;
//!
//! impl Protocol for Static {
//!     fn join(&self, entry: Entry, _: Cause) {
//!         println!("somebody wants {}", entry.group.address);
//!     }
//! }
//!
//! let protocol = Registration::new(Static, 0x4137_0064, 1)?;
//! let lan = protocol.take(2)?;
//! lan.join(Entry::any_source("239.1.1.1".parse().unwrap()), State::Join)?;
//! assert_eq!(host::counters().memberships, 1);
//! # Ok::<(), mgm::Error>(())
//! ```
//!
//! # Threads and callbacks
//! Every function may be called on any thread and inside any callback. Two callbacks of one
//! protocol may run at the same time, so a protocol is `Sync`. No lock is held while one runs.
//! A callback that panics is as one that does nothing, and changes nothing of its argument;
//! calls it made stay made. (With `panic = "abort"` the process ends.)
//!
//! # One manager
//! A process has one manager, the one in the shared library. This crate links nothing else,
//! and cargo refuses a program that has the manager's own crate as well.

use std::sync::Arc;

mod callbacks;
mod error;
pub mod host;
mod mfe;
mod registration;
mod sys;
mod types;

pub use callbacks::MAX_PROTOCOLS;
pub use error::Error;
pub use mfe::{Mfe, Mfes, Oif, Statistics, mfe, mfe_statistics, mfes, statistics};
pub use registration::{Groups, OwnedInterface, Owner, Registration, owner};
pub use types::{
    Cause, CreationAlert, Entry, GroupKind, Interface, OutgoingInterface, Prefix, PruneAlert, RpfQuery, State,
    WrongInterfaceAlert,
};

/// The protocol id of IGMP (`MS_IP_IGMP`): who registers with it is IGMP.
pub const IGMP: u32 = 0x4137_000A;

/// The id of a multicast routing protocol (`PROTOCOL_ID` of type `PROTO_TYPE_MCAST`) of
/// Microsoft's vendor number.
pub const fn protocol_id(protocol: u16) -> u32 {
    0x4137_0000 | protocol as u32
}

/// A multicast routing protocol, or IGMP: what it does when it is told something. Each method
/// is one callback of mgm.h, which says when it is called; by default nothing is done.
#[expect(unused_variables, reason = "of the defaults")]
pub trait Protocol: Send + Sync + 'static {
    /// Which way packets of a source come in (`PMGM_RPF_CALLBACK`). Packets wait meanwhile.
    fn rpf(&self, query: &mut RpfQuery<'_>) {}

    /// An MFE with interfaces of this protocol is about to be made
    /// (`PMGM_CREATION_ALERT_CALLBACK`). Packets wait meanwhile.
    fn creation(&self, alert: &mut CreationAlert<'_>) {}

    /// Nothing to receive any more (`PMGM_PRUNE_ALERT_CALLBACK`).
    fn prune(&self, alert: &mut PruneAlert) {}

    /// Something to receive (`PMGM_JOIN_ALERT_CALLBACK`).
    fn join(&self, entry: Entry, cause: Cause) {}

    /// A packet came in on the wrong interface (`PMGM_WRONG_IF_CALLBACK`).
    fn wrong_interface(&self, alert: &WrongInterfaceAlert<'_>) {}

    /// IGMP joined on an interface of this protocol (`PMGM_LOCAL_JOIN_CALLBACK`).
    fn local_join(&self, entry: Entry, interface: Interface) {}

    /// IGMP left on an interface of this protocol (`PMGM_LOCAL_LEAVE_CALLBACK`).
    fn local_leave(&self, entry: Entry, interface: Interface) {}

    /// For IGMP: stop on an interface (`PMGM_DISABLE_IGMP_CALLBACK`).
    fn disable_igmp(&self, interface: Interface) {}

    /// For IGMP: start again on an interface (`PMGM_ENABLE_IGMP_CALLBACK`).
    fn enable_igmp(&self, interface: Interface) {}

    /// Whether the last two are there at all, asked once at registration. IGMP without them
    /// keeps its memberships when a routing protocol takes or releases an interface; with them
    /// they are removed, and IGMP adds them again.
    fn restarts_igmp(&self) -> bool {
        true
    }
}

/// So that a program can keep what it registers.
impl<P: Protocol + ?Sized> Protocol for Arc<P> {
    fn rpf(&self, query: &mut RpfQuery<'_>) {
        (**self).rpf(query);
    }

    fn creation(&self, alert: &mut CreationAlert<'_>) {
        (**self).creation(alert);
    }

    fn prune(&self, alert: &mut PruneAlert) {
        (**self).prune(alert);
    }

    fn join(&self, entry: Entry, cause: Cause) {
        (**self).join(entry, cause);
    }

    fn wrong_interface(&self, alert: &WrongInterfaceAlert<'_>) {
        (**self).wrong_interface(alert);
    }

    fn local_join(&self, entry: Entry, interface: Interface) {
        (**self).local_join(entry, interface);
    }

    fn local_leave(&self, entry: Entry, interface: Interface) {
        (**self).local_leave(entry, interface);
    }

    fn disable_igmp(&self, interface: Interface) {
        (**self).disable_igmp(interface);
    }

    fn enable_igmp(&self, interface: Interface) {
        (**self).enable_igmp(interface);
    }

    fn restarts_igmp(&self) -> bool {
        (**self).restarts_igmp()
    }
}
