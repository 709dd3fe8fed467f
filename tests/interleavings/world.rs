//! An engine with clients that record what they are told, and check what must hold for
//! every callback in every scenario.

use rtm::{
    alerts::{Client, CreationAlert, OutOfMemory, RpfQuery},
    engine::{Engine, ForwarderKind, Level, Options},
    forwarder::{InterfaceKey, Route},
    manager::{ClientId, DEFAULT_TIMEOUT, Entry, EnumerationKind, Error, Flags},
};
use shuttle::{
    Config, MaxSteps, Runner,
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler},
    thread,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

/// The most clients a scenario has.
const CLIENTS: usize = 8;

pub const IGMP: u32 = 10;
pub const JOIN: Flags = Flags::JOIN;
/// The source of all packets, in [`route`]'s network.
pub const SOURCE: u32 = 0x0A00_0001;
/// The group of all packets.
pub const GROUP: u32 = 0xEF01_0101;

/// What a client is told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Told {
    /// `packet`: a packet caused it.
    Rpf {
        packet: bool,
    },
    Creation,
    Join {
        entry: Entry,
        membership: bool,
    },
    Prune {
        entry: Entry,
        membership: bool,
    },
    WrongInterface,
    LocalJoin(Entry),
    LocalLeave(Entry),
    Disable(InterfaceKey),
    Enable(InterfaceKey),
}

impl Told {
    fn is_alert(self) -> bool {
        !matches!(self, Self::Rpf { .. } | Self::Creation | Self::Disable(_) | Self::Enable(_))
    }

    /// The alert of a (*,G)'s first join.
    pub fn join(group: u32) -> Self {
        Self::Join { entry: any_source(group), membership: true }
    }

    /// The alert of a (*,G)'s last leave.
    pub fn prune(group: u32) -> Self {
        Self::Prune { entry: any_source(group), membership: true }
    }
}

pub fn any_source(group: u32) -> Entry {
    Entry::new(0, 0, group, 0).expect("a group")
}

pub fn interface(if_index: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: 0 }
}

pub fn route(if_index: u32) -> Route {
    Route { if_index, gateway: 0, network: 0x0A00_0000, prefix_len: 8, protocol: 3 }
}

/// Lets the scheduler choose: any amount of time passes here.
pub fn pause() {
    thread::sleep(Duration::ZERO);
}

/// No schedule ends while it is held: all of this runs in one thread of the system.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the clients of a test do.
pub trait Scenario: Default + Send + Sync + 'static {
    /// Inside a callback.
    fn react(_world: &'static World<Self>, _who: usize, _told: Told) {}
}

pub struct World<S: Scenario> {
    pub engine: Engine<Recorder<S>>,
    pub scenario: S,
    ids: Mutex<[Option<ClientId>; CLIENTS]>,
    told: Mutex<Vec<(usize, Told)>>,
    /// An alert callback of the client is running.
    alerting: [AtomicBool; CLIENTS],
    /// How many callbacks of the client are running.
    running: [AtomicU32; CLIENTS],
    /// How many callbacks may still begin; below nothing is no limit.
    begins_left: [AtomicI32; CLIENTS],
    /// How many of the callbacks that an MFE's construction makes are running.
    constructing: AtomicU32,
    fault: Mutex<Option<String>>,
}

shuttle::thread_local! {
    /// In how many callbacks the thread is.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// The alerts that the thread's calls caused, since its outermost one began.
    static CAUSED: RefCell<Vec<(usize, Told)>> = const { RefCell::new(Vec::new()) };
}

impl<S: Scenario> World<S> {
    fn new() -> Self {
        Self {
            engine: Engine::new(),
            scenario: S::default(),
            ids: Mutex::default(),
            told: Mutex::default(),
            alerting: Default::default(),
            running: Default::default(),
            begins_left: [const { AtomicI32::new(-1) }; CLIENTS],
            constructing: AtomicU32::new(0),
            fault: Mutex::default(),
        }
    }

    /// Notes what must not be. A panic inside a callback would be caught by the engine.
    pub fn expect(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            locked(&self.fault).get_or_insert_with(what);
        }
    }

    pub fn register(&'static self, who: usize, protocol: u32) -> ClientId {
        let id = self.engine.register(Recorder { world: self, who }, protocol, 0).expect("a registration");
        locked(&self.ids)[who] = Some(id);
        id
    }

    /// Registers routing protocols 0, 1, ... which take interfaces 1, 2, ...
    pub fn register_owners(&'static self, count: usize) {
        for who in 0..count {
            let id = self.register(who, 100 + who as u32);
            self.engine.take(id, interface(who as u32 + 1)).expect("a free interface");
        }
    }

    pub fn id(&self, who: usize) -> ClientId {
        locked(&self.ids)[who].expect("a client that was registered")
    }

    /// Deregisters outside callbacks: nothing of the client runs or begins afterwards.
    pub fn deregister(&'static self, who: usize) -> Result<(), Error> {
        let result = self.engine.deregister(self.id(who));
        if result.is_ok() {
            self.forbid(who, 0);
            let running = self.running[who].load(Relaxed);
            self.expect(running == 0, || format!("{who} has deregistered, and {running} of its callbacks run"));
        }
        result
    }

    /// From now on at most so many more callbacks of a client begin.
    pub fn forbid(&self, who: usize, still: i32) {
        self.begins_left[who].store(still, Relaxed);
    }

    /// Gives up the interfaces that a client may hold, and deregisters it.
    pub fn leave(&'static self, who: usize, interfaces: &[u32]) {
        for &if_index in interfaces {
            let _ = self.engine.release(self.id(who), interface(if_index));
        }
        self.deregister(who).expect("a client without interfaces");
    }

    pub fn add(&'static self, who: usize, group: u32, if_index: u32) -> Result<(), Error> {
        self.engine.add(self.id(who), any_source(group), interface(if_index), JOIN)
    }

    pub fn delete(&'static self, who: usize, group: u32, if_index: u32) -> Result<(), Error> {
        self.engine.delete(self.id(who), any_source(group), interface(if_index), JOIN)
    }

    /// The thread's call caused this alert, once in the whole test.
    pub fn caused(&self, to: &[usize], told: Told) {
        CAUSED.with(|caused| caused.borrow_mut().extend(to.iter().map(|&who| (who, told))));
    }

    /// An outermost call. What it caused, also in the callbacks that it ran, is delivered
    /// or being delivered when it returns.
    pub fn outermost<R>(&'static self, call: impl FnOnce() -> R) -> R {
        let result = call();
        for (who, told) in CAUSED.with(RefCell::take) {
            let delivering = self.engine.is_delivering(self.id(who));
            self.expect(delivering || self.count(who, told) > 0, || {
                format!("the call returned, and nobody is about to tell {who}: {told:?}")
            });
        }
        result
    }

    /// All that a client was told so far.
    pub fn told(&self, who: usize) -> Vec<Told> {
        locked(&self.told).iter().filter(|(other, _)| *other == who).map(|&(_, told)| told).collect()
    }

    /// How often a client was told something.
    pub fn count(&self, who: usize, told: Told) -> usize {
        locked(&self.told).iter().filter(|&&other| other == (who, told)).count()
    }

    pub fn packet(&'static self, if_index: u32) {
        let (source, group) = (SOURCE.to_be_bytes(), GROUP.to_be_bytes());
        let mut packet = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 128, 213, 0, 0, 0, 0, 0, 0, 0, 0];
        packet[12..16].copy_from_slice(&source);
        packet[16..].copy_from_slice(&group);
        self.engine.receive(interface(if_index), &packet).expect("a well-formed packet");
    }

    /// The MFE's iif and oifs.
    pub fn entry(&'static self) -> Option<(u32, Vec<u32>)> {
        let read = |mfe: &rtm::manager::MfeView<'_>| {
            (mfe.iif().if_index, mfe.oifs().map(|oif| oif.if_index).collect::<Vec<_>>())
        };
        self.engine.mfe(SOURCE, GROUP, read).ok()
    }

    /// The groups of all (*,G) memberships.
    pub fn groups(&'static self, who: usize) -> BTreeSet<u32> {
        let id = self.engine.enumeration_start(self.id(who), EnumerationKind::AllSources).expect("an enumeration");
        let mut groups = BTreeSet::new();
        self.engine
            .enumeration_next(id, &mut |entry| {
                groups.insert(entry.group());
                true
            })
            .expect("an enumeration that goes on");
        self.engine.enumeration_end(id).expect("an enumeration to end");
        groups
    }

    /// After everybody left: nothing is left behind.
    fn check_empty(&'static self) {
        let counters = self.engine.counters();
        let left = (counters.clients, counters.interfaces, counters.memberships, counters.entries);
        assert_eq!(left, (0, 0, 0, 0), "clients, interfaces, memberships or entries are left");
        assert_eq!(self.engine.audit(), Ok(()));
        assert!(self.engine.is_at_rest(), "a request is half done, or a source is remembered");
    }
}

/// A client that records.
pub struct Recorder<S: Scenario> {
    world: &'static World<S>,
    who: usize,
}

impl<S: Scenario> Clone for Recorder<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scenario> Copy for Recorder<S> {}

/// A callback in progress.
struct Running<S: Scenario>(Recorder<S>, Told);

impl<S: Scenario> Running<S> {
    fn begin(client: Recorder<S>, told: Told) -> Self {
        let Recorder { world, who } = client;
        let left = world.begins_left[who].load(Relaxed);
        world.expect(left != 0, || format!("{who} is gone and is told: {told:?}"));
        world.begins_left[who].store(if left > 0 { left - 1 } else { left }, Relaxed);
        world.running[who].fetch_add(1, Relaxed);
        let depth = DEPTH.with(|depth| depth.replace(depth.get() + 1));
        if told.is_alert() {
            world.expect(depth == 0, || format!("an alert inside a callback: {who} is told {told:?}"));
            let other = world.alerting[who].swap(true, Relaxed);
            world.expect(!other, || format!("two alerts at a time: {who} is told {told:?}"));
        }
        if matches!(told, Told::Rpf { .. } | Told::Creation) {
            let others = world.constructing.fetch_add(1, Relaxed);
            world.expect(others == 0, || "two constructions of one MFE at a time".into());
        }
        locked(&world.told).push((who, told));
        Self(client, told)
    }
}

impl<S: Scenario> Drop for Running<S> {
    fn drop(&mut self) {
        let Self(Recorder { world, who }, told) = *self;
        world.expect(!std::thread::panicking(), || format!("a panic where {who} is told {told:?}"));
        world.running[who].fetch_sub(1, Relaxed);
        DEPTH.with(|depth| depth.set(depth.get() - 1));
        if told.is_alert() {
            world.alerting[who].store(false, Relaxed);
        }
        if matches!(told, Told::Rpf { .. } | Told::Creation) {
            world.constructing.fetch_sub(1, Relaxed);
        }
    }
}

impl<S: Scenario> Recorder<S> {
    fn called(self, told: Told) {
        let _running = Running::begin(self, told);
        pause();
        S::react(self.world, self.who, told);
        pause();
    }
}

impl<S: Scenario> Client for Recorder<S> {
    fn enables_igmp(&self) -> bool {
        true
    }
    fn rpf(&self, query: &mut RpfQuery<'_>) {
        self.called(Told::Rpf { packet: !query.header.is_empty() });
    }
    fn creation(&self, _: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        self.called(Told::Creation);
        Ok(())
    }
    fn prune(&self, entry: &Entry, _: InterfaceKey, membership: bool) -> Option<u32> {
        self.called(Told::Prune { entry: *entry, membership });
        Some(DEFAULT_TIMEOUT)
    }
    fn join(&self, entry: &Entry, membership: bool) {
        self.called(Told::Join { entry: *entry, membership });
    }
    fn wrong_interface(&self, _: u32, _: u32, _: InterfaceKey, _: &[u8]) {
        self.called(Told::WrongInterface);
    }
    fn local_join(&self, entry: &Entry, _: InterfaceKey) {
        self.called(Told::LocalJoin(*entry));
    }
    fn local_leave(&self, entry: &Entry, _: InterfaceKey) {
        self.called(Told::LocalLeave(*entry));
    }
    fn disable_igmp(&self, interface: InterfaceKey) {
        self.called(Told::Disable(interface));
    }
    fn enable_igmp(&self, interface: InterfaceKey) {
        self.called(Told::Enable(interface));
    }
}

/// Runs a scenario under many schedules. It ends with all clients deregistered and all
/// threads joined.
pub fn explore<S: Scenario>(name: &str, scenario: fn(&'static World<S>)) {
    let schedule = move || {
        let address = Box::into_raw(Box::new(World::new()));
        // SAFETY: the box was just made, and is freed below after its last use.
        let world: &'static World<S> = unsafe { &*address };
        let options = Options {
            forwarder: ForwarderKind::Memory,
            table: 253,
            rpf_table: 0,
            log_level: Level::Off,
            manual_clock: true,
            max_entries: 10,
            keep_foreign: false,
        };
        world.engine.start(Some(options)).expect("a new engine");
        scenario(world);
        if let Some(fault) = locked(&world.fault).take() {
            panic!("{fault}");
        }
        world.check_empty();
        // SAFETY: from `into_raw`. The scenario joined its threads, the engine's own sleep
        // for ever without a reference, and no client is left that could be called.
        drop(unsafe { Box::from_raw(address) });
    };
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    config.max_steps = MaxSteps::FailAfter(100_000);
    if let Ok(text) = std::env::var("MGM_TEST_SCHEDULE") {
        Runner::new(ReplayScheduler::new_from_encoded(&text), config).run(schedule);
        return;
    }
    let long = std::env::var("MGM_TEST_LONG").is_ok_and(|value| value == "1");
    let half = if long { 50_000 } else { 1_000 };
    // Any order with the same likelihood, and few preemptions at any place.
    let random = Runner::new(RandomScheduler::new(half), config.clone()).run(schedule);
    let preempted = Runner::new(PctScheduler::new(3, half), config).run(schedule);
    println!("{name}: {} schedules", random + preempted);
}
