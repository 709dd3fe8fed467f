//! One call into the engine: holds the lock while the manager works, gives it up for
//! callbacks, and at the end of a thread's outermost call delivers the alerts that
//! its calls caused.

use super::{Core, Engine};
use crate::{
    alerts::{CallDepth, Client, as_callback, owe, settle},
    manager::{Context, Error, Manager, Step, Touched},
    sync::{Condvar, MutexGuard, yield_now},
};
use std::{
    hint::spin_loop,
    ops::{Deref, DerefMut},
    sync::{PoisonError, TryLockError, atomic::Ordering},
    time::Duration,
};

/// How long a thread waits at most before it looks again whether the lock is free, in spins;
/// then it sleeps. What is done under the lock is mostly shorter than falling asleep and
/// waking up, and the longer nobody looks, the more the one that has it gets done.
const LONGEST_PAUSE: u32 = if cfg!(shuttle) { 1 } else { 256 };

/// How often a thread that lets others in looks whether they have come, at most: one that
/// waits may be kept from running by other programs.
const LONGEST_TURN: u32 = 1_000;

/// A call in progress.
pub(super) struct Call<C: Client> {
    pub(super) engine: &'static Engine<C>,
    /// Taken only while the lock is given up.
    guard: Option<MutexGuard<'static, Core<C>>>,
    was_unlocked: bool,
    _depth: CallDepth,
}

impl<C: Client> Engine<C> {
    /// Begins a call.
    pub(super) fn enter(&'static self) -> Call<C> {
        let depth = CallDepth::enter();
        Call { engine: self, guard: Some(self.lock()), was_unlocked: false, _depth: depth }
    }

    fn lock(&'static self) -> MutexGuard<'static, Core<C>> {
        match self.core.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => self.recovered(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                let guard = self.lock_when_free();
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                self.turns.fetch_add(1, Ordering::Relaxed);
                guard
            }
        }
    }

    fn lock_when_free(&'static self) -> MutexGuard<'static, Core<C>> {
        let mut pause = 1;
        while pause <= LONGEST_PAUSE {
            (0..pause).for_each(|_| spin_loop());
            pause *= 2;
            match self.core.try_lock() {
                Ok(guard) => return guard,
                Err(TryLockError::Poisoned(poisoned)) => return self.recovered(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.core.lock().unwrap_or_else(|poisoned| self.recovered(poisoned.into_inner()))
    }

    /// Lets one of those that wait for the lock have it, or another that is quicker. Called
    /// without it: who takes it again at once is always quicker than they are.
    fn let_in(&self) {
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

impl<C: Client> Engine<C> {
    /// Wakes those that wait until something is over.
    pub(super) fn all_quiet(&self) {
        self.quiet.notify_all();
    }
}

impl<C: Client> Call<C> {
    /// Runs something with the lock given up.
    pub(super) fn unlocked<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let touched = self.manager.take_touched();
        owe(touched);
        self.was_unlocked = true;
        self.guard = None;
        let result = f();
        self.guard = Some(self.engine.lock());
        result
    }

    /// A request to the manager.
    pub(super) fn ask<R>(&mut self, f: impl FnOnce(&mut Manager, &mut Context<'_>) -> R) -> R {
        let core = &mut **self;
        let now = core.clock.now();
        f(&mut core.manager, &mut Context { now, forwarding: &mut core.ports })
    }

    /// Makes the callbacks that a request needs, until it is done.
    pub(super) fn complete(&mut self, mut step: Step) -> Result<(), Error> {
        loop {
            match step {
                Step::Done(result) => return result,
                Step::Call(task, client, direct) => {
                    let answer = self.call_direct(client, direct);
                    step = self.ask(|manager, cx| manager.resume(task, answer, cx));
                }
            }
        }
    }

    /// Lets other threads in between the parts of long work.
    pub(super) fn breathe(&mut self) {
        self.write_log();
        let engine = self.engine;
        self.unlocked(|| engine.let_in());
    }

    /// Writes the log lines that wait.
    #[inline]
    pub(super) fn write_log(&mut self) {
        if self.ports.log.is_waiting() {
            self.write_lines();
        }
    }

    #[cold]
    fn write_lines(&mut self) {
        while let Some((line, sink)) = self.ports.log.pop() {
            self.unlocked(|| as_callback(|| line.write(sink)));
        }
    }

    /// Waits until a client that deregistered is quiet.
    pub(super) fn wait_until_quiet(&mut self) {
        let engine = self.engine;
        self.wait(&engine.quiet, None);
    }

    /// Waits for work, or for a time.
    pub(super) fn wait_for_timer(&mut self, time: Option<Duration>) {
        let engine = self.engine;
        self.wait(&engine.timer, time);
    }

    /// Waits for a direct callback, or for a time.
    pub(super) fn wait_for_callback(&mut self, time: Option<Duration>) {
        let engine = self.engine;
        self.wait(&engine.watched, time);
    }

    fn wait(&mut self, condition: &'static Condvar, time: Option<Duration>) {
        let touched = self.manager.take_touched();
        owe(touched);
        self.was_unlocked = true;
        let Some(guard) = self.guard.take() else { return };
        let guard = match time {
            None => condition.wait(guard).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                condition.wait_timeout(guard, time).map_or_else(|poisoned| poisoned.into_inner().0, |(guard, _)| guard)
            }
        };
        self.guard = Some(guard);
    }
}

impl<C: Client> Deref for Call<C> {
    type Target = Core<C>;

    fn deref(&self) -> &Core<C> {
        self.guard.as_ref().expect("the lock is given up only inside `unlocked`")
    }
}

impl<C: Client> DerefMut for Call<C> {
    fn deref_mut(&mut self) -> &mut Core<C> {
        self.guard.as_mut().expect("the lock is given up only inside `unlocked`")
    }
}

impl<C: Client> Drop for Call<C> {
    fn drop(&mut self) {
        if std::thread::panicking() || self.guard.is_none() {
            return;
        }
        let engine = self.engine;
        if self.has_work() {
            engine.wake_worker(self);
        }
        self.write_log();
        let touched = self.manager.take_touched();
        // Else this thread can owe nothing: what it does in callbacks it does unlocked.
        if self.was_unlocked || touched != Touched::NONE {
            let owed = settle(touched);
            if owed != Touched::NONE {
                self.deliver_owed(owed);
            }
        }
    }
}
