//! Which process holds a multicast routing table, from /proc.
//!
//! The kernel does not tell. But the owner has a raw IGMP socket:
//! /proc/net/raw lists those with their inodes, and /proc/*/fd whose they are. It
//! does not say which of several has which table, so the answer is a good guess.

use std::os::fd::{AsRawFd, OwnedFd};

use super::procfs::{Path, number, open, read, read_link};

/// A process: its id and its name, NUL-padded.
pub(crate) type Process = (u32, [u8; 16]);

/// Raw IGMP sockets that are looked at; a machine has a handful.
const SOCKETS: usize = 64;

/// The first process with a raw IGMP socket in this thread's network namespace.
/// Another process goes before this one, which may have such sockets for IGMP.
pub(crate) fn find() -> Option<Process> {
    let mut inodes = Inodes { list: [0; SOCKETS], length: 0 };
    // Not /proc/net: that is the namespace of the process's first thread.
    let sockets = open(None, c"/proc/thread-self/net/raw", 0).ok()?;
    inodes.read(&sockets);
    if inodes.length == 0 {
        return None;
    }
    let proc = open(None, c"/proc", libc::O_DIRECTORY).ok()?;
    let own = std::process::id();
    let mut found = None;
    let mut skip_own = false;
    each_entry(&proc, |name| {
        let Some(pid) = number(name) else {
            return true;
        };
        if pid == own {
            skip_own = true;
            return true;
        }
        if holds(&proc, pid, &inodes) {
            found = Some(pid);
        }
        found.is_none()
    });
    if found.is_none() && skip_own && holds(&proc, own, &inodes) {
        found = Some(own);
    }
    found.map(|pid| (pid, name_of(&proc, pid)))
}

struct Inodes {
    list: [u64; SOCKETS],
    length: usize,
}

impl Inodes {
    /// Reads the table line by line through a small buffer.
    fn read(&mut self, file: &OwnedFd) {
        let mut buffer = [0u8; 4096];
        let mut kept = 0;
        loop {
            let got = read(file.as_raw_fd(), &mut buffer[kept..]);
            if got == 0 {
                return;
            }
            let end = kept + got;
            let mut start = 0;
            while let Some(length) = buffer[start..end].iter().position(|&byte| byte == b'\n') {
                if let Some(inode) = igmp_inode(&buffer[start..start + length]) {
                    self.add(inode);
                }
                start += length + 1;
            }
            // A line longer than the buffer is none of ours.
            if start == 0 && end == buffer.len() {
                start = end;
            }
            buffer.copy_within(start..end, 0);
            kept = end - start;
        }
    }

    fn add(&mut self, inode: u64) {
        if let Some(place) = self.list.get_mut(self.length) {
            *place = inode;
            self.length += 1;
        }
    }

    fn contains(&self, inode: u64) -> bool {
        self.list[..self.length].contains(&inode)
    }
}

/// The inode in a line of /proc/net/raw, when the socket's protocol (where other
/// tables have the local port) is IGMP.
fn igmp_inode(line: &[u8]) -> Option<u64> {
    let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    let local = fields.nth(1)?;
    if !local.ends_with(b":0002") {
        return None;
    }
    // remote, state, queues, timer, retransmits, uid, timeout, inode
    number(fields.nth(7)?).map(u64::from)
}

/// Whether one of the process's descriptors is one of these sockets.
fn holds(proc: &OwnedFd, pid: u32, inodes: &Inodes) -> bool {
    let mut path = Path::new();
    path.number(pid).text(b"/fd");
    let Ok(directory) = open(Some(proc), path.c_str(), libc::O_DIRECTORY) else {
        return false;
    };
    let mut held = false;
    each_entry(&directory, |name| {
        let mut path = Path::new();
        path.text(name);
        let mut target = [0u8; 40];
        let target = read_link(&directory, path.c_str(), &mut target);
        let inode =
            target.strip_prefix(b"socket:[").and_then(|rest| rest.strip_suffix(b"]")).and_then(number).map(u64::from);
        held = inode.is_some_and(|inode| inodes.contains(inode));
        !held
    });
    held
}

fn name_of(proc: &OwnedFd, pid: u32) -> [u8; 16] {
    let mut name = [0; 16];
    let mut path = Path::new();
    path.number(pid).text(b"/comm");
    if let Ok(file) = open(Some(proc), path.c_str(), 0) {
        // At most 15 bytes and a newline.
        let length = read(file.as_raw_fd(), &mut name);
        for byte in &mut name[..length] {
            if *byte == b'\n' {
                *byte = 0;
            }
        }
    }
    name
}

/// Calls `visit` with each name until it returns false. Reads the directory with
/// the bare system call: the library's functions allocate.
fn each_entry(directory: &OwnedFd, mut visit: impl FnMut(&[u8]) -> bool) {
    // struct linux_dirent64: inode 8, offset 8, length 2, type 1, then the name.
    const LENGTH: usize = 16;
    const NAME: usize = 19;
    let mut buffer = [0u8; 4096];
    loop {
        // SAFETY: the kernel writes at most the buffer's length into it.
        let got =
            unsafe { libc::syscall(libc::SYS_getdents64, directory.as_raw_fd(), buffer.as_mut_ptr(), buffer.len()) };
        let mut rest = &buffer[..usize::try_from(got).unwrap_or(0)];
        if rest.is_empty() {
            return;
        }
        while let Some(&length) = rest.get(LENGTH..).and_then(<[u8]>::first_chunk) {
            let length = usize::from(u16::from_ne_bytes(length));
            let Some(name) = rest.get(NAME..length) else {
                return;
            };
            let end = name.iter().position(|&byte| byte == 0);
            if !visit(&name[..end.unwrap_or(name.len())]) {
                return;
            }
            rest = &rest[length..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inodes_of_igmp_sockets_only() {
        let header: &[u8] =
            b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
        let igmp: &[u8] =
            b"   2: 00000000:0002 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4012 2 0000000000000000 0";
        let icmp: &[u8] =
            b"   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4013 2 0000000000000000 0";
        assert_eq!(igmp_inode(header), None);
        assert_eq!(igmp_inode(igmp), Some(4012));
        assert_eq!(igmp_inode(icmp), None);
        assert_eq!(igmp_inode(b""), None);
        for length in 0..igmp.len() {
            let inode = igmp_inode(&igmp[..length]);
            assert!(inode.is_none_or(|inode| inode == 4012 || length < 103), "{length}");
        }
    }

    #[test]
    fn directories_are_read_to_their_end() {
        let proc = open(None, c"/proc/self/fd", libc::O_DIRECTORY).unwrap();
        let mut names = Vec::new();
        each_entry(&proc, |name| {
            names.push(name.to_vec());
            true
        });
        for expected in [&b"."[..], b"..", b"0", b"1", b"2"] {
            assert!(names.iter().any(|name| name == expected));
        }
    }
}
