//! From the library's callbacks to [`Protocol`].
//!
//! A callback of mgm.h has no argument that says whose it is. So there are places, each with
//! functions of its own, and a registration takes one of them.

use crate::{
    CreationAlert, Protocol, PruneAlert, RpfQuery, WrongInterfaceAlert,
    sys::{self, Config},
    types::{Cause, Entry, Interface, Prefix, address, network},
};
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many protocols this crate can have registered at the same time.
pub const MAX_PROTOCOLS: usize = 32;

struct Place {
    protocol: Option<Arc<dyn Protocol>>,
    taken: bool,
}

static PLACES: [Mutex<Place>; MAX_PROTOCOLS] =
    [const { Mutex::new(Place { protocol: None, taken: false }) }; MAX_PROTOCOLS];

thread_local! {
    /// How many callbacks this thread is inside of.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

fn place(index: usize) -> MutexGuard<'static, Place> {
    // Nothing that is done with a place can panic half-way.
    PLACES[index].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts a protocol into a free place; none is left: gives nothing.
pub(crate) fn take_place(protocol: Arc<dyn Protocol>) -> Option<usize> {
    (0..MAX_PROTOCOLS).find(|&index| {
        let mut place = place(index);
        let free = !place.taken;
        if free {
            *place = Place { protocol: Some(protocol.clone()), taken: true };
        }
        free
    })
}

/// The registration failed: no callback has come here.
pub(crate) fn give_back(index: usize) {
    let unused = std::mem::replace(&mut *place(index), Place { protocol: None, taken: false });
    drop(unused); // without the lock
}

/// The registration has ended. Inside a callback the manager does not wait for those on
/// other threads; one may be about to come here, so nobody else may have the place then.
/// (Of callbacks that are registered in another way nothing is known here: what is ended in
/// one of those might at worst have a last callback of its own told to a successor.)
pub(crate) fn leave_place(index: usize) {
    let taken = INSIDE.get() > 0;
    let unused = std::mem::replace(&mut *place(index), Place { protocol: None, taken });
    drop(unused);
}

pub(crate) fn config(index: usize, restarts_igmp: bool) -> Config {
    let mut config = CONFIGS[index];
    if !restarts_igmp {
        config.disable_igmp = None;
        config.enable_igmp = None;
    }
    config
}

/// Calls a place's protocol, if it has not just left inside a callback. The answer counts
/// unless it panics: a panic may not reach the library.
fn call<T>(index: usize, callback: impl FnOnce(&dyn Protocol) -> T) -> Option<T> {
    INSIDE.set(INSIDE.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let protocol = place(index).protocol.clone();
        protocol.map(|protocol| callback(&*protocol))
    }));
    INSIDE.set(INSIDE.get() - 1);
    result.unwrap_or_else(|payload| {
        // To drop what somebody panicked with may panic as well.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        None
    })
}

/// # Safety
/// `start` is NULL or the address of `size` bytes that stay as they are during the callback.
unsafe fn bytes<'a>(start: *const u8, size: u32) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: the caller says so; the lifetime is cut to the callback's by its argument.
    unsafe { std::slice::from_raw_parts(start, size as usize) }
}

unsafe extern "system" fn rpf<const N: usize>(
    source: u32,
    _: u32,
    group: u32,
    _: u32,
    index: *mut u32,
    next_hop: *mut u32,
    upstream: *mut u32,
    size: u32,
    header: *mut u8,
    route: *mut u8,
) -> u32 {
    // SAFETY: mgm.h: the three pointers are never NULL, pbPacketHdr has dwHdrSize bytes, and
    // pbRoute is NULL or the address of an RTM_DEST_INFO; all stay until the return.
    let mut query = unsafe {
        RpfQuery {
            source: address(source),
            group: address(group),
            iif: Interface::from_c(*index, *next_hop),
            upstream: address(*upstream),
            header: bytes(header, size),
            route: (!route.is_null()).then(|| {
                let route = route.cast::<sys::DestInfo>().read_unaligned();
                let [a, b, c, d, ..] = route.address;
                Prefix::new([a, b, c, d].into(), route.bits.min(32) as u8)
            }),
        }
    };
    if call(N, |protocol| protocol.rpf(&mut query)).is_some() {
        // SAFETY: as above; the manager reads them after the return.
        unsafe {
            *index = query.iif.index;
            *next_hop = network(query.iif.next_hop);
            *upstream = network(query.upstream);
        }
    }
    sys::NO_ERROR
}

unsafe extern "system" fn creation<const N: usize>(
    source: u32,
    _: u32,
    group: u32,
    _: u32,
    index: u32,
    next_hop: u32,
    count: u32,
    list: *mut sys::IfEntry,
) -> u32 {
    // SAFETY: mgm.h: pmieOutIfList has dwIfCount entries, which are the callback's until
    // the return.
    let list = unsafe { std::slice::from_raw_parts_mut(list, count as usize) };
    let mut alert =
        CreationAlert { source: address(source), group: address(group), iif: Interface::from_c(index, next_hop), list };
    if call(N, |protocol| protocol.creation(&mut alert)).is_none() {
        alert.list.iter_mut().for_each(|entry| entry.enabled = 1);
    }
    sys::NO_ERROR
}

unsafe extern "system" fn prune<const N: usize>(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: u32,
    next_hop: u32,
    membership: i32,
    timeout: *mut u32,
) -> u32 {
    let mut alert = PruneAlert {
        entry: Entry::from_c(source, source_mask, group, group_mask),
        last: Interface::from_c(index, next_hop),
        cause: Cause::from_c(membership),
        // SAFETY: mgm.h: never NULL, and the callback's until the return.
        timeout: unsafe { *timeout },
    };
    if call(N, |protocol| protocol.prune(&mut alert)).is_some() {
        // SAFETY: as above.
        unsafe { *timeout = alert.timeout };
    }
    sys::NO_ERROR
}

unsafe extern "system" fn join<const N: usize>(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    membership: i32,
) -> u32 {
    let entry = Entry::from_c(source, source_mask, group, group_mask);
    call(N, |protocol| protocol.join(entry, Cause::from_c(membership)));
    sys::NO_ERROR
}

unsafe extern "system" fn wrong_interface<const N: usize>(
    source: u32,
    group: u32,
    index: u32,
    next_hop: u32,
    size: u32,
    header: *mut u8,
) -> u32 {
    let alert = WrongInterfaceAlert {
        source: address(source),
        group: address(group),
        arrived: Interface::from_c(index, next_hop),
        // SAFETY: mgm.h: pbPacketHdr has dwHdrSize bytes until the return.
        header: unsafe { bytes(header, size) },
    };
    call(N, |protocol| protocol.wrong_interface(&alert));
    sys::NO_ERROR
}

unsafe extern "system" fn local_join<const N: usize>(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: u32,
    next_hop: u32,
) -> u32 {
    let entry = Entry::from_c(source, source_mask, group, group_mask);
    call(N, |protocol| protocol.local_join(entry, Interface::from_c(index, next_hop)));
    sys::NO_ERROR
}

unsafe extern "system" fn local_leave<const N: usize>(
    source: u32,
    source_mask: u32,
    group: u32,
    group_mask: u32,
    index: u32,
    next_hop: u32,
) -> u32 {
    let entry = Entry::from_c(source, source_mask, group, group_mask);
    call(N, |protocol| protocol.local_leave(entry, Interface::from_c(index, next_hop)));
    sys::NO_ERROR
}

unsafe extern "system" fn disable_igmp<const N: usize>(index: u32, next_hop: u32) -> u32 {
    call(N, |protocol| protocol.disable_igmp(Interface::from_c(index, next_hop)));
    sys::NO_ERROR
}

unsafe extern "system" fn enable_igmp<const N: usize>(index: u32, next_hop: u32) -> u32 {
    call(N, |protocol| protocol.enable_igmp(Interface::from_c(index, next_hop)));
    sys::NO_ERROR
}

const fn functions<const N: usize>() -> Config {
    Config {
        flags: 0,
        rpf: rpf::<N>,
        creation: creation::<N>,
        prune: prune::<N>,
        join: join::<N>,
        wrong_interface: wrong_interface::<N>,
        local_join: local_join::<N>,
        local_leave: local_leave::<N>,
        disable_igmp: Some(disable_igmp::<N>),
        enable_igmp: Some(enable_igmp::<N>),
    }
}

macro_rules! functions_of {
    ($($n:literal)*) => { [$(functions::<$n>()),*] };
}

static CONFIGS: [Config; MAX_PROTOCOLS] =
    functions_of![0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31];
