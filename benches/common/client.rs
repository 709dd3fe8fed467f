//! A client of the C interface, and the memory forwarder.

// Each benchmark is a program of its own and uses a part of this.
#![allow(dead_code)]

use rtm::abi::{
    groups::{AnyEnumType, MgmGroupEnumerationEnd, MgmGroupEnumerationStart},
    host::{
        MgmHostAddRoute, MgmHostAdvanceClock, MgmHostGetDefaultOptions, MgmHostReceivePacket, MgmHostStart, MgmHostStop,
    },
    host_types::{MGM_HOST_CLOCK_MANUAL, MGM_HOST_CLOCK_SYSTEM, MGM_HOST_LOG_OFF, MGM_HOST_OPTIONS, MGM_HOST_ROUTE},
    mfe::{MgmGetFirstMfe, MgmGetMfe, MgmGetNextMfe},
    mib::{MIB_IPMCAST_MFE, MIB_IPMCAST_OIF},
    protocol::{
        MgmAddGroupMembershipEntry, MgmDeRegisterMProtocol, MgmDeleteGroupMembershipEntry, MgmRegisterMProtocol,
        MgmReleaseInterfaceOwnership, MgmTakeInterfaceOwnership,
    },
    types::ROUTING_PROTOCOL_CONFIG,
};
use std::{
    ffi::c_void,
    mem::{offset_of, size_of},
    ptr::null_mut,
};

const NO_ERROR: u32 = 0;
const ERROR_NOT_FOUND: u32 = 1168;
const ERROR_MORE_DATA: u32 = 234;
const ERROR_NO_MORE_ITEMS: u32 = 259;
const JOIN: u32 = 1;
const ANY_SOURCE: i32 = 0;

/// The size of an MFE's fixed part in a buffer, and of each of its oifs.
pub const FIXED: usize = offset_of!(MIB_IPMCAST_MFE, rgmioOutInfo);
pub const PART: usize = size_of::<MIB_IPMCAST_OIF>();

/// Starts the manager with the memory forwarder and without a log.
pub fn start_manager() {
    start(MGM_HOST_CLOCK_SYSTEM);
}

/// As [`start_manager`], with a clock that stands still but for [`advance`].
pub fn start_manager_with_manual_clock() {
    start(MGM_HOST_CLOCK_MANUAL);
}

/// Moves the manual clock.
pub fn advance(milliseconds: u32) {
    assert_eq!(MgmHostAdvanceClock(milliseconds), NO_ERROR);
}

fn start(clock: u32) {
    let mut options = MGM_HOST_OPTIONS {
        dwSize: size_of::<MGM_HOST_OPTIONS>() as u32,
        dwForwarder: 0,
        dwTable: 0,
        dwLogLevel: 0,
        dwClock: 0,
        dwMaxEntries: 0,
        dwForeign: 0,
        dwRpfTable: 0,
    };
    // SAFETY: a live local, its size set.
    unsafe {
        assert_eq!(MgmHostGetDefaultOptions(&mut options), NO_ERROR);
        options.dwLogLevel = MGM_HOST_LOG_OFF;
        options.dwClock = clock;
        options.dwMaxEntries = 4_000_000;
        assert_eq!(MgmHostStart(&mut options), NO_ERROR);
    }
}

/// Ends it; all clients have deregistered.
pub fn stop_manager() {
    assert_eq!(MgmHostStop(), NO_ERROR);
}

/// Every callback NULL.
pub const NO_CALLBACKS: ROUTING_PROTOCOL_CONFIG = ROUTING_PROTOCOL_CONFIG {
    dwCallbackFlags: 0,
    pfnRpfCallback: None,
    pfnCreationAlertCallback: None,
    pfnPruneAlertCallback: None,
    pfnJoinAlertCallback: None,
    pfnWrongIfCallback: None,
    pfnLocalJoinCallback: None,
    pfnLocalLeaveCallback: None,
    pfnDisableIgmpCallback: None,
    pfnEnableIgmpCallback: None,
};

/// A registered protocol.
pub struct Client(*mut c_void);

impl Client {
    /// Registers one of the benchmark's protocol instances, which wants no callbacks.
    pub fn register(component: u32) -> Self {
        Self::register_with(NO_CALLBACKS, component)
    }

    /// Registers one with callbacks.
    pub fn register_with(mut config: ROUTING_PROTOCOL_CONFIG, component: u32) -> Self {
        let mut handle = null_mut();
        // SAFETY: both pointers are to live locals.
        assert_eq!(unsafe { MgmRegisterMProtocol(&mut config, 100, component, &mut handle) }, NO_ERROR);
        Self(handle)
    }

    pub fn take(&self, if_index: u32) {
        // SAFETY: a handle is a number to the library.
        assert_eq!(unsafe { MgmTakeInterfaceOwnership(self.0, if_index, 0) }, NO_ERROR);
    }

    pub fn release(&self, if_index: u32) {
        // SAFETY: as above.
        assert_eq!(unsafe { MgmReleaseInterfaceOwnership(self.0, if_index, 0) }, NO_ERROR);
    }

    /// Joins (*,G). The group is in host byte order.
    pub fn join(&self, group: u32, if_index: u32) {
        // SAFETY: as above.
        let result = unsafe { MgmAddGroupMembershipEntry(self.0, 0, 0, group.to_be(), 0, if_index, 0, JOIN) };
        assert_eq!(result, NO_ERROR);
    }

    pub fn leave(&self, group: u32, if_index: u32) {
        // SAFETY: as above.
        let result = unsafe { MgmDeleteGroupMembershipEntry(self.0, 0, 0, group.to_be(), 0, if_index, 0, JOIN) };
        assert_eq!(result, NO_ERROR);
    }

    /// Starts an enumeration of the joined groups, and ends it.
    pub fn start_enumeration(&self) {
        let mut handle = null_mut();
        // SAFETY: a live local; a handle is a number to the library.
        unsafe {
            assert_eq!(MgmGroupEnumerationStart(self.0, AnyEnumType(ANY_SOURCE), &mut handle), NO_ERROR);
            assert_eq!(MgmGroupEnumerationEnd(handle), NO_ERROR);
        }
    }

    pub fn deregister(self) {
        // SAFETY: as above.
        assert_eq!(unsafe { MgmDeRegisterMProtocol(self.0) }, NO_ERROR);
    }
}

/// Clients that several threads use.
pub struct Shared<'a>(pub &'a [Client]);

// SAFETY: a handle is a number to the library, whose functions any thread may call.
unsafe impl Sync for Shared<'_> {}

impl Shared<'_> {
    pub fn get(&self) -> &[Client] {
        self.0
    }
}

/// The `number`th group: each number below 2^24 has another, in no order.
pub fn group(number: u32) -> u32 {
    0xE100_0000 | number.wrapping_mul(0x9E_3779) & 0xFF_FFFF
}

/// All sources are behind an interface.
pub fn add_default_route(if_index: u32) {
    let mut route = MGM_HOST_ROUTE { dwNetwork: 0, dwMask: 0, dwIfIndex: if_index, dwGateway: 0, dwProtocol: 3 };
    // SAFETY: a live local.
    assert_eq!(unsafe { MgmHostAddRoute(&mut route) }, NO_ERROR);
}

/// A packet comes in, for which an entry is made if there is none.
pub fn receive(source: u32, group: u32, if_index: u32) {
    let mut bytes = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes[12..16].copy_from_slice(&source.to_be_bytes());
    bytes[16..].copy_from_slice(&group.to_be_bytes());
    let sum: u32 = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let sum = (sum & 0xFFFF) + (sum >> 16);
    bytes[10..12].copy_from_slice(&(!((sum & 0xFFFF) + (sum >> 16)) as u16).to_be_bytes());
    // SAFETY: so many bytes of a live local.
    assert_eq!(unsafe { MgmHostReceivePacket(if_index, 0, bytes.as_mut_ptr(), bytes.len() as u32) }, NO_ERROR);
}

fn key(source: u32, group: u32) -> MIB_IPMCAST_MFE {
    let no_oif = MIB_IPMCAST_OIF { dwOutIfIndex: 0, dwNextHopAddr: 0, dwReserved: 0, dwReserved1: 0 };
    MIB_IPMCAST_MFE {
        dwGroup: group.to_be(),
        dwSource: source.to_be(),
        dwSrcMask: 0,
        dwUpStrmNgbr: 0,
        dwInIfIndex: 0,
        dwInIfProtocol: 0,
        dwRouteProtocol: 0,
        dwRouteNetwork: 0,
        dwRouteMask: 0,
        ulUpTime: 0,
        ulExpiryTime: 0,
        ulTimeOut: 0,
        ulNumOutIf: 0,
        fFlags: 0,
        dwReserved: 0,
        rgmioOutInfo: [no_oif],
    }
}

/// Reads one MFE into a buffer.
pub fn look_up(source: u32, group: u32, buffer: &mut [u8]) {
    assert!(try_look_up(source, group, buffer), "no such MFE");
}

/// Whether there is one.
pub fn try_look_up(source: u32, group: u32, buffer: &mut [u8]) -> bool {
    let (mut key, mut size) = (key(source, group), buffer.len() as u32);
    // SAFETY: live locals, and a buffer of that size.
    let code = unsafe { MgmGetMfe(&mut key, &mut size, buffer.as_mut_ptr()) };
    assert!([NO_ERROR, ERROR_NOT_FOUND].contains(&code));
    code == NO_ERROR
}

/// Reads all MFEs through a buffer; `see` gets each part of it that was filled. All have
/// the same number of oifs. Gives their number.
pub fn enumerate(buffer: &mut [u8], oifs: usize, mut see: impl FnMut(&[u8])) -> usize {
    let each = FIXED + oifs * PART;
    read_all(buffer, |buffer, entries| {
        see(&buffer[..entries * each]);
        (entries - 1) * each
    })
}

/// How many MFEs there are, however many oifs each has.
pub fn count(buffer: &mut [u8]) -> usize {
    const OIFS: usize = offset_of!(MIB_IPMCAST_MFE, ulNumOutIf);
    read_all(buffer, |buffer, entries| {
        let oifs = |at: usize| u32::from_ne_bytes(buffer[at + OIFS..][..4].try_into().expect("four bytes"));
        (1..entries).fold(0, |at, _| at + FIXED + oifs(at) as usize * PART)
    })
}

/// `last` is told how many entries are in the buffer, and says where the last one stands.
fn read_all(buffer: &mut [u8], mut last: impl FnMut(&[u8], usize) -> usize) -> usize {
    let mut all = 0;
    let mut after = None::<MIB_IPMCAST_MFE>;
    loop {
        let (mut size, mut entries) = (buffer.len() as u32, 0);
        let bytes = buffer.as_mut_ptr();
        // SAFETY: live locals, and a buffer of that size.
        let code = unsafe {
            match &mut after {
                None => MgmGetFirstMfe(&mut size, bytes, &mut entries),
                Some(after) => MgmGetNextMfe(after, &mut size, bytes, &mut entries),
            }
        };
        all += entries as usize;
        if entries > 0 {
            let at = last(buffer, entries as usize);
            // Group and source stand first.
            let word = |at: usize| u32::from_be_bytes(buffer[at..][..4].try_into().expect("four bytes"));
            after = Some(key(word(at + 4), word(at)));
        }
        if code == ERROR_NO_MORE_ITEMS {
            return all;
        }
        assert_eq!(code, ERROR_MORE_DATA);
    }
}
