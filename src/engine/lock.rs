//! Taking the engine's lock, and letting others have it.

use super::{Core, Engine};
use crate::{
    alerts::Client,
    sync::{MutexGuard, yield_now},
};
use std::{
    hint::spin_loop,
    sync::{TryLockError, atomic::Ordering},
};

/// How long a thread waits before it looks again whether the lock is free, in spins: at first,
/// twice as long each time, and at most; then it sleeps. What is done under the lock is mostly
/// shorter than falling asleep and waking up, and the longer nobody looks, the more the one
/// that has it gets done.
const FIRST_PAUSE: u32 = if cfg!(shuttle) { 1 } else { 16 };
const LONGEST_PAUSE: u32 = if cfg!(shuttle) { 1 } else { 256 };

/// How often a thread that lets others in looks whether they have come, at most: one that
/// waits may be kept from running by other programs.
const LONGEST_TURN: u32 = 1_000;

impl<C: Client> Engine<C> {
    /// Takes the lock; after a panic of who had it the manager is made consistent first.
    pub(super) fn lock(&'static self) -> MutexGuard<'static, Core<C>> {
        self.lock_if_free().unwrap_or_else(|| {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            let guard = self.lock_when_free();
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.turns.fetch_add(1, Ordering::Relaxed);
            guard
        })
    }

    fn lock_if_free(&'static self) -> Option<MutexGuard<'static, Core<C>>> {
        match self.core.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(self.recovered(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn lock_when_free(&'static self) -> MutexGuard<'static, Core<C>> {
        let mut pause = FIRST_PAUSE;
        while pause <= LONGEST_PAUSE {
            (0..pause).for_each(|_| spin_loop());
            pause *= 2;
            if let Some(guard) = self.lock_if_free() {
                return guard;
            }
        }
        self.core.lock().unwrap_or_else(|poisoned| self.recovered(poisoned.into_inner()))
    }

    /// Lets one of those that wait for the lock have it, or another that is quicker. Called
    /// without it: who takes it again at once is always quicker than they are.
    pub(super) fn let_in(&self) {
        let turn = self.turns.load(Ordering::Relaxed);
        for _ in 0..LONGEST_TURN {
            yield_now();
            if self.waiting.load(Ordering::Relaxed) == 0 || self.turns.load(Ordering::Relaxed) != turn {
                return;
            }
        }
    }

    #[cold]
    fn recovered(&'static self, mut guard: MutexGuard<'static, Core<C>>) -> MutexGuard<'static, Core<C>> {
        self.core.clear_poison();
        guard.recover();
        self.quiet.notify_all();
        guard
    }
}
