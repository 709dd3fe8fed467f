//! What `pbRoute` of the RPF callback points to. On Windows `rtmv2.h` defines
//! it; elsewhere our header does.

use super::base::{DWORD, FILETIME, HANDLE, INT, UCHAR, UINT, USHORT};
use std::mem::offset_of;

/// The most bytes an address has in RTM_NET_ADDRESS.
pub const RTM_MAX_ADDRESS_SIZE: usize = 16;
/// The view of unicast routes.
pub const RTM_VIEW_ID_UCAST: i32 = 0;
/// The view of routes that multicast uses.
pub const RTM_VIEW_ID_MCAST: i32 = 1;
/// The unicast view in a set of views.
pub const RTM_VIEW_MASK_UCAST: u32 = 1;
/// The multicast view in a set of views.
pub const RTM_VIEW_MASK_MCAST: u32 = 2;

/// The number of a view.
pub type RTM_VIEW_ID = INT;
/// A set of views, one bit each.
pub type RTM_VIEW_SET = DWORD;
/// Names a destination; NULL here, as there is no routing table manager to ask.
pub type RTM_DEST_HANDLE = HANDLE;
/// Names a route; NULL here.
pub type RTM_ROUTE_HANDLE = HANDLE;
/// Names the owner of a route; NULL here.
pub type RTM_ENTITY_HANDLE = HANDLE;

/// A network: address family, prefix length and address.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _RTM_NET_ADDRESS {
    /// 2 (AF_INET).
    pub AddressFamily: USHORT,
    /// The prefix length, 0 to 32.
    pub NumBits: USHORT,
    /// The address in its first four bytes, network byte order; 0 behind.
    pub AddrBits: [UCHAR; 16],
}
/// See the structure.
pub type RTM_NET_ADDRESS = _RTM_NET_ADDRESS;
/// The address of one.
pub type PRTM_NET_ADDRESS = *mut RTM_NET_ADDRESS;

/// A destination in one view. (Windows has no name for this structure.)
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _RTM_DEST_VIEW_INFO {
    /// RTM_VIEW_ID_MCAST.
    pub ViewId: RTM_VIEW_ID,
    /// 1.
    pub NumRoutes: UINT,
    /// NULL.
    pub Route: RTM_ROUTE_HANDLE,
    /// NULL.
    pub Owner: RTM_ENTITY_HANDLE,
    /// 0.
    pub DestFlags: DWORD,
    /// NULL.
    pub HoldRoute: RTM_ROUTE_HANDLE,
}
/// See the structure.
pub type RTM_DEST_VIEW_INFO = _RTM_DEST_VIEW_INFO;

/// The route towards a source, as the RPF callback gets it: the network in
/// DestAddress, and one view.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _RTM_DEST_INFO {
    /// NULL.
    pub DestHandle: RTM_DEST_HANDLE,
    /// The network of the route.
    pub DestAddress: RTM_NET_ADDRESS,
    /// 0: not known.
    pub LastChanged: FILETIME,
    /// RTM_VIEW_MASK_MCAST.
    pub BelongsToViews: RTM_VIEW_SET,
    /// 1.
    pub NumberOfViews: UINT,
    /// The multicast view.
    pub ViewInfo: [RTM_DEST_VIEW_INFO; 1],
}
/// See the structure.
pub type RTM_DEST_INFO = _RTM_DEST_INFO;
/// The address of one.
pub type PRTM_DEST_INFO = *mut RTM_DEST_INFO;

const _: () = {
    assert!(size_of::<RTM_NET_ADDRESS>() == 20 && RTM_MAX_ADDRESS_SIZE == 16);
    assert!(offset_of!(RTM_NET_ADDRESS, AddrBits) == 4);
};
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(offset_of!(RTM_DEST_INFO, DestAddress) == 8);
    assert!(offset_of!(RTM_DEST_INFO, LastChanged) == 28);
    assert!(offset_of!(RTM_DEST_INFO, BelongsToViews) == 36);
    assert!(offset_of!(RTM_DEST_INFO, ViewInfo) == 48);
    assert!(size_of::<RTM_DEST_VIEW_INFO>() == 40);
    assert!(offset_of!(RTM_DEST_VIEW_INFO, HoldRoute) == 32);
    assert!(size_of::<RTM_DEST_INFO>() == 88);
};
#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(offset_of!(RTM_DEST_INFO, DestAddress) == 4);
    assert!(offset_of!(RTM_DEST_INFO, ViewInfo) == 40);
    assert!(size_of::<RTM_DEST_VIEW_INFO>() == 24);
    assert!(size_of::<RTM_DEST_INFO>() == 64);
};
