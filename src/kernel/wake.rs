//! Waking the thread that waits for events.
//!
//! The eventfds live as long as the process: a slot is used again, never closed.
//! So a [`Waker`] can be copied freely and kept too long; at worst it wakes a
//! later waiter once for nothing, and never writes to a foreign descriptor.

use std::os::fd::{IntoRawFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use super::sys::{self, SysError, SysResult};

/// Forwarders that can be open at once in this process.
const SLOTS: usize = 16;

struct Slot {
    /// The eventfd, -1 until first used; written only while `users` is ours alone.
    fd: AtomicI32,
    users: AtomicU32,
}

static TABLE: [Slot; SLOTS] = [const { Slot { fd: AtomicI32::new(-1), users: AtomicU32::new(0) } }; SLOTS];

/// Ends a [`wait`](super::events::Events::wait) from any thread.
///
/// A plain handle: copy it freely. Using it after its forwarder is gone is safe.
#[derive(Clone, Copy, Debug)]
pub struct Waker {
    fd: RawFd,
}

impl Waker {
    /// Makes the running wait, or else the next one, return
    /// [`Woken`](super::events::WaitResult::Woken). Several calls before it
    /// returns count as one. Never blocks, allocates nothing, keeps `errno`: may
    /// be called with locks held and in a signal handler.
    pub fn wake(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: the descriptor is an eventfd that is never closed (module
        // comment), the kernel reads the 8 bytes of `one`, and errno's location
        // is valid for this thread. A full counter gives EAGAIN: already awake.
        unsafe {
            let errno = libc::__errno_location();
            let saved = *errno;
            libc::write(self.fd, one.as_ptr().cast(), one.len());
            *errno = saved;
        }
    }
}

/// The waiting side; the slot is free again when all shares are dropped.
pub(crate) struct WakeSource {
    slot: &'static Slot,
    fd: RawFd,
}

impl WakeSource {
    pub(crate) fn acquire() -> SysResult<Self> {
        let doing = "making an eventfd";
        let free = |slot: &&Slot| slot.users.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_ok();
        let slot = TABLE.iter().find(free).ok_or(SysError { errno: libc::EMFILE, doing })?;
        let mut fd = slot.fd.load(Ordering::Acquire);
        if fd < 0 {
            // SAFETY: eventfd takes two integers.
            let made = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
            match sys::own(made, doing) {
                Ok(owned) => fd = owned.into_raw_fd(),
                Err(error) => {
                    slot.users.store(0, Ordering::Release);
                    return Err(error);
                }
            }
            slot.fd.store(fd, Ordering::Release);
        }
        let source = Self { slot, fd };
        source.drain();
        Ok(source)
    }

    /// Another holder of the same slot.
    pub(crate) fn share(&self) -> Self {
        self.slot.users.fetch_add(1, Ordering::AcqRel);
        Self { slot: self.slot, fd: self.fd }
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker { fd: self.fd }
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    /// Forgets the wakes so far; says whether there were any.
    pub(crate) fn drain(&self) -> bool {
        let mut count = [0u8; 8];
        // SAFETY: the kernel writes at most 8 bytes into `count`; the eventfd does not block.
        unsafe { libc::read(self.fd, count.as_mut_ptr().cast(), count.len()) > 0 }
    }
}

impl Drop for WakeSource {
    fn drop(&mut self) {
        self.slot.users.fetch_sub(1, Ordering::AcqRel);
    }
}
