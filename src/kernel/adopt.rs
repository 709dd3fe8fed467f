//! The multicast routing socket of another process, which handed it over: whether it is
//! what it should be. Nothing here stops the table's forwarding.

use std::os::fd::{AsRawFd, OwnedFd};

use super::mroute::{MrouteSocket, Oifs};
use super::sys::{self, SysError, SysResult};
use super::table::TableSocket;
use super::uapi::MAXVIFS;
use crate::forwarder::{ForwarderError, Unfit};

/// An entry that belongs to nothing but the check: no host has this source (240.0.0.0/4),
/// and no router forwards this group (224.0.0.0/24). Source and group.
const PROBE: (u32, u32) = (0xF000_0001, 0xE000_0000);

impl MrouteSocket {
    /// A socket that another process opened, if it is the one of the table's owner. Closed
    /// before [`Self::settle`], it leaves the table to others.
    pub(crate) fn adopt(fd: OwnedFd, table: &mut TableSocket) -> Result<Self, ForwarderError> {
        check_kind(&fd)?;
        set_non_blocking(&fd)?;
        let socket = Self::of_other(fd);
        if !socket.owns(table)? {
            return Err(ForwarderError::HandedOver(Unfit::NotOwner(table.id())));
        }
        socket.set_up(table.id())?;
        Ok(socket)
    }

    /// Whether this is the socket of the table's owner: the owner's entries are told from
    /// those that other sockets add, and only in its own table do they turn up.
    fn owns(&self, table: &mut TableSocket) -> SysResult<bool> {
        let (source, group) = PROBE;
        // A check that was killed may have left one.
        let _ = self.del_mfc(source, group);
        match self.add_mfc(source, group, MAXVIFS - 1, &Oifs::none()) {
            Ok(()) => {}
            // The table of that socket does not exist (any more).
            Err(error) if error.errno == libc::ENOENT => return Ok(false),
            Err(error) => return Err(error),
        }
        let found = table.entry(source, group);
        let _ = self.del_mfc(source, group);
        Ok(found?.is_some_and(|entry| !entry.is_static))
    }
}

fn check_kind(fd: &OwnedFd) -> Result<(), ForwarderError> {
    let expected =
        [(libc::SO_DOMAIN, libc::AF_INET), (libc::SO_TYPE, libc::SOCK_RAW), (libc::SO_PROTOCOL, libc::IPPROTO_IGMP)];
    for (name, value) in expected {
        match sys::int_option(fd, libc::SOL_SOCKET, name, "looking at the socket that was handed over") {
            Ok(found) if found == value => {}
            Ok(_) => return Err(ForwarderError::HandedOver(Unfit::OtherSocket)),
            Err(error) if error.errno == libc::ENOTSOCK => {
                return Err(ForwarderError::HandedOver(Unfit::NoSocket));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn set_non_blocking(fd: &OwnedFd) -> SysResult<()> {
    // SAFETY: fcntl with F_GETFL takes integers; the descriptor is borrowed, so open.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    // SAFETY: as above, with F_SETFL.
    if flags < 0 || unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) } < 0 {
        return Err(SysError::last("making the socket that was handed over non-blocking"));
    }
    Ok(())
}
