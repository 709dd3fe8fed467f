//! Reading the statistics of a long table does not keep other threads out.

use rtm::{
    alerts::Client,
    engine::{Engine, Level, Options},
    forwarder::{InterfaceKey, Route},
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// A client that does nothing.
#[derive(Clone, Copy)]
struct Silent;

impl Client for Silent {}

const ENTRIES: u32 = 20_000;

fn packet(group: u32) -> [u8; 20] {
    let mut bytes = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 0, 0, 0, 0];
    bytes[16..].copy_from_slice(&group.to_be_bytes());
    let sum: u32 = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let sum = (sum & 0xFFFF) + (sum >> 16);
    bytes[10..12].copy_from_slice(&(!((sum & 0xFFFF) + (sum >> 16)) as u16).to_be_bytes());
    bytes
}

#[test]
fn other_threads_are_let_in_while_statistics_are_read() {
    let engine: &'static Engine<Silent> = Box::leak(Box::new(Engine::new()));
    let options = Options { log_level: Level::Off, manual_clock: true, max_entries: ENTRIES, ..Options::default() };
    engine.start(Some(options)).unwrap();
    let client = engine.register(Silent, 100, 0).unwrap();
    let interface = InterfaceKey { if_index: 1, next_hop: 0 };
    engine.take(client, interface).unwrap();
    engine.add_route(Route { if_index: 1, gateway: 0, network: 0x0A00_0000, prefix_len: 8, protocol: 3 }).unwrap();
    for number in 0..ENTRIES {
        engine.receive(interface, &packet(0xEF00_0000 + number)).unwrap();
    }

    // The other thread may be kept from running by the system just then: not each time.
    let was_let_in = (0..100).any(|_| {
        let (asks, let_in) = (AtomicBool::new(false), AtomicBool::new(false));
        let mut groups = Vec::new();
        let mut let_in_at = None;
        thread::scope(|scope| {
            engine.mfes_statistics(None, &mut |mfe, statistics| {
                if groups.is_empty() {
                    scope.spawn(|| {
                        asks.store(true, Ordering::Release);
                        // Waits for the lock, as the reading has begun.
                        engine.protocol_on(interface).unwrap();
                        let_in.store(true, Ordering::Release);
                    });
                    while !asks.load(Ordering::Acquire) {
                        thread::yield_now();
                    }
                }
                groups.push(mfe.group());
                assert_eq!(statistics.entry().wrong_interface, 0);
                if let_in_at.is_none() && let_in.load(Ordering::Acquire) {
                    let_in_at = Some(groups.len());
                }
                true
            });
        });
        // All of them, each once and in order, all the same.
        assert!(groups.iter().copied().eq((0..ENTRIES).map(|number| 0xEF00_0000 + number)));
        let_in_at.is_some()
    });
    assert!(was_let_in, "nobody was let in before all were read");
    engine.release(client, interface).unwrap();
    engine.deregister(client).unwrap();
}
