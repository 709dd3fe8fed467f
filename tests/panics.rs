//! A panic, in a client's code or in the manager's own, leaves a manager that works.

use rtm::{
    alerts::{Client, CreationAlert, OutOfMemory, RpfQuery},
    engine::{Engine, ForwarderKind, Level, Options},
    forwarder::{Arrival, InterfaceKey, Route},
    manager::{ClientId, Context, Entry, Error, Flags, Flow, Forwarding, Manager, MfeView, PacketHeader, Step},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A test's client.
#[derive(Clone, Copy, PartialEq)]
enum Rude {
    /// It panics in every callback.
    Panics,
    /// It leaves odd interfaces out of every MFE.
    Vetoes,
}

use Rude::{Panics, Vetoes};

impl Rude {
    fn panic(self, what: &str) {
        assert!(self != Panics, "{what}");
    }
}

impl Client for Rude {
    fn enables_igmp(&self) -> bool {
        true
    }
    fn rpf(&self, _: &mut RpfQuery<'_>) {
        self.panic("rpf");
    }
    fn creation(&self, alert: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        self.panic("creation");
        for place in 0..alert.oifs().len() {
            alert.enable(place, alert.oifs()[place].interface.if_index % 2 == 0);
        }
        Ok(())
    }
    fn prune(&self, _: &Entry, _: InterfaceKey, _: bool) -> Option<u32> {
        self.panic("prune");
        None
    }
    fn join(&self, _: &Entry, _: bool) {
        self.panic("join");
    }
    fn wrong_interface(&self, _: u32, _: u32, _: InterfaceKey, _: &[u8]) {
        self.panic("wrong interface");
    }
    fn local_join(&self, _: &Entry, _: InterfaceKey) {
        self.panic("local join");
    }
    fn local_leave(&self, _: &Entry, _: InterfaceKey) {
        self.panic("local leave");
    }
    fn disable_igmp(&self, _: InterfaceKey) {
        self.panic("disable");
    }
    fn enable_igmp(&self, _: InterfaceKey) {
        self.panic("enable");
    }
}

fn interface(if_index: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: 0 }
}

fn started() -> &'static Engine<Rude> {
    let engine: &'static Engine<Rude> = Box::leak(Box::new(Engine::new()));
    let options = Options {
        forwarder: ForwarderKind::Memory,
        table: 253,
        rpf_table: 0,
        log_level: Level::Off,
        manual_clock: true,
        max_entries: 10,
        keep_foreign: false,
    };
    engine.start(Some(options)).unwrap();
    engine
}

/// From 10.0.0.1 to 239.1.1.1.
const PACKET: [u8; 20] = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 128, 213, 10, 0, 0, 1, 239, 1, 1, 1];

#[test]
fn an_answer_lost_in_a_panic_is_no_answer_and_others_count() {
    for iifs_owner in [Panics, Vetoes] {
        let engine = started();
        engine.add_route(Route { if_index: 1, gateway: 0, network: 0, prefix_len: 0, protocol: 3 }).unwrap();
        let vetoes = engine.register(Vetoes, 100, 0).unwrap();
        let panics = engine.register(Panics, 101, 0).unwrap();
        engine.take(if iifs_owner == Vetoes { vetoes } else { panics }, interface(1)).unwrap();
        let group = Entry::new(0, 0, 0xEF01_0101, 0).unwrap();
        let join = Flags::JOIN;
        for if_index in 2..=60 {
            let client = if if_index < 58 { vetoes } else { panics };
            engine.take(client, interface(if_index)).unwrap();
            engine.add(client, group, interface(if_index), join).unwrap();
        }
        engine.receive(interface(1), &PACKET).unwrap();
        let expected = (2..58).step_by(2).chain(58..=60).map(interface);
        let oifs = engine.mfe(0x0A00_0001, 0xEF01_0101, |mfe| mfe.oifs().collect::<Vec<_>>()).unwrap();
        assert!(oifs.into_iter().eq(expected));
    }
}

#[test]
fn a_client_that_panics_harms_nobody() {
    let engine = started();
    let igmp = engine.register(Panics, 10, 0).unwrap();
    let a = engine.register(Panics, 100, 0).unwrap();
    let b = engine.register(Panics, 101, 0).unwrap();
    let join = Flags::JOIN;
    let group = Entry::new(0, 0, 0xEF01_0101, 0).unwrap();
    engine.take(igmp, interface(1)).unwrap();
    engine.take(a, interface(1)).unwrap();
    engine.take(b, interface(2)).unwrap();
    engine.add(igmp, group, interface(1), join).unwrap();
    engine.add(b, group, interface(2), join).unwrap();
    engine.receive(interface(2), &PACKET).unwrap();
    engine.delete(igmp, group, interface(1), join).unwrap();
    for (client, if_index) in [(a, 1), (igmp, 1), (b, 2)] {
        engine.release(client, interface(if_index)).unwrap();
        engine.deregister(client).unwrap();
    }
    assert_eq!(engine.counters().clients, 0);
}

/// A forwarder that panics at a certain order.
struct Bomb {
    orders: u32,
}

impl Bomb {
    fn tick(&mut self) {
        assert!(self.orders > 0, "planted");
        self.orders -= 1;
    }
}

impl Forwarding for Bomb {
    fn open(&mut self, _: InterfaceKey) -> Result<(), Error> {
        self.tick();
        Ok(())
    }
    fn close(&mut self, _: InterfaceKey) {
        self.tick();
    }
    fn prepare(&mut self, _: Flow, _: usize) -> Result<(), Error> {
        self.tick();
        Ok(())
    }
    fn install(&mut self, _: &MfeView<'_>) {
        self.tick();
    }
    fn remove(&mut self, _: Flow) {
        self.tick();
    }
}

/// Two clients, an entry, a leave and a release; how many orders until the panic.
fn scenario(manager: &mut Manager, forwarding: &mut dyn Forwarding) {
    let mut cx = Context { now: 1, forwarding };
    let done = |step: Step, manager: &mut Manager, cx: &mut Context<'_>| {
        let mut step = step;
        while let Step::Call(task, _, direct) = step {
            let answer = match direct {
                rtm::manager::Direct::Rpf { iif, upstream, .. } => rtm::manager::Answer::Rpf(iif, upstream),
                rtm::manager::Direct::Creation { oifs, .. } => rtm::manager::Answer::Creation(oifs),
                _ => rtm::manager::Answer::Nothing,
            };
            step = manager.resume(task, answer, cx);
        }
    };
    let a: ClientId = manager.register(100, 0, true).unwrap();
    let igmp = manager.register(10, 0, true).unwrap();
    let join = Flags::JOIN;
    let group = Entry::new(0, 0, 0xEF01_0101, 0).unwrap();
    for (client, if_index) in [(a, 1), (igmp, 2), (a, 2)] {
        let step = manager.take(client, interface(if_index), &mut cx);
        done(step, manager, &mut cx);
    }
    manager.add(a, &group, interface(1), join, None, &mut cx).unwrap();
    manager.add(igmp, &group, interface(2), join, None, &mut cx).unwrap();
    let route = Route { if_index: 1, gateway: 0, network: 0, prefix_len: 0, protocol: 3 };
    let flow = Flow { source: 0x0A00_0001, group: 0xEF01_0101 };
    let arrival = Arrival { if_index: 1, next_hop: Some(0) };
    if let Ok(step) = manager.packet(Some(arrival), flow, PacketHeader::new(&[0x45; 20]), Some(route), &mut cx) {
        done(step, manager, &mut cx);
    }
    manager.delete(igmp, &group, interface(2), join, &mut cx).unwrap();
    for (client, if_index) in [(a, 2), (a, 1), (igmp, 2)] {
        let step = manager.release(client, interface(if_index), &mut cx);
        done(step, manager, &mut cx);
    }
    manager.deregister(a).unwrap();
    manager.deregister(igmp).unwrap();
}

#[test]
fn after_a_panic_the_audit_knows_whether_the_manager_can_go_on() {
    let mut went_on = 0;
    for orders in 0.. {
        let (mut manager, mut bomb) = (Manager::new(), Bomb { orders });
        if catch_unwind(AssertUnwindSafe(|| scenario(&mut manager, &mut bomb))).is_ok() {
            assert!(orders >= 8, "the scenario gives the forwarder only {orders} orders");
            break;
        }
        manager.abandon_lost_tasks();
        if manager.audit().is_ok() {
            went_on += 1;
            // What the panic left does not stand in the way of a new client.
            let mut quiet = Bomb { orders: u32::MAX };
            let client = manager.register(200, 0, false).unwrap();
            let step = manager.take(client, interface(9), &mut Context { now: 2, forwarding: &mut quiet });
            assert!(matches!(step, Step::Done(Ok(()))));
        }
    }
    assert!(went_on > 0);
}
