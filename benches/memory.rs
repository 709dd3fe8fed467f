//! How much memory memberships and MFEs take, as the allocator counts it and as it is in
//! RAM.
//!
//! The pure manager, so that the memory forwarder, which stands for the kernel, takes no
//! part; beside it, for information, the whole library with that forwarder, by the C
//! interface. Where a hash table has just doubled, an
//! entry takes the most: the sizes are right behind that. `cargo bench --bench memory`.

#[path = "common/client.rs"]
mod client;
mod common;
#[path = "common/counting.rs"]
mod counting;

use client::{Client, group};
use common::{Spread, Target, print_point, print_row, sized};
use rtm::{
    forwarder::{InterfaceKey, Route},
    manager::{
        Answer, ClientId, Context, Direct, Entry, Error, Flags, Flow, Forwarding, Manager, MfeView, PacketHeader, Step,
    },
};

/// Right behind 7/8 of a power of two, where hash tables double; and round ones.
const SIZES: [u32; 7] = [1_000, 10_000, 100_000, 115_000, 500_000, 920_000, 1_000_000];
const OIFS: u32 = 4;

struct Nowhere;

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

/// The pure manager with a client that has five interfaces.
struct World {
    manager: Manager,
    client: ClientId,
}

fn link(if_index: u32) -> InterfaceKey {
    InterfaceKey { if_index, next_hop: 0 }
}

impl World {
    fn new() -> Self {
        let mut manager = Manager::new();
        let client = manager.register(100, 0, false).expect("room");
        for if_index in 1..=1 + OIFS {
            let mut cx = Context { now: 1, forwarding: &mut Nowhere };
            assert!(matches!(manager.take(client, link(if_index), &mut cx), Step::Done(Ok(()))));
        }
        Self { manager, client }
    }

    fn join(&mut self, group: u32, mask: u32, if_index: u32) {
        let entry = Entry::new(0, 0, group, mask).expect("a group");
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        self.manager.add(self.client, &entry, link(if_index), Flags::JOIN, None, &mut cx).expect("room");
    }

    fn receive(&mut self, source: u32, group: u32) {
        let route = Some(Route { if_index: 1, gateway: 0, network: 0, prefix_len: 0, protocol: 3 });
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        let header = PacketHeader::new(&[0x45; 20]);
        let Ok(mut step) = self.manager.packet(None, Flow { source, group }, header, route, &mut cx) else {
            panic!("dropped")
        };
        while let Step::Call(task, _, direct) = step {
            let answer = match direct {
                Direct::Rpf { iif, upstream, .. } => Answer::Rpf(iif, upstream),
                Direct::Creation { oifs, .. } => Answer::Creation(oifs),
                _ => Answer::Nothing,
            };
            step = self.manager.resume(task, answer, &mut cx);
        }
    }
}

/// The bytes of the program's memory that are in RAM.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("/proc/self/statm");
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    // SAFETY: sysconf takes any number.
    pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
fn resident() -> usize {
    counting::in_use()
}

/// The cases: a name, and the target for each entry.
const CASES: [(&str, Target); 5] = [
    ("membership (*;G) on one interface", Target::AtMost(64.0)),
    ("MFE with 4 oifs; a source each", Target::AtMost(192.0)),
    ("MFE with 4 oifs; of 1000 sources", Target::AtMost(192.0)),
    ("membership, whole library", Target::None),
    ("MFE with 4 oifs, whole library with the memory forwarder's", Target::None),
];

/// Prints what one case takes at one size: by the allocator, and resident.
fn measure(case: usize, size: u32) {
    let taken = |make: &mut dyn FnMut(u32)| {
        let before = (counting::in_use(), resident());
        (0..size).for_each(make);
        println!("{} {}", counting::in_use() - before.0, resident().saturating_sub(before.1));
    };
    if case < 3 {
        let world = &mut World::new();
        if case == 0 {
            return taken(&mut |number| world.join(group(number), 0, 2));
        }
        (2..2 + OIFS).for_each(|if_index| world.join(0xE100_0000, 0xFF00_0000, if_index));
        let sources = if case == 1 { u32::MAX } else { 1_000 };
        return taken(&mut |number| world.receive(0x0A00_0000 | (number % sources), group(number)));
    }
    client::start_manager();
    client::add_default_route(1);
    let receiver = Client::register(0);
    (1..=1 + OIFS).for_each(|if_index| receiver.take(if_index));
    if case == 3 {
        return taken(&mut |number| receiver.join(group(number), 2));
    }
    (0..size).for_each(|number| (2..2 + OIFS).for_each(|if_index| receiver.join(group(number), if_index)));
    taken(&mut |number| client::receive(0x0A00_0000 | number, group(number), 1));
}

/// Each measurement is a process of its own: what another one gave back would be used again.
fn report(case: usize, size: u32) {
    let program = std::env::current_exe().expect("this program");
    let output = std::process::Command::new(program).args(["measure", &case.to_string(), &size.to_string()]).output();
    let output = String::from_utf8(output.expect("it runs").stdout).expect("numbers");
    let bytes: Vec<f64> = output.split_whitespace().map(|bytes| bytes.parse().expect("a number")).collect();
    let [counted, resident] = bytes[..] else { panic!("it failed") };
    let (what, target) = CASES[case];
    let (counted, resident) = (counted / f64::from(size), resident / f64::from(size));
    let name = format!("{what}; among {size}");
    print_row(&name, "B", Spread::of([counted]), target, &format!("{resident:.0} B resident"), "-");
    print_point("memory", what, f64::from(size), counted);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, measured, case, size] = &arguments[..]
        && measured == "measure"
    {
        return measure(case.parse().expect("a case"), size.parse().expect("a size"));
    }
    let sizes = sized(&SIZES[..], &SIZES[..1]);
    (0..CASES.len()).for_each(|case| sizes.iter().for_each(|&size| report(case, size)));
}
