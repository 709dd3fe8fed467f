//! What is asked, in numbers that always mean something, so that sequences can be
//! shrunk; and the small world that it is asked about.

use crate::model::K;
use proptest::{prelude::*, strategy::Union};
use rtm::{
    forwarder::{Arrival, Route},
    manager::Flow,
};

#[derive(Clone, Copy, Debug)]
pub enum Op {
    Register {
        protocol: u8,
        component: u8,
        enables: bool,
    },
    Deregister {
        client: u8,
    },
    Take {
        client: u8,
        key: u8,
    },
    Release {
        client: u8,
        key: u8,
    },
    Add {
        client: u8,
        entry: u8,
        key: u8,
        flags: u8,
    },
    Delete {
        client: u8,
        entry: u8,
        key: u8,
        flags: u8,
    },
    Check {
        source: u8,
        source_mask: u8,
        group: u8,
        group_mask: u8,
        flags: u8,
    },
    Packet {
        flow: u8,
        arrival: u8,
    },
    Wrong {
        flow: u8,
        arrival: u8,
    },
    Route {
        source: u8,
        route: u8,
    },
    Advance {
        by: u8,
    },
    Expire {
        good: u8,
    },
    PruneAnswer {
        which: u8,
        seconds: u8,
    },
    SetMfe {
        client: u8,
        flow: u8,
        upstream: u8,
    },
    EnumStart {
        client: u8,
        all: bool,
    },
    EnumNext {
        which: u8,
        n: u8,
    },
    EnumEnd {
        which: u8,
    },
    Limit {
        max: u8,
    },
    Answer {
        which: u8,
        how: u8,
        key: u8,
    },
    /// A request by the client that is being called, about what it is called for.
    Inside {
        which: u8,
        what: u8,
        entry: u8,
        flags: u8,
    },
    MfesAfter {
        flow: u8,
        n: u8,
    },
    Bound {
        index: u8,
        groups: u8,
    },
    Unbound {
        index: u8,
        groups: u8,
    },
}

pub const GATEWAY: u32 = 0x0A09_0001;
const OTHER_GATEWAY: u32 = 0x0A09_0002;
/// Two IGMPs by id, one by type and part, and protocols that are none.
const PROTOCOLS: [u32; 8] = [100, 101, 0x8000_000A, 102, 10, 0x4137_000A, 103, 0x4000_000A];
/// The forwarder cannot use this one.
pub const UNUSABLE: K = K { if_index: 9, next_hop: 0 };
const KEYS: [(u32, u32); 6] = [(1, 0), (2, 0), (3, 0), (1, GATEWAY), (2, GATEWAY), (3, 0)];
const SOURCES: [u32; 3] = [0x0A00_0001, 0x0A00_0002, 0x0A01_0001];
const GROUPS: [u32; 3] = [0xEF01_0101, 0xEF01_0102, 0xEF02_0101];

pub fn protocol(n: u8) -> u32 {
    PROTOCOLS[usize::from(n) % PROTOCOLS.len()]
}

pub fn key(n: u8) -> K {
    match n {
        250.. => K { if_index: 0, next_hop: 0 },
        247.. => UNUSABLE,
        _ => {
            let (if_index, next_hop) = KEYS[usize::from(n) % KEYS.len()];
            K { if_index, next_hop }
        }
    }
}

/// All that can be held.
pub fn keys() -> [K; 5] {
    [0, 1, 2, 3, 4].map(key)
}

pub fn source(n: u8) -> u32 {
    SOURCES[usize::from(n) % SOURCES.len()]
}

pub fn flow(n: u8) -> Flow {
    match n {
        250 => Flow { source: 0, group: GROUPS[0] },
        251 => Flow { source: 0xE000_0000, group: GROUPS[0] },
        252 => Flow { source: SOURCES[0], group: 0xE000_0005 },
        253 => Flow { source: SOURCES[0], group: 0xE000_00FF },
        254 => Flow { source: 0xFFFF_FFFF, group: GROUPS[0] },
        255 => Flow { source: 0xDFFF_FFFF, group: 0xE000_0100 },
        _ => Flow { source: source(n % 3), group: GROUPS[usize::from(n / 3) % 3] },
    }
}

/// The four words of an entry, all of them valid.
pub fn entry(n: u8) -> (u32, u32, u32, u32) {
    let Flow { source, group } = flow(n % 9);
    match n / 9 % 14 {
        0..=2 => (source, u32::MAX, group, 0),
        3..=5 => (0, 0, group, u32::MAX),
        6 => (0, 0, 0, 0),
        7 => (0, 0, group & 0xFFFF_FF00, 0xFFFF_FF00),
        8 => (0, 0, 0xE000_0000, 0xF000_0000),
        9 => (source & 0xFFFF_FF00, 0xFFFF_FF00, group, 0),
        10 => (source & 0xFFFF_0000, 0xFFFF_0000, group & 0xFF00_0000, 0xFF00_0000),
        11 => (source, 0, group & 0xFFFF_FF00, 0xFFFF_FF00),
        12 => (0x0A00_0000, 0xFF00_0000, group, 0),
        _ => (0, 0, 0xE000_0005, 0),
    }
}

/// Words of entries that are often wrong.
pub fn address(n: u8) -> u32 {
    [0, 1, 0x0A00_0000, 0x0A00_0001, 0x8000_0000, 0xDFFF_FFFF, 0xE000_0000, 0xE000_0005, 0xEF01_0101, 0xF000_0000]
        [usize::from(n) % 10]
}

pub fn mask(n: u8) -> u32 {
    [0, u32::MAX, 0xFF00_0000, 0xF000_0000, 0xE000_0000, 0x8000_0000, 0xFFFF_FF00, 0xFF00_FF00, 1, 0xFFFF_FFFE]
        [usize::from(n) % 10]
}

pub fn route(n: u8) -> Option<Route> {
    let gateway = [0, 0, GATEWAY, OTHER_GATEWAY][usize::from(n / 8) % 4];
    let if_index = [1, 2, 3, 1, 2, 3, 0, 4][usize::from(n) % 8];
    // 5 is none of those that MFEs show.
    let protocol = [3, 14, 2, 5][usize::from(n / 32) % 4];
    let prefix_len = if n >= 128 { 24 } else { 8 };
    (if_index > 0).then_some(Route { if_index, gateway, network: 0x0A00_0000, prefix_len, protocol })
}

/// How a packet comes in.
pub enum Way {
    /// As the kernel reports it: with the index at most.
    Reported(Option<Arrival>),
    /// Through the memory forwarder.
    On(K),
    /// ... where it should.
    OnIif,
}

pub fn way(n: u8) -> Way {
    let key = key(n % 6);
    match n {
        0..16 => Way::Reported(None),
        16..60 => Way::Reported(Some(Arrival { if_index: key.if_index, next_hop: None })),
        60..160 => Way::On(key),
        160.. => Way::OnIif,
    }
}

/// The words of a boundary, all of them valid: the interface index, group and mask.
pub fn boundary(index: u8, groups: u8) -> (u32, u32, u32) {
    let group = GROUPS[usize::from(groups) % GROUPS.len()];
    let (group, mask) = match groups {
        0..100 => (group, u32::MAX),
        100..120 => (group, 0),
        120..180 => (group & 0xFFFF_FF00, 0xFFFF_FF00),
        180..220 => (group & 0xFF00_0000, 0xFF00_0000),
        _ => (0, 0),
    };
    (u32::from(index % 4) + 1, group, mask)
}

/// Where a packet came in on another interface than it should.
pub fn arrival(n: u8) -> Arrival {
    let key = key(n % 6);
    Arrival { if_index: key.if_index, next_hop: (n >= 64).then_some(key.next_hop) }
}

pub fn step_of_time(n: u8) -> u64 {
    [1, 999, 1_000, 2_899, 2_900, 60_000, 449_999, 450_000, 899_999, 900_000][usize::from(n) % 10]
}

pub fn seconds(n: u8) -> u32 {
    [0, 1, 60, 450, 899, 900, 901, 1_800, 42_949_672, u32::MAX][usize::from(n) % 10]
}

fn op((kind, a, b, c, d): (u8, u8, u8, u8, u8)) -> Op {
    match kind {
        0 => Op::Register { protocol: a, component: b % 2, enables: c % 2 == 0 },
        1 => Op::Deregister { client: a },
        2 => Op::Take { client: a, key: b },
        3 => Op::Release { client: a, key: b },
        4 => Op::Add { client: a, entry: b, key: c, flags: 1 + d % 3 },
        5 => Op::Delete { client: a, entry: b, key: c, flags: 1 + d % 3 },
        6 => Op::Check { source: a, source_mask: b, group: c, group_mask: d, flags: a ^ d },
        7 => Op::Packet { flow: a, arrival: b },
        8 => Op::Wrong { flow: a, arrival: b },
        9 => Op::Route { source: a, route: b },
        10 => Op::Advance { by: a },
        11 => Op::Expire { good: a },
        12 => Op::PruneAnswer { which: a, seconds: b },
        13 => Op::SetMfe { client: a, flow: b, upstream: c },
        14 => Op::EnumStart { client: a, all: b % 2 == 0 },
        15 => Op::EnumNext { which: a, n: b % 4 },
        16 => Op::EnumEnd { which: a },
        17 => Op::Limit { max: if a < 100 { a % 9 } else { 9 } },
        18 => Op::Inside { which: a, what: b, entry: c, flags: d },
        19 => Op::MfesAfter { flow: a, n: b % 4 },
        20 => Op::Bound { index: a, groups: b },
        21 => Op::Unbound { index: a, groups: b },
        _ => Op::Answer { which: a, how: b, key: c },
    }
}

fn some(kinds: &'static [(u32, u8)]) -> impl Strategy<Value = Op> {
    let kind = Union::new_weighted(kinds.iter().map(|&(weight, kind)| (weight, Just(kind))).collect());
    (kind, any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(op)
}

/// Clients and interfaces to begin with.
const BEGINNING: &[(u32, u8)] = &[(4, 0), (8, 2), (4, 9), (5, 4)];
const ALL: &[(u32, u8)] = &[
    (3, 0),
    (2, 1),
    (10, 2),
    (7, 3),
    (26, 4),
    (16, 5),
    (2, 6),
    (22, 7),
    (6, 8),
    (12, 9),
    (8, 10),
    (8, 11),
    (5, 12),
    (2, 13),
    (2, 14),
    (4, 15),
    (1, 16),
    (1, 17),
    (12, 18),
    (1, 19),
    (3, 20),
    (4, 21),
    (52, 22),
];

/// A sequence of requests.
pub fn sequences(len: usize) -> impl Strategy<Value = Vec<Op>> {
    let beginning = prop::collection::vec(some(BEGINNING), 0..40);
    (beginning, prop::collection::vec(some(ALL), len / 2..len)).prop_map(|(mut ops, rest)| {
        ops.extend(rest);
        ops
    })
}

/// A request's numbers in the world's words.
pub fn meaning(op: Op) -> String {
    match op {
        Op::Register { protocol: n, .. } => format!("{:x}", protocol(n)),
        Op::Take { key: n, .. } | Op::Release { key: n, .. } => format!("{:x?}", key(n)),
        Op::Add { entry: e, key: n, .. } | Op::Delete { entry: e, key: n, .. } => {
            format!("{:x?} {:x?}", entry(e), key(n))
        }
        Op::Packet { flow: f, .. } | Op::MfesAfter { flow: f, .. } => format!("{:x?}", flow(f)),
        Op::Wrong { flow: f, arrival: a } => format!("{:x?} {:x?}", flow(f), arrival(a)),
        Op::Route { source: s, route: r } => format!("{:x} {:x?}", source(s), route(r)),
        Op::Advance { by } => format!("{} ms", step_of_time(by)),
        Op::PruneAnswer { seconds: s, .. } => format!("{} s", seconds(s)),
        Op::Bound { index: i, groups: g } | Op::Unbound { index: i, groups: g } => format!("{:x?}", boundary(i, g)),
        Op::SetMfe { flow: f, .. } => format!("{:x?}", flow(f)),
        _ => String::new(),
    }
}

/// What is counted for a request.
pub fn name(op: Op) -> &'static str {
    match op {
        Op::Register { .. } => "asked: register",
        Op::Deregister { .. } => "asked: deregister",
        Op::Take { .. } => "asked: take",
        Op::Release { .. } => "asked: release",
        Op::Add { .. } => "asked: add",
        Op::Delete { .. } => "asked: delete",
        Op::Check { .. } => "asked: words of an entry",
        Op::Packet { .. } => "asked: packet",
        Op::Wrong { .. } => "asked: report of a wrong interface",
        Op::Route { .. } => "asked: route change",
        Op::Advance { .. } => "asked: time",
        Op::Expire { .. } => "asked: time-outs",
        Op::PruneAnswer { .. } => "asked: answer of a prune alert",
        Op::SetMfe { .. } => "asked: SetMfe",
        Op::EnumStart { .. } => "asked: group enumeration begun",
        Op::EnumNext { .. } => "asked: group enumeration's step",
        Op::EnumEnd { .. } => "asked: group enumeration ended",
        Op::Limit { .. } => "asked: limit of MFEs",
        Op::Answer { .. } => "asked: answer of a direct callback",
        Op::Inside { .. } => "asked: request of the client being called",
        Op::MfesAfter { .. } => "asked: MFE enumeration",
        Op::Bound { .. } => "asked: new boundary",
        Op::Unbound { .. } => "asked: end of a boundary",
    }
}
