//! The entries of a kernel table, read by route netlink: those that were installed,
//! with their counters, and those for which packets wait (the unresolved ones).
//!
//! The kernel walks its list from the start for every datagram of a dump, so a dump
//! costs time by the square of the table's size. Entries that come or go meanwhile
//! may be missed or come twice.

use super::mroute::Counters;
use super::netlink::{
    ATTRIBUTE_HEADER, Attributes, MESSAGE_HEADER, Message, NetlinkSocket, Received, read_address, read_u16, read_u32,
    read_u64,
};
use super::routes::ROUTE_HEADER;
use super::sys::{self, SysError, SysResult};
use super::uapi;

/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;
/// Length of `struct rtnexthop`.
const NEXT_HOP_HEADER: usize = 8;
/// Room for the longest request.
const REQUEST: usize = MESSAGE_HEADER + LINK_HEADER + ATTRIBUTE_HEADER + 4;

/// One entry of the table; addresses in host byte order.
pub(crate) struct Entry<'a> {
    pub source: u32,
    pub group: u32,
    /// Packets wait for the entry; nothing else is known of it.
    pub unresolved: bool,
    /// It was made by another socket than the table's owner, and outlives the owner's.
    pub foreign: bool,
    /// The incoming interface; `None` where the parent is no VIF.
    pub iif: Option<u32>,
    pub counters: Counters,
    oifs: &'a [u8],
}

impl Entry<'_> {
    /// The outgoing interfaces.
    pub(crate) fn oifs(&self) -> impl Iterator<Item = u32> + '_ {
        let mut rest = self.oifs;
        std::iter::from_fn(move || {
            // struct rtnexthop: length, flags, TTL threshold, interface
            let length = usize::from(read_u16(rest, 0)?);
            let if_index = read_u32(rest, 4)?;
            rest = rest.get(length.max(NEXT_HOP_HEADER)..).unwrap_or(&[]);
            Some(if_index)
        })
    }
}

/// What is known of the table itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Table {
    /// How many entries packets wait for.
    pub unresolved: u32,
    /// Packets on a wrong interface are reported whole.
    pub reports_whole: bool,
}

/// Whether a dump goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// There is more to read, now.
    More,
    /// That was all.
    Done,
}

/// A socket to read one kernel table with.
pub(crate) struct MfcDump {
    netlink: NetlinkSocket,
    table: u32,
    sequence: u32,
}

impl MfcDump {
    /// For the table of this id, in this thread's network namespace.
    pub(crate) fn open(table: u32) -> SysResult<Self> {
        let netlink = NetlinkSocket::open_for_dumps()?;
        // Without it (before Linux 4.20) all tables are sent, and ours is picked out.
        let _ = sys::set_option(
            &netlink,
            libc::SOL_NETLINK,
            uapi::NETLINK_GET_STRICT_CHK,
            &1i32,
            "asking for one table alone",
        );
        Ok(Self { netlink, table, sequence: 0 })
    }

    /// Begins a dump of all entries; an earlier one is given up.
    pub(crate) fn start(&mut self) -> SysResult<()> {
        // struct rtmsg: nothing but the family
        let mut fixed = [0; ROUTE_HEADER];
        fixed[0] = uapi::RTNL_FAMILY_IPMR;
        self.request(libc::RTM_GETROUTE, &fixed, Some((libc::RTA_TABLE, self.table)))
    }

    /// Reads one datagram of the dump, without waiting.
    pub(crate) fn read(&mut self, each: &mut dyn FnMut(&Entry<'_>)) -> SysResult<Progress> {
        let table = self.table;
        self.next(libc::RTM_NEWROUTE, "reading the forwarding entries", &mut |payload| {
            if let Some(entry) = parse_entry(payload, table) {
                each(&entry);
            }
        })
    }

    /// What the kernel says of the table itself, and whether packets wait. Gives up a
    /// dump that was begun.
    pub(crate) fn table(&mut self) -> SysResult<Table> {
        let mut fixed = [0; LINK_HEADER];
        fixed[0] = uapi::RTNL_FAMILY_IPMR;
        self.request(libc::RTM_GETLINK, &fixed, None)?;
        let (id, mut found) = (self.table, Table::default());
        let doing = "reading the multicast routing table's state";
        while let Progress::More = self.next(libc::RTM_NEWLINK, doing, &mut |payload| {
            if let Some(table) = parse_table(payload, id) {
                found = table;
            }
        })? {}
        Ok(found)
    }

    fn request(&mut self, kind: u16, fixed: &[u8], attribute: Option<(u16, u32)>) -> SysResult<()> {
        // The kernel makes one dump at a time.
        while let Ok(Received::Messages(_) | Received::Truncated) = self.netlink.receive() {}
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = [0; REQUEST];
        let mut length = MESSAGE_HEADER;
        let mut put = |part: &[u8]| {
            bytes[length..length + part.len()].copy_from_slice(part);
            length += part.len();
        };
        put(fixed);
        if let Some((kind, value)) = attribute {
            put(&((ATTRIBUTE_HEADER + 4) as u16).to_ne_bytes());
            put(&kind.to_ne_bytes());
            put(&value.to_ne_bytes());
        }
        // struct nlmsghdr
        bytes[..4].copy_from_slice(&(length as u32).to_ne_bytes());
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&((libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16).to_ne_bytes());
        bytes[8..12].copy_from_slice(&self.sequence.to_ne_bytes());
        self.netlink.send(&bytes[..length])
    }

    fn next(&mut self, wanted: u16, doing: &'static str, each: &mut dyn FnMut(&[u8])) -> SysResult<Progress> {
        let sequence = self.sequence;
        let messages = match self.netlink.receive()? {
            Received::Messages(messages) => messages,
            Received::Truncated => return Err(SysError { errno: libc::EMSGSIZE, doing }),
            // Each read makes the kernel put the next part there: it cannot be late.
            Received::Nothing => return Err(SysError { errno: libc::EIO, doing }),
        };
        for Message { kind, sequence: of, payload } in messages {
            if of != sequence {
                continue;
            }
            match i32::from(kind) {
                libc::NLMSG_DONE => return Ok(Progress::Done),
                libc::NLMSG_ERROR => {
                    let errno = (read_u32(payload, 0).unwrap_or(0) as i32).wrapping_neg();
                    return Err(SysError { errno, doing });
                }
                _ if kind == wanted => each(payload),
                _ => {}
            }
        }
        Ok(Progress::More)
    }
}

fn parse_entry(payload: &[u8], table: u32) -> Option<Entry<'_>> {
    let &[family, destination, source, _, _, protocol, ..] = payload.first_chunk::<ROUTE_HEADER>()?;
    // (*,G) and (*,*) entries have a length 0.
    if family != uapi::RTNL_FAMILY_IPMR || destination != 32 || source != 32 {
        return None;
    }
    let flags = read_u32(payload, 8)?;
    let mut entry = Entry {
        source: 0,
        group: 0,
        unresolved: flags & uapi::RTNH_F_UNRESOLVED != 0,
        foreign: protocol == libc::RTPROT_STATIC,
        iif: None,
        counters: Counters::default(),
        oifs: &[],
    };
    let mut id = None;
    for (kind, value) in Attributes::behind(payload, ROUTE_HEADER) {
        match kind {
            libc::RTA_TABLE => id = read_u32(value, 0),
            libc::RTA_SRC => entry.source = read_address(value)?,
            libc::RTA_DST => entry.group = read_address(value)?,
            libc::RTA_IIF => entry.iif = read_u32(value, 0),
            libc::RTA_MULTIPATH => entry.oifs = value,
            libc::RTA_MFC_STATS => {
                entry.counters = Counters {
                    packets: read_u64(value, 0)?,
                    bytes: read_u64(value, 8)?,
                    wrong_interface: read_u64(value, 16)?,
                };
            }
            _ => {}
        }
    }
    (id == Some(table)).then_some(entry)
}

fn parse_table(payload: &[u8], id: u32) -> Option<Table> {
    if *payload.first()? != uapi::RTNL_FAMILY_IPMR {
        return None;
    }
    let (_, inside) = Attributes::behind(payload, LINK_HEADER).find(|&(kind, _)| kind == libc::IFLA_AF_SPEC)?;
    let (mut table, mut found) = (Table::default(), None);
    for (kind, value) in Attributes::behind(inside, 0) {
        match kind {
            uapi::IPMRA_TABLE_ID => found = read_u32(value, 0),
            uapi::IPMRA_TABLE_CACHE_RES_QUEUE_LEN => table.unresolved = read_u32(value, 0)?,
            uapi::IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE => table.reports_whole = *value.first()? != 0,
            _ => {}
        }
    }
    (found == Some(id)).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn entry(flags: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![128, 32, 32, 0, 253, 17, 0, 5];
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(attribute(libc::RTA_TABLE, &253u32.to_ne_bytes()));
        bytes.extend(attribute(libc::RTA_SRC, &[10, 0, 0, 2]));
        bytes.extend(attribute(libc::RTA_DST, &[239, 1, 1, 2]));
        bytes.extend(attributes.iter().flatten());
        bytes
    }

    fn next_hop(if_index: u32) -> Vec<u8> {
        let mut bytes = 8u16.to_ne_bytes().to_vec();
        bytes.extend([0, 1]);
        bytes.extend(if_index.to_ne_bytes());
        bytes
    }

    #[test]
    fn an_entry_is_read_with_its_interfaces_and_counters() {
        let counters: Vec<u8> = [2u64, 240, 1].iter().flat_map(|count| count.to_ne_bytes()).collect();
        let bytes = entry(
            0,
            &[
                attribute(libc::RTA_IIF, &3u32.to_ne_bytes()),
                attribute(libc::RTA_MULTIPATH, &[next_hop(5), next_hop(70_000)].concat()),
                attribute(libc::RTA_MFC_STATS, &counters),
            ],
        );
        let read = parse_entry(&bytes, 253).unwrap();
        assert_eq!((read.source, read.group), (0x0A00_0002, 0xEF01_0102));
        assert_eq!((read.unresolved, read.foreign, read.iif), (false, false, Some(3)));
        assert_eq!(read.oifs().collect::<Vec<_>>(), [5, 70_000]);
        assert_eq!((read.counters.packets, read.counters.bytes, read.counters.wrong_interface), (2, 240, 1));
        assert!(parse_entry(&bytes, 254).is_none());
        // Cut off anywhere.
        for length in 0..bytes.len() {
            if let Some(read) = parse_entry(&bytes[..length], 253) {
                assert!(read.oifs().count() <= 2);
            }
        }
    }

    #[test]
    fn unresolved_and_foreign_entries_are_told_apart() {
        let bytes = entry(uapi::RTNH_F_UNRESOLVED, &[]);
        let read = parse_entry(&bytes, 253).unwrap();
        assert!(read.unresolved && !read.foreign && read.iif.is_none() && read.oifs().next().is_none());
        let mut bytes = entry(0, &[]);
        bytes[5] = libc::RTPROT_STATIC;
        assert!(parse_entry(&bytes, 253).unwrap().foreign);
        // A (*,G) entry.
        bytes[2] = 0;
        assert!(parse_entry(&bytes, 253).is_none());
    }

    #[test]
    fn a_next_hop_without_length_ends() {
        let mut bytes = entry(0, &[attribute(libc::RTA_MULTIPATH, &[0; 64])]);
        assert_eq!(parse_entry(&bytes, 253).unwrap().oifs().count(), 8);
        bytes.truncate(bytes.len() - 61);
        assert!(parse_entry(&bytes, 253).is_some());
    }

    #[test]
    fn the_state_of_the_right_table_is_read() {
        let state = |id: u32, waiting: u32| {
            let inside = [
                attribute(uapi::IPMRA_TABLE_ID, &id.to_ne_bytes()),
                attribute(uapi::IPMRA_TABLE_CACHE_RES_QUEUE_LEN, &waiting.to_ne_bytes()),
                attribute(uapi::IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE, &[1]),
            ];
            let mut bytes = vec![128; 1];
            bytes.resize(LINK_HEADER, 0);
            bytes.extend(attribute(libc::IFLA_AF_SPEC, &inside.concat()));
            bytes
        };
        let expected = Table { unresolved: 7, reports_whole: true };
        assert_eq!(parse_table(&state(253, 7), 253), Some(expected));
        assert_eq!(parse_table(&state(100, 7), 253), None);
        let bytes = state(253, 7);
        for length in 0..bytes.len() {
            let _ = parse_table(&bytes[..length], 253);
        }
    }
}
