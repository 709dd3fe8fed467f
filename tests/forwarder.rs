//! The forwarder's interface and the memory forwarder, with IPv4 and with IPv6
//! addresses: every test runs for both.

use rtm::forwarder::{
    Address, Arrival, Event, Forwarder, InterfaceKey, PacketReport, Route,
    memory::{Memory, Packet, Received},
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What the tests need of a family. Those of IPv6 have equal low halves.
trait Family: Address {
    fn of(v4: &str, v6: &str) -> Self;

    fn source() -> Self {
        Self::of("10.1.2.3", "2001:db8:1:2::3")
    }
    /// In the same /8, not in the same /16.
    fn other() -> Self {
        Self::of("10.2.2.3", "2001:db8:2:2::3")
    }
    fn group() -> Self {
        Self::of("239.1.1.1", "ff3e::8000:1")
    }
    fn other_group() -> Self {
        Self::of("239.2.1.1", "ff35::8000:1")
    }
    fn hop(n: u8) -> Self {
        Self::of(&format!("10.9.9.{n}"), &format!("fe80:0:0:{n}::1"))
    }
}

impl Family for u32 {
    fn of(v4: &str, _v6: &str) -> Self {
        v4.parse::<Ipv4Addr>().expect("an address").into()
    }
}

impl Family for u128 {
    fn of(_v4: &str, v6: &str) -> Self {
        v6.parse::<Ipv6Addr>().expect("an address").into()
    }
}

fn key<A: Address>(if_index: u32) -> InterfaceKey<A> {
    InterfaceKey { if_index, next_hop: A::default() }
}

fn packet(len: u32) -> Packet {
    Packet { len, ttl: 64 }
}

fn hop<A: Family>(if_index: u32, n: u8) -> InterfaceKey<A> {
    InterfaceKey { if_index, next_hop: A::hop(n) }
}

fn install<A: Family>(forwarder: &mut dyn Forwarder<A>, iif: InterfaceKey<A>, oifs: &[InterfaceKey<A>]) {
    forwarder.prepare(A::source(), A::group(), oifs.len()).expect("memory");
    forwarder.install(A::source(), A::group(), iif, &mut oifs.iter().copied()).expect("memory");
}

fn with_interfaces<A: Family>(keys: &[InterfaceKey<A>]) -> Memory<A> {
    let mut memory = Memory::new();
    for &key in keys {
        memory.open_interface(key).expect("memory");
    }
    memory
}

fn the_longest_prefix_is_the_route<A: Family>() {
    let mut memory = Memory::<A>::new();
    let route = |if_index, network: A, prefix_len, gateway| Route {
        if_index,
        gateway,
        network: network.network(prefix_len),
        prefix_len,
        protocol: 3,
    };
    let none = A::default();
    let half = A::BITS / 2;
    let default = route(1, none, 0, A::hop(1));
    let network = route(2, A::source(), half, A::hop(2));
    let host = route(3, A::source(), A::BITS, none);
    for route in [host, default, network] {
        memory.add_route(route).expect("memory");
    }
    let neighbour = A::of("10.1.9.9", "2001:db8:1:2::9");
    assert_eq!(memory.route(A::source()), Ok(Some(host)));
    assert_eq!(memory.route(neighbour), Ok(Some(network)));
    assert_eq!(memory.route(A::other()), Ok(Some(default)));
    assert!(memory.delete_route(host.network, A::BITS));
    assert!(!memory.delete_route(host.network, A::BITS));
    assert_eq!(memory.route(A::source()), Ok(Some(network)));
    let moved = Route { gateway: A::hop(3), ..network };
    memory.add_route(moved).expect("memory");
    assert_eq!(memory.route(A::source()), Ok(Some(moved)));
    assert!(memory.delete_route(moved.network, half));
    assert!(memory.delete_route(none, 0));
    assert_eq!(memory.route(A::source()), Ok(None));
}

fn packets_wait_for_their_entry<A: Family>() {
    let mut memory = with_interfaces::<A>(&[key(1), key(2)]);
    let flow = (A::source(), A::group());
    for _ in 0..4 {
        assert_eq!(memory.receive(key(1), flow, packet(100), 0), Received::NoEntry);
    }
    assert_eq!(memory.receive(key(1), flow, packet(100), 0), Received::Dropped);
    // Other flows have their own queues, and their packets stay there.
    assert_eq!(memory.receive(key(1), (A::other(), A::group()), packet(100), 0), Received::NoEntry);
    assert_eq!(memory.receive(key(1), (A::source(), A::other_group()), packet(100), 0), Received::NoEntry);
    install(&mut memory, key(1), &[key(2)]);
    let statistics = memory.statistics(A::source(), A::group());
    assert_eq!((statistics.packets, statistics.bytes, statistics.queue_overflow), (4, 400, 1));
    assert_eq!(memory.oif_statistics(A::source(), A::group(), key(2)).packets, 4);
    assert_eq!(memory.forwarded(), 4);
    assert_eq!(memory.statistics(A::other(), A::group()).packets, 0);
    assert_eq!(memory.statistics(A::source(), A::other_group()).packets, 0);
    memory.remove(A::source(), A::group());
    assert_eq!(memory.statistics(A::source(), A::group()).packets, 0);
    assert_eq!(memory.receive(key(1), flow, packet(100), 0), Received::NoEntry);
}

fn next_hops_tell_interfaces_apart<A: Family>() {
    let mut memory = with_interfaces::<A>(&[hop(1, 1), hop(1, 2), hop(2, 1), hop(2, 2)]);
    let flow = (A::source(), A::group());
    install(&mut memory, hop(1, 1), &[hop(2, 1), hop(2, 2)]);
    assert_eq!(memory.receive(hop(1, 1), flow, packet(50), 0), Received::Forwarded(2));
    assert_eq!(memory.receive(hop(1, 2), flow, packet(50), 0), Received::WrongInterface { report: true });
    assert_eq!(memory.receive(hop(1, 2), flow, packet(50), 2_999), Received::WrongInterface { report: false });
    assert_eq!(memory.receive(hop(1, 2), flow, packet(50), 3_000), Received::WrongInterface { report: true });
    install(&mut memory, hop(1, 1), &[hop(2, 2)]);
    assert_eq!(memory.receive(hop(1, 1), flow, packet(50), 0), Received::Forwarded(1));
    assert_eq!(memory.oif_statistics(A::source(), A::group(), hop(2, 1)).packets, 0);
    assert_eq!(memory.oif_statistics(A::source(), A::group(), hop(2, 2)).packets, 2);
    let statistics = memory.statistics(A::source(), A::group());
    assert_eq!((statistics.packets, statistics.wrong_interface), (5, 3));
    memory.close_interface(hop(1, 1));
    assert_eq!(memory.receive(hop(1, 1), flow, packet(50), 0), Received::Forwarded(0));
    let known = Arrival { if_index: 1, next_hop: Some(A::hop(1)) };
    let unknown: Arrival<A> = Arrival { if_index: 1, next_hop: None };
    assert_eq!([known.is_on(hop(1, 1)), known.is_on(hop(1, 2)), known.is_on(hop(2, 1))], [true, false, false]);
    assert_eq!([unknown.is_on(hop(1, 1)), unknown.is_on(hop(1, 2)), unknown.is_on(hop(2, 1))], [true, true, false]);
}

fn the_ttl_decides_at_each_oif<A: Family>() {
    let mut memory = with_interfaces::<A>(&[key(1), hop(2, 1), hop(2, 2), key(3)]);
    let flow = (A::source(), A::group());
    memory.set_threshold(2, 32);
    memory.set_threshold(9, 99);
    // The first one waits for the entry, and meets the threshold then.
    assert_eq!(memory.receive(key(1), flow, Packet { len: 50, ttl: 32 }, 0), Received::NoEntry);
    install(&mut memory, key(1), &[hop(2, 1), hop(2, 2), key(3)]);
    assert_eq!(memory.receive(key(1), flow, Packet { len: 50, ttl: 33 }, 0), Received::Forwarded(3));
    assert_eq!(memory.receive(key(1), flow, Packet { len: 50, ttl: 1 }, 0), Received::Forwarded(0));
    assert_eq!(memory.forwarded(), 2);
    let mut counted = |oif| {
        let statistics = memory.oif_statistics(A::source(), A::group(), oif);
        (statistics.packets, statistics.ttl_too_low)
    };
    assert_eq!([hop(2, 1), hop(2, 2), key(3)].map(&mut counted), [(1, 2), (1, 2), (2, 1)]);
    // An interface that is opened anew begins with the default.
    memory.close_interface(hop(2, 1));
    memory.open_interface(hop(2, 1)).expect("memory");
    assert_eq!(memory.receive(key(1), flow, Packet { len: 50, ttl: 2 }, 0), Received::Forwarded(2));
}

fn events_carry_whole_addresses<A: Family>(header: A::Header) {
    let report = PacketReport {
        vif: 7,
        source: A::source(),
        group: A::group(),
        header,
        header_len: header.as_ref().len() as u8,
    };
    for event in [Event::NoEntry(report), Event::WrongInterface(report)] {
        let (Event::NoEntry(got) | Event::WrongInterface(got)) = event else { panic!("{event:?}") };
        assert_eq!((got.source, got.group, got.header.as_ref()), (A::source(), A::group(), header.as_ref()));
    }
    let event = Event::RoutesChanged { network: A::source(), prefix_len: A::BITS };
    assert!(
        matches!(event, Event::RoutesChanged { network, prefix_len } if (network, prefix_len) == (A::source(), A::BITS))
    );
}

macro_rules! for_both {
    ($($test:ident),*) => {
        mod ipv4 { $(#[test] fn $test() { super::$test::<u32>(); })* }
        mod ipv6 { $(#[test] fn $test() { super::$test::<u128>(); })* }
    };
}

for_both!(
    the_longest_prefix_is_the_route,
    packets_wait_for_their_entry,
    next_hops_tell_interfaces_apart,
    the_ttl_decides_at_each_oif
);

#[test]
fn events_of_both_families() {
    events_carry_whole_addresses::<u32>([0x45; 60]);
    events_carry_whole_addresses::<u128>([0x60; 40]);
}

/// The memory that an IPv4 entry takes does not grow with the other family.
#[test]
fn ipv4_pays_nothing_for_ipv6() {
    assert_eq!(size_of::<InterfaceKey>(), 8);
    assert_eq!(size_of::<Arrival>(), 12);
    assert_eq!(size_of::<Route>(), 20);
    assert_eq!(size_of::<PacketReport>(), 72);
    assert_eq!(size_of::<Event>(), 76);
}
