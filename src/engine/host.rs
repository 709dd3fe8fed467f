//! Starting, stopping, and the host interface.

use super::{
    Core, Engine, ForwarderKind, LogSink, Options, OwnForwarder, Started,
    call::Call,
    clock::Clock,
    log::Level,
    ports::Backend,
    reconcile::{Others, Reconciled},
    scope::Thresholds,
};
use crate::forwarder::linux::{Foreign, Linux};
use crate::{
    alerts::Client,
    forwarder::{InterfaceKey, Route, memory::Memory},
    manager::{Error, Flow, is_group, mask_of},
};

/// What a host program can read of the manager's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs)] // The names say it; mgmhost.h has the long words.
pub struct Counters {
    pub clients: u32,
    pub interfaces: u32,
    pub memberships: u32,
    pub entries: u32,
    pub packets_without_entry: u64,
    pub packets_forwarded: u64,
    pub packets_dropped: u64,
    pub dropped_scope: u64,
    pub dropped_limit: u64,
    pub dropped_memory: u64,
    pub dropped_busy: u64,
    pub wrong_interface: u64,
    pub alerts: u64,
    pub direct_callbacks: u64,
    pub slow_callbacks: u64,
    pub renewed: u64,
    pub expired: u64,
    pub forwarder_errors: u64,
    pub events_lost: u64,
    pub log_lost: u64,
    pub entries_repaired: u64,
    pub foreign_entries: u64,
    pub interfaces_repaired: u64,
    pub reconciled: u64,
    pub reports_skipped: u64,
}

impl<C: Client> Engine<C> {
    /// What the environment chooses; the forwarder is the program's own, if it has given one.
    pub fn options_from_environment(&'static self) -> Options {
        self.enter().options_by_themselves()
    }

    /// Gives the engine a forwarder of the program's own, for this start and later ones, or
    /// takes it back. [`receive`](Self::receive) is how it reports packets that it has no
    /// entry for or that came in on a wrong interface, and
    /// [`reevaluate`](Self::reevaluate) how it tells of routes.
    ///
    /// # Errors
    /// AlreadyExists (the engine is started).
    pub fn set_forwarder(&'static self, own: Option<OwnForwarder>) -> Result<(), Error> {
        let mut call = self.enter();
        if call.started != Started::No {
            return Err(Error::AlreadyExists);
        }
        let before = std::mem::replace(&mut call.own, own);
        // Its end is the program's code too: without the lock.
        drop(call);
        drop(before);
        Ok(())
    }

    /// Routes within a network may have changed in the program's own forwarder: the sources
    /// there are looked up again, and their MFEs evaluated anew before this returns.
    ///
    /// # Errors
    /// InvalidParameter (a prefix length above 32, address bits beyond it), CanNotComplete
    /// (another forwarder).
    pub fn reevaluate(&'static self, network: u32, prefix_len: u8) -> Result<(), Error> {
        if !is_prefix(network, prefix_len) {
            return Err(Error::InvalidParameter);
        }
        self.by_use(|call| {
            if call.options.is_none_or(|options| options.forwarder != ForwarderKind::Own) {
                return Err(Error::CanNotComplete);
            }
            call.routes_changed(network, prefix_len);
            Ok(())
        })
    }

    /// Starts the manager; without options with what the environment says.
    ///
    /// # Errors
    /// InvalidParameter (an option out of its range, or the program's own forwarder, of which
    /// it has none), AlreadyExists (started, also by a
    /// first call), CanNotComplete (the forwarder cannot be opened; the log says why),
    /// OutOfMemory.
    pub fn start(&'static self, options: Option<Options>) -> Result<(), Error> {
        if options.is_some_and(|options| !options.are_valid()) {
            return Err(Error::InvalidParameter);
        }
        let mut call = self.enter();
        if call.started != Started::No {
            return Err(Error::AlreadyExists);
        }
        let options = options.unwrap_or_else(|| call.options_by_themselves());
        if options.forwarder == ForwarderKind::Own && call.own.is_none() {
            return Err(Error::InvalidParameter);
        }
        call.apply(options);
        call.started = Started::ByHost;
        call.open_forwarder().inspect_err(|_| call.forget())
    }

    /// Stops the manager and forgets everything but the log's receiver.
    ///
    /// # Errors
    /// CanNotComplete while a client is registered.
    pub fn stop(&'static self) -> Result<(), Error> {
        let mut call = self.enter();
        if call.manager.live_clients() > 0 {
            return Err(Error::CanNotComplete);
        }
        call.close_forwarder();
        call.forget();
        call.refused = None;
        call.restart.forget_given();
        call.forget_counters();
        Ok(())
    }

    /// Compares the kernel's table with what is wanted, and makes it so.
    ///
    /// # Errors
    /// CanNotComplete (not the kernel forwarder, or not open; the table could not be
    /// read), OutOfMemory.
    pub fn reconcile(&'static self) -> Result<Reconciled, Error> {
        self.enter().reconcile()
    }

    /// Adds or replaces a route of the memory forwarder.
    ///
    /// # Errors
    /// InvalidParameter (no interface, a prefix length above 32, address bits beyond it),
    /// CanNotComplete (another forwarder), OutOfMemory.
    pub fn add_route(&'static self, route: Route) -> Result<(), Error> {
        if route.if_index == 0 || !is_prefix(route.network, route.prefix_len) {
            return Err(Error::InvalidParameter);
        }
        self.by_use(|call| {
            let memory = call.memory().ok_or(Error::CanNotComplete)?;
            memory.add_route(route).map_err(|_| Error::OutOfMemory)?;
            call.routes_changed(route.network, route.prefix_len);
            Ok(())
        })
    }

    /// Removes a route of the memory forwarder.
    ///
    /// # Errors
    /// InvalidParameter (a prefix length above 32, address bits beyond it), CanNotComplete
    /// (another forwarder), NotFound.
    pub fn delete_route(&'static self, network: u32, prefix_len: u8) -> Result<(), Error> {
        if !is_prefix(network, prefix_len) {
            return Err(Error::InvalidParameter);
        }
        self.by_use(|call| {
            let memory = call.memory().ok_or(Error::CanNotComplete)?;
            if !memory.delete_route(network, prefix_len) {
                return Err(Error::NotFound);
            }
            call.routes_changed(network, prefix_len);
            Ok(())
        })
    }

    /// An IPv4 packet reached the memory forwarder, or the program's own forwarder has no
    /// entry for it, or one with another iif.
    ///
    /// # Errors
    /// InvalidParameter (no well-formed IPv4 multicast packet), CanNotComplete (the kernel's
    /// forwarder, or the program's own before a start or registration).
    pub fn receive(&'static self, arrival: InterfaceKey, packet: &[u8]) -> Result<(), Error> {
        let header = ipv4_header(packet).ok_or(Error::InvalidParameter)?;
        let address = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let flow = Flow { source: address(12), group: address(16) };
        if arrival.if_index == 0 || !is_group(flow.group) {
            return Err(Error::InvalidParameter);
        }
        let len = u16::from_be_bytes([header[2], header[3]]);
        self.by_use(|call| call.receive(arrival, flow, u32::from(len), header))
    }

    /// A request that starts the manager where that was not done, if it succeeds.
    pub(super) fn by_use(&'static self, request: impl FnOnce(&mut Call<C>) -> Result<(), Error>) -> Result<(), Error> {
        let mut call = self.enter();
        let before = call.readiness();
        call.start_by_use();
        let result = request(&mut call);
        if result.is_err() {
            call.go_back_to(before);
        }
        result
    }

    /// Advances a manual clock, and runs what falls due on the way.
    ///
    /// # Errors
    /// CanNotComplete unless the clock is manual.
    pub fn advance(&'static self, milliseconds: u32) -> Result<(), Error> {
        let end = {
            let mut call = self.enter();
            if !call.clock.is_manual() {
                return Err(Error::CanNotComplete);
            }
            call.clock.now() + u64::from(milliseconds)
        };
        loop {
            // A call for each moment, so that its alerts go out, and their answers in, before the next.
            let mut call = self.enter();
            let next = call.manager.next_due().filter(|&next| next <= end);
            let now = next.unwrap_or(end);
            call.clock.set(now);
            call.run_repairs();
            while call.run_adoption() {}
            call.run_due();
            if next.is_none() {
                return Ok(());
            }
        }
    }

    /// What was counted.
    pub fn counters(&'static self) -> Counters {
        let mut call = self.enter();
        let (interfaces, memberships, entries) = call.manager.sizes();
        let counted = call.manager.counters();
        Counters {
            clients: call.manager.live_clients(),
            interfaces: interfaces as u32,
            memberships: memberships as u32,
            entries: entries as u32,
            packets_without_entry: counted.packets_without_entry,
            packets_forwarded: call.memory().map_or(0, |memory| memory.forwarded()),
            packets_dropped: counted.dropped_scope
                + counted.dropped_limit
                + counted.dropped_memory
                + counted.dropped_busy,
            dropped_scope: counted.dropped_scope,
            dropped_limit: counted.dropped_limit,
            dropped_memory: counted.dropped_memory,
            dropped_busy: counted.dropped_busy,
            wrong_interface: counted.wrong_interface,
            alerts: call.alerts,
            direct_callbacks: call.direct_callbacks,
            slow_callbacks: call.watch.slow(),
            renewed: counted.renewed,
            expired: counted.expired,
            forwarder_errors: call.ports.errors,
            events_lost: call.events_lost,
            log_lost: call.ports.log.lost(),
            entries_repaired: call.others.repaired,
            foreign_entries: call.others.foreign,
            interfaces_repaired: call.others.interfaces,
            reconciled: call.others.reconciled,
            reports_skipped: call.reports_skipped,
        }
    }

    /// Sets where log lines go; `None` is standard error.
    pub fn set_log(&'static self, sink: Option<LogSink>) {
        self.enter().ports.log.set_sink(sink);
    }
}

impl<C: Client> Core<C> {
    /// What there is without a choice of the host program's.
    pub(super) fn options_by_themselves(&mut self) -> Options {
        let options = Options::from_environment(&mut self.ports.log);
        let has_own = self.own.is_some() || matches!(self.ports.backend, Backend::Own(_));
        if has_own { Options { forwarder: ForwarderKind::Own, ..options } } else { options }
    }

    pub(super) fn apply(&mut self, options: Options) {
        self.ports.log.set_level(options.log_level);
        self.manager.set_max_mfes(options.max_entries);
        self.clock.set_manual(options.manual_clock);
        self.options = Some(options);
    }

    /// Back to before the first call, but for counters and log.
    fn forget(&mut self) {
        self.started = Started::No;
        self.options = None;
        self.clock = Clock::new();
        self.ports.backend = Backend::Memory(Memory::new());
        self.ports.thresholds = Thresholds::new();
        self.manager.forget_boundaries();
        self.ports.repair = false;
        self.restart.closed();
        (self.limit_told_at, self.lost_told_at) = (None, None);
    }

    fn forget_counters(&mut self) {
        self.manager.forget_counters();
        self.ports.errors = 0;
        self.others = Others::new();
        self.watch.forget_slow();
        (self.alerts, self.direct_callbacks) = (0, 0);
        (self.events_lost, self.reports_skipped, self.lost_untold) = (0, 0, 0);
    }
}

impl<C: Client> Call<C> {
    /// Makes the forwarder ready for interfaces.
    pub(super) fn open_forwarder(&mut self) -> Result<(), Error> {
        if self.restart.is_detached() {
            self.ports.log.add(Level::Error, format_args!("the multicast table was handed over: nobody can register"));
            return Err(Error::CanNotComplete);
        }
        if self.open {
            return Ok(());
        }
        match self.options {
            Some(options) if options.forwarder == ForwarderKind::Linux => self.open_linux(&options)?,
            Some(options) if options.forwarder == ForwarderKind::Own => {
                self.ports.backend = Backend::Own(self.own.take().ok_or(Error::CanNotComplete)?);
                self.ports.log.add(Level::Info, format_args!("the program's own forwarder is used"));
            }
            _ => self.ports.log.add(Level::Info, format_args!("forwarding in memory")),
        }
        self.open = true;
        Ok(())
    }

    fn open_linux(&mut self, options: &Options) -> Result<(), Error> {
        let (table, rpf_table) = (options.table, options.rpf_table);
        let foreign = if options.keep_foreign { Foreign::Keep } else { Foreign::Remove };
        let taken_over = self.take_over(table, foreign);
        let opened = taken_over.unwrap_or_else(|| Linux::open_with(table, foreign)).and_then(|mut linux| {
            if rpf_table != 0 {
                linux.use_rpf_table(rpf_table)?;
            }
            let events = linux.events()?;
            let waker = linux.waker();
            let kept = linux.few_reports_kept();
            Ok((linux, events, waker, kept))
        });
        self.refused = opened.is_err().then_some(table);
        match opened {
            Ok((linux, events, waker, kept)) => {
                self.tell_found(&linux.found(), foreign, table);
                self.ports.backend = Backend::Linux(linux);
                // What others did between the taking and the first report.
                self.others.uncertain = !self.restart.is_adopting();
                self.worker.set_events(events, waker);
                let engine = self.engine;
                if !engine.start_worker(self) {
                    self.close_forwarder();
                    return Err(Error::OutOfMemory);
                }
                self.settle();
                self.ports.log.add(Level::Info, format_args!("routing in the kernel, multicast table {table}"));
                if rpf_table != 0 {
                    self.ports.log.add(
                        Level::Info,
                        format_args!("routes towards sources are looked up in unicast table {rpf_table} alone"),
                    );
                }
                if let Some(kept) = kept {
                    self.ports.log.add(
                        Level::Warn,
                        format_args!(
                            "the kernel keeps the reports of {kept} new flows at once only (net.core.rmem_max): in \
                             larger bursts first packets may be lost"
                        ),
                    );
                }
                Ok(())
            }
            Err(error) => {
                self.ports.failed(format_args!("the kernel forwarder cannot start"), &error);
                match error {
                    crate::forwarder::ForwarderError::OutOfMemory => Err(Error::OutOfMemory),
                    _ => Err(Error::CanNotComplete),
                }
            }
        }
    }

    /// Whether it is started, and its forwarder open.
    pub(super) fn readiness(&self) -> (Started, bool) {
        (self.started, self.open)
    }

    /// A request that failed leaves nothing started or opened that was not before it, and
    /// everything else as it is: what was set, and MFEs that nobody owns.
    pub(super) fn go_back_to(&mut self, (started, open): (Started, bool)) {
        if self.open && !open {
            // In memory nothing was opened, and MFEs may be there.
            if self.memory().is_some() { self.open = false } else { self.close_forwarder() }
        }
        if started == Started::No && self.manager.live_clients() == 0 {
            self.forget();
        }
    }

    /// The last client has gone: nothing stays in the kernel.
    pub(super) fn close_if_unused(&mut self) {
        if self.manager.live_clients() > 0 {
            return;
        }
        match self.started {
            Started::ByUse => {
                self.close_forwarder();
                self.forget();
            }
            Started::ByHost if self.keeps_its_forwarder() => self.forget_entries(),
            Started::ByHost | Started::No => self.close_forwarder(),
        }
    }

    fn forget_entries(&mut self) {
        self.ask(|manager, cx| manager.forget_entries(cx));
    }

    /// The kernel's table alone is given back with the last client.
    fn keeps_its_forwarder(&self) -> bool {
        !matches!(self.ports.backend, Backend::Linux(_)) && !self.restart.is_detached()
    }

    fn close_forwarder(&mut self) {
        let engine = self.engine;
        engine.stop_worker(self);
        self.open = false;
        // No table, no doubt about it.
        self.others.uncertain = false;
        self.restart.closed();
        if matches!(self.ports.backend, Backend::Linux(_)) {
            // Closing the table empties it at once.
            self.ports.backend = Backend::Memory(Memory::new());
            self.ports.log.add(Level::Info, format_args!("the kernel's multicast table is closed and empty"));
        }
        self.forget_entries();
        if matches!(self.ports.backend, Backend::Own(_))
            && let Backend::Own(own) = std::mem::replace(&mut self.ports.backend, Backend::Memory(Memory::new()))
        {
            self.own = Some(own);
        }
    }
}

/// Whether this is a network with its prefix length.
fn is_prefix(network: u32, len: u8) -> bool {
    len <= 32 && network & !mask_of(len) == 0
}

/// The header of a well-formed IPv4 packet, its checksum right (RFC 1122 3.2.1.2).
fn ipv4_header(packet: &[u8]) -> Option<&[u8]> {
    let first = *packet.first()?;
    let header = packet.get(..usize::from(first & 0xF) * 4)?;
    if first >> 4 != 4 || header.len() < 20 {
        return None;
    }
    let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let sum: u32 = header.chunks_exact(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
    let sum_is_right = (sum & 0xFFFF) + (sum >> 16) == 0xFFFF;
    (sum_is_right && total >= header.len() && total <= packet.len()).then_some(header)
}
