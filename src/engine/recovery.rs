//! After a panic in the middle of a request: the manager goes on if its parts still
//! agree, and else starts again from nothing. What is half done is never served.

use super::{Core, Started, log::Level, ports::Backend, restart::Restart, scope::Thresholds, worker::Worker};
use crate::{alerts::Client, forwarder::memory::Memory};
use std::panic::{AssertUnwindSafe, catch_unwind};

impl<C: Client> Core<C> {
    /// Called with the lock that a panicking thread held.
    pub(super) fn recover(&mut self) {
        self.others.abandon();
        let manager = &mut self.manager;
        let checked = catch_unwind(AssertUnwindSafe(|| {
            manager.abandon_lost_tasks();
            manager.audit()
        }));
        if let Ok(Ok(())) = checked {
            self.ports.repair = true;
            self.restart.interrupted();
            self.ports.log.add(
                Level::Error,
                format_args!(
                    "a request ended in a panic; nothing is damaged and the manager goes on: please report it"
                ),
            );
            return;
        }
        let what = checked.unwrap_or(Err("the check itself failed")).err().unwrap_or_default();
        // Dropping damaged parts might panic again, or free what is in use.
        std::mem::forget(std::mem::take(&mut self.manager));
        std::mem::forget(std::mem::take(&mut self.delivery));
        if let Backend::Own(own) = std::mem::replace(&mut self.ports.backend, Backend::Memory(Memory::new())) {
            self.own = Some(own);
        }
        self.ports.thresholds = Thresholds::new();
        self.worker = Worker::new();
        self.restart = Restart::new();
        self.started = Started::No;
        self.options = None;
        self.open = false;
        self.ports.log.add(
            Level::Error,
            format_args!(
                "a request ended in a panic and damaged the manager ({what}): all clients must register again"
            ),
        );
    }
}

impl<C: Client> super::Engine<C> {
    /// A panic was caught at the C boundary.
    pub fn caught_panic(&'static self) {
        // Taking the lock finds out whether the panic had it, and recovers.
        self.enter()
            .ports
            .log
            .add(Level::Error, format_args!("a panic was caught at the C boundary: please report it"));
    }
}
