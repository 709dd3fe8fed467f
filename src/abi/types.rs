//! The structures, constants and callbacks that `mgm.h` itself defines.

use super::base::{BOOL, DWORD, PBYTE, PDWORD};
use std::mem::offset_of;

/// Join, or leave: the membership itself. Every MFE it covers follows, now and later.
pub const MGM_JOIN_STATE_FLAG: u32 = 1;
/// Forward, or do not forward: the outgoing lists of the MFEs that exist now.
pub const MGM_FORWARD_STATE_FLAG: u32 = 2;
/// Another name of MGM_FORWARD_STATE_FLAG.
pub const MGM_FORWARD_STATE: u32 = MGM_FORWARD_STATE_FLAG;

/// Statistics as MIB_IPMCAST_MFE_STATS.
pub const MGM_MFE_STATS_0: u32 = 1;
/// Statistics as MIB_IPMCAST_MFE_STATS_EX.
pub const MGM_MFE_STATS_1: u32 = 2;

/// What a group enumeration returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub enum _MGM_ENUM_TYPES {
    /// Each joined group once, with source 0, whatever the sources.
    ANY_SOURCE = 0,
    /// Every joined entry: (*,G), (S,G), (*,*) and ranges.
    ALL_SOURCES = 1,
}
/// One of those.
pub type MGM_ENUM_TYPES = _MGM_ENUM_TYPES;
/// The address of one.
pub type PMGM_ENUM_TYPES = *mut MGM_ENUM_TYPES;

/// One interface in the list of a creation alert.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _MGM_IF_ENTRY {
    /// The interface index. Do not change it.
    pub dwIfIndex: DWORD,
    /// The next hop on point-to-multipoint links, else 0; network byte order. Do not
    /// change it.
    pub dwIfNextHopAddr: DWORD,
    /// TRUE where IGMP is on the interface too. A change is ignored.
    pub bIGMP: BOOL,
    /// TRUE. Set it to FALSE to keep the interface out of this MFE.
    pub bIsEnabled: BOOL,
}
/// See the structure.
pub type MGM_IF_ENTRY = _MGM_IF_ENTRY;
/// The address of one, or of the first of several.
pub type PMGM_IF_ENTRY = *mut MGM_IF_ENTRY;

/// One entry of a group enumeration. Network byte order; a mask is 0 with a zero
/// address, else 0xFFFFFFFF or the mask of a range.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _SOURCE_GROUP_ENTRY {
    /// The source; 0 is any source.
    pub dwSourceAddr: DWORD,
    /// Its mask.
    pub dwSourceMask: DWORD,
    /// The group; 0 is any group.
    pub dwGroupAddr: DWORD,
    /// Its mask.
    pub dwGroupMask: DWORD,
}
/// See the structure.
pub type SOURCE_GROUP_ENTRY = _SOURCE_GROUP_ENTRY;
/// The address of one.
pub type PSOURCE_GROUP_ENTRY = *mut SOURCE_GROUP_ENTRY;

/// Asks the owner of the incoming interface towards a source which interface and
/// upstream neighbour a new MFE shall have (reverse path forwarding).
///
/// Called directly, before the MFE exists, on the thread that handles the first packet
/// of (source, group); again without a packet when the MFE is renewed at the end of its
/// lifetime and when the route towards the source changes. Packets of that source and
/// group wait until it returns: do not block. Where no route leads to the source, the
/// owner of the interface the packet arrived on is asked, with *pdwInIfIndex 0 and
/// pbRoute NULL; if the callback leaves the index 0, the MFE forwards nothing.
///
/// @param dwSourceAddr The source, network byte order.
///
/// @param dwSourceMask 0xFFFFFFFF.
///
/// @param dwGroupAddr The group, network byte order.
///
/// @param dwGroupMask 0xFFFFFFFF.
///
/// @param pdwInIfIndex,pdwInIfNextHopAddr Never NULL. In: the interface towards the
/// source by the route. Out: the interface that packets shall arrive on. It must be one
/// that this protocol owns; anything else is ignored and the interface by the route
/// stays. The next hop is in network byte order.
///
/// @param pdwUpStreamNbr Never NULL. In: the gateway of the route, network byte order, 0
/// when the source is on the link. Out: the upstream neighbour; it is what dwUpStrmNgbr
/// of the MFE shows, and has no influence on forwarding.
///
/// @param dwHdrSize Bytes at pbPacketHdr; 0 without a packet.
///
/// @param pbPacketHdr The IPv4 header of the packet with its options, network byte order,
/// without payload; NULL without a packet. Source, destination and identification are the
/// packet's; total length, TTL, protocol and checksum are 0 where the forwarder does not
/// know them (the Linux kernel overwrites these four). It is aligned for any structure;
/// changes to it are ignored.
///
/// @param pbRoute The address of an RTM_DEST_INFO with one view, RTM_VIEW_ID_MCAST; its
/// handles are NULL. NULL without a route. Changes to it are ignored.
///
/// @par Inside the callback
/// Nothing may be kept after the return: all pointers are to memory of the manager that
/// goes away. Every Mgm function may be called from inside. No lock of the manager is
/// held. An alert of the same client may run at the same time on another thread. The
/// callback must return normally: no C++ exception and no longjmp may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_RPF_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwSourceMask: DWORD,
        dwGroupAddr: DWORD,
        dwGroupMask: DWORD,
        pdwInIfIndex: PDWORD,
        pdwInIfNextHopAddr: PDWORD,
        pdwUpStreamNbr: PDWORD,
        dwHdrSize: DWORD,
        pbPacketHdr: PBYTE,
        pbRoute: PBYTE,
    ) -> DWORD,
>;

/// Tells a protocol that an MFE is about to be made in which interfaces of it are
/// outgoing ones, and lets it disable some of them.
///
/// Called directly, after the RPF callback and before the MFE is installed, on the
/// thread that handles the first packet of (source, group), and again when the MFE is
/// renewed at the end of its lifetime. Each protocol with interfaces in the outgoing
/// list gets one call with its own interfaces only; an interface where IGMP and a
/// routing protocol are goes to the routing protocol. Packets wait until it returns: do
/// not block.
///
/// @param dwSourceAddr The source, network byte order.
///
/// @param dwSourceMask 0xFFFFFFFF.
///
/// @param dwGroupAddr The group, network byte order.
///
/// @param dwGroupMask 0xFFFFFFFF.
///
/// @param dwInIfIndex,dwInIfNextHopAddr The incoming interface; the next hop in network
/// byte order, 0 but on point-to-multipoint links.
///
/// @param dwIfCount How many interfaces pmieOutIfList has, at least 1.
///
/// @param pmieOutIfList The interfaces, never NULL. bIsEnabled comes in TRUE; where it is
/// set to FALSE the interface is left out of this MFE until somebody adds a membership
/// for it there, or adds with MGM_FORWARD_STATE_FLAG, or the MFE is renewed. Other
/// changes are ignored.
///
/// @par Inside the callback
/// The list may not be kept after the return. Every Mgm function may be called from
/// inside; what memberships are changed meanwhile applies when the MFE is installed,
/// after the vetoes. No lock of the manager is held. An alert of the same client may run
/// at the same time on another thread. The callback must return normally: no C++
/// exception and no longjmp may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_CREATION_ALERT_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwSourceMask: DWORD,
        dwGroupAddr: DWORD,
        dwGroupMask: DWORD,
        dwInIfIndex: DWORD,
        dwInIfNextHopAddr: DWORD,
        dwIfCount: DWORD,
        pmieOutIfList: PMGM_IF_ENTRY,
    ) -> DWORD,
>;

/// Alerts a protocol that it need not receive what it received before: prune upstream.
///
/// With bMemberDelete TRUE a client's last interface left a membership entry. Of two
/// clients in a (*,G), (*,*) or range entry one remains: it is told. None remains: all
/// other clients are told. For (S,G): when the last client other than the owner of the
/// interface towards S left, that owner is told; also when the route towards S moves to
/// an interface of another client.
///
/// With bMemberDelete FALSE the outgoing list of one MFE became empty, or the MFE was
/// made empty: the owner of its incoming interface is told, unless its own call emptied
/// the list. After a change of the route towards the source, the old owner is told.
///
/// @par Threads
/// An alert: queued, and delivered in the order of the changes to one client, one at a
/// time, on the thread whose call caused it before that call returns, on a thread that
/// delivers alerts to this client already, or on a thread of the manager.
///
/// @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, or the MFE (masks
/// 0xFFFFFFFF), network byte order. A mask is 0 with a zero address, else 0xFFFFFFFF or
/// the mask of a range.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface of the last membership, or the one that
/// left the MFE last (the lowest of several); 0 when the MFE was made empty and after a
/// change of the route. The next hop is in network byte order.
///
/// @param bMemberDelete TRUE for a membership, FALSE for an MFE.
///
/// @param pdwTimeout Never NULL. With bMemberDelete FALSE, in 900, out the lifetime in
/// seconds of the now empty MFE, counted from the return; 0 means 900, more than
/// 42,949,672 means that. The MFE's next packet after it makes a new one. Ignored with
/// bMemberDelete TRUE, and where the MFE is gone or has outgoing interfaces again.
///
/// @par Inside the callback
/// Nothing may be kept after the return. Every Mgm function may be called from inside:
/// the alerts it causes are queued behind this one. No lock of the manager is held.
/// Blocking holds up this client's alerts and the calling thread. The callback must
/// return normally: no C++ exception and no longjmp may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_PRUNE_ALERT_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwSourceMask: DWORD,
        dwGroupAddr: DWORD,
        dwGroupMask: DWORD,
        dwIfIndex: DWORD,
        dwIfNextHopAddr: DWORD,
        bMemberDelete: BOOL,
        pdwTimeout: PDWORD,
    ) -> DWORD,
>;

/// Alerts a protocol that somebody wants to receive: join upstream.
///
/// With bMemberUpdate TRUE a client got its first interface in a membership entry. The
/// first client of a (*,G), (*,*) or range entry: all other clients are told. The second:
/// the first alone is told. Later ones: nobody. For (S,G): when the first client other
/// than the owner of the interface towards S joined, that owner is told; also when the
/// route towards S appears, or moves to an interface of another client (the new owner).
///
/// With bMemberUpdate FALSE the outgoing list of one MFE went from empty to non-empty:
/// the owner of its incoming interface is told, unless its own call did that. After a
/// change of the route towards the source, the new owner is told.
///
/// @par Threads
/// An alert: queued, and delivered in the order of the changes to one client, one at a
/// time, on the thread whose call caused it before that call returns, on a thread that
/// delivers alerts to this client already, or on a thread of the manager.
///
/// @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, or the MFE (masks
/// 0xFFFFFFFF), network byte order. A mask is 0 with a zero address, else 0xFFFFFFFF or
/// the mask of a range.
///
/// @param bMemberUpdate TRUE for a membership, FALSE for an MFE.
///
/// @par Inside the callback
/// Every Mgm function may be called from inside: the alerts it causes are queued behind
/// this one. No lock of the manager is held. Blocking holds up this client's alerts and
/// the calling thread. The callback must return normally: no C++ exception and no longjmp
/// may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_JOIN_ALERT_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwSourceMask: DWORD,
        dwGroupAddr: DWORD,
        dwGroupMask: DWORD,
        bMemberUpdate: BOOL,
    ) -> DWORD,
>;

/// Alerts the owner of an interface that a packet arrived on it which should have come
/// in on another one, the incoming interface of its MFE. The packet was not forwarded.
///
/// Caused by the packet that made the MFE and by later ones; the latter as often as the
/// forwarder reports them, which is limited (the Linux kernel: once in three seconds for
/// each MFE).
///
/// @par Threads
/// An alert: queued, and delivered in the order of the changes to one client, one at a
/// time, on the thread that handles the packet, on a thread that delivers alerts to this
/// client already, or on a thread of the manager.
///
/// @param dwSourceAddr,dwGroupAddr Source and group, network byte order.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface the packet arrived on; the next hop in
/// network byte order.
///
/// @param dwHdrSize Bytes at pbPacketHdr, 20 to 60.
///
/// @param pbPacketHdr The IPv4 header of the packet with its options, network byte order,
/// without payload. Total length, TTL, protocol and checksum are 0 where the forwarder
/// does not know them. It is aligned for any structure; changes to it are ignored; it may
/// not be kept after the return.
///
/// @par Inside the callback
/// Every Mgm function may be called from inside: the alerts it causes are queued behind
/// this one. No lock of the manager is held. Blocking holds up this client's alerts and
/// the calling thread. The callback must return normally: no C++ exception and no longjmp
/// may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_WRONG_IF_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwGroupAddr: DWORD,
        dwIfIndex: DWORD,
        dwIfNextHopAddr: DWORD,
        dwHdrSize: DWORD,
        pbPacketHdr: PBYTE,
    ) -> DWORD,
>;

/// Alerts the routing protocol that owns an interface that IGMP added a membership on
/// it: hosts on the link want to receive.
///
/// Also called for each membership IGMP has on an interface that the protocol takes,
/// when that IGMP has no ENABLE callback and so keeps its memberships.
///
/// @par Threads
/// An alert: queued before any other alert of the call that caused it, and delivered in
/// the order of the changes to one client, one at a time, on the thread whose call caused
/// it before that call returns, or on a thread that delivers alerts to this client
/// already.
///
/// @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
/// order. A mask is 0 with a zero address, else 0xFFFFFFFF or the mask of a range.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
///
/// @par Inside the callback
/// Every Mgm function may be called from inside: the alerts it causes are queued behind
/// this one. No lock of the manager is held. Blocking holds up this client's alerts and
/// the calling thread. The callback must return normally: no C++ exception and no longjmp
/// may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_LOCAL_JOIN_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwSourceMask: DWORD,
        dwGroupAddr: DWORD,
        dwGroupMask: DWORD,
        dwIfIndex: DWORD,
        dwIfNextHopAddr: DWORD,
    ) -> DWORD,
>;

/// Alerts the routing protocol that owns an interface that IGMP deleted a membership
/// on it: no host on the link wants to receive any more. Also called for each membership
/// that IGMP loses when it releases the interface, but not when the routing protocol
/// itself releases it.
///
/// @par Threads
/// An alert: queued before any other alert of the call that caused it, and delivered in
/// the order of the changes to one client, one at a time, on the thread whose call caused
/// it before that call returns, or on a thread that delivers alerts to this client
/// already.
///
/// @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
/// order. A mask is 0 with a zero address, else 0xFFFFFFFF or the mask of a range.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
///
/// @par Inside the callback
/// Every Mgm function may be called from inside: the alerts it causes are queued behind
/// this one. No lock of the manager is held. Blocking holds up this client's alerts and
/// the calling thread. The callback must return normally: no C++ exception and no longjmp
/// may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_LOCAL_LEAVE_CALLBACK = Option<
    unsafe extern "system" fn(
        dwSourceAddr: DWORD,
        dwSourceMask: DWORD,
        dwGroupAddr: DWORD,
        dwGroupMask: DWORD,
        dwIfIndex: DWORD,
        dwIfNextHopAddr: DWORD,
    ) -> DWORD,
>;

/// Tells IGMP to stop on an interface, because a routing protocol takes or releases it.
///
/// Called directly, on the thread that takes or releases. The memberships IGMP has on
/// the interface are removed after it returns, if IGMP has an ENABLE callback (without
/// one they stay). From its start until just before the ENABLE callback, every add,
/// delete, take and release on this interface gives ERROR_CAN_NOT_COMPLETE, to
/// everybody; other Mgm functions may be called from inside.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
///
/// @par Inside the callback
/// No lock of the manager is held. An alert of IGMP may run at the same time on another
/// thread. The callback must return normally: no C++ exception and no longjmp may leave
/// it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_DISABLE_IGMP_CALLBACK =
    Option<unsafe extern "system" fn(dwIfIndex: DWORD, dwIfNextHopAddr: DWORD) -> DWORD>;

/// Tells IGMP to start again on an interface that a routing protocol took or released.
///
/// Called directly, after the DISABLE callback and all changes, on the same thread.
/// IGMP adds its memberships again afterwards; here, unlike on Windows, also from inside
/// this callback.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
///
/// @par Inside the callback
/// Every Mgm function may be called from inside. No lock of the manager is held. An alert
/// of IGMP may run at the same time on another thread. The callback must return normally:
/// no C++ exception and no longjmp may leave it.
///
/// @return Ignored: return NO_ERROR.
pub type PMGM_ENABLE_IGMP_CALLBACK =
    Option<unsafe extern "system" fn(dwIfIndex: DWORD, dwIfNextHopAddr: DWORD) -> DWORD>;

/// What a protocol gives at registration: its callbacks. Any of them may be NULL; it is
/// then skipped. The manager copies the structure.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _ROUTING_PROTOCOL_CONFIG {
    /// Reserved; ignored.
    pub dwCallbackFlags: DWORD,
    /// Which way packets of a source come in.
    pub pfnRpfCallback: PMGM_RPF_CALLBACK,
    /// A new MFE with interfaces of this protocol.
    pub pfnCreationAlertCallback: PMGM_CREATION_ALERT_CALLBACK,
    /// Nothing to receive any more.
    pub pfnPruneAlertCallback: PMGM_PRUNE_ALERT_CALLBACK,
    /// Something to receive.
    pub pfnJoinAlertCallback: PMGM_JOIN_ALERT_CALLBACK,
    /// A packet came in on the wrong interface.
    pub pfnWrongIfCallback: PMGM_WRONG_IF_CALLBACK,
    /// IGMP joined on an interface of this protocol.
    pub pfnLocalJoinCallback: PMGM_LOCAL_JOIN_CALLBACK,
    /// IGMP left on an interface of this protocol.
    pub pfnLocalLeaveCallback: PMGM_LOCAL_LEAVE_CALLBACK,
    /// For IGMP: stop on an interface.
    pub pfnDisableIgmpCallback: PMGM_DISABLE_IGMP_CALLBACK,
    /// For IGMP: start again on an interface.
    pub pfnEnableIgmpCallback: PMGM_ENABLE_IGMP_CALLBACK,
}
/// See the structure.
pub type ROUTING_PROTOCOL_CONFIG = _ROUTING_PROTOCOL_CONFIG;
/// The address of one.
pub type PROUTING_PROTOCOL_CONFIG = *mut ROUTING_PROTOCOL_CONFIG;

const _: () = {
    assert!(size_of::<MGM_ENUM_TYPES>() == 4);
    assert!(size_of::<MGM_IF_ENTRY>() == 16);
    assert!(offset_of!(MGM_IF_ENTRY, bIGMP) == 8 && offset_of!(MGM_IF_ENTRY, bIsEnabled) == 12);
    assert!(size_of::<SOURCE_GROUP_ENTRY>() == 16);
    assert!(offset_of!(SOURCE_GROUP_ENTRY, dwGroupMask) == 12);
    // The flags word, padded to a pointer, then nine pointers.
    assert!(size_of::<ROUTING_PROTOCOL_CONFIG>() == 10 * size_of::<usize>());
    assert!(offset_of!(ROUTING_PROTOCOL_CONFIG, pfnRpfCallback) == size_of::<usize>());
    assert!(offset_of!(ROUTING_PROTOCOL_CONFIG, pfnEnableIgmpCallback) == 9 * size_of::<usize>());
};
