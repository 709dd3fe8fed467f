//! What happens by itself: packets without an entry, packets on a wrong interface,
//! routes that change, and MFEs whose time has come.

use super::worker::RoutesAhead;
use super::{Core, Engine, ForwarderKind, call::Call, log::Level, ports::Backend};
use crate::forwarder::{Event, PacketReport};
use crate::{
    alerts::Client,
    forwarder::{Arrival, InterfaceKey, Route, memory},
    manager::{Drop, Error, Flow, Naming, PacketHeader},
};

pub use crate::forwarder::memory::Received;

/// How many MFEs are looked at before other threads are let in.
const BATCH: usize = 64;
/// How many that most likely have nothing to do with an interface.
pub(super) const LOOK: usize = 1024;
/// How often the log says that reports were lost, in milliseconds.
const LOSS_SAID_EVERY: u64 = 10_000;
/// How often the log says that there are too many MFEs, in milliseconds.
const LIMIT_SAID_EVERY: u64 = 60_000;
/// Where the TTL stands in an IPv4 header.
const TTL: usize = 8;

impl<C: Client> Engine<C> {
    /// An event of the forwarder, for the worker of this generation; false when that has
    /// nothing to do any more. A call of its own, so that its alerts go out.
    pub(super) fn handle(&'static self, event: &Event, generation: u32, ahead: &RoutesAhead) -> bool {
        let mut call = self.enter();
        if !call.worker.wakes(generation) {
            return false;
        }
        match event {
            Event::NoEntry(report) => {
                let arrival = call.arrival_of(report);
                call.packet_without_entry(arrival, report, ahead);
            }
            Event::WrongInterface(report) => call.wrong_interface(report),
            Event::RoutesChanged { network, prefix_len } => call.routes_changed(*network, *prefix_len),
            Event::InterfaceChanged { if_index, change } => call.interface_changed(*if_index, *change),
            Event::EntryChanged { source, group, deleted } => {
                let flow = Flow { source: *source, group: *group };
                // Our own deletions come here too: nobody misses the entry.
                if !*deleted || call.manager.mfe(flow, 0).is_some() {
                    call.check_entry(flow);
                }
            }
            Event::TableUncertain => call.others.uncertain = true,
            Event::RpfTableChanged => call.rpf_table_changed(),
            Event::Lost(lost) => {
                call.events_lost += u64::from(*lost);
                call.ports
                    .log
                    .add(Level::Warn, format_args!("the kernel dropped {lost} or more events: its buffer was full"));
            }
            Event::ReportsLost(lost) => call.reports_lost(*lost),
            Event::Skipped(skipped) => call.reports_skipped += u64::from(*skipped),
        }
        true
    }
}

impl<C: Client> Core<C> {
    fn reports_lost(&mut self, lost: u32) {
        self.events_lost += u64::from(lost);
        self.lost_untold += u64::from(lost);
        let now = self.clock.now();
        if is_time(&mut self.lost_told_at, now, LOSS_SAID_EVERY) {
            let lost = std::mem::take(&mut self.lost_untold);
            self.ports.log.add(
                Level::Warn,
                format_args!(
                    "the kernel dropped {lost} packets of new flows or reports, its buffer was full: the next \
                     packets of those flows are reported again"
                ),
            );
        }
    }

    fn arrival_of(&mut self, report: &PacketReport) -> Option<Arrival> {
        self.ports.backend.forwarder().arrival(report.vif)
    }
}

impl<C: Client> Call<C> {
    fn packet_without_entry(&mut self, arrival: Option<Arrival>, report: &PacketReport, ahead: &RoutesAhead) {
        let flow = Flow { source: report.source, group: report.group };
        let header = PacketHeader::new(&report.header[..usize::from(report.header_len)]);
        // Somebody deleted the entry. Or it was made since this packet came: all is well.
        if self.manager.mfe(flow, 0).is_some() && self.linux().is_some() {
            self.check_entry(flow);
            return;
        }
        // The kernel keeps what it can while an entry is made.
        let _ = self.make_entry(arrival, flow, header, ahead.find(flow.source));
    }

    /// Makes the entry for a packet that has none; with the route, where that was looked
    /// for.
    fn make_entry(
        &mut self,
        arrival: Option<Arrival>,
        flow: Flow,
        header: PacketHeader,
        route: Option<Option<Route>>,
    ) -> Result<(), Drop> {
        let route = route.unwrap_or_else(|| self.route_if_new(flow.source));
        let step = self.ask(|manager, cx| manager.packet(arrival, flow, header, route, cx));
        if let Err(Drop::Limit) = step {
            self.say_limit();
        }
        self.complete(step?).map_err(|_| Drop::Memory)
    }

    pub(super) fn say_limit(&mut self) {
        let now = self.clock.now();
        if is_time(&mut self.limit_told_at, now, LIMIT_SAID_EVERY) {
            let (_, _, mfes) = self.manager.sizes();
            self.ports.log.add(
                Level::Warn,
                format_args!(
                    "there are {mfes} forwarding entries, as many as allowed: packets of new flows are dropped"
                ),
            );
        }
    }

    fn wrong_interface(&mut self, report: &PacketReport) {
        let Some(arrival) = self.arrival_of(report) else { return };
        let flow = Flow { source: report.source, group: report.group };
        let header = PacketHeader::new(&report.header[..usize::from(report.header_len)]);
        let now = self.clock.now();
        self.manager.wrong_interface(arrival, flow, &header, now);
    }

    /// A packet reached the memory forwarder, or the program's own reports it; `header` is a
    /// whole IPv4 header.
    pub(super) fn receive(&mut self, arrival: InterfaceKey, flow: Flow, len: u32, header: &[u8]) -> Result<(), Error> {
        let now = self.clock.now();
        let packet = memory::Packet { len, ttl: header[TTL] };
        let header = PacketHeader::new(header);
        let known = Arrival { if_index: arrival.if_index, next_hop: Some(arrival.next_hop) };
        if let Backend::Own(_) = self.ports.backend {
            self.reported(arrival, known, flow, header);
            return Ok(());
        }
        let Some(memory) = self.memory() else { return Err(Error::CanNotComplete) };
        match memory.receive(arrival, (flow.source, flow.group), packet, now) {
            memory::Received::Forwarded(_) => {}
            memory::Received::WrongInterface { report: true } => {
                self.manager.wrong_interface(known, flow, &header, now);
            }
            memory::Received::WrongInterface { report: false } => self.manager.count_wrong_interface(),
            memory::Received::Dropped => self.manager.count_drop(Drop::Busy),
            memory::Received::OutOfMemory => self.manager.count_drop(Drop::Memory),
            memory::Received::NoEntry => match self.make_entry(Some(known), flow, header, None) {
                // Another thread is making it, and the packet waits.
                Ok(()) | Err(Drop::Busy) => {}
                Err(Drop::Scope | Drop::Limit | Drop::Memory) => self.forget_unresolved(flow),
            },
        }
        Ok(())
    }

    /// The program's own forwarder has no entry for a packet, or one with another iif.
    fn reported(&mut self, interface: InterfaceKey, arrival: Arrival, flow: Flow, header: PacketHeader) {
        let now = self.clock.now();
        match self.manager.mfe(flow, now).map(|mfe| mfe.iif()) {
            // It was made since.
            Some(iif) if iif == interface => {}
            Some(_) => self.manager.wrong_interface(arrival, flow, &header, now),
            None => match self.make_entry(Some(arrival), flow, header, None) {
                Ok(()) | Err(Drop::Busy) => {}
                // Packets may wait for it there.
                Err(Drop::Scope | Drop::Limit | Drop::Memory) => {
                    self.ports.backend.forwarder().remove(flow.source, flow.group);
                }
            },
        }
    }

    fn forget_unresolved(&mut self, flow: Flow) {
        if let Some(memory) = self.memory() {
            memory.forget_unresolved(flow.source, flow.group);
        }
    }

    /// The memory forwarder, if that is in use: it stands in for one that is not open.
    pub(super) fn memory(&mut self) -> Option<&mut memory::Memory> {
        let is_chosen = self.options.is_some_and(|options| options.forwarder == ForwarderKind::Memory);
        match &mut self.ports.backend {
            Backend::Memory(memory) if is_chosen => Some(memory),
            _ => None,
        }
    }

    /// Looks the route to a source up again.
    pub(super) fn source_changed(&mut self, source: u32) {
        // Without an answer it stays as it is, and is asked for again.
        let Ok(route) = self.look_up(source) else { return };
        let step = self.ask(|manager, cx| manager.route_changed(source, route, cx));
        if self.complete(step) == Err(Error::OutOfMemory) {
            self.worker.routes_pending = true;
        }
    }

    /// Routes within a prefix may have changed: every source there that matters is
    /// looked up again.
    pub(super) fn routes_changed(&mut self, network: u32, prefix_len: u8) {
        let mut next = Some(0);
        let mut looked_at = 0;
        while let Some(source) = next.and_then(|from| self.manager.next_source(from, network, prefix_len)) {
            self.source_changed(source);
            next = source.checked_add(1);
            looked_at += 1;
            if looked_at % BATCH == 0 {
                self.breathe();
            }
        }
    }

    /// Ends or renews the MFEs whose time has come.
    pub(super) fn run_due(&mut self) {
        let now = self.clock.now();
        let mut looked_at = 0;
        while let Some(due) = self.manager.due(now) {
            let good = if due.forwards {
                let statistics = self.ports.backend.forwarder().statistics(due.flow.source, due.flow.group);
                statistics.packets.wrapping_sub(statistics.wrong_interface)
            } else {
                0
            };
            let step = self.ask(|manager, cx| manager.expire(due, good, cx));
            // What cannot be renewed for want of memory stays and is looked at again.
            let _ = self.complete(step);
            looked_at += 1;
            if looked_at % BATCH == 0 {
                self.breathe();
            }
        }
    }

    /// Gives the forwarder again the entries that name an interface. Those that are made
    /// meanwhile need it not.
    pub(super) fn install_on(&mut self, if_index: u32, naming: Naming) {
        let mut after = None;
        loop {
            after = self.ask(|manager, cx| manager.install_on_link(if_index, naming, after, LOOK, cx));
            if after.is_none() {
                return;
            }
            self.breathe();
        }
    }

    /// Does again what an earlier lack of memory or a kernel error prevented.
    pub(super) fn run_repairs(&mut self) {
        if std::mem::take(&mut self.worker.routes_pending) {
            self.rpf_table_changed();
            self.routes_changed(0, 0);
        }
        if std::mem::take(&mut self.ports.repair) {
            self.ask(|manager, cx| manager.install_all(cx));
        }
    }
}

/// Whether something that was told last at this time may be told again; then it is.
fn is_time(told_at: &mut Option<u64>, now: u64, every: u64) -> bool {
    let is_time = told_at.is_none_or(|at| now >= at + every);
    if is_time {
        *told_at = Some(now);
    }
    is_time
}
