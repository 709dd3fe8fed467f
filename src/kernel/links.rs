//! What happened to which interface, and what the kernel does not say with it: whether
//! it is on its way out, and which routes over it work again.

use super::monitor::Prefix;
use super::netlink::{Attributes, Message, NetlinkSocket, Received, Request, error_number, read_address, read_u32};
use super::routes::ROUTE_HEADER;
use super::sys::SysResult;
use super::uapi;
use crate::forwarder::{Address, LinkChange};

/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;
/// Length of `struct ifaddrmsg`.
const ADDRESS_HEADER: usize = 8;
/// Length of `struct netconfmsg`, aligned.
const SETTING_HEADER: usize = 4;

/// Routes over one interface that are told one by one; of more than these, all routes are.
const ROUTES: usize = 64;

/// What a notification says of which interface.
pub(crate) fn changed(message: &Message<'_>) -> Option<(u32, LinkChange)> {
    match message.kind {
        libc::RTM_NEWLINK | libc::RTM_DELLINK => link(message),
        // The kernel drops routes with an address without naming all; with a new one it
        // names those that it adds.
        libc::RTM_DELADDR => {
            let header = message.payload.first_chunk::<ADDRESS_HEADER>()?;
            Some((read_u32(header, 4)?, LinkChange::Down))
        }
        uapi::RTM_NEWNETCONF => vif(message.payload),
        _ => None,
    }
}

fn link(message: &Message<'_>) -> Option<(u32, LinkChange)> {
    let header = message.payload.first_chunk::<LINK_HEADER>()?;
    // A bridge tells of its ports under its own family.
    if i32::from(header[0]) != libc::AF_UNSPEC {
        return None;
    }
    let (if_index, flags, change) = (read_u32(header, 4)?, read_u32(header, 8)?, read_u32(header, 12)?);
    if message.kind == libc::RTM_DELLINK {
        return Some((if_index, LinkChange::Gone));
    }
    // Adding a VIF sets the interface's allmulti flag: that is our own echo.
    let own = (libc::IFF_ALLMULTI | libc::IFF_PROMISC) as u32;
    if change != 0 && change & !own == 0 {
        return None;
    }
    let works = (libc::IFF_UP | libc::IFF_RUNNING) as u32;
    let is_up = flags & works == works;
    Some((if_index, if is_up { LinkChange::Up } else { LinkChange::Down }))
}

/// A VIF came or went: the interface's setting "mc_forwarding" counts them.
fn vif(payload: &[u8]) -> Option<(u32, LinkChange)> {
    if payload.first().copied().map(i32::from) != Some(libc::AF_INET) {
        return None;
    }
    let find = |wanted| Attributes::behind(payload, SETTING_HEADER).find(|&(kind, _)| kind == wanted);
    find(uapi::NETCONFA_MC_FORWARDING)?;
    let if_index = read_u32(find(uapi::NETCONFA_IFINDEX)?.1, 0)?;
    // Negative ones stand for all interfaces and for new ones.
    (if_index as i32 > 0).then_some((if_index, LinkChange::Vif))
}

/// Questions about interfaces.
pub(crate) struct LinkSocket {
    netlink: NetlinkSocket,
    sequence: u32,
}

impl LinkSocket {
    pub(crate) fn open() -> SysResult<Self> {
        let netlink = NetlinkSocket::open()?;
        netlink.filter_dumps();
        Ok(Self { netlink, sequence: 0 })
    }

    /// Whether an interface is still there when what is being done to it now is done:
    /// the answer waits for the lock under which the kernel takes interfaces down and
    /// deletes them. In doubt it is.
    pub(crate) fn stays(&mut self, if_index: u32) -> bool {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = [0; LINK_HEADER];
        header[4..8].copy_from_slice(&if_index.to_ne_bytes());
        let mut request = Request::new(libc::RTM_GETLINK, 0, self.sequence, &header);
        if self.netlink.send(request.finish()).is_err() {
            return true;
        }
        while let Ok(Received::Messages(messages)) = self.netlink.receive() {
            let mut answers = messages.filter(|message| message.sequence == self.sequence);
            if let Some(answer) = answers.next() {
                return i32::from(answer.kind) != libc::NLMSG_ERROR || error_number(&answer) != libc::ENODEV;
            }
        }
        true
    }

    /// The prefixes of the routes over an interface, of any table.
    pub(crate) fn routes_over(&mut self, if_index: u32, found: &mut Prefixes) {
        self.sequence = self.sequence.wrapping_add(1);
        let header = [libc::AF_INET as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut request = Request::new(libc::RTM_GETROUTE, libc::NLM_F_DUMP, self.sequence, &header)
            .attribute(libc::RTA_OIF, if_index.to_ne_bytes());
        if self.netlink.send(request.finish()).is_err() {
            return found.add(Prefix::ALL);
        }
        loop {
            let Ok(Received::Messages(messages)) = self.netlink.receive() else { return found.add(Prefix::ALL) };
            for message in messages.filter(|message| message.sequence == self.sequence) {
                match i32::from(message.kind) {
                    libc::NLMSG_DONE => return,
                    // It has gone again: that is told too.
                    libc::NLMSG_ERROR if error_number(&message) == libc::ENODEV => return,
                    libc::NLMSG_ERROR => return found.add(Prefix::ALL),
                    _ => {
                        if let Some(prefix) = route(message.payload) {
                            found.add(prefix);
                        }
                    }
                }
            }
        }
    }
}

/// The prefix of a route message, if it can lead to a source.
pub(crate) fn route(payload: &[u8]) -> Option<Prefix> {
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

/// A few prefixes; of too many it becomes 0/0.
pub(crate) struct Prefixes {
    list: [Prefix; ROUTES],
    length: usize,
}

impl Prefixes {
    pub(crate) const fn new() -> Self {
        Self { list: [Prefix::ALL; ROUTES], length: 0 }
    }

    fn add(&mut self, prefix: Prefix) {
        let so_far = &self.list[..self.length];
        if so_far.first() == Some(&Prefix::ALL) || so_far.contains(&prefix) {
            return;
        }
        match self.list.get_mut(self.length) {
            Some(place) if prefix != Prefix::ALL => {
                *place = prefix;
                self.length += 1;
            }
            _ => {
                self.list[0] = Prefix::ALL;
                self.length = 1;
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn take(&mut self) -> Option<Prefix> {
        self.length = self.length.checked_sub(1)?;
        Some(self.list[self.length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(kind: u16, payload: &[u8]) -> Option<(u32, LinkChange)> {
        changed(&Message { kind, sequence: 0, payload })
    }

    fn link_payload(family: u8, flags: i32, change: i32) -> Vec<u8> {
        let mut bytes = vec![family, 0, 0, 0];
        bytes.extend(7u32.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(change.to_ne_bytes());
        bytes
    }

    #[test]
    fn links_are_up_down_or_gone_unless_the_change_is_our_own() {
        let works = libc::IFF_UP | libc::IFF_RUNNING;
        let link = |family, flags, change| notification(libc::RTM_NEWLINK, &link_payload(family, flags, change));
        assert_eq!(link(0, works, libc::IFF_UP), Some((7, LinkChange::Up)));
        assert_eq!(link(0, works, 0), Some((7, LinkChange::Up)));
        assert_eq!(link(0, libc::IFF_UP, 0), Some((7, LinkChange::Down)));
        assert_eq!(link(0, 0, libc::IFF_UP), Some((7, LinkChange::Down)));
        assert_eq!(link(0, 0, -1), Some((7, LinkChange::Down)));
        assert_eq!(link(0, works, libc::IFF_ALLMULTI), None);
        assert_eq!(link(libc::AF_BRIDGE as u8, works, libc::IFF_UP), None);
        let gone = |family| notification(libc::RTM_DELLINK, &link_payload(family, 0, -1));
        assert_eq!(gone(0), Some((7, LinkChange::Gone)));
        // A port that leaves its bridge.
        assert_eq!(gone(libc::AF_BRIDGE as u8), None);
        for length in 0..LINK_HEADER {
            assert_eq!(notification(libc::RTM_DELLINK, &link_payload(0, 0, 0)[..length]), None);
        }
        assert_eq!(notification(9999, &link_payload(0, 0, 0)), None);
    }

    #[test]
    fn addresses_that_go_and_vifs_that_change_name_their_interface() {
        let mut address = vec![2, 24, 0, 0];
        address.extend(9u32.to_ne_bytes());
        assert_eq!(notification(libc::RTM_DELADDR, &address), Some((9, LinkChange::Down)));
        assert_eq!(notification(libc::RTM_DELADDR, &address[..7]), None);
        assert_eq!(notification(libc::RTM_NEWADDR, &address), None);
        let setting = |family: u8, index: i32, other: u16| {
            let mut bytes = vec![family, 0, 0, 0];
            for (kind, value) in [(uapi::NETCONFA_IFINDEX, index), (other, 1)] {
                bytes.extend(8u16.to_ne_bytes());
                bytes.extend(kind.to_ne_bytes());
                bytes.extend(value.to_ne_bytes());
            }
            notification(uapi::RTM_NEWNETCONF, &bytes)
        };
        assert_eq!(setting(2, 5, uapi::NETCONFA_MC_FORWARDING), Some((5, LinkChange::Vif)));
        assert_eq!(setting(2, -1, uapi::NETCONFA_MC_FORWARDING), None);
        assert_eq!(setting(2, 5, 2), None);
        assert_eq!(setting(10, 5, uapi::NETCONFA_MC_FORWARDING), None);
    }

    #[test]
    fn a_route_names_its_prefix() {
        let payload = |length: u8, kind: u8, flags: u32| {
            let mut bytes = vec![libc::AF_INET as u8, length, 0, 0, 254, 4, 0, kind];
            bytes.extend(flags.to_ne_bytes());
            bytes.extend(8u16.to_ne_bytes());
            bytes.extend(libc::RTA_DST.to_ne_bytes());
            bytes.extend([10, 1, 2, 3]);
            bytes
        };
        let whole = payload(16, libc::RTN_UNICAST, 0);
        assert_eq!(route(&whole), Some(Prefix { network: 0x0A01_0000, length: 16 }));
        for length in 0..ROUTE_HEADER {
            assert_eq!(route(&whole[..length]), None);
        }
        // The default route has no destination attribute.
        assert_eq!(route(&payload(0, libc::RTN_UNICAST, 0)[..ROUTE_HEADER]), Some(Prefix::ALL));
        for ignored in [
            payload(33, libc::RTN_UNICAST, 0),
            payload(32, libc::RTN_BROADCAST, 0),
            payload(32, libc::RTN_UNICAST, libc::RTM_F_CLONED),
        ] {
            assert_eq!(route(&ignored), None);
        }
    }

    #[test]
    fn too_many_prefixes_are_all() {
        let mut some = Prefixes::new();
        let prefix = |n: usize| Prefix { network: (n as u32) << 8, length: 24 };
        for n in 0..ROUTES {
            some.add(prefix(n));
            some.add(prefix(n));
        }
        assert_eq!(some.take(), Some(prefix(ROUTES - 1)));
        some.add(prefix(1000));
        some.add(prefix(1001));
        assert_eq!(some.take(), Some(Prefix::ALL));
        assert_eq!(some.take(), None);
    }
}
