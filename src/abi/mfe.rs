//! Reading multicast forwarding entries and their statistics, and setting an
//! upstream neighbour.

use super::ENGINE;
use super::base::{DWORD, HANDLE, PBYTE, PDWORD};
use super::buffer::Buffer;
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::mib::{
    MIB_IPMCAST_MFE, MIB_IPMCAST_MFE_STATS, MIB_IPMCAST_MFE_STATS_EX, MIB_IPMCAST_OIF, MIB_IPMCAST_OIF_STATS,
    PMIB_IPMCAST_MFE,
};
use super::pointer::Place;
use super::protocol::client;
use super::types::{MGM_MFE_STATS_0, MGM_MFE_STATS_1};
use crate::engine::StatisticsSource;
use crate::forwarder::{EntryStatistics, InterfaceKey};
use crate::manager::{Error, Flow, MfeView};
use std::mem::offset_of;

/// The mask of an entry's source.
const HOST_MASK: DWORD = DWORD::MAX;

/// Reads the MFE of one source and group.
///
/// @param pimm Its dwSource and dwGroup, network byte order, say which MFE. Other members
/// are not read; it may lie inside pbBuffer.
///
/// @param pdwBufferSize The size of the buffer in bytes. Receives the needed size with
/// ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
///
/// @param pbBuffer Receives a MIB_IPMCAST_MFE with all its outgoing interfaces:
/// SIZEOF_MIB_MFE(ulNumOutIf) bytes. It need not be aligned. NULL is allowed with
/// *pdwBufferSize 0, to learn the size.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @retval ERROR_NOT_FOUND No such MFE.
///
/// @retval ERROR_INSUFFICIENT_BUFFER The buffer is too small.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @par Example
///
/// ```c
/// MIB_IPMCAST_MFE which = {.dwGroup = inet_addr("239.1.1.1"),
///                          .dwSource = inet_addr("10.0.0.5")};
/// DWORD size = 0;
/// BYTE *buffer = NULL;
/// DWORD error = MgmGetMfe(&which, &size, NULL);
/// // Interfaces may join between two calls: ask until it fits.
/// while (error == ERROR_INSUFFICIENT_BUFFER) {
///     free(buffer);
///     buffer = malloc(size);
///     if (buffer == NULL)
///         break;
///     error = MgmGetMfe(&which, &size, buffer);
/// }
/// if (error == NO_ERROR) {
///     MIB_IPMCAST_MFE *mfe = (MIB_IPMCAST_MFE *)buffer;
///     printf("in %u, out", mfe->dwInIfIndex);
///     for (ULONG i = 0; i < mfe->ulNumOutIf; i++)
///         printf(" %u", mfe->rgmioOutInfo[i].dwOutIfIndex);
///     printf("\n");
/// }
/// free(buffer);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetMfe(pimm: PMIB_IPMCAST_MFE, pdwBufferSize: PDWORD, pbBuffer: PBYTE) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        let (key, mut buffer) = unsafe { (flow_at(pimm)?, Buffer::new(pdwBufferSize, pbBuffer)?) };
        ENGINE.mfe(key.source, key.group, |mfe| pack(&mut buffer, mfe, &mut Known::default()))?;
        Ok(buffer.single())
    })
}

/// Reads MFEs from the first one on, in ascending order of group, then source.
///
/// @param pdwBufferSize The size of the buffer in bytes. Receives the size of the first
/// MFE with ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
///
/// @param pbBuffer Receives as many whole MIB_IPMCAST_MFE as fit, one behind the other,
/// each with all its outgoing interfaces: SIZEOF_MIB_MFE(ulNumOutIf) bytes. It need not
/// be aligned. NULL is allowed with *pdwBufferSize 0, to learn the size.
///
/// @param pdwNumEntries Receives the number of MFEs in the buffer.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfe and the last one in
/// the buffer).
///
/// @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
///
/// @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
/// *pdwNumEntries is not written.
///
/// @par Example
///
/// ```c
/// _Alignas(MIB_IPMCAST_MFE) BYTE buffer[65536];
/// DWORD size = sizeof buffer, count = 0;
/// DWORD error = MgmGetFirstMfe(&size, buffer, &count);
/// while (error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS) {
///     MIB_IPMCAST_MFE *mfe = NULL;
///     BYTE *at = buffer;
///     for (DWORD i = 0; i < count; i++, at += SIZEOF_MIB_MFE(mfe->ulNumOutIf)) {
///         struct in_addr source, group;
///         mfe = (MIB_IPMCAST_MFE *)at;
///         source.s_addr = mfe->dwSource;
///         group.s_addr = mfe->dwGroup;
///         printf("(%s, ", inet_ntoa(source));
///         printf("%s)\n", inet_ntoa(group));
///     }
///     if (error == ERROR_NO_MORE_ITEMS)
///         break;
///     error = MgmGetNextMfe(mfe, &size, buffer, &count);
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetFirstMfe(pdwBufferSize: PDWORD, pbBuffer: PBYTE, pdwNumEntries: PDWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        unsafe { list(None, pdwBufferSize, pbBuffer, pdwNumEntries) }
    })
}

/// Reads the MFEs that follow a given one, in ascending order of group, then source.
///
/// @param pimmStart Its dwSource and dwGroup, network byte order, say after which MFE to
/// start; that MFE may be gone meanwhile. Other members are not read; it may lie inside
/// pbBuffer.
///
/// @param pdwBufferSize,pbBuffer,pdwNumEntries See MgmGetFirstMfe.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfe and the last one in
/// the buffer).
///
/// @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
///
/// @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
/// *pdwNumEntries is not written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetNextMfe(
    pimmStart: PMIB_IPMCAST_MFE,
    pdwBufferSize: PDWORD,
    pbBuffer: PBYTE,
    pdwNumEntries: PDWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        unsafe {
            let key = flow_at(pimmStart)?;
            list(Some(key), pdwBufferSize, pbBuffer, pdwNumEntries)
        }
    })
}

/// Reads the MFE of one source and group with its statistics.
///
/// @param pimm Its dwSource and dwGroup, network byte order, say which MFE. Other members
/// are not read; it may lie inside pbBuffer.
///
/// @param pdwBufferSize The size of the buffer in bytes. Receives the needed size with
/// ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
///
/// @param pbBuffer Receives the structure that dwFlags asks for, with all its outgoing
/// interfaces: SIZEOF_MIB_MFE_STATS(ulNumOutIf) or SIZEOF_MIB_MFE_STATS_EX(ulNumOutIf)
/// bytes. It need not be aligned. NULL is allowed with *pdwBufferSize 0, to learn the
/// size.
///
/// @param dwFlags MGM_MFE_STATS_0 for MIB_IPMCAST_MFE_STATS, MGM_MFE_STATS_1 for
/// MIB_IPMCAST_MFE_STATS_EX.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, or another dwFlags.
///
/// @retval ERROR_NOT_FOUND No such MFE.
///
/// @retval ERROR_INSUFFICIENT_BUFFER The buffer is too small.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @par Example
///
/// ```c
/// _Alignas(MIB_IPMCAST_MFE_STATS_EX) BYTE buffer[65536];
/// MIB_IPMCAST_MFE_STATS_EX *stats = (MIB_IPMCAST_MFE_STATS_EX *)buffer;
/// MIB_IPMCAST_MFE which = {.dwGroup = inet_addr("239.1.1.1"),
///                          .dwSource = inet_addr("10.0.0.5")};
/// DWORD size = sizeof buffer;
/// if (MgmGetMfeStats(&which, &size, buffer, MGM_MFE_STATS_1) == NO_ERROR)
///     printf("%u packets in, %u out\n", stats->ulInPkts, stats->ulTotalOutPackets);
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetMfeStats(
    pimm: PMIB_IPMCAST_MFE,
    pdwBufferSize: PDWORD,
    pbBuffer: PBYTE,
    dwFlags: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        let (key, mut buffer) = unsafe { (flow_at(pimm)?, Buffer::new(pdwBufferSize, pbBuffer)?) };
        let form = Form::from_flags(dwFlags)?;
        ENGINE.mfe_statistics(key.source, key.group, |mfe, source| form.pack(&mut buffer, mfe, source))?;
        Ok(buffer.single())
    })
}

/// Reads MFEs with their statistics from the first one on, in ascending order of group,
/// then source.
///
/// @param pdwBufferSize The size of the buffer in bytes. Receives the size of the first
/// MFE with ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
///
/// @param pbBuffer Receives as many whole structures of the kind that dwFlags asks for as
/// fit, one behind the other, each with all its outgoing interfaces. It need not be
/// aligned. NULL is allowed with *pdwBufferSize 0, to learn the size.
///
/// @param pdwNumEntries Receives the number of MFEs in the buffer.
///
/// @param dwFlags MGM_MFE_STATS_0 for MIB_IPMCAST_MFE_STATS, MGM_MFE_STATS_1 for
/// MIB_IPMCAST_MFE_STATS_EX.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfeStats and the last one
/// in the buffer).
///
/// @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
///
/// @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, or another dwFlags.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
/// *pdwNumEntries is not written.
///
/// @par Example
///
/// ```c
/// _Alignas(MIB_IPMCAST_MFE_STATS) BYTE buffer[65536];
/// DWORD size = sizeof buffer, count = 0;
/// DWORD error = MgmGetFirstMfeStats(&size, buffer, &count, MGM_MFE_STATS_0);
/// while (error == ERROR_MORE_DATA || error == ERROR_NO_MORE_ITEMS) {
///     MIB_IPMCAST_MFE_STATS *mfe = NULL;
///     BYTE *at = buffer;
///     for (DWORD i = 0; i < count; i++, at += SIZEOF_MIB_MFE_STATS(mfe->ulNumOutIf)) {
///         mfe = (MIB_IPMCAST_MFE_STATS *)at;
///         printf("%u packets, %u bytes\n", mfe->ulInPkts, mfe->ulInOctets);
///     }
///     if (error == ERROR_NO_MORE_ITEMS)
///         break;
///     // Source and group, all that is read of it, come first in both structures.
///     error = MgmGetNextMfeStats((MIB_IPMCAST_MFE *)mfe, &size, buffer, &count,
///                                MGM_MFE_STATS_0);
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetFirstMfeStats(
    pdwBufferSize: PDWORD,
    pbBuffer: PBYTE,
    pdwNumEntries: PDWORD,
    dwFlags: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        unsafe { list_statistics(None, pdwBufferSize, pbBuffer, pdwNumEntries, dwFlags) }
    })
}

/// Reads the MFEs that follow a given one with their statistics, in ascending order of
/// group, then source.
///
/// @param pimmStart Its dwSource and dwGroup, network byte order, say after which MFE to
/// start; that MFE may be gone meanwhile. Other members are not read; dwGroup and
/// dwSource come first in the statistics structures too, so it may be the last of those
/// in pbBuffer.
///
/// @param pdwBufferSize,pbBuffer,pdwNumEntries,dwFlags See MgmGetFirstMfeStats.
///
/// @par Threads
/// Needs no registration. Any thread, also inside a callback.
///
/// @retval ERROR_MORE_DATA MFEs follow (continue with MgmGetNextMfeStats and the last one
/// in the buffer).
///
/// @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
///
/// @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, or another dwFlags.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @return Never NO_ERROR. With ERROR_INVALID_PARAMETER and ERROR_CAN_NOT_COMPLETE
/// *pdwNumEntries is not written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGetNextMfeStats(
    pimmStart: PMIB_IPMCAST_MFE,
    pdwBufferSize: PDWORD,
    pbBuffer: PBYTE,
    pdwNumEntries: PDWORD,
    dwFlags: DWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        unsafe {
            let key = flow_at(pimmStart)?;
            list_statistics(Some(key), pdwBufferSize, pbBuffer, pdwNumEntries, dwFlags)
        }
    })
}

/// Sets the upstream neighbour of an MFE.
///
/// @param hProtocol The handle from MgmRegisterMProtocol; any registered protocol may set
/// it.
///
/// @param pimm Its dwSource and dwGroup say which MFE; its dwUpStrmNgbr is stored. All in
/// network byte order. Other members are not read.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle or a NULL pointer.
///
/// @retval ERROR_NOT_FOUND No such MFE.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
///
/// @par Example
/// `protocol` is the handle of a registration.
///
/// ```c
/// MIB_IPMCAST_MFE mfe = {.dwGroup = inet_addr("239.1.1.1"),
///                        .dwSource = inet_addr("10.0.0.5"),
///                        .dwUpStrmNgbr = inet_addr("10.0.0.254")};
/// printf("set: %u\n", MgmSetMfe(protocol, &mfe));
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmSetMfe(hProtocol: HANDLE, pimm: PMIB_IPMCAST_MFE) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks.
        let (key, upstream) = unsafe {
            let key = flow_at(pimm)?;
            (key, Place::new(&raw mut (*pimm).dwUpStrmNgbr)?.get())
        };
        let id = client(hProtocol)?;
        ENGINE.set_upstream(id, key.source, key.group, u32::from_be(upstream))
    })
}

/// The source and group in a caller's structure. Only these two members are read: it may
/// be one of another kind that begins with them, unaligned, and end behind them.
///
/// # Safety
/// `mfe` is NULL or its dwSource and dwGroup are readable.
unsafe fn flow_at(mfe: PMIB_IPMCAST_MFE) -> Result<Flow, Error> {
    if mfe.is_null() {
        return Err(Error::InvalidParameter);
    }
    // SAFETY: not NULL, so the members are readable; nothing else is touched.
    let (source, group) =
        unsafe { (Place::new(&raw mut (*mfe).dwSource)?.get(), Place::new(&raw mut (*mfe).dwGroup)?.get()) };
    Ok(Flow { source: u32::from_be(source), group: u32::from_be(group) })
}

/// MgmGetFirstMfe and MgmGetNextMfe.
///
/// # Safety
/// As [`Buffer::new`], and `entries` is NULL or writable.
unsafe fn list(after: Option<Flow>, size: PDWORD, bytes: PBYTE, entries: PDWORD) -> Result<DWORD, Error> {
    // SAFETY: the caller's promise.
    let (mut buffer, entries) = unsafe { (Buffer::new(size, bytes)?, Place::new(entries)?) };
    let mut iif = Known::default();
    ENGINE.mfes(after, &mut |mfe| pack(&mut buffer, mfe, &mut iif));
    Ok(buffer.list(entries))
}

/// MgmGetFirstMfeStats and MgmGetNextMfeStats.
///
/// # Safety
/// As [`Buffer::new`], and `entries` is NULL or writable.
unsafe fn list_statistics(
    after: Option<Flow>,
    size: PDWORD,
    bytes: PBYTE,
    entries: PDWORD,
    flags: DWORD,
) -> Result<DWORD, Error> {
    // SAFETY: the caller's promise.
    let (mut buffer, entries) = unsafe { (Buffer::new(size, bytes)?, Place::new(entries)?) };
    let form = Form::from_flags(flags)?;
    ENGINE.mfes_statistics(after, &mut |mfe, source| form.pack(&mut buffer, mfe, source));
    Ok(buffer.list(entries))
}

/// The protocol of the iif that was met last, in one call: the MFEs of a table have few.
#[derive(Default)]
struct Known(Option<(InterfaceKey, u32)>);

impl Known {
    fn protocol(&mut self, mfe: &MfeView<'_>) -> u32 {
        match self.0 {
            Some((iif, protocol)) if iif == mfe.iif() => protocol,
            _ => self.0.insert((mfe.iif(), mfe.iif_protocol())).1,
        }
    }
}

/// Writes an MFE without statistics; false when it does not fit.
fn pack(buffer: &mut Buffer, mfe: &MfeView<'_>, iif: &mut Known) -> bool {
    const FIXED: usize = offset_of!(MIB_IPMCAST_MFE, rgmioOutInfo);
    const PART: usize = size_of::<MIB_IPMCAST_OIF>();
    let oifs = mfe.oif_count();
    let Some(mut room) = buffer.entry(FIXED, PART, oifs) else { return false };
    let no_oif = MIB_IPMCAST_OIF { dwOutIfIndex: 0, dwNextHopAddr: 0, dwReserved: 0, dwReserved1: 0 };
    let fixed = MIB_IPMCAST_MFE {
        dwGroup: mfe.group().to_be(),
        dwSource: mfe.source().to_be(),
        dwSrcMask: HOST_MASK,
        dwUpStrmNgbr: mfe.upstream().to_be(),
        dwInIfIndex: mfe.iif().if_index,
        dwInIfProtocol: iif.protocol(mfe),
        dwRouteProtocol: mfe.route_protocol(),
        dwRouteNetwork: mfe.route_network().to_be(),
        dwRouteMask: mfe.route_mask().to_be(),
        ulUpTime: saturate(mfe.up_time_ms() / 1000),
        ulExpiryTime: saturate(mfe.expires_in_ms().div_ceil(1000)),
        ulTimeOut: mfe.timeout_s(),
        ulNumOutIf: saturate(oifs as u64),
        fFlags: 0,
        dwReserved: 0,
        rgmioOutInfo: [no_oif],
    };
    room.put(0, &fixed, FIXED);
    for (i, oif) in mfe.oifs().enumerate() {
        let part = MIB_IPMCAST_OIF { dwOutIfIndex: oif.if_index, dwNextHopAddr: oif.next_hop.to_be(), ..no_oif };
        room.put(FIXED + i * PART, &part, PART);
    }
    true
}

/// The two structures of statistics.
#[derive(Clone, Copy)]
enum Form {
    Basic,
    Extended,
}

impl Form {
    fn from_flags(flags: DWORD) -> Result<Self, Error> {
        match flags {
            MGM_MFE_STATS_0 => Ok(Self::Basic),
            MGM_MFE_STATS_1 => Ok(Self::Extended),
            _ => Err(Error::InvalidParameter),
        }
    }

    /// The size without outgoing interfaces.
    fn fixed(self) -> usize {
        match self {
            Self::Basic => offset_of!(MIB_IPMCAST_MFE_STATS, rgmiosOutStats),
            Self::Extended => offset_of!(MIB_IPMCAST_MFE_STATS_EX, rgmiosOutStats),
        }
    }

    /// Writes an MFE with statistics; false when it does not fit.
    fn pack(self, buffer: &mut Buffer, mfe: &MfeView<'_>, source: &mut dyn StatisticsSource) -> bool {
        const PART: usize = size_of::<MIB_IPMCAST_OIF_STATS>();
        let Some(mut room) = buffer.entry(self.fixed(), PART, mfe.oif_count()) else { return false };
        // Asked only now: it costs the forwarder a system call.
        let statistics = source.entry();
        let mut total = 0_u64;
        for (i, oif) in mfe.oifs().enumerate() {
            let counted = source.oif(oif);
            total = total.wrapping_add(counted.packets);
            let part = MIB_IPMCAST_OIF_STATS {
                dwOutIfIndex: oif.if_index,
                dwNextHopAddr: oif.next_hop.to_be(),
                ulTtlTooLow: counted.ttl_too_low as u32,
                ulOutPackets: counted.packets as u32,
                ..NO_OIF
            };
            room.put(self.fixed() + i * PART, &part, PART);
        }
        let all = extended(mfe, &statistics, total);
        match self {
            Self::Basic => room.put(0, &basic(&all), self.fixed()),
            Self::Extended => room.put(0, &all, self.fixed()),
        }
        true
    }
}

const NO_OIF: MIB_IPMCAST_OIF_STATS = MIB_IPMCAST_OIF_STATS {
    dwOutIfIndex: 0,
    dwNextHopAddr: 0,
    dwDialContext: 0,
    ulTtlTooLow: 0,
    ulFragNeeded: 0,
    ulOutPackets: 0,
    ulOutDiscards: 0,
};

/// The fixed part with all statistics; the casts are the modulo 2^32 of the MIB.
fn extended(mfe: &MfeView<'_>, statistics: &EntryStatistics, out: u64) -> MIB_IPMCAST_MFE_STATS_EX {
    MIB_IPMCAST_MFE_STATS_EX {
        dwGroup: mfe.group().to_be(),
        dwSource: mfe.source().to_be(),
        dwSrcMask: HOST_MASK,
        dwUpStrmNgbr: mfe.upstream().to_be(),
        dwInIfIndex: mfe.iif().if_index,
        dwInIfProtocol: mfe.iif_protocol(),
        dwRouteProtocol: mfe.route_protocol(),
        dwRouteNetwork: mfe.route_network().to_be(),
        dwRouteMask: mfe.route_mask().to_be(),
        ulUpTime: saturate(mfe.up_time_ms() / 10),
        ulExpiryTime: remaining_hundredths(mfe.expires_in_ms()),
        ulNumOutIf: saturate(mfe.oif_count() as u64),
        ulInPkts: statistics.packets as u32,
        ulInOctets: statistics.bytes as u32,
        ulPktsDifferentIf: statistics.wrong_interface as u32,
        ulQueueOverflow: statistics.queue_overflow as u32,
        ulUninitMfe: 0,
        ulNegativeMfe: 0,
        ulInDiscards: 0,
        ulInHdrErrors: 0,
        ulTotalOutPackets: out as u32,
        rgmiosOutStats: [NO_OIF],
    }
}

/// The same in the smaller structure.
fn basic(all: &MIB_IPMCAST_MFE_STATS_EX) -> MIB_IPMCAST_MFE_STATS {
    MIB_IPMCAST_MFE_STATS {
        dwGroup: all.dwGroup,
        dwSource: all.dwSource,
        dwSrcMask: all.dwSrcMask,
        dwUpStrmNgbr: all.dwUpStrmNgbr,
        dwInIfIndex: all.dwInIfIndex,
        dwInIfProtocol: all.dwInIfProtocol,
        dwRouteProtocol: all.dwRouteProtocol,
        dwRouteNetwork: all.dwRouteNetwork,
        dwRouteMask: all.dwRouteMask,
        ulUpTime: all.ulUpTime,
        ulExpiryTime: all.ulExpiryTime,
        ulNumOutIf: all.ulNumOutIf,
        ulInPkts: all.ulInPkts,
        ulInOctets: all.ulInOctets,
        ulPktsDifferentIf: all.ulPktsDifferentIf,
        ulQueueOverflow: all.ulQueueOverflow,
        rgmiosOutStats: all.rgmiosOutStats,
    }
}

fn saturate(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Hundredths of a second, rounded up; at least 1, as 0 means "does not age".
fn remaining_hundredths(ms: u64) -> u32 {
    saturate(ms.div_ceil(10)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_time_is_never_0() {
        for (ms, hundredths) in [(0, 1), (1, 1), (10, 1), (11, 2), (900_000, 90_000)] {
            assert_eq!(remaining_hundredths(ms), hundredths);
        }
        assert_eq!(remaining_hundredths(u64::MAX), u32::MAX);
    }

    #[test]
    fn a_key_is_read_from_anywhere() {
        let mut bytes = [0_u8; 9];
        bytes[1..5].copy_from_slice(&[239, 1, 2, 3]);
        bytes[5..9].copy_from_slice(&[10, 0, 0, 1]);
        // SAFETY: the eight bytes of group and source are there.
        let key = unsafe { flow_at(bytes[1..].as_mut_ptr().cast()) }.unwrap();
        assert_eq!((key.group, key.source), (0xEF01_0203, 0x0A00_0001));
    }

    #[test]
    fn statistics_come_in_two_forms() {
        assert_eq!(Form::from_flags(1).map(Form::fixed), Ok(64));
        assert_eq!(Form::from_flags(2).map(Form::fixed), Ok(84));
        for flags in [0, 3, 4, u32::MAX] {
            assert!(Form::from_flags(flags).is_err());
        }
    }
}
