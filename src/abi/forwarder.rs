//! A forwarder of the program's own, behind a table of C functions.

use super::ENGINE;
use super::base::{DWORD, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_FOUND, NO_ERROR};
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::host::prefix_of;
use super::host_types::{
    MGM_HOST_FORWARDER, MGM_HOST_INTERFACE, MGM_HOST_OIF_STATISTICS, MGM_HOST_ROUTE, MGM_HOST_STATISTICS,
    PMGM_HOST_FORWARDER,
};
use super::pointer::Place;
use crate::engine::OwnForwarder;
use crate::forwarder::{
    Arrival, EntryStatistics, Forwarder, ForwarderError, InterfaceKey, OifStatistics, PROTOCOL_OTHER, Route,
};
use crate::manager::{Error, mask_of};
use std::alloc::{Layout, alloc};
use std::cell::Cell;
use std::mem::{offset_of, zeroed};
use std::sync::atomic::{AtomicBool, Ordering};

/// Gives the manager a forwarder of the program's own, for the next start and all later
/// ones: MgmHostGetDefaultOptions then gives MGM_HOST_FORWARDER_OWN, whatever
/// MGM_FORWARDER says. It stays, after MgmHostStop too, until this is called again.
///
/// The forwarder tells the manager what happens with MgmHostReceivePacket (a packet that it
/// has no entry for, or one from another interface than its entry's) and
/// MgmHostRoutesChanged.
///
/// @param pForwarder Its functions; copied. NULL: there is none any more, and nothing of it
/// is called when this has returned.
///
/// @par Threads
/// Any thread, also inside a callback of mgm.h.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad dwSize, a dwReserved that is not 0, or NULL for a
/// function that may not be missing.
///
/// @retval ERROR_ALREADY_EXISTS The manager is started.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out.
///
/// @par Example
/// A forwarder that writes down what it is told, with every source behind interface 11.
///
/// ```c
/// #include <mgmhost.h>
/// #include <stdio.h>
///
/// static DWORD MGM_CALL open_or_close(PVOID context, DWORD if_index, DWORD next_hop) {
///     (void)context, (void)if_index, (void)next_hop;
///     return NO_ERROR;
/// }
///
/// static DWORD MGM_CALL install(PVOID context, DWORD source, DWORD group, DWORD in, DWORD hop,
///                               DWORD count, const MGM_HOST_INTERFACE *out) {
///     (void)context, (void)source, (void)group, (void)hop, (void)out;
///     printf("an entry from %u to %u interfaces\n", in, count);
///     return NO_ERROR;
/// }
///
/// static DWORD MGM_CALL remove_entry(PVOID context, DWORD source, DWORD group) {
///     (void)context, (void)source, (void)group;
///     return NO_ERROR;
/// }
///
/// static DWORD MGM_CALL route(PVOID context, DWORD source, PMGM_HOST_ROUTE result) {
///     (void)context, (void)source;
///     result->dwIfIndex = 11; // of the default route: network and mask stay 0
///     return NO_ERROR;
/// }
///
/// int main(void) {
///     MGM_HOST_FORWARDER own = {.dwSize = sizeof own};
///     own.pfnOpenInterface = own.pfnCloseInterface = open_or_close;
///     own.pfnInstallEntry = install;
///     own.pfnRemoveEntry = remove_entry;
///     own.pfnGetRoute = route;
///     BYTE packet[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 16, 17, 0xb0, 0xc9, 10, 0, 0, 5,
///                      239, 1, 1, 1, 0x9c, 0x40, 0x13, 0x88, 0, 8, 0, 0};
///     DWORD error = MgmHostSetForwarder(&own);
///     if (error == NO_ERROR)
///         error = MgmHostStart(NULL);
///     if (error == NO_ERROR) // no entry for it
///         error = MgmHostReceivePacket(11, 0, packet, sizeof packet);
///     if (error == NO_ERROR)
///         error = MgmHostStop();
///     return error == NO_ERROR ? 0 : 1;
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostSetForwarder(pForwarder: PMGM_HOST_FORWARDER) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        if pForwarder.is_null() {
            return ENGINE.set_forwarder(None);
        }
        // SAFETY: not NULL, so as the header asks: dwSize bytes to read.
        let functions = unsafe { read(pForwarder) }?;
        let own = boxed(Own { functions, oifs: Vec::new() })?;
        // Before it can be called.
        THERE_IS_ONE.store(true, Ordering::Relaxed);
        ENGINE.set_forwarder(Some(own))
    })
}

/// Tells the manager that routes in the program's own forwarder may have changed. The
/// sources there are looked up again (pfnGetRoute), and their MFEs are evaluated anew,
/// before the call returns.
///
/// @param dwNetwork,dwMask Where, network byte order; both 0: everywhere.
///
/// @par Threads
/// Any thread, also inside a callback of mgm.h.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A mask that is not contiguous, network bits outside the
/// mask.
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the program's own.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostRoutesChanged(dwNetwork: DWORD, dwMask: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let (network, prefix_len) = prefix_of(dwNetwork, dwMask)?;
        ENGINE.reevaluate(network, prefix_len)
    })
}

/// A program has given a forwarder at some time: only then need calls be looked at.
static THERE_IS_ONE: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// This thread is in a function of the program's forwarder, and has the engine's lock.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread may not call the engine, as it has its lock already.
pub(super) fn is_inside() -> bool {
    THERE_IS_ONE.load(Ordering::Relaxed) && INSIDE.get()
}

/// Runs a function of the program's forwarder.
fn inside<R>(function: impl FnOnce() -> R) -> R {
    INSIDE.set(true);
    let result = function();
    INSIDE.set(false);
    result
}

/// What the caller knows of the table; later functions are missing.
///
/// # Safety
/// `at` is valid for as many bytes as its dwSize says.
unsafe fn read(at: PMGM_HOST_FORWARDER) -> Result<MGM_HOST_FORWARDER, Error> {
    const FUNCTION: usize = size_of::<usize>();
    const LEAST: usize = offset_of!(MGM_HOST_FORWARDER, pfnGetRoute) + FUNCTION;
    // SAFETY: the caller's promise.
    let size = unsafe { Place::new(at.cast::<DWORD>()) }?.get() as usize;
    // More than we know would be functions that we cannot call.
    if !(LEAST..=size_of::<MGM_HOST_FORWARDER>()).contains(&size) || !(size - LEAST).is_multiple_of(FUNCTION) {
        return Err(Error::InvalidParameter);
    }
    // SAFETY: numbers, pointers and `Option`s of functions: all zero is a value of each.
    let mut functions: MGM_HOST_FORWARDER = unsafe { zeroed() };
    // SAFETY: `size` is at most the size of either side, by the check and the caller's
    // promise. No alignment is assumed.
    unsafe { std::ptr::copy_nonoverlapping(at.cast::<u8>(), (&raw mut functions).cast(), size) };
    let needed = functions.pfnOpenInterface.is_some()
        && functions.pfnCloseInterface.is_some()
        && functions.pfnInstallEntry.is_some()
        && functions.pfnRemoveEntry.is_some()
        && functions.pfnGetRoute.is_some();
    if needed && functions.dwReserved == 0 { Ok(functions) } else { Err(Error::InvalidParameter) }
}

/// A box whose memory may not be had.
fn boxed(own: Own) -> Result<OwnForwarder, Error> {
    // SAFETY: `Own` has a size that is not 0.
    let place = unsafe { alloc(Layout::new::<Own>()) }.cast::<Own>();
    if place.is_null() {
        return Err(Error::OutOfMemory);
    }
    // SAFETY: the place was just allocated for one `Own`, and is nobody else's.
    unsafe {
        place.write(own);
        Ok(Box::from_raw(place))
    }
}

/// The program's functions, and room for the list that an install is given.
struct Own {
    functions: MGM_HOST_FORWARDER,
    oifs: Vec<MGM_HOST_INTERFACE>,
}

// SAFETY: the header asks for functions that may be called with the context on any thread,
// by one at a time; the context is only handed through.
unsafe impl Send for Own {}

/// What a function's result says.
fn result(code: DWORD) -> Result<(), ForwarderError> {
    match code {
        NO_ERROR => Ok(()),
        ERROR_NOT_ENOUGH_MEMORY => Err(ForwarderError::OutOfMemory),
        code => Err(ForwarderError::System { errno: code.cast_signed(), doing: "the program's own forwarder" }),
    }
}

/// `read` has refused tables without the functions that are needed.
const MISSING: ForwarderError = ForwarderError::NotSupported("a function of the program's own forwarder");

impl Forwarder for Own {
    fn open_interface(&mut self, interface: InterfaceKey) -> Result<(), ForwarderError> {
        let MGM_HOST_FORWARDER { pvContext: context, pfnOpenInterface: Some(open), .. } = self.functions else {
            return Err(MISSING);
        };
        // SAFETY: the program gave function and context for each other.
        result(inside(|| unsafe { open(context, interface.if_index, interface.next_hop.to_be()) }))
    }

    fn close_interface(&mut self, interface: InterfaceKey) {
        if let MGM_HOST_FORWARDER { pvContext: context, pfnCloseInterface: Some(close), .. } = self.functions {
            // SAFETY: as above.
            inside(|| unsafe { close(context, interface.if_index, interface.next_hop.to_be()) });
        }
    }

    fn set_threshold(&mut self, if_index: u32, ttl: u8) {
        if let MGM_HOST_FORWARDER { pvContext: context, pfnSetThreshold: Some(set), .. } = self.functions {
            // SAFETY: as above.
            inside(|| unsafe { set(context, if_index, ttl.into()) });
        }
    }

    fn prepare(&mut self, _source: u32, _group: u32, oifs: usize) -> Result<(), ForwarderError> {
        self.oifs.clear();
        self.oifs.try_reserve(oifs).map_err(|_| ForwarderError::OutOfMemory)
    }

    fn install(
        &mut self,
        source: u32,
        group: u32,
        iif: InterfaceKey,
        oifs: &mut dyn Iterator<Item = InterfaceKey>,
    ) -> Result<(), ForwarderError> {
        self.oifs.clear();
        for oif in oifs {
            self.oifs.try_reserve(1).map_err(|_| ForwarderError::OutOfMemory)?;
            self.oifs.push(MGM_HOST_INTERFACE { dwIfIndex: oif.if_index, dwIfNextHopAddr: oif.next_hop.to_be() });
        }
        let MGM_HOST_FORWARDER { pvContext: context, pfnInstallEntry: Some(install), .. } = self.functions else {
            return Err(MISSING);
        };
        let (source, group, next_hop) = (source.to_be(), group.to_be(), iif.next_hop.to_be());
        // The manager has fewer interfaces than 2^32.
        let (list, count) = (self.oifs.as_ptr(), self.oifs.len() as DWORD);
        // SAFETY: as above; the list has as many elements and lives during the call.
        result(inside(|| unsafe { install(context, source, group, iif.if_index, next_hop, count, list) }))
    }

    fn remove(&mut self, source: u32, group: u32) {
        if let MGM_HOST_FORWARDER { pvContext: context, pfnRemoveEntry: Some(remove), .. } = self.functions {
            // SAFETY: as above.
            inside(|| unsafe { remove(context, source.to_be(), group.to_be()) });
        }
    }

    fn route(&mut self, source: u32) -> Result<Option<Route>, ForwarderError> {
        let MGM_HOST_FORWARDER { pvContext: context, pfnGetRoute: Some(get), .. } = self.functions else {
            return Err(MISSING);
        };
        let mut route = MGM_HOST_ROUTE { dwNetwork: 0, dwMask: 0, dwIfIndex: 0, dwGateway: 0, dwProtocol: 0 };
        // SAFETY: as above; the structure is a local one.
        let code = inside(|| unsafe { get(context, source.to_be(), &raw mut route) });
        if code == ERROR_NOT_FOUND {
            return Ok(None);
        }
        result(code)?;
        match prefix_of(route.dwNetwork, route.dwMask) {
            Ok((network, prefix_len)) if route.dwIfIndex != 0 && source & mask_of(prefix_len) == network => {
                Ok(Some(Route {
                    if_index: route.dwIfIndex,
                    gateway: u32::from_be(route.dwGateway),
                    network,
                    prefix_len,
                    protocol: if route.dwProtocol == 0 { PROTOCOL_OTHER } else { route.dwProtocol },
                }))
            }
            _ => Err(ForwarderError::System {
                errno: ERROR_INVALID_PARAMETER.cast_signed(),
                doing: "a route from the program's own forwarder that is not to the source",
            }),
        }
    }

    fn statistics(&mut self, source: u32, group: u32) -> EntryStatistics {
        let MGM_HOST_FORWARDER { pvContext: context, pfnGetStatistics: Some(get), .. } = self.functions else {
            return EntryStatistics::default();
        };
        let mut counted = MGM_HOST_STATISTICS { ullPackets: 0, ullBytes: 0, ullWrongInterface: 0, ullQueueOverflow: 0 };
        // SAFETY: as above; the structure is a local one.
        inside(|| unsafe { get(context, source.to_be(), group.to_be(), &raw mut counted) });
        EntryStatistics {
            packets: counted.ullPackets,
            bytes: counted.ullBytes,
            wrong_interface: counted.ullWrongInterface,
            queue_overflow: counted.ullQueueOverflow,
        }
    }

    fn oif_statistics(&mut self, source: u32, group: u32, oif: InterfaceKey) -> OifStatistics {
        let MGM_HOST_FORWARDER { pvContext: context, pfnGetOifStatistics: Some(get), .. } = self.functions else {
            return OifStatistics::default();
        };
        let mut counted = MGM_HOST_OIF_STATISTICS { ullPackets: 0, ullTtlTooLow: 0 };
        let (source, group, next_hop) = (source.to_be(), group.to_be(), oif.next_hop.to_be());
        // SAFETY: as above; the structure is a local one.
        inside(|| unsafe { get(context, source, group, oif.if_index, next_hop, &raw mut counted) });
        OifStatistics { packets: counted.ullPackets, ttl_too_low: counted.ullTtlTooLow }
    }

    /// Its reports name their interface themselves.
    fn arrival(&self, _vif: u16) -> Option<Arrival> {
        None
    }
}
