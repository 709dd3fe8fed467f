//! System calls and their errors, without allocation.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A failed system call: the error number and what was being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SysError {
    pub errno: i32,
    pub doing: &'static str,
}

pub(crate) type SysResult<T> = Result<T, SysError>;

impl SysError {
    /// The calling thread's `errno`.
    pub(crate) fn last(doing: &'static str) -> Self {
        // `last_os_error` keeps the bare number: no allocation.
        let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
        Self { errno, doing }
    }
}

/// A socket that is closed on exec and never blocks.
pub(crate) fn socket(family: i32, kind: i32, protocol: i32, doing: &'static str) -> SysResult<OwnedFd> {
    let kind = kind | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: socket takes three integers and touches no memory of ours.
    let fd = unsafe { libc::socket(family, kind, protocol) };
    own(fd, doing)
}

/// Takes a descriptor that a system call has just returned.
pub(crate) fn own(fd: RawFd, doing: &'static str) -> SysResult<OwnedFd> {
    if fd < 0 {
        return Err(SysError::last(doing));
    }
    // SAFETY: the kernel has just given us this descriptor; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A second descriptor (close on exec) for the same file.
pub(crate) fn duplicate(fd: &impl AsFd, doing: &'static str) -> SysResult<OwnedFd> {
    duplicate_number(fd.as_fd().as_raw_fd(), doing)
}

/// Duplicates what may be no descriptor.
pub(crate) fn duplicate_number(number: RawFd, doing: &'static str) -> SysResult<OwnedFd> {
    // SAFETY: fcntl with F_DUPFD_CLOEXEC takes integers, whatever they are.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
    own(copy, doing)
}

/// Sets a socket option.
pub(crate) fn set_option<T: Copy>(
    fd: &impl AsFd,
    level: i32,
    name: i32,
    value: &T,
    doing: &'static str,
) -> SysResult<()> {
    let length = size_of::<T>() as libc::socklen_t;
    let raw = fd.as_fd().as_raw_fd();
    // SAFETY: the kernel reads `length` bytes at `value`, which is exactly the
    // borrowed T; padding bytes are copied, never looked at.
    let result = unsafe { libc::setsockopt(raw, level, name, std::ptr::from_ref(value).cast(), length) };
    if result < 0 {
        return Err(SysError::last(doing));
    }
    Ok(())
}

/// Reads a socket option that is a number.
pub(crate) fn int_option(fd: &impl AsFd, level: i32, name: i32, doing: &'static str) -> SysResult<i32> {
    let mut value = 0i32;
    let mut length = size_of::<i32>() as libc::socklen_t;
    let raw = fd.as_fd().as_raw_fd();
    // SAFETY: the kernel writes at most `length` bytes of the number, and the length.
    let result = unsafe { libc::getsockopt(raw, level, name, (&raw mut value).cast(), &raw mut length) };
    if result < 0 {
        return Err(SysError::last(doing));
    }
    Ok(value)
}

/// Gives a socket a receive buffer of this size, as far as the system allows it.
pub(crate) fn receive_buffer(fd: &impl AsFd, bytes: i32) {
    let doing = "setting the receive buffer";
    // FORCE passes net.core.rmem_max but needs CAP_NET_ADMIN in the first user
    // namespace; a smaller buffer only loses more in a burst, so no error.
    if set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &bytes, doing).is_err() {
        let _ = set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, &bytes, doing);
    }
}

/// A socket's receive side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceiveState {
    /// The size of its buffer as the kernel counts: twice what was set.
    pub buffer: u32,
    /// Messages dropped as it was full, modulo 2^32.
    pub dropped: u32,
}

/// Reads a socket's receive side; `None` where the kernel (before 4.12) does not tell.
pub(crate) fn receive_state(fd: &impl AsFd) -> Option<ReceiveState> {
    // SK_MEMINFO_RCVBUF and SK_MEMINFO_DROPS of <linux/sock_diag.h>.
    const BUFFER: usize = 1;
    const DROPS: usize = 8;
    let mut values = [0u32; DROPS + 1];
    let mut length = size_of_val(&values) as libc::socklen_t;
    let raw = fd.as_fd().as_raw_fd();
    // SAFETY: the kernel writes at most `length` bytes of the array, and the length.
    let result = unsafe {
        libc::getsockopt(raw, libc::SOL_SOCKET, libc::SO_MEMINFO, values.as_mut_ptr().cast(), &raw mut length)
    };
    let whole = result == 0 && length as usize == size_of_val(&values);
    whole.then_some(ReceiveState { buffer: values[BUFFER], dropped: values[DROPS] })
}

/// Whether the index names an interface of this thread's network namespace.
pub(crate) fn interface_exists(if_index: u32) -> bool {
    let mut name = [0 as libc::c_char; libc::IF_NAMESIZE];
    // SAFETY: the buffer has the IF_NAMESIZE bytes that the function may write.
    !unsafe { libc::if_indextoname(if_index, name.as_mut_ptr()) }.is_null()
}
