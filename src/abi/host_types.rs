//! The structures, constants and the callback of `mgmhost.h`.

use super::base::{DWORD, PVOID, ULONGLONG};
use std::ffi::c_char;
use std::mem::offset_of;

/// Forwards in memory: packets and routes come from the host program.
pub const MGM_HOST_FORWARDER_MEMORY: u32 = 0;
/// Forwards in the Linux kernel.
pub const MGM_HOST_FORWARDER_LINUX: u32 = 1;

/// Log nothing.
pub const MGM_HOST_LOG_OFF: u32 = 0;
/// Log what did not work.
pub const MGM_HOST_LOG_ERROR: u32 = 1;
/// Log also what may be wrong.
pub const MGM_HOST_LOG_WARN: u32 = 2;
/// Log also what was chosen, started and stopped.
pub const MGM_HOST_LOG_INFO: u32 = 3;
/// Log everything.
pub const MGM_HOST_LOG_DEBUG: u32 = 4;

/// The clock of the system.
pub const MGM_HOST_CLOCK_SYSTEM: u32 = 0;
/// A clock that stands still unless MgmHostAdvanceClock moves it.
pub const MGM_HOST_CLOCK_MANUAL: u32 = 1;

/// How the manager is started. Fill it with MgmHostGetDefaultOptions, then change what
/// should differ.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct _MGM_HOST_OPTIONS {
    /// sizeof(MGM_HOST_OPTIONS), set before every call that takes the structure. A
    /// smaller size (a multiple of 4, at least 8) is that of a caller built with an older
    /// header: members beyond it are neither read nor written.
    pub dwSize: DWORD,
    /// MGM_HOST_FORWARDER_MEMORY or MGM_HOST_FORWARDER_LINUX.
    pub dwForwarder: DWORD,
    /// The kernel's multicast routing table, below 1,000,000,000; 0 is the default, 253.
    pub dwTable: DWORD,
    /// MGM_HOST_LOG_OFF to MGM_HOST_LOG_DEBUG.
    pub dwLogLevel: DWORD,
    /// MGM_HOST_CLOCK_SYSTEM or MGM_HOST_CLOCK_MANUAL.
    pub dwClock: DWORD,
    /// The most MFEs there may be, not 0; the default is 1,000,000.
    pub dwMaxEntries: DWORD,
}
/// See the structure.
pub type MGM_HOST_OPTIONS = _MGM_HOST_OPTIONS;
/// The address of one.
pub type PMGM_HOST_OPTIONS = *mut MGM_HOST_OPTIONS;

/// A route of the memory forwarder, towards sources. An address of the host itself is a
/// route with mask 255.255.255.255 and protocol 2 on the interface that holds it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_ROUTE {
    /// The network, network byte order, without bits outside the mask.
    pub dwNetwork: DWORD,
    /// Its mask, network byte order, contiguous; 0 for the default route.
    pub dwMask: DWORD,
    /// The interface index, not 0.
    pub dwIfIndex: DWORD,
    /// The gateway, network byte order; 0 when the network is on the link.
    pub dwGateway: DWORD,
    /// Who made the route, as the MIB numbers it: 2 local, 3 static, 8 RIP, 9 IS-IS, 13
    /// OSPF, 14 BGP; 0 and 1 are another.
    pub dwProtocol: DWORD,
}
/// See the structure.
pub type MGM_HOST_ROUTE = _MGM_HOST_ROUTE;
/// The address of one.
pub type PMGM_HOST_ROUTE = *mut MGM_HOST_ROUTE;

/// An administrative boundary, as MgmHostGetNextBoundary reads it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_BOUNDARY {
    /// The interface index.
    pub dwIfIndex: DWORD,
    /// The group, or the first of the range, network byte order; 0 for all groups.
    pub dwGroup: DWORD,
    /// The mask of the groups, network byte order; 0 for all groups.
    pub dwMask: DWORD,
}
/// See the structure.
pub type MGM_HOST_BOUNDARY = _MGM_HOST_BOUNDARY;
/// The address of one.
pub type PMGM_HOST_BOUNDARY = *mut MGM_HOST_BOUNDARY;

/// What the manager counts, since it was started.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_COUNTERS {
    /// sizeof(MGM_HOST_COUNTERS), set before the call. A smaller size (a multiple of 8, at
    /// least 8) is that of a caller built with an older header; a larger one becomes the
    /// size that was filled.
    pub dwSize: DWORD,
    /// Registered protocols, now.
    pub dwClients: DWORD,
    /// Interfaces that somebody holds, now.
    pub dwInterfaces: DWORD,
    /// Group memberships, now: entries times interfaces times clients.
    pub dwMemberships: DWORD,
    /// MFEs, now.
    pub dwEntries: DWORD,
    /// 0.
    pub dwReserved: DWORD,
    /// Packets that found no MFE.
    pub ullPacketsWithoutEntry: ULONGLONG,
    /// Packets sent out of at least one interface; 0 but with the memory forwarder.
    pub ullPacketsForwarded: ULONGLONG,
    /// Packets dropped for any of the four reasons that follow.
    pub ullPacketsDropped: ULONGLONG,
    /// Packets to 224.0.0.0/24, or from a source that is no unicast address.
    pub ullDroppedScope: ULONGLONG,
    /// Packets dropped as there were dwMaxEntries MFEs.
    pub ullDroppedLimit: ULONGLONG,
    /// Packets dropped as memory ran out.
    pub ullDroppedMemory: ULONGLONG,
    /// Packets dropped as the queue for their MFE was full or its making was given up.
    pub ullDroppedBusy: ULONGLONG,
    /// Reports of packets that arrived on another interface than their MFE's.
    pub ullWrongInterface: ULONGLONG,
    /// Alerts delivered.
    pub ullAlerts: ULONGLONG,
    /// Direct callbacks made (RPF, creation, DISABLE, ENABLE).
    pub ullDirectCallbacks: ULONGLONG,
    /// Direct callbacks that took longer than a second.
    pub ullSlowCallbacks: ULONGLONG,
    /// MFEs renewed at the end of their lifetime.
    pub ullRenewed: ULONGLONG,
    /// MFEs deleted at the end of their lifetime.
    pub ullExpired: ULONGLONG,
    /// Requests the forwarder could not carry out.
    pub ullForwarderErrors: ULONGLONG,
    /// Reports of the forwarder lost, at least: its buffer was full.
    pub ullEventsLost: ULONGLONG,
    /// Log lines lost.
    pub ullLogLost: ULONGLONG,
}
/// See the structure.
pub type MGM_HOST_COUNTERS = _MGM_HOST_COUNTERS;
/// The address of one.
pub type PMGM_HOST_COUNTERS = *mut MGM_HOST_COUNTERS;

/// Gets the lines of the log.
///
/// Called on any thread, with no lock of the manager held, also on two threads at the
/// same time, and inside Mgm functions. Every Mgm function may be called from inside;
/// what those log comes later. It must return normally: no C++ exception and no longjmp
/// may leave it.
///
/// pvContext: what MgmHostSetLog was given.
///
/// dwLevel: MGM_HOST_LOG_ERROR to MGM_HOST_LOG_DEBUG.
///
/// pszMessage: the line, UTF-8, NUL-terminated, without newline; it may not be kept after
/// the return.
pub type PMGM_HOST_LOG_CALLBACK =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwLevel: DWORD, pszMessage: *const c_char)>;

const _: () = {
    assert!(size_of::<MGM_HOST_OPTIONS>() == 24);
    assert!(offset_of!(MGM_HOST_OPTIONS, dwMaxEntries) == 20);
    assert!(size_of::<MGM_HOST_ROUTE>() == 20);
    assert!(offset_of!(MGM_HOST_ROUTE, dwProtocol) == 16);
    assert!(size_of::<MGM_HOST_BOUNDARY>() == 12);
    assert!(offset_of!(MGM_HOST_BOUNDARY, dwMask) == 8);
    assert!(size_of::<MGM_HOST_COUNTERS>() == 24 + 16 * 8);
    assert!(offset_of!(MGM_HOST_COUNTERS, ullPacketsWithoutEntry) == 24);
    assert!(offset_of!(MGM_HOST_COUNTERS, ullLogLost) == 144);
};
