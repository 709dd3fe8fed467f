//! A full manager under random requests for a long time.

use super::{client, client::Client, counting};
use std::time::Instant;

const OIFS: u32 = 4;
/// The groups of the flows; each is joined on some interfaces, now on these, now on those.
const GROUPS: u32 = 4_096;
/// The operations are timed in so many parts.
pub const PARTS: usize = 100;
/// How long an MFE lives without packets, in milliseconds.
const LIFE: u32 = 900_000;

pub struct Outcome {
    /// Nanoseconds for each operation, part by part.
    pub times: Vec<f64>,
    /// How many MFEs there were at the end.
    pub entries: usize,
    /// The bytes that are in use more than after a short time with few MFEs.
    pub left: usize,
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 32) * u64::from(n)) >> 32) as u32
    }
}

struct World {
    receiver: Client,
    /// On which oifs each group is joined, a bit each.
    joined: Vec<u8>,
    flows: u32,
    random: Random,
    buffer: [u8; 1024],
}

impl World {
    /// With `flows` MFEs.
    fn new(flows: u32) -> Self {
        let receiver = Client::register(0);
        (1..=1 + OIFS).for_each(|if_index| receiver.take(if_index));
        let buffer = [0; 1024];
        let mut world = Self { receiver, joined: vec![0; GROUPS as usize], flows, random: Random(1), buffer };
        (0..GROUPS).for_each(|group| (0..OIFS).for_each(|oif| world.turn(group, oif)));
        (0..flows).for_each(|number| world.receive(number));
        world
    }

    fn flow(number: u32) -> (u32, u32) {
        (0x0A00_0000 | (number / GROUPS), client::group(number % GROUPS))
    }

    fn receive(&mut self, number: u32) {
        let (source, group) = Self::flow(number);
        client::receive(source, group, 1);
    }

    /// Joins where the group is not joined, and leaves where it is.
    fn turn(&mut self, group: u32, oif: u32) {
        let joined = &mut self.joined[group as usize];
        match *joined & 1 << oif {
            0 => self.receiver.join(client::group(group), 2 + oif),
            _ => self.receiver.leave(client::group(group), 2 + oif),
        }
        *joined ^= 1 << oif;
    }

    fn step(&mut self) {
        match self.random.below(1_000) {
            // One group of 4,096 is many MFEs: this is most of the work.
            0 => {
                let (group, oif) = (self.random.below(GROUPS), self.random.below(OIFS));
                self.turn(group, oif);
            }
            // A group without flows.
            1..250 => {
                let group = client::group(GROUPS + self.random.below(GROUPS));
                self.receiver.join(group, 2);
                self.receiver.leave(group, 2);
            }
            250..500 => {
                let (source, group) = Self::flow(self.random.below(self.flows));
                client::try_look_up(source, group, &mut self.buffer);
            }
            // New where its MFE has ended, so that the table stays as full.
            _ => {
                let number = self.random.below(self.flows);
                self.receive(number);
            }
        }
    }

    fn end(self) {
        (1..=1 + OIFS).for_each(|if_index| self.receiver.release(if_index));
        self.receiver.deregister();
    }
}

/// Goes through `operations` with about `flows` MFEs.
pub fn run(flows: u32, operations: usize) -> Outcome {
    client::start_manager_with_manual_clock();
    client::add_default_route(1);
    World::new(flows.min(100)).end();
    let before = counting::in_use();
    let mut world = World::new(flows);
    // MFEs end, or are renewed, three times or so.
    let each = operations / PARTS;
    let mut times = Vec::with_capacity(PARTS);
    for _ in 0..PARTS {
        let start = Instant::now();
        for step in 0..each {
            world.step();
            if step % (each / 10).max(1) == 0 {
                client::advance(3 * LIFE / (10 * PARTS as u32));
            }
        }
        times.push(start.elapsed().as_secs_f64() * 1e9 / each as f64);
    }
    let entries = client::count(&mut vec![0; 65_536]);
    world.end();
    let left = counting::in_use().saturating_sub(before + times.capacity() * size_of::<f64>());
    client::stop_manager();
    Outcome { times, entries, left }
}
