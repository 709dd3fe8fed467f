//! What route netlink tells of multicast tables, links, entries, rules and sources.

use crate::kernel::netlink::{Attributes, NetlinkSocket, Received, Request, aligned, read_u16, read_u32};
use crate::kernel::sys::{SysError, SysResult};
use crate::kernel::uapi::MAXVIFS;

/// The family of multicast tables, their rules and entries (RTNL_FAMILY_IPMR).
const FAMILY: u8 = 128;

// Attributes of a table in RTM_NEWLINK.
const IFLA_AF_SPEC: u16 = 26;
const IPMRA_TABLE_ID: u16 = 1;
const IPMRA_TABLE_CACHE_RES_QUEUE_LEN: u16 = 2;
const IPMRA_TABLE_MROUTE_DO_PIM: u16 = 5;
const IPMRA_TABLE_VIFS: u16 = 6;
const IPMRA_VIF: u16 = 1;
const IPMRA_VIFA_IFINDEX: u16 = 1;
const IPMRA_VIFA_VIF_ID: u16 = 2;
const IPMRA_VIFA_PACKETS_OUT: u16 = 7;

// Attributes of a link.
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_INFO_SLAVE_KIND: u16 = 4;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const IFLA_BR_MCAST_QUERIER: u16 = 25;
const IFLA_BR_MULTI_BOOLOPT: u16 = 46;
const MCAST_VLAN_SNOOPING: u32 = 1 << 1;
const IFLA_BR_MCAST_QUERIER_STATE: u16 = 47;
const BRIDGE_QUERIER_IP_ADDRESS: u16 = 1;
const IFF_UP: u32 = 1;
const IFF_LOWER_UP: u32 = 1 << 16;

// Attributes of entries and routes.
const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_IIF: u16 = 3;
const RTA_MULTIPATH: u16 = 9;
const RTA_TABLE: u16 = 15;
const RTA_MFC_STATS: u16 = 17;

// Rules.
const FRA_PRIORITY: u16 = 6;
const FRA_TABLE: u16 = 15;
const FRA_PROTOCOL: u16 = 21;
/// Of `fra_...`: neither narrows what a rule matches.
const HARMLESS: [u16; 5] = [FRA_PRIORITY, FRA_TABLE, FRA_PROTOCOL, FRA_SUPPRESS_PREFIXLEN, FRA_SUPPRESS_IFGROUP];
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FR_ACT_TO_TBL: u8 = 1;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWROUTE: u16 = 24;
const RTM_GETROUTE: u16 = 26;
const RTM_NEWRULE: u16 = 32;
const RTM_GETRULE: u16 = 34;

/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;
/// Length of `struct rtmsg` and `struct fib_rule_hdr`.
const ROUTE_HEADER: usize = 12;
/// Length of `struct rtnexthop`.
const NEXT_HOP_HEADER: usize = 8;

/// One VIF: its interface, and the packets sent out of it for all entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Vif {
    /// 0 where there is none.
    pub if_index: u32,
    pub packets_out: u64,
}

/// A kernel table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Whether there is one with this id.
    pub exists: bool,
    /// How many tables there are in all.
    pub tables: u32,
    /// The flows whose packets wait for an entry.
    pub unresolved: u32,
    /// Packets on wrong interfaces are reported on every VIF.
    pub reports_wrong_interfaces: bool,
    vifs: [Vif; MAXVIFS],
}

impl Table {
    /// The VIFs that there are.
    pub(super) fn vifs(&self) -> impl Iterator<Item = Vif> + '_ {
        self.vifs.iter().copied().filter(|vif| vif.if_index != 0)
    }

    /// The VIF of an interface.
    pub(super) fn vif(&self, if_index: u32) -> Option<Vif> {
        self.vifs().find(|vif| vif.if_index == if_index)
    }
}

/// What IGMP snooping of a bridge rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bridge {
    pub snooping: bool,
    /// Somebody sends IGMP queries: the bridge or another.
    pub querier: bool,
}

/// A link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// NUL-padded.
    name: [u8; 16],
    pub up: bool,
    pub carrier: bool,
    pub mtu: u32,
    /// The device that takes all packets of this one (a bridge, a bond), else 0.
    pub swallowed_by: u32,
    pub bridge: Option<Bridge>,
}

impl Link {
    /// Its name's bytes.
    pub(super) fn name(&self) -> &[u8] {
        let end = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        &self.name[..end]
    }
}

/// A forwarding entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// The incoming interface; 0 where its VIF does not exist.
    pub iif: u32,
    /// Interface and TTL threshold.
    oifs: [(u32, u8); MAXVIFS],
    pub packets: u64,
    pub wrong_interface: u64,
}

impl Entry {
    /// The outgoing interfaces.
    pub(super) fn oifs(&self) -> impl Iterator<Item = u32> + '_ {
        self.oifs.iter().map(|&(oif, _)| oif).filter(|&oif| oif != 0)
    }

    /// Packets leave an outgoing interface if their TTL is greater.
    pub(super) fn threshold(&self, oif: u32) -> u8 {
        self.oifs.iter().find(|&&(other, _)| other == oif).map_or(0, |&(_, ttl)| ttl)
    }

    /// Packets that came in the right way.
    pub(super) fn good(&self) -> u64 {
        self.packets.wrapping_sub(self.wrong_interface)
    }
}

/// Which table packets are led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rules {
    /// Some are led to the table.
    Lead,
    /// No rule names the table.
    None,
    /// A rule that matches everything leads to this other table before.
    Shadowed(u32),
    /// The kernel has one table and no rules.
    OneTable,
}

/// Whether the kernel takes packets of a source on an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Taken,
    Refused,
}

/// A socket for questions.
pub(super) struct Facts {
    netlink: NetlinkSocket,
    sequence: u32,
}

impl Facts {
    pub(super) fn new(netlink: NetlinkSocket) -> Self {
        Self { netlink, sequence: 0 }
    }

    /// A multicast table; `None` where the kernel does not tell (before Linux 4.14).
    pub(super) fn table(&mut self, id: u32) -> Option<Table> {
        let mut header = [0; LINK_HEADER];
        header[0] = FAMILY;
        let request = self.request(RTM_GETLINK, libc::NLM_F_DUMP, &header);
        let mut table = Table::default();
        let mut told = false;
        self.ask(request, &mut |kind, payload| {
            // A kernel that does not know the family tells of all links.
            if kind == RTM_NEWLINK && payload.first() == Some(&FAMILY) {
                told = true;
                add_table(&mut table, id, payload);
            }
        })
        .ok()?;
        // Without any table there is no answer.
        told.then_some(table)
    }

    /// A link, if there is one with this index.
    pub(super) fn link(&mut self, if_index: u32) -> Option<Link> {
        let mut header = [0; LINK_HEADER];
        header[4..8].copy_from_slice(&if_index.to_ne_bytes());
        let request = self.request(RTM_GETLINK, 0, &header);
        let mut link = None;
        self.ask(request, &mut |kind, payload| {
            if kind == RTM_NEWLINK {
                link = parse_link(payload);
            }
        })
        .ok()?;
        link
    }

    /// The entry of a flow in a table.
    pub(super) fn entry(&mut self, table: u32, source: u32, group: u32) -> Option<Entry> {
        let request = self
            .request(RTM_GETROUTE, 0, &route_header([FAMILY, 32, 32]))
            .attribute(RTA_SRC, source.to_be_bytes())
            .attribute(RTA_DST, group.to_be_bytes())
            .attribute(RTA_TABLE, table.to_ne_bytes());
        let mut entry = None;
        self.ask(request, &mut |kind, payload| {
            if kind == RTM_NEWROUTE && payload.first() == Some(&FAMILY) {
                entry = Some(parse_entry(payload));
            }
        })
        .ok()?;
        entry
    }

    /// Which table packets are led to; `None` where that cannot be asked.
    pub(super) fn rules(&mut self, table: u32) -> Option<Rules> {
        let request = self.request(RTM_GETRULE, libc::NLM_F_DUMP, &route_header([FAMILY, 0, 0]));
        // The first rule that leads everything to another table, and whether one leads here.
        let (mut shadow, mut leads) = (None, None);
        let asked = self.ask(request, &mut |kind, payload| {
            if kind == RTM_NEWRULE
                && payload.first() == Some(&FAMILY)
                && let Some((to, everything)) = parse_rule(payload)
            {
                match (to == table, everything) {
                    (true, _) => leads = leads.or(Some(shadow)),
                    (false, true) => shadow = shadow.or(Some(to)),
                    (false, false) => {}
                }
            }
        });
        match asked {
            Ok(()) => Some(match leads {
                Some(None) => Rules::Lead,
                Some(Some(other)) => Rules::Shadowed(other),
                None => Rules::None,
            }),
            Err(SysError { errno: libc::EAFNOSUPPORT | libc::EOPNOTSUPP, .. }) => Some(Rules::OneTable),
            Err(_) => None,
        }
    }

    /// Asks the kernel to judge a source as it would judge that of a multicast packet
    /// that comes in on an interface. Of a broadcast, to which the same check applies: a
    /// question for the group would have the kernel make an entry. The answer does not
    /// know of packet marks.
    pub(super) fn verdict(&mut self, source: u32, if_index: u32) -> Option<Verdict> {
        let request = self
            .request(RTM_GETROUTE, 0, &route_header([libc::AF_INET as u8, 32, 32]))
            .attribute(RTA_DST, [255; 4])
            .attribute(RTA_SRC, source.to_be_bytes())
            .attribute(RTA_IIF, if_index.to_ne_bytes());
        let mut taken = false;
        match self.ask(request, &mut |kind, _| taken |= kind == RTM_NEWROUTE) {
            Ok(()) => taken.then_some(Verdict::Taken),
            Err(SysError { errno: libc::EINVAL | libc::EXDEV, .. }) => Some(Verdict::Refused),
            Err(_) => None,
        }
    }

    /// Whether an address is one of this host's.
    pub(super) fn is_local(&mut self, address: u32) -> bool {
        let request = self
            .request(RTM_GETROUTE, 0, &route_header([libc::AF_INET as u8, 32, 0]))
            .attribute(RTA_DST, address.to_be_bytes());
        let mut local = false;
        let asked = self.ask(request, &mut |kind, payload| {
            // rtm_type
            local |= kind == RTM_NEWROUTE && payload.get(7) == Some(&libc::RTN_LOCAL);
        });
        asked.is_ok() && local
    }

    fn request(&mut self, kind: u16, flags: i32, header: &[u8]) -> Request {
        self.sequence = self.sequence.wrapping_add(1);
        Request::new(kind, flags, self.sequence, header)
    }

    /// Sends a request and calls `each` with the kind and payload of every answer.
    fn ask(&mut self, mut request: Request, each: &mut dyn FnMut(u16, &[u8])) -> SysResult<()> {
        let doing = "asking the kernel";
        let dump = request.is_dump();
        self.netlink.send(request.finish())?;
        loop {
            let messages = match self.netlink.receive()? {
                Received::Messages(messages) => messages,
                Received::Truncated => return Err(SysError { errno: libc::EMSGSIZE, doing }),
                Received::Nothing => return Err(SysError { errno: libc::EIO, doing }),
            };
            for message in messages.filter(|message| message.sequence == self.sequence) {
                match message.kind {
                    NLMSG_ERROR | NLMSG_DONE => {
                        let error = read_u32(message.payload, 0).unwrap_or(0) as i32;
                        return if error < 0 { Err(SysError { errno: -error, doing }) } else { Ok(()) };
                    }
                    kind => each(kind, message.payload),
                }
                if !dump {
                    return Ok(());
                }
            }
        }
    }
}

/// `struct rtmsg` with family, destination length and source length.
fn route_header(start: [u8; 3]) -> [u8; ROUTE_HEADER] {
    let mut header = [0; ROUTE_HEADER];
    header[..3].copy_from_slice(&start);
    header
}

/// Adds what one message says: a table with many VIFs comes in several.
fn add_table(table: &mut Table, id: u32, payload: &[u8]) {
    let Some((_, spec)) = Attributes::behind(payload, LINK_HEADER).find(|&(kind, _)| kind == IFLA_AF_SPEC) else {
        return;
    };
    let attribute = |wanted| Attributes::behind(spec, 0).find(|&(kind, _)| kind == wanted).map(|(_, value)| value);
    let told = attribute(IPMRA_TABLE_ID).and_then(|value| read_u32(value, 0));
    let vifs = attribute(IPMRA_TABLE_VIFS).unwrap_or(&[]);
    if told != Some(id) {
        table.tables += u32::from(told.is_some());
        return;
    }
    table.tables += u32::from(!table.exists);
    table.exists = true;
    table.unresolved = attribute(IPMRA_TABLE_CACHE_RES_QUEUE_LEN).and_then(|value| read_u32(value, 0)).unwrap_or(0);
    table.reports_wrong_interfaces =
        attribute(IPMRA_TABLE_MROUTE_DO_PIM).is_some_and(|value| value.first().is_some_and(|&on| on != 0));
    for (_, vif) in Attributes::behind(vifs, 0).filter(|&(kind, _)| kind == IPMRA_VIF) {
        let mut read = Vif::default();
        let mut id = None;
        for (kind, value) in Attributes::behind(vif, 0) {
            match kind {
                IPMRA_VIFA_IFINDEX => read.if_index = read_u32(value, 0).unwrap_or(0),
                IPMRA_VIFA_VIF_ID => id = read_u32(value, 0),
                IPMRA_VIFA_PACKETS_OUT => read.packets_out = read_u64(value, 0).unwrap_or(0),
                _ => {}
            }
        }
        if let Some(place) = id.and_then(|id| table.vifs.get_mut(id as usize)) {
            *place = read;
        }
    }
}

fn parse_link(payload: &[u8]) -> Option<Link> {
    let flags = read_u32(payload, 8)?;
    let mut link = Link {
        name: [0; 16],
        up: flags & IFF_UP != 0,
        carrier: flags & IFF_LOWER_UP != 0,
        mtu: 0,
        swallowed_by: 0,
        bridge: None,
    };
    let (mut master, mut slave_kind, mut kind, mut data) = (0, None, None, None);
    for (name, value) in Attributes::behind(payload, LINK_HEADER) {
        match name {
            IFLA_IFNAME => {
                let length = value.len().min(link.name.len() - 1);
                link.name[..length].copy_from_slice(&value[..length]);
            }
            IFLA_MTU => link.mtu = read_u32(value, 0).unwrap_or(0),
            IFLA_MASTER => master = read_u32(value, 0).unwrap_or(0),
            IFLA_LINKINFO => {
                for (name, value) in Attributes::behind(value, 0) {
                    match name {
                        IFLA_INFO_KIND => kind = Some(value),
                        IFLA_INFO_DATA => data = Some(value),
                        IFLA_INFO_SLAVE_KIND => slave_kind = Some(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    // A VRF only chooses the table of its members' packets.
    let is_vrf = slave_kind.is_some_and(|kind| kind.starts_with(b"vrf"));
    link.swallowed_by = if is_vrf { 0 } else { master };
    if kind.is_some_and(|kind| kind.starts_with(b"bridge")) {
        link.bridge = data.and_then(parse_bridge);
    }
    Some(link)
}

fn parse_bridge(data: &[u8]) -> Option<Bridge> {
    let mut bridge = Bridge { snooping: false, querier: false };
    let mut tells_queriers = false;
    for (name, value) in Attributes::behind(data, 0) {
        let on = value.first().is_some_and(|&on| on != 0);
        match name {
            IFLA_BR_MCAST_SNOOPING => bridge.snooping = on,
            IFLA_BR_MCAST_QUERIER => bridge.querier |= on,
            // Left out where there is none.
            IFLA_BR_MCAST_QUERIER_STATE => {
                bridge.querier |= Attributes::behind(value, 0).any(|(name, _)| name == BRIDGE_QUERIER_IP_ADDRESS);
            }
            // The mask of the options that the kernel knows stands behind their values.
            IFLA_BR_MULTI_BOOLOPT => {
                tells_queriers = read_u32(value, 4).is_some_and(|known| known & MCAST_VLAN_SNOOPING != 0);
            }
            _ => {}
        }
    }
    // Kernels before 5.15, where that option came too, do not say whether another sends queries.
    (tells_queriers || bridge.querier || !bridge.snooping).then_some(bridge)
}

fn parse_entry(payload: &[u8]) -> Entry {
    let mut entry = Entry { iif: 0, oifs: [(0, 0); MAXVIFS], packets: 0, wrong_interface: 0 };
    for (kind, value) in Attributes::behind(payload, ROUTE_HEADER) {
        match kind {
            RTA_IIF => entry.iif = read_u32(value, 0).unwrap_or(0),
            RTA_MULTIPATH => read_oifs(value, &mut entry.oifs),
            RTA_MFC_STATS => {
                entry.packets = read_u64(value, 0).unwrap_or(0);
                entry.wrong_interface = read_u64(value, 16).unwrap_or(0);
            }
            _ => {}
        }
    }
    entry
}

fn read_oifs(mut rest: &[u8], oifs: &mut [(u32, u8); MAXVIFS]) {
    for place in oifs {
        let Some(length) = read_u16(rest, 0).map(usize::from).filter(|&length| length >= NEXT_HOP_HEADER) else {
            return;
        };
        // rtnh_hops has the threshold.
        *place = (read_u32(rest, 4).unwrap_or(0), rest.get(3).copied().unwrap_or(0));
        rest = rest.get(aligned(length)..).unwrap_or(&[]);
    }
}

/// The table that a rule leads to, and whether it does so with every packet.
fn parse_rule(payload: &[u8]) -> Option<(u32, bool)> {
    let header = payload.first_chunk::<ROUTE_HEADER>()?;
    let &[_, to_len, from_len, tos, short_table, _, _, action, ..] = header;
    if action != FR_ACT_TO_TBL {
        return None;
    }
    let mut table = u32::from(short_table);
    let mut everything = (to_len, from_len, tos) == (0, 0, 0);
    for (kind, value) in Attributes::behind(payload, ROUTE_HEADER) {
        if kind == FRA_TABLE {
            table = read_u32(value, 0)?;
        }
        everything &= HARMLESS.contains(&kind);
    }
    Some((table, everything))
}

fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::netlink::ATTRIBUTE_HEADER;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = ((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    fn number(kind: u16, value: u32) -> Vec<u8> {
        attribute(kind, &value.to_ne_bytes())
    }

    fn table(id: u32, vifs: &[(u32, u32, u64)]) -> Vec<u8> {
        let vif = |&(vif, if_index, out): &(u32, u32, u64)| {
            let parts = [
                number(IPMRA_VIFA_IFINDEX, if_index),
                number(IPMRA_VIFA_VIF_ID, vif),
                attribute(IPMRA_VIFA_PACKETS_OUT, &out.to_ne_bytes()),
            ];
            attribute(IPMRA_VIF, &parts.concat())
        };
        let spec = [
            number(IPMRA_TABLE_ID, id),
            number(IPMRA_TABLE_CACHE_RES_QUEUE_LEN, 3),
            attribute(IPMRA_TABLE_MROUTE_DO_PIM, &[1]),
            attribute(IPMRA_TABLE_VIFS, &vifs.iter().map(vif).collect::<Vec<_>>().concat()),
        ];
        let mut payload = vec![FAMILY];
        payload.resize(LINK_HEADER, 0);
        payload.extend(attribute(IFLA_AF_SPEC, &spec.concat()));
        payload
    }

    #[test]
    fn a_table_is_put_together_from_its_messages() {
        let mut found = Table::default();
        add_table(&mut found, 100, &table(253, &[(0, 9, 9)]));
        add_table(&mut found, 100, &table(100, &[(0, 2, 5), (31, 7, 6)]));
        add_table(&mut found, 100, &table(100, &[(32, 8, 1), (1, 3, 0)]));
        assert!(found.exists && found.reports_wrong_interfaces);
        assert_eq!((found.tables, found.unresolved), (2, 3));
        let vifs: Vec<_> = found.vifs().map(|vif| (vif.if_index, vif.packets_out)).collect();
        assert_eq!(vifs, [(2, 5), (3, 0), (7, 6)]);
        let whole = table(100, &[(0, 2, 5), (31, 7, 6)]);
        for length in 0..whole.len() {
            let mut cut = Table::default();
            add_table(&mut cut, 100, &whole[..length]);
            assert!(cut.vifs().count() <= 2);
        }
    }

    fn link(master: u32, slave: &[u8], kind: &[u8], data: &[Vec<u8>]) -> Vec<u8> {
        let info = [
            attribute(IFLA_INFO_KIND, kind),
            attribute(IFLA_INFO_DATA, &data.concat()),
            attribute(IFLA_INFO_SLAVE_KIND, slave),
        ];
        let mut payload = vec![0; LINK_HEADER];
        payload[8..12].copy_from_slice(&(IFF_UP | IFF_LOWER_UP).to_ne_bytes());
        payload.extend(attribute(IFLA_IFNAME, b"br0\0"));
        payload.extend(number(IFLA_MTU, 1500));
        payload.extend(number(IFLA_MASTER, master));
        payload.extend(attribute(IFLA_LINKINFO, &info.concat()));
        payload
    }

    #[test]
    fn links_say_what_they_are() {
        let on = |kind| attribute(kind, &[1]);
        let new = || attribute(IFLA_BR_MULTI_BOOLOPT, &[0u32, 0x1F].map(u32::to_ne_bytes).concat());
        let state = |parts: &[Vec<u8>]| attribute(IFLA_BR_MCAST_QUERIER_STATE, &parts.concat());
        let bridge = |data: &[Vec<u8>]| parse_link(&link(0, b"", b"bridge\0", data)).unwrap().bridge;
        let quiet = Some(Bridge { snooping: true, querier: false });
        let asked = Some(Bridge { snooping: true, querier: true });
        assert_eq!(bridge(&[on(IFLA_BR_MCAST_SNOOPING), new()]), quiet);
        assert_eq!(bridge(&[on(IFLA_BR_MCAST_SNOOPING), new(), state(&[])]), quiet);
        assert_eq!(bridge(&[on(IFLA_BR_MCAST_SNOOPING), state(&[number(BRIDGE_QUERIER_IP_ADDRESS, 1)])]), asked);
        // Only IPv6 queries.
        assert_eq!(bridge(&[on(IFLA_BR_MCAST_SNOOPING), state(&[number(5, 1)]), new()]), quiet);
        assert_eq!(bridge(&[on(IFLA_BR_MCAST_SNOOPING), on(IFLA_BR_MCAST_QUERIER)]), asked);
        assert_eq!(bridge(&[on(IFLA_BR_MCAST_SNOOPING)]), None);
        let port = parse_link(&link(7, b"bridge\0", b"veth\0", &[])).unwrap();
        assert_eq!((port.name(), port.swallowed_by, port.bridge), (&b"br0"[..], 7, None));
        assert!(port.up && port.carrier && port.mtu == 1500);
        assert_eq!(parse_link(&link(7, b"vrf\0", b"veth\0", &[])).unwrap().swallowed_by, 0);
        let whole = link(7, b"bridge\0", b"bridge\0", &[on(IFLA_BR_MCAST_SNOOPING), state(&[])]);
        for length in 0..whole.len() {
            assert_eq!(parse_link(&whole[..length]).is_some(), length >= 12, "{length}");
        }
    }

    #[test]
    fn entries_have_their_interfaces_and_counters() {
        let hop = |if_index: u32| [&8u16.to_ne_bytes()[..], &[0, 1], &if_index.to_ne_bytes()].concat();
        let stats = [7u64, 700, 2].map(u64::to_ne_bytes).concat();
        let mut payload = vec![FAMILY; ROUTE_HEADER];
        payload.extend(number(RTA_IIF, 4));
        payload.extend(attribute(RTA_MULTIPATH, &[hop(5), hop(6)].concat()));
        payload.extend(attribute(RTA_MFC_STATS, &stats));
        let entry = parse_entry(&payload);
        assert_eq!((entry.iif, entry.packets, entry.good()), (4, 7, 5));
        assert_eq!(entry.oifs().collect::<Vec<_>>(), [5, 6]);
        assert_eq!([5, 6, 7].map(|oif| entry.threshold(oif)), [1, 1, 0]);
        for length in 0..payload.len() {
            assert!(parse_entry(&payload[..length]).oifs().count() <= 2);
        }
        let zero = attribute(RTA_MULTIPATH, &[0; 64]);
        assert_eq!(parse_entry(&[&payload[..ROUTE_HEADER], &zero].concat()).oifs().count(), 0);
    }

    #[test]
    fn rules_lead_everything_or_some() {
        let rule = |table: u8, action: u8, attributes: &[Vec<u8>]| {
            let mut payload = vec![FAMILY, 0, 0, 0, table, 0, 0, action, 0, 0, 0, 0];
            payload.extend(attributes.concat());
            payload
        };
        let (to, priority) = (number(FRA_TABLE, 1000), number(FRA_PRIORITY, 5));
        let iif = attribute(3, b"eth0\0");
        assert_eq!(parse_rule(&rule(253, FR_ACT_TO_TBL, &[])), Some((253, true)));
        assert_eq!(parse_rule(&rule(252, FR_ACT_TO_TBL, &[to.clone(), priority])), Some((1000, true)));
        assert_eq!(parse_rule(&rule(252, FR_ACT_TO_TBL, &[iif, to])), Some((1000, false)));
        assert_eq!(parse_rule(&rule(253, 6, &[])), None);
        assert_eq!(parse_rule(&[FAMILY; 4]), None);
    }
}
