//! The functions of mgm.h and mgmhost.h once more, this time as a Rust program would use
//! the library: an `Engine` with a `Client`, nothing of `rtm::abi` but the layout of C's
//! structures. With door.h in front, the C tests call these, and so each case that they
//! hold runs through the Rust API too.
//!
//! Only for the tests: what a real C surface takes care of besides (panics, NULL where a
//! test gives none, structures of other versions) is missing.

// A handle has to hold two numbers of 32 bits.
#![cfg(target_pointer_width = "64")]
#![allow(non_snake_case)]
#![allow(clippy::missing_safety_doc)]
#![allow(missing_docs)] // include/mgm.h and include/mgmhost.h have them.

use rtm::{
    abi::{
        base::{
            ERROR_ALREADY_EXISTS, ERROR_CAN_NOT_COMPLETE, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER,
            ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_FOUND, FILETIME, HANDLE, NO_ERROR,
        },
        host_types::{
            MGM_HOST_BOUNDARY, MGM_HOST_CLOCK_MANUAL, MGM_HOST_COUNTERS, MGM_HOST_FOREIGN_KEEP, MGM_HOST_FORWARDER,
            MGM_HOST_FORWARDER_LINUX, MGM_HOST_FORWARDER_MEMORY, MGM_HOST_FORWARDER_OWN, MGM_HOST_INTERFACE,
            MGM_HOST_OIF_STATISTICS, MGM_HOST_OPTIONS, MGM_HOST_RECONCILED, MGM_HOST_ROUTE, MGM_HOST_STATISTICS,
            PMGM_HOST_FINDING_CALLBACK, PMGM_HOST_LOG_CALLBACK,
        },
        mib::MIB_IPMCAST_MFE,
        rtm::{RTM_DEST_INFO, RTM_DEST_VIEW_INFO, RTM_NET_ADDRESS, RTM_VIEW_ID_MCAST, RTM_VIEW_MASK_MCAST},
        types::{MGM_IF_ENTRY, MGM_MFE_STATS_0, MGM_MFE_STATS_1, ROUTING_PROTOCOL_CONFIG},
    },
    alerts::{Client, CreationAlert, OutOfMemory, RpfQuery},
    engine::{Engine, ForwarderKind, Level, LogSink, More, Options, OwnForwarder, StatisticsSource},
    forwarder::{
        Arrival, EntryStatistics, Forwarder, ForwarderError, InterfaceKey, MAX_IPV4_HEADER, OifStatistics, Route,
    },
    manager::{
        Boundary, ClientId, DEFAULT_TIMEOUT, Entry, EnumerationId, EnumerationKind, Error, Flags, Flow, MfeView,
    },
};
use std::{
    ffi::{CString, c_char, c_void},
    mem::MaybeUninit,
    ptr::{null_mut, without_provenance_mut},
    slice,
    sync::Mutex,
    time::Duration,
};

static ENGINE: Engine<DoorClient> = Engine::new();

const ALL_ONES: u32 = u32::MAX;

// Results and handles

fn code(result: Result<u32, Error>) -> u32 {
    result.unwrap_or_else(|error| match error {
        Error::InvalidParameter => ERROR_INVALID_PARAMETER,
        Error::AlreadyExists => ERROR_ALREADY_EXISTS,
        Error::NotFound => ERROR_NOT_FOUND,
        Error::CanNotComplete => ERROR_CAN_NOT_COMPLETE,
        Error::OutOfMemory => ERROR_NOT_ENOUGH_MEMORY,
    })
}

fn done(result: Result<(), Error>) -> u32 {
    code(result.map(|()| NO_ERROR))
}

/// A handle is an id's numbers as they are, with a bit that tells the two kinds apart: a
/// number that a test makes up comes to the engine as an id made up.
const ENUMERATION: usize = 1 << 63;

fn of_client(id: ClientId) -> HANDLE {
    without_provenance_mut((id.index as usize) << 32 | id.generation as usize)
}

fn of_enumeration(id: EnumerationId) -> HANDLE {
    without_provenance_mut(ENUMERATION | (id.index as usize) << 32 | id.generation as usize)
}

fn numbers(handle: HANDLE, kind: usize) -> Result<(u32, u32), Error> {
    let bits = handle.addr() ^ kind;
    if bits & ENUMERATION == 0 { Ok(((bits >> 32) as u32, bits as u32)) } else { Err(Error::InvalidParameter) }
}

fn client(handle: HANDLE) -> Result<ClientId, Error> {
    numbers(handle, 0).map(|(index, generation)| ClientId { index, generation })
}

fn enumeration(handle: HANDLE) -> Result<EnumerationId, Error> {
    numbers(handle, ENUMERATION).map(|(index, generation)| EnumerationId { index, generation })
}

/// Refuses NULL; the tests give it to every function.
fn given<T>(pointer: *mut T) -> Result<*mut T, Error> {
    if pointer.is_null() { Err(Error::InvalidParameter) } else { Ok(pointer) }
}

fn key(if_index: u32, next_hop: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: u32::from_be(next_hop) }
}

// The client

/// A C client's callbacks, as a client of the engine.
#[derive(Clone, Copy)]
struct DoorClient(ROUTING_PROTOCOL_CONFIG);

/// A header that C may scribble on, aligned for its structures.
#[repr(align(8))]
struct Header([u8; MAX_IPV4_HEADER]);

impl Header {
    fn new(bytes: &[u8]) -> Self {
        let mut header = Self([0; MAX_IPV4_HEADER]);
        header.0[..bytes.len()].copy_from_slice(bytes);
        header
    }
}

// SAFETY of every call below: the C tests give functions of these types; pointers are to
// locals that outlive the call, or NULL where the headers allow it.
impl Client for DoorClient {
    fn enables_igmp(&self) -> bool {
        self.0.pfnEnableIgmpCallback.is_some()
    }

    fn rpf(&self, query: &mut RpfQuery<'_>) {
        let Some(callback) = self.0.pfnRpfCallback else { return };
        let (mut if_index, mut next_hop) = (query.iif.if_index, query.iif.next_hop.to_be());
        let mut upstream = query.upstream.to_be();
        let mut header = Header::new(query.header);
        let header_at = if query.header.is_empty() { null_mut() } else { header.0.as_mut_ptr() };
        let mut route = query.route.map(destination);
        let route_at = route.as_mut().map_or(null_mut(), |route| (&raw mut *route).cast());
        // SAFETY: see above.
        unsafe {
            callback(
                query.source.to_be(),
                ALL_ONES,
                query.group.to_be(),
                ALL_ONES,
                &raw mut if_index,
                &raw mut next_hop,
                &raw mut upstream,
                query.header.len() as u32,
                header_at,
                route_at,
            );
        }
        query.iif = key(if_index, next_hop);
        query.upstream = u32::from_be(upstream);
    }

    fn creation(&self, alert: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        let Some(callback) = self.0.pfnCreationAlertCallback else { return Ok(()) };
        let mut list: Vec<_> = alert
            .oifs()
            .iter()
            .map(|oif| MGM_IF_ENTRY {
                dwIfIndex: oif.interface.if_index,
                dwIfNextHopAddr: oif.interface.next_hop.to_be(),
                bIGMP: oif.igmp.into(),
                bIsEnabled: oif.enabled.into(),
            })
            .collect();
        let (source, group, iif) = (alert.source.to_be(), alert.group.to_be(), alert.iif);
        let (count, at) = (list.len() as u32, list.as_mut_ptr());
        // SAFETY: see above.
        unsafe { callback(source, ALL_ONES, group, ALL_ONES, iif.if_index, iif.next_hop.to_be(), count, at) };
        for (place, answer) in list.iter().enumerate() {
            alert.enable(place, answer.bIsEnabled != 0);
        }
        Ok(())
    }

    fn prune(&self, entry: &Entry, interface: InterfaceKey, membership: bool) -> Option<u32> {
        let callback = self.0.pfnPruneAlertCallback?;
        let [source, source_mask, group, group_mask] = words(entry);
        let (if_index, next_hop) = (interface.if_index, interface.next_hop.to_be());
        let mut timeout = DEFAULT_TIMEOUT;
        let (is_member, at) = (membership.into(), &raw mut timeout);
        // SAFETY: see above.
        unsafe { callback(source, source_mask, group, group_mask, if_index, next_hop, is_member, at) };
        Some(timeout)
    }

    fn join(&self, entry: &Entry, membership: bool) {
        let Some(callback) = self.0.pfnJoinAlertCallback else { return };
        let [source, source_mask, group, group_mask] = words(entry);
        // SAFETY: see above.
        unsafe { callback(source, source_mask, group, group_mask, membership.into()) };
    }

    fn wrong_interface(&self, source: u32, group: u32, interface: InterfaceKey, header: &[u8]) {
        let Some(callback) = self.0.pfnWrongIfCallback else { return };
        let (if_index, next_hop) = (interface.if_index, interface.next_hop.to_be());
        let mut copy = Header::new(header);
        let (size, at) = (header.len() as u32, copy.0.as_mut_ptr());
        // SAFETY: see above.
        unsafe { callback(source.to_be(), group.to_be(), if_index, next_hop, size, at) };
    }

    fn local_join(&self, entry: &Entry, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnLocalJoinCallback else { return };
        let [source, source_mask, group, group_mask] = words(entry);
        // SAFETY: see above.
        unsafe { callback(source, source_mask, group, group_mask, interface.if_index, interface.next_hop.to_be()) };
    }

    fn local_leave(&self, entry: &Entry, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnLocalLeaveCallback else { return };
        let [source, source_mask, group, group_mask] = words(entry);
        // SAFETY: see above.
        unsafe { callback(source, source_mask, group, group_mask, interface.if_index, interface.next_hop.to_be()) };
    }

    fn disable_igmp(&self, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnDisableIgmpCallback else { return };
        // SAFETY: see above.
        unsafe { callback(interface.if_index, interface.next_hop.to_be()) };
    }

    fn enable_igmp(&self, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnEnableIgmpCallback else { return };
        // SAFETY: see above.
        unsafe { callback(interface.if_index, interface.next_hop.to_be()) };
    }
}

/// A SOURCE_GROUP_ENTRY.
fn words(entry: &Entry) -> [u32; 4] {
    [entry.source(), entry.source_mask(), entry.group(), entry.group_mask()].map(u32::to_be)
}

fn destination(route: Route) -> RTM_DEST_INFO {
    let mut address = [0; 16];
    address[..4].copy_from_slice(&route.network.to_be_bytes());
    let network = RTM_NET_ADDRESS { AddressFamily: 2, NumBits: route.prefix_len.into(), AddrBits: address };
    let view = RTM_DEST_VIEW_INFO {
        ViewId: RTM_VIEW_ID_MCAST,
        NumRoutes: 1,
        Route: null_mut(),
        Owner: null_mut(),
        DestFlags: 0,
        HoldRoute: null_mut(),
    };
    RTM_DEST_INFO {
        DestHandle: null_mut(),
        DestAddress: network,
        LastChanged: FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 },
        BelongsToViews: RTM_VIEW_MASK_MCAST,
        NumberOfViews: 1,
        ViewInfo: [view],
    }
}

// SAFETY of what follows: the tests give NULL or what the headers ask for.

// mgm.h: registration, interfaces, memberships

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmRegisterMProtocol(
    config: *mut ROUTING_PROTOCOL_CONFIG,
    protocol: u32,
    component: u32,
    handle: *mut HANDLE,
) -> u32 {
    done((|| {
        let (config, handle) = (given(config)?, given(handle)?);
        // SAFETY: see above.
        let id = ENGINE.register(DoorClient(unsafe { *config }), protocol, component)?;
        // SAFETY: see above.
        unsafe { *handle = of_client(id) };
        Ok(())
    })())
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmDeRegisterMProtocol(handle: HANDLE) -> u32 {
    done(client(handle).and_then(|id| ENGINE.deregister(id)))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmTakeInterfaceOwnership(handle: HANDLE, if_index: u32, next_hop: u32) -> u32 {
    done(client(handle).and_then(|id| ENGINE.take(id, key(if_index, next_hop))))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmReleaseInterfaceOwnership(handle: HANDLE, if_index: u32, next_hop: u32) -> u32 {
    done(client(handle).and_then(|id| ENGINE.release(id, key(if_index, next_hop))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetProtocolOnInterface(
    if_index: u32,
    next_hop: u32,
    protocol: *mut u32,
    component: *mut u32,
) -> u32 {
    done((|| {
        let (protocol, component) = (given(protocol)?, given(component)?);
        let ids = ENGINE.protocol_on(key(if_index, next_hop))?;
        // SAFETY: see above.
        unsafe { (*protocol, *component) = ids };
        Ok(())
    })())
}

/// The arguments of an add or a delete, checked in the order of the rules.
fn membership(handle: HANDLE, entry: [u32; 4], flags: u32) -> Result<(ClientId, Entry, Flags), Error> {
    let id = client(handle)?;
    let [source, source_mask, group, group_mask] = entry.map(u32::from_be);
    Ok((id, Entry::new(source, source_mask, group, group_mask)?, Flags::from_bits(flags)?))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmAddGroupMembershipEntry(
    handle: HANDLE,
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    if_index: u32,
    next_hop: u32,
    flags: u32,
) -> u32 {
    let checked = membership(handle, [source, source_mask, group, group_mask], flags);
    done(checked.and_then(|(id, entry, flags)| ENGINE.add(id, entry, key(if_index, next_hop), flags)))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmDeleteGroupMembershipEntry(
    handle: HANDLE,
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    if_index: u32,
    next_hop: u32,
    flags: u32,
) -> u32 {
    let checked = membership(handle, [source, source_mask, group, group_mask], flags);
    done(checked.and_then(|(id, entry, flags)| ENGINE.delete(id, entry, key(if_index, next_hop), flags)))
}

// mgm.h: MFEs

/// The caller's buffer, filled from its start with whole entries.
struct Buffer<'a> {
    size: *mut u32,
    room: &'a mut [MaybeUninit<u8>],
    entries: u32,
    refused: Option<usize>,
}

impl Buffer<'_> {
    unsafe fn new(size: *mut u32, bytes: *mut u8) -> Result<Self, Error> {
        // SAFETY: see above.
        let len = unsafe { *given(size)? } as usize;
        let room: &mut [_] = match len {
            0 => &mut [],
            // SAFETY: see above.
            _ => unsafe { slice::from_raw_parts_mut(given(bytes)?.cast(), len) },
        };
        Ok(Self { size, room, entries: 0, refused: None })
    }

    /// Adds an entry; says whether it fitted.
    fn put(&mut self, words: &[u32]) -> bool {
        let Some((place, rest)) = std::mem::take(&mut self.room).split_at_mut_checked(4 * words.len()) else {
            self.refused = Some(4 * words.len());
            return false;
        };
        for (byte, value) in place.iter_mut().zip(words.iter().flat_map(|word| word.to_ne_bytes())) {
            byte.write(value);
        }
        self.room = rest;
        self.entries += 1;
        true
    }

    /// The result of a function that gives one entry.
    fn one(self) -> u32 {
        let Some(needed) = self.refused else { return NO_ERROR };
        // SAFETY: see above.
        unsafe { *self.size = needed as u32 };
        ERROR_INSUFFICIENT_BUFFER
    }

    /// The result of a function that gives as many as fit.
    fn many(self, count: *mut u32) -> u32 {
        // SAFETY: see above.
        unsafe { *count = self.entries };
        match (self.refused, self.entries) {
            (None, _) => ERROR_NO_MORE_ITEMS,
            (Some(_), 0) => self.one(),
            (Some(_), _) => ERROR_MORE_DATA,
        }
    }
}

/// The flow that a structure names.
unsafe fn flow_at(mfe: *mut MIB_IPMCAST_MFE) -> Result<Flow, Error> {
    let mfe = given(mfe)?;
    // SAFETY: see above; only these two members are there for certain, perhaps unaligned.
    let (source, group) =
        unsafe { ((&raw const (*mfe).dwSource).read_unaligned(), (&raw const (*mfe).dwGroup).read_unaligned()) };
    Ok(Flow { source: u32::from_be(source), group: u32::from_be(group) })
}

/// What all three structures begin with.
fn path(mfe: &MfeView<'_>) -> Vec<u32> {
    vec![
        mfe.group().to_be(),
        mfe.source().to_be(),
        ALL_ONES,
        mfe.upstream().to_be(),
        mfe.iif().if_index,
        mfe.iif_protocol(),
        mfe.route_protocol(),
        mfe.route_network().to_be(),
        mfe.route_mask().to_be(),
    ]
}

/// A MIB_IPMCAST_MFE.
fn plain(mfe: &MfeView<'_>) -> Vec<u32> {
    let mut words = path(mfe);
    words.extend([(mfe.up_time_ms() / 1000) as u32, mfe.expires_in_ms().div_ceil(1000) as u32, mfe.timeout_s()]);
    words.extend([mfe.oif_count() as u32, 0, 0]);
    words.extend(mfe.oifs().flat_map(|oif| [oif.if_index, oif.next_hop.to_be(), 0, 0]));
    words
}

/// A MIB_IPMCAST_MFE_STATS, or _EX.
fn counted(mfe: &MfeView<'_>, source: &mut dyn StatisticsSource, extended: bool) -> Vec<u32> {
    let entry = source.entry();
    let out: Vec<_> = mfe.oifs().map(|oif| (oif, source.oif(oif))).collect();
    let mut words = path(mfe);
    let hundredths = [mfe.up_time_ms() / 10, mfe.expires_in_ms().div_ceil(10).max(1)];
    words.extend(hundredths.map(|time| u32::try_from(time).unwrap_or(u32::MAX)));
    words.push(out.len() as u32);
    words.extend([entry.packets, entry.bytes, entry.wrong_interface, entry.queue_overflow].map(|count| count as u32));
    if extended {
        words.extend([0, 0, 0, 0, out.iter().map(|(_, oif)| oif.packets).sum::<u64>() as u32]);
    }
    words.extend(out.iter().flat_map(|(oif, counted)| {
        [oif.if_index, oif.next_hop.to_be(), 0, counted.ttl_too_low as u32, 0, counted.packets as u32, 0]
    }));
    words
}

fn is_extended(flags: u32) -> Result<bool, Error> {
    match flags {
        MGM_MFE_STATS_0 => Ok(false),
        MGM_MFE_STATS_1 => Ok(true),
        _ => Err(Error::InvalidParameter),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetMfe(mfe: *mut MIB_IPMCAST_MFE, size: *mut u32, bytes: *mut u8) -> u32 {
    code((|| {
        // SAFETY: see above.
        let (flow, mut buffer) = unsafe { (flow_at(mfe)?, Buffer::new(size, bytes)?) };
        ENGINE.mfe(flow.source, flow.group, |mfe| buffer.put(&plain(mfe)))?;
        Ok(buffer.one())
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetFirstMfe(size: *mut u32, bytes: *mut u8, count: *mut u32) -> u32 {
    // SAFETY: see above.
    code(unsafe { mfes(None, size, bytes, count) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetNextMfe(
    start: *mut MIB_IPMCAST_MFE,
    size: *mut u32,
    bytes: *mut u8,
    count: *mut u32,
) -> u32 {
    // SAFETY: see above.
    code(unsafe { flow_at(start).and_then(|flow| mfes(Some(flow), size, bytes, count)) })
}

unsafe fn mfes(after: Option<Flow>, size: *mut u32, bytes: *mut u8, count: *mut u32) -> Result<u32, Error> {
    // SAFETY: see above.
    let (mut buffer, count) = unsafe { (Buffer::new(size, bytes)?, given(count)?) };
    ENGINE.mfes(after, &mut |mfe| buffer.put(&plain(mfe)));
    Ok(buffer.many(count))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetMfeStats(mfe: *mut MIB_IPMCAST_MFE, size: *mut u32, bytes: *mut u8, flags: u32) -> u32 {
    code((|| {
        // SAFETY: see above.
        let (flow, mut buffer) = unsafe { (flow_at(mfe)?, Buffer::new(size, bytes)?) };
        let extended = is_extended(flags)?;
        let put = |mfe: &MfeView<'_>, source: &mut dyn StatisticsSource| buffer.put(&counted(mfe, source, extended));
        ENGINE.mfe_statistics(flow.source, flow.group, put)?;
        Ok(buffer.one())
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetFirstMfeStats(size: *mut u32, bytes: *mut u8, count: *mut u32, flags: u32) -> u32 {
    // SAFETY: see above.
    code(unsafe { mfes_statistics(None, size, bytes, count, flags) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGetNextMfeStats(
    start: *mut MIB_IPMCAST_MFE,
    size: *mut u32,
    bytes: *mut u8,
    count: *mut u32,
    flags: u32,
) -> u32 {
    // SAFETY: see above.
    code(unsafe { flow_at(start).and_then(|flow| mfes_statistics(Some(flow), size, bytes, count, flags)) })
}

unsafe fn mfes_statistics(
    after: Option<Flow>,
    size: *mut u32,
    bytes: *mut u8,
    count: *mut u32,
    flags: u32,
) -> Result<u32, Error> {
    // SAFETY: see above.
    let (mut buffer, count) = unsafe { (Buffer::new(size, bytes)?, given(count)?) };
    let extended = is_extended(flags)?;
    ENGINE.mfes_statistics(after, &mut |mfe, source| buffer.put(&counted(mfe, source, extended)));
    Ok(buffer.many(count))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmSetMfe(handle: HANDLE, mfe: *mut MIB_IPMCAST_MFE) -> u32 {
    done((|| {
        // SAFETY: see above.
        let (flow, upstream) = unsafe { (flow_at(mfe)?, (&raw const (*mfe).dwUpStrmNgbr).read_unaligned()) };
        ENGINE.set_upstream(client(handle)?, flow.source, flow.group, u32::from_be(upstream))
    })())
}

// mgm.h: groups

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGroupEnumerationStart(handle: HANDLE, kind: i32, made: *mut HANDLE) -> u32 {
    done((|| {
        let made = given(made)?;
        let kind = match kind {
            0 => EnumerationKind::AnySource,
            1 => EnumerationKind::AllSources,
            _ => return Err(Error::InvalidParameter),
        };
        let id = ENGINE.enumeration_start(client(handle)?, kind)?;
        // SAFETY: see above.
        unsafe { *made = of_enumeration(id) };
        Ok(())
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmGroupEnumerationGetNext(
    handle: HANDLE,
    size: *mut u32,
    bytes: *mut u8,
    count: *mut u32,
) -> u32 {
    const ENTRY: usize = 16;
    code((|| {
        // SAFETY: see above.
        let (mut buffer, count) = unsafe { (Buffer::new(size, bytes)?, given(count)?) };
        let id = enumeration(handle)?;
        loop {
            let mut entries = [Entry::default(); 64];
            let fit = entries.len().min(buffer.room.len() / ENTRY);
            let (taken, more) = ENGINE.enumeration_read(id, &mut entries[..fit])?;
            for entry in &entries[..taken] {
                buffer.put(&words(entry));
            }
            match more {
                More::No => break,
                More::Yes if fit > 0 => {}
                More::Yes => {
                    buffer.refused = Some(ENTRY);
                    break;
                }
            }
        }
        Ok(buffer.many(count))
    })())
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmGroupEnumerationEnd(handle: HANDLE) -> u32 {
    done(enumeration(handle).and_then(|id| ENGINE.enumeration_end(id)))
}

// mgmhost.h

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostGetVersion() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostGetDefaultOptions(options: *mut MGM_HOST_OPTIONS) -> u32 {
    done((|| {
        let options = given(options)?;
        let chosen = ENGINE.options_from_environment();
        let forwarder = match chosen.forwarder {
            ForwarderKind::Memory => MGM_HOST_FORWARDER_MEMORY,
            ForwarderKind::Linux => MGM_HOST_FORWARDER_LINUX,
            ForwarderKind::Own => MGM_HOST_FORWARDER_OWN,
        };
        // SAFETY: see above.
        unsafe {
            *options = MGM_HOST_OPTIONS {
                dwSize: size_of::<MGM_HOST_OPTIONS>() as u32,
                dwForwarder: forwarder,
                dwTable: chosen.table,
                dwLogLevel: chosen.log_level as u32,
                dwClock: chosen.manual_clock.into(),
                dwMaxEntries: chosen.max_entries,
                dwForeign: chosen.keep_foreign.into(),
                dwRpfTable: chosen.rpf_table,
            };
        }
        Ok(())
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostStart(options: *mut MGM_HOST_OPTIONS) -> u32 {
    // SAFETY: see above.
    let options = unsafe { options.as_ref() }.map(|options| Options {
        forwarder: match options.dwForwarder {
            MGM_HOST_FORWARDER_LINUX => ForwarderKind::Linux,
            MGM_HOST_FORWARDER_OWN => ForwarderKind::Own,
            _ => ForwarderKind::Memory,
        },
        table: options.dwTable,
        rpf_table: options.dwRpfTable,
        log_level: Level::from_number(options.dwLogLevel).unwrap_or(Level::Off),
        manual_clock: options.dwClock == MGM_HOST_CLOCK_MANUAL,
        max_entries: options.dwMaxEntries,
        keep_foreign: options.dwForeign == MGM_HOST_FOREIGN_KEEP,
    });
    done(ENGINE.start(options))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostStop() -> u32 {
    done(ENGINE.stop())
}

/// The C callback and its context, which are only handed through.
static LOG: Mutex<(PMGM_HOST_LOG_CALLBACK, usize)> = Mutex::new((None, 0));

fn log(level: Level, line: &str) {
    let (callback, context) = *LOG.lock().unwrap();
    if let (Some(callback), Ok(line)) = (callback, CString::new(line)) {
        // SAFETY: see above.
        unsafe { callback(without_provenance_mut(context), level as u32, line.as_ptr()) };
    }
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostSetLog(callback: PMGM_HOST_LOG_CALLBACK, context: *mut c_void) -> u32 {
    *LOG.lock().unwrap() = (callback, context.addr());
    ENGINE.set_log(callback.map(|_| LogSink::new(log)));
    NO_ERROR
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostAddRoute(route: *mut MGM_HOST_ROUTE) -> u32 {
    done((|| {
        // SAFETY: see above.
        let route = unsafe { *given(route)? };
        ENGINE.add_route(Route {
            if_index: route.dwIfIndex,
            gateway: u32::from_be(route.dwGateway),
            network: u32::from_be(route.dwNetwork),
            prefix_len: u32::from_be(route.dwMask).leading_ones() as u8,
            protocol: route.dwProtocol,
        })
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostDeleteRoute(route: *mut MGM_HOST_ROUTE) -> u32 {
    done((|| {
        // SAFETY: see above.
        let route = unsafe { *given(route)? };
        ENGINE.delete_route(u32::from_be(route.dwNetwork), u32::from_be(route.dwMask).leading_ones() as u8)
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostDiagnose(
    source: u32,
    group: u32,
    milliseconds: u32,
    callback: PMGM_HOST_FINDING_CALLBACK,
    context: *mut c_void,
) -> u32 {
    done((|| {
        let callback = callback.ok_or(Error::InvalidParameter)?;
        let flow = match (u32::from_be(source), u32::from_be(group)) {
            (0, 0) => None,
            (0, _) => return Err(Error::InvalidParameter),
            (source, group) => Some(Flow { source, group }),
        };
        ENGINE.diagnose(flow, Duration::from_millis(milliseconds.into()), &mut |finding| {
            let Ok(text) = CString::new(finding.text.as_str()) else { return };
            // SAFETY: see above.
            unsafe {
                callback(context, finding.severity as u32, finding.code as u32, finding.if_index, text.as_ptr());
            }
        })
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostReceivePacket(if_index: u32, next_hop: u32, bytes: *mut u8, size: u32) -> u32 {
    done((|| {
        // SAFETY: see above.
        let packet = unsafe { slice::from_raw_parts(given(bytes)?, size as usize) };
        ENGINE.receive(key(if_index, next_hop), packet)
    })())
}

/// The forwarder of a C test, as a Rust program's own.
struct DoorForwarder(MGM_HOST_FORWARDER);

// SAFETY: the tests' context is a static structure.
unsafe impl Send for DoorForwarder {}

fn forwarded(code: u32) -> Result<(), ForwarderError> {
    match code {
        NO_ERROR => Ok(()),
        ERROR_NOT_ENOUGH_MEMORY => Err(ForwarderError::OutOfMemory),
        code => Err(ForwarderError::System { errno: code as i32, doing: "the program's own forwarder" }),
    }
}

// SAFETY of every call below: as of the callbacks.
impl Forwarder for DoorForwarder {
    fn open_interface(&mut self, interface: InterfaceKey) -> Result<(), ForwarderError> {
        let open = self.0.pfnOpenInterface.expect("a test gives it");
        forwarded(unsafe { open(self.0.pvContext, interface.if_index, interface.next_hop.to_be()) })
    }

    fn close_interface(&mut self, interface: InterfaceKey) {
        let close = self.0.pfnCloseInterface.expect("a test gives it");
        unsafe { close(self.0.pvContext, interface.if_index, interface.next_hop.to_be()) };
    }

    fn set_threshold(&mut self, if_index: u32, ttl: u8) {
        if let Some(set) = self.0.pfnSetThreshold {
            unsafe { set(self.0.pvContext, if_index, ttl.into()) };
        }
    }

    fn install(
        &mut self,
        source: u32,
        group: u32,
        iif: InterfaceKey,
        oifs: &mut dyn Iterator<Item = InterfaceKey>,
    ) -> Result<(), ForwarderError> {
        let oifs: Vec<MGM_HOST_INTERFACE> = oifs
            .map(|oif| MGM_HOST_INTERFACE { dwIfIndex: oif.if_index, dwIfNextHopAddr: oif.next_hop.to_be() })
            .collect();
        let (source, group, next_hop) = (source.to_be(), group.to_be(), iif.next_hop.to_be());
        let install = self.0.pfnInstallEntry.expect("a test gives it");
        let count = oifs.len() as u32;
        forwarded(unsafe { install(self.0.pvContext, source, group, iif.if_index, next_hop, count, oifs.as_ptr()) })
    }

    fn remove(&mut self, source: u32, group: u32) {
        let remove = self.0.pfnRemoveEntry.expect("a test gives it");
        unsafe { remove(self.0.pvContext, source.to_be(), group.to_be()) };
    }

    fn route(&mut self, source: u32) -> Result<Option<Route>, ForwarderError> {
        let mut route = MGM_HOST_ROUTE { dwNetwork: 0, dwMask: 0, dwIfIndex: 0, dwGateway: 0, dwProtocol: 0 };
        let get = self.0.pfnGetRoute.expect("a test gives it");
        let code = unsafe { get(self.0.pvContext, source.to_be(), &raw mut route) };
        if code == ERROR_NOT_FOUND {
            return Ok(None);
        }
        forwarded(code)?;
        Ok(Some(Route {
            if_index: route.dwIfIndex,
            gateway: u32::from_be(route.dwGateway),
            network: u32::from_be(route.dwNetwork),
            prefix_len: route.dwMask.count_ones() as u8,
            protocol: route.dwProtocol,
        }))
    }

    fn statistics(&mut self, source: u32, group: u32) -> EntryStatistics {
        let mut counted = MGM_HOST_STATISTICS { ullPackets: 0, ullBytes: 0, ullWrongInterface: 0, ullQueueOverflow: 0 };
        if let Some(get) = self.0.pfnGetStatistics {
            unsafe { get(self.0.pvContext, source.to_be(), group.to_be(), &raw mut counted) };
        }
        EntryStatistics {
            packets: counted.ullPackets,
            bytes: counted.ullBytes,
            wrong_interface: counted.ullWrongInterface,
            queue_overflow: counted.ullQueueOverflow,
        }
    }

    fn oif_statistics(&mut self, source: u32, group: u32, oif: InterfaceKey) -> OifStatistics {
        let mut counted = MGM_HOST_OIF_STATISTICS { ullPackets: 0, ullTtlTooLow: 0 };
        let (source, group, next_hop) = (source.to_be(), group.to_be(), oif.next_hop.to_be());
        if let Some(get) = self.0.pfnGetOifStatistics {
            unsafe { get(self.0.pvContext, source, group, oif.if_index, next_hop, &raw mut counted) };
        }
        OifStatistics { packets: counted.ullPackets, ttl_too_low: counted.ullTtlTooLow }
    }

    fn arrival(&self, _vif: u16) -> Option<Arrival> {
        None
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostSetForwarder(table: *mut MGM_HOST_FORWARDER) -> u32 {
    // SAFETY: see above.
    let own = unsafe { table.as_ref() }.map(|table| Box::new(DoorForwarder(*table)) as OwnForwarder);
    done(ENGINE.set_forwarder(own))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostRoutesChanged(network: u32, mask: u32) -> u32 {
    let mask = u32::from_be(mask);
    if mask.leading_ones() != mask.count_ones() {
        return ERROR_INVALID_PARAMETER;
    }
    done(ENGINE.reevaluate(u32::from_be(network), mask.count_ones() as u8))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostAdvanceClock(milliseconds: u32) -> u32 {
    done(ENGINE.advance(milliseconds))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostSetThreshold(if_index: u32, ttl: u32) -> u32 {
    done(u8::try_from(ttl).map_err(|_| Error::InvalidParameter).and_then(|ttl| ENGINE.set_threshold(if_index, ttl)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostGetThreshold(if_index: u32, ttl: *mut u32) -> u32 {
    done((|| {
        let (ttl, threshold) = (given(ttl)?, ENGINE.threshold(if_index)?);
        // SAFETY: see above.
        unsafe { *ttl = threshold.into() };
        Ok(())
    })())
}

fn boundary(if_index: u32, group: u32, mask: u32) -> Result<Boundary, Error> {
    Boundary::new(if_index, u32::from_be(group), u32::from_be(mask))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostAddBoundary(if_index: u32, group: u32, mask: u32) -> u32 {
    done(boundary(if_index, group, mask).and_then(|boundary| ENGINE.add_boundary(boundary)))
}

#[unsafe(no_mangle)]
extern "C" fn DoorMgmHostDeleteBoundary(if_index: u32, group: u32, mask: u32) -> u32 {
    done(boundary(if_index, group, mask).and_then(|boundary| ENGINE.delete_boundary(boundary)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostGetNextBoundary(next: *mut MGM_HOST_BOUNDARY) -> u32 {
    code((|| {
        let next = given(next)?;
        // SAFETY: see above.
        let after = unsafe { *next };
        let after = (after.dwIfIndex, u32::from_be(after.dwGroup), u32::from_be(after.dwMask));
        let Some(found) = ENGINE.boundary_after(after) else { return Ok(ERROR_NO_MORE_ITEMS) };
        let (if_index, group, mask) = found.words();
        // SAFETY: see above.
        unsafe { *next = MGM_HOST_BOUNDARY { dwIfIndex: if_index, dwGroup: group.to_be(), dwMask: mask.to_be() } };
        Ok(NO_ERROR)
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostGetCounters(counters: *mut MGM_HOST_COUNTERS) -> u32 {
    done((|| {
        let counters = given(counters)?;
        let now = ENGINE.counters();
        // SAFETY: see above.
        unsafe {
            *counters = MGM_HOST_COUNTERS {
                dwSize: size_of::<MGM_HOST_COUNTERS>() as u32,
                dwClients: now.clients,
                dwInterfaces: now.interfaces,
                dwMemberships: now.memberships,
                dwEntries: now.entries,
                dwReserved: 0,
                ullPacketsWithoutEntry: now.packets_without_entry,
                ullPacketsForwarded: now.packets_forwarded,
                ullPacketsDropped: now.packets_dropped,
                ullDroppedScope: now.dropped_scope,
                ullDroppedLimit: now.dropped_limit,
                ullDroppedMemory: now.dropped_memory,
                ullDroppedBusy: now.dropped_busy,
                ullWrongInterface: now.wrong_interface,
                ullAlerts: now.alerts,
                ullDirectCallbacks: now.direct_callbacks,
                ullSlowCallbacks: now.slow_callbacks,
                ullRenewed: now.renewed,
                ullExpired: now.expired,
                ullForwarderErrors: now.forwarder_errors,
                ullEventsLost: now.events_lost,
                ullLogLost: now.log_lost,
                ullEntriesRepaired: now.entries_repaired,
                ullForeignEntries: now.foreign_entries,
                ullInterfacesRepaired: now.interfaces_repaired,
                ullReconciled: now.reconciled,
                ullReportsSkipped: now.reports_skipped,
            };
        }
        Ok(())
    })())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn DoorMgmHostReconcile(result: *mut MGM_HOST_RECONCILED) -> u32 {
    done((|| {
        let found = ENGINE.reconcile()?;
        if !result.is_null() {
            // SAFETY: see above.
            unsafe {
                *result = MGM_HOST_RECONCILED {
                    dwSize: size_of::<MGM_HOST_RECONCILED>() as u32,
                    dwEntries: found.entries,
                    dwRepaired: found.repaired,
                    dwForeign: found.foreign,
                    dwInterfaces: found.interfaces,
                };
            }
        }
        Ok(())
    })())
}
