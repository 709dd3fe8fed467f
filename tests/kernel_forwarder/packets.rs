//! What packets do.
//!
//! ```text
//!   test ── a1 ══ a0 ──┐
//!   (10.0.0.2)  10.0.0.1 ├ table ── b0 ══ b1 ── test
//!   test ── c1 ══ c0 ──┘
//! ```

use std::net::Ipv4Addr;

use rtm::forwarder::linux::{EventBatch, Events, Linux, WaitResult};
use rtm::forwarder::{Arrival, EntryStatistics, Event, Forwarder, InterfaceKey, OifStatistics, PacketReport};

use crate::namespace::{in_namespace, index, ip, set};
use crate::wire::{Link, datagram, expect, packet};

const SOURCE: u32 = 0x0A00_0002;
const GROUP: u32 = 0xEF01_0203;

struct Router {
    linux: Linux,
    events: Events,
    a0: InterfaceKey,
    b0: InterfaceKey,
    c0: InterfaceKey,
}

fn router() -> Router {
    set("ipv4/conf/all/rp_filter", "0");
    set("ipv4/conf/default/rp_filter", "0");
    ip("link add a0 type veth peer name a1
        link add b0 type veth peer name b1
        link add c0 type veth peer name c1
        addr add 10.0.0.1/24 dev a0
        addr add 10.0.1.1/24 dev b0
        addr add 10.0.2.1/24 dev c0
        link set a0 up
        link set a1 up
        link set b0 up
        link set b1 up
        link set c0 up
        link set c1 up");
    let mut linux = Linux::open(253).unwrap();
    let [a0, b0, c0] = ["a0", "b0", "c0"].map(|name| InterfaceKey { if_index: index(name), next_hop: 0 });
    for interface in [a0, b0, c0] {
        linux.open_interface(interface).unwrap();
    }
    let events = linux.events().unwrap();
    Router { linux, events, a0, b0, c0 }
}

impl Router {
    fn install(&mut self, iif: InterfaceKey, oifs: &[InterfaceKey]) {
        let mut oifs = oifs.iter().copied();
        self.linux.install(SOURCE, GROUP, iif, &mut oifs).unwrap();
    }

    fn statistics(&mut self) -> EntryStatistics {
        self.linux.statistics(SOURCE, GROUP)
    }
}

fn no_entry(event: &Event) -> Option<PacketReport> {
    match event {
        Event::NoEntry(report) if report.source == SOURCE => Some(*report),
        _ => None,
    }
}

fn wrong_interface(event: &Event) -> Option<PacketReport> {
    match event {
        Event::WrongInterface(report) => Some(*report),
        _ => None,
    }
}

fn is_flow(bytes: &[u8]) -> bool {
    bytes.len() >= 20 && bytes[12..16] == SOURCE.to_be_bytes() && bytes[16..20] == GROUP.to_be_bytes()
}

#[test]
fn a_packet_without_entry_is_reported_with_its_header() {
    in_namespace("packets::a_packet_without_entry_is_reported_with_its_header", || {
        let mut router = router();
        let a1 = Link::open("a1");
        // With options: one No Operation, End of List, padding.
        let options = [1, 0, 0, 0];
        let sent = packet(SOURCE, GROUP, 17, &options, 100);
        let report = expect(&mut router.events, || a1.send(&sent), no_entry);
        assert_eq!(report.group, GROUP);
        assert_eq!(router.linux.arrival(report.vif), Some(Arrival { if_index: router.a0.if_index, next_hop: None }));
        assert_eq!(report.header_len, 24);
        let mut header = sent[..24].to_vec();
        // Total length, TTL, protocol and checksum: the kernel does not tell.
        for place in [2, 3, 8, 9, 10, 11] {
            header[place] = 0;
        }
        assert_eq!(report.header[..24], header);
        assert!(report.header[24..].iter().all(|&byte| byte == 0));
    });
}

#[test]
fn the_first_packet_is_forwarded_once_there_is_an_entry() {
    in_namespace("packets::the_first_packet_is_forwarded_once_there_is_an_entry", || {
        let mut router = router();
        let (a1, b1) = (Link::open("a1"), Link::open("b1"));
        // Until b1's link is ready: nothing else tells.
        let other = datagram(SOURCE, GROUP + 1);
        let (a0, b0) = (router.a0, router.b0);
        let mut oif = std::iter::once(b0);
        router.linux.install(SOURCE, GROUP + 1, a0, &mut oif).unwrap();
        let passes = |bytes: &[u8]| bytes.len() > 19 && bytes[19] == other[19];
        assert!(b1.receive(|| a1.send(&other), passes));

        let sent = datagram(SOURCE, GROUP);
        a1.send(&sent);
        expect(&mut router.events, || (), no_entry);
        router.install(a0, &[b0]);
        // That one packet, which waited in the kernel.
        assert!(b1.receive(|| (), is_flow));
        assert_eq!(router.linux.oif_statistics(SOURCE, GROUP, b0), OifStatistics::default());
    });
}

#[test]
fn statistics_count_packets_and_bytes() {
    in_namespace("packets::statistics_count_packets_and_bytes", || {
        let mut router = router();
        assert_eq!(router.statistics(), EntryStatistics::default());
        let (a1, b1) = (Link::open("a1"), Link::open("b1"));
        router.install(router.a0, &[router.b0]);
        let sent = datagram(SOURCE, GROUP);
        let mut count = 0;
        assert!(b1.receive(
            || {
                count += 1;
                a1.send(&sent)
            },
            is_flow
        ));
        let before = router.statistics();
        assert!((1..=count).contains(&before.packets), "{before:?}");
        for _ in 0..10 {
            a1.send(&sent);
        }
        let end = std::time::Instant::now() + crate::wire::DEADLINE;
        while router.statistics().packets < before.packets + 10 {
            assert!(std::time::Instant::now() < end, "{:?}", router.statistics());
            std::thread::yield_now();
        }
        let after = router.statistics();
        assert_eq!(after.packets, before.packets + 10);
        assert_eq!(after.bytes, after.packets * sent.len() as u64);
        assert_eq!((after.wrong_interface, after.queue_overflow), (0, 0));
        // Replaced in place: the counters go on.
        router.install(router.a0, &[]);
        assert_eq!(router.statistics(), after);
        router.linux.remove(SOURCE, GROUP);
        assert_eq!(router.statistics(), EntryStatistics::default());
    });
}

#[test]
fn packets_on_another_interface_are_reported_seldom() {
    in_namespace("packets::packets_on_another_interface_are_reported_seldom", || {
        let mut router = router();
        let c1 = Link::open("c1");
        router.install(router.a0, &[router.b0]);
        let sent = datagram(SOURCE, GROUP);
        // c0 is neither the iif nor an oif.
        let report = expect(&mut router.events, || c1.send(&sent), wrong_interface);
        assert_eq!((report.source, report.group), (SOURCE, GROUP));
        let arrival = router.linux.arrival(report.vif).unwrap();
        assert_eq!(arrival.if_index, router.c0.if_index);
        assert_eq!(report.header_len, 20);
        let mut header = sent[..20].to_vec();
        if report.header[9] == 0 {
            // A kernel that does not report whole packets.
            for place in [2, 3, 8, 9, 10, 11] {
                header[place] = 0;
            }
        }
        assert_eq!(report.header[..20], header);

        // An entry without iif forwards nothing and reports no more often.
        let none = InterfaceKey::default();
        router.linux.remove(SOURCE, GROUP);
        router.install(none, &[router.b0]);
        let before = router.statistics().packets;
        for _ in 0..200 {
            c1.send(&sent);
        }
        let end = std::time::Instant::now() + crate::wire::DEADLINE;
        while router.statistics().packets < before + 200 {
            assert!(std::time::Instant::now() < end, "{:?}", router.statistics());
            std::thread::yield_now();
        }
        let after = router.statistics();
        assert_eq!(after.wrong_interface, after.packets);
        let mut batch = EventBatch::new();
        let mut reports = 0;
        while router.events.wait(Some(std::time::Duration::ZERO), &mut batch) == WaitResult::Events {
            for event in batch.as_slice() {
                assert!(!matches!(event, Event::NoEntry(_)), "{event:?}");
                reports += usize::from(wrong_interface(event).is_some());
            }
        }
        assert_eq!(reports, 1);
    });
}

#[test]
fn igmp_packets_do_not_push_upcalls_out() {
    in_namespace("packets::igmp_packets_do_not_push_upcalls_out", || {
        let mut router = router();
        let a1 = Link::open("a1");
        // Reports with Router Alert, which a VIF gives to the socket, far more than
        // its buffer takes.
        let alert = [0x94, 4, 0, 0];
        let report = packet(SOURCE, GROUP, 2, &alert, 8);
        let flow = datagram(SOURCE, GROUP);
        let mut batch = EventBatch::new();
        expect(&mut router.events, || a1.send(&flow), no_entry);
        for _ in 0..20_000 {
            a1.send(&report);
        }
        let flow = datagram(SOURCE, GROUP + 1);
        a1.send(&flow);
        let mut found = false;
        let end = std::time::Instant::now() + crate::wire::DEADLINE;
        while !found {
            assert!(std::time::Instant::now() < end);
            let timeout = std::time::Duration::from_millis(20);
            router.events.wait(Some(timeout), &mut batch);
            for event in batch.as_slice() {
                assert!(!matches!(event, Event::ReportsLost(_)), "{event:?}");
                found |= no_entry(event).is_some_and(|report| report.group == GROUP + 1);
            }
        }
    });
}

#[test]
fn lost_upcalls_are_counted() {
    in_namespace("packets::lost_upcalls_are_counted", || {
        let mut router = router();
        let a1 = Link::open("a1");
        expect(&mut router.events, || a1.send(&datagram(SOURCE, GROUP)), no_entry);
        // Nobody reads.
        let flows = 30_000u32;
        for flow in 0..flows {
            a1.send(&datagram(SOURCE + 1 + flow % 200, GROUP + 1 + flow / 200));
        }
        let (mut reports, mut lost) = (0u32, 0u32);
        let mut batch = EventBatch::new();
        // No further packet is needed to tell.
        while lost == 0 {
            let result = router.events.wait(Some(crate::wire::DEADLINE), &mut batch);
            assert_eq!(result, WaitResult::Events, "{reports}");
            for event in batch.as_slice() {
                match event {
                    Event::NoEntry(_) => reports += 1,
                    Event::ReportsLost(count) => lost += count,
                    _ => {}
                }
            }
        }
        while router.events.wait(Some(std::time::Duration::ZERO), &mut batch) == WaitResult::Events {
            reports += batch.as_slice().iter().filter(|event| matches!(event, Event::NoEntry(_))).count() as u32;
        }
        assert!(reports > 0 && reports + lost <= flows, "{reports} {lost}");
        // What was lost waits for nothing: its next packet is reported.
        let last = datagram(SOURCE + 1 + (flows - 1) % 200, GROUP + 1 + (flows - 1) / 200);
        a1.send(&last);
        let report = expect(
            &mut router.events,
            || (),
            |event| match event {
                Event::NoEntry(report) => Some(*report),
                _ => None,
            },
        );
        assert_eq!((report.source.to_be_bytes(), report.group.to_be_bytes()), {
            ([last[12], last[13], last[14], last[15]], [last[16], last[17], last[18], last[19]])
        });
    });
}

#[test]
fn reports_of_wrong_interfaces_do_not_hold_up_new_flows() {
    in_namespace("packets::reports_of_wrong_interfaces_do_not_hold_up_new_flows", || {
        let mut router = router();
        let (a1, c1) = (Link::open("a1"), Link::open("c1"));
        expect(&mut router.events, || a1.send(&datagram(SOURCE, GROUP)), no_entry);
        expect(&mut router.events, || c1.send(&datagram(SOURCE, GROUP + 1)), no_entry);
        let flows = 5000u32;
        let flow = |number: u32| (SOURCE + 1 + number % 200, GROUP + 2 + number / 200);
        for number in 0..flows {
            let (source, group) = flow(number);
            router.linux.install(source, group, router.a0, &mut std::iter::empty()).unwrap();
        }
        for number in 0..flows {
            let (source, group) = flow(number);
            c1.send(&datagram(source, group));
        }
        a1.send(&datagram(SOURCE, GROUP + 1000));
        let (mut told, mut told_before, mut skipped, mut lost) = (0u32, None, 0u32, 0u32);
        let mut batch = EventBatch::new();
        while router.events.wait(Some(std::time::Duration::ZERO), &mut batch) == WaitResult::Events {
            for event in batch.as_slice() {
                match event {
                    Event::WrongInterface(_) => told += 1,
                    Event::Skipped(count) => skipped += count,
                    Event::ReportsLost(count) => lost += count,
                    Event::NoEntry(report) => {
                        assert_eq!(report.group, GROUP + 1000);
                        told_before = Some(told);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        // One read of the socket takes 1024; then the packet without an entry has its turn.
        let told_before = told_before.expect("the packet without an entry");
        assert!(told_before <= 6 * 64, "{told_before}");
        assert!(told > 1000 && told <= 2048, "{told}");
        assert!(told + skipped + lost <= flows && skipped > 0, "{told} {skipped} {lost}");
    });
}

#[test]
fn a_local_group_member_makes_no_report() {
    in_namespace("packets::a_local_group_member_makes_no_report", || {
        let mut router = router();
        let a1 = Link::open("a1");
        let socket = std::net::UdpSocket::bind("0.0.0.0:4000").unwrap();
        socket.join_multicast_v4(&Ipv4Addr::from(0xE000_0005), &Ipv4Addr::new(10, 0, 0, 1)).unwrap();
        socket.set_nonblocking(true).unwrap();
        // 224.0.0.0/24 is delivered here and never becomes an entry.
        let sent = datagram(SOURCE, 0xE000_0005);
        let end = std::time::Instant::now() + crate::wire::DEADLINE;
        while socket.recv(&mut [0; 64]).is_err() {
            assert!(std::time::Instant::now() < end);
            a1.send(&sent);
            std::thread::yield_now();
        }
        let flow = datagram(SOURCE, GROUP);
        let report = expect(&mut router.events, || a1.send(&flow), no_entry);
        assert_eq!(report.group, GROUP);
    });
}
