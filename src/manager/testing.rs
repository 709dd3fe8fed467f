//! A manager in the middle of things, for the tests of its files.

use super::{Answer, Context, Direct, Entry, Error, Flags, Flow, Forwarding, Manager, MfeView, PacketHeader, Step};
use crate::forwarder::{InterfaceKey, Route};

/// Takes every order and forgets it.
pub struct Nowhere;

impl Forwarding for Nowhere {
    fn open(&mut self, _: InterfaceKey) -> Result<(), Error> {
        Ok(())
    }
    fn close(&mut self, _: InterfaceKey) {}
    fn prepare(&mut self, _: Flow, _: usize) -> Result<(), Error> {
        Ok(())
    }
    fn install(&mut self, _: &MfeView<'_>) {}
    fn remove(&mut self, _: Flow) {}
}

/// What a [`Recorder`] was told.
#[derive(PartialEq, Eq, Debug)]
pub enum Order {
    Prepare(Flow, usize),
    Install(Flow, Vec<InterfaceKey>),
    Remove(Flow),
}

/// Takes every order, and keeps those about entries.
#[derive(Default)]
pub struct Recorder(pub Vec<Order>);

impl Forwarding for Recorder {
    fn open(&mut self, _: InterfaceKey) -> Result<(), Error> {
        Ok(())
    }
    fn close(&mut self, _: InterfaceKey) {}
    fn prepare(&mut self, flow: Flow, oifs: usize) -> Result<(), Error> {
        self.0.push(Order::Prepare(flow, oifs));
        Ok(())
    }
    fn install(&mut self, entry: &MfeView<'_>) {
        let flow = Flow { source: entry.source(), group: entry.group() };
        self.0.push(Order::Install(flow, entry.oifs().collect()));
    }
    fn remove(&mut self, flow: Flow) {
        self.0.push(Order::Remove(flow));
    }
}

/// What a request makes of the forwarder's orders.
pub fn orders(request: impl FnOnce(&mut Context<'_>)) -> Vec<Order> {
    let mut recorder = Recorder::default();
    request(&mut Context { now: 1, forwarding: &mut recorder });
    recorder.0
}

/// The group of all.
pub const GROUP: u32 = 0xEF01_0101;

/// All sources are behind link 1.
pub const ROUTE: Option<Route> = Some(Route { if_index: 1, gateway: 0, network: 0, prefix_len: 0, protocol: 3 });

/// An interface.
pub fn link(if_index: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: 0 }
}

/// From a source to the group.
pub fn flow(source: u32) -> Flow {
    Flow { source, group: GROUP }
}

/// A packet without an entry comes in.
pub fn packet(manager: &mut Manager, source: u32) -> Step {
    packet_by(manager, source, ROUTE)
}

/// The same from a source that has this route.
pub fn packet_by(manager: &mut Manager, source: u32, route: Option<Route>) -> Step {
    let mut cx = Context { now: 1, forwarding: &mut Nowhere };
    manager.packet(None, flow(source), PacketHeader::new(&[0x45; 20]), route, &mut cx).unwrap()
}

/// Answers all callbacks of a step, as clients that change nothing do.
pub fn resume(manager: &mut Manager, mut step: Step) {
    while let Step::Call(task, _, direct) = step {
        let answer = match direct {
            Direct::Rpf { iif, upstream, .. } => Answer::Rpf(iif, upstream),
            Direct::Creation { oifs, .. } => Answer::Creation(oifs),
            _ => Answer::Nothing,
        };
        step = manager.resume(task, answer, &mut Context { now: 1, forwarding: &mut Nowhere });
    }
}

/// Client 0 has interface 0 (link 1), client 1 has 1 to 3 (links 2 to 4), client 2 none. A
/// group is joined on links 2 and 3, a single (S,G) on link 2, and there are entries from
/// sources 5 and 6; one from source 7 is being made.
pub fn manager() -> Manager {
    let mut manager = Manager::new();
    let clients = [100, 101, 102].map(|protocol| manager.register(protocol, 0, false).unwrap());
    let join = Flags::JOIN;
    for (client, if_index) in [(0, 1), (1, 2), (1, 3), (1, 4)] {
        let step = manager.take(clients[client], link(if_index), &mut Context { now: 1, forwarding: &mut Nowhere });
        assert!(matches!(step, Step::Done(Ok(()))));
    }
    for (source, if_index) in [(0, 2), (0, 3), (5, 2)] {
        let entry = Entry::new(source, 0, GROUP, 0).unwrap();
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        manager.add(clients[1], &entry, link(if_index), join, ROUTE, &mut cx).unwrap();
    }
    for source in [5, 6] {
        let step = packet(&mut manager, source);
        resume(&mut manager, step);
    }
    let _ = packet(&mut manager, 7);
    manager
}
