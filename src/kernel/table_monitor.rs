//! Who else touched the multicast routing table, from the kernel's notifications.
//!
//! The kernel tells of everything, our own orders too. What the owner's socket adds is
//! marked as its, and a filter in the kernel drops that; deletions are marked with the
//! maker of the entry, not with who deleted it, and have to be looked at.

use std::os::fd::RawFd;

use super::netlink::{MESSAGE_HEADER, NetlinkSocket, Received};
use super::sys::{self, SysResult};
use super::table;
use super::uapi;

/// Deletions come as fast as entries end together; ten thousand fit. The memory is
/// taken only while they wait.
const RECEIVE_BUFFER: i32 = 8 << 20;

/// What one read said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Touch {
    /// This entry was deleted by anybody, or added or changed by somebody else.
    Entry { source: u32, group: u32, deleted: bool },
    /// Notifications were lost.
    Lost,
    /// Nothing that matters.
    Irrelevant,
    /// No more notifications now.
    Nothing,
}

/// A subscription to the entries of one table.
pub(crate) struct TableMonitor {
    netlink: NetlinkSocket,
    table: u32,
}

impl TableMonitor {
    pub(crate) fn open(table: u32) -> SysResult<Self> {
        let netlink = NetlinkSocket::open()?;
        sys::receive_buffer(&netlink, RECEIVE_BUFFER);
        without_own_additions(&netlink)?;
        netlink.join(uapi::RTNLGRP_IPV4_MROUTE)?;
        Ok(Self { netlink, table })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.netlink.raw_fd()
    }

    /// Reads one datagram; the kernel puts one notification into each.
    pub(crate) fn read(&mut self) -> Touch {
        let mut messages = match self.netlink.receive() {
            Ok(Received::Messages(messages)) => messages,
            Ok(Received::Nothing) => return Touch::Nothing,
            Ok(Received::Truncated) | Err(_) => {
                self.netlink.discard();
                return Touch::Lost;
            }
        };
        let read = |message| table::parse(&message).map(|entry| (message.kind, entry));
        match messages.find_map(read) {
            Some((kind, (table, entry))) if table == self.table => {
                Touch::Entry { source: entry.source, group: entry.group, deleted: kind == libc::RTM_DELROUTE }
            }
            _ => Touch::Irrelevant,
        }
    }
}

/// Has the kernel drop the notifications of what the table's owner adds and replaces.
fn without_own_additions(netlink: &NetlinkSocket) -> SysResult<()> {
    let load = |size| (libc::BPF_LD | size | libc::BPF_ABS) as u16;
    let jump_equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let ret = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    // The filter loads in network byte order, netlink is in the host's.
    let new_route = u32::from(libc::RTM_NEWROUTE.to_be());
    // nlmsg_type, then rtm_protocol.
    let (kind, protocol) = (4, MESSAGE_HEADER as u32 + 5);
    let mut program = [
        step(load(libc::BPF_H), 0, 0, kind),
        step(jump_equal, 0, 3, new_route),
        step(load(libc::BPF_B), 0, 0, protocol),
        step(jump_equal, 0, 1, u32::from(uapi::RTPROT_MROUTED)),
        step(ret, 0, 0, 0),
        step(ret, 0, 0, u32::MAX),
    ];
    let value = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    sys::set_option(netlink, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &value, "filtering the table's notifications")
}
