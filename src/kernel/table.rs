//! Reading the kernel's multicast routing table through netlink: one entry, all of
//! them, and the VIFs. Needs no privilege and not the table's ownership.

use super::netlink::{Attributes, Message, NetlinkSocket, Received, Request, error_number, read_address, read_u32};
use super::routes::ROUTE_HEADER;
use super::sys::{SysError, SysResult};
use super::uapi::{self, MAXVIFS};

/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;
/// Length of `struct rtnexthop`.
const NEXT_HOP_HEADER: usize = 8;

/// An entry of the kernel's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub source: u32,
    pub group: u32,
    /// The interface of the entry's parent VIF, 0 where that VIF does not exist.
    pub iif: u32,
    /// Interface and TTL threshold of each oif whose VIF exists.
    pub oifs: [(u32, u8); MAXVIFS],
    pub oif_count: usize,
    /// Somebody beside the table's owner made or changed it: it outlives the owner.
    pub is_static: bool,
}

impl Entry {
    /// The oifs.
    pub(crate) fn oifs(&self) -> &[(u32, u8)] {
        &self.oifs[..self.oif_count.min(MAXVIFS)]
    }
}

/// A socket for questions about one table.
pub(crate) struct TableSocket {
    netlink: NetlinkSocket,
    table: u32,
    sequence: u32,
}

impl TableSocket {
    /// For single entries, and a short table.
    pub(crate) fn open(table: u32) -> SysResult<Self> {
        Ok(Self::with(NetlinkSocket::open()?, table))
    }

    /// For reading long tables.
    pub(crate) fn open_for_dumps(table: u32) -> SysResult<Self> {
        Ok(Self::with(NetlinkSocket::open_for_dumps()?, table))
    }

    fn with(netlink: NetlinkSocket, table: u32) -> Self {
        netlink.filter_dumps();
        Self { netlink, table, sequence: 0 }
    }

    /// The table's id.
    pub(crate) fn id(&self) -> u32 {
        self.table
    }

    /// The entry for a flow, `None` where there is none.
    pub(crate) fn entry(&mut self, source: u32, group: u32) -> SysResult<Option<Entry>> {
        let doing = "reading a forwarding entry";
        self.sequence = self.sequence.wrapping_add(1);
        let mut request = Request::new(libc::RTM_GETROUTE, 0, self.sequence, &route_header(32))
            .attribute(libc::RTA_SRC, source.to_be_bytes())
            .attribute(libc::RTA_DST, group.to_be_bytes())
            .attribute(libc::RTA_TABLE, self.table.to_ne_bytes());
        self.netlink.send(request.finish())?;
        loop {
            let messages = messages(&mut self.netlink, doing)?;
            for message in messages.filter(|message| message.sequence == self.sequence) {
                if message.kind == libc::RTM_NEWROUTE {
                    return Ok(parse(&message).map(|(_, entry)| entry));
                }
                if i32::from(message.kind) == libc::NLMSG_ERROR {
                    let errno = error_number(&message);
                    return if errno == libc::ENOENT { Ok(None) } else { Err(SysError { errno, doing }) };
                }
            }
        }
    }

    /// Starts to read all entries, which takes time by the square of their number: the
    /// kernel walks its list from the start for every part. Entries that come or go
    /// meanwhile may be missed or come twice. [`Self::next`] follows until it says that it is over.
    pub(crate) fn start(&mut self) -> SysResult<()> {
        self.end_reading();
        self.sequence = self.sequence.wrapping_add(1);
        let mut request = Request::new(libc::RTM_GETROUTE, libc::NLM_F_DUMP, self.sequence, &route_header(0))
            .attribute(libc::RTA_TABLE, self.table.to_ne_bytes());
        self.netlink.send(request.finish())
    }

    /// An earlier reading that an error ended goes on until it is read, and the kernel
    /// refuses another one (EBUSY).
    fn end_reading(&mut self) {
        while let Ok(Received::Messages(_) | Received::Truncated) = self.netlink.receive() {}
    }

    /// Hands the next entries out; says whether there may be more.
    pub(crate) fn next(&mut self, mut each: impl FnMut(&Entry)) -> SysResult<bool> {
        self.next_with_unresolved(|entry, unresolved| {
            if !unresolved {
                each(entry);
            }
        })
    }

    /// The same, also for flows whose packets wait for an entry: with true.
    pub(crate) fn next_with_unresolved(&mut self, mut each: impl FnMut(&Entry, bool)) -> SysResult<bool> {
        let doing = "reading the multicast routing table";
        for message in messages(&mut self.netlink, doing)?.filter(|message| message.sequence == self.sequence) {
            match i32::from(message.kind) {
                libc::NLMSG_DONE => return Ok(false),
                libc::NLMSG_ERROR => {
                    let errno = error_number(&message);
                    // A table that nobody has made is an empty one.
                    return if errno == libc::ENOENT { Ok(false) } else { Err(SysError { errno, doing }) };
                }
                _ => {
                    if let Some((table, entry, unresolved)) = parse_any(&message)
                        && table == self.table
                    {
                        each(&entry, unresolved);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Reads to the end of what [`Self::start`] began.
    pub(crate) fn each(&mut self, mut each: impl FnMut(&Entry)) -> SysResult<()> {
        self.start()?;
        while self.next(&mut each)? {}
        Ok(())
    }

    /// The interface of each VIF, 0 where there is none.
    pub(crate) fn vifs(&mut self) -> SysResult<[u32; MAXVIFS]> {
        let doing = "reading the VIFs";
        self.end_reading();
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = [0; LINK_HEADER];
        header[0] = uapi::RTNL_FAMILY_IPMR;
        let mut request = Request::new(libc::RTM_GETLINK, libc::NLM_F_DUMP, self.sequence, &header);
        self.netlink.send(request.finish())?;
        let mut vifs = [0; MAXVIFS];
        loop {
            for message in messages(&mut self.netlink, doing)?.filter(|message| message.sequence == self.sequence) {
                match i32::from(message.kind) {
                    libc::NLMSG_DONE => return Ok(vifs),
                    libc::NLMSG_ERROR => return Err(SysError { errno: error_number(&message), doing }),
                    _ => parse_vifs(message.payload, self.table, &mut vifs),
                }
            }
        }
    }
}

fn messages<'a>(netlink: &'a mut NetlinkSocket, doing: &'static str) -> SysResult<super::netlink::Messages<'a>> {
    match netlink.receive()? {
        Received::Messages(messages) => Ok(messages),
        Received::Truncated => Err(SysError { errno: libc::EMSGSIZE, doing }),
        Received::Nothing => Err(SysError { errno: libc::EIO, doing }),
    }
}

/// `struct rtmsg` of a request, with the length of both addresses.
fn route_header(length: u8) -> [u8; ROUTE_HEADER] {
    [uapi::RTNL_FAMILY_IPMR, length, length, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// A message about an entry, and the entry's table. `None` for what is no entry: other
/// families, and packets that wait for one.
pub(crate) fn parse(message: &Message<'_>) -> Option<(u32, Entry)> {
    parse_any(message).filter(|&(_, _, unresolved)| !unresolved).map(|(table, entry, _)| (table, entry))
}

/// The same, and whether packets wait for it.
fn parse_any(message: &Message<'_>) -> Option<(u32, Entry, bool)> {
    let payload = message.payload;
    let &[family, _, _, _, table, protocol, ..] = payload.first_chunk::<ROUTE_HEADER>()?;
    if family != uapi::RTNL_FAMILY_IPMR {
        return None;
    }
    let unresolved = read_u32(payload, 8)? & uapi::RTNH_F_UNRESOLVED != 0;
    let mut table = u32::from(table);
    let mut entry = Entry {
        source: 0,
        group: 0,
        iif: 0,
        oifs: [(0, 0); MAXVIFS],
        oif_count: 0,
        is_static: protocol == uapi::RTPROT_STATIC,
    };
    for (kind, value) in Attributes::behind(payload, ROUTE_HEADER) {
        match kind {
            libc::RTA_TABLE => table = read_u32(value, 0)?,
            libc::RTA_SRC => entry.source = read_address(value)?,
            libc::RTA_DST => entry.group = read_address(value)?,
            libc::RTA_IIF => entry.iif = read_u32(value, 0)?,
            libc::RTA_MULTIPATH => read_oifs(value, &mut entry),
            _ => {}
        }
    }
    Some((table, entry, unresolved))
}

fn read_oifs(mut rest: &[u8], entry: &mut Entry) {
    while let (Some(&[low, high, _, ttl]), Some(if_index)) = (rest.first_chunk(), read_u32(rest, 4)) {
        let length = usize::from(u16::from_ne_bytes([low, high]));
        if let Some(place) = entry.oifs.get_mut(entry.oif_count) {
            *place = (if_index, ttl);
            entry.oif_count += 1;
        }
        rest = rest.get(super::netlink::aligned(length.max(NEXT_HOP_HEADER))..).unwrap_or(&[]);
    }
}

/// The VIFs in a link message of the multicast family, if it is this table's.
fn parse_vifs(payload: &[u8], table: u32, vifs: &mut [u32; MAXVIFS]) {
    let inner = |value| Attributes::behind(value, 0);
    let find = |value, wanted| inner(value).find(|&(kind, _)| kind == wanted).map(|(_, value)| value);
    let number = |value, wanted| find(value, wanted).and_then(|value| read_u32(value, 0));
    let family = payload.first() == Some(&uapi::RTNL_FAMILY_IPMR);
    let mut attributes = Attributes::behind(payload, LINK_HEADER);
    let Some((_, spec)) = attributes.find(|&(kind, _)| family && kind == libc::IFLA_AF_SPEC) else { return };
    if number(spec, uapi::IPMRA_TABLE_ID) != Some(table) {
        return;
    }
    let Some(list) = find(spec, uapi::IPMRA_TABLE_VIFS) else { return };
    for (_, vif) in inner(list).filter(|&(kind, _)| kind == uapi::IPMRA_VIF) {
        let (slot, if_index) = (number(vif, uapi::IPMRA_VIFA_VIF_ID), number(vif, uapi::IPMRA_VIFA_IFINDEX));
        if let (Some(slot), Some(if_index)) = (slot, if_index)
            && let Some(place) = vifs.get_mut(slot as usize)
        {
            *place = if_index;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = ((value.len() + 4) as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn entry_message(protocol: u8, flags: u32) -> Vec<u8> {
        let mut bytes = vec![128, 32, 32, 0, 253, protocol, 0, 5];
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(attribute(libc::RTA_TABLE, &1000u32.to_ne_bytes()));
        bytes.extend(attribute(libc::RTA_SRC, &[10, 0, 0, 2]));
        bytes.extend(attribute(libc::RTA_DST, &[239, 1, 1, 1]));
        bytes.extend(attribute(libc::RTA_IIF, &7u32.to_ne_bytes()));
        let mut hops = Vec::new();
        for index in 8..50u32 {
            hops.extend(8u16.to_ne_bytes());
            hops.extend([0, 1]);
            hops.extend(index.to_ne_bytes());
        }
        bytes.extend(attribute(libc::RTA_MULTIPATH, &hops));
        bytes
    }

    fn read(payload: &[u8]) -> Option<(u32, Entry)> {
        parse(&Message { kind: libc::RTM_NEWROUTE, sequence: 0, payload })
    }

    #[test]
    fn an_entry_has_its_table_interfaces_and_maker() {
        let (table, entry) = read(&entry_message(17, 0)).unwrap();
        assert_eq!((table, entry.source, entry.group, entry.iif), (1000, 0x0A00_0002, 0xEF01_0101, 7));
        assert!(!entry.is_static);
        // No more than there can be.
        assert_eq!(entry.oifs().len(), MAXVIFS);
        assert_eq!(entry.oifs()[0], (8, 1));
        assert!(read(&entry_message(4, 0)).unwrap().1.is_static);
        assert_eq!(read(&entry_message(17, uapi::RTNH_F_UNRESOLVED)), None);
    }

    #[test]
    fn entries_of_every_length_are_read_or_not() {
        let whole = entry_message(17, 0);
        for length in 0..whole.len() {
            let _ = read(&whole[..length]);
        }
        assert_eq!(read(&whole[..ROUTE_HEADER - 1]), None);
        // A next hop of length 0 would never come to an end.
        let mut entry = read(&whole).unwrap().1;
        read_oifs(&[0; 64], &mut entry);
    }

    #[test]
    fn vifs_are_those_of_the_table() {
        let vif = |slot: u32, index: u32| {
            let mut bytes = attribute(uapi::IPMRA_VIFA_IFINDEX, &index.to_ne_bytes());
            bytes.extend(attribute(uapi::IPMRA_VIFA_VIF_ID, &slot.to_ne_bytes()));
            attribute(uapi::IPMRA_VIF, &bytes)
        };
        let mut list = vif(0, 5);
        list.extend(vif(31, 6));
        list.extend(vif(32, 7));
        let mut table = attribute(uapi::IPMRA_TABLE_ID, &253u32.to_ne_bytes());
        table.extend(attribute(uapi::IPMRA_TABLE_VIFS, &list));
        let mut payload = vec![0; LINK_HEADER];
        payload[0] = 128;
        payload.extend(attribute(libc::IFLA_AF_SPEC, &table));
        let mut vifs = [0; MAXVIFS];
        parse_vifs(&payload, 100, &mut vifs);
        assert_eq!(vifs, [0; MAXVIFS]);
        parse_vifs(&payload, 253, &mut vifs);
        assert_eq!((vifs[0], vifs[31], vifs.iter().sum::<u32>()), (5, 6, 11));
        for length in 0..payload.len() {
            parse_vifs(&payload[..length], 253, &mut vifs);
        }
    }
}
