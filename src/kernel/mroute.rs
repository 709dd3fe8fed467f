//! The multicast routing socket of one kernel table.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::sys::{self, SysError, SysResult};
use super::uapi::{self, MAXVIFS, MfcCtl, SiocSgReq, SiocVifReq, VifCtl};
use super::upcall;
use super::whole;
use crate::forwarder::MAX_IPV4_HEADER;

/// The kernel takes twice this, of which an upcall uses 832 bytes: it keeps those of
/// 20,000 flows that start at once. The default keeps 256; 32 MiB measured slower.
const RECEIVE_BUFFER: i32 = 8 << 20;

/// What an upcall takes of the receive buffer.
const UPCALL_MEMORY: u32 = 832;

/// Flows that start at once, which the buffer should keep at least.
const FLOWS_AT_ONCE: u32 = 10_000;

/// The most of an upcall that is wanted: the kernel's own header before a packet that
/// is reported whole, and that packet's header.
pub(crate) const UPCALL: usize = upcall::MIN_HEADER + MAX_IPV4_HEADER;

/// Counters of one entry.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counters {
    pub packets: u64,
    pub bytes: u64,
    pub wrong_interface: u64,
}

/// Which VIFs an entry sends to: the TTL that a packet must exceed, 0 for the others. The
/// kernel takes 255, which no TTL exceeds, for 0.
pub(crate) struct Oifs([u8; MAXVIFS]);

impl Oifs {
    pub(crate) const fn none() -> Self {
        Self([0; MAXVIFS])
    }

    pub(crate) fn add(&mut self, vif: usize, threshold: u8) {
        if let Some(ttl) = self.0.get_mut(vif) {
            *ttl = threshold;
        }
    }

    /// How many the kernel stores.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().filter(|&&ttl| ttl != 0 && ttl != u8::MAX).count()
    }

    /// Whether an entry sends to a VIF, with this threshold.
    pub(crate) fn has(&self, vif: usize, threshold: u8) -> bool {
        self.0.get(vif) == Some(&threshold)
    }
}

/// The owner's socket of a table. Closing it empties the table, unless it is left to
/// somebody else who has a duplicate.
pub(crate) struct MrouteSocket {
    fd: OwnedFd,
    active: bool,
    leave: bool,
}

impl MrouteSocket {
    /// Takes the table, with what others have put into it: EADDRINUSE when another
    /// socket has it.
    pub(crate) fn open(table: u32) -> SysResult<Self> {
        let fd = sys::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_IGMP, "opening a raw IGMP socket")?;
        prepare(&fd)?;
        if table != uapi::RT_TABLE_DEFAULT {
            let doing = "choosing the multicast routing table";
            option(&fd, uapi::MRT_TABLE, &table, doing).map_err(|error| match error.errno {
                // Multicast routing itself may be there: tell the two apart.
                libc::ENOPROTOOPT => SysError {
                    errno: libc::EOPNOTSUPP,
                    doing: "choosing the multicast routing table \
                            (needs CONFIG_IP_MROUTE_MULTIPLE_TABLES)",
                },
                _ => error,
            })?;
        }
        option(&fd, uapi::MRT_INIT, &1i32, "taking the multicast routing table")?;
        let socket = Self { fd, active: true, leave: false };
        socket.ask_for_wrong_interface_reports(table)?;
        Ok(socket)
    }

    /// Removes everything, whoever made it, unless the table is left to somebody else.
    /// Kernels before 5.0 cannot: no error.
    pub(crate) fn flush(&self) {
        if !self.leave {
            let _ = self.set(uapi::MRT_FLUSH, &uapi::MRT_FLUSH_ALL, "emptying the table");
        }
    }

    /// A socket of another process, whose table stays when this is closed.
    pub(super) fn of_other(fd: OwnedFd) -> Self {
        Self { fd, active: true, leave: true }
    }

    /// Makes it this process's own: from now on closing it empties the table.
    pub(crate) fn settle(&mut self) {
        self.leave = false;
    }

    /// Leaves the table as it is to whoever has a duplicate. Nothing works afterwards.
    pub(crate) fn detach(&mut self) {
        (self.active, self.leave) = (false, true);
    }

    /// What the reading of upcalls needs.
    pub(crate) fn set_up(&self, table: u32) -> SysResult<()> {
        prepare(&self.fd)?;
        self.ask_for_wrong_interface_reports(table)
    }

    /// MRT_PIM reports packets on any wrong VIF, MRT_ASSERT only on an entry's oifs.
    fn ask_for_wrong_interface_reports(&self, table: u32) -> SysResult<()> {
        let doing = "asking for wrong-interface reports";
        // Whole packets, with their real headers, are sent when the option goes from 0
        // to this value in one step; an earlier owner may have left another. A kernel
        // that does not know them takes it for 1.
        let whole = i32::from(uapi::IGMPMSG_WRVIFWHOLE);
        let _ = self.set(uapi::MRT_PIM, &0i32, doing);
        if self.set(uapi::MRT_PIM, &whole, doing).is_err() {
            return self.set(uapi::MRT_ASSERT, &1i32, doing);
        }
        if whole::reports_whole(table)? {
            // Each is reported the other way as well, which says less.
            upcalls_only(&self.fd, uapi::IGMPMSG_WRVIFWHOLE)?;
        }
        Ok(())
    }

    /// How many upcalls the receive buffer keeps, where that is fewer than it should.
    pub(crate) fn short_buffer(&self) -> Option<u32> {
        let kept = sys::receive_state(&self.fd)?.buffer / UPCALL_MEMORY;
        (kept < FLOWS_AT_ONCE).then_some(kept)
    }

    /// Another descriptor of it. It does not keep the table after `close`, but does when
    /// this process ends without it, or after `detach`.
    pub(crate) fn reader(&self) -> SysResult<OwnedFd> {
        sys::duplicate(&self.fd, "duplicating the multicast routing socket")
    }

    pub(crate) fn add_vif(&self, vif: usize, if_index: u32) -> SysResult<()> {
        let doing = "adding a VIF";
        let index = i32::try_from(if_index).map_err(|_| SysError { errno: libc::ENODEV, doing })?;
        let value =
            VifCtl { vifc_flags: uapi::VIFF_USE_IFINDEX, vifc_threshold: 1, vifc_lcl_ifindex: index, ..vif_only(vif) };
        self.set(uapi::MRT_ADD_VIF, &value, doing)
    }

    pub(crate) fn del_vif(&self, vif: usize) -> SysResult<()> {
        self.set_surely(uapi::MRT_DEL_VIF, &vif_only(vif), "deleting a VIF")
    }

    /// The kernel deletes a VIF together with its interface, without a word.
    pub(crate) fn vif_exists(&self, vif: usize) -> bool {
        let mut request = SiocVifReq { vifi: vif as u16, icount: 0, ocount: 0, ibytes: 0, obytes: 0 };
        match self.ask(uapi::SIOCGETVIFCNT, &mut request, "reading a VIF") {
            Ok(()) => true,
            // EINVAL: beyond the last one. Another error says nothing; most are there.
            Err(error) => !matches!(error.errno, libc::EADDRNOTAVAIL | libc::EINVAL | libc::ESHUTDOWN),
        }
    }

    /// Makes or replaces an entry. The kernel also accepts a parent that does not exist.
    pub(crate) fn add_mfc(&self, source: u32, group: u32, parent: usize, oifs: &Oifs) -> SysResult<()> {
        let value = MfcCtl { mfcc_parent: parent as u16, mfcc_ttls: oifs.0, ..entry_only(source, group) };
        self.set(uapi::MRT_ADD_MFC, &value, "adding a forwarding entry")
    }

    /// Changes an entry, which may be one for any source.
    pub(crate) fn change_mfc(&self, source: u32, group: u32, parent: usize, oifs: &Oifs) -> SysResult<()> {
        let name = if source == 0 { uapi::MRT_ADD_MFC_PROXY } else { uapi::MRT_ADD_MFC };
        let value = MfcCtl { mfcc_parent: parent as u16, mfcc_ttls: oifs.0, ..entry_only(source, group) };
        self.set(name, &value, "changing a forwarding entry")
    }

    pub(crate) fn del_mfc(&self, source: u32, group: u32) -> SysResult<()> {
        let value = entry_only(source, group);
        self.set_surely(uapi::MRT_DEL_MFC, &value, "deleting a forwarding entry")
    }

    /// The entry's counters, `None` when it is not there.
    pub(crate) fn counters(&self, source: u32, group: u32) -> Option<Counters> {
        let mut request = SiocSgReq { src: source.to_be(), grp: group.to_be(), pktcnt: 0, bytecnt: 0, wrong_if: 0 };
        self.ask(uapi::SIOCGETSGCNT, &mut request, "reading an entry's counters").ok()?;
        Some(Counters {
            packets: wide(request.pktcnt),
            bytes: wide(request.bytecnt),
            wrong_interface: wide(request.wrong_if),
        })
    }

    /// Gives the table back; the kernel empties it before this returns, whoever
    /// else still has a duplicate of the socket.
    pub(crate) fn close(&mut self) {
        if self.active && !self.leave {
            let _ = self.set_surely(uapi::MRT_DONE, &0i32, "giving the multicast routing table back");
        }
        self.active = false;
    }

    fn set<T: Copy>(&self, name: i32, value: &T, doing: &'static str) -> SysResult<()> {
        // After MRT_DONE the kernel would take a privileged process's call for that
        // of a helper beside the owner: the entry would be static and outlive us.
        self.check_active(doing)?;
        option(&self.fd, name, value, doing)
    }

    /// For what has no way to fail: the kernel's part does not, but a BPF program of the
    /// cgroup, which sees every option first, may lack memory.
    fn set_surely<T: Copy>(&self, name: i32, value: &T, doing: &'static str) -> SysResult<()> {
        match self.set(name, value, doing) {
            // It is not there, as wished.
            Err(error) if !matches!(error.errno, libc::ENOENT | libc::EADDRNOTAVAIL) => self.set(name, value, doing),
            result => result,
        }
    }

    fn ask<T: Copy>(&self, request: u32, value: &mut T, doing: &'static str) -> SysResult<()> {
        self.check_active(doing)?;
        let fd = self.fd.as_raw_fd();
        // SAFETY: both requests read and write exactly one T (SiocSgReq or
        // SiocVifReq, layouts asserted in uapi) at this exclusively borrowed place.
        let result = unsafe { libc::ioctl(fd, request as _, std::ptr::from_mut(value)) };
        if result < 0 {
            return Err(SysError::last(doing));
        }
        Ok(())
    }

    fn check_active(&self, doing: &'static str) -> SysResult<()> {
        if self.active {
            return Ok(());
        }
        Err(SysError { errno: libc::ESHUTDOWN, doing })
    }
}

impl AsFd for MrouteSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for MrouteSocket {
    fn drop(&mut self) {
        self.close();
    }
}

/// What is set before the table is taken.
fn prepare(fd: &OwnedFd) -> SysResult<()> {
    sys::receive_buffer(fd, RECEIVE_BUFFER);
    upcalls_only(fd, uapi::IGMPMSG_WRONGVIF)
}

fn option<T: Copy>(fd: &impl AsFd, name: i32, value: &T, doing: &'static str) -> SysResult<()> {
    sys::set_option(fd, libc::IPPROTO_IP, name, value, doing)
}

/// Lets only upcalls (protocol 0) into the socket, of the wrong-interface ones those of
/// one kind, and of each no more than is read. Every IGMP packet of the network arrives
/// here too; a flood of them would fill the buffer and push the upcalls out.
fn upcalls_only(fd: &impl AsFd, wrong: u8) -> SysResult<()> {
    let load_byte = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    let jump_equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let ret = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut program = [
        step(load_byte, 0, 0, uapi::IM_MBZ as u32),
        step(jump_equal, 0, 4, 0),
        step(load_byte, 0, 0, uapi::IM_MSGTYPE as u32),
        step(jump_equal, 1, 0, u32::from(uapi::IGMPMSG_NOCACHE)),
        step(jump_equal, 0, 1, u32::from(wrong)),
        step(ret, 0, 0, UPCALL as u32),
        step(ret, 0, 0, 0),
    ];
    let value = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    sys::set_option(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &value, "filtering the multicast routing socket")
}

fn vif_only(vif: usize) -> VifCtl {
    VifCtl {
        vifc_vifi: vif as u16,
        vifc_flags: 0,
        vifc_threshold: 0,
        vifc_rate_limit: 0,
        vifc_lcl_ifindex: 0,
        vifc_rmt_addr: 0,
    }
}

fn entry_only(source: u32, group: u32) -> MfcCtl {
    MfcCtl {
        mfcc_origin: source.to_be(),
        mfcc_mcastgrp: group.to_be(),
        mfcc_parent: 0,
        mfcc_ttls: [0; MAXVIFS],
        padding: 0,
        mfcc_pkt_cnt: 0,
        mfcc_byte_cnt: 0,
        mfcc_wrong_if: 0,
        mfcc_expire: 0,
    }
}

/// The kernel's `unsigned long`, 32 bits on 32-bit systems.
#[allow(clippy::useless_conversion)]
fn wide(count: libc::c_ulong) -> u64 {
    u64::from(count)
}
