//! The way from the manager to the forwarder, with the errors that happen on it.

use super::{
    log::{Level, Log},
    scope::Thresholds,
};
use crate::forwarder::linux::Linux;
use crate::{
    forwarder::{Forwarder, ForwarderError, InterfaceKey, memory::Memory},
    manager::{Error, Flow, Forwarding, MfeView},
};
use std::{fmt, net::Ipv4Addr};

/// A forwarder of the program's own. It is called by one thread at a time, with the engine's
/// lock held: it may not call the engine.
pub type OwnForwarder = Box<dyn Forwarder + Send>;

/// The forwarder in use.
#[allow(clippy::large_enum_variant)] // There is one, in static memory: a box might fail.
pub(super) enum Backend {
    Memory(Memory),
    Linux(Linux),
    Own(OwnForwarder),
}

impl Backend {
    pub(super) fn forwarder(&mut self) -> &mut dyn Forwarder {
        match self {
            Self::Memory(memory) => memory,
            Self::Linux(linux) => linux,
            Self::Own(own) => &mut **own,
        }
    }
}

/// The forwarder, and what it leaves in log and counters.
pub(super) struct Ports {
    pub(super) backend: Backend,
    pub(super) thresholds: Thresholds,
    pub(super) log: Log,
    pub(super) errors: u64,
    /// An entry could not be installed: the kernel differs from what is wanted.
    pub(super) repair: bool,
}

impl Ports {
    pub(super) const fn new() -> Self {
        Self {
            backend: Backend::Memory(Memory::new()),
            thresholds: Thresholds::new(),
            log: Log::new(),
            errors: 0,
            repair: false,
        }
    }

    pub(super) fn failed(&mut self, what: fmt::Arguments<'_>, error: &ForwarderError) {
        self.errors += 1;
        self.log.add(Level::Error, format_args!("{what}: {error}"));
    }
}

impl Forwarding for Ports {
    fn open(&mut self, interface: InterfaceKey) -> Result<(), Error> {
        self.backend.forwarder().open_interface(interface).map_err(|error| {
            self.failed(format_args!("interface {} cannot be used", Pair(interface)), &error);
            match error {
                ForwarderError::OutOfMemory => Error::OutOfMemory,
                _ => Error::CanNotComplete,
            }
        })?;
        self.apply_threshold(interface);
        Ok(())
    }

    fn close(&mut self, interface: InterfaceKey) {
        self.backend.forwarder().close_interface(interface);
    }

    fn prepare(&mut self, flow: Flow, oifs: usize) -> Result<(), Error> {
        self.backend.forwarder().prepare(flow.source, flow.group, oifs).map_err(|_| Error::OutOfMemory)
    }

    fn install(&mut self, entry: &MfeView<'_>) {
        let (source, group) = (entry.source(), entry.group());
        let oifs = &mut entry.oifs();
        if let Err(error) = self.backend.forwarder().install(source, group, entry.iif(), oifs) {
            self.repair = true;
            let (source, group) = (Ipv4Addr::from(source), Ipv4Addr::from(group));
            self.failed(
                format_args!("the entry ({source}, {group}) could not be installed, it is tried again"),
                &error,
            );
        }
    }

    fn remove(&mut self, flow: Flow) {
        self.backend.forwarder().remove(flow.source, flow.group);
    }
}

/// Shows an interface as logs name it.
pub(super) struct Pair(pub(super) InterfaceKey);

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.next_hop {
            0 => write!(f, "{}", self.0.if_index),
            hop => write!(f, "{} (next hop {})", self.0.if_index, Ipv4Addr::from(hop)),
        }
    }
}
