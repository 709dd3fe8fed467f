//! The binding against the shared library, on the memory forwarder.

use mgm::{
    Cause, CreationAlert, Entry, Error, GroupKind, IGMP, Interface, MAX_PROTOCOLS, OwnedInterface, Prefix, Protocol,
    PruneAlert, Registration, RpfQuery, State, WrongInterfaceAlert, host,
};
use std::{
    collections::BTreeSet,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

const SOURCE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 1, 1, 1);

/// The one manager of the process, for one test at a time.
struct Manager(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Manager {
    fn start() -> Self {
        Self::start_with(|| ())
    }

    /// Does something before, when no other test uses the manager.
    fn start_with(before: impl FnOnce()) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        before();
        let options = host::Options::new().forwarder(host::Forwarder::Memory).manual_clock();
        host::start(&options.log_level(host::LogLevel::Info)).unwrap();
        Self(turn)
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let stopped = host::stop();
        if !std::thread::panicking() {
            stopped.expect("everything has ended");
        }
    }
}

fn route(network: Prefix, index: u32, gateway: Ipv4Addr) {
    host::add_route(host::Route { network, index, gateway, protocol: 3 }).unwrap();
}

/// The IPv4 header of an empty packet arrives.
fn packet(index: u32, source: Ipv4Addr, group: Ipv4Addr) {
    let mut header = [0x45, 0, 0, 20, 0, 0, 0, 0, 8, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    header[12..16].copy_from_slice(&source.octets());
    header[16..].copy_from_slice(&group.octets());
    let sum: u32 = header.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1])).sum();
    header[10..12].copy_from_slice(&(!((sum % 0xFFFF) as u16)).to_be_bytes());
    host::receive(index, &header).unwrap();
}

#[derive(Default)]
struct Recorder {
    heard: Mutex<Vec<String>>,
    /// What the RPF callback answers.
    iif: Option<u32>,
    upstream: Option<Ipv4Addr>,
    /// The interface that the creation callback keeps out.
    keeps_out: Option<u32>,
    timeout: Option<u32>,
    panics: bool,
    keeps_memberships: bool,
}

/// The protocol that is registered, and what the test keeps of it.
struct Heard(Arc<Recorder>);

impl Heard {
    fn say(&self, line: String) {
        self.0.heard.lock().unwrap().push(line);
        assert!(!self.0.panics, "as the test wants it");
    }
}

impl Recorder {
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn text(entry: Entry) -> String {
    format!("{}/{} {}/{}", entry.source.address, entry.source.len, entry.group.address, entry.group.len)
}

impl Protocol for Heard {
    fn rpf(&self, query: &mut RpfQuery<'_>) {
        let line = format!(
            "rpf {} {} in {} upstream {} header {} route {:?}",
            query.source,
            query.group,
            query.iif.index,
            query.upstream,
            query.header.len(),
            query.route.map(|route| (route.address, route.len)),
        );
        query.iif = self.0.iif.map_or(query.iif, Interface::new);
        query.upstream = self.0.upstream.unwrap_or(query.upstream);
        self.say(line);
    }

    fn creation(&self, alert: &mut CreationAlert<'_>) {
        let out: Vec<_> = alert.outgoing().map(|oif| (oif.interface.index, oif.igmp, oif.enabled)).collect();
        if let Some(index) = self.0.keeps_out {
            assert!(alert.keep_out(index.into()));
            assert!(!alert.keep_out(99.into()));
        }
        self.say(format!("creation {} {} in {} out {out:?}", alert.source, alert.group, alert.iif.index));
    }

    fn prune(&self, alert: &mut PruneAlert) {
        alert.timeout = self.0.timeout.unwrap_or(alert.timeout);
        self.say(format!("prune {} last {} {:?}", text(alert.entry), alert.last.index, alert.cause));
    }

    fn join(&self, entry: Entry, cause: Cause) {
        self.say(format!("join {} {cause:?}", text(entry)));
    }

    fn wrong_interface(&self, alert: &WrongInterfaceAlert<'_>) {
        let (index, size) = (alert.arrived.index, alert.header.len());
        self.say(format!("wrong_interface {} {} on {index} header {size}", alert.source, alert.group));
    }

    fn local_join(&self, entry: Entry, interface: Interface) {
        self.say(format!("local_join {} on {}", text(entry), interface.index));
    }

    fn local_leave(&self, entry: Entry, interface: Interface) {
        self.say(format!("local_leave {} on {}", text(entry), interface.index));
    }

    fn disable_igmp(&self, interface: Interface) {
        self.say(format!("disable_igmp {}", interface.index));
    }

    fn enable_igmp(&self, interface: Interface) {
        self.say(format!("enable_igmp {}", interface.index));
    }

    fn restarts_igmp(&self) -> bool {
        !self.0.keeps_memberships
    }
}

fn register(recorder: Recorder, protocol_id: u32) -> (Arc<Recorder>, Registration) {
    let recorder = Arc::new(recorder);
    let registration = Registration::new(Heard(recorder.clone()), protocol_id, 1).unwrap();
    (recorder, registration)
}

/// All nine, of IGMP, the owner of the incoming interface 1 and the owner of 2 and 3.
fn nine_callbacks(panics: bool) -> [Vec<String>; 3] {
    route(Prefix::new([10, 0, 0, 0].into(), 24), 1, [10, 9, 9, 9].into());
    let given = || Recorder { panics, ..Recorder::default() };
    let answers = Recorder { iif: Some(4), upstream: Some([10, 0, 0, 254].into()), timeout: Some(60), ..given() };
    let (igmp, igmp_is) = register(given(), IGMP);
    let (wan, wan_is) = register(answers, 100);
    let (lan, lan_is) = register(Recorder { keeps_out: Some(3), ..given() }, 101);
    let igmp_on = igmp_is.take(2).unwrap();
    let _wan = [1, 4].map(|index| wan_is.take(index).unwrap());
    let lans = [2, 3].map(|index| lan_is.take(index).unwrap());

    igmp_on.join(Entry::any_source(GROUP), State::Join).unwrap();
    lans[1].join(Entry::any_source(GROUP), State::Join).unwrap();
    let iif = if panics { 1 } else { 4 };
    packet(iif, SOURCE, GROUP);
    let made = mgm::mfe(SOURCE, GROUP).unwrap();
    assert_eq!(made.iif, iif);
    assert_eq!(made.upstream, Ipv4Addr::from(if panics { [10, 9, 9, 9] } else { [10, 0, 0, 254] }));
    let out: Vec<u32> = made.oifs.iter().map(|oif| oif.interface.index).collect();
    assert_eq!(out, if panics { vec![2, 3] } else { vec![2] });
    packet(3, SOURCE, GROUP);
    igmp_on.leave(Entry::any_source(GROUP), State::Join).unwrap();
    lans[1].leave(Entry::any_source(GROUP), State::Join).unwrap();
    let empty = mgm::mfe(SOURCE, GROUP).unwrap();
    assert_eq!((empty.oifs.len(), empty.expiry_time), (0, if panics { 900 } else { 60 }));
    [igmp.told(), wan.told(), lan.told()]
}

#[test]
fn all_nine_callbacks() {
    let _manager = Manager::start();
    let [igmp, wan, lan] = nine_callbacks(false);
    assert_eq!(igmp, ["disable_igmp 2", "enable_igmp 2", "prune 0.0.0.0/0 239.1.1.1/32 last 3 Membership"]);
    assert_eq!(
        wan,
        [
            "join 0.0.0.0/0 239.1.1.1/32 Membership",
            "rpf 10.0.0.1 239.1.1.1 in 1 upstream 10.9.9.9 header 20 route Some((10.0.0.0, 24))",
            "prune 10.0.0.1/32 239.1.1.1/32 last 2 Mfe",
            "prune 0.0.0.0/0 239.1.1.1/32 last 3 Membership",
        ]
    );
    assert_eq!(
        lan,
        [
            "local_join 0.0.0.0/0 239.1.1.1/32 on 2",
            "creation 10.0.0.1 239.1.1.1 in 4 out [(2, true, true), (3, false, true)]",
            "wrong_interface 10.0.0.1 239.1.1.1 on 3 header 20",
            "local_leave 0.0.0.0/0 239.1.1.1/32 on 2",
        ]
    );
}

#[test]
fn panics_stay_inside_and_change_nothing() {
    let _manager = Manager::start();
    std::panic::set_hook(Box::new(|_| ()));
    let told = nine_callbacks(true);
    let _ = std::panic::take_hook();
    assert_eq!(told.map(|lines| lines.len()), [3, 4, 4]);
}

#[test]
fn errors() {
    let _manager = Manager::start();
    let (_, protocol) = register(Recorder::default(), 100);
    let again = Registration::new(Heard(Arc::default()), 100, 1);
    assert_eq!(again.unwrap_err(), Error::AlreadyExists);
    assert_eq!(protocol.take(0).unwrap_err(), Error::InvalidParameter);
    let lan = protocol.take(1).unwrap();
    assert_eq!(protocol.take(1).unwrap_err(), Error::AlreadyExists);
    let no_entry = Entry { source: Prefix::one(SOURCE), group: Prefix::ANY };
    assert_eq!(lan.join(no_entry, State::Join).unwrap_err(), Error::InvalidParameter);
    assert_eq!(lan.leave(Entry::any_source(GROUP), State::Join).unwrap_err(), Error::NotFound);
    assert_eq!(mgm::owner(2).unwrap_err(), Error::NotFound);
    assert_eq!(mgm::owner(1).unwrap().protocol_id, 100);
    assert_eq!(mgm::mfe(SOURCE, GROUP).unwrap_err(), Error::NotFound);
    assert_eq!(protocol.set_upstream(SOURCE, GROUP, SOURCE).unwrap_err(), Error::NotFound);
    assert_eq!(host::start(&host::Options::new()).unwrap_err(), Error::AlreadyExists);
    assert_eq!(host::stop().unwrap_err(), Error::CanNotComplete);
    assert_eq!(host::receive(1, &[]).unwrap_err(), Error::InvalidParameter);
    assert_eq!(protocol.deregister().unwrap_err(), Error::CanNotComplete);
    lan.release().unwrap();
    assert_eq!(host::counters().clients, 0, "with its last interface");
    assert!(host::version().starts_with("0."));
    assert_eq!(Error::NotFound.to_string(), "there is no such thing");
}

#[test]
fn dropped_in_any_order() {
    let _manager = Manager::start();
    let (recorder, protocol) = register(Recorder::default(), 100);
    let alive: Weak<Recorder> = Arc::downgrade(&recorder);
    drop(recorder);
    let lan = protocol.take(1).unwrap();
    let mut groups = protocol.groups(GroupKind::AllSources).unwrap();
    drop(protocol);
    assert!(alive.upgrade().is_some(), "the interface holds it");
    lan.join(Entry::any_source(GROUP), State::Join).unwrap();
    drop(lan);
    assert!(alive.upgrade().is_none());
    assert_eq!(groups.next(), Some(Err(Error::InvalidParameter)));
    assert_eq!(groups.next(), None);
    for _ in 0..3 * MAX_PROTOCOLS {
        register(Recorder::default(), 100).1.deregister().unwrap();
    }
    // One interface in place of another.
    let (_, protocol) = register(Recorder::default(), 100);
    let mut lan = protocol.take(1).unwrap();
    assert_eq!(lan.interface(), Interface::new(1));
    lan = protocol.take(2).unwrap();
    assert_eq!(mgm::owner(1).unwrap_err(), Error::NotFound);
    drop(lan);
}

#[test]
fn each_protocol_hears_its_own() {
    let _manager = Manager::start();
    let all: Vec<_> = (1..u32::MAX)
        .map_while(|n| {
            let recorder = Arc::new(Recorder::default());
            match Registration::new(Heard(recorder.clone()), 200 + n, 1) {
                Ok(registration) => {
                    let interface = registration.take(n).unwrap();
                    Some((recorder, registration, interface))
                }
                Err(error) => {
                    assert_eq!(error, Error::TooManyProtocols);
                    None
                }
            }
        })
        .collect();
    // The test below may have used one up.
    assert!(all.len() >= MAX_PROTOCOLS - 1);
    for (n, (recorder, ..)) in (1u8..).zip(&all) {
        route(Prefix::new([10, 0, n, 0].into(), 24), n.into(), Ipv4Addr::UNSPECIFIED);
        packet(n.into(), [10, 0, n, 1].into(), GROUP);
        assert!(recorder.told()[0].starts_with(&format!("rpf 10.0.{n}.1 ")));
        assert!(all.iter().all(|(recorder, ..)| recorder.told().is_empty()));
    }
}

/// A protocol that ends its own registration when somebody joins.
struct Ends(Mutex<Option<Registration>>, Arc<Mutex<bool>>);

impl Protocol for Ends {
    fn join(&self, _: Entry, _: Cause) {
        self.0.lock().unwrap().take().expect("once").deregister().unwrap();
        *self.1.lock().unwrap() = true;
    }
}

#[test]
fn ends_inside_its_own_callback() {
    let _manager = Manager::start();
    let (_, other) = register(Recorder::default(), 100);
    let lan = other.take(1).unwrap();
    let ended = Arc::new(Mutex::new(false));
    let ends = Arc::new(Ends(Mutex::new(None), ended.clone()));
    *ends.0.lock().unwrap() = Some(Registration::new(ends.clone(), 101, 1).unwrap());
    let alive = Arc::downgrade(&ends);
    drop(ends);
    lan.join(Entry::any_source(GROUP), State::Join).unwrap();
    assert!(*ended.lock().unwrap());
    assert!(alive.upgrade().is_none(), "dropped after its callback");
    assert_eq!(host::counters().clients, 1);
    // Its place is not used again: a late callback might come there.
    let rest: Vec<_> = (0..).map_while(|n| Registration::new(Heard(Arc::default()), 200 + n, 1).ok()).collect();
    assert_eq!(rest.len(), MAX_PROTOCOLS - 2);
}

#[test]
fn groups() {
    let _manager = Manager::start();
    let (_, protocol) = register(Recorder::default(), 100);
    let lans: [OwnedInterface; 2] = [1, 2].map(|index| protocol.take(index).unwrap());
    let nth = |n: u32| Ipv4Addr::from(0xEF00_0000 + n);
    for n in 1..=2500 {
        lans[0].join(Entry::any_source(nth(n)), State::Join).unwrap();
    }
    lans[1].join(Entry::from_source(SOURCE, nth(1)), State::Join).unwrap();
    let range = Entry { source: Prefix::ANY, group: Prefix::new([239, 64, 0, 0].into(), 10) };
    lans[1].join(range, State::Join).unwrap();

    let every: Vec<Entry> = protocol.groups(GroupKind::AllSources).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(every.len(), 2502);
    assert!(every.contains(&range) && every.contains(&Entry::from_source(SOURCE, nth(1))));
    let once: BTreeSet<Ipv4Addr> =
        protocol.groups(GroupKind::AnySource).unwrap().map(|entry| entry.unwrap().group.address).collect();
    assert_eq!(once, (1..=2500).map(nth).chain([range.group.address]).collect());
    let kept: Vec<_> = protocol.groups(GroupKind::AnySource).unwrap().collect();
    assert_eq!(kept.len(), 2501);
}

#[test]
fn forwarding_entries() {
    let _manager = Manager::start();
    assert_eq!(mgm::mfes().next(), None);
    route(Prefix::new([10, 0, 0, 0].into(), 24), 1, Ipv4Addr::UNSPECIFIED);
    let (_, protocol) = register(Recorder::default(), 100);
    let _wan = protocol.take(1).unwrap();
    let lans: Vec<_> = (10..15).map(|index| protocol.take(index).unwrap()).collect();
    let nth = |n: u32| Ipv4Addr::from(0xEF00_0100 + n);
    for n in (0..3000).rev() {
        for lan in &lans {
            lan.join(Entry::any_source(nth(n)), State::Join).unwrap();
        }
        packet(1, SOURCE, nth(n));
    }
    for all in [mgm::mfes(), mgm::statistics()] {
        let all: Vec<_> = all.collect::<Result<_, _>>().unwrap();
        assert_eq!(all.len(), 3000);
        for (n, mfe) in (0..).zip(&all) {
            assert_eq!((mfe.source, mfe.group, mfe.iif, mfe.iif_protocol), (SOURCE, nth(n), 1, 100));
            assert_eq!((mfe.route, mfe.route_protocol), (Prefix::new([10, 0, 0, 0].into(), 24), 3));
            assert!((10..15).eq(mfe.oifs.iter().map(|oif| oif.interface.index)));
        }
    }
    packet(1, SOURCE, nth(0));
    packet(12, SOURCE, nth(0));
    let counted = mgm::mfe_statistics(SOURCE, nth(0)).unwrap();
    let statistics = counted.statistics.unwrap();
    assert_eq!((statistics.packets, statistics.bytes, statistics.wrong_interface), (3, 60, 1));
    assert!(counted.oifs.iter().all(|oif| oif.packets == 2));
    protocol.set_upstream(SOURCE, nth(0), [10, 0, 0, 7].into()).unwrap();
    assert_eq!(mgm::mfe(SOURCE, nth(0)).unwrap().upstream, Ipv4Addr::new(10, 0, 0, 7));
    host::advance_clock(Duration::from_secs(901)).unwrap();
    assert_eq!(mgm::mfes().count(), 3000, "renewed, as they had packets");
    host::advance_clock(Duration::from_secs(901)).unwrap();
    assert_eq!(mgm::mfes().count(), 0);
    host::delete_route(Prefix::new([10, 0, 0, 0].into(), 24)).unwrap();
}

#[test]
fn igmp_may_keep_its_memberships() {
    let _manager = Manager::start();
    let (igmp, igmp_is) = register(Recorder { keeps_memberships: true, ..Recorder::default() }, IGMP);
    let (owner, owner_is) = register(Recorder::default(), 100);
    let on = igmp_is.take(1).unwrap();
    on.join(Entry::any_source(GROUP), State::Join).unwrap();
    owner.told();
    let _lan = owner_is.take(1).unwrap();
    assert_eq!(igmp.told(), [""; 0]);
    assert_eq!(owner.told(), ["local_join 0.0.0.0/0 239.1.1.1/32 on 1"]);
}

#[test]
fn the_log() {
    static LINES: Mutex<Vec<(host::LogLevel, String)>> = Mutex::new(Vec::new());
    fn keep(level: host::LogLevel, line: &str) {
        LINES.lock().unwrap().push((level, line.to_owned()));
        assert!(!line.is_empty());
        std::panic::panic_any(1); // stays inside
    }
    std::panic::set_hook(Box::new(|_| ()));
    let manager = Manager::start_with(|| host::set_log(Some(keep)).unwrap());
    host::set_log(None).unwrap();
    let _ = std::panic::take_hook();
    drop(manager);
    let lines = std::mem::take(&mut *LINES.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(lines.iter().any(|(level, line)| *level == host::LogLevel::Info && line.contains("memory")), "{lines:?}");
}

#[test]
fn many_threads() {
    let _manager = Manager::start();
    std::thread::scope(|scope| {
        for t in 0..4 {
            scope.spawn(move || {
                for n in 0..200 {
                    let protocol = Registration::new(Heard(Arc::default()), 300 + t, 1).unwrap();
                    let lan = protocol.take(10 + t).unwrap();
                    lan.join(Entry::any_source(Ipv4Addr::from(0xEF00_0100 + n)), State::Join).unwrap();
                }
            });
        }
    });
}
