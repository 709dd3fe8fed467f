//! An MFE as others may see it.

use super::{
    Manager,
    entry::mask_of,
    mfes::{Mfe, MfeId},
};
use crate::forwarder::{InterfaceKey, Route};

/// The route protocols that the MIB of RFC 4292 numbers and MFEs show; any other is OTHER.
const OTHER: u32 = 1;
const LOCAL: u32 = 2;
const STATIC: u32 = 3;
const RIP: u32 = 8;
const IS_IS: u32 = 9;
const OSPF: u32 = 13;
const BGP: u32 = 14;

/// A reading of one MFE.
pub struct MfeView<'a> {
    manager: &'a Manager,
    mfe: &'a Mfe,
    now: u64,
}

impl Manager {
    /// A reading of a live MFE at a time.
    pub(super) fn view(&self, id: MfeId, now: u64) -> MfeView<'_> {
        MfeView { manager: self, mfe: &self.mfes[id], now }
    }
}

impl MfeView<'_> {
    /// The source.
    pub fn source(&self) -> u32 {
        self.mfe.flow.source
    }

    /// The group.
    pub fn group(&self) -> u32 {
        self.mfe.flow.group
    }

    /// The upstream neighbour, 0 when the source is on the link.
    pub fn upstream(&self) -> u32 {
        self.mfe.upstream
    }

    /// The incoming interface; index 0 when there is none.
    pub fn iif(&self) -> InterfaceKey {
        self.mfe.iif
    }

    /// The protocol id that the iif's owner registered, 0 without an owner.
    pub fn iif_protocol(&self) -> u32 {
        self.manager.protocol_on(self.mfe.iif).map_or(0, |(protocol, _)| protocol)
    }

    fn route(&self) -> Option<&Route> {
        self.manager.sources.route_of(self.mfe.route)
    }

    /// The MIB number of the protocol of the route to the source, 0 without a route.
    pub fn route_protocol(&self) -> u32 {
        self.route().map_or(0, |route| match route.protocol {
            known @ (LOCAL | STATIC | RIP | IS_IS | OSPF | BGP) => known,
            _ => OTHER,
        })
    }

    /// The network of the route to the source.
    pub fn route_network(&self) -> u32 {
        self.route().map_or(0, |route| route.network)
    }

    /// The mask of the route to the source.
    pub fn route_mask(&self) -> u32 {
        self.route().map_or(0, |route| mask_of(route.prefix_len))
    }

    /// Milliseconds since it was made or renewed.
    pub fn up_time_ms(&self) -> u64 {
        self.now.saturating_sub(self.mfe.created)
    }

    /// Milliseconds until it ends or is renewed.
    pub fn expires_in_ms(&self) -> u64 {
        self.mfe.expires().saturating_sub(self.now)
    }

    /// Its lifetime in seconds.
    pub fn timeout_s(&self) -> u32 {
        self.mfe.timeout
    }

    /// How many interfaces it forwards to.
    pub fn oif_count(&self) -> usize {
        self.mfe.active().count()
    }

    /// The interfaces it forwards to, ascending.
    pub fn oifs(&self) -> impl Iterator<Item = InterfaceKey> + '_ {
        self.mfe.active().map(|id| self.manager.interfaces[id].key)
    }
}
