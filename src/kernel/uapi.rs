//! The kernel's interface as `<linux/mroute.h>` and `<linux/rtnetlink.h>` define
//! it, as far as it is used here and the libc crate lacks it.

use std::mem::{offset_of, size_of};

/// VIFs per table.
pub(crate) const MAXVIFS: usize = 32;

// Socket options of a raw IGMP socket, level IPPROTO_IP.
pub(crate) const MRT_INIT: i32 = 200;
pub(crate) const MRT_DONE: i32 = 201;
pub(crate) const MRT_ADD_VIF: i32 = 202;
pub(crate) const MRT_DEL_VIF: i32 = 203;
pub(crate) const MRT_ADD_MFC: i32 = 204;
pub(crate) const MRT_DEL_MFC: i32 = 205;
pub(crate) const MRT_ASSERT: i32 = 207;
pub(crate) const MRT_PIM: i32 = 208;
pub(crate) const MRT_TABLE: i32 = 209;
pub(crate) const MRT_ADD_MFC_PROXY: i32 = 210;
pub(crate) const MRT_FLUSH: i32 = 212;

/// MRT_FLUSH: VIFs and entries, also static ones (made by other sockets).
pub(crate) const MRT_FLUSH_ALL: i32 = 1 | 2 | 4 | 8;

/// The table that is used without MRT_TABLE (RT_TABLE_DEFAULT).
pub(crate) const RT_TABLE_DEFAULT: u32 = 253;

// ioctl requests of the same socket.
pub(crate) const SIOCGETVIFCNT: u32 = 0x89E0;
pub(crate) const SIOCGETSGCNT: u32 = 0x89E1;

/// vifc_flags: the union holds an interface index.
pub(crate) const VIFF_USE_IFINDEX: u8 = 0x8;

// im_msgtype.
pub(crate) const IGMPMSG_NOCACHE: u8 = 1;
pub(crate) const IGMPMSG_WRONGVIF: u8 = 2;
/// MRT_PIM takes it too, to ask for these.
pub(crate) const IGMPMSG_WRVIFWHOLE: u8 = 4;

/// `struct vifctl`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct VifCtl {
    pub vifc_vifi: u16,
    pub vifc_flags: u8,
    pub vifc_threshold: u8,
    pub vifc_rate_limit: u32,
    pub vifc_lcl_ifindex: i32,
    pub vifc_rmt_addr: u32,
}

/// `struct mfcctl`; addresses in network byte order.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct MfcCtl {
    pub mfcc_origin: u32,
    pub mfcc_mcastgrp: u32,
    pub mfcc_parent: u16,
    pub mfcc_ttls: [u8; MAXVIFS],
    pub padding: u16,
    pub mfcc_pkt_cnt: u32,
    pub mfcc_byte_cnt: u32,
    pub mfcc_wrong_if: u32,
    pub mfcc_expire: i32,
}

/// `struct sioc_sg_req`; addresses in network byte order.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct SiocSgReq {
    pub src: u32,
    pub grp: u32,
    pub pktcnt: libc::c_ulong,
    pub bytecnt: libc::c_ulong,
    pub wrong_if: libc::c_ulong,
}

/// `struct sioc_vif_req`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct SiocVifReq {
    pub vifi: u16,
    pub icount: libc::c_ulong,
    pub ocount: libc::c_ulong,
    pub ibytes: libc::c_ulong,
    pub obytes: libc::c_ulong,
}

const _: () = {
    assert!(size_of::<VifCtl>() == 16);
    assert!(offset_of!(VifCtl, vifc_lcl_ifindex) == 8);
    assert!(offset_of!(VifCtl, vifc_rmt_addr) == 12);
    assert!(size_of::<MfcCtl>() == 60);
    assert!(offset_of!(MfcCtl, mfcc_parent) == 8);
    assert!(offset_of!(MfcCtl, mfcc_ttls) == 10);
    assert!(offset_of!(MfcCtl, mfcc_pkt_cnt) == 44);
    assert!(offset_of!(MfcCtl, mfcc_expire) == 56);
    let long = size_of::<libc::c_ulong>();
    assert!(size_of::<SiocSgReq>() == 8 + 3 * long);
    assert!(offset_of!(SiocSgReq, pktcnt) == 8);
    assert!(size_of::<SiocVifReq>() == 5 * long);
    assert!(offset_of!(SiocVifReq, icount) == long);
};

// Offsets inside `struct igmpmsg`, which lies over the packet's IPv4 header.
pub(crate) const IM_MSGTYPE: usize = 8;
pub(crate) const IM_MBZ: usize = 9;
pub(crate) const IM_VIF: usize = 10;
pub(crate) const IM_VIF_HI: usize = 11;
pub(crate) const IM_SRC: usize = 12;
pub(crate) const IM_DST: usize = 16;

/// A lookup answers with the matched route instead of the chosen path.
pub(crate) const RTM_F_FIB_MATCH: u32 = 0x2000;

// Nexthop objects.
pub(crate) const RTM_NEWNEXTHOP: u16 = 104;
pub(crate) const RTM_DELNEXTHOP: u16 = 105;
pub(crate) const RTM_GETNEXTHOP: u16 = 106;
pub(crate) const RTNLGRP_NEXTHOP: i32 = 32;
/// The nexthop object of a route.
pub(crate) const RTA_NH_ID: u16 = 30;
// Attributes of a nexthop object.
pub(crate) const NHA_ID: u16 = 1;
pub(crate) const NHA_GROUP: u16 = 2;
pub(crate) const NHA_BLACKHOLE: u16 = 4;
pub(crate) const NHA_OIF: u16 = 5;
pub(crate) const NHA_GATEWAY: u16 = 6;

// rtm_protocol of routing daemons.
pub(crate) const RTPROT_BGP: u8 = 186;
pub(crate) const RTPROT_ISIS: u8 = 187;
pub(crate) const RTPROT_OSPF: u8 = 188;
pub(crate) const RTPROT_RIP: u8 = 189;

// rtm_protocol of multicast entries: the owner's socket, or one beside it.
pub(crate) const RTPROT_MROUTED: u8 = 17;
pub(crate) const RTPROT_STATIC: u8 = 4;

/// Family of netlink messages about IPv4 multicast routing.
pub(crate) const RTNL_FAMILY_IPMR: u8 = 128;

// Attributes of the family's link messages: a table, in it the VIFs, in each of them.
pub(crate) const IPMRA_TABLE_ID: u16 = 1;
pub(crate) const IPMRA_TABLE_VIFS: u16 = 6;
pub(crate) const IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE: u16 = 7;
pub(crate) const IPMRA_VIF: u16 = 1;
pub(crate) const IPMRA_VIFA_IFINDEX: u16 = 1;
pub(crate) const IPMRA_VIFA_VIF_ID: u16 = 2;

/// Dumps heed the filters of a request; an option of netlink sockets.
pub(crate) const NETLINK_GET_STRICT_CHK: i32 = 12;

// Per-interface settings, of which one counts the VIFs.
pub(crate) const RTM_NEWNETCONF: u16 = 80;
pub(crate) const RTNLGRP_IPV4_NETCONF: i32 = 24;
pub(crate) const RTNLGRP_IPV4_MROUTE: i32 = 6;
pub(crate) const NETCONFA_IFINDEX: u16 = 1;
pub(crate) const NETCONFA_MC_FORWARDING: u16 = 4;

/// rtm_flags of an entry that packets wait for.
pub(crate) const RTNH_F_UNRESOLVED: u32 = 32;

// rtnh_flags: this next hop does not work now.
pub(crate) const RTNH_F_DEAD: u8 = 1;
pub(crate) const RTNH_F_LINKDOWN: u8 = 16;
