//! Which routes and interfaces changed, from the kernel's notifications.

use std::os::fd::RawFd;

use super::links::{self, LinkSocket, Prefixes};
use super::netlink::{Message, NetlinkSocket, Received};
use super::sys::SysResult;
use super::uapi;
use crate::forwarder::LinkChange;

/// Thousands of route changes at once, as when a routing daemon starts.
const RECEIVE_BUFFER: i32 = 4 << 20;

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
    /// This happened to an interface, by its index.
    Link(u32, LinkChange),
    /// Notifications were lost.
    Lost,
    /// Nothing that matters.
    Irrelevant,
    /// No more notifications now.
    Nothing,
}

/// A subscription to everything that can move a route or touch an interface.
pub(crate) struct Monitor {
    netlink: NetlinkSocket,
    links: LinkSocket,
    /// Routes over an interface that works again.
    again: Prefixes,
    working: Working,
}

/// Interfaces that were up when they were last heard of: what is told of those, a new
/// name or address, is no reason to look at their routes. Forgets some.
struct Working([u32; 64]);

impl Working {
    /// Notes that an interface is up; whether that is new.
    fn is_new(&mut self, if_index: u32) -> bool {
        let place = &mut self.0[if_index as usize % 64];
        std::mem::replace(place, if_index) != if_index
    }

    fn forget(&mut self, if_index: u32) {
        let place = &mut self.0[if_index as usize % 64];
        if *place == if_index {
            *place = 0;
        }
    }
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
        netlink.join(uapi::RTNLGRP_IPV4_NETCONF)?;
        // Kernels before 5.3 know no nexthop objects.
        let _ = netlink.join(uapi::RTNLGRP_NEXTHOP);
        Ok(Self { netlink, links: LinkSocket::open()?, again: Prefixes::new(), working: Working([0; 64]) })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.netlink.raw_fd()
    }

    /// Whether [`Self::read`] has more to say than what the socket holds.
    pub(crate) fn has_more(&self) -> bool {
        !self.again.is_empty()
    }

    /// Reads one datagram.
    pub(crate) fn read(&mut self) -> Change {
        if let Some(prefix) = self.again.take() {
            return Change::Routes(prefix);
        }
        let change = self.read_one();
        match change {
            Change::Link(if_index, LinkChange::Down) => {
                self.working.forget(if_index);
                // The first that is heard of a deletion; what its routes do on the way is
                // nobody's business then.
                let stays = self.links.stays(if_index);
                return Change::Link(if_index, if stays { LinkChange::Down } else { LinkChange::Gone });
            }
            Change::Link(if_index, LinkChange::Gone) => self.working.forget(if_index),
            Change::Link(if_index, LinkChange::Up) if self.working.is_new(if_index) => {
                self.links.routes_over(if_index, &mut self.again);
            }
            Change::Lost => self.working = Working([0; 64]),
            _ => {}
        }
        change
    }

    fn read_one(&mut self) -> Change {
        let messages = match self.netlink.receive() {
            Ok(Received::Messages(messages)) => messages,
            // Links with many virtual functions have long messages; the start is enough.
            Ok(Received::Truncated) => {
                return self.netlink.cut_message().map_or(Change::Lost, |message| changed(&message));
            }
            Ok(Received::Nothing) => return Change::Nothing,
            // ENOBUFS; after any other error too nothing is certain.
            Err(_) => {
                self.netlink.discard();
                return Change::Lost;
            }
        };
        let mut all = Change::Irrelevant;
        for change in messages.map(|message| changed(&message)).filter(|change| *change != Change::Irrelevant) {
            all = match all {
                Change::Irrelevant => change,
                // The kernel puts one into each datagram.
                other if other != change => Change::Lost,
                other => other,
            };
        }
        all
    }
}

/// What a notification is about.
fn changed(message: &Message<'_>) -> Change {
    match message.kind {
        libc::RTM_NEWROUTE | libc::RTM_DELROUTE => {
            links::route(message.payload).map_or(Change::Irrelevant, Change::Routes)
        }
        libc::RTM_NEWRULE | libc::RTM_DELRULE | uapi::RTM_NEWNEXTHOP | uapi::RTM_DELNEXTHOP => {
            Change::Routes(Prefix::ALL)
        }
        _ => links::changed(message).map_or(Change::Irrelevant, |(if_index, change)| Change::Link(if_index, change)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_works_is_new_once() {
        let mut working = Working([0; 64]);
        assert!(working.is_new(5));
        assert!(!working.is_new(5));
        working.forget(69);
        assert!(!working.is_new(5));
        working.forget(5);
        assert!(working.is_new(5));
        // The place is another's now: asked once too often.
        assert!(working.is_new(69));
        assert!(working.is_new(5));
    }

    #[test]
    fn rules_and_nexthops_can_mean_any_route() {
        let notification = |kind| changed(&Message { kind, sequence: 0, payload: &[] });
        for kind in [libc::RTM_NEWRULE, libc::RTM_DELRULE, uapi::RTM_NEWNEXTHOP, uapi::RTM_DELNEXTHOP] {
            assert_eq!(notification(kind), Change::Routes(Prefix::ALL));
        }
        for kind in [libc::RTM_NEWROUTE, libc::RTM_NEWLINK, libc::RTM_NEWADDR, 9999] {
            assert_eq!(notification(kind), Change::Irrelevant);
        }
    }
}
