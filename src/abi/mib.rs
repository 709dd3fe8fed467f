//! The MIB structures in which multicast forwarding entries are read. On
//! Windows `iprtrmib.h` defines them; elsewhere our header does.
//!
//! In each, the outgoing interfaces follow the fixed part in one array, as many
//! as `ulNumOutIf` says; entries are packed one behind the other without
//! padding.

use super::base::{DWORD, ULONG};
use std::mem::offset_of;

/// One outgoing interface of a multicast forwarding entry.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MIB_IPMCAST_OIF {
    /// The interface index.
    pub dwOutIfIndex: DWORD,
    /// The next hop on point-to-multipoint links, else 0; network byte order.
    pub dwNextHopAddr: DWORD,
    /// 0.
    pub dwReserved: DWORD,
    /// 0.
    pub dwReserved1: DWORD,
}
/// See the structure.
pub type MIB_IPMCAST_OIF = _MIB_IPMCAST_OIF;
/// The address of one.
pub type PMIB_IPMCAST_OIF = *mut MIB_IPMCAST_OIF;

/// A multicast forwarding entry (MFE), without statistics. Addresses and masks are
/// in network byte order, times in seconds.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MIB_IPMCAST_MFE {
    /// The group.
    pub dwGroup: DWORD,
    /// The source.
    pub dwSource: DWORD,
    /// 0xFFFFFFFF: an entry is for one source.
    pub dwSrcMask: DWORD,
    /// The upstream neighbour towards the source; 0 where there is none.
    pub dwUpStrmNgbr: DWORD,
    /// The index of the interface on which packets must arrive; 0 for none.
    pub dwInIfIndex: DWORD,
    /// The protocol id that the owner of that interface registered; 0 without owner.
    pub dwInIfProtocol: DWORD,
    /// Who made the route towards the source (2 local, 3 static, 8 RIP, 9 IS-IS, 13
    /// OSPF, 14 BGP, 1 another); 0 without a route.
    pub dwRouteProtocol: DWORD,
    /// The network of that route.
    pub dwRouteNetwork: DWORD,
    /// The mask of that route.
    pub dwRouteMask: DWORD,
    /// The age of the entry in seconds, rounded down.
    pub ulUpTime: ULONG,
    /// Seconds until the entry ends or is renewed, rounded up.
    pub ulExpiryTime: ULONG,
    /// The lifetime in seconds that ulExpiryTime counts down from.
    pub ulTimeOut: ULONG,
    /// How many outgoing interfaces follow; 0 for an entry that forwards nothing.
    pub ulNumOutIf: ULONG,
    /// 0.
    pub fFlags: DWORD,
    /// 0.
    pub dwReserved: DWORD,
    /// The outgoing interfaces, ascending by index and next hop: ulNumOutIf of them.
    pub rgmioOutInfo: [MIB_IPMCAST_OIF; 1],
}
/// See the structure.
pub type MIB_IPMCAST_MFE = _MIB_IPMCAST_MFE;
/// The address of one.
pub type PMIB_IPMCAST_MFE = *mut MIB_IPMCAST_MFE;

/// One outgoing interface of an entry with its statistics. Counters are modulo 2^32.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MIB_IPMCAST_OIF_STATS {
    /// The interface index.
    pub dwOutIfIndex: DWORD,
    /// The next hop on point-to-multipoint links, else 0; network byte order.
    pub dwNextHopAddr: DWORD,
    /// 0.
    pub dwDialContext: DWORD,
    /// Packets of this entry kept in by this interface's TTL threshold. The memory
    /// forwarder counts them; with the Linux kernel, which does not, 0.
    pub ulTtlTooLow: ULONG,
    /// 0: no forwarder counts it.
    pub ulFragNeeded: ULONG,
    /// Packets of this entry sent out of this interface. The memory forwarder counts
    /// them; with the Linux kernel, which does not, 0.
    pub ulOutPackets: ULONG,
    /// 0: no forwarder counts it.
    pub ulOutDiscards: ULONG,
}
/// See the structure.
pub type MIB_IPMCAST_OIF_STATS = _MIB_IPMCAST_OIF_STATS;
/// The address of one.
pub type PMIB_IPMCAST_OIF_STATS = *mut MIB_IPMCAST_OIF_STATS;

/// A multicast forwarding entry with statistics (MGM_MFE_STATS_0). Addresses and
/// masks are in network byte order, times in hundredths of a second (at most
/// 0xFFFFFFFF), counters modulo 2^32. What the forwarder cannot know is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MIB_IPMCAST_MFE_STATS {
    /// The group.
    pub dwGroup: DWORD,
    /// The source.
    pub dwSource: DWORD,
    /// 0xFFFFFFFF: an entry is for one source.
    pub dwSrcMask: DWORD,
    /// The upstream neighbour towards the source; 0 where there is none.
    pub dwUpStrmNgbr: DWORD,
    /// The index of the interface on which packets must arrive; 0 for none.
    pub dwInIfIndex: DWORD,
    /// The protocol id that the owner of that interface registered; 0 without owner.
    pub dwInIfProtocol: DWORD,
    /// Who made the route towards the source: see MIB_IPMCAST_MFE.
    pub dwRouteProtocol: DWORD,
    /// The network of that route.
    pub dwRouteNetwork: DWORD,
    /// The mask of that route.
    pub dwRouteMask: DWORD,
    /// The age of the entry in hundredths of a second, rounded down.
    pub ulUpTime: ULONG,
    /// Hundredths of a second until the entry ends or is renewed, rounded up and at
    /// least 1: 0 would mean that the entry does not age, and every entry does.
    pub ulExpiryTime: ULONG,
    /// How many outgoing interfaces follow; 0 for an entry that forwards nothing.
    pub ulNumOutIf: ULONG,
    /// Packets that matched the entry, those from a wrong interface included.
    pub ulInPkts: ULONG,
    /// Their bytes, IP headers included.
    pub ulInOctets: ULONG,
    /// Packets that arrived on another interface than the entry's, and were dropped.
    pub ulPktsDifferentIf: ULONG,
    /// Packets dropped because the queue of a not yet resolved entry was full.
    pub ulQueueOverflow: ULONG,
    /// The outgoing interfaces, ascending by index and next hop: ulNumOutIf of them.
    pub rgmiosOutStats: [MIB_IPMCAST_OIF_STATS; 1],
}
/// See the structure.
pub type MIB_IPMCAST_MFE_STATS = _MIB_IPMCAST_MFE_STATS;
/// The address of one.
pub type PMIB_IPMCAST_MFE_STATS = *mut MIB_IPMCAST_MFE_STATS;

/// A multicast forwarding entry with more statistics (MGM_MFE_STATS_1). Addresses and
/// masks are in network byte order, times in hundredths of a second (at most
/// 0xFFFFFFFF), counters modulo 2^32. What the forwarder cannot know is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MIB_IPMCAST_MFE_STATS_EX {
    /// The group.
    pub dwGroup: DWORD,
    /// The source.
    pub dwSource: DWORD,
    /// 0xFFFFFFFF: an entry is for one source.
    pub dwSrcMask: DWORD,
    /// The upstream neighbour towards the source; 0 where there is none.
    pub dwUpStrmNgbr: DWORD,
    /// The index of the interface on which packets must arrive; 0 for none.
    pub dwInIfIndex: DWORD,
    /// The protocol id that the owner of that interface registered; 0 without owner.
    pub dwInIfProtocol: DWORD,
    /// Who made the route towards the source: see MIB_IPMCAST_MFE.
    pub dwRouteProtocol: DWORD,
    /// The network of that route.
    pub dwRouteNetwork: DWORD,
    /// The mask of that route.
    pub dwRouteMask: DWORD,
    /// The age of the entry in hundredths of a second, rounded down.
    pub ulUpTime: ULONG,
    /// Hundredths of a second until the entry ends or is renewed, rounded up and at
    /// least 1: 0 would mean that the entry does not age, and every entry does.
    pub ulExpiryTime: ULONG,
    /// How many outgoing interfaces follow; 0 for an entry that forwards nothing.
    pub ulNumOutIf: ULONG,
    /// Packets that matched the entry, those from a wrong interface included.
    pub ulInPkts: ULONG,
    /// Their bytes, IP headers included.
    pub ulInOctets: ULONG,
    /// Packets that arrived on another interface than the entry's, and were dropped.
    pub ulPktsDifferentIf: ULONG,
    /// Packets dropped because the queue of a not yet resolved entry was full.
    pub ulQueueOverflow: ULONG,
    /// 0: no forwarder counts packets of entries not yet made.
    pub ulUninitMfe: ULONG,
    /// 0: no forwarder counts packets of an empty entry apart from ulInPkts.
    pub ulNegativeMfe: ULONG,
    /// 0: no forwarder counts it per entry.
    pub ulInDiscards: ULONG,
    /// 0: packets with bad headers match no entry.
    pub ulInHdrErrors: ULONG,
    /// The sum of ulOutPackets over the outgoing interfaces.
    pub ulTotalOutPackets: ULONG,
    /// The outgoing interfaces, ascending by index and next hop: ulNumOutIf of them.
    pub rgmiosOutStats: [MIB_IPMCAST_OIF_STATS; 1],
}
/// See the structure.
pub type MIB_IPMCAST_MFE_STATS_EX = _MIB_IPMCAST_MFE_STATS_EX;
/// The address of one.
pub type PMIB_IPMCAST_MFE_STATS_EX = *mut MIB_IPMCAST_MFE_STATS_EX;

// All members have 4 bytes, so with these sizes and offsets no structure has padding.
const _: () = {
    assert!(size_of::<MIB_IPMCAST_OIF>() == 16);
    assert!(offset_of!(MIB_IPMCAST_OIF, dwReserved1) == 12);
    assert!(size_of::<MIB_IPMCAST_MFE>() == 60 + 16);
    assert!(offset_of!(MIB_IPMCAST_MFE, dwSource) == 4);
    assert!(offset_of!(MIB_IPMCAST_MFE, dwUpStrmNgbr) == 12);
    assert!(offset_of!(MIB_IPMCAST_MFE, ulUpTime) == 36);
    assert!(offset_of!(MIB_IPMCAST_MFE, ulNumOutIf) == 48);
    assert!(offset_of!(MIB_IPMCAST_MFE, rgmioOutInfo) == 60);
    assert!(size_of::<MIB_IPMCAST_OIF_STATS>() == 28);
    assert!(offset_of!(MIB_IPMCAST_OIF_STATS, ulOutPackets) == 20);
    assert!(size_of::<MIB_IPMCAST_MFE_STATS>() == 64 + 28);
    assert!(offset_of!(MIB_IPMCAST_MFE_STATS, ulNumOutIf) == 44);
    assert!(offset_of!(MIB_IPMCAST_MFE_STATS, rgmiosOutStats) == 64);
    assert!(size_of::<MIB_IPMCAST_MFE_STATS_EX>() == 84 + 28);
    assert!(offset_of!(MIB_IPMCAST_MFE_STATS_EX, ulUninitMfe) == 64);
    assert!(offset_of!(MIB_IPMCAST_MFE_STATS_EX, rgmiosOutStats) == 84);
};
