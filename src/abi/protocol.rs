//! Registration, ownership of interfaces, group membership: what routing
//! protocols call.

use super::base::{DWORD, HANDLE, PDWORD};
use super::callbacks::Callbacks;
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::pointer::Place;
use super::types::PROUTING_PROTOCOL_CONFIG;
use super::{ENGINE, handle};
use crate::forwarder::InterfaceKey;
use crate::manager::{ClientId, Entry, Error, Flags};

/// The client a handle may name.
pub(super) fn client(hProtocol: HANDLE) -> Result<ClientId, Error> {
    handle::to_client(hProtocol).ok_or(Error::InvalidParameter)
}

/// An interface as C names it.
fn interface(if_index: DWORD, next_hop: DWORD) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: u32::from_be(next_hop) }
}

/// Registers a multicast routing protocol, or IGMP, with the manager.
///
/// A protocol registers before any other call. IGMP is who registers with dwProtocolId
/// PROTO_IP_IGMP, or with a PROTOCOL_ID of type PROTO_TYPE_MCAST and protocol
/// PROTO_IP_IGMP (such as MS_IP_IGMP). Several instances may register, with different
/// component ids. The first registration starts the manager, unless MgmHostStart did;
/// what was joined before is not told again: enumerate it.
///
/// @param prpiInfo The callbacks; copied. Any of them may be NULL. From now until
/// MgmDeRegisterMProtocol returns they may be called, on any thread.
///
/// @param dwProtocolId The protocol id: it tells protocols apart and is shown as
/// dwInIfProtocol.
///
/// @param dwComponentId Tells instances of one protocol apart.
///
/// @param phProtocol Receives the handle for the other calls, never NULL and never
/// (HANDLE)-1. Not written on failure.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @retval ERROR_ALREADY_EXISTS A protocol with this protocol id and component id is
/// registered.
///
/// @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
///
/// @retval ERROR_CAN_NOT_COMPLETE The manager cannot start (the log says why).
///
/// @par Example
///
/// ```c
/// #include <mgm.h>
/// #include <stdio.h>
///
/// static DWORD MGM_CALL joined(DWORD source, DWORD source_mask, DWORD group,
///                              DWORD group_mask, BOOL member) {
///     // Somebody wants (source, group): join upstream.
///     return NO_ERROR;
/// }
///
/// int main(void) {
///     ROUTING_PROTOCOL_CONFIG callbacks = {.pfnJoinAlertCallback = joined};
///     HANDLE protocol;
///     DWORD id = PROTOCOL_ID(PROTO_TYPE_MCAST, 0x100, 1);
///     DWORD error = MgmRegisterMProtocol(&callbacks, id, 1, &protocol);
///     if (error != NO_ERROR) {
///         fprintf(stderr, "cannot register: error %u\n", error);
///         return 1;
///     }
///     printf("registered\n");
///     // Take interfaces, add memberships, wait for callbacks, release the interfaces.
///     return MgmDeRegisterMProtocol(protocol) == NO_ERROR ? 0 : 1;
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmRegisterMProtocol(
    prpiInfo: PROUTING_PROTOCOL_CONFIG,
    dwProtocolId: DWORD,
    dwComponentId: DWORD,
    phProtocol: *mut HANDLE,
) -> DWORD {
    guarded(OutOfMemoryIs::Listed, || {
        // SAFETY: NULL, or as the header asks: a structure to read and a handle to write;
        // any bytes are valid callbacks of these types as far as Rust is concerned.
        let (config, place) = unsafe { (Place::new(prpiInfo)?, Place::new(phProtocol)?) };
        // SAFETY: the header asks for functions of these types that stay callable.
        let callbacks = unsafe { Callbacks::new(config.get()) };
        let id = ENGINE.register(callbacks, dwProtocolId, dwComponentId)?;
        let Some(made) = handle::of_client(id) else {
            ENGINE.deregister(id)?;
            return Err(Error::CanNotComplete);
        };
        place.set(made);
        Ok(())
    })
}

/// Ends a registration.
///
/// The protocol must have released its interfaces. Its enumerations end, and its handle
/// is dead. When the call returns, no callback of this protocol is running or will run:
/// its code may be unloaded. Called from inside any callback it does not wait for the
/// others: no new callback starts, but one may still be running on another thread.
///
/// @param hProtocol The handle from MgmRegisterMProtocol.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER No handle of a registered protocol.
///
/// @retval ERROR_CAN_NOT_COMPLETE The protocol still holds interfaces, nothing changed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmDeRegisterMProtocol(hProtocol: HANDLE) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.deregister(client(hProtocol)?))
}

/// Takes an interface: from now on the protocol owns it, and may add memberships on it.
///
/// One routing protocol at most owns an interface; one IGMP may be on it as well. If
/// IGMP is there when a routing protocol takes it, IGMP's DISABLE callback is called
/// first, IGMP's memberships there are removed, and its ENABLE callback is called last,
/// all before this call returns (an IGMP without ENABLE callback keeps its memberships,
/// and the new owner gets a LOCAL_JOIN callback for each). MFEs whose incoming interface
/// it is move to the new owner as after a change of the route.
///
/// @param hProtocol The handle from MgmRegisterMProtocol.
///
/// @param dwIfIndex The interface index, not 0. The memory forwarder takes any; with the
/// Linux kernel it is that of an existing interface.
///
/// @param dwIfNextHopAddr The next hop on a point-to-multipoint link, network byte order,
/// else 0. An interface is this pair.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle, or dwIfIndex 0.
///
/// @retval ERROR_ALREADY_EXISTS Another routing protocol owns it (for IGMP: another IGMP
/// is on it), or the caller holds it already.
///
/// @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder cannot use the interface (no such
/// interface, no free VIF: the log says why), or a DISABLE and ENABLE of IGMP is under
/// way on it.
///
/// @par Example
/// `protocol` is the handle of a registration.
///
/// ```c
/// DWORD index = if_nametoindex("lo");
/// DWORD error = MgmTakeInterfaceOwnership(protocol, index, 0);
/// if (error == ERROR_ALREADY_EXISTS) {
///     DWORD owner, component;
///     if (MgmGetProtocolOnInterface(index, 0, &owner, &component) == NO_ERROR)
///         printf("protocol %#x has it\n", owner);
/// } else if (error == NO_ERROR) {
///     printf("taken\n");
///     MgmReleaseInterfaceOwnership(protocol, index, 0);
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmTakeInterfaceOwnership(
    hProtocol: HANDLE,
    dwIfIndex: DWORD,
    dwIfNextHopAddr: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::Listed, || ENGINE.take(client(hProtocol)?, interface(dwIfIndex, dwIfNextHopAddr)))
}

/// Gives an interface back.
///
/// The protocol's memberships there are removed, with the prune alerts that follow; MFEs
/// whose incoming interface it is are deleted; from all others it is taken out. If IGMP
/// is on the interface and a routing protocol releases it, IGMP's DISABLE and ENABLE
/// callbacks are called as for MgmTakeInterfaceOwnership, and the routing protocol gets
/// no LOCAL_LEAVE callbacks. If IGMP releases it, the owner gets a LOCAL_LEAVE callback
/// for each of IGMP's memberships.
///
/// @param hProtocol The handle from MgmRegisterMProtocol.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface as it was taken; the next hop in
/// network byte order.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle, or the protocol does not hold the
/// interface.
///
/// @retval ERROR_CAN_NOT_COMPLETE A DISABLE and ENABLE of IGMP is under way on it.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmReleaseInterfaceOwnership(
    hProtocol: HANDLE,
    dwIfIndex: DWORD,
    dwIfNextHopAddr: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.release(client(hProtocol)?, interface(dwIfIndex, dwIfNextHopAddr)))
}

/// Tells who owns an interface: the routing protocol that took it, else IGMP if that did.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface; the next hop in network byte order.
///
/// @param pdwIfProtocolId,pdwIfComponentId Receive the ids that the owner registered. Not
/// written on failure.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @retval ERROR_NOT_FOUND Nobody owns it.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetProtocolOnInterface(
    dwIfIndex: DWORD,
    dwIfNextHopAddr: DWORD,
    pdwIfProtocolId: PDWORD,
    pdwIfComponentId: PDWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: numbers to write.
        let (protocol, component) = unsafe { (Place::new(pdwIfProtocolId)?, Place::new(pdwIfComponentId)?) };
        let ids = ENGINE.protocol_on(interface(dwIfIndex, dwIfNextHopAddr))?;
        protocol.set(ids.0);
        component.set(ids.1);
        Ok(())
    })
}

/// Adds a group membership on an interface that the protocol holds: receivers are there.
///
/// Entries: (S,G); (*,G) with dwSourceAddr 0; (*,*) with both 0. (S,*) is invalid. A mask
/// is 0 with a zero address; with another address 0 and 0xFFFFFFFF mean this address, and
/// a shorter contiguous mask means a range of addresses (not on Windows). No address bits
/// may lie outside the mask. Groups lie in 224.0.0.0/4, sources below 224.0.0.0, ranges
/// wholly. Groups in 224.0.0.0/24 can be joined and are enumerated, but never forwarded.
///
/// Other clients are told by JOIN callbacks (and LOCAL_JOIN for what IGMP adds): see
/// there who and when. What this call causes is delivered before it returns, or is being
/// delivered by another thread that already calls that client; inside a callback, after
/// that callback has returned.
///
/// @param hProtocol The handle from MgmRegisterMProtocol.
///
/// @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
/// order.
///
/// @param dwIfIndex,dwIfNextHopIPAddr The interface; the next hop in network byte order.
///
/// @param dwFlags MGM_JOIN_STATE_FLAG: the membership; every MFE it covers, now and
/// later, forwards to the interface. MGM_FORWARD_STATE_FLAG: the interface is put (back)
/// into the outgoing lists of the MFEs that the entry covers now, also where a creation
/// alert disabled it; alone, it is forgotten with the MFE, and without such an MFE
/// nothing happens. One of them or both. Adding what is there already is no error.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle, entry or flag, or an interface that the
/// protocol does not hold.
///
/// @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
///
/// @retval ERROR_CAN_NOT_COMPLETE A DISABLE and ENABLE of IGMP is under way on the
/// interface.
///
/// @par Example
/// `protocol` is the handle of a registration, `lan` an interface that it holds.
///
/// ```c
/// DWORD group = inet_addr("239.1.1.1"), source = inet_addr("10.0.0.5");
/// // (*,239.1.1.1): receivers behind lan want every source.
/// DWORD error = MgmAddGroupMembershipEntry(protocol, 0, 0, group, 0xFFFFFFFF, lan, 0,
///                                          MGM_JOIN_STATE_FLAG);
/// // (10.0.0.5,239.1.1.1): they want this source.
/// if (error == NO_ERROR)
///     error = MgmAddGroupMembershipEntry(protocol, source, 0xFFFFFFFF, group, 0xFFFFFFFF,
///                                        lan, 0, MGM_JOIN_STATE_FLAG);
/// printf("%s\n", error == NO_ERROR ? "joined" : "not joined");
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmAddGroupMembershipEntry(
    hProtocol: HANDLE,
    dwSourceAddr: DWORD,
    dwSourceMask: DWORD,
    dwGroupAddr: DWORD,
    dwGroupMask: DWORD,
    dwIfIndex: DWORD,
    dwIfNextHopIPAddr: DWORD,
    dwFlags: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::Listed, || {
        let id = client(hProtocol)?;
        let entry = entry(dwSourceAddr, dwSourceMask, dwGroupAddr, dwGroupMask)?;
        let flags = Flags::from_bits(dwFlags)?;
        ENGINE.add(id, entry, interface(dwIfIndex, dwIfNextHopIPAddr), flags)
    })
}

/// Deletes a group membership of the protocol on an interface, or prunes the interface
/// off MFEs.
///
/// Other clients are told by PRUNE callbacks (and LOCAL_LEAVE for what IGMP deletes): see
/// there who and when. What this call causes is delivered before it returns, or is being
/// delivered by another thread that already calls that client; inside a callback, after
/// that callback has returned.
///
/// @param hProtocol The handle from MgmRegisterMProtocol.
///
/// @param dwSourceAddr,dwSourceMask,dwGroupAddr,dwGroupMask The entry, network byte
/// order; see MgmAddGroupMembershipEntry.
///
/// @param dwIfIndex,dwIfNextHopIPAddr The interface; the next hop in network byte order.
///
/// @param dwFlags With MGM_JOIN_STATE_FLAG the membership ends, and the interface leaves
/// each MFE for which no membership of anybody on that interface remains. With
/// MGM_FORWARD_STATE_FLAG alone the interface leaves every MFE the entry covers, and
/// memberships stay: so one source can be pruned off an interface that a (*,G) keeps.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle, entry or flag, or an interface that only
/// others hold.
///
/// @retval ERROR_NOT_FOUND An interface that nobody holds, or no such membership (nothing
/// is done then).
///
/// @retval ERROR_CAN_NOT_COMPLETE A DISABLE and ENABLE of IGMP is under way on the
/// interface.
///
/// @par Example
/// `protocol` is the handle of a registration, `lan` an interface that it holds.
///
/// ```c
/// DWORD group = inet_addr("239.1.1.1"), source = inet_addr("10.0.0.5");
/// // Packets of this source stop leaving by lan; the (*,G) membership there stays.
/// DWORD error = MgmDeleteGroupMembershipEntry(protocol, source, 0xFFFFFFFF, group,
///                                             0xFFFFFFFF, lan, 0, MGM_FORWARD_STATE_FLAG);
/// printf("pruned: %u\n", error);
/// // The membership ends, and with it what it had forwarded.
/// error = MgmDeleteGroupMembershipEntry(protocol, 0, 0, group, 0xFFFFFFFF, lan, 0,
///                                       MGM_JOIN_STATE_FLAG);
/// printf("left: %u\n", error);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmDeleteGroupMembershipEntry(
    hProtocol: HANDLE,
    dwSourceAddr: DWORD,
    dwSourceMask: DWORD,
    dwGroupAddr: DWORD,
    dwGroupMask: DWORD,
    dwIfIndex: DWORD,
    dwIfNextHopIPAddr: DWORD,
    dwFlags: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let id = client(hProtocol)?;
        let entry = entry(dwSourceAddr, dwSourceMask, dwGroupAddr, dwGroupMask)?;
        let flags = Flags::from_bits(dwFlags)?;
        ENGINE.delete(id, entry, interface(dwIfIndex, dwIfNextHopIPAddr), flags)
    })
}

/// A membership entry as C gives it.
fn entry(source: DWORD, source_mask: DWORD, group: DWORD, group_mask: DWORD) -> Result<Entry, Error> {
    Entry::new(u32::from_be(source), u32::from_be(source_mask), u32::from_be(group), u32::from_be(group_mask))
}
