//! The host interface: what the process that holds the manager calls. On Windows
//! the router process does this by itself.

use super::ENGINE;
use super::base::{DWORD, PBYTE, PVOID};
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::host_types::{
    MGM_HOST_CLOCK_MANUAL, MGM_HOST_CLOCK_SYSTEM, MGM_HOST_COUNTERS, MGM_HOST_FOREIGN_KEEP, MGM_HOST_FOREIGN_REMOVE,
    MGM_HOST_FORWARDER_LINUX, MGM_HOST_FORWARDER_MEMORY, MGM_HOST_FORWARDER_OWN, MGM_HOST_OPTIONS, MGM_HOST_RECONCILED,
    MGM_HOST_ROUTE, PMGM_HOST_COUNTERS, PMGM_HOST_FINDING_CALLBACK, PMGM_HOST_LOG_CALLBACK, PMGM_HOST_OPTIONS,
    PMGM_HOST_RECONCILED, PMGM_HOST_ROUTE,
};
use super::pointer::Place;
use crate::engine::{Counters, ForwarderKind, Level, LogSink, Options, Reconciled};
use crate::findings::Finding;
use crate::forwarder::{InterfaceKey, PROTOCOL_OTHER, Route};
use crate::manager::{Error, Flow};
use std::ffi::c_char;
use std::time::Duration;

/// The kernel's default multicast routing table.
const DEFAULT_TABLE: DWORD = 253;
/// The most bytes an IPv4 packet has.
const MAX_PACKET: DWORD = 65_535;

/// The version of the library.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @return A static text such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostGetVersion() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Fills in the options that the manager starts with by itself: the defaults (memory
/// forwarder, table 253, warnings logged, system clock, 1,000,000 MFEs, foreign entries
/// removed), changed by the environment variables MGM_FORWARDER (memory, linux), MGM_TABLE
/// and MGM_RPF_TABLE (numbers), MGM_LOG (off, error, warn, info, debug) and MGM_FOREIGN
/// (remove, keep). A bad value of a variable is ignored with a warning in the log.
///
/// @param pOptions Its dwSize says how much of it to fill; dwSize itself is not changed.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer or a bad dwSize.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostGetDefaultOptions(pOptions: PMGM_HOST_OPTIONS) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: dwSize bytes to read and write.
        let place = unsafe { Counted::options(pOptions) }?;
        place.write(&from_options(&ENGINE.options_from_environment()));
        Ok(())
    })
}

/// Starts the manager. Without this call the first registration starts it, with the
/// options that MgmHostGetDefaultOptions gives.
///
/// @param pOptions The options; not kept. NULL is the same as those of
/// MgmHostGetDefaultOptions. Members beyond dwSize are as those say.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_ALREADY_EXISTS The manager is started, by this function or a
/// registration.
///
/// @retval ERROR_INVALID_PARAMETER A bad dwSize, an option out of its range, or
/// MGM_HOST_FORWARDER_OWN without a forwarder (MgmHostSetForwarder).
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder cannot be used (another process holds the
/// kernel table, no permission, not Linux: the log says which).
///
/// @par Example
///
/// ```c
/// #include <mgmhost.h>
/// #include <stdio.h>
///
/// int main(void) {
///     MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
///     DWORD error = MgmHostGetDefaultOptions(&options);
///     if (error == NO_ERROR) {
///         options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
///         options.dwMaxEntries = 5000;
///         error = MgmHostStart(&options);
///     }
///     if (error != NO_ERROR) {
///         fprintf(stderr, "cannot start: error %u\n", error);
///         return 1;
///     }
///     printf("started\n");
///     // Protocols register here, and deregister.
///     return MgmHostStop() == NO_ERROR ? 0 : 1;
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostStart(pOptions: PMGM_HOST_OPTIONS) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        if pOptions.is_null() {
            return ENGINE.start(None);
        }
        // SAFETY: not NULL, so as the header asks: dwSize bytes to read.
        let place = unsafe { Counted::options(pOptions) }?;
        let mut options = from_options(&ENGINE.options_from_environment());
        place.read(&mut options);
        ENGINE.start(Some(to_options(&options)?))
    })
}

/// Stops the manager: MFEs, routes, clock, counters and options are forgotten, and the
/// kernel table is given back. The log callback stays.
///
/// @par Threads
/// Any thread.
///
/// @retval NO_ERROR Done, also when it was not started.
///
/// @retval ERROR_CAN_NOT_COMPLETE A protocol is registered, nothing changed.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostStop() -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.stop())
}

/// Says where the log goes. How much is logged is an option.
///
/// @param pfnLog The callback; NULL for standard error, which is the default. After a
/// change the old one may still be running on another thread.
///
/// @param pvContext Passed to the callback, otherwise not used.
///
/// @par Threads
/// Any thread, at any time, also before the start and inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @par Example
///
/// ```c
/// #include <mgmhost.h>
/// #include <stdio.h>
///
/// static void MGM_CALL log_line(PVOID file, DWORD level, const char *message) {
///     fprintf(file, "%s%s\n", level <= MGM_HOST_LOG_WARN ? "warning: " : "", message);
/// }
///
/// int main(void) {
///     MgmHostSetLog(log_line, stderr);
///     DWORD error = MgmHostStart(NULL);
///     // ...
///     return error == NO_ERROR ? (int)MgmHostStop() : 1;
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostSetLog(pfnLog: PMGM_HOST_LOG_CALLBACK, pvContext: PVOID) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: the header asks for a function that may be called with the context on
        // any thread, and returns normally.
        ENGINE.set_log(pfnLog.map(|function| unsafe { LogSink::from_c(function, pvContext) }));
        Ok(())
    })
}

/// Adds a route to the memory forwarder, or replaces the one with this network and mask.
/// MFEs it touches are evaluated anew before the call returns.
///
/// @param pRoute The route; not kept.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, a mask that is not contiguous, network
/// bits outside the mask, dwIfIndex 0.
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the memory one, or memory ran out.
///
/// @par Example
/// `wan` is the index of an interface.
///
/// ```c
/// MGM_HOST_ROUTE route = {.dwNetwork = inet_addr("10.7.0.0"),
///                         .dwMask = inet_addr("255.255.0.0"),
///                         .dwIfIndex = wan,
///                         .dwGateway = inet_addr("10.0.0.254"),
///                         .dwProtocol = PROTO_IP_OSPF};
/// DWORD error = MgmHostAddRoute(&route);
/// printf("route: %u\n", error);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostAddRoute(pRoute: PMGM_HOST_ROUTE) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: a structure to read.
        let route = unsafe { Place::new(pRoute) }?.get();
        let (network, prefix_len) = prefix(&route)?;
        ENGINE.add_route(Route {
            if_index: route.dwIfIndex,
            gateway: u32::from_be(route.dwGateway),
            network,
            prefix_len,
            protocol: if route.dwProtocol == 0 { PROTOCOL_OTHER } else { route.dwProtocol },
        })
    })
}

/// Deletes a route of the memory forwarder. MFEs it touches are evaluated anew before the
/// call returns.
///
/// @param pRoute Its dwNetwork and dwMask say which; not kept.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, a mask that is not contiguous, network
/// bits outside the mask.
///
/// @retval ERROR_NOT_FOUND No such route.
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the memory one.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostDeleteRoute(pRoute: PMGM_HOST_ROUTE) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: a structure to read.
        let (network, prefix_len) = prefix(&unsafe { Place::new(pRoute) }?.get())?;
        ENGINE.delete_route(network, prefix_len)
    })
}

/// Tells the memory forwarder that an IPv4 multicast packet arrived. If there is no MFE
/// for it, one is made before the call returns, with the callbacks that belong to it.
/// Nothing is sent anywhere: the forwarder counts.
///
/// With the program's own forwarder (MgmHostSetForwarder): tells the manager of a packet for
/// which the forwarder has no entry, so that one is made, or which arrived on another
/// interface than its entry's, so that the owner of that interface gets a WRONG_IF alert:
/// the forwarder does well to report those of one entry once in three seconds at most. The
/// packet itself stays with the forwarder, which may keep it until the entry is installed.
/// If there is to be none, pfnRemoveEntry is called.
///
/// @param dwIfIndex,dwIfNextHopAddr The interface it arrived on, and the next hop it came
/// from on a point-to-multipoint link, network byte order, else 0.
///
/// @param pbPacket The packet from its IP header on; only read, and not kept.
///
/// @param dwSize Its size in bytes.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done, also when the packet was dropped (see the counters).
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, no well-formed IPv4 packet, or no
/// multicast destination.
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder is the kernel's, or one of the program's own
/// that is not in use: neither MgmHostStart was called nor is a protocol registered.
///
/// @par Example
/// `wan` is the index of an interface.
///
/// ```c
/// // A UDP datagram without data, from 10.0.0.5 to 239.1.1.1 with TTL 16.
/// BYTE packet[] = {0x45, 0, 0, 28, 0, 1, 0, 0, 16, 17, 0xb0, 0xc9, 10, 0, 0, 5,
///                  239, 1, 1, 1, 0x9c, 0x40, 0x13, 0x88, 0, 8, 0, 0};
/// MGM_HOST_COUNTERS counters = {.dwSize = sizeof counters};
/// DWORD error = MgmHostReceivePacket(wan, 0, packet, sizeof packet);
/// if (error == NO_ERROR && MgmHostGetCounters(&counters) == NO_ERROR)
///     printf("%llu packets forwarded\n", (unsigned long long)counters.ullPacketsForwarded);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostReceivePacket(
    dwIfIndex: DWORD,
    dwIfNextHopAddr: DWORD,
    pbPacket: PBYTE,
    dwSize: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        if pbPacket.is_null() || dwSize > MAX_PACKET {
            return Err(Error::InvalidParameter);
        }
        // SAFETY: not NULL, and the header asks for dwSize bytes to read, which nobody
        // writes during the call.
        let packet = unsafe { std::slice::from_raw_parts(pbPacket, dwSize as usize) };
        let next_hop = u32::from_be(dwIfNextHopAddr);
        ENGINE.receive(InterfaceKey { if_index: dwIfIndex, next_hop }, packet)
    })
}

/// Moves the manual clock. All that falls due runs, in its order, on this thread before
/// the call returns.
///
/// @param dwMilliseconds By how much.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_CAN_NOT_COMPLETE The clock is not manual.
///
/// @par Example
///
/// ```c
/// #include <mgmhost.h>
/// #include <stdio.h>
///
/// int main(void) {
///     MGM_HOST_OPTIONS options = {.dwSize = sizeof options};
///     MgmHostGetDefaultOptions(&options);
///     options.dwForwarder = MGM_HOST_FORWARDER_MEMORY;
///     options.dwClock = MGM_HOST_CLOCK_MANUAL;
///     if (MgmHostStart(&options) != NO_ERROR)
///         return 1;
///     // A quarter of an hour: the lifetime of an MFE.
///     DWORD error = MgmHostAdvanceClock(15 * 60 * 1000);
///     printf("advanced: %u\n", error);
///     return (int)MgmHostStop();
/// }
/// ```
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostAdvanceClock(dwMilliseconds: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.advance(dwMilliseconds))
}

/// Reads the counters.
///
/// @param pCounters Its dwSize says how much of it to fill.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer or a bad dwSize.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostGetCounters(pCounters: PMGM_HOST_COUNTERS) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: dwSize bytes to read and write.
        let place = unsafe { Counted::counters(pCounters) }?;
        place.write(&from_counters(&ENGINE.counters()));
        Ok(())
    })
}

/// Looks for what stops traffic, on the whole router and, if one is given, that of a flow.
/// Looks only: nothing is changed. With the kernel forwarder, or before the manager is
/// started, the kernel is looked at: its options, sysctls, links, rules, table and entry.
/// Without a started manager the interfaces are those of the kernel's table, that which
/// MGM_TABLE names or 253, whoever holds it. Everything is looked at in the network
/// namespace of the calling thread. docs/diagnosis.md explains each finding.
///
/// @param dwSource,dwGroup The flow, network byte order; both 0: the whole router.
///
/// @param dwMilliseconds For how long packets may be watched before the call returns.
/// What arrives, with which TTL, and what leaves, is only known that way; it needs
/// CAP_NET_RAW, without which counters are compared. 0: not at all.
///
/// @param pfnFinding Called for each finding, before the call returns. None means that
/// nothing was found, not that nothing is wrong.
///
/// @param pvContext Passed to the callback, otherwise not used.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done, whatever was found.
///
/// @retval ERROR_INVALID_PARAMETER A NULL callback, no multicast group, or only one
/// address 0.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, the callback may have been called.
///
/// @par Example
///
/// ```c
/// #include <arpa/inet.h>
/// #include <mgmhost.h>
/// #include <stdio.h>
///
/// static void MGM_CALL found(PVOID problems, DWORD severity, DWORD code, DWORD if_index,
///                            const char *text) {
///     if (severity == MGM_HOST_SEVERITY_PROBLEM)
///         ++*(int *)problems;
///     fprintf(stderr, "%u: %s\n", code, text);
/// }
///
/// int main(void) {
///     int problems = 0;
///     DWORD error = MgmHostDiagnose(inet_addr("10.0.0.5"), inet_addr("239.1.1.1"), 0, found,
///                                   &problems);
///     return error == NO_ERROR && problems > 0 ? 0 : 1;
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostDiagnose(
    dwSource: DWORD,
    dwGroup: DWORD,
    dwMilliseconds: DWORD,
    pfnFinding: PMGM_HOST_FINDING_CALLBACK,
    pvContext: PVOID,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let callback = pfnFinding.ok_or(Error::InvalidParameter)?;
        let flow = match (u32::from_be(dwSource), u32::from_be(dwGroup)) {
            (0, 0) => None,
            (0, _) => return Err(Error::InvalidParameter),
            (source, group) => Some(Flow { source, group }),
        };
        let mut tell = |finding: &Finding| {
            let text = finding.text.as_c_str().as_ptr();
            // SAFETY: the caller gave function and context for each other; the text is
            // NUL-terminated and lives during the call.
            unsafe { callback(pvContext, finding.severity as u32, finding.code as u32, finding.if_index, text) };
        };
        ENGINE.diagnose(flow, Duration::from_millis(dwMilliseconds.into()), &mut tell)
    })
}

/// Compares the kernel's multicast routing table with the MFEs and the interfaces held,
/// entry by entry, and makes it what it should be: MFEs that are missing or different are
/// repaired, VIFs are put back, and what other programs put there is removed, or kept as
/// dwForeign says. Happens by itself at the start, and when the kernel's reports of
/// changes were lost. Other calls go on meanwhile.
///
/// @param pResult Gets what was found; its dwSize says how much of it to fill. May be
/// NULL.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad dwSize.
///
/// @retval ERROR_CAN_NOT_COMPLETE The forwarder is not the Linux one, it has no table (no
/// protocol is registered), the table could not be read or an entry not repaired (the log
/// says why), or memory ran out.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostReconcile(pResult: PMGM_HOST_RECONCILED) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let place = if pResult.is_null() {
            None
        } else {
            // SAFETY: not NULL, so as the header asks: dwSize bytes to read and write.
            Some(unsafe { Counted::reconciled(pResult) }?)
        };
        let result = ENGINE.reconcile()?;
        if let Some(place) = place {
            place.write(&from_reconciled(&result));
        }
        Ok(())
    })
}

/// A structure of the caller that begins with its size, which may be another than ours.
struct Counted<T> {
    at: *mut T,
    /// How many bytes both sides know.
    bytes: usize,
}

impl Counted<MGM_HOST_OPTIONS> {
    /// # Safety
    /// `at` is NULL or valid for as many bytes as its dwSize says.
    unsafe fn options(at: PMGM_HOST_OPTIONS) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        let size = unsafe { size_at(at.cast()) }?;
        // More than we know would be options that we cannot heed.
        if !(8..=size_of::<MGM_HOST_OPTIONS>()).contains(&size) || size % 4 != 0 {
            return Err(Error::InvalidParameter);
        }
        Ok(Self { at, bytes: size })
    }

    /// Copies in what the caller knows.
    fn read(&self, value: &mut MGM_HOST_OPTIONS) {
        // SAFETY: as in `write`; any bytes are valid options.
        unsafe {
            let to = std::ptr::from_mut(value).cast::<u8>();
            std::ptr::copy_nonoverlapping(self.at.cast(), to, self.bytes);
        }
    }
}

impl Counted<MGM_HOST_RECONCILED> {
    /// # Safety
    /// `at` is NULL or valid for as many bytes as its dwSize says.
    unsafe fn reconciled(at: PMGM_HOST_RECONCILED) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        let size = unsafe { size_at(at.cast()) }?;
        if size < 8 || size % 4 != 0 {
            return Err(Error::InvalidParameter);
        }
        Ok(Self { at, bytes: size.min(size_of::<MGM_HOST_RECONCILED>()) })
    }
}

impl Counted<MGM_HOST_COUNTERS> {
    /// # Safety
    /// `at` is NULL or valid for as many bytes as its dwSize says.
    unsafe fn counters(at: PMGM_HOST_COUNTERS) -> Result<Self, Error> {
        // SAFETY: the caller's promise.
        let size = unsafe { size_at(at.cast()) }?;
        if size < 8 || size % 8 != 0 {
            return Err(Error::InvalidParameter);
        }
        Ok(Self { at, bytes: size.min(size_of::<MGM_HOST_COUNTERS>()) })
    }
}

impl<T: Copy> Counted<T> {
    /// Copies out what the caller knows; dwSize becomes the number of bytes.
    fn write(&self, value: &T) {
        // SAFETY: `bytes` is at most the size of either side; the constructors' callers
        // promised the memory. No alignment is assumed.
        unsafe {
            let from = std::ptr::from_ref(value).cast::<u8>();
            std::ptr::copy_nonoverlapping(from, self.at.cast(), self.bytes);
            self.at.cast::<DWORD>().write_unaligned(self.bytes as DWORD);
        }
    }
}

/// The dwSize at the start of a structure.
///
/// # Safety
/// `at` is NULL or readable.
unsafe fn size_at(at: *mut DWORD) -> Result<usize, Error> {
    // SAFETY: the caller's promise.
    Ok(unsafe { Place::new(at) }?.get() as usize)
}

fn from_options(options: &Options) -> MGM_HOST_OPTIONS {
    MGM_HOST_OPTIONS {
        dwSize: size_of::<MGM_HOST_OPTIONS>() as DWORD,
        dwForwarder: match options.forwarder {
            ForwarderKind::Memory => MGM_HOST_FORWARDER_MEMORY,
            ForwarderKind::Linux => MGM_HOST_FORWARDER_LINUX,
            ForwarderKind::Own => MGM_HOST_FORWARDER_OWN,
        },
        dwTable: options.table,
        dwLogLevel: options.log_level as DWORD,
        dwClock: if options.manual_clock { MGM_HOST_CLOCK_MANUAL } else { MGM_HOST_CLOCK_SYSTEM },
        dwMaxEntries: options.max_entries,
        dwForeign: if options.keep_foreign { MGM_HOST_FOREIGN_KEEP } else { MGM_HOST_FOREIGN_REMOVE },
        dwRpfTable: options.rpf_table,
    }
}

fn to_options(options: &MGM_HOST_OPTIONS) -> Result<Options, Error> {
    let forwarder = match options.dwForwarder {
        MGM_HOST_FORWARDER_MEMORY => ForwarderKind::Memory,
        MGM_HOST_FORWARDER_LINUX => ForwarderKind::Linux,
        MGM_HOST_FORWARDER_OWN => ForwarderKind::Own,
        _ => return Err(Error::InvalidParameter),
    };
    let manual_clock = match options.dwClock {
        MGM_HOST_CLOCK_SYSTEM => false,
        MGM_HOST_CLOCK_MANUAL => true,
        _ => return Err(Error::InvalidParameter),
    };
    let keep_foreign = match options.dwForeign {
        MGM_HOST_FOREIGN_REMOVE => false,
        MGM_HOST_FOREIGN_KEEP => true,
        _ => return Err(Error::InvalidParameter),
    };
    let log_level = Level::from_number(options.dwLogLevel).ok_or(Error::InvalidParameter)?;
    let table = if options.dwTable == 0 { DEFAULT_TABLE } else { options.dwTable };
    let (max_entries, rpf_table) = (options.dwMaxEntries, options.dwRpfTable);
    Ok(Options { forwarder, table, rpf_table, log_level, manual_clock, max_entries, keep_foreign })
}

/// A route's network and prefix length; the engine checks that they fit together.
fn prefix(route: &MGM_HOST_ROUTE) -> Result<(u32, u8), Error> {
    prefix_of(route.dwNetwork, route.dwMask)
}

/// A network in network byte order, and its prefix length.
pub(super) fn prefix_of(network: DWORD, mask: DWORD) -> Result<(u32, u8), Error> {
    let (network, mask) = (u32::from_be(network), u32::from_be(mask));
    let len = mask.leading_ones();
    if mask.count_ones() != len {
        return Err(Error::InvalidParameter);
    }
    // At most 32.
    Ok((network, len as u8))
}

fn from_reconciled(result: &Reconciled) -> MGM_HOST_RECONCILED {
    MGM_HOST_RECONCILED {
        dwSize: size_of::<MGM_HOST_RECONCILED>() as DWORD,
        dwEntries: result.entries,
        dwRepaired: result.repaired,
        dwForeign: result.foreign,
        dwInterfaces: result.interfaces,
    }
}

fn from_counters(counters: &Counters) -> MGM_HOST_COUNTERS {
    MGM_HOST_COUNTERS {
        dwSize: size_of::<MGM_HOST_COUNTERS>() as DWORD,
        dwClients: counters.clients,
        dwInterfaces: counters.interfaces,
        dwMemberships: counters.memberships,
        dwEntries: counters.entries,
        dwReserved: 0,
        ullPacketsWithoutEntry: counters.packets_without_entry,
        ullPacketsForwarded: counters.packets_forwarded,
        ullPacketsDropped: counters.packets_dropped,
        ullDroppedScope: counters.dropped_scope,
        ullDroppedLimit: counters.dropped_limit,
        ullDroppedMemory: counters.dropped_memory,
        ullDroppedBusy: counters.dropped_busy,
        ullWrongInterface: counters.wrong_interface,
        ullAlerts: counters.alerts,
        ullDirectCallbacks: counters.direct_callbacks,
        ullSlowCallbacks: counters.slow_callbacks,
        ullRenewed: counters.renewed,
        ullExpired: counters.expired,
        ullForwarderErrors: counters.forwarder_errors,
        ullEventsLost: counters.events_lost,
        ullLogLost: counters.log_lost,
        ullEntriesRepaired: counters.entries_repaired,
        ullForeignEntries: counters.foreign_entries,
        ullInterfacesRepaired: counters.interfaces_repaired,
        ullReconciled: counters.reconciled,
        ullReportsSkipped: counters.reports_skipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: MGM_HOST_OPTIONS = MGM_HOST_OPTIONS {
        dwSize: 32,
        dwForwarder: MGM_HOST_FORWARDER_LINUX,
        dwTable: 0,
        dwLogLevel: 4,
        dwClock: MGM_HOST_CLOCK_MANUAL,
        dwMaxEntries: 10,
        dwForeign: MGM_HOST_FOREIGN_KEEP,
        dwRpfTable: 77,
    };

    #[test]
    fn options_come_through() {
        let options = to_options(&OPTIONS).unwrap();
        let expected = Options {
            forwarder: ForwarderKind::Linux,
            table: 253,
            rpf_table: 77,
            log_level: Level::Debug,
            manual_clock: true,
            max_entries: 10,
            keep_foreign: true,
        };
        assert!(options == expected);
        assert_eq!(from_options(&expected), MGM_HOST_OPTIONS { dwTable: 253, ..OPTIONS });
    }

    #[test]
    fn options_out_of_range_are_refused() {
        for wrong in [
            MGM_HOST_OPTIONS { dwForwarder: 3, ..OPTIONS },
            MGM_HOST_OPTIONS { dwLogLevel: 5, ..OPTIONS },
            MGM_HOST_OPTIONS { dwClock: 2, ..OPTIONS },
            MGM_HOST_OPTIONS { dwForeign: 2, ..OPTIONS },
        ] {
            assert!(to_options(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn sizes_of_other_versions() {
        let mut options = MGM_HOST_OPTIONS { dwSize: 8, ..OPTIONS };
        for (size, good) in [(0, false), (4, false), (8, true), (10, false), (24, true), (32, true), (36, false)] {
            options.dwSize = size;
            // SAFETY: no more than the size is looked at here.
            assert_eq!(unsafe { Counted::options(&raw mut options) }.is_ok(), good, "{size}");
        }
        options.dwSize = 8;
        // SAFETY: a local structure.
        let place = unsafe { Counted::options(&raw mut options) }.unwrap();
        place.write(&MGM_HOST_OPTIONS { dwSize: 24, dwForwarder: 0, dwMaxEntries: 99, ..OPTIONS });
        assert_eq!((options.dwSize, options.dwForwarder, options.dwMaxEntries), (8, 0, 10));
        let mut read = MGM_HOST_OPTIONS { dwForwarder: 7, dwMaxEntries: 1, ..OPTIONS };
        place.read(&mut read);
        assert_eq!((read.dwForwarder, read.dwMaxEntries), (0, 1));
    }

    #[test]
    fn counters_fill_what_the_caller_knows() {
        let counters = from_counters(&Counters { clients: 3, log_lost: 9, ..Counters::default() });
        let mut room = [MGM_HOST_COUNTERS { ullLogLost: 1, ..counters }; 2];
        for (size, lost, after) in [(8, 1, 8), (144, 1, 144), (152, 9, 152), (160, 9, 160), (384, 9, 192)] {
            room[0] = MGM_HOST_COUNTERS { dwSize: size, dwClients: 0, ullLogLost: 1, ..counters };
            // SAFETY: the sizes are those of the room at most.
            let place = unsafe { Counted::counters(room.as_mut_ptr()) }.unwrap();
            place.write(&counters);
            assert_eq!((room[0].dwSize, room[0].dwClients), (after, 3));
            assert_eq!((room[0].ullLogLost, room[1].ullLogLost), (lost, 1));
        }
        for size in [0, 4, 12, 150] {
            room[0].dwSize = size;
            // SAFETY: no more than the size is looked at here.
            assert!(unsafe { Counted::counters(room.as_mut_ptr()) }.is_err(), "{size}");
        }
    }

    #[test]
    fn route_prefixes() {
        let route = |network: u32, mask: u32| MGM_HOST_ROUTE {
            dwNetwork: network.to_be(),
            dwMask: mask.to_be(),
            dwIfIndex: 1,
            dwGateway: 0,
            dwProtocol: 0,
        };
        assert_eq!(prefix(&route(0, 0)), Ok((0, 0)));
        assert_eq!(prefix(&route(0x0A00_0000, 0xFF00_0000)), Ok((0x0A00_0000, 8)));
        assert_eq!(prefix(&route(0x0A00_0001, u32::MAX)), Ok((0x0A00_0001, 32)));
        assert!(prefix(&route(0, 0xFF00_FF00)).is_err());
    }

    #[test]
    fn the_version_is_a_c_string() {
        // SAFETY: a static text with its NUL.
        let version = unsafe { std::ffi::CStr::from_ptr(MgmHostGetVersion()) };
        assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }
}
