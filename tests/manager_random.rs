//! The pure manager under random requests: whatever is asked in whatever order, its
//! parts agree after every step, no request hangs, and when all is given back nothing
//! is left.

use rtm::{
    forwarder::{Arrival, InterfaceKey, Route},
    manager::{
        Answer, Boundary, ClientId, Context, Direct, Entry, Error, Flags, Flow, Forwarding, Manager, MfeView,
        PacketHeader, Step, TaskId,
    },
};
use std::collections::BTreeMap;

/// What the manager wants forwarded.
#[derive(Default)]
struct Wanted {
    open: Vec<InterfaceKey>,
    entries: BTreeMap<(u32, u32), (InterfaceKey, Vec<InterfaceKey>)>,
}

impl Forwarding for Wanted {
    fn open(&mut self, interface: InterfaceKey) -> Result<(), Error> {
        assert!(!self.open.contains(&interface), "opened twice");
        self.open.push(interface);
        Ok(())
    }

    fn close(&mut self, interface: InterfaceKey) {
        let at = self.open.iter().position(|&other| other == interface).expect("closed, but never opened");
        self.open.remove(at);
        assert!(
            self.entries.values().all(|(iif, oifs)| *iif != interface && !oifs.contains(&interface)),
            "an entry names an interface that nobody holds"
        );
    }

    fn prepare(&mut self, _flow: Flow, _oifs: usize) -> Result<(), Error> {
        Ok(())
    }

    fn install(&mut self, entry: &MfeView<'_>) {
        let oifs: Vec<_> = entry.oifs().collect();
        assert!(oifs.iter().all(|oif| self.open.contains(oif)), "an oif is not open");
        self.entries.insert((entry.group(), entry.source()), (entry.iif(), oifs));
    }

    fn remove(&mut self, flow: Flow) {
        self.entries.remove(&(flow.group, flow.source));
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % n
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

struct World {
    manager: Manager,
    wanted: Wanted,
    random: Random,
    now: u64,
    clients: Vec<ClientId>,
    waiting: Vec<(TaskId, ClientId, Direct)>,
}

const PROTOCOLS: [u32; 4] = [10, 100, 101, 102];

impl World {
    fn new(seed: u64) -> Self {
        Self {
            manager: Manager::new(),
            wanted: Wanted::default(),
            random: Random(seed),
            now: 1,
            clients: Vec::new(),
            waiting: Vec::new(),
        }
    }

    fn ask<R>(&mut self, f: impl FnOnce(&mut Manager, &mut Context<'_>) -> R) -> R {
        f(&mut self.manager, &mut Context { now: self.now, forwarding: &mut self.wanted })
    }

    fn interface(&mut self) -> InterfaceKey {
        InterfaceKey { if_index: 1 + self.random.below(3), next_hop: self.random.below(2) * 0x0A00_0001 }
    }

    fn route(&mut self) -> Option<Route> {
        let if_index = self.random.below(4);
        let gateway = self.random.below(2) * 0x0A00_0001;
        (if_index > 0).then_some(Route { if_index, gateway, network: 0x0A00_0000, prefix_len: 8, protocol: 3 })
    }

    fn flow(&mut self) -> Flow {
        Flow { source: 0x0A00_0001 + self.random.below(3), group: 0xEF01_0101 + self.random.below(3) }
    }

    fn entry(&mut self) -> Entry {
        let Flow { source, group } = self.flow();
        match self.random.below(6) {
            0 | 1 => Entry::new(source, 0, group, 0),
            2 | 3 => Entry::new(0, 0, group, 0),
            4 => Entry::new(0, 0, 0xEF01_0100, 0xFFFF_FF00),
            _ => Entry::new(0, 0, 0, 0),
        }
        .unwrap()
    }

    /// Begins a step; a callback that it needs may wait while other requests go on.
    fn begin(&mut self, step: Step) {
        if let Step::Call(task, client, direct) = step {
            self.waiting.push((task, client, direct));
        }
    }

    fn answer_one(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let at = self.random.below(self.waiting.len() as u32) as usize;
        let (task, _, direct) = self.waiting.swap_remove(at);
        let answer = match direct {
            _ if self.random.one_in(20) => Answer::Nothing,
            _ if self.random.one_in(40) => Answer::OutOfMemory,
            Direct::Rpf { .. } if self.random.one_in(4) => Answer::Rpf(self.interface(), 7),
            Direct::Rpf { iif, upstream, .. } => Answer::Rpf(iif, upstream),
            Direct::Creation { mut oifs, .. } => {
                for oif in &mut oifs {
                    assert!(oif.enabled);
                    oif.enabled = !self.random.one_in(3);
                }
                Answer::Creation(oifs)
            }
            Direct::DisableIgmp(_) | Direct::EnableIgmp(_) => Answer::Nothing,
        };
        let step = self.ask(|manager, cx| manager.resume(task, answer, cx));
        self.begin(step);
    }

    fn step(&mut self) {
        self.now += u64::from(self.random.below(20_000));
        let client = match self.clients.len() {
            0 => None,
            n => Some(self.clients[self.random.below(n as u32) as usize]),
        };
        match (self.random.below(17), client) {
            (0, _) | (_, None) => {
                let protocol = PROTOCOLS[self.random.below(4) as usize];
                let enables = self.random.one_in(2);
                if let Ok(id) = self.manager.register(protocol, self.random.below(2), enables) {
                    self.clients.push(id);
                }
            }
            (1, Some(client)) if self.random.one_in(4) => {
                if self.manager.deregister(client).is_ok() {
                    self.manager.reap(client);
                    self.clients.retain(|&other| other != client);
                    assert_eq!(self.manager.deregister(client), Err(Error::InvalidParameter));
                }
            }
            (1 | 2, Some(client)) => {
                let key = self.interface();
                let step = self.ask(|manager, cx| manager.take(client, key, cx));
                self.begin(step);
            }
            (3, Some(client)) => {
                let key = self.interface();
                let step = self.ask(|manager, cx| manager.release(client, key, cx));
                self.begin(step);
            }
            (4..=7, Some(client)) => {
                let (entry, key, route) = (self.entry(), self.interface(), self.route());
                let flags = Flags::from_bits(1 + self.random.below(3)).unwrap();
                let _ = self.ask(|manager, cx| manager.add(client, &entry, key, flags, route, cx));
            }
            (8 | 9, Some(client)) => {
                let (entry, key) = (self.entry(), self.interface());
                let flags = Flags::from_bits(1 + self.random.below(3)).unwrap();
                let _ = self.ask(|manager, cx| manager.delete(client, &entry, key, flags, cx));
            }
            (10 | 11, _) => {
                let (flow, route, key) = (self.flow(), self.route(), self.interface());
                let arrival = Arrival { if_index: key.if_index, next_hop: Some(key.next_hop) };
                let header = PacketHeader::new(&[0x45; 20]);
                let (adopts, good) = (self.random.one_in(4), self.now);
                let step = self.ask(|manager, cx| match adopts {
                    true => manager.adopt(Some(arrival), flow, good, route, cx),
                    false => manager.packet(Some(arrival), flow, header, route, cx),
                });
                if let Ok(step) = step {
                    self.begin(step);
                }
            }
            (12, _) => {
                let (source, route) = (self.flow().source, self.route());
                let step = self.ask(|manager, cx| manager.route_changed(source, route, cx));
                self.begin(step);
            }
            (13, _) => {
                if let Some(due) = self.manager.due(self.now) {
                    let good = u64::from(self.random.below(2)) * self.now;
                    let step = self.ask(|manager, cx| manager.expire(due, good, cx));
                    self.begin(step);
                }
            }
            (14, _) => {
                for index in 0..self.manager.client_bound() {
                    while let Some(alert) = self.manager.pop_alert(index) {
                        if let rtm::manager::Alert::WrongInterface { header, .. } = alert {
                            assert!(self.manager.take_header(header).is_some());
                        }
                    }
                }
            }
            (15, _) => {
                let mask = [u32::MAX, 0xFFFF_FF00, 0][self.random.below(3) as usize];
                let boundary = Boundary::new(1 + self.random.below(3), self.flow().group & mask, mask).unwrap();
                if self.random.one_in(3) {
                    assert_eq!(self.ask(|manager, cx| manager.add_boundary(boundary, cx)), Ok(()));
                } else {
                    let _ = self.ask(|manager, cx| manager.delete_boundary(boundary, cx));
                }
            }
            _ => self.answer_one(),
        }
        if self.random.one_in(2) {
            self.answer_one();
        }
    }

    fn check(&self) {
        if let Err(what) = self.manager.audit() {
            panic!("{what}");
        }
        let views = self.manager.mfes_after(None, self.now);
        let seen: BTreeMap<_, _> =
            views.map(|v| ((v.group(), v.source()), (v.iif(), v.oifs().collect::<Vec<_>>()))).collect();
        assert_eq!(seen, self.wanted.entries, "the forwarder has other entries than the manager");
    }

    fn give_all_back(&mut self) {
        while !self.waiting.is_empty() {
            self.answer_one();
        }
        for client in std::mem::take(&mut self.clients) {
            for if_index in 1..=3 {
                for next_hop in [0, 0x0A00_0001] {
                    let key = InterfaceKey { if_index, next_hop };
                    let step = self.ask(|manager, cx| manager.release(client, key, cx));
                    self.begin(step);
                    while !self.waiting.is_empty() {
                        self.answer_one();
                    }
                }
            }
            assert_eq!(self.manager.deregister(client), Ok(()));
            self.manager.reap(client);
        }
        self.ask(|manager, cx| manager.forget_entries(cx));
        assert_eq!(self.manager.sizes(), (0, 0, 0));
        assert!((0..3).all(|i| !self.manager.knows_route(0x0A00_0001 + i)), "a source is not forgotten");
        assert!(self.wanted.open.is_empty() && self.wanted.entries.is_empty());
    }
}

#[test]
fn the_parts_agree_after_every_step_and_nothing_is_left() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        for _ in 0..500 {
            world.step();
            world.check();
        }
        world.give_all_back();
        world.check();
    }
}

#[test]
fn wrong_interface_alerts_of_an_entry_are_2900_milliseconds_apart() {
    let mut world = World::new(0);
    let client = world.manager.register(100, 0, false).unwrap();
    let key = |if_index| InterfaceKey { if_index, next_hop: 0 };
    for if_index in [1, 2] {
        assert!(matches!(world.ask(|manager, cx| manager.take(client, key(if_index), cx)), Step::Done(Ok(()))));
    }
    let flow = Flow { source: 0x0A00_0001, group: 0xEF01_0101 };
    let route = Route { if_index: 1, gateway: 0, network: 0, prefix_len: 0, protocol: 3 };
    let header = PacketHeader::new(&[0x45; 20]);
    let step = world.ask(|manager, cx| manager.packet(None, flow, header, Some(route), cx)).unwrap();
    let Step::Call(task, _, Direct::Rpf { .. }) = step else { panic!("no RPF callback") };
    assert!(matches!(world.ask(|manager, cx| manager.resume(task, Answer::Nothing, cx)), Step::Done(Ok(()))));
    let mut reported = |if_index, now| {
        let arrival = Arrival { if_index, next_hop: Some(0) };
        world.manager.wrong_interface(arrival, flow, &header, now);
        std::iter::from_fn(|| world.manager.pop_alert(client.index))
            .filter(|alert| matches!(alert, rtm::manager::Alert::WrongInterface { .. }))
            .count()
    };
    assert_eq!(reported(1, 0), 0, "that is its iif");
    for now in [0, 2_900, 5_800, 900_000] {
        assert_eq!((reported(2, now), reported(2, now), reported(2, now + 2_899)), (1, 0, 0));
    }
}
