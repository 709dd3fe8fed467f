//! Which prefixes' routes changed, from the kernel's notifications.

use std::os::fd::RawFd;

use super::netlink::{Attributes, Message, NetlinkSocket, Received, read_address, read_u32};
use super::routes::ROUTE_HEADER;
use super::sys::SysResult;
use super::uapi;
use crate::forwarder::Address;

/// Thousands of route changes at once, as when a routing daemon starts.
const RECEIVE_BUFFER: i32 = 4 << 20;

/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;

/// A prefix whose routes changed: network (host byte order) and length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Prefix {
    pub network: u32,
    pub length: u8,
}

impl Prefix {
    /// Anything may have changed.
    pub(crate) const ALL: Self = Self { network: 0, length: 0 };
}

/// What one read of notifications said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// These routes changed.
    Routes(Prefix),
    /// Notifications were lost.
    Lost,
    /// Nothing that matters.
    Irrelevant,
    /// No more notifications now.
    Nothing,
}

/// A subscription to everything that can move a route.
pub(crate) struct Monitor {
    netlink: NetlinkSocket,
}

impl Monitor {
    pub(crate) fn open() -> SysResult<Self> {
        let netlink = NetlinkSocket::open()?;
        super::sys::receive_buffer(&netlink, RECEIVE_BUFFER);
        // The kernel drops the routes of a link or address that goes away without
        // naming each, and rules choose between tables.
        let groups = [libc::RTNLGRP_IPV4_ROUTE, libc::RTNLGRP_IPV4_RULE, libc::RTNLGRP_LINK, libc::RTNLGRP_IPV4_IFADDR];
        for group in groups {
            netlink.join(group as i32)?;
        }
        // Kernels before 5.3 know no nexthop objects.
        let _ = netlink.join(uapi::RTNLGRP_NEXTHOP);
        Ok(Self { netlink })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.netlink.raw_fd()
    }

    /// Reads one datagram. Several prefixes in it (the kernel sends one) become 0/0.
    pub(crate) fn read(&mut self) -> Change {
        let messages = match self.netlink.receive() {
            Ok(Received::Messages(messages)) => messages,
            Ok(Received::Truncated) => return Change::Routes(Prefix::ALL),
            Ok(Received::Nothing) => return Change::Nothing,
            // ENOBUFS; after any other error too nothing is certain.
            Err(_) => return Change::Lost,
        };
        let mut all: Option<Prefix> = None;
        for prefix in messages.filter_map(|message| changed(&message)) {
            all = Some(match all {
                Some(other) if other != prefix => Prefix::ALL,
                _ => prefix,
            });
        }
        all.map_or(Change::Irrelevant, Change::Routes)
    }
}

/// The prefix that a notification is about.
fn changed(message: &Message<'_>) -> Option<Prefix> {
    match message.kind {
        libc::RTM_NEWROUTE | libc::RTM_DELROUTE => route(message.payload),
        libc::RTM_NEWLINK => link(message.payload).then_some(Prefix::ALL),
        libc::RTM_DELLINK
        | libc::RTM_NEWADDR
        | libc::RTM_DELADDR
        | libc::RTM_NEWRULE
        | libc::RTM_DELRULE
        | uapi::RTM_NEWNEXTHOP
        | uapi::RTM_DELNEXTHOP => Some(Prefix::ALL),
        _ => None,
    }
}

fn route(payload: &[u8]) -> Option<Prefix> {
    let header = payload.first_chunk::<ROUTE_HEADER>()?;
    let [family, length, .., kind, _, _, _, _] = *header;
    let flags = read_u32(payload, 8)?;
    // Broadcast and multicast routes lead to no source; cloned ones are no routes.
    if i32::from(family) != libc::AF_INET
        || length > 32
        || matches!(kind, libc::RTN_BROADCAST | libc::RTN_MULTICAST)
        || flags & libc::RTM_F_CLONED != 0
    {
        return None;
    }
    let network = Attributes::behind(payload, ROUTE_HEADER)
        .find(|&(kind, _)| kind == libc::RTA_DST)
        .and_then(|(_, value)| read_address(value))
        .unwrap_or(0);
    Some(Prefix { network: network.network(length), length })
}

/// Whether a link message can mean other routes.
fn link(payload: &[u8]) -> bool {
    let Some(header) = payload.first_chunk::<LINK_HEADER>() else {
        return true;
    };
    let [.., a, b, c, d] = *header;
    let change = u32::from_ne_bytes([a, b, c, d]);
    // Adding a VIF sets the interface's allmulti flag: that is our own echo. A
    // bridge port's state is told under the bridge's family.
    let own = (libc::IFF_ALLMULTI | libc::IFF_PROMISC) as u32;
    i32::from(header[0]) == libc::AF_UNSPEC && (change == 0 || change & !own != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(kind: u16, payload: &[u8]) -> Option<Prefix> {
        changed(&Message { kind, sequence: 0, payload })
    }

    fn route_payload(length: u8, kind: u8, flags: u32) -> Vec<u8> {
        let mut bytes = vec![libc::AF_INET as u8, length, 0, 0, 254, 4, 0, kind];
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(8u16.to_ne_bytes());
        bytes.extend(libc::RTA_DST.to_ne_bytes());
        bytes.extend([10, 1, 2, 3]);
        bytes
    }

    #[test]
    fn a_route_names_its_prefix() {
        let payload = route_payload(16, libc::RTN_UNICAST, 0);
        let prefix = Prefix { network: 0x0A01_0000, length: 16 };
        assert_eq!(notification(libc::RTM_NEWROUTE, &payload), Some(prefix));
        assert_eq!(notification(libc::RTM_DELROUTE, &payload), Some(prefix));
        for length in 0..ROUTE_HEADER {
            assert_eq!(notification(libc::RTM_NEWROUTE, &payload[..length]), None);
        }
        // The default route has no destination attribute.
        let default = &route_payload(0, libc::RTN_UNICAST, 0)[..ROUTE_HEADER];
        assert_eq!(notification(libc::RTM_NEWROUTE, default), Some(Prefix::ALL));
        for ignored in [
            route_payload(33, libc::RTN_UNICAST, 0),
            route_payload(32, libc::RTN_BROADCAST, 0),
            route_payload(32, libc::RTN_UNICAST, libc::RTM_F_CLONED),
        ] {
            assert_eq!(notification(libc::RTM_NEWROUTE, &ignored), None);
        }
    }

    #[test]
    fn links_matter_unless_the_change_is_our_own() {
        let link = |family: u8, change: u32| {
            let mut bytes = vec![family, 0];
            bytes.extend([0; 10]);
            bytes.extend(change.to_ne_bytes());
            notification(libc::RTM_NEWLINK, &bytes)
        };
        assert_eq!(link(0, libc::IFF_UP as u32), Some(Prefix::ALL));
        assert_eq!(link(0, 0), Some(Prefix::ALL));
        assert_eq!(link(0, libc::IFF_ALLMULTI as u32), None);
        assert_eq!(link(libc::AF_BRIDGE as u8, libc::IFF_UP as u32), None);
        assert_eq!(notification(libc::RTM_DELLINK, &[]), Some(Prefix::ALL));
        assert_eq!(notification(libc::RTM_NEWADDR, &[]), Some(Prefix::ALL));
        assert_eq!(notification(libc::RTM_NEWRULE, &[]), Some(Prefix::ALL));
        assert_eq!(notification(9999, &[]), None);
    }
}
