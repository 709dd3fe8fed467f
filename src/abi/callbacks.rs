//! A client's callbacks: the only place that calls C function pointers.

use super::base::{BOOL, DWORD, FILETIME, PBYTE};
use super::rtm::{
    RTM_DEST_INFO, RTM_DEST_VIEW_INFO, RTM_MAX_ADDRESS_SIZE, RTM_NET_ADDRESS, RTM_VIEW_ID_MCAST, RTM_VIEW_MASK_MCAST,
};
use super::types::{MGM_IF_ENTRY, ROUTING_PROTOCOL_CONFIG};
use crate::alerts::{Client, CreationAlert, Hears, OutOfMemory, RpfQuery};
use crate::forwarder::{InterfaceKey, MAX_IPV4_HEADER, Route};
use crate::manager::{DEFAULT_TIMEOUT, Entry};
use std::ptr::null_mut;

/// The mask of a single address, as callbacks get it.
const HOST_MASK: DWORD = DWORD::MAX;

/// AF_INET of the Windows and of the POSIX headers.
const AF_INET: u16 = 2;

/// A copy of what a protocol gave at registration.
#[derive(Clone, Copy, Debug)]
pub struct Callbacks(ROUTING_PROTOCOL_CONFIG);

impl Callbacks {
    /// Takes a protocol's function pointers.
    ///
    /// # Safety
    /// Each pointer that is not NULL is a function of the type that `mgm.h` gives it,
    /// callable on any thread, that returns normally, until the protocol's
    /// deregistration has returned.
    pub unsafe fn new(config: ROUTING_PROTOCOL_CONFIG) -> Self {
        Self(config)
    }
}

// In every method below the call itself is sound for one reason, `Callbacks::new`'s
// contract, and the engine's guarantee that it calls no method once the deregistration
// has returned. What is argued at each call is the validity of the pointers passed.
impl Client for Callbacks {
    fn enables_igmp(&self) -> bool {
        self.0.pfnEnableIgmpCallback.is_some()
    }

    fn hears(&self) -> Hears {
        Hears {
            joins: self.0.pfnJoinAlertCallback.is_some(),
            prunes: self.0.pfnPruneAlertCallback.is_some(),
            local_joins: self.0.pfnLocalJoinCallback.is_some(),
            local_leaves: self.0.pfnLocalLeaveCallback.is_some(),
            wrong_interface: self.0.pfnWrongIfCallback.is_some(),
        }
    }

    fn rpf(&self, q: &mut RpfQuery<'_>) {
        let Some(callback) = self.0.pfnRpfCallback else { return };
        let mut if_index = q.iif.if_index;
        let mut next_hop = q.iif.next_hop.to_be();
        let mut upstream = q.upstream.to_be();
        let mut header = Header::new(q.header);
        let mut route = q.route.map(|route| destination(&route));
        // SAFETY: see above; the pointers are to locals that outlive the call, the header
        // is NULL or has as many bytes as its size says, the route is NULL or whole.
        unsafe {
            callback(
                q.source.to_be(),
                HOST_MASK,
                q.group.to_be(),
                HOST_MASK,
                &raw mut if_index,
                &raw mut next_hop,
                &raw mut upstream,
                header.len(),
                header.as_ptr(),
                route.as_mut().map_or(null_mut(), |route| std::ptr::from_mut(route).cast()),
            );
        }
        q.iif = InterfaceKey { if_index, next_hop: u32::from_be(next_hop) };
        q.upstream = u32::from_be(upstream);
    }

    fn creation(&self, a: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        let Some(callback) = self.0.pfnCreationAlertCallback else { return Ok(()) };
        let mut list = Vec::new();
        list.try_reserve_exact(a.oifs().len()).map_err(|_| OutOfMemory)?;
        // Into the reserved room.
        list.extend(a.oifs().iter().map(|oif| MGM_IF_ENTRY {
            dwIfIndex: oif.interface.if_index,
            dwIfNextHopAddr: oif.interface.next_hop.to_be(),
            bIGMP: BOOL::from(oif.igmp),
            bIsEnabled: BOOL::from(oif.enabled),
        }));
        let count = DWORD::try_from(list.len()).map_err(|_| OutOfMemory)?;
        // SAFETY: see above; the list has `count` entries and outlives the call.
        unsafe {
            callback(
                a.source.to_be(),
                HOST_MASK,
                a.group.to_be(),
                HOST_MASK,
                a.iif.if_index,
                a.iif.next_hop.to_be(),
                count,
                list.as_mut_ptr(),
            );
        }
        for (place, entry) in list.iter().enumerate() {
            a.enable(place, entry.bIsEnabled != 0);
        }
        Ok(())
    }

    fn prune(&self, entry: &Entry, interface: InterfaceKey, membership: bool) -> Option<u32> {
        let callback = self.0.pfnPruneAlertCallback?;
        let mut timeout_s = DEFAULT_TIMEOUT;
        // SAFETY: see above; the timeout is a local that outlives the call.
        unsafe {
            callback(
                entry.source().to_be(),
                entry.source_mask().to_be(),
                entry.group().to_be(),
                entry.group_mask().to_be(),
                interface.if_index,
                interface.next_hop.to_be(),
                BOOL::from(membership),
                &raw mut timeout_s,
            );
        }
        Some(timeout_s)
    }

    fn join(&self, entry: &Entry, membership: bool) {
        let Some(callback) = self.0.pfnJoinAlertCallback else { return };
        // SAFETY: see above; no pointers are passed.
        unsafe {
            callback(
                entry.source().to_be(),
                entry.source_mask().to_be(),
                entry.group().to_be(),
                entry.group_mask().to_be(),
                BOOL::from(membership),
            );
        }
    }

    fn wrong_interface(&self, source: u32, group: u32, interface: InterfaceKey, header: &[u8]) {
        let Some(callback) = self.0.pfnWrongIfCallback else { return };
        let mut header = Header::new(header);
        // SAFETY: see above; the header outlives the call and has the bytes its size says.
        unsafe {
            callback(
                source.to_be(),
                group.to_be(),
                interface.if_index,
                interface.next_hop.to_be(),
                header.len(),
                header.as_ptr(),
            );
        }
    }

    fn local_join(&self, entry: &Entry, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnLocalJoinCallback else { return };
        // SAFETY: see above; no pointers are passed.
        unsafe {
            callback(
                entry.source().to_be(),
                entry.source_mask().to_be(),
                entry.group().to_be(),
                entry.group_mask().to_be(),
                interface.if_index,
                interface.next_hop.to_be(),
            );
        }
    }

    fn local_leave(&self, entry: &Entry, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnLocalLeaveCallback else { return };
        // SAFETY: see above; no pointers are passed.
        unsafe {
            callback(
                entry.source().to_be(),
                entry.source_mask().to_be(),
                entry.group().to_be(),
                entry.group_mask().to_be(),
                interface.if_index,
                interface.next_hop.to_be(),
            );
        }
    }

    fn disable_igmp(&self, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnDisableIgmpCallback else { return };
        // SAFETY: see above; no pointers are passed.
        unsafe { callback(interface.if_index, interface.next_hop.to_be()) };
    }

    fn enable_igmp(&self, interface: InterfaceKey) {
        let Some(callback) = self.0.pfnEnableIgmpCallback else { return };
        // SAFETY: see above; no pointers are passed.
        unsafe { callback(interface.if_index, interface.next_hop.to_be()) };
    }
}

/// A copy of a packet's header that a client may scribble on, aligned for the header
/// structures that clients overlay it with.
#[repr(C, align(8))]
struct Header {
    bytes: [u8; MAX_IPV4_HEADER],
    len: usize,
}

impl Header {
    fn new(header: &[u8]) -> Self {
        let mut bytes = [0; MAX_IPV4_HEADER];
        let len = header.len().min(MAX_IPV4_HEADER);
        bytes[..len].copy_from_slice(&header[..len]);
        Self { bytes, len }
    }

    /// dwHdrSize.
    fn len(&self) -> DWORD {
        self.len as DWORD
    }

    /// pbPacketHdr: NULL without a packet.
    fn as_ptr(&mut self) -> PBYTE {
        if self.len == 0 { null_mut() } else { self.bytes.as_mut_ptr() }
    }
}

/// What pbRoute points to.
fn destination(route: &Route) -> RTM_DEST_INFO {
    let mut address = [0; RTM_MAX_ADDRESS_SIZE];
    address[..4].copy_from_slice(&route.network.to_be_bytes());
    RTM_DEST_INFO {
        DestHandle: null_mut(),
        DestAddress: RTM_NET_ADDRESS {
            AddressFamily: AF_INET,
            NumBits: u16::from(route.prefix_len),
            AddrBits: address,
        },
        LastChanged: FILETIME { dwLowDateTime: 0, dwHighDateTime: 0 },
        BelongsToViews: RTM_VIEW_MASK_MCAST,
        NumberOfViews: 1,
        ViewInfo: [RTM_DEST_VIEW_INFO {
            ViewId: RTM_VIEW_ID_MCAST,
            NumRoutes: 1,
            Route: null_mut(),
            Owner: null_mut(),
            DestFlags: 0,
            HoldRoute: null_mut(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::OifAsk;
    use std::sync::Mutex;

    const NONE: ROUTING_PROTOCOL_CONFIG = ROUTING_PROTOCOL_CONFIG {
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
    const ON_2: InterfaceKey = InterfaceKey { if_index: 2, next_hop: 0x0A00_0009 };
    const ROUTE: Route = Route { if_index: 2, gateway: 0x0A00_0001, network: 0xC0A8_0000, prefix_len: 16, protocol: 8 };

    fn query<'a>(header: &'a [u8], route: Option<Route>) -> RpfQuery<'a> {
        RpfQuery { source: 0xC0A8_0105, group: 0xEF01_0203, iif: ON_2, upstream: 0x0A00_0001, header, route }
    }

    #[test]
    fn absent_callbacks_are_skipped() {
        // SAFETY: no function pointers.
        let client = unsafe { Callbacks::new(NONE) };
        let entry = Entry::new(0, 0, 0xEF01_0203, 0).unwrap();
        assert!(!client.enables_igmp());
        let Hears { joins, prunes, local_joins, local_leaves, wrong_interface } = client.hears();
        assert!(!(joins || prunes || local_joins || local_leaves || wrong_interface));
        assert_eq!(client.prune(&entry, ON_2, false), None);
        let mut asked = query(&[], None);
        client.rpf(&mut asked);
        assert!(asked.iif == ON_2 && asked.upstream == 0x0A00_0001);
        let mut oifs = [OifAsk { interface: ON_2, igmp: false, enabled: true }];
        let mut alert = CreationAlert::new(1, 2, ON_2, &mut oifs);
        assert!(client.creation(&mut alert).is_ok());
        assert!(oifs[0].enabled);
        client.join(&entry, true);
        client.wrong_interface(1, 2, ON_2, &[0; 20]);
        client.local_join(&entry, ON_2);
        client.local_leave(&entry, ON_2);
        client.disable_igmp(ON_2);
        client.enable_igmp(ON_2);
    }

    #[test]
    fn rpf_passes_network_byte_order_both_ways() {
        unsafe extern "system" fn answer(
            source: DWORD,
            source_mask: DWORD,
            group: DWORD,
            _group_mask: DWORD,
            if_index: *mut DWORD,
            next_hop: *mut DWORD,
            upstream: *mut DWORD,
            header_size: DWORD,
            header: PBYTE,
            route: PBYTE,
        ) -> DWORD {
            assert_eq!(source.to_ne_bytes(), [192, 168, 1, 5]);
            assert_eq!(source_mask, DWORD::MAX);
            assert_eq!(group.to_ne_bytes(), [239, 1, 2, 3]);
            assert!(header.addr().is_multiple_of(8) && header_size == 24);
            // SAFETY: `Callbacks::rpf` passes valid pointers, the route not NULL here.
            unsafe {
                assert_eq!(*if_index, 2);
                assert_eq!((*next_hop).to_ne_bytes(), [10, 0, 0, 9]);
                assert_eq!((*upstream).to_ne_bytes(), [10, 0, 0, 1]);
                assert_eq!(*header, 0x46);
                *header = 0;
                let route = &*route.cast::<RTM_DEST_INFO>();
                assert_eq!(route.DestAddress.AddrBits[..4], [192, 168, 0, 0]);
                assert_eq!(route.DestAddress.NumBits, 16);
                assert_eq!(route.ViewInfo[0].ViewId, RTM_VIEW_ID_MCAST);
                *if_index = 7;
                *next_hop = u32::from_ne_bytes([10, 0, 0, 3]);
                *upstream = u32::from_ne_bytes([10, 0, 0, 4]);
            }
            0
        }
        // SAFETY: the function has the type of that callback.
        let client = unsafe { Callbacks::new(ROUTING_PROTOCOL_CONFIG { pfnRpfCallback: Some(answer), ..NONE }) };
        let mut header = [0; 24];
        header[0] = 0x46;
        let mut asked = query(&header, Some(ROUTE));
        client.rpf(&mut asked);
        assert_eq!(asked.iif, InterfaceKey { if_index: 7, next_hop: 0x0A00_0003 });
        assert_eq!(asked.upstream, 0x0A00_0004);
        assert_eq!(header[0], 0x46);
    }

    #[test]
    fn rpf_without_packet_and_route_passes_null() {
        static SEEN: Mutex<Option<(DWORD, bool, bool)>> = Mutex::new(None);
        unsafe extern "system" fn answer(
            _: DWORD,
            _: DWORD,
            _: DWORD,
            _: DWORD,
            _: *mut DWORD,
            _: *mut DWORD,
            _: *mut DWORD,
            header_size: DWORD,
            header: PBYTE,
            route: PBYTE,
        ) -> DWORD {
            *SEEN.lock().unwrap() = Some((header_size, header.is_null(), route.is_null()));
            0
        }
        // SAFETY: the function has the type of that callback.
        let client = unsafe { Callbacks::new(ROUTING_PROTOCOL_CONFIG { pfnRpfCallback: Some(answer), ..NONE }) };
        client.rpf(&mut query(&[], None));
        assert_eq!(*SEEN.lock().unwrap(), Some((0, true, true)));
    }

    #[test]
    fn creation_takes_any_non_zero_for_true() {
        unsafe extern "system" fn veto(
            _: DWORD,
            _: DWORD,
            _: DWORD,
            _: DWORD,
            _: DWORD,
            _: DWORD,
            count: DWORD,
            list: *mut MGM_IF_ENTRY,
        ) -> DWORD {
            assert_eq!(count, 3);
            // SAFETY: the list has three entries.
            let list = unsafe { std::slice::from_raw_parts_mut(list, 3) };
            assert_eq!(list[0].dwIfNextHopAddr.to_ne_bytes(), [10, 0, 0, 9]);
            assert_eq!((list[0].bIGMP, list[1].bIGMP), (0, 1));
            assert!(list.iter().all(|entry| entry.bIsEnabled == 1));
            list[0].bIsEnabled = -1;
            list[1].bIsEnabled = 0;
            list[2].bIsEnabled = 2;
            0
        }
        // SAFETY: the function has the type of that callback.
        let client =
            unsafe { Callbacks::new(ROUTING_PROTOCOL_CONFIG { pfnCreationAlertCallback: Some(veto), ..NONE }) };
        let mut oifs = [false, true, false].map(|igmp| OifAsk { interface: ON_2, igmp, enabled: true });
        let mut alert = CreationAlert::new(1, 2, ON_2, &mut oifs);
        assert!(client.creation(&mut alert).is_ok());
        assert_eq!(oifs.map(|oif| oif.enabled), [true, false, true]);
    }

    #[test]
    fn prune_hands_the_timeout_back() {
        unsafe extern "system" fn shorter(
            source: DWORD,
            source_mask: DWORD,
            _group: DWORD,
            group_mask: DWORD,
            if_index: DWORD,
            _next_hop: DWORD,
            member: BOOL,
            timeout: *mut DWORD,
        ) -> DWORD {
            assert_eq!((source, source_mask, group_mask, if_index, member), (0, 0, DWORD::MAX, 2, 0));
            // SAFETY: never NULL.
            unsafe {
                assert_eq!(*timeout, 900);
                *timeout = 60;
            }
            0
        }
        // SAFETY: the function has the type of that callback.
        let client =
            unsafe { Callbacks::new(ROUTING_PROTOCOL_CONFIG { pfnPruneAlertCallback: Some(shorter), ..NONE }) };
        let entry = Entry::new(0, 0, 0xEF01_0203, 0).unwrap();
        assert_eq!(client.prune(&entry, ON_2, false), Some(60));
    }
}
