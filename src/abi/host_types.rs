//! The structures, constants and the callback of `mgmhost.h`.

use super::base::{DWORD, PVOID, ULONGLONG};
use crate::findings::{Code, Severity};
use std::ffi::c_char;
use std::mem::offset_of;

/// Forwards in memory: packets and routes come from the host program.
pub const MGM_HOST_FORWARDER_MEMORY: u32 = 0;
/// Forwards in the Linux kernel.
pub const MGM_HOST_FORWARDER_LINUX: u32 = 1;

/// The program's own forwarder, which it has given with MgmHostSetForwarder.
pub const MGM_HOST_FORWARDER_OWN: u32 = 2;

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

/// Remove from the kernel's table what the manager did not put there.
pub const MGM_HOST_FOREIGN_REMOVE: u32 = 0;
/// Keep it.
pub const MGM_HOST_FOREIGN_KEEP: u32 = 1;

/// How the manager is started. Fill it with MgmHostGetDefaultOptions, then change what
/// should differ.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct _MGM_HOST_OPTIONS {
    /// sizeof(MGM_HOST_OPTIONS), set before every call that takes the structure. A
    /// smaller size (a multiple of 4, at least 8) is that of a caller built with an older
    /// header: members beyond it are neither read nor written.
    pub dwSize: DWORD,
    /// MGM_HOST_FORWARDER_MEMORY, MGM_HOST_FORWARDER_LINUX or MGM_HOST_FORWARDER_OWN.
    pub dwForwarder: DWORD,
    /// The kernel's multicast routing table, below 1,000,000,000; 0 is the default, 253.
    pub dwTable: DWORD,
    /// MGM_HOST_LOG_OFF to MGM_HOST_LOG_DEBUG.
    pub dwLogLevel: DWORD,
    /// MGM_HOST_CLOCK_SYSTEM or MGM_HOST_CLOCK_MANUAL.
    pub dwClock: DWORD,
    /// The most MFEs there may be, not 0; the default is 1,000,000.
    pub dwMaxEntries: DWORD,
    /// MGM_HOST_FOREIGN_REMOVE or MGM_HOST_FOREIGN_KEEP: what happens to entries and VIFs
    /// of other programs in the kernel's table, at the start and later. Entries that are
    /// kept are cut down to the VIFs they have; without one for their incoming interface
    /// they are removed. A flow that the manager has an MFE for is the manager's either way.
    pub dwForeign: DWORD,
    /// With MGM_HOST_FORWARDER_LINUX: the kernel's unicast routing table in which alone
    /// routes towards sources are looked up, as a multicast view of its own; 254 is the
    /// main table. A route that is not there is no route. Addresses of the host are found
    /// on the interface that holds them as always. 0, the default: as the kernel's rules say.
    pub dwRpfTable: DWORD,
}
/// See the structure.
pub type MGM_HOST_OPTIONS = _MGM_HOST_OPTIONS;
/// The address of one.
pub type PMGM_HOST_OPTIONS = *mut MGM_HOST_OPTIONS;

/// A route towards sources, of the memory forwarder or the program's own. An address of the
/// host itself is a route with mask 255.255.255.255 and protocol 2 on the interface that
/// holds it.
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
    /// Reports of the forwarder lost as a buffer of the kernel was full: packets of new
    /// flows, packets on a wrong interface, changes of routes.
    pub ullEventsLost: ULONGLONG,
    /// Log lines lost.
    pub ullLogLost: ULONGLONG,
    /// Entries of the kernel's table that another program deleted or changed, or that were
    /// missing: repaired.
    pub ullEntriesRepaired: ULONGLONG,
    /// Entries of other programs found in the kernel's table at the start, or removed later.
    pub ullForeignEntries: ULONGLONG,
    /// VIFs put right that another program had deleted or changed, and its VIFs removed.
    pub ullInterfacesRepaired: ULONGLONG,
    /// Comparisons of the whole kernel table with what is wanted.
    pub ullReconciled: ULONGLONG,
    /// Reports of packets on a wrong interface that nobody was told of, as there were too
    /// many; the kernel repeats them.
    pub ullReportsSkipped: ULONGLONG,
}
/// See the structure.
pub type MGM_HOST_COUNTERS = _MGM_HOST_COUNTERS;
/// The address of one.
pub type PMGM_HOST_COUNTERS = *mut MGM_HOST_COUNTERS;

/// What a comparison of the kernel's table with the MFEs found.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_RECONCILED {
    /// sizeof(MGM_HOST_RECONCILED), set before the call. A smaller size (a multiple of 4,
    /// at least 8) is that of a caller built with an older header; a larger one becomes
    /// the size that was filled.
    pub dwSize: DWORD,
    /// MFEs compared.
    pub dwEntries: DWORD,
    /// Of those: missing in the kernel's table or different there, and repaired.
    pub dwRepaired: DWORD,
    /// Entries of other programs, removed or kept as dwForeign says.
    pub dwForeign: DWORD,
    /// Interfaces whose VIF was put right.
    pub dwInterfaces: DWORD,
}
/// See the structure.
pub type MGM_HOST_RECONCILED = _MGM_HOST_RECONCILED;
/// The address of one.
pub type PMGM_HOST_RECONCILED = *mut MGM_HOST_RECONCILED;

/// Gets the lines of the log.
///
/// Called on any thread, with no lock of the manager held, also on two threads at the
/// same time, and inside Mgm functions. Every Mgm function may be called from inside;
/// what those log comes later. It must return normally: no C++ exception and no longjmp
/// may leave it.
///
/// @param pvContext What MgmHostSetLog was given.
///
/// @param dwLevel MGM_HOST_LOG_ERROR to MGM_HOST_LOG_DEBUG.
///
/// @param pszMessage The line, UTF-8, NUL-terminated, without newline; it may not be kept
/// after the return.
pub type PMGM_HOST_LOG_CALLBACK =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwLevel: DWORD, pszMessage: *const c_char)>;

/// Traffic cannot flow because of it.
pub const MGM_HOST_SEVERITY_PROBLEM: u32 = 1;
/// It may be why traffic does not flow.
pub const MGM_HOST_SEVERITY_HINT: u32 = 2;
/// Good to know; nothing is wrong.
pub const MGM_HOST_SEVERITY_NOTE: u32 = 3;

/// The manager forwards in memory: nothing reaches the network.
pub const MGM_HOST_FINDING_MEMORY_FORWARDER: u32 = 1;
/// Another process holds the kernel table (a problem where this one wanted it).
pub const MGM_HOST_FINDING_TABLE_HELD: u32 = 2;
/// No process holds the kernel table: nothing is forwarded.
pub const MGM_HOST_FINDING_TABLE_NOT_HELD: u32 = 3;
/// No rule leads packets to the kernel table, or one leads all elsewhere before.
pub const MGM_HOST_FINDING_NO_RULE: u32 = 4;
/// The kernel lacks CONFIG_IP_MROUTE.
pub const MGM_HOST_FINDING_NO_MULTICAST_ROUTING: u32 = 5;
/// The kernel lacks CONFIG_IP_MROUTE_MULTIPLE_TABLES.
pub const MGM_HOST_FINDING_NO_TABLES: u32 = 6;
/// The kernel lacks CONFIG_IP_PIMSM_V1 and _V2.
pub const MGM_HOST_FINDING_NO_WRONG_INTERFACE_REPORTS: u32 = 7;
/// The kernel lacks CONFIG_IP_MULTICAST.
pub const MGM_HOST_FINDING_NO_IP_MULTICAST: u32 = 8;
/// net.ipv4.ip_forward is 0; multicast is forwarded all the same.
pub const MGM_HOST_FINDING_UNICAST_FORWARDING_OFF: u32 = 9;
/// All VIFs of the table are taken.
pub const MGM_HOST_FINDING_NO_FREE_VIF: u32 = 10;
/// Packets wait for an entry: the process that holds the table does not answer.
pub const MGM_HOST_FINDING_UPCALLS_WAIT: u32 = 11;
/// There are as many MFEs as allowed.
pub const MGM_HOST_FINDING_ENTRY_LIMIT: u32 = 12;
/// Something could not be looked at.
pub const MGM_HOST_FINDING_NOT_CHECKED: u32 = 13;
/// A held interface no longer exists.
pub const MGM_HOST_FINDING_NO_INTERFACE: u32 = 20;
/// The link is down, or has no carrier.
pub const MGM_HOST_FINDING_LINK_DOWN: u32 = 21;
/// A held interface has no VIF in the kernel table.
pub const MGM_HOST_FINDING_NO_VIF: u32 = 22;
/// The interface is a port of a bridge or bond, which gets its packets.
pub const MGM_HOST_FINDING_PORT_OF_ANOTHER: u32 = 23;
/// The bridge snoops IGMP, and nobody sends queries.
pub const MGM_HOST_FINDING_NO_QUERIER: u32 = 24;
/// A reverse path filter drops, or may have dropped, packets.
pub const MGM_HOST_FINDING_RP_FILTER: u32 = 25;
/// The kernel drops packets from this source for another reason.
pub const MGM_HOST_FINDING_SOURCE_REFUSED: u32 = 26;
/// The interface has a VIF, but mc_forwarding is 0.
pub const MGM_HOST_FINDING_MC_FORWARDING_OFF: u32 = 27;
/// The group lies in 224.0.0.0/24.
pub const MGM_HOST_FINDING_LINK_LOCAL_GROUP: u32 = 40;
/// The source is no unicast address.
pub const MGM_HOST_FINDING_SOURCE_NOT_UNICAST: u32 = 41;
/// There is no route to the source.
pub const MGM_HOST_FINDING_NO_ROUTE: u32 = 42;
/// Nobody holds the interface over which the source is routed, or on which its packets come in.
pub const MGM_HOST_FINDING_NO_OWNER: u32 = 43;
/// There is no entry for the flow.
pub const MGM_HOST_FINDING_NO_ENTRY: u32 = 44;
/// A client that is asked about the entry has not answered.
pub const MGM_HOST_FINDING_ENTRY_IN_THE_MAKING: u32 = 45;
/// No membership covers the flow.
pub const MGM_HOST_FINDING_NO_MEMBER: u32 = 46;
/// The only members are on the incoming interface.
pub const MGM_HOST_FINDING_MEMBER_ON_IIF: u32 = 47;
/// A creation alert's answer left the interface out of the entry.
pub const MGM_HOST_FINDING_VETOED: u32 = 48;
/// The interface has a member, but is not in the entry.
pub const MGM_HOST_FINDING_PRUNED: u32 = 49;
/// The kernel's entry has no outgoing interface.
pub const MGM_HOST_FINDING_ENTRY_EMPTY: u32 = 50;
/// Packets come in on another interface than the entry's.
pub const MGM_HOST_FINDING_WRONG_INTERFACE: u32 = 51;
/// No packet of the flow came in while it was watched.
pub const MGM_HOST_FINDING_NO_PACKETS: u32 = 52;
/// Packets come in with TTL 1 or 0: they are not forwarded.
pub const MGM_HOST_FINDING_LOW_TTL: u32 = 53;
/// Packets are longer than the MTU and may not be fragmented.
pub const MGM_HOST_FINDING_TOO_LARGE: u32 = 54;
/// Packets matched the entry and did not go out.
pub const MGM_HOST_FINDING_NOT_SENT: u32 = 55;
/// The kernel's entry differs from the manager's.
pub const MGM_HOST_FINDING_KERNEL_DIFFERS: u32 = 56;
/// A boundary (MgmHostAddBoundary) keeps the flow from the interface.
pub const MGM_HOST_FINDING_BOUNDARY: u32 = 57;

/// Gets what MgmHostDiagnose finds, one call for each finding.
///
/// Called on the thread of MgmHostDiagnose, with no lock of the manager held. Every Mgm
/// function may be called from inside. It must return normally: no C++ exception and no
/// longjmp may leave it.
///
/// @param pvContext What MgmHostDiagnose was given.
///
/// @param dwSeverity MGM_HOST_SEVERITY_PROBLEM to MGM_HOST_SEVERITY_NOTE.
///
/// @param dwCode MGM_HOST_FINDING_ and what was found. The numbers never change; later
/// versions may find more.
///
/// @param dwIfIndex The interface it is about, 0 if none.
///
/// @param pszText What is wrong, where, and what to do: one line, UTF-8, NUL-terminated,
/// without newline; it may not be kept after the return.
pub type PMGM_HOST_FINDING_CALLBACK = Option<
    unsafe extern "system" fn(
        pvContext: PVOID,
        dwSeverity: DWORD,
        dwCode: DWORD,
        dwIfIndex: DWORD,
        pszText: *const c_char,
    ),
>;

/// An interface of an entry.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_INTERFACE {
    /// The interface index.
    pub dwIfIndex: DWORD,
    /// The next hop on point-to-multipoint links, else 0; network byte order.
    pub dwIfNextHopAddr: DWORD,
}
/// See the structure.
pub type MGM_HOST_INTERFACE = _MGM_HOST_INTERFACE;
/// The address of one.
pub type PMGM_HOST_INTERFACE = *mut MGM_HOST_INTERFACE;

/// What a forwarder counted for an entry since it was made. All is 0 when it is asked.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_STATISTICS {
    /// Packets that matched the entry, those from a wrong interface included. At the end of
    /// its lifetime an entry goes on only if these less those grew.
    pub ullPackets: ULONGLONG,
    /// Their bytes, IP headers included.
    pub ullBytes: ULONGLONG,
    /// Packets that came in on another interface than the entry's.
    pub ullWrongInterface: ULONGLONG,
    /// Packets dropped because too many waited for the entry.
    pub ullQueueOverflow: ULONGLONG,
}
/// See the structure.
pub type MGM_HOST_STATISTICS = _MGM_HOST_STATISTICS;
/// The address of one.
pub type PMGM_HOST_STATISTICS = *mut MGM_HOST_STATISTICS;

/// What a forwarder counted for an outgoing interface of an entry. All is 0 when it is asked.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_OIF_STATISTICS {
    /// Packets sent out.
    pub ullPackets: ULONGLONG,
    /// Packets kept in by the interface's TTL threshold.
    pub ullTtlTooLow: ULONGLONG,
}
/// See the structure.
pub type MGM_HOST_OIF_STATISTICS = _MGM_HOST_OIF_STATISTICS;
/// The address of one.
pub type PMGM_HOST_OIF_STATISTICS = *mut MGM_HOST_OIF_STATISTICS;

/// Makes an interface usable: called once for each, before any entry names it.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order, 0 for
/// the whole link.
///
/// @return NO_ERROR; ERROR_NOT_ENOUGH_MEMORY; any other code when the interface cannot be
/// used. The caller of MgmTakeInterfaceOwnership then gets ERROR_NOT_ENOUGH_MEMORY or
/// ERROR_CAN_NOT_COMPLETE, and the log has the code.
pub type PMGM_HOST_OPEN_INTERFACE =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwIfIndex: DWORD, dwIfNextHopAddr: DWORD) -> DWORD>;

/// The last owner of an interface has left it.
///
/// No entry names it any more, but for one whose last install failed.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface.
///
/// @return A value that is ignored.
pub type PMGM_HOST_CLOSE_INTERFACE =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwIfIndex: DWORD, dwIfNextHopAddr: DWORD) -> DWORD>;

/// Makes the entry for a source and a group, or replaces the one that is there without a
/// gap in forwarding and in its counters. Packets that waited for it go through it.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwSource,dwGroup The flow, network byte order.
///
/// @param dwInIfIndex,dwInIfNextHopAddr The interface that packets must arrive on. An index 0, or
/// an interface that is not open: nothing is forwarded, by an entry that is there all the same.
///
/// @param dwCount,pOutInterfaces The interfaces to forward to, ascending, all open; the list
/// may not be changed, nor be kept after the return.
///
/// @return NO_ERROR; any other code is logged, and the entry is installed again a second
/// later. Until then one that was there may name interfaces that are closed.
pub type PMGM_HOST_INSTALL_ENTRY = Option<
    unsafe extern "system" fn(
        pvContext: PVOID,
        dwSource: DWORD,
        dwGroup: DWORD,
        dwInIfIndex: DWORD,
        dwInIfNextHopAddr: DWORD,
        dwCount: DWORD,
        pOutInterfaces: *const MGM_HOST_INTERFACE,
    ) -> DWORD,
>;

/// Removes an entry with its counters, and drops the packets that wait for it. It need not
/// be there.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwSource,dwGroup The flow, network byte order.
///
/// @return A value that is ignored.
pub type PMGM_HOST_REMOVE_ENTRY =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwSource: DWORD, dwGroup: DWORD) -> DWORD>;

/// The route towards a source.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwSource The source, network byte order.
///
/// @param pRoute Receives it: the most specific one, its dwNetwork and dwMask around the source.
///
/// @return NO_ERROR; ERROR_NOT_FOUND: there is none; any other code: it cannot be said now,
/// and is asked again a second later.
pub type PMGM_HOST_GET_ROUTE =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwSource: DWORD, pRoute: PMGM_HOST_ROUTE) -> DWORD>;

/// The counters of an entry. Without this function they are 0, and entries end after their
/// lifetime though packets come.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwSource,dwGroup The flow, network byte order.
///
/// @param pStatistics Receives them; left as it is for an entry that is not there.
///
/// @return A value that is ignored.
pub type PMGM_HOST_GET_STATISTICS = Option<
    unsafe extern "system" fn(
        pvContext: PVOID,
        dwSource: DWORD,
        dwGroup: DWORD,
        pStatistics: PMGM_HOST_STATISTICS,
    ) -> DWORD,
>;

/// The counters of one outgoing interface of an entry. Without this function they are 0.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwSource,dwGroup The flow, network byte order.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface.
///
/// @param pStatistics Receives them; left as it is for one that is not there.
///
/// @return A value that is ignored.
pub type PMGM_HOST_GET_OIF_STATISTICS = Option<
    unsafe extern "system" fn(
        pvContext: PVOID,
        dwSource: DWORD,
        dwGroup: DWORD,
        dwIfIndex: DWORD,
        dwIfNextHopAddr: DWORD,
        pStatistics: PMGM_HOST_OIF_STATISTICS,
    ) -> DWORD,
>;

/// Packets may leave an interface of this index only if their TTL, as they came in, is
/// greater than dwTtl. Told when an interface was opened, or when that changes, also while
/// none of this index is open; the entries that it concerns are installed again afterwards.
///
/// @param pvContext The forwarder's pvContext.
///
/// @param dwIfIndex The interface index.
///
/// @param dwTtl 1 to 255.
///
/// @return A value that is ignored.
pub type PMGM_HOST_SET_THRESHOLD =
    Option<unsafe extern "system" fn(pvContext: PVOID, dwIfIndex: DWORD, dwTtl: DWORD) -> DWORD>;

/// A forwarder of the program's own: what the manager wants becomes calls of these
/// functions.
///
/// They are called by one thread at a time, whichever that is, with the manager's lock held:
/// every other call waits for them, so they do not block for long. They may call no Mgm
/// function: all give ERROR_CAN_NOT_COMPLETE there. They must return normally: no C++
/// exception and no longjmp may leave them. Between MgmHostStart (or the first registration)
/// and MgmHostStop (or the last MgmDeRegisterMProtocol) they are called; at that end every
/// entry has been removed and every interface closed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_HOST_FORWARDER {
    /// sizeof(MGM_HOST_FORWARDER). A smaller size, which ends behind a later member than
    /// pfnRemoveEntry, is that of a caller built with an older header: what is beyond it
    /// counts as NULL.
    pub dwSize: DWORD,
    /// 0.
    pub dwReserved: DWORD,
    /// Passed to each function, otherwise not used.
    pub pvContext: PVOID,
    /// Not NULL.
    pub pfnOpenInterface: PMGM_HOST_OPEN_INTERFACE,
    /// Not NULL.
    pub pfnCloseInterface: PMGM_HOST_CLOSE_INTERFACE,
    /// Not NULL.
    pub pfnInstallEntry: PMGM_HOST_INSTALL_ENTRY,
    /// Not NULL.
    pub pfnRemoveEntry: PMGM_HOST_REMOVE_ENTRY,
    /// Not NULL.
    pub pfnGetRoute: PMGM_HOST_GET_ROUTE,
    /// NULL when nothing is counted.
    pub pfnGetStatistics: PMGM_HOST_GET_STATISTICS,
    /// NULL when nothing is counted for each interface.
    pub pfnGetOifStatistics: PMGM_HOST_GET_OIF_STATISTICS,
    /// NULL when thresholds are of no interest.
    pub pfnSetThreshold: PMGM_HOST_SET_THRESHOLD,
}
/// See the structure.
pub type MGM_HOST_FORWARDER = _MGM_HOST_FORWARDER;
/// The address of one.
pub type PMGM_HOST_FORWARDER = *mut MGM_HOST_FORWARDER;

const _: () = {
    assert!(size_of::<MGM_HOST_INTERFACE>() == 8 && size_of::<MGM_HOST_STATISTICS>() == 32);
    assert!(size_of::<MGM_HOST_OIF_STATISTICS>() == 16);
    assert!(offset_of!(MGM_HOST_FORWARDER, pvContext) == 8);
    assert!(offset_of!(MGM_HOST_FORWARDER, pfnGetRoute) == 8 + 5 * size_of::<usize>());
    assert!(size_of::<MGM_HOST_FORWARDER>() == 8 + 9 * size_of::<usize>());
};

const _: () = {
    assert!(size_of::<MGM_HOST_OPTIONS>() == 32);
    assert!(offset_of!(MGM_HOST_OPTIONS, dwMaxEntries) == 20);
    assert!(offset_of!(MGM_HOST_OPTIONS, dwForeign) == 24);
    assert!(size_of::<MGM_HOST_RECONCILED>() == 20);
    assert!(offset_of!(MGM_HOST_RECONCILED, dwInterfaces) == 16);
    assert!(size_of::<MGM_HOST_ROUTE>() == 20);
    assert!(offset_of!(MGM_HOST_ROUTE, dwProtocol) == 16);
    assert!(size_of::<MGM_HOST_BOUNDARY>() == 12);
    assert!(offset_of!(MGM_HOST_BOUNDARY, dwMask) == 8);
    assert!(size_of::<MGM_HOST_COUNTERS>() == 24 + 21 * 8);
    assert!(offset_of!(MGM_HOST_COUNTERS, ullPacketsWithoutEntry) == 24);
    assert!(offset_of!(MGM_HOST_COUNTERS, ullLogLost) == 144);
    assert!(offset_of!(MGM_HOST_COUNTERS, ullReconciled) == 176);
    assert!(offset_of!(MGM_HOST_COUNTERS, ullReportsSkipped) == 184);
};

// What the engine reports is what the header names.
const _: () = {
    assert!(MGM_HOST_SEVERITY_PROBLEM == Severity::Problem as u32);
    assert!(MGM_HOST_SEVERITY_HINT == Severity::Hint as u32);
    assert!(MGM_HOST_SEVERITY_NOTE == Severity::Note as u32);
    assert!(MGM_HOST_FINDING_MEMORY_FORWARDER == Code::MemoryForwarder as u32);
    assert!(MGM_HOST_FINDING_TABLE_HELD == Code::TableHeld as u32);
    assert!(MGM_HOST_FINDING_TABLE_NOT_HELD == Code::TableNotHeld as u32);
    assert!(MGM_HOST_FINDING_NO_RULE == Code::NoRule as u32);
    assert!(MGM_HOST_FINDING_NO_MULTICAST_ROUTING == Code::NoMulticastRouting as u32);
    assert!(MGM_HOST_FINDING_NO_TABLES == Code::NoTables as u32);
    assert!(MGM_HOST_FINDING_NO_WRONG_INTERFACE_REPORTS == Code::NoWrongInterfaceReports as u32);
    assert!(MGM_HOST_FINDING_NO_IP_MULTICAST == Code::NoIpMulticast as u32);
    assert!(MGM_HOST_FINDING_UNICAST_FORWARDING_OFF == Code::UnicastForwardingOff as u32);
    assert!(MGM_HOST_FINDING_NO_FREE_VIF == Code::NoFreeVif as u32);
    assert!(MGM_HOST_FINDING_UPCALLS_WAIT == Code::UpcallsWait as u32);
    assert!(MGM_HOST_FINDING_ENTRY_LIMIT == Code::EntryLimit as u32);
    assert!(MGM_HOST_FINDING_NOT_CHECKED == Code::NotChecked as u32);
    assert!(MGM_HOST_FINDING_NO_INTERFACE == Code::NoInterface as u32);
    assert!(MGM_HOST_FINDING_LINK_DOWN == Code::LinkDown as u32);
    assert!(MGM_HOST_FINDING_NO_VIF == Code::NoVif as u32);
    assert!(MGM_HOST_FINDING_PORT_OF_ANOTHER == Code::PortOfAnother as u32);
    assert!(MGM_HOST_FINDING_NO_QUERIER == Code::NoQuerier as u32);
    assert!(MGM_HOST_FINDING_RP_FILTER == Code::RpFilter as u32);
    assert!(MGM_HOST_FINDING_SOURCE_REFUSED == Code::SourceRefused as u32);
    assert!(MGM_HOST_FINDING_MC_FORWARDING_OFF == Code::McForwardingOff as u32);
    assert!(MGM_HOST_FINDING_LINK_LOCAL_GROUP == Code::LinkLocalGroup as u32);
    assert!(MGM_HOST_FINDING_SOURCE_NOT_UNICAST == Code::SourceNotUnicast as u32);
    assert!(MGM_HOST_FINDING_NO_ROUTE == Code::NoRoute as u32);
    assert!(MGM_HOST_FINDING_NO_OWNER == Code::NoOwner as u32);
    assert!(MGM_HOST_FINDING_NO_ENTRY == Code::NoEntry as u32);
    assert!(MGM_HOST_FINDING_ENTRY_IN_THE_MAKING == Code::EntryInTheMaking as u32);
    assert!(MGM_HOST_FINDING_NO_MEMBER == Code::NoMember as u32);
    assert!(MGM_HOST_FINDING_MEMBER_ON_IIF == Code::MemberOnIif as u32);
    assert!(MGM_HOST_FINDING_VETOED == Code::Vetoed as u32);
    assert!(MGM_HOST_FINDING_PRUNED == Code::Pruned as u32);
    assert!(MGM_HOST_FINDING_ENTRY_EMPTY == Code::EntryEmpty as u32);
    assert!(MGM_HOST_FINDING_WRONG_INTERFACE == Code::WrongInterface as u32);
    assert!(MGM_HOST_FINDING_NO_PACKETS == Code::NoPackets as u32);
    assert!(MGM_HOST_FINDING_LOW_TTL == Code::LowTtl as u32);
    assert!(MGM_HOST_FINDING_TOO_LARGE == Code::TooLarge as u32);
    assert!(MGM_HOST_FINDING_NOT_SENT == Code::NotSent as u32);
    assert!(MGM_HOST_FINDING_KERNEL_DIFFERS == Code::KernelDiffers as u32);
    assert!(MGM_HOST_FINDING_BOUNDARY == Code::Boundary as u32);
};
