//! The unicast route towards one source, asked of the kernel.

use super::netlink::{
    ATTRIBUTE_HEADER, Attributes, MESSAGE_HEADER, Message, NetlinkSocket, Received, Request, aligned, error_number,
    read_address, read_u16, read_u32,
};
use super::sys::{SysError, SysResult};
use super::uapi;
use crate::forwarder::{Address, Route};

/// Length of `struct rtmsg`.
pub(crate) const ROUTE_HEADER: usize = 12;
/// Length of `struct rtnexthop`.
const NEXT_HOP_HEADER: usize = 8;

/// Length of `struct nhmsg`.
const NEXT_HOP_MESSAGE: usize = 8;
/// Length of `struct nexthop_grp`.
const GROUP_MEMBER: usize = 8;

/// How many sources are looked up at once.
pub(crate) const AT_ONCE: usize = 64;

/// Length of a request, which ends where the next begins.
const REQUEST: usize = MESSAGE_HEADER + ROUTE_HEADER + ATTRIBUTE_HEADER + 4;

const DOING: &str = "asking for a route";

/// A socket for route lookups.
pub(crate) struct RouteSocket {
    netlink: NetlinkSocket,
    sequence: u32,
}

/// Where a route leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hop {
    /// Nowhere, as a blackhole does.
    None,
    /// Over this interface, to this gateway (0: the network is on the link).
    To(u32, u32),
    /// Where a nexthop object says that the kernel does not spell out
    /// (net.ipv4.nexthop_compat_mode 0).
    Object(u32),
}

/// A route, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RouteMessage {
    pub table: u32,
    pub kind: u8,
    pub protocol: u8,
    pub tos: u8,
    /// The lowest is the best.
    pub metric: u32,
    pub network: u32,
    pub prefix_len: u8,
    /// The kernel would not take any of its paths.
    pub dead: bool,
    pub hop: Hop,
}

impl RouteMessage {
    /// What the route means for packets; `None` where a nexthop object has to be asked for.
    fn spelled_out(&self) -> Option<Option<Route>> {
        match self.hop {
            _ if self.kind != libc::RTN_UNICAST && self.kind != libc::RTN_LOCAL => Some(None),
            Hop::To(if_index, gateway) => Some(Some(self.route(if_index, gateway))),
            Hop::None => Some(None),
            Hop::Object(_) => None,
        }
    }

    fn route(&self, if_index: u32, gateway: u32) -> Route {
        Route {
            if_index,
            gateway,
            network: self.network,
            prefix_len: self.prefix_len,
            protocol: mib_protocol(self.kind, self.protocol),
        }
    }
}

/// A nexthop object: one next hop, or a group of others.
struct NextHop {
    works: bool,
    hop: Hop,
    /// The group's member that was asked for.
    member: Option<u32>,
    is_group: bool,
}

impl RouteSocket {
    pub(crate) fn open() -> SysResult<Self> {
        Ok(Self { netlink: NetlinkSocket::open()?, sequence: 0 })
    }

    /// The route to `source` by the kernel's rules; `None` without one and for
    /// blackholes. Of several next hops always the first that works.
    pub(crate) fn lookup(&mut self, source: u32) -> SysResult<Option<Route>> {
        match self.ask(source)? {
            Some(found) => self.resolve(&found),
            None => Ok(None),
        }
    }

    /// The route to `source` if that is an address of the host.
    pub(crate) fn own_address(&mut self, source: u32) -> SysResult<Option<Route>> {
        match self.ask(source)?.filter(|found| found.kind == libc::RTN_LOCAL) {
            Some(found) => self.resolve(&found),
            None => Ok(None),
        }
    }

    /// What a route means for packets.
    pub(crate) fn resolve(&mut self, found: &RouteMessage) -> SysResult<Option<Route>> {
        if let Some(route) = found.spelled_out() {
            return Ok(route);
        }
        let Hop::Object(id) = found.hop else { return Ok(None) };
        Ok(match self.follow(id)? {
            Hop::To(if_index, gateway) => Some(found.route(if_index, gateway)),
            _ => None,
        })
    }

    /// Where a nexthop object leads; of a group's members the first that works, else the first.
    fn follow(&mut self, id: u32) -> SysResult<Hop> {
        let mut first = None;
        for at in 0.. {
            let Some(object) = self.next_hop(id, at)? else { break };
            if !object.is_group {
                return Ok(object.hop);
            }
            // A group has no groups in it.
            let Some(member) = object.member else { break };
            let Some(member) = self.next_hop(member, 0)? else { continue };
            if member.works {
                return Ok(member.hop);
            }
            first = first.or(Some(member.hop));
        }
        Ok(first.unwrap_or(Hop::None))
    }

    fn next_hop(&mut self, id: u32, member: usize) -> SysResult<Option<NextHop>> {
        let sequence = self.next_sequence();
        let request = Request::new(uapi::RTM_GETNEXTHOP, 0, sequence, &[0; NEXT_HOP_MESSAGE])
            .attribute(uapi::NHA_ID, id.to_ne_bytes());
        self.exchange(request, sequence, uapi::RTM_NEWNEXTHOP, |payload| parse_next_hop(payload, member))
    }

    fn ask(&mut self, source: u32) -> SysResult<Option<RouteMessage>> {
        // The kernel takes 0.0.0.0 for itself.
        if source == 0 {
            return Ok(None);
        }
        let sequence = self.next_sequence();
        self.exchange(request(source, sequence), sequence, libc::RTM_NEWROUTE, parse_route)
    }

    /// Looks up to [`AT_ONCE`] sources up with few system calls. What is `None` afterwards
    /// wants a [`lookup`](Self::lookup) of its own.
    pub(crate) fn lookup_all(&mut self, sources: &[u32], routes: &mut [Option<Option<Route>>]) {
        let mut bytes = [0; AT_ONCE * REQUEST];
        let first = self.sequence.wrapping_add(1);
        let mut length = 0;
        // Those before it are asked for: 0.0.0.0 never is.
        let sources = sources.split(|&source| source == 0).next().unwrap_or_default();
        for (place, &source) in bytes.chunks_exact_mut(REQUEST).zip(sources) {
            place.copy_from_slice(request(source, self.next_sequence()).finish());
            length += REQUEST;
        }
        if length == 0 || self.netlink.send(&bytes[..length]).is_err() {
            return;
        }
        let asked = length / REQUEST;
        let mut answered = 0;
        while answered < asked {
            let read = self.netlink.receive_short(asked - answered, |messages| {
                for message in messages {
                    // An answer to an earlier request is left behind by an error only.
                    let at = message.sequence.wrapping_sub(first) as usize;
                    let Some(place) = routes.get_mut(at).filter(|_| at < asked) else { continue };
                    answered += 1;
                    *place = match answer(&message, libc::RTM_NEWROUTE, parse_route) {
                        Some(Ok(Some(found))) => found.spelled_out(),
                        Some(Ok(None)) => Some(None),
                        Some(Err(_)) | None => None,
                    };
                }
            });
            // What did not come is not there.
            if !matches!(read, Ok(1..)) {
                return;
            }
        }
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Sends a request, and makes something of the answer.
    fn exchange<T>(
        &mut self,
        mut request: Request,
        sequence: u32,
        wanted: u16,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> SysResult<Option<T>> {
        self.netlink.send(request.finish())?;
        loop {
            let messages = match self.netlink.receive()? {
                Received::Messages(messages) => messages,
                Received::Truncated => {
                    return Err(SysError { errno: libc::EMSGSIZE, doing: DOING });
                }
                Received::Nothing => {
                    return Err(SysError { errno: libc::EIO, doing: DOING });
                }
            };
            // An answer to an earlier request is left behind by an error only.
            for message in messages.filter(|message| message.sequence == sequence) {
                if let Some(answer) = answer(&message, wanted, &parse) {
                    return answer;
                }
            }
        }
    }
}

/// What a message answers, if it does.
fn answer<T>(message: &Message<'_>, wanted: u16, parse: impl Fn(&[u8]) -> Option<T>) -> Option<SysResult<Option<T>>> {
    if message.kind == wanted {
        return Some(Ok(parse(message.payload)));
    }
    (i32::from(message.kind) == libc::NLMSG_ERROR).then(|| no_route(error_number(message)).map(|()| None))
}

/// Tells "there is no route" (or a blackhole: EINVAL, a prohibition: EACCES) from
/// a failure.
fn no_route(errno: i32) -> SysResult<()> {
    match errno {
        libc::ENETUNREACH
        | libc::EHOSTUNREACH
        | libc::EINVAL
        | libc::EACCES
        | libc::ESRCH
        | libc::ENOENT
        | libc::ENODEV
        | libc::EAGAIN
        | libc::ENETDOWN => Ok(()),
        _ => Err(SysError { errno, doing: DOING }),
    }
}

fn request(source: u32, sequence: u32) -> Request {
    // struct rtmsg: family, destination length, then zeros up to the flags
    let mut header = [0; ROUTE_HEADER];
    header[..2].copy_from_slice(&[libc::AF_INET as u8, 32]);
    header[8..].copy_from_slice(&uapi::RTM_F_FIB_MATCH.to_ne_bytes());
    Request::new(libc::RTM_GETROUTE, 0, sequence, &header).attribute(libc::RTA_DST, source.to_be_bytes())
}

pub(crate) fn parse_route(payload: &[u8]) -> Option<RouteMessage> {
    let &[family, prefix_len, _, tos, table, protocol, _, kind, ..] = payload.first_chunk::<ROUTE_HEADER>()?;
    let flags = read_u32(payload, 8)?;
    if i32::from(family) != libc::AF_INET || prefix_len > 32 {
        return None;
    }
    let mut route = RouteMessage {
        table: table.into(),
        kind,
        protocol,
        tos,
        metric: 0,
        network: 0,
        prefix_len,
        dead: flags & u32::from(uapi::RTNH_F_DEAD) != 0,
        hop: Hop::None,
    };
    let (mut if_index, mut gateway, mut object) = (0, 0, None);
    for (kind, value) in Attributes::behind(payload, ROUTE_HEADER) {
        match kind {
            libc::RTA_TABLE => route.table = read_u32(value, 0)?,
            libc::RTA_DST => route.network = read_address(value)?.network(prefix_len),
            libc::RTA_PRIORITY => route.metric = read_u32(value, 0)?,
            libc::RTA_OIF => if_index = read_u32(value, 0)?,
            // RTA_VIA, an IPv6 gateway, is no address an MFE could name: 0.
            libc::RTA_GATEWAY => gateway = read_address(value)?,
            libc::RTA_MULTIPATH => (route.hop, route.dead) = first_next_hop(value),
            uapi::RTA_NH_ID => object = Some(read_u32(value, 0)?),
            _ => {}
        }
    }
    if if_index != 0 {
        route.hop = Hop::To(if_index, gateway);
    }
    if let (Hop::None, Some(id)) = (route.hop, object) {
        route.hop = Hop::Object(id);
    }
    Some(route)
}

/// The first next hop that works, else the first; and whether the kernel takes none of them.
fn first_next_hop(mut rest: &[u8]) -> (Hop, bool) {
    let (mut first, mut dead) = (Hop::None, true);
    while let Some(length) = read_u16(rest, 0).map(usize::from) {
        let Some(hop) = rest.get(..length).filter(|_| length >= NEXT_HOP_HEADER) else {
            break;
        };
        let Some(if_index) = read_u32(hop, 4) else { break };
        let gateway = Attributes::behind(hop, NEXT_HOP_HEADER)
            .find(|&(kind, _)| kind == libc::RTA_GATEWAY)
            .and_then(|(_, value)| read_address(value))
            .unwrap_or(0);
        if hop[2] & (uapi::RTNH_F_DEAD | uapi::RTNH_F_LINKDOWN) == 0 {
            return (Hop::To(if_index, gateway), false);
        }
        // What has no carrier is still taken where nothing is better.
        dead &= hop[2] & uapi::RTNH_F_DEAD != 0;
        if first == Hop::None {
            first = Hop::To(if_index, gateway);
        }
        rest = rest.get(aligned(length)..).unwrap_or(&[]);
    }
    (first, dead)
}

fn parse_next_hop(payload: &[u8], member: usize) -> Option<NextHop> {
    // struct nhmsg: family, scope, protocol, reserved, flags
    let flags = read_u32(payload, 4)?;
    let broken = u32::from(uapi::RTNH_F_DEAD | uapi::RTNH_F_LINKDOWN);
    let mut object = NextHop { works: flags & broken == 0, hop: Hop::None, member: None, is_group: false };
    let (mut if_index, mut gateway, mut blackhole) = (0, 0, false);
    for (kind, value) in Attributes::behind(payload, NEXT_HOP_MESSAGE) {
        match kind {
            uapi::NHA_OIF => if_index = read_u32(value, 0)?,
            // An IPv6 gateway is 16 bytes long.
            uapi::NHA_GATEWAY if value.len() == 4 => gateway = read_address(value)?,
            uapi::NHA_BLACKHOLE => blackhole = true,
            uapi::NHA_GROUP => {
                object.is_group = true;
                object.member = member.checked_mul(GROUP_MEMBER).and_then(|at| read_u32(value, at));
            }
            _ => {}
        }
    }
    if if_index != 0 && !blackhole {
        object.hop = Hop::To(if_index, gateway);
    }
    Some(object)
}

/// The MIB's number (IANAipRouteProtocol) of what made a route.
fn mib_protocol(kind: u8, protocol: u8) -> u32 {
    match protocol {
        _ if kind == libc::RTN_LOCAL => 2,
        libc::RTPROT_KERNEL => 2,
        libc::RTPROT_BOOT | libc::RTPROT_STATIC => 3,
        uapi::RTPROT_RIP => 8,
        uapi::RTPROT_ISIS => 9,
        uapi::RTPROT_OSPF => 13,
        uapi::RTPROT_BGP => 14,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_hop(flags: u8, if_index: u32, gateway: Option<[u8; 4]>) -> Vec<u8> {
        let length = if gateway.is_some() { 16u16 } else { 8 };
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend([flags, 0]);
        bytes.extend(if_index.to_ne_bytes());
        if let Some(gateway) = gateway {
            bytes.extend(8u16.to_ne_bytes());
            bytes.extend(libc::RTA_GATEWAY.to_ne_bytes());
            bytes.extend(gateway);
        }
        bytes
    }

    #[test]
    fn the_first_working_next_hop_counts() {
        let dead = next_hop(uapi::RTNH_F_DEAD, 2, Some([10, 0, 0, 1]));
        let down = next_hop(uapi::RTNH_F_LINKDOWN, 3, None);
        let works = next_hop(0, 4, Some([10, 0, 0, 2]));
        let list = [dead.clone(), down.clone(), works, next_hop(0, 5, None)].concat();
        assert_eq!(first_next_hop(&list), (Hop::To(4, 0x0A00_0002), false));
        assert_eq!(first_next_hop(&dead), (Hop::To(2, 0x0A00_0001), true));
        // Without a carrier is better than dead, but the first stays the first.
        assert_eq!(first_next_hop(&[dead, down].concat()), (Hop::To(2, 0x0A00_0001), false));
        assert_eq!(first_next_hop(&[]), (Hop::None, true));
        assert_eq!(first_next_hop(&[0; 32]), (Hop::None, true));
        for length in 0..list.len() {
            let (cut, _) = first_next_hop(&list[..length]);
            assert!(cut == Hop::None || length >= 16, "{length}");
        }
    }

    #[test]
    fn protocols_get_the_numbers_of_the_mib() {
        let unicast = |protocol| mib_protocol(libc::RTN_UNICAST, protocol);
        let numbers = [2, 3, 4, 189, 187, 188, 186, 11, 0].map(unicast);
        assert_eq!(numbers, [2, 3, 3, 8, 9, 13, 14, 1, 1]);
        assert_eq!(mib_protocol(libc::RTN_LOCAL, 4), 2);
    }

    #[test]
    fn cut_route_messages_do_no_harm() {
        let mut bytes = vec![libc::AF_INET as u8, 24, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0];
        for (kind, value) in
            [(libc::RTA_DST, [10, 1, 2, 9]), (libc::RTA_OIF, 3u32.to_ne_bytes()), (libc::RTA_GATEWAY, [10, 0, 0, 1])]
        {
            bytes.extend(8u16.to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(value);
        }
        let route = parse_route(&bytes).unwrap();
        assert_eq!(route.network, 0x0A01_0200);
        assert_eq!(route.hop, Hop::To(3, 0x0A00_0001));
        for length in 0..bytes.len() {
            let cut = parse_route(&bytes[..length]);
            assert_eq!(cut.is_some(), length >= ROUTE_HEADER, "{length}");
        }
        bytes[1] = 33;
        assert!(parse_route(&bytes).is_none());
    }

    #[test]
    fn nexthop_objects_are_read() {
        let message = |flags: u32, attributes: &[(u16, &[u8])]| {
            let mut bytes = vec![libc::AF_INET as u8, 0, 0, 0];
            bytes.extend(flags.to_ne_bytes());
            for (kind, value) in attributes {
                bytes.extend((4 + value.len() as u16).to_ne_bytes());
                bytes.extend(kind.to_ne_bytes());
                bytes.extend(*value);
            }
            bytes
        };
        let oif = 3u32.to_ne_bytes();
        let single = message(0, &[(uapi::NHA_OIF, &oif), (uapi::NHA_GATEWAY, &[10, 0, 0, 1])]);
        let read = parse_next_hop(&single, 0).unwrap();
        assert!(read.works && !read.is_group && read.hop == Hop::To(3, 0x0A00_0001));
        let ipv6 = message(u32::from(uapi::RTNH_F_LINKDOWN), &[(uapi::NHA_OIF, &oif), (uapi::NHA_GATEWAY, &[9; 16])]);
        let read = parse_next_hop(&ipv6, 0).unwrap();
        assert!(!read.works && read.hop == Hop::To(3, 0));
        let black = message(0, &[(uapi::NHA_OIF, &oif), (uapi::NHA_BLACKHOLE, &[])]);
        assert!(parse_next_hop(&black, 0).unwrap().hop == Hop::None);
        let members: Vec<u8> = [7u32, 0, 9, 0].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let group = message(0, &[(uapi::NHA_GROUP, &members)]);
        for (at, member) in [(0, Some(7)), (1, Some(9)), (2, None), (usize::MAX, None)] {
            let read = parse_next_hop(&group, at).unwrap();
            assert!(read.is_group && read.member == member, "{at}");
        }
        for bytes in [single, ipv6, black, group] {
            for length in 0..bytes.len() {
                assert_eq!(parse_next_hop(&bytes[..length], 0).is_some(), length >= 8, "{length}");
            }
        }
    }
}
