//! One unicast routing table, kept in memory: the multicast view where one is chosen.
//!
//! The kernel looks routes up by its rules alone. A request cannot name a table
//! (RTA_TABLE is ignored there), only a dump can. So the table is read once, and
//! notifications keep it up to date. They wait in the socket until they are asked for:
//! a route is never newer than the changes that were told.

use std::hash::BuildHasher;
use std::os::fd::{AsFd, OwnedFd};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::monitor::Prefix;
use super::netlink::{Message, NetlinkSocket, Received, Request, read_u32};
use super::routes::{ROUTE_HEADER, RouteMessage, parse_route};
use super::sys::{self, SysError, SysResult};
use super::uapi;
use crate::forwarder::Address;

/// Thousands of route changes at once, as when a routing daemon starts.
const RECEIVE_BUFFER: i32 = 4 << 20;
/// Notifications read before the table is read anew, however many there are.
const AT_ONCE: usize = 4096;
/// Changed prefixes that are kept apart; the rest stays in the socket meanwhile.
const CHANGES: usize = 64;
/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;
/// The interface that every network namespace has.
const LOOPBACK: u32 = 1;

/// The table, and the sockets that it comes through.
pub(crate) struct RpfTable {
    notifications: NetlinkSocket,
    requests: NetlinkSocket,
    sequence: u32,
    kept: Kept,
}

/// What is known of the table.
struct Kept {
    table: u32,
    routes: Routes,
    changes: Changes,
    /// Something happened that notifications do not spell out: it has to be read anew.
    stale: bool,
}

/// Prefixes whose routes changed and that nobody has asked for yet.
struct Changes {
    prefixes: [Prefix; CHANGES],
    count: usize,
}

impl Changes {
    fn is_full(&self) -> bool {
        self.count == CHANGES
    }

    fn add(&mut self, prefix: Prefix) {
        let known = &self.prefixes[..self.count];
        if known.contains(&prefix) || known.contains(&Prefix::ALL) {
            return;
        }
        if prefix == Prefix::ALL || self.is_full() {
            (self.prefixes[0], self.count) = (Prefix::ALL, 1);
            return;
        }
        self.prefixes[self.count] = prefix;
        self.count += 1;
    }

    fn take(&mut self) -> Option<Prefix> {
        self.count = self.count.checked_sub(1)?;
        Some(self.prefixes[self.count])
    }
}

impl RpfTable {
    /// Reads the table of this id, in this thread's network namespace.
    pub(crate) fn open(table: u32) -> SysResult<Self> {
        let notifications = NetlinkSocket::open()?;
        sys::receive_buffer(&notifications, RECEIVE_BUFFER);
        for group in [libc::RTNLGRP_IPV4_ROUTE, libc::RTNLGRP_LINK, libc::RTNLGRP_IPV4_IFADDR] {
            notifications.join(group as i32)?;
        }
        // Kernels before 5.3 know no nexthop objects.
        let _ = notifications.join(uapi::RTNLGRP_NEXTHOP);
        let requests = NetlinkSocket::open_for_dumps()?;
        // Without it (before Linux 4.20) all tables are sent, and ours is picked out.
        let _ = sys::set_option(
            &requests,
            libc::SOL_NETLINK,
            uapi::NETLINK_GET_STRICT_CHK,
            &1i32,
            "asking for one table alone",
        );
        let changes = Changes { prefixes: [Prefix::ALL; CHANGES], count: 0 };
        let kept = Kept { table, routes: Routes::new(), changes, stale: true };
        let mut new = Self { notifications, requests, sequence: 0, kept };
        new.reload()?;
        // Nobody has asked for a route yet.
        new.kept.changes.count = 0;
        Ok(new)
    }

    /// A descriptor that is readable while there is something for [`Self::next_change`].
    pub(crate) fn readiness(&self) -> SysResult<OwnedFd> {
        let copy = self.notifications.as_fd().try_clone_to_owned();
        copy.map_err(|_| SysError::last("copying a netlink descriptor"))
    }

    /// The route to `source` when the last change was told.
    pub(crate) fn lookup(&self, source: u32) -> Option<RouteMessage> {
        self.kept.routes.lookup(source)
    }

    /// Brings the table up to date, or nearer to it: more may be left in the socket.
    ///
    /// After an error the old routes stay, and it is to be tried again.
    pub(crate) fn refresh(&mut self) -> SysResult<()> {
        self.read_notifications();
        if self.kept.stale { self.reload() } else { Ok(()) }
    }

    /// A prefix whose routes changed.
    pub(crate) fn take_change(&mut self) -> Option<Prefix> {
        self.kept.changes.take()
    }

    fn read_notifications(&mut self) {
        let Self { notifications, kept, .. } = self;
        for _ in 0..AT_ONCE {
            if kept.changes.is_full() {
                return;
            }
            match notifications.receive() {
                Ok(Received::Nothing) => return,
                Ok(Received::Messages(mut messages)) => loop {
                    let flags = messages.next_flags();
                    let Some(message) = messages.next() else { break };
                    kept.hear(&message, flags);
                },
                // Lost, or too long to tell: what is read anew tells it all.
                Ok(Received::Truncated) | Err(_) => {
                    notifications.discard();
                    kept.stale = true;
                    return;
                }
            }
        }
    }

    /// Reads the table anew, and notes what is different.
    fn reload(&mut self) -> SysResult<()> {
        // A link or address that goes is told before its routes are dropped, under the
        // lock that this waits for.
        let mut link = [0; LINK_HEADER];
        link[4..8].copy_from_slice(&LOOPBACK.to_ne_bytes());
        self.request(libc::RTM_GETLINK, 0, &link, None)?;
        let mut header = [0; ROUTE_HEADER];
        header[0] = libc::AF_INET as u8;
        let table = self.kept.table;
        self.request(libc::RTM_GETROUTE, libc::NLM_F_DUMP, &header, Some(table))?;
        let mut read = Routes::new();
        while self.read_dump(&mut read)? {}
        self.kept.replace(read);
        Ok(())
    }

    fn request(&mut self, kind: u16, flags: i32, fixed: &[u8], table: Option<u32>) -> SysResult<()> {
        // An answer that nobody wanted, and one dump at a time.
        while let Ok(Received::Messages(_) | Received::Truncated) = self.requests.receive() {}
        self.sequence = self.sequence.wrapping_add(1);
        let mut request = Request::new(kind, flags, self.sequence, fixed);
        if let Some(table) = table {
            request = request.attribute(libc::RTA_TABLE, table.to_ne_bytes());
        }
        self.requests.send(request.finish())
    }

    /// Reads one datagram of the dump; says whether there is more.
    fn read_dump(&mut self, routes: &mut Routes) -> SysResult<bool> {
        let doing = "reading a routing table";
        let messages = match self.requests.receive()? {
            Received::Messages(messages) => messages,
            Received::Truncated => return Err(SysError { errno: libc::EMSGSIZE, doing }),
            // Each read makes the kernel put the next part there: it cannot be late.
            Received::Nothing => return Err(SysError { errno: libc::EIO, doing }),
        };
        for Message { kind, sequence, payload } in messages {
            if sequence != self.sequence {
                continue;
            }
            match i32::from(kind) {
                libc::NLMSG_DONE | libc::NLMSG_ERROR => {
                    let errno = (read_u32(payload, 0).unwrap_or(0) as i32).wrapping_neg();
                    // A table that never had a route does not exist.
                    return if matches!(errno, 0 | libc::ENOENT) { Ok(false) } else { Err(SysError { errno, doing }) };
                }
                _ if kind == libc::RTM_NEWROUTE => {
                    if let Some(route) = parse_route(payload).filter(|route| route.table == self.kept.table) {
                        routes.add(route)?;
                    }
                }
                _ => {}
            }
        }
        Ok(true)
    }
}

impl Kept {
    fn hear(&mut self, message: &Message<'_>, flags: u16) {
        match message.kind {
            libc::RTM_NEWROUTE | libc::RTM_DELROUTE => {
                let flags_at = read_u32(message.payload, 8).unwrap_or(0);
                let ours = |route: &RouteMessage| route.table == self.table && flags_at & libc::RTM_F_CLONED == 0;
                if let Some(route) = parse_route(message.payload).filter(ours) {
                    let replaces = i32::from(flags) & libc::NLM_F_REPLACE != 0;
                    self.change(route, message.kind == libc::RTM_NEWROUTE, replaces);
                }
            }
            libc::RTM_NEWLINK => self.stale |= link_matters(message.payload),
            // The kernel drops and changes routes with these, and names none of them.
            libc::RTM_DELLINK | libc::RTM_NEWADDR | libc::RTM_DELADDR | uapi::RTM_NEWNEXTHOP | uapi::RTM_DELNEXTHOP => {
                self.stale = true
            }
            _ => {}
        }
    }

    /// One route came or went. Where the order among equals is in question, or memory
    /// runs out, the table is to be read anew.
    fn change(&mut self, route: RouteMessage, came: bool, replaces: bool) {
        let mut equals = self.routes.equals_of(&route);
        let (first, several) = (equals.next().copied(), equals.next().is_some());
        drop(equals);
        match first {
            // Told again: the table was read since.
            Some(other) if came && !several && other == route => return,
            None if !came => return,
            Some(_) if several || (came && !replaces) => {
                self.stale = true;
                return;
            }
            Some(other) => self.routes.remove(&other),
            None => {}
        }
        if came && self.routes.add(route).is_err() {
            self.stale = true;
        }
        self.changes.add(prefix_of(&route));
    }

    /// Takes over what was read.
    fn replace(&mut self, read: Routes) {
        let old = std::mem::replace(&mut self.routes, read);
        self.stale = false;
        for (these, those) in [(&old, &self.routes), (&self.routes, &old)] {
            for ordered in these.table.iter().filter(|ordered| !those.has(ordered)) {
                self.changes.add(prefix_of(&ordered.route));
            }
        }
    }
}

fn prefix_of(route: &RouteMessage) -> Prefix {
    Prefix { network: route.network, length: route.prefix_len }
}

/// Whether routes may have changed with a link.
fn link_matters(payload: &[u8]) -> bool {
    let Some(&[family, .., a, b, c, d]) = payload.first_chunk::<LINK_HEADER>() else {
        return true;
    };
    let change = u32::from_ne_bytes([a, b, c, d]);
    // Adding a VIF sets the interface's allmulti flag: that is our own echo. A bridge
    // port's state is told under the bridge's family.
    let own = (libc::IFF_ALLMULTI | libc::IFF_PROMISC) as u32;
    i32::from(family) == libc::AF_UNSPEC && (change == 0 || change & !own != 0)
}

/// Routes by prefix.
struct Routes {
    table: HashTable<Ordered>,
    hasher: DefaultHashBuilder,
    /// How many there are of each prefix length.
    lengths: [usize; 33],
}

#[derive(Clone, Copy)]
struct Ordered {
    route: RouteMessage,
    /// The kernel's order among routes that are equal in prefix, TOS and metric.
    order: usize,
}

impl Routes {
    fn new() -> Self {
        Self { table: HashTable::new(), hasher: DefaultHashBuilder::default(), lengths: [0; 33] }
    }

    fn at<'a>(&'a self, network: u32, length: u8) -> impl Iterator<Item = &'a Ordered> + use<'a> {
        let hash = self.hasher.hash_one((network, length));
        let here = move |ordered: &&Ordered| ordered.route.network == network && ordered.route.prefix_len == length;
        self.table.iter_hash(hash).filter(here)
    }

    fn equals_of<'a>(&'a self, route: &RouteMessage) -> impl Iterator<Item = &'a RouteMessage> + use<'a> {
        let (tos, metric) = (route.tos, route.metric);
        self.at(route.network, route.prefix_len)
            .map(|ordered| &ordered.route)
            .filter(move |other| other.tos == tos && other.metric == metric)
    }

    fn has(&self, ordered: &Ordered) -> bool {
        self.equals_of(&ordered.route).any(|other| *other == ordered.route)
    }

    fn add(&mut self, route: RouteMessage) -> SysResult<()> {
        let hasher = &self.hasher;
        let hash_of = |ordered: &Ordered| hasher.hash_one((ordered.route.network, ordered.route.prefix_len));
        let out_of_memory = SysError { errno: libc::ENOMEM, doing: "keeping a routing table" };
        self.table.try_reserve(1, hash_of).map_err(|_| out_of_memory)?;
        let order = self.equals_of(&route).count();
        let ordered = Ordered { route, order };
        self.table.insert_unique(hash_of(&ordered), ordered, hash_of);
        self.lengths[usize::from(route.prefix_len)] += 1;
        Ok(())
    }

    fn remove(&mut self, route: &RouteMessage) {
        let hash = self.hasher.hash_one((route.network, route.prefix_len));
        if let Ok(found) = self.table.find_entry(hash, |ordered| ordered.route == *route) {
            found.remove();
            self.lengths[usize::from(route.prefix_len)] -= 1;
        }
    }

    /// As the kernel chooses within a table: the longest prefix with a path that is not
    /// dead, there the lowest metric. Routes for a TOS are not for us.
    fn lookup(&self, source: u32) -> Option<RouteMessage> {
        let lengths = (0..=32u8).rev().filter(|&length| self.lengths[usize::from(length)] > 0);
        lengths
            .filter_map(|length| {
                self.at(source.network(length), length)
                    .filter(|ordered| ordered.route.tos == 0 && !ordered.route.dead)
                    .min_by_key(|ordered| (ordered.route.metric, ordered.order))
            })
            .map(|ordered| ordered.route)
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::super::routes::Hop;
    use super::*;

    fn route(network: u32, prefix_len: u8, metric: u32, if_index: u32) -> RouteMessage {
        RouteMessage {
            table: 77,
            kind: libc::RTN_UNICAST,
            protocol: 4,
            tos: 0,
            metric,
            network,
            prefix_len,
            dead: false,
            hop: Hop::To(if_index, 0),
        }
    }

    fn kept() -> Kept {
        let changes = Changes { prefixes: [Prefix::ALL; CHANGES], count: 0 };
        Kept { table: 77, routes: Routes::new(), changes, stale: false }
    }

    fn hop(kept: &Kept, source: u32) -> Hop {
        kept.routes.lookup(source).map_or(Hop::None, |route| route.hop)
    }

    #[test]
    fn the_longest_prefix_then_the_lowest_metric() {
        let mut kept = kept();
        kept.change(route(0, 0, 0, 1), true, false);
        kept.change(route(0x0A00_0000, 8, 5, 2), true, false);
        kept.change(route(0x0A00_0000, 8, 4, 3), true, false);
        kept.change(route(0x0A01_0000, 16, 9, 4), true, false);
        kept.change(RouteMessage { tos: 8, ..route(0x0A01_0100, 24, 0, 5) }, true, false);
        kept.change(RouteMessage { dead: true, ..route(0x0A01_0200, 24, 0, 6) }, true, false);
        for (source, if_index) in
            [(0x0B00_0001, 1), (0x0A02_0001, 3), (0x0A01_0001, 4), (0x0A01_0101, 4), (0x0A01_0201, 4)]
        {
            assert_eq!(hop(&kept, source), Hop::To(if_index, 0), "{source:x}");
        }
        kept.change(route(0x0A00_0000, 8, 4, 3), false, false);
        assert_eq!(hop(&kept, 0x0A02_0001), Hop::To(2, 0));
        kept.change(route(0x0A00_0000, 8, 5, 2), false, false);
        assert_eq!(hop(&kept, 0x0A02_0001), Hop::To(1, 0));
        kept.change(route(0, 0, 0, 1), false, false);
        assert_eq!(hop(&kept, 0x0A02_0001), Hop::None);
        assert!(!kept.stale);
    }

    #[test]
    fn what_cannot_be_told_from_a_notification_is_read_anew() {
        let mut kept = kept();
        let first = route(0x0A00_0000, 8, 0, 1);
        kept.change(first, true, false);
        // Told twice, or deleted twice: nothing.
        kept.change(first, true, false);
        kept.change(route(0x0B00_0000, 8, 0, 1), false, false);
        assert!(!kept.stale);
        // In the place of the only one.
        kept.change(route(0x0A00_0000, 8, 0, 2), true, true);
        assert!(!kept.stale && hop(&kept, 0x0A00_0001) == Hop::To(2, 0));
        // Before or behind it?
        kept.change(route(0x0A00_0000, 8, 0, 3), true, false);
        assert!(std::mem::take(&mut kept.stale) && hop(&kept, 0x0A00_0001) == Hop::To(2, 0));
        let mut read = Routes::new();
        for if_index in [3, 2] {
            read.add(route(0x0A00_0000, 8, 0, if_index)).unwrap();
        }
        kept.replace(read);
        assert_eq!(hop(&kept, 0x0A00_0001), Hop::To(3, 0));
        // Which of the two?
        kept.change(route(0x0A00_0000, 8, 0, 2), false, false);
        assert!(kept.stale);
    }

    #[test]
    fn a_table_read_anew_tells_what_is_different() {
        let mut kept = kept();
        let network = |n: u32| 0x1400_0000 + (n << 8);
        for n in 0..10 {
            kept.change(route(network(n), 24, 0, 1), true, false);
        }
        while kept.changes.take().is_some() {}
        let read = |from: u32, to: u32| {
            let mut read = Routes::new();
            for n in from..to {
                let if_index = if n == 5 { 2 } else { 1 };
                read.add(route(network(n), 24, 0, if_index)).unwrap();
            }
            read
        };
        kept.replace(read(1, 11));
        let mut changes: Vec<_> = std::iter::from_fn(|| kept.changes.take()).collect();
        changes.sort_unstable_by_key(|prefix| prefix.network);
        let expected = [0, 5, 10].map(|n| Prefix { network: network(n), length: 24 });
        assert_eq!(changes, expected);
        // More than there is room for.
        kept.replace(read(100, 200));
        assert_eq!((kept.changes.take(), kept.changes.take()), (Some(Prefix::ALL), None));
    }

    #[test]
    fn links_matter_unless_the_change_is_our_own() {
        let link = |family: u8, change: i32| {
            let mut bytes = vec![family, 0];
            bytes.extend([0; 10]);
            bytes.extend(change.to_ne_bytes());
            link_matters(&bytes)
        };
        assert!(link(0, libc::IFF_UP) && link(0, 0) && link_matters(&[]));
        assert!(!link(0, libc::IFF_ALLMULTI) && !link(libc::AF_BRIDGE as u8, libc::IFF_UP));
    }
}
