//! Route lookups and notifications.
//!
//! ```text
//!   a0 10.0.0.1/24 ══ a1      b0 10.0.1.1/24 ══ b1
//! ```

use std::net::Ipv4Addr;

use rtm::forwarder::linux::{EventBatch, Events, Linux, WaitResult};
use rtm::forwarder::{Event, Forwarder, LinkChange, Route};

use crate::namespace::{in_namespace, index, ip, set};
use crate::wire::{DEADLINE, expect};

fn address(text: &str) -> u32 {
    text.parse::<Ipv4Addr>().unwrap().into()
}

fn topology() -> Linux {
    ip("link add a0 type veth peer name a1
        link add b0 type veth peer name b1
        addr add 10.0.0.1/24 dev a0
        addr add 10.0.1.1/24 dev b0
        link set a0 up
        link set a1 up
        link set b0 up
        link set b1 up");
    // Links come up later than the commands end; their events would stand in for
    // those of the tests. The answer waits for the lock that the events are sent
    // under.
    let end = std::time::Instant::now() + DEADLINE;
    while ["a0", "a1", "b0", "b1"].iter().any(|name| !is_up(name)) {
        assert!(std::time::Instant::now() < end);
    }
    Linux::open(253).unwrap()
}

fn is_up(name: &str) -> bool {
    let output = std::process::Command::new("ip")
        .args(["-o", "link", "show", "dev", name])
        .output()
        .expect("the ip program (iproute2)");
    String::from_utf8_lossy(&output.stdout).contains("state UP")
}

fn route(name: &str, gateway: &str, network: &str, prefix_len: u8, protocol: u32) -> Option<Route> {
    Some(Route { if_index: index(name), gateway: address(gateway), network: address(network), prefix_len, protocol })
}

fn lookup(linux: &mut Linux, source: &str) -> Option<Route> {
    linux.route(address(source)).expect("an answer")
}

#[test]
fn lookups_tell_interface_gateway_prefix_and_protocol() {
    in_namespace("routes::lookups_tell_interface_gateway_prefix_and_protocol", || {
        let mut linux = topology();
        let connected = route("a0", "0.0.0.0", "10.0.0.0", 24, 2);
        assert_eq!(lookup(&mut linux, "10.0.0.77"), connected);
        // The host's own address: the interface that holds it.
        let local = route("b0", "0.0.0.0", "10.0.1.1", 32, 2);
        assert_eq!(lookup(&mut linux, "10.0.1.1"), local);
        assert_eq!(lookup(&mut linux, "192.0.2.1"), None);
        assert_eq!(lookup(&mut linux, "0.0.0.0"), None);

        ip("route add 10.2.0.0/16 via 10.0.0.9 proto static
                route add 10.2.3.0/25 via 10.0.1.9 proto 188
                route add 10.3.0.0/16 via 10.0.0.9
                route add 10.4.0.0/16 via 10.0.0.9 proto 189
                route add 10.5.0.0/16 via 10.0.0.9 proto 187
                route add 10.6.0.0/16 via 10.0.0.9 proto 186
                route add 10.7.0.0/16 dev b0 proto 11
                route add blackhole 10.8.0.0/16
                route add unreachable 10.9.0.0/16
                route add prohibit 10.10.0.0/16
                route add throw 10.11.0.0/16
                route add 10.12.0.0/16 via inet6 fe80::1 dev b0
                route add 10.2.128.7/32 via 10.0.0.10 metric 7");
        for (source, expected) in [
            ("10.2.9.9", route("a0", "10.0.0.9", "10.2.0.0", 16, 3)),
            ("10.2.3.127", route("b0", "10.0.1.9", "10.2.3.0", 25, 13)),
            ("10.2.3.128", route("a0", "10.0.0.9", "10.2.0.0", 16, 3)),
            ("10.2.128.7", route("a0", "10.0.0.10", "10.2.128.7", 32, 3)),
            ("10.3.0.1", route("a0", "10.0.0.9", "10.3.0.0", 16, 3)),
            ("10.4.0.1", route("a0", "10.0.0.9", "10.4.0.0", 16, 8)),
            ("10.5.0.1", route("a0", "10.0.0.9", "10.5.0.0", 16, 9)),
            ("10.6.0.1", route("a0", "10.0.0.9", "10.6.0.0", 16, 14)),
            ("10.7.0.1", route("b0", "0.0.0.0", "10.7.0.0", 16, 1)),
            ("10.8.0.1", None),
            ("10.9.0.1", None),
            ("10.10.0.1", None),
            ("10.11.0.1", None),
            // An IPv6 gateway has no IPv4 address.
            ("10.12.0.1", route("b0", "0.0.0.0", "10.12.0.0", 16, 3)),
            // Broadcast and multicast addresses are no sources.
            ("10.0.0.255", None),
            ("239.1.1.1", None),
            ("255.255.255.255", None),
        ] {
            assert_eq!(lookup(&mut linux, source), expected, "{source}");
        }
        ip("route add default via 10.0.1.2");
        let default = route("b0", "10.0.1.2", "0.0.0.0", 0, 3);
        assert_eq!(lookup(&mut linux, "192.0.2.1"), default);
    });
}

#[test]
fn of_several_next_hops_the_first_that_works() {
    in_namespace("routes::of_several_next_hops_the_first_that_works", || {
        let mut linux = topology();
        ip("route add 10.2.0.0/16 nexthop via 10.0.0.9 nexthop via 10.0.1.9
            nexthop add id 1 via 10.0.0.9 dev a0
            nexthop add id 2 via 10.0.1.9 dev b0
            nexthop add id 3 group 1/2
            route add 10.3.0.0/16 nhid 3
            route add 10.4.0.0/16 nhid 2");
        let first = route("a0", "10.0.0.9", "10.2.0.0", 16, 3);
        let object = route("a0", "10.0.0.9", "10.3.0.0", 16, 3);
        let single = route("b0", "10.0.1.9", "10.4.0.0", 16, 3);
        for low in 1..100 {
            assert_eq!(lookup(&mut linux, &format!("10.2.0.{low}")), first);
            assert_eq!(lookup(&mut linux, &format!("10.3.0.{low}")), object);
        }
        assert_eq!(lookup(&mut linux, "10.4.0.1"), single);
        // Where the kernel no longer spells the objects out.
        set("ipv4/nexthop_compat_mode", "0");
        assert_eq!(lookup(&mut linux, "10.4.0.1"), single);
        for low in 1..100 {
            assert_eq!(lookup(&mut linux, &format!("10.3.0.{low}")), object);
        }
        ip("nexthop add id 4 blackhole
            route add 10.5.0.0/16 nhid 4");
        assert_eq!(lookup(&mut linux, "10.5.0.1"), None);
        set("ipv4/nexthop_compat_mode", "1");

        ip("link set a0 down");
        let second = route("b0", "10.0.1.9", "10.2.0.0", 16, 3);
        for low in 1..100 {
            assert_eq!(lookup(&mut linux, &format!("10.2.0.{low}")), second);
        }
    });
}

#[test]
fn routes_looked_up_together_are_those_of_one_at_a_time() {
    in_namespace("routes::routes_looked_up_together_are_those_of_one_at_a_time", || {
        let mut linux = topology();
        let mut events = linux.events().unwrap();
        // The answer about 10.4.0.1 is a long one.
        let hops: Vec<String> = (1..200).map(|low| format!("nexthop via 10.0.0.{low}")).collect();
        let words = hops.iter().flat_map(|hop| hop.split(' '));
        let added = std::process::Command::new("ip").args(["route", "add", "10.4.0.0/16"]).args(words).status();
        assert!(added.expect("the ip program (iproute2)").success());
        ip("route add 10.2.0.0/16 via 10.0.0.9 proto static
            route add blackhole 10.3.0.0/16
            nexthop add id 1 via 10.0.0.9 dev a0
            nexthop add id 2 via 10.0.1.9 dev b0
            nexthop add id 3 group 1/2
            route add 10.5.0.0/16 nhid 3");
        set("ipv4/nexthop_compat_mode", "0");
        let short = ["10.0.0.77", "10.0.1.1", "10.2.0.1", "10.3.0.1", "192.0.2.1", "239.1.1.1", "10.0.0.255"];
        let long = ["10.4.0.1", "10.5.0.1"];
        // A second time, as nothing of the first may be left behind.
        for count in [1, 7, 20, 64, 64] {
            let sources: Vec<u32> = short.iter().chain(&long).cycle().take(count).map(|name| address(name)).collect();
            let mut routes = vec![None; count];
            events.look_up(&sources, &mut routes);
            for (&source, together) in sources.iter().zip(routes) {
                let alone = linux.route(source).unwrap();
                let answered = !long.map(address).contains(&source);
                assert_eq!(together, answered.then_some(alone), "{}", Ipv4Addr::from(source));
            }
        }
        // Beyond 64, and from 0.0.0.0 on, is left to be asked for.
        let mut sources = [address("10.2.0.1"); 70];
        let mut routes = [None; 70];
        events.look_up(&sources, &mut routes);
        assert!(routes[..64].iter().all(|route| *route == Some(lookup(&mut linux, "10.2.0.1"))));
        assert_eq!(routes[64..], [None; 6]);
        sources[1] = 0;
        routes = [None; 70];
        events.look_up(&sources, &mut routes);
        assert_eq!(routes.map(|route| route.is_some()), std::array::from_fn(|at| at == 0));
    });
}

#[test]
fn changes_are_told_with_their_prefix() {
    in_namespace("routes::changes_are_told_with_their_prefix", || {
        let linux = topology();
        let mut events = linux.events().unwrap();
        let anything =
            |event: &Event| matches!(event, Event::RoutesChanged { network: 0, prefix_len: 0 }).then_some(());
        let prefix = |event: &Event| match *event {
            Event::RoutesChanged { network, prefix_len } if prefix_len > 0 => Some((network, prefix_len)),
            _ => None,
        };
        let mut batch = EventBatch::new();
        let quiet = std::time::Duration::ZERO;
        while events.wait(Some(quiet), &mut batch) != WaitResult::TimedOut {}

        let once = |events: &mut _, command: &str, network: &str, length: u8| {
            let mut lines = Some(command);
            let run = || lines.take().into_iter().for_each(ip);
            let (got, prefix_len) = expect(events, run, prefix);
            let expected = (address(network), length);
            assert_eq!((got, prefix_len), expected, "{command}");
        };
        let events = &mut events;
        let add = "route add 10.2.0.0/17 via 10.0.0.9";
        once(events, add, "10.2.0.0", 17);
        let replace = "route replace 10.2.0.0/17 via 10.0.1.9";
        once(events, replace, "10.2.0.0", 17);
        once(events, "route del 10.2.0.0/17", "10.2.0.0", 17);
        let host = "route add 10.3.3.3/32 via 10.0.0.9 table 77";
        once(events, host, "10.3.3.3", 32);

        for command in
            ["route add default via 10.0.0.9", "rule add from 10.9.0.0/16 table 77", "nexthop add id 9 dev a0"]
        {
            // What the last command still has to say is heard before this one's.
            while events.wait(Some(quiet), &mut batch) != WaitResult::TimedOut {}
            let mut lines = Some(command);
            expect(events, || lines.take().into_iter().for_each(ip), anything);
        }
    });
}

/// All events of commands, until they are enough. Links work some time after the command.
fn heard(events: &mut Events, commands: &str, enough: impl Fn(&[Event]) -> bool) -> Vec<Event> {
    ip(commands);
    let mut batch = EventBatch::new();
    let mut all = Vec::new();
    let end = std::time::Instant::now() + DEADLINE;
    while !enough(&all) {
        assert!(std::time::Instant::now() < end, "{commands}: {all:?}");
        events.wait(Some(std::time::Duration::from_millis(20)), &mut batch);
        all.extend_from_slice(batch.as_slice());
    }
    all
}

fn links(events: &[Event]) -> Vec<(u32, LinkChange)> {
    let link = |event: &Event| match *event {
        Event::InterfaceChanged { if_index, change } => Some((if_index, change)),
        _ => None,
    };
    events.iter().filter_map(link).collect()
}

fn prefixes(events: &[Event]) -> Vec<(Ipv4Addr, u8)> {
    let prefix = |event: &Event| match *event {
        Event::RoutesChanged { network, prefix_len } => Some((Ipv4Addr::from(network), prefix_len)),
        _ => None,
    };
    events.iter().filter_map(prefix).collect()
}

#[test]
fn a_change_of_an_interface_names_that_interface() {
    in_namespace("routes::a_change_of_an_interface_names_that_interface", || {
        let linux = topology();
        let mut events = linux.events().unwrap();
        let events = &mut events;
        let (a0, a1, b0) = (index("a0"), index("a1"), index("b0"));
        ip("route add 10.2.0.0/16 nexthop via 10.0.0.9 nexthop via 10.0.1.9");
        let has_link = |index, change| move |all: &[Event]| links(all).contains(&(index, change));
        let has_prefix = |text: &str, length| {
            let prefix = (text.parse::<Ipv4Addr>().unwrap(), length);
            move |all: &[Event]| prefixes(all).contains(&prefix)
        };
        let all_routes = has_prefix("0.0.0.0", 0);
        // What went before is behind this.
        heard(events, "route add 10.3.0.0/16 via 10.0.0.9", has_prefix("10.3.0.0", 16));

        // Not a word of all routes, nor of other interfaces, but for the other end.
        let down = heard(events, "link set a0 down", has_link(a0, LinkChange::Down));
        let ends = |all: &[Event]| links(all).iter().all(|(index, _)| [a0, a1].contains(index));
        assert!(ends(&down) && !all_routes(&down), "{down:?}");
        // The kernel does not tell that a next hop of the first route works again.
        let up = heard(events, "link set a0 up", has_prefix("10.2.0.0", 16));
        assert!(links(&up).contains(&(a0, LinkChange::Up)), "{up:?}");
        assert!(ends(&up) && !all_routes(&up), "{up:?}");

        // An address that comes brings routes, and nothing else is new.
        let added = heard(events, "addr add 10.5.0.1/24 dev b0", has_prefix("10.5.0.0", 24));
        assert!(ends(&added) && !all_routes(&added), "{added:?}");
        let removed = heard(events, "addr del 10.5.0.1/24 dev b0", has_prefix("10.5.0.0", 24));
        assert!(links(&removed).contains(&(b0, LinkChange::Down)), "{removed:?}");
        assert!(!all_routes(&removed), "{removed:?}");

        // A name or a label is no reason to look at routes.
        let named = heard(events, "link set a0 alias another", has_link(a0, LinkChange::Up));
        assert_eq!(prefixes(&named), [], "{named:?}");
        // Of too many routes not each is told.
        let many: String = (0..100).map(|n| format!("route add 10.9.{n}.0/24 via 10.0.0.9\n")).collect();
        heard(events, &many, has_prefix("10.9.99.0", 24));
        heard(events, "link set a1 down", has_link(a0, LinkChange::Down));
        heard(events, "link set a1 up", all_routes);

        // A deletion is one from its first word on: before the routes that go with it.
        let gone = heard(events, "link del b0", has_link(b0, LinkChange::Gone));
        let first = links(&gone).into_iter().find(|(index, _)| *index == b0);
        assert_eq!(first, Some((b0, LinkChange::Gone)), "{gone:?}");
        assert!(!all_routes(&gone), "{gone:?}");
    });
}

#[test]
fn many_changes_keep_their_prefixes_and_a_flood_is_told_as_lost() {
    in_namespace("routes::many_changes_keep_their_prefixes_and_a_flood_is_told_as_lost", || {
        let linux = topology();
        let mut events = linux.events().unwrap();
        let mut batch = EventBatch::new();
        let quiet = std::time::Duration::ZERO;
        while events.wait(Some(quiet), &mut batch) != WaitResult::TimedOut {}
        let lines = |first: u32, count: u32| -> String {
            (first..first + count)
                .map(|n| {
                    let network = Ipv4Addr::from(0x1400_0000 + (n << 8));
                    format!("route add {network}/24 via 10.0.0.9\n")
                })
                .collect()
        };
        // More than a batch takes.
        ip(&lines(0, 100));
        let mut seen = vec![false; 100];
        let end = std::time::Instant::now() + DEADLINE;
        while seen.contains(&false) {
            assert!(std::time::Instant::now() < end, "{seen:?}");
            events.wait(Some(std::time::Duration::from_millis(20)), &mut batch);
            for event in batch.as_slice() {
                match *event {
                    Event::RoutesChanged { network, prefix_len: 24 } => {
                        seen[((network - 0x1400_0000) >> 8) as usize] = true
                    }
                    ref other => panic!("{other:?}"),
                }
            }
        }
        // Nobody reads: the socket's buffer overflows.
        ip(&lines(100, 20_000));
        let (mut lost, mut all) = (false, false);
        let end = std::time::Instant::now() + DEADLINE;
        while !(lost && all) {
            assert!(std::time::Instant::now() < end, "{lost} {all}");
            events.wait(Some(std::time::Duration::from_millis(20)), &mut batch);
            for event in batch.as_slice() {
                match *event {
                    Event::Lost(count) => lost |= count > 0,
                    // After the loss: whatever it was, look again.
                    Event::RoutesChanged { prefix_len: 0, .. } => all |= lost,
                    _ => {}
                }
            }
        }
    });
}

/// Reads what changed in the table; the prefixes, sorted.
fn refreshed(linux: &mut Linux) -> Vec<(u32, u8)> {
    linux.refresh_routes().expect("the table");
    let mut changes: Vec<_> = std::iter::from_fn(|| linux.take_route_change()).collect();
    changes.sort_unstable();
    changes
}

#[test]
fn a_table_of_its_own_is_the_only_one_that_counts() {
    in_namespace("routes::a_table_of_its_own_is_the_only_one_that_counts", || {
        let mut linux = topology();
        ip("route add 10.2.0.0/16 via 10.0.0.9
            route add 10.2.0.0/24 via 10.0.1.9 table 77
            route add 10.2.1.0/24 via 10.0.1.9 tos 8 table 77");
        linux.use_rpf_table(77).unwrap();
        let mut events = linux.events().unwrap();
        let one = route("b0", "10.0.1.9", "10.2.0.0", 24, 3);
        assert_eq!(lookup(&mut linux, "10.2.0.1"), one);
        // Neither the main table's, nor one for a type of service, nor a connected one.
        assert_eq!(lookup(&mut linux, "10.2.2.1"), None);
        assert_eq!(lookup(&mut linux, "10.2.1.1"), None);
        assert_eq!(lookup(&mut linux, "10.0.0.77"), None);
        assert_eq!(lookup(&mut linux, "0.0.0.0"), None);
        let own = route("b0", "0.0.0.0", "10.0.1.1", 32, 2);
        assert_eq!(lookup(&mut linux, "10.0.1.1"), own);

        // A change counts from when it is asked for, and is told once.
        let mut lines = Some("route replace 10.2.0.0/24 via 10.0.0.9 table 77");
        let run = || lines.take().into_iter().for_each(ip);
        expect(&mut events, run, |event| matches!(event, Event::RpfTableChanged).then_some(()));
        assert_eq!(lookup(&mut linux, "10.2.0.1"), one);
        assert_eq!(refreshed(&mut linux), [(address("10.2.0.0"), 24)]);
        assert_eq!(refreshed(&mut linux), []);
        let other = route("a0", "10.0.0.9", "10.2.0.0", 24, 3);
        assert_eq!(lookup(&mut linux, "10.2.0.1"), other);

        // Changes of other tables are none.
        ip("route add 10.2.0.0/25 via 10.0.1.9
            route add 10.2.0.0/25 via 10.0.1.9 table 78");
        assert_eq!(refreshed(&mut linux), []);
        // Many: each by its prefix, as far as there is room at once.
        let lines: String = (0..100).map(|n| format!("route add 10.7.{n}.0/24 dev b0 table 77\n")).collect();
        ip(&lines);
        let mut seen = Vec::new();
        loop {
            let changes = refreshed(&mut linux);
            if changes.is_empty() {
                break;
            }
            seen.extend(changes);
        }
        let expected: Vec<_> = (0..100).map(|n| (address("10.7.0.0") + (n << 8), 24)).collect();
        seen.sort_unstable();
        assert_eq!(seen, expected);

        // The routes of a link that goes down are dropped in silence. Those of a few are
        // told apart, those of many are not.
        ip("link set a0 down");
        assert_eq!(refreshed(&mut linux), [(address("10.2.0.0"), 24)]);
        assert_eq!(lookup(&mut linux, "10.2.0.1"), None);
        ip("addr del 10.0.1.1/24 dev b0
            link set b0 down");
        assert_eq!(refreshed(&mut linux), [(0, 0)]);
        assert_eq!(lookup(&mut linux, "10.7.1.1"), None);
    });
}

#[test]
fn a_flood_of_changes_leaves_the_kept_table_right() {
    in_namespace("routes::a_flood_of_changes_leaves_the_kept_table_right", || {
        let mut linux = topology();
        linux.use_rpf_table(77).unwrap();
        let lines = |verb: &str, gateway: &str| -> String {
            (0..20_000u32)
                .map(|n| {
                    let network = Ipv4Addr::from(0x1400_0000 + (n << 8));
                    format!("route {verb} {network}/24 via {gateway} table 77\n")
                })
                .collect()
        };
        for (verb, gateway, expected) in [("add", "10.0.0.9", true), ("replace", "10.0.1.9", true), ("del", "", false)]
        {
            // Nobody reads: the socket's buffer overflows.
            ip(&if expected { lines(verb, gateway) } else { lines(verb, "10.0.1.9") });
            let wanted = expected.then(|| address(gateway));
            let end = std::time::Instant::now() + DEADLINE;
            for n in (0..20_000u32).step_by(7) {
                let find = |linux: &mut Linux| linux.route(0x1400_0001 + (n << 8)).unwrap().map(|route| route.gateway);
                while find(&mut linux) != wanted {
                    assert!(std::time::Instant::now() < end, "{verb} {n}");
                    linux.refresh_routes().unwrap();
                    while linux.take_route_change().is_some() {}
                }
            }
        }
    });
}

/// The kernel's own look-ups are the oracle: where its rules know the main table alone,
/// keeping that table must find the same.
#[test]
fn the_kept_main_table_answers_as_the_kernel_does() {
    in_namespace("routes::the_kept_main_table_answers_as_the_kernel_does", || {
        let mut rules = topology();
        let mut kept = Linux::open(100).unwrap();
        kept.use_rpf_table(254).unwrap();
        let mut state = 1u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        for round in 0..20 {
            for _ in 0..20 {
                let length = 8 + random(25);
                let bits = 0x1400_0000 | random(4) << 16 | random(4) << 8 | random(4);
                let network = Ipv4Addr::from(bits & u32::MAX << (32 - length));
                let verb = ["add", "add", "append", "prepend", "replace", "del"][random(6) as usize];
                let path = ["via 10.0.0.9", "via 10.0.1.9", "via 10.0.1.8", "dev a0"][random(4) as usize];
                let several = "nexthop via 10.0.1.9 nexthop via 10.0.0.9";
                let (kind, path) = match random(8) {
                    0 => ("blackhole", ""),
                    1 => ("throw", ""),
                    2 => ("", several),
                    _ => ("", path),
                };
                let metric = random(3);
                // Not all can be done: what is not there cannot be deleted.
                let command = format!("route {verb} {kind} {network}/{length} {path} metric {metric}");
                let words: Vec<&str> = command.split_whitespace().collect();
                let _ = std::process::Command::new("ip").args(words).output().expect("the ip program (iproute2)");
            }
            match round {
                7 => ip("link set a1 down"),
                9 => ip("link set a0 down"),
                12 => ip("link set a0 up
                          link set a1 up"),
                _ => {}
            }
            while !refreshed(&mut kept).is_empty() {}
            for _ in 0..200 {
                let source = 0x1400_0000 | random(4) << 16 | random(4) << 8 | random(6);
                let (wanted, found) = (rules.route(source).unwrap(), kept.route(source).unwrap());
                assert_eq!(found, wanted, "round {round}, {}", Ipv4Addr::from(source));
            }
        }
    });
}
