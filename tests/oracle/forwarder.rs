//! The memory forwarder, with what the manager ordered written down beside it, and a
//! naive model of what it counts.

use crate::{
    model::{K, Model},
    reached::Reached,
};
use rtm::{
    forwarder::{
        EntryStatistics, Forwarder as _, InterfaceKey,
        memory::{Memory, Received},
    },
    manager::{Error, Flow, Forwarding, MfeView},
};
use std::collections::BTreeMap;

/// Packets that wait for an entry, at most.
const QUEUE: usize = 4;
/// Milliseconds between two reports of wrong-interface packets.
const REPORTS: u64 = 3_000;

/// The real one.
#[derive(Default)]
pub struct Forwarder {
    pub memory: Memory,
    pub open: Vec<K>,
    /// By group and source: the iif and the oifs.
    pub entries: BTreeMap<(u32, u32), (K, Vec<K>)>,
    /// For how many oifs there is room, by flow, until the request ends.
    pub prepared: Vec<(Flow, usize)>,
    /// An interface that cannot be used.
    pub refused: Option<K>,
    pub wrong: Option<&'static str>,
}

impl Forwarding for Forwarder {
    fn open(&mut self, interface: InterfaceKey) -> Result<(), Error> {
        if self.refused == Some(interface) {
            return Err(Error::CanNotComplete);
        }
        if self.open.contains(&interface) {
            self.wrong = Some("opened twice");
        }
        self.open.push(interface);
        self.memory.open_interface(interface).map_err(|_| Error::OutOfMemory)
    }

    fn close(&mut self, interface: InterfaceKey) {
        if !self.open.contains(&interface) {
            self.wrong = Some("closed, but not open");
        }
        if self.entries.values().any(|(iif, oifs)| *iif == interface || oifs.contains(&interface)) {
            self.wrong = Some("closed, but in use");
        }
        self.open.retain(|&other| other != interface);
        self.memory.close_interface(interface);
    }

    fn prepare(&mut self, flow: Flow, oifs: usize) -> Result<(), Error> {
        self.prepared.push((flow, oifs));
        self.memory.prepare(flow.source, flow.group, oifs).map_err(|_| Error::OutOfMemory)
    }

    fn install(&mut self, entry: &MfeView<'_>) {
        let (source, group) = (entry.source(), entry.group());
        let oifs: Vec<_> = entry.oifs().collect();
        if !oifs.iter().all(|oif| self.open.contains(oif)) {
            self.wrong = Some("an oif is not open");
        }
        let room = self.prepared.iter().filter(|(flow, _)| *flow == Flow { source, group }).map(|&(_, room)| room);
        let has = self.entries.get(&(group, source)).map(|(_, oifs)| oifs.len());
        if room.chain(has).max().is_none_or(|room| room < oifs.len()) {
            self.wrong = Some("installed without room");
        }
        if self.memory.install(source, group, entry.iif(), &mut oifs.iter().copied()).is_err() {
            self.wrong = Some("could not be installed");
        }
        self.entries.insert((group, source), (entry.iif(), oifs));
    }

    fn remove(&mut self, flow: Flow) {
        // Also for an entry that never came to be: its waiting packets go.
        self.entries.remove(&(flow.group, flow.source));
        self.memory.remove(flow.source, flow.group);
    }
}

/// What is counted for one life of an MFE.
struct Counted {
    life: u64,
    flow: Flow,
    statistics: EntryStatistics,
    out: Vec<(K, u64)>,
    reported: Option<u64>,
}

impl Counted {
    fn receive(&mut self, arrival: K, iif: K, is_open: bool, len: u32, now: u64) -> Received {
        self.statistics.packets += 1;
        self.statistics.bytes += u64::from(len);
        if arrival != iif {
            self.statistics.wrong_interface += 1;
            let report = self.reported.is_none_or(|at| now >= at + REPORTS);
            if report {
                self.reported = Some(now);
            }
            return Received::WrongInterface { report };
        }
        if !is_open {
            return Received::Forwarded(0);
        }
        self.out.iter_mut().for_each(|(_, packets)| *packets += 1);
        Received::Forwarded(self.out.len())
    }
}

/// The packets that wait for an entry.
struct Queue {
    flow: Flow,
    waiting: Vec<(K, u32)>,
    overflow: u64,
}

/// The model of it: what was counted, and what waits.
#[derive(Default)]
pub struct Counts {
    counted: Vec<Counted>,
    queues: Vec<Queue>,
}

impl Counts {
    pub fn receive(&mut self, model: &Model, arrival: K, flow: Flow, len: u32) -> Received {
        if let Some(mfe) = model.mfe(flow) {
            let counted = self.counted.iter_mut().find(|counted| counted.life == mfe.life).expect("it is followed");
            return counted.receive(arrival, mfe.iif, model.interface(arrival).is_some(), len, model.now);
        }
        if self.queues.iter().all(|queue| queue.flow != flow) {
            self.queues.push(Queue { flow, waiting: Vec::new(), overflow: 0 });
        }
        let queue = self.queues.iter_mut().find(|queue| queue.flow == flow).expect("just made");
        if queue.waiting.len() == QUEUE {
            queue.overflow += 1;
            return Received::Dropped;
        }
        queue.waiting.push((arrival, len));
        Received::NoEntry
    }

    /// No entry comes for these.
    pub fn forget(&mut self, flow: Flow) {
        self.queues.retain(|queue| queue.flow != flow);
    }

    /// Packets of an MFE, less those on a wrong interface.
    pub fn good(&self, life: u64) -> u64 {
        let counted = self.counted.iter().find(|counted| counted.life == life);
        counted.map_or(0, |counted| counted.statistics.packets - counted.statistics.wrong_interface)
    }

    /// Follows what a request did to the MFEs.
    pub fn follow(&mut self, model: &Model, reached: &mut Reached) {
        self.counted.retain(|counted| model.mfes.iter().any(|mfe| mfe.life == counted.life));
        for mfe in &model.mfes {
            if self.counted.iter().all(|counted| counted.life != mfe.life) {
                let (life, flow, statistics) = (mfe.life, mfe.flow, EntryStatistics::default());
                self.counted.push(Counted { life, flow, statistics, out: Vec::new(), reported: None });
            }
            let counted = self.counted.iter_mut().find(|counted| counted.life == mfe.life).expect("just made");
            let oifs = model.oifs(mfe);
            counted.out.retain(|(oif, _)| oifs.contains(oif));
            for oif in oifs {
                if counted.out.iter().all(|(other, _)| *other != oif) {
                    counted.out.push((oif, 0));
                }
            }
            let Some(at) = self.queues.iter().position(|queue| queue.flow == mfe.flow) else { continue };
            let queue = self.queues.remove(at);
            reached.add("packets that waited and were forwarded", queue.waiting.len() as u64);
            for (arrival, len) in queue.waiting {
                counted.receive(arrival, mfe.iif, model.interface(arrival).is_some(), len, 0);
            }
            counted.statistics.queue_overflow += queue.overflow;
            counted.reported = None;
        }
        let queues = self.queues.len();
        self.queues.retain(|queue| model.is_constructing(queue.flow));
        reached.add("packets that waited and were dropped", (queues - self.queues.len()) as u64);
    }

    pub fn compare(&self, memory: &mut Memory, keys: &[K]) -> Result<(), String> {
        for Counted { flow: Flow { source, group }, statistics, out, .. } in &self.counted {
            let got = memory.statistics(*source, *group);
            if got != *statistics {
                return Err(format!("statistics of {group:x} {source:x}: {got:?}, the model {statistics:?}"));
            }
            for &key in keys {
                let wanted = out.iter().find(|(oif, _)| *oif == key).map_or(0, |(_, packets)| *packets);
                let got = memory.oif_statistics(*source, *group, key).packets;
                if got != wanted {
                    return Err(format!("{group:x} {source:x} out of {key:x?}: {got} packets, the model {wanted}"));
                }
            }
        }
        Ok(())
    }
}
