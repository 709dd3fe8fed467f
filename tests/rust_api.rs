//! What the Rust API has beside what the C tests reach through c-tests/rust-door: arguments
//! that C cannot give, and what a client is spared to write.

use rtm::{
    alerts::{Client, CreationAlert, OifAsk, OutOfMemory},
    engine::{Engine, Level, LogSink, More, Options},
    forwarder::{InterfaceKey, Route},
    manager::{Entry, EnumerationKind, Error, Flags},
};
use std::sync::Mutex;

/// A client that needs no callback.
#[derive(Clone, Copy)]
struct Silent;

impl Client for Silent {}

const ON_1: InterfaceKey = InterfaceKey { if_index: 1, next_hop: 0 };
const ON_2: InterfaceKey = InterfaceKey { if_index: 2, next_hop: 0 };
const SOURCE: u32 = 0x0A00_0001;
const GROUP: u32 = 0xEF01_0101;
const ROUTE: Route = Route { if_index: 1, gateway: 0, network: 0x0A00_0000, prefix_len: 24, protocol: 3 };

fn engine<C: Client>() -> &'static Engine<C> {
    Box::leak(Box::new(Engine::new()))
}

fn manual() -> Options {
    Options { manual_clock: true, log_level: Level::Off, ..Options::default() }
}

/// An empty packet from `SOURCE` to `GROUP`.
const PACKET: [u8; 20] = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0x80, 0xD6, 10, 0, 0, 1, 239, 1, 1, 1];

#[test]
fn options_out_of_range_are_refused() {
    let engine = engine::<Silent>();
    for wrong in [
        Options { table: 0, ..manual() },
        Options { table: 1_000_000_000, ..manual() },
        Options { max_entries: 0, ..manual() },
    ] {
        assert_eq!(engine.start(Some(wrong)), Err(Error::InvalidParameter), "{wrong:?}");
    }
    assert_eq!(engine.start(Some(Options { table: 999_999_999, max_entries: 1, ..manual() })), Ok(()));
    assert_eq!(engine.stop(), Ok(()));
}

#[test]
fn routes_that_are_none_are_refused() {
    let engine = engine::<Silent>();
    engine.start(Some(manual())).unwrap();
    let id = engine.register(Silent, 100, 0).unwrap();
    engine.take(id, ON_1).unwrap();
    engine.receive(ON_1, &PACKET).unwrap();
    for wrong in [
        Route { if_index: 0, ..ROUTE },
        Route { prefix_len: 33, ..ROUTE },
        Route { prefix_len: 255, ..ROUTE },
        Route { network: 0, prefix_len: 33, ..ROUTE },
        Route { network: SOURCE, ..ROUTE },
    ] {
        assert_eq!(engine.add_route(wrong), Err(Error::InvalidParameter), "{wrong:?}");
    }
    for (network, prefix_len) in [(ROUTE.network, 33), (0, 255), (SOURCE, 24)] {
        assert_eq!(engine.delete_route(network, prefix_len), Err(Error::InvalidParameter));
    }
    for (network, prefix_len) in [(ROUTE.network, 24), (SOURCE, 32), (0, 0)] {
        assert_eq!(engine.add_route(Route { network, prefix_len, ..ROUTE }), Ok(()));
        assert_eq!(engine.mfe(SOURCE, GROUP, |mfe| mfe.route_network()), Ok(network));
        assert_eq!(engine.delete_route(network, prefix_len), Ok(()));
    }
}

#[test]
fn a_client_needs_no_callback() {
    let engine = engine::<Silent>();
    engine.start(Some(manual())).unwrap();
    engine.add_route(ROUTE).unwrap();
    let upstream = engine.register(Silent, 100, 0).unwrap();
    let igmp = engine.register(Silent, 10, 0).unwrap();
    engine.take(upstream, ON_1).unwrap();
    engine.take(igmp, ON_2).unwrap();
    let group = Entry::new(0, 0, GROUP, 0).unwrap();
    engine.add(igmp, group, ON_2, Flags::JOIN).unwrap();
    // Without an ENABLE callback IGMP keeps its membership.
    engine.take(upstream, ON_2).unwrap();
    engine.receive(ON_1, &PACKET).unwrap();
    let out = |engine: &'static Engine<Silent>| engine.mfe(SOURCE, GROUP, |mfe| mfe.oifs().collect::<Vec<_>>());
    assert_eq!(out(engine), Ok(vec![ON_2]));
    // A prune that nobody answers leaves the MFE its time.
    engine.advance(600_000).unwrap();
    engine.delete(igmp, group, ON_2, Flags::JOIN).unwrap();
    assert_eq!(out(engine), Ok(vec![]));
    assert_eq!(engine.mfe(SOURCE, GROUP, |mfe| mfe.expires_in_ms()), Ok(300_000));
}

#[test]
fn an_enumeration_fills_the_room_there_is() {
    let engine = engine::<Silent>();
    engine.start(Some(manual())).unwrap();
    let id = engine.register(Silent, 100, 0).unwrap();
    engine.take(id, ON_1).unwrap();
    for group in 0..5 {
        engine.add(id, Entry::new(0, 0, GROUP + group, 0).unwrap(), ON_1, Flags::JOIN).unwrap();
    }
    let enumeration = engine.enumeration_start(id, EnumerationKind::AllSources).unwrap();
    let mut room = [Entry::default(); 3];
    assert_eq!(engine.enumeration_read(enumeration, &mut []), Ok((0, More::Yes)));
    assert_eq!(engine.enumeration_read(enumeration, &mut room), Ok((3, More::Yes)));
    let mut groups = room.map(|entry| entry.group()).to_vec();
    assert_eq!(engine.enumeration_read(enumeration, &mut room), Ok((2, More::No)));
    groups.extend(room[..2].iter().map(Entry::group));
    groups.sort_unstable();
    assert_eq!(groups, [0, 1, 2, 3, 4].map(|group| GROUP + group));
    assert_eq!(engine.enumeration_read(enumeration, &mut room), Ok((0, More::No)));
    assert_eq!(engine.enumeration_end(enumeration), Ok(()));
    assert_eq!(engine.enumeration_read(enumeration, &mut room), Err(Error::InvalidParameter));
}

#[test]
fn log_lines_go_to_a_function() {
    static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());
    let engine = engine::<Silent>();
    engine.set_log(Some(LogSink::new(|level, line| LINES.lock().unwrap().push((level, line.to_owned())))));
    engine.start(Some(Options { log_level: Level::Info, ..manual() })).unwrap();
    assert_eq!(*LINES.lock().unwrap(), [(Level::Info, "forwarding in memory".to_owned())]);
}

#[test]
fn a_log_function_that_panics_harms_nobody() {
    let engine = engine::<Silent>();
    engine.set_log(Some(LogSink::new(|_, line| panic!("{line}"))));
    assert_eq!(engine.start(Some(Options { log_level: Level::Debug, ..manual() })), Ok(()));
    let id = engine.register(Silent, 100, 0).unwrap();
    assert_eq!(engine.deregister(id), Ok(()));
    assert_eq!(engine.stop(), Ok(()));
}

/// A client that answers about interfaces which are not there too.
#[derive(Clone, Copy)]
struct Vetoes;

impl Client for Vetoes {
    fn creation(&self, alert: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        let asked = [OifAsk { interface: ON_2, igmp: false, enabled: true }];
        assert_eq!(alert.oifs(), asked);
        alert.enable(1, false);
        alert.enable(0, alert.group != GROUP);
        Ok(())
    }
}

#[test]
fn a_creation_alert_is_answered_for_what_it_asks_about() {
    let engine = engine::<Vetoes>();
    engine.start(Some(manual())).unwrap();
    engine.add_route(ROUTE).unwrap();
    let id = engine.register(Vetoes, 100, 0).unwrap();
    engine.take(id, ON_1).unwrap();
    engine.take(id, ON_2).unwrap();
    engine.add(id, Entry::default(), ON_2, Flags::JOIN).unwrap();
    let mut other = PACKET;
    other[19] = 2;
    other[11] -= 1;
    engine.receive(ON_1, &PACKET).unwrap();
    engine.receive(ON_1, &other).unwrap();
    assert_eq!(engine.mfe(SOURCE, GROUP, |mfe| mfe.oif_count()), Ok(0));
    assert_eq!(engine.mfe(SOURCE, GROUP + 1, |mfe| mfe.oif_count()), Ok(1));
}
