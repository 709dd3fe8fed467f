//! The manager's clock: the system's monotonic one, or one that tests advance.

use std::time::Instant;

/// Milliseconds since some start; never goes back.
pub struct Clock {
    start: Option<Instant>,
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
            None => self.start.get_or_insert_with(Instant::now).elapsed().as_millis() as u64,
        }
    }

    /// Moves a manual clock forward to a time.
    pub fn set(&mut self, now: u64) {
        if let Some(manual) = &mut self.manual {
            *manual = now.max(*manual);
        }
    }
}
