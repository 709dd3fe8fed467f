//! The manager's clock: the system's monotonic one, or one that tests advance.

/// How far the system's clock may be behind, in milliseconds.
pub const TICK: u64 = 10;

/// Milliseconds since some start; never goes back.
pub struct Clock {
    start: Option<u64>,
    manual: Option<u64>,
}

impl Clock {
    /// The system's clock.
    pub const fn new() -> Self {
        Self { start: None, manual: None }
    }

    /// Makes it a clock that only [`Self::set`] moves, or the system's.
    pub fn set_manual(&mut self, manual: bool) {
        self.manual = manual.then_some(0);
    }

    /// Whether only [`Self::set`] moves it.
    pub fn is_manual(&self) -> bool {
        self.manual.is_some()
    }

    /// The time.
    pub fn now(&mut self) -> u64 {
        match self.manual {
            Some(now) => now,
            None => {
                let now = milliseconds();
                now - *self.start.get_or_insert(now)
            }
        }
    }

    /// Moves a manual clock forward to a time.
    pub fn set(&mut self, now: u64) {
        if let Some(manual) = &mut self.manual {
            *manual = now.max(*manual);
        }
    }
}

/// The system's time as it was at the last tick: every request asks for it, and reading the
/// clock itself takes several times as long.
#[cfg(target_os = "linux")]
fn milliseconds() -> u64 {
    let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the place is that of a timespec, which the call fills: it cannot fail, as every
    // Linux that this library works on has this clock. It never goes back.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec as u64 * 1_000 + time.tv_nsec as u64 / 1_000_000
}

#[cfg(not(target_os = "linux"))]
fn milliseconds() -> u64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u64
}
