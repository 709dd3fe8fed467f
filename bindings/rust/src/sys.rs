//! What mgm.h and mgmhost.h declare, as far as this crate uses it. See there.

use std::ffi::{c_char, c_void};

pub type Handle = *mut c_void;

pub const NO_ERROR: u32 = 0;
pub const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
pub const ERROR_INVALID_PARAMETER: u32 = 87;
pub const ERROR_INSUFFICIENT_BUFFER: u32 = 122;
pub const ERROR_ALREADY_EXISTS: u32 = 183;
pub const ERROR_MORE_DATA: u32 = 234;
pub const ERROR_NO_MORE_ITEMS: u32 = 259;
pub const ERROR_CAN_NOT_COMPLETE: u32 = 1003;
pub const ERROR_NOT_FOUND: u32 = 1168;

pub const MGM_MFE_STATS_1: u32 = 2;

/// `ROUTING_PROTOCOL_CONFIG`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Config {
    pub flags: u32,
    pub rpf: RpfCallback,
    pub creation: CreationCallback,
    pub prune: PruneCallback,
    pub join: JoinCallback,
    pub wrong_interface: WrongIfCallback,
    pub local_join: LocalCallback,
    pub local_leave: LocalCallback,
    pub disable_igmp: Option<IgmpCallback>,
    pub enable_igmp: Option<IgmpCallback>,
}

pub type RpfCallback = unsafe extern "system" fn(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: *mut u32,
    next_hop: *mut u32,
    upstream: *mut u32,
    size: u32,
    header: *mut u8,
    route: *mut u8,
) -> u32;
pub type CreationCallback = unsafe extern "system" fn(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: u32,
    next_hop: u32,
    count: u32,
    list: *mut IfEntry,
) -> u32;
pub type PruneCallback = unsafe extern "system" fn(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: u32,
    next_hop: u32,
    membership: i32,
    timeout: *mut u32,
) -> u32;
pub type JoinCallback =
    unsafe extern "system" fn(source: u32, source_mask: u32, group: u32, group_mask: u32, membership: i32) -> u32;
pub type WrongIfCallback =
    unsafe extern "system" fn(source: u32, group: u32, index: u32, next_hop: u32, size: u32, header: *mut u8) -> u32;
pub type LocalCallback = unsafe extern "system" fn(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: u32,
    next_hop: u32,
) -> u32;
pub type IgmpCallback = unsafe extern "system" fn(index: u32, next_hop: u32) -> u32;

/// `MGM_IF_ENTRY`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IfEntry {
    pub index: u32,
    pub next_hop: u32,
    pub igmp: i32,
    pub enabled: i32,
}

/// The beginning of `RTM_DEST_INFO`: the rest says nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DestInfo {
    pub handle: *mut c_void,
    pub family: u16,
    pub bits: u16,
    pub address: [u8; 16],
}

/// `SOURCE_GROUP_ENTRY`
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct SourceGroup {
    pub source: u32,
    pub source_mask: u32,
    pub group: u32,
    pub group_mask: u32,
}

/// `MIB_IPMCAST_MFE` without its outgoing interfaces, in words.
pub const MFE_WORDS: usize = 15;
/// `MIB_IPMCAST_OIF`, in words.
pub const OIF_WORDS: usize = 4;
/// `MIB_IPMCAST_MFE_STATS_EX` without its outgoing interfaces, in words.
pub const STATS_WORDS: usize = 21;
/// `MIB_IPMCAST_OIF_STATS`, in words.
pub const OIF_STATS_WORDS: usize = 7;

/// A whole `MIB_IPMCAST_MFE` with its one interface, as a key or to be set.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct MfeKey {
    pub group: u32,
    pub source: u32,
    pub source_mask: u32,
    pub upstream: u32,
    pub rest: [u32; MFE_WORDS - 4 + OIF_WORDS],
}

/// `MGM_HOST_OPTIONS`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct HostOptions {
    pub size: u32,
    pub forwarder: u32,
    pub table: u32,
    pub log_level: u32,
    pub clock: u32,
    pub max_entries: u32,
    pub foreign: u32,
    pub rpf_table: u32,
}

/// `MGM_HOST_ROUTE`
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct HostRoute {
    pub network: u32,
    pub mask: u32,
    pub index: u32,
    pub gateway: u32,
    pub protocol: u32,
}

/// The beginning of `MGM_HOST_COUNTERS`; the library fills as much as `size` says.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct HostCounters {
    pub size: u32,
    pub clients: u32,
    pub interfaces: u32,
    pub memberships: u32,
    pub entries: u32,
    pub reserved: u32,
    pub without_entry: u64,
    pub forwarded: u64,
    pub dropped: u64,
}

pub type LogCallback = unsafe extern "system" fn(context: *mut c_void, level: u32, message: *const c_char);

const _: () = {
    assert!(size_of::<Config>() == 10 * size_of::<usize>());
    assert!(size_of::<IfEntry>() == 16 && size_of::<SourceGroup>() == 16);
    assert!(size_of::<MfeKey>() == 60 + 16);
    assert!(MFE_WORDS * 4 == 60 && STATS_WORDS * 4 == 84 && OIF_WORDS * 4 == 16 && OIF_STATS_WORDS * 4 == 28);
    assert!(size_of::<HostOptions>() == 32 && size_of::<HostRoute>() == 20 && size_of::<HostCounters>() == 48);
    assert!(std::mem::offset_of!(DestInfo, address) == size_of::<usize>() + 4);
};

#[link(name = "rtm", kind = "dylib")]
unsafe extern "system" {
    pub fn MgmRegisterMProtocol(config: *mut Config, id: u32, component: u32, handle: *mut Handle) -> u32;
    pub fn MgmDeRegisterMProtocol(handle: Handle) -> u32;
    pub fn MgmTakeInterfaceOwnership(handle: Handle, index: u32, next_hop: u32) -> u32;
    pub fn MgmReleaseInterfaceOwnership(handle: Handle, index: u32, next_hop: u32) -> u32;
    pub fn MgmGetProtocolOnInterface(index: u32, next_hop: u32, id: *mut u32, component: *mut u32) -> u32;
    pub fn MgmAddGroupMembershipEntry(
        handle: Handle,
        source: u32,
        source_mask: u32,
        group: u32,
        group_mask: u32,
        index: u32,
        next_hop: u32,
        flags: u32,
    ) -> u32;
    pub fn MgmDeleteGroupMembershipEntry(
        handle: Handle,
        source: u32,
        source_mask: u32,
        group: u32,
        group_mask: u32,
        index: u32,
        next_hop: u32,
        flags: u32,
    ) -> u32;
    pub fn MgmGetMfe(key: *mut MfeKey, size: *mut u32, buffer: *mut u8) -> u32;
    pub fn MgmGetFirstMfe(size: *mut u32, buffer: *mut u8, count: *mut u32) -> u32;
    pub fn MgmGetNextMfe(after: *mut MfeKey, size: *mut u32, buffer: *mut u8, count: *mut u32) -> u32;
    pub fn MgmGetMfeStats(key: *mut MfeKey, size: *mut u32, buffer: *mut u8, flags: u32) -> u32;
    pub fn MgmGetFirstMfeStats(size: *mut u32, buffer: *mut u8, count: *mut u32, flags: u32) -> u32;
    pub fn MgmGetNextMfeStats(after: *mut MfeKey, size: *mut u32, buffer: *mut u8, count: *mut u32, flags: u32) -> u32;
    pub fn MgmSetMfe(handle: Handle, mfe: *mut MfeKey) -> u32;
    pub fn MgmGroupEnumerationStart(handle: Handle, kind: u32, enumeration: *mut Handle) -> u32;
    pub fn MgmGroupEnumerationGetNext(enumeration: Handle, size: *mut u32, buffer: *mut u8, count: *mut u32) -> u32;
    pub fn MgmGroupEnumerationEnd(enumeration: Handle) -> u32;
    pub fn MgmHostGetVersion() -> *const c_char;
    pub fn MgmHostGetDefaultOptions(options: *mut HostOptions) -> u32;
    pub fn MgmHostStart(options: *mut HostOptions) -> u32;
    pub fn MgmHostStop() -> u32;
    pub fn MgmHostSetLog(log: Option<LogCallback>, context: *mut c_void) -> u32;
    pub fn MgmHostAddRoute(route: *mut HostRoute) -> u32;
    pub fn MgmHostDeleteRoute(route: *mut HostRoute) -> u32;
    pub fn MgmHostReceivePacket(index: u32, next_hop: u32, packet: *mut u8, size: u32) -> u32;
    pub fn MgmHostAdvanceClock(milliseconds: u32) -> u32;
    pub fn MgmHostGetCounters(counters: *mut HostCounters) -> u32;
}
