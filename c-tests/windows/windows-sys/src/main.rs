//! A multicast routing protocol in Rust that knows the manager by the declarations of the
//! windows-sys crate alone: all 16 functions that it declares, and all nine callbacks. What a
//! router process does besides (start, a route, packets) is not Windows'; it is declared here.

use std::{
    ffi::c_void,
    mem::{offset_of, size_of, zeroed},
    ptr::{null_mut, read_unaligned},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};
use windows_sys::Win32::{
    Foundation::{
        ERROR_ALREADY_EXISTS, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_NO_MORE_ITEMS, HANDLE, NO_ERROR,
    },
    NetworkManagement::{IpHelper::*, Rras::*},
};

#[link(name = "rtm", kind = "raw-dylib")]
unsafe extern "system" {
    fn MgmHostStart(options: *mut c_void) -> u32;
    fn MgmHostStop() -> u32;
    fn MgmHostAddRoute(route: *mut [u32; 5]) -> u32;
    fn MgmHostReceivePacket(if_index: u32, next_hop: u32, packet: *mut u8, size: u32) -> u32;
}

const PROTOCOL: u32 = 0x4000_004D;
const IGMP: u32 = 0x4137_000A;
const SOURCE: u32 = u32::from_ne_bytes([10, 0, 0, 1]);
const GROUP: u32 = u32::from_ne_bytes([239, 1, 1, 1]);
const ONES: u32 = u32::MAX;
const FROM: u32 = 3;
const TO: u32 = 4;
/// Left out of the entry by the creation alert.
const VETOED: u32 = 5;

/// How often each callback came, in the order of ROUTING_PROTOCOL_CONFIG.
static CALLS: [AtomicU32; 9] = [const { AtomicU32::new(0) }; 9];

fn called(which: usize) -> u32 {
    CALLS[which].fetch_add(1, Relaxed);
    NO_ERROR
}

unsafe extern "system" fn rpf(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    if_index: *mut u32,
    next_hop: *mut u32,
    upstream: *mut u32,
    size: u32,
    header: *mut u8,
    route: *mut u8,
) -> u32 {
    assert_eq!((source, source_mask, group, group_mask, size), (SOURCE, ONES, GROUP, ONES, 20));
    // SAFETY: the manager gives valid pointers, and a header of `size` bytes.
    unsafe {
        assert_eq!((*if_index, *next_hop), (FROM, 0));
        assert_eq!(read_unaligned(header.add(16).cast::<u32>()), GROUP);
        let route = read_unaligned(route.cast::<RTM_DEST_INFO>());
        assert_eq!((route.DestAddress.AddressFamily, route.DestAddress.NumBits), (2, 8));
        assert_eq!((route.NumberOfViews, route.ViewInfo[0].ViewId), (1, 1));
        *upstream = SOURCE;
    }
    called(0)
}

unsafe extern "system" fn creation(
    source: u32,
    _: u32,
    group: u32,
    _: u32,
    if_index: u32,
    next_hop: u32,
    count: u32,
    list: *mut MGM_IF_ENTRY,
) -> u32 {
    assert_eq!((source, group, if_index, next_hop, count), (SOURCE, GROUP, FROM, 0, 2));
    // SAFETY: the list has two entries, which the callback may write to.
    let list = unsafe { std::slice::from_raw_parts_mut(list, 2) };
    let entries: Vec<_> = list.iter().map(|e| (e.dwIfIndex, e.dwIfNextHopAddr, e.bIGMP, e.bIsEnabled)).collect();
    assert_eq!(entries, [(TO, 0, 1, 1), (VETOED, 0, 0, 1)]);
    list[1].bIsEnabled = 0;
    called(1)
}

unsafe extern "system" fn prune(
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    if_index: u32,
    _: u32,
    member: i32,
    timeout: *mut u32,
) -> u32 {
    // SAFETY: a valid pointer, always.
    assert_eq!(unsafe { *timeout }, 900);
    if member != 0 {
        // IGMP is told of the protocol's own membership.
        return NO_ERROR;
    }
    assert_eq!(if_index, TO);
    called(2)
}

unsafe extern "system" fn join(source: u32, _: u32, group: u32, _: u32, member: i32) -> u32 {
    if member != 0 {
        return NO_ERROR;
    }
    assert_eq!((source, group), (SOURCE, GROUP));
    called(3)
}

unsafe extern "system" fn wrong_if(source: u32, group: u32, if_index: u32, _: u32, size: u32, _: *mut u8) -> u32 {
    assert_eq!((source, group, if_index, size), (SOURCE, GROUP, TO, 20));
    called(4)
}

unsafe extern "system" fn local_join(source: u32, _: u32, group: u32, mask: u32, if_index: u32, _: u32) -> u32 {
    assert_eq!((source, group, mask, if_index), (0, GROUP, ONES, TO));
    called(5)
}

unsafe extern "system" fn local_leave(source: u32, _: u32, group: u32, _: u32, if_index: u32, _: u32) -> u32 {
    assert_eq!((source, group, if_index), (0, GROUP, TO));
    called(6)
}

unsafe extern "system" fn disable(if_index: u32, _: u32) -> u32 {
    assert_eq!(if_index, TO);
    called(7)
}

unsafe extern "system" fn enable(if_index: u32, _: u32) -> u32 {
    assert_eq!(if_index, TO);
    called(8)
}

/// A UDP packet from SOURCE to GROUP arrives.
fn packet(if_index: u32) {
    let mut bytes = [0_u8; 28];
    bytes[..20].copy_from_slice(&[0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 239, 1, 1, 1]);
    let sum: u32 = bytes[..20].chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum();
    let sum = !((sum & 0xFFFF) + (sum >> 16)) as u16;
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
    // SAFETY: the packet is that long.
    assert_eq!(unsafe { MgmHostReceivePacket(if_index, 0, bytes.as_mut_ptr(), 28) }, NO_ERROR);
}

fn main() {
    // SAFETY: as the functions ask: pointers to locals that outlive the calls, sizes that
    // are theirs, functions of the declared types.
    unsafe { run() };
    println!("1 passed, 0 failed");
}

unsafe fn run() {
    // SAFETY of all calls: see `main`.
    unsafe {
        assert_eq!(MgmHostStart(null_mut()), NO_ERROR);
        let mut route = [u32::from_ne_bytes([10, 0, 0, 0]), u32::from_ne_bytes([255, 0, 0, 0]), FROM, 0, 3];
        assert_eq!(MgmHostAddRoute(&raw mut route), NO_ERROR);

        let mut config = ROUTING_PROTOCOL_CONFIG {
            dwCallbackFlags: 0,
            pfnRpfCallback: Some(rpf),
            pfnCreationAlertCallback: Some(creation),
            pfnPruneAlertCallback: Some(prune),
            pfnJoinAlertCallback: Some(join),
            pfnWrongIfCallback: Some(wrong_if),
            pfnLocalJoinCallback: Some(local_join),
            pfnLocalLeaveCallback: Some(local_leave),
            pfnDisableIgmpCallback: Some(disable),
            pfnEnableIgmpCallback: Some(enable),
        };
        let (mut protocol, mut igmp): (HANDLE, HANDLE) = (null_mut(), null_mut());
        assert_eq!(MgmRegisterMProtocol(&raw mut config, PROTOCOL, 5, &raw mut protocol), NO_ERROR);
        assert_eq!(MgmRegisterMProtocol(&raw mut config, PROTOCOL, 5, &raw mut igmp), ERROR_ALREADY_EXISTS);
        assert_eq!(MgmRegisterMProtocol(&raw mut config, IGMP, 6, &raw mut igmp), NO_ERROR);
        assert_eq!(MgmTakeInterfaceOwnership(protocol, FROM, 0), NO_ERROR);
        assert_eq!(MgmTakeInterfaceOwnership(igmp, TO, 0), NO_ERROR);
        assert_eq!(MgmTakeInterfaceOwnership(protocol, TO, 0), NO_ERROR);
        assert_eq!(MgmTakeInterfaceOwnership(protocol, VETOED, 0), NO_ERROR);
        let (mut id, mut component) = (0, 0);
        assert_eq!(MgmGetProtocolOnInterface(TO, 0, &raw mut id, &raw mut component), NO_ERROR);
        assert_eq!((id, component), (PROTOCOL, 5));

        assert_eq!(MgmAddGroupMembershipEntry(igmp, 0, 0, GROUP, ONES, TO, 0, MGM_JOIN_STATE_FLAG), NO_ERROR);
        assert_eq!(MgmAddGroupMembershipEntry(protocol, 0, 0, GROUP, ONES, VETOED, 0, MGM_JOIN_STATE_FLAG), NO_ERROR);
        packet(FROM);
        packet(TO);

        let mut key: MIB_IPMCAST_MFE = zeroed();
        (key.dwSource, key.dwGroup) = (SOURCE, GROUP);
        let mut size = 0;
        assert_eq!(MgmGetMfe(&raw mut key, &raw mut size, null_mut()), ERROR_INSUFFICIENT_BUFFER);
        assert_eq!(size as usize, size_of::<MIB_IPMCAST_MFE>());
        let mut mfe: MIB_IPMCAST_MFE = zeroed();
        let bytes = (&raw mut mfe).cast::<u8>();
        assert_eq!(MgmGetMfe(&raw mut key, &raw mut size, bytes), NO_ERROR);
        assert_eq!((mfe.dwUpStrmNgbr, mfe.dwInIfIndex, mfe.dwInIfProtocol), (SOURCE, FROM, PROTOCOL));
        assert_eq!((mfe.ulNumOutIf, mfe.rgmioOutInfo[0].dwOutIfIndex), (1, TO));
        let mut count = 0;
        assert_eq!(MgmGetFirstMfe(&raw mut size, bytes, &raw mut count), ERROR_NO_MORE_ITEMS);
        assert_eq!(count, 1);
        assert_eq!(MgmGetNextMfe(&raw mut key, &raw mut size, bytes, &raw mut count), ERROR_NO_MORE_ITEMS);
        assert_eq!(count, 0);

        let mut stats: MIB_IPMCAST_MFE_STATS = zeroed();
        let mut size = size_of::<MIB_IPMCAST_MFE_STATS>() as u32;
        let bytes = (&raw mut stats).cast::<u8>();
        assert_eq!(MgmGetMfeStats(&raw mut key, &raw mut size, bytes, MGM_MFE_STATS_0), NO_ERROR);
        assert_eq!((stats.ulInPkts, stats.ulPktsDifferentIf, stats.rgmiosOutStats[0].ulOutPackets), (2, 1, 1));
        assert_eq!(MgmGetFirstMfeStats(&raw mut size, bytes, &raw mut count, MGM_MFE_STATS_0), ERROR_NO_MORE_ITEMS);
        assert_eq!(count, 1);
        assert_eq!(
            MgmGetNextMfeStats(&raw mut key, &raw mut size, bytes, &raw mut count, MGM_MFE_STATS_0),
            ERROR_NO_MORE_ITEMS
        );
        let mut more: MIB_IPMCAST_MFE_STATS_EX_XP = zeroed();
        let mut size = size_of::<MIB_IPMCAST_MFE_STATS_EX_XP>() as u32;
        let bytes = (&raw mut more).cast::<u8>();
        assert_eq!(MgmGetMfeStats(&raw mut key, &raw mut size, bytes, MGM_MFE_STATS_1), NO_ERROR);
        assert_eq!((more.ulTotalOutPackets, more.rgmiosOutStats[0].dwOutIfIndex), (1, TO));
        assert_eq!(offset_of!(MIB_IPMCAST_MFE_STATS_EX_XP, rgmiosOutStats), 84);

        let mut groups = null_mut();
        assert_eq!(MgmGroupEnumerationStart(protocol, ALL_SOURCES, &raw mut groups), NO_ERROR);
        let mut entry: SOURCE_GROUP_ENTRY = zeroed();
        let mut size = size_of::<SOURCE_GROUP_ENTRY>() as u32;
        assert_eq!(
            MgmGroupEnumerationGetNext(groups, &raw mut size, (&raw mut entry).cast(), &raw mut count),
            ERROR_NO_MORE_ITEMS
        );
        assert_eq!((count, entry.dwGroupAddr, entry.dwGroupMask, entry.dwSourceAddr), (1, GROUP, ONES, 0));
        assert_eq!(MgmGroupEnumerationEnd(groups), NO_ERROR);

        assert_eq!(MgmDeleteGroupMembershipEntry(igmp, 0, 0, GROUP, ONES, TO, 0, MGM_JOIN_STATE_FLAG), NO_ERROR);
        assert_eq!(MgmAddGroupMembershipEntry(igmp, 0, 0, GROUP, ONES, TO, 0, MGM_JOIN_STATE_FLAG), NO_ERROR);
        let calls: Vec<u32> = CALLS.iter().map(|calls| calls.load(Relaxed)).collect();
        assert_eq!(calls, [1, 1, 1, 1, 1, 2, 1, 1, 1]);

        assert_eq!(MgmReleaseInterfaceOwnership(protocol, TO, 0), NO_ERROR);
        assert_eq!(MgmReleaseInterfaceOwnership(protocol, FROM, 0), NO_ERROR);
        assert_eq!(MgmReleaseInterfaceOwnership(protocol, VETOED, 0), NO_ERROR);
        assert_eq!(MgmReleaseInterfaceOwnership(igmp, TO, 0), NO_ERROR);
        assert_eq!(MgmDeRegisterMProtocol(protocol), NO_ERROR);
        assert_eq!(MgmDeRegisterMProtocol(igmp), NO_ERROR);
        assert_eq!(MgmDeRegisterMProtocol(igmp), ERROR_INVALID_PARAMETER);
        assert_eq!(MgmHostStop(), NO_ERROR);
    }
}
