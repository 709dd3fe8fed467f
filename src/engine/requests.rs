//! The requests of the 17 functions, each as one call.

use super::{
    Engine, ForwarderKind, Started,
    log::Level,
    options::environment_chooses_forwarder,
    ports::{Backend, Pair},
};
use crate::{
    alerts::{Client, in_callback},
    forwarder::{EntryStatistics, ForwarderError, InterfaceKey, OifStatistics, Route},
    manager::{ClientId, Entry, EnumerationId, EnumerationKind, Error, Flags, Flow, MfeView},
};
use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicBool, Ordering},
};

/// How many MFEs are read with their counters before other threads are let in: each costs
/// a system call.
const BATCH: usize = 64;

/// The counters of the MFE at hand, read from the forwarder when asked for.
pub trait StatisticsSource {
    /// The entry's counters.
    fn entry(&mut self) -> EntryStatistics;
    /// The counters of one of its oifs.
    fn oif(&mut self, oif: InterfaceKey) -> OifStatistics;
}

struct Counted<'a>(&'a mut Backend, Flow);

impl StatisticsSource for Counted<'_> {
    fn entry(&mut self) -> EntryStatistics {
        self.0.forwarder().statistics(self.1.source, self.1.group)
    }

    fn oif(&mut self, oif: InterfaceKey) -> OifStatistics {
        self.0.forwarder().oif_statistics(self.1.source, self.1.group, oif)
    }
}

/// Whether entries follow the ones that were taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum More {
    /// Some do.
    Yes,
    /// None do.
    No,
}

/// Reads a request's outcome into the log, where it is asked for.
macro_rules! noted {
    ($call:expr, $result:expr, $($what:tt)+) => {{
        let result = $result;
        if $call.ports.log.takes(Level::Debug) {
            $call.ports.log.add(Level::Debug, format_args!("{}: {result:?}", format_args!($($what)+)));
        }
        result
    }};
}

impl<C: Client> Engine<C> {
    /// Registers a client; the first one opens the forwarder.
    ///
    /// # Errors
    /// AlreadyExists, CanNotComplete (the forwarder cannot be opened; the log says
    /// why), OutOfMemory.
    pub fn register(&'static self, client: C, protocol_id: u32, component_id: u32) -> Result<ClientId, Error> {
        // The client's own code, so without the lock.
        let (enables_igmp, hears) = (client.enables_igmp(), client.hears());
        let mut call = self.enter();
        let before = call.readiness();
        call.start_by_use();
        if let Err(error) = call.open_forwarder() {
            call.go_back_to(before);
            return Err(error);
        }
        let result = call.manager.register(protocol_id, component_id, enables_igmp).and_then(|id| {
            if call.delivery.reserve(id.index + 1).is_err() {
                call.manager.deregister(id)?;
                call.manager.reap(id);
                return Err(Error::OutOfMemory);
            }
            call.manager.set_hears(id, hears);
            call.delivery.insert(id, client);
            Ok(id)
        });
        if result.is_err() {
            call.go_back_to(before);
        }
        noted!(call, result, "register protocol {protocol_id:#x} component {component_id}")
    }

    /// Ends a client. Waits until none of its callbacks runs, unless called from
    /// inside a callback.
    ///
    /// # Errors
    /// InvalidParameter (handle), CanNotComplete (it holds interfaces).
    pub fn deregister(&'static self, client: ClientId) -> Result<(), Error> {
        let mut call = self.enter();
        let result = call.manager.deregister(client);
        noted!(call, result, "deregister client {}", client.index)?;
        if call.delivery.close(client) {
            call.bury(client);
        } else if !in_callback() {
            while call.delivery.contains(client) {
                call.wait_until_quiet();
            }
        }
        call.close_if_unused();
        Ok(())
    }

    /// Takes ownership of an interface.
    ///
    /// # Errors
    /// See [`crate::manager::Manager::take`].
    pub fn take(&'static self, client: ClientId, interface: InterfaceKey) -> Result<(), Error> {
        let mut call = self.enter();
        let step = call.ask(|manager, cx| manager.take(client, interface, cx));
        let result = call.complete(step);
        noted!(call, result, "client {} takes interface {}", client.index, Pair(interface))
    }

    /// Gives an interface up.
    ///
    /// # Errors
    /// See [`crate::manager::Manager::release`].
    pub fn release(&'static self, client: ClientId, interface: InterfaceKey) -> Result<(), Error> {
        let mut call = self.enter();
        let step = call.ask(|manager, cx| manager.release(client, interface, cx));
        let result = call.complete(step);
        noted!(call, result, "client {} releases interface {}", client.index, Pair(interface))
    }

    /// The protocol and component id of an interface's owner.
    ///
    /// # Errors
    /// NotFound.
    pub fn protocol_on(&'static self, interface: InterfaceKey) -> Result<(u32, u32), Error> {
        self.enter_to_look().manager.protocol_on(interface)
    }

    /// Adds a membership, or with FORWARD alone an interface to existing MFEs.
    ///
    /// # Errors
    /// See [`crate::manager::Manager::add`].
    pub fn add(
        &'static self,
        client: ClientId,
        entry: Entry,
        interface: InterfaceKey,
        flags: Flags,
    ) -> Result<(), Error> {
        let mut call = self.enter();
        let route = if entry.is_exact() && flags.join() { call.route_if_new(entry.source()) } else { None };
        let result = call.ask(|manager, cx| manager.add(client, &entry, interface, flags, route, cx));
        call.change_adopted(&entry, interface);
        noted!(call, result, "client {} adds {} on interface {}", client.index, Shown(&entry), Pair(interface))
    }

    /// Deletes a membership, or with FORWARD alone an interface from existing MFEs.
    ///
    /// # Errors
    /// See [`crate::manager::Manager::delete`].
    pub fn delete(
        &'static self,
        client: ClientId,
        entry: Entry,
        interface: InterfaceKey,
        flags: Flags,
    ) -> Result<(), Error> {
        let mut call = self.enter();
        let result = call.ask(|manager, cx| manager.delete(client, &entry, interface, flags, cx));
        call.change_adopted(&entry, interface);
        noted!(call, result, "client {} deletes {} on interface {}", client.index, Shown(&entry), Pair(interface))
    }

    /// Reads one MFE. `f` runs under the lock: it may not call the engine.
    ///
    /// # Errors
    /// NotFound.
    pub fn mfe<R>(&'static self, source: u32, group: u32, f: impl FnOnce(&MfeView<'_>) -> R) -> Result<R, Error> {
        let mut call = self.enter_to_look();
        let now = call.clock.now();
        call.manager.mfe(Flow { source, group }, now).map(|view| f(&view)).ok_or(Error::NotFound)
    }

    /// Reads the MFEs after a flow, which need not be there, or all, in ascending order of
    /// group, then source, until `f` says false. `f` runs under the lock: it may not call
    /// the engine.
    pub fn mfes(&'static self, after: Option<Flow>, f: &mut dyn FnMut(&MfeView<'_>) -> bool) {
        let mut call = self.enter_to_look();
        let now = call.clock.now();
        call.manager.mfes_after(after, now).all(|view| f(&view));
    }

    /// Reads one MFE with its counters. `f` runs under the lock: it may not call the engine.
    ///
    /// # Errors
    /// NotFound.
    pub fn mfe_statistics<R>(
        &'static self,
        source: u32,
        group: u32,
        f: impl FnOnce(&MfeView<'_>, &mut dyn StatisticsSource) -> R,
    ) -> Result<R, Error> {
        let mut call = self.enter_to_look();
        let core = &mut *call;
        let (now, flow) = (core.clock.now(), Flow { source, group });
        let view = core.manager.mfe(flow, now).ok_or(Error::NotFound)?;
        Ok(f(&view, &mut Counted(&mut core.ports.backend, flow)))
    }

    /// [`Self::mfes`] with their counters. Other threads are let in on the way: MFEs that
    /// come or go meanwhile may be among them or not.
    pub fn mfes_statistics(
        &'static self,
        mut after: Option<Flow>,
        f: &mut dyn FnMut(&MfeView<'_>, &mut dyn StatisticsSource) -> bool,
    ) {
        let mut call = self.enter_to_look();
        loop {
            let core = &mut *call;
            let now = core.clock.now();
            let (manager, backend) = (&core.manager, &mut core.ports.backend);
            let mut read = 0;
            let goes_on = manager.mfes_after(after, now).take(BATCH).all(|view| {
                let flow = Flow { source: view.source(), group: view.group() };
                (after, read) = (Some(flow), read + 1);
                f(&view, &mut Counted(backend, flow))
            });
            if !goes_on || read < BATCH {
                return;
            }
            call.breathe();
        }
    }

    /// Stores an upstream neighbour in an MFE.
    ///
    /// # Errors
    /// InvalidParameter (handle), NotFound.
    pub fn set_upstream(&'static self, client: ClientId, source: u32, group: u32, upstream: u32) -> Result<(), Error> {
        self.enter().manager.set_upstream(client, Flow { source, group }, upstream)
    }

    /// Starts a group enumeration.
    ///
    /// # Errors
    /// InvalidParameter (handle), OutOfMemory.
    pub fn enumeration_start(&'static self, client: ClientId, kind: EnumerationKind) -> Result<EnumerationId, Error> {
        self.enter().manager.enumeration_start(client, kind)
    }

    /// Gives the entries that follow to `f` until it refuses one, which comes first the
    /// next time. `f` runs under the lock: it may not call the engine.
    ///
    /// # Errors
    /// InvalidParameter (handle).
    pub fn enumeration_next(
        &'static self,
        id: EnumerationId,
        f: &mut dyn FnMut(&Entry) -> bool,
    ) -> Result<More, Error> {
        let follows = self.enter_to_look().manager.enumeration_next(id, f)?;
        Ok(if follows { More::Yes } else { More::No })
    }

    /// Fills `room` with the entries that follow; says how many it took, and whether more
    /// follow.
    ///
    /// # Errors
    /// InvalidParameter (handle).
    pub fn enumeration_read(&'static self, id: EnumerationId, room: &mut [Entry]) -> Result<(usize, More), Error> {
        let mut taken = 0;
        let more = self.enumeration_next(id, &mut |entry| {
            let Some(place) = room.get_mut(taken) else { return false };
            *place = *entry;
            taken += 1;
            true
        })?;
        Ok((taken, more))
    }

    /// Ends a group enumeration.
    ///
    /// # Errors
    /// InvalidParameter (handle).
    pub fn enumeration_end(&'static self, id: EnumerationId) -> Result<(), Error> {
        self.enter().manager.enumeration_end(id)
    }
}

impl<C: Client> super::Core<C> {
    /// The route to a source whose route the manager does not know yet.
    pub(super) fn route_if_new(&mut self, source: u32) -> Option<Route> {
        // One that cannot be looked up counts as no route until it can.
        if self.manager.knows_route(source) { None } else { self.look_up(source).unwrap_or(None) }
    }

    /// Looks a route up. After an error all are looked up again a little later.
    pub(super) fn look_up(&mut self, source: u32) -> Result<Option<Route>, ForwarderError> {
        self.ports.backend.forwarder().route(source).inspect_err(|error| {
            self.worker.routes_pending = true;
            self.ports.failed(
                format_args!("the route to {} could not be looked up, it is tried again", Ipv4Addr::from(source)),
                error,
            );
        })
    }

    /// Starts with what the environment says, unless started already.
    pub(super) fn start_by_use(&mut self) {
        if self.started != Started::No {
            return;
        }
        let options = self.options_by_themselves();
        self.apply(options);
        self.started = Started::ByUse;
        static TOLD: AtomicBool = AtomicBool::new(false);
        let by_default = options.forwarder == ForwarderKind::Memory && !environment_chooses_forwarder();
        if by_default && !TOLD.swap(true, Ordering::Relaxed) {
            self.ports.log.add(
                Level::Warn,
                format_args!(
                    "forwarding in memory only, nothing reaches the network: set MGM_FORWARDER=linux to route \
                     packets, or MGM_FORWARDER=memory if this is meant"
                ),
            );
        }
    }
}

/// Shows an entry as logs name it.
struct Shown<'a>(&'a Entry);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entry = self.0;
        let part = |f: &mut std::fmt::Formatter<'_>, address: u32, mask: u32| match mask {
            0 => f.write_str("*"),
            u32::MAX => write!(f, "{}", Ipv4Addr::from(address)),
            mask => write!(f, "{}/{}", Ipv4Addr::from(address), mask.leading_ones()),
        };
        f.write_str("(")?;
        part(f, entry.source(), entry.source_mask())?;
        f.write_str(", ")?;
        part(f, entry.group(), entry.group_mask())?;
        f.write_str(")")
    }
}
