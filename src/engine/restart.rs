//! A restart during which the kernel goes on forwarding: one process leaves its table,
//! the next takes it over with what is in it.
//!
//! Entries that were taken over are no MFEs at first: the clients have to register, take
//! their interfaces and learn the memberships anew, and until then an MFE would forward
//! less. They forward on as they are, save that memberships which come or go change them,
//! until the time given for that is over. Then each becomes an MFE as for a packet, or
//! goes, if no packet came.

use super::{Core, Engine};
use crate::{alerts::Client, manager::Error};

pub(super) use adoption::Restart;

impl<C: Client> Engine<C> {
    /// Leaves the kernel's table as it is to whoever has a descriptor of its socket. The
    /// clients go on in memory; when the last has gone, the manager is as before its
    /// forwarder was opened.
    ///
    /// # Errors
    /// CanNotComplete (there is no kernel table).
    pub fn detach(&'static self) -> Result<(), Error> {
        let mut call = self.enter();
        call.leave_table()?;
        self.stop_worker(&mut call);
        Ok(())
    }

    /// The entries that were taken over become MFEs now: every client has said what it
    /// wants. They do on the manager's own thread, also after this has returned.
    ///
    /// # Errors
    /// CanNotComplete (nothing was taken over, or that has ended).
    pub fn take_over_done(&'static self) -> Result<(), Error> {
        let mut call = self.enter();
        let now = call.clock.now();
        call.restart.end_at(now)
    }
}

mod adoption {
    use super::{Client, Core, Engine, Error};
    use crate::{
        engine::{
            Started,
            call::Call,
            environment::variable,
            log::{Level, Log},
            options::Text,
            ports::Backend,
        },
        forwarder::{
            Arrival, Forwarder, ForwarderError, InterfaceKey, Unfit,
            linux::{self, AdoptedEntry, Descriptor, Foreign, Linux},
            memory::Memory,
        },
        manager::{Drop, Entry, Flow},
    };
    use std::sync::atomic::{AtomicBool, Ordering};

    /// How long adopted entries stay as they are, in seconds. An IGMP querier asks at its
    /// start and again after 31 s, and its hosts have 10 s to answer (RFC 3376, 8.6); a
    /// PIM neighbour joins again within 60 s (RFC 7761, 4.11).
    const DEFAULT_SECONDS: u32 = 60;
    /// How many entries become MFEs at a time.
    const BATCH: usize = 64;
    /// The name of our descriptor among those that systemd passes.
    const NAME: &str = "mgm";
    /// The first of them (SD_LISTEN_FDS_START).
    const FIRST: usize = 3;

    /// What the engine knows of a restart.
    pub(in crate::engine) struct Restart {
        /// What to take over at the next start. Kept until that has succeeded: it may be
        /// the last descriptor of the table's socket.
        given: Option<Given>,
        seconds: Option<u32>,
        /// The table was left to another process.
        detached: bool,
        adoption: Option<Adoption>,
        adoptions: u32,
    }

    /// A descriptor of another process.
    struct Given {
        socket: Descriptor,
        /// The host program gave it.
        by_host: bool,
    }

    /// The entries of another process.
    struct Adoption {
        /// Which one it is.
        number: u32,
        /// In (group, source) order.
        entries: Vec<AdoptedEntry>,
        /// Those before have had their turn.
        next: usize,
        /// When all get theirs.
        until: u64,
        /// Somebody is at it.
        running: bool,
    }

    impl Restart {
        pub(in crate::engine) const fn new() -> Self {
            Self { given: None, seconds: None, detached: false, adoption: None, adoptions: 0 }
        }

        pub(in crate::engine) fn is_detached(&self) -> bool {
            self.detached
        }

        /// Nothing is to be taken over.
        pub(in crate::engine) fn forget_given(&mut self) {
            (self.given, self.seconds) = (None, None);
        }

        /// There are entries that were taken over; the table is compared when they are not
        /// any more.
        pub(in crate::engine) fn is_adopting(&self) -> bool {
            self.adoption.is_some()
        }

        /// The forwarder is closed, with all that was adopted.
        pub(in crate::engine) fn closed(&mut self) {
            self.detached = false;
            self.adoption = None;
        }

        /// A panic ended the work.
        pub(in crate::engine) fn interrupted(&mut self) {
            if let Some(adoption) = &mut self.adoption {
                adoption.running = false;
            }
        }

        /// Others may go on with the work.
        fn pause(&mut self, number: u32) {
            if let Some(adoption) = self.adoption.as_mut().filter(|adoption| adoption.number == number) {
                adoption.running = false;
            }
        }

        /// Takes one that packets wait for out of the adopted entries.
        fn take_unresolved(&mut self) -> Option<AdoptedEntry> {
            let entries = &mut self.adoption.as_mut()?.entries;
            let at = entries.iter().rposition(|entry| entry.unresolved)?;
            Some(entries.remove(at))
        }

        /// When the time of the adopted entries is over.
        pub(in crate::engine) fn next_work(&self) -> Option<u64> {
            self.adoption.as_ref().filter(|adoption| !adoption.running).map(|adoption| adoption.until)
        }

        pub(super) fn end_at(&mut self, now: u64) -> Result<(), Error> {
            let adoption = self.adoption.as_mut().ok_or(Error::CanNotComplete)?;
            adoption.until = adoption.until.min(now);
            Ok(())
        }
    }

    impl<C: Client> Engine<C> {
        /// Another descriptor of the kernel table's socket: while somebody has it, the
        /// kernel goes on forwarding when this process ends, unless it gives the table back.
        ///
        /// # Errors
        /// CanNotComplete (there is no kernel table, or no descriptor to be had).
        pub fn share_socket(&'static self) -> Result<Descriptor, Error> {
            let mut call = self.enter();
            let Backend::Linux(linux) = &call.ports.backend else { return Err(Error::CanNotComplete) };
            let shared = linux.share();
            shared.map_err(|error| {
                call.ports.failed(format_args!("the multicast routing socket cannot be shared"), &error);
                Error::CanNotComplete
            })
        }

        /// Says what the start takes over: the socket, if not the one of the environment,
        /// and for how many seconds entries stay as they are, if not for 60.
        ///
        /// # Errors
        /// AlreadyExists (started).
        pub fn take_over(&'static self, socket: Option<Descriptor>, seconds: Option<u32>) -> Result<(), Error> {
            let mut call = self.enter();
            if call.started != Started::No {
                return Err(Error::AlreadyExists);
            }
            call.restart.given = socket.map(|socket| Given { socket, by_host: true });
            call.restart.seconds = seconds;
            Ok(())
        }
    }

    impl<C: Client> Core<C> {
        pub(super) fn leave_table(&mut self) -> Result<(), Error> {
            let Backend::Linux(linux) = &mut self.ports.backend else { return Err(Error::CanNotComplete) };
            linux.detach();
            self.ports.backend = Backend::Memory(Memory::new());
            self.ports.repair = false;
            self.restart.closed();
            self.restart.detached = true;
            self.ports.log.add(Level::Info, format_args!("the multicast table is left to another process"));
            Ok(())
        }

        /// The table of another process, where one is to be taken over.
        pub(in crate::engine) fn take_over(
            &mut self,
            table: u32,
            foreign: Foreign,
        ) -> Option<Result<Linux, ForwarderError>> {
            if self.restart.given.is_none() {
                match inherited(&mut self.ports.log)? {
                    Ok(socket) => self.restart.given = Some(Given { socket, by_host: false }),
                    Err(unfit) => return Some(Err(ForwarderError::HandedOver(unfit))),
                }
            }
            let Given { socket, by_host } = self.restart.given.as_ref()?;
            let (linux, entries) = match Linux::adopt(socket, table, foreign) {
                Ok(adopted) => adopted,
                // The process before has given its table back in order.
                Err(error @ ForwarderError::HandedOver(Unfit::NotOwner(_))) if !by_host => {
                    self.ports.log.add(Level::Warn, format_args!("nothing is taken over: {error}"));
                    self.restart.given = None;
                    return None;
                }
                Err(error) => {
                    if let ForwarderError::HandedOver(_) = error {
                        self.restart.given = None;
                    }
                    return Some(Err(error));
                }
            };
            let seconds = self.restart.seconds.or_else(|| seconds(&mut self.ports.log)).unwrap_or(DEFAULT_SECONDS);
            let until = self.clock.now() + u64::from(seconds) * 1000;
            self.ports.log.add(
                Level::Info,
                format_args!(
                    "{} entries of multicast table {table} are taken over; they stay as they are for {seconds} s",
                    entries.len()
                ),
            );
            self.restart.adoptions = self.restart.adoptions.wrapping_add(1);
            let number = self.restart.adoptions;
            self.restart.adoption = Some(Adoption { number, entries, next: 0, until, running: false });
            Some(Ok(linux))
        }

        /// A membership was added or deleted, perhaps: adopted entries follow.
        #[inline]
        pub(in crate::engine) fn change_adopted(&mut self, entry: &Entry, interface: InterfaceKey) {
            if self.restart.adoption.is_some() {
                self.change_adopted_entries(entry, interface);
            }
        }

        fn change_adopted_entries(&mut self, entry: &Entry, interface: InterfaceKey) {
            let (Some(adoption), Backend::Linux(linux)) = (&mut self.restart.adoption, &mut self.ports.backend) else {
                return;
            };
            let waiting = &mut adoption.entries[adoption.next..];
            let first = waiting.partition_point(|adopted| adopted.group < entry.group());
            let last = entry.group() | !entry.group_mask();
            for adopted in waiting[first..].iter_mut().take_while(|adopted| adopted.group <= last) {
                if !entry.covers(adopted.source, adopted.group) {
                    continue;
                }
                let flow = Flow { source: adopted.source, group: adopted.group };
                let iif = InterfaceKey { if_index: linux.adopted_iif(adopted).unwrap_or(0), next_hop: 0 };
                let sends = self.manager.is_wanted(flow, iif, interface.if_index);
                if let Err(error) = linux.change_adopted(adopted, interface.if_index, sends) {
                    self.ports.errors += 1;
                    self.ports
                        .log
                        .add(Level::Error, format_args!("an entry that was taken over cannot be changed: {error}"));
                    return;
                }
            }
        }

        /// Whether an entry that is no MFE's was taken over and has its turn still to come.
        pub(in crate::engine) fn is_adopted(&self, flow: Flow) -> bool {
            self.restart.adoption.as_ref().is_some_and(|adoption| {
                let key = (flow.group, flow.source);
                adoption.entries[adoption.next..]
                    .binary_search_by_key(&key, |entry| (entry.group, entry.source))
                    .is_ok()
            })
        }

        fn next_adopted(&mut self, number: u32) -> Option<AdoptedEntry> {
            let adoption = self.restart.adoption.as_mut().filter(|adoption| adoption.number == number)?;
            let entry = adoption.entries.get(adoption.next).copied();
            adoption.next += usize::from(entry.is_some());
            entry
        }

        fn end_adoption(&mut self, number: u32) {
            if self.restart.adoption.as_ref().is_none_or(|adoption| adoption.number != number) {
                return;
            }
            self.restart.adoption = None;
            if let Backend::Linux(linux) = &mut self.ports.backend {
                linux.drop_adopted_interfaces();
                self.others.uncertain = true;
            }
            let (_, _, mfes) = self.manager.sizes();
            self.ports.log.add(Level::Info, format_args!("the take-over has ended: there are {mfes} entries"));
        }
    }

    impl<C: Client> Call<C> {
        /// What was opened is this process's.
        pub(in crate::engine) fn settle(&mut self) {
            if let Backend::Linux(linux) = &mut self.ports.backend {
                linux.settle();
            }
            self.restart.forget_given();
            // Nobody may have a report of these any more.
            while let Some(entry) = self.restart.take_unresolved() {
                let flow = Flow { source: entry.source, group: entry.group };
                let route = self.route_if_new(flow.source);
                if let Ok(step) = self.ask(|manager, cx| manager.adopt(None, flow, 0, route, cx)) {
                    let _ = self.complete(step);
                }
            }
        }

        /// Makes MFEs of some of the entries that were taken over, when their time has come:
        /// packets of new flows should not wait for all of them. Whether there is more to do.
        pub(in crate::engine) fn run_adoption(&mut self) -> bool {
            let now = self.clock.now();
            let Some(adoption) = &mut self.restart.adoption else { return false };
            if adoption.running || now < adoption.until {
                return false;
            }
            adoption.running = true;
            let number = adoption.number;
            for _ in 0..BATCH {
                let Some(entry) = self.next_adopted(number) else {
                    self.end_adoption(number);
                    return false;
                };
                self.make_adopted(&entry);
            }
            self.restart.pause(number);
            true
        }

        fn make_adopted(&mut self, entry: &AdoptedEntry) {
            let now = self.clock.now();
            let flow = Flow { source: entry.source, group: entry.group };
            let is_new = self.manager.mfe(flow, now).is_none();
            let Backend::Linux(linux) = &mut self.ports.backend else { return };
            let counted = linux.statistics(flow.source, flow.group);
            let good = counted.packets.wrapping_sub(counted.wrong_interface);
            if good == entry.good && is_new {
                // Nobody sends any more; if somebody does, that packet makes an entry.
                linux.remove(flow.source, flow.group);
                return;
            }
            let arrival = linux.adopted_iif(entry).map(|if_index| Arrival { if_index, next_hop: None });
            let route = self.route_if_new(flow.source);
            match self.ask(|manager, cx| manager.adopt(arrival, flow, good, route, cx)) {
                // A construction that fails takes the kernel's entry along.
                Ok(step) => _ = self.complete(step),
                // It will be installed.
                Err(Drop::Busy) => {}
                Err(why) => {
                    if why == Drop::Limit {
                        self.say_limit();
                    }
                    self.ports.backend.forwarder().remove(flow.source, flow.group);
                }
            }
        }
    }

    /// The socket that systemd, or a process that does as it does, has passed to this one
    /// under our name: once.
    fn inherited(log: &mut Log) -> Option<Result<Descriptor, Unfit>> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        let number = |name| variable(name)?.to_str().ok()?.parse::<u32>().ok();
        if number(c"LISTEN_PID")? != std::process::id() {
            return None;
        }
        let count = number(c"LISTEN_FDS")? as usize;
        let names = variable(c"LISTEN_FDNAMES")?;
        let at = names.to_str().ok()?.split(':').take(count).position(|name| name == NAME)?;
        if TAKEN.swap(true, Ordering::Relaxed) {
            return None;
        }
        let fd = i32::try_from(FIRST + at).ok()?;
        log.add(Level::Info, format_args!("descriptor {fd} was passed on as \"{NAME}\""));
        // SAFETY: by its name in LISTEN_FDNAMES it was passed on for this library, which takes
        // it once: nobody else owns it.
        Some(unsafe { linux::own(fd) })
    }

    /// What MGM_GRACE says.
    fn seconds(log: &mut Log) -> Option<u32> {
        let value = variable(c"MGM_GRACE")?;
        let seconds = value.to_str().ok().and_then(|value| value.parse().ok());
        if seconds.is_none() {
            let value = Text(&value);
            log.add(
                Level::Warn,
                format_args!("MGM_GRACE={value} means nothing and is ignored: expected a number of seconds"),
            );
        }
        seconds
    }
}
