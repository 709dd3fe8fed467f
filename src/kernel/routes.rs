//! The unicast route towards one source, asked of the kernel.

use super::netlink::{
    ATTRIBUTE_HEADER, Attributes, MESSAGE_HEADER, NetlinkSocket, Received, aligned, read_address, read_u16, read_u32,
};
use super::sys::{SysError, SysResult};
use super::uapi;
use crate::forwarder::{Address, Route};

/// Length of `struct rtmsg`.
pub(crate) const ROUTE_HEADER: usize = 12;
/// Length of `struct rtnexthop`.
const NEXT_HOP_HEADER: usize = 8;

const REQUEST: usize = MESSAGE_HEADER + ROUTE_HEADER + ATTRIBUTE_HEADER + 4;

/// A socket for route lookups.
pub(crate) struct RouteSocket {
    netlink: NetlinkSocket,
    sequence: u32,
}

/// The fixed part and the attributes of a route message, as far as they matter.
struct RouteMessage {
    kind: u8,
    protocol: u8,
    network: u32,
    prefix_len: u8,
    /// Interface and gateway of the next hop.
    next_hop: Option<(u32, u32)>,
}

impl RouteSocket {
    pub(crate) fn open() -> SysResult<Self> {
        Ok(Self { netlink: NetlinkSocket::open()?, sequence: 0 })
    }

    /// The route to `source`; `None` without one and for blackholes. Of several
    /// next hops always the first that works.
    pub(crate) fn lookup(&mut self, source: u32) -> SysResult<Option<Route>> {
        // The kernel takes 0.0.0.0 for itself.
        if source == 0 {
            return Ok(None);
        }
        let Some(route) = self.ask(source, uapi::RTM_F_FIB_MATCH)? else {
            return Ok(None);
        };
        if route.kind != libc::RTN_UNICAST && route.kind != libc::RTN_LOCAL {
            return Ok(None);
        }
        let next_hop = match route.next_hop {
            Some(next_hop) => Some(next_hop),
            // A nexthop object that the kernel does not spell out
            // (net.ipv4.nexthop_compat_mode 0): take the path it chooses.
            None => self.ask(source, 0)?.and_then(|path| path.next_hop),
        };
        Ok(next_hop.map(|(if_index, gateway)| Route {
            if_index,
            gateway,
            network: route.network,
            prefix_len: route.prefix_len,
            protocol: mib_protocol(route.kind, route.protocol),
        }))
    }

    fn ask(&mut self, source: u32, flags: u32) -> SysResult<Option<RouteMessage>> {
        let doing = "asking for a route";
        self.sequence = self.sequence.wrapping_add(1);
        let sequence = self.sequence;
        self.netlink.send(&request(source, flags, sequence))?;
        loop {
            let messages = match self.netlink.receive()? {
                Received::Messages(messages) => messages,
                Received::Truncated => {
                    return Err(SysError { errno: libc::EMSGSIZE, doing });
                }
                Received::Nothing => {
                    return Err(SysError { errno: libc::EIO, doing });
                }
            };
            // An answer to an earlier request is left behind by an error only.
            for message in messages.filter(|message| message.sequence == sequence) {
                if message.kind == libc::RTM_NEWROUTE {
                    return Ok(parse_route(message.payload));
                }
                if i32::from(message.kind) == libc::NLMSG_ERROR {
                    let error = read_u32(message.payload, 0).unwrap_or(0) as i32;
                    return no_route(-error, doing).map(|()| None);
                }
            }
        }
    }
}

/// Tells "there is no route" (or a blackhole: EINVAL, a prohibition: EACCES) from
/// a failure.
fn no_route(errno: i32, doing: &'static str) -> SysResult<()> {
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
        _ => Err(SysError { errno, doing }),
    }
}

fn request(source: u32, flags: u32, sequence: u32) -> [u8; REQUEST] {
    let mut bytes = [0; REQUEST];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    // struct nlmsghdr
    put(&(REQUEST as u32).to_ne_bytes());
    put(&libc::RTM_GETROUTE.to_ne_bytes());
    put(&(libc::NLM_F_REQUEST as u16).to_ne_bytes());
    put(&sequence.to_ne_bytes());
    put(&[0; 4]);
    // struct rtmsg: family, destination length, then zeros up to the flags
    put(&[libc::AF_INET as u8, 32, 0, 0, 0, 0, 0, 0]);
    put(&flags.to_ne_bytes());
    // RTA_DST
    put(&((ATTRIBUTE_HEADER + 4) as u16).to_ne_bytes());
    put(&libc::RTA_DST.to_ne_bytes());
    put(&source.to_be_bytes());
    bytes
}

fn parse_route(payload: &[u8]) -> Option<RouteMessage> {
    let &[family, prefix_len, _, _, _, protocol, _, kind, ..] = payload.first_chunk::<ROUTE_HEADER>()?;
    if i32::from(family) != libc::AF_INET || prefix_len > 32 {
        return None;
    }
    let mut route = RouteMessage { kind, protocol, network: 0, prefix_len, next_hop: None };
    let mut if_index = None;
    let mut gateway = 0;
    for (kind, value) in Attributes::behind(payload, ROUTE_HEADER) {
        match kind {
            libc::RTA_DST => route.network = read_address(value)?.network(prefix_len),
            libc::RTA_OIF => if_index = Some(read_u32(value, 0)?),
            // RTA_VIA, an IPv6 gateway, is no address an MFE could name: 0.
            libc::RTA_GATEWAY => gateway = read_address(value)?,
            libc::RTA_MULTIPATH => route.next_hop = first_next_hop(value),
            _ => {}
        }
    }
    if let Some(if_index) = if_index.filter(|&index| index != 0) {
        route.next_hop = Some((if_index, gateway));
    }
    Some(route)
}

/// The first next hop that works, else the first.
fn first_next_hop(mut rest: &[u8]) -> Option<(u32, u32)> {
    let mut first = None;
    while let Some(length) = read_u16(rest, 0).map(usize::from) {
        let Some(hop) = rest.get(..length).filter(|_| length >= NEXT_HOP_HEADER) else {
            break;
        };
        let broken = hop[2] & (uapi::RTNH_F_DEAD | uapi::RTNH_F_LINKDOWN) != 0;
        let if_index = read_u32(hop, 4)?;
        let gateway = Attributes::behind(hop, NEXT_HOP_HEADER)
            .find(|&(kind, _)| kind == libc::RTA_GATEWAY)
            .and_then(|(_, value)| read_address(value))
            .unwrap_or(0);
        if !broken {
            return Some((if_index, gateway));
        }
        first = first.or(Some((if_index, gateway)));
        rest = rest.get(aligned(length)..).unwrap_or(&[]);
    }
    first
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
        let list = [dead.clone(), down, works.clone(), next_hop(0, 5, None)].concat();
        assert_eq!(first_next_hop(&list), Some((4, 0x0A00_0002)));
        assert_eq!(first_next_hop(&dead), Some((2, 0x0A00_0001)));
        assert_eq!(first_next_hop(&[]), None);
        assert_eq!(first_next_hop(&[0; 32]), None);
        for length in 0..list.len() {
            let cut = first_next_hop(&list[..length]);
            assert!(cut.is_none() || length >= 16, "{length}");
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
        assert_eq!(route.next_hop, Some((3, 0x0A00_0001)));
        for length in 0..bytes.len() {
            let cut = parse_route(&bytes[..length]);
            assert_eq!(cut.is_some(), length >= ROUTE_HEADER, "{length}");
        }
        bytes[1] = 33;
        assert!(parse_route(&bytes).is_none());
    }
}
