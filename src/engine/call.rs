//! One call into the engine: holds the lock while the manager works, gives it up for
//! callbacks, and at the end of a thread's outermost call delivers the alerts that
//! its calls caused.

use super::{Core, Engine, log::LINES};
use crate::{
    alerts::{CallDepth, Client, Writing, as_callback, owe, settle},
    manager::{Context, Error, Manager, Step, Touched},
    sync::{Condvar, MutexGuard},
};
use std::{
    ops::{Deref, DerefMut},
    sync::PoisonError,
    time::Duration,
};

/// A call in progress.
pub(super) struct Call<C: Client> {
    pub(super) engine: &'static Engine<C>,
    /// Taken only while the lock is given up.
    guard: Option<MutexGuard<'static, Core<C>>>,
    was_unlocked: bool,
    /// It changes nothing, so that there is no more to do than before.
    only_looks: bool,
    _depth: CallDepth,
}

impl<C: Client> Engine<C> {
    /// Begins a call.
    pub(super) fn enter(&'static self) -> Call<C> {
        let depth = CallDepth::enter();
        Call { engine: self, guard: Some(self.lock()), was_unlocked: false, only_looks: false, _depth: depth }
    }

    /// Begins a call that changes nothing.
    pub(super) fn enter_to_look(&'static self) -> Call<C> {
        let mut call = self.enter();
        call.only_looks = true;
        call
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
        self.leave_alerts();
        self.guard = None;
        let result = f();
        self.guard = Some(self.engine.lock());
        result
    }

    /// Before the lock is given up: the alerts so far are what this thread owes.
    fn leave_alerts(&mut self) {
        owe(self.manager.take_touched());
        self.was_unlocked = true;
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
        // Where it is called again inside a line's receiver, that line's loop goes on.
        let Some(_writing) = Writing::begin() else { return };
        // As many as there may be now: a receiver may cause others for ever.
        for _ in 0..LINES {
            let Some((line, sink)) = self.ports.log.pop() else { return };
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
        self.leave_alerts();
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
        if !self.only_looks {
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
