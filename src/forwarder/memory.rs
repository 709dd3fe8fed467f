//! The forwarder in memory: packets and routes come through the host interface, and
//! forwarding means counting. The default, and the one for tests without a kernel.

use super::{
    Address, Arrival, DEFAULT_THRESHOLD, EntryStatistics, Forwarder, ForwarderError, InterfaceKey, OifStatistics, Route,
};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Packets kept for a flow until its entry is there: as many as the kernel keeps.
const UNRESOLVED: usize = 4;
/// The least time between two reports of wrong-interface packets of one entry, in
/// milliseconds: the kernel's.
const REPORT_GAP: u64 = 3_000;

/// What counts of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Packet {
    /// Its bytes, the IP header included.
    pub len: u32,
    /// Its TTL as it came in.
    pub ttl: u8,
}

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received {
    /// It met its entry and was forwarded to as many interfaces.
    Forwarded(usize),
    /// It met its entry on another interface than the iif; report it, or not again.
    WrongInterface {
        /// Whether a report is due.
        report: bool,
    },
    /// There is no entry; the packet waits for it.
    NoEntry,
    /// There is no entry, and too many packets wait for it.
    Dropped,
    /// There is no entry, and no memory to keep the packet.
    OutOfMemory,
}

struct Entry<A> {
    source: A,
    group: A,
    iif: InterfaceKey<A>,
    oifs: Vec<(InterfaceKey<A>, OifStatistics)>,
    statistics: EntryStatistics,
    reported_at: Option<u64>,
}

struct Unresolved<A> {
    source: A,
    group: A,
    waiting: [(InterfaceKey<A>, Packet); UNRESOLVED],
    len: usize,
    overflow: u64,
}

/// The forwarder.
pub struct Memory<A = u32> {
    entries: HashTable<Entry<A>>,
    hasher: Option<DefaultHashBuilder>,
    /// The interfaces in use with their TTL thresholds, ascending.
    open: Vec<(InterfaceKey<A>, u8)>,
    /// Ascending by prefix length and network.
    routes: Vec<Route<A>>,
    unresolved: Vec<Unresolved<A>>,
    /// The list of the entry that [`Forwarder::prepare`] was called for last.
    next_oifs: Vec<(InterfaceKey<A>, OifStatistics)>,
    forwarded: u64,
}

fn hash<A: Address>(hasher: &Option<DefaultHashBuilder>, source: A, group: A) -> u64 {
    hasher.as_ref().map_or(0, |hasher| hasher.hash_one((source, group)))
}

/// Where an interface stands, or belongs.
fn place_of<A: Address>(open: &[(InterfaceKey<A>, u8)], interface: InterfaceKey<A>) -> Result<usize, usize> {
    open.binary_search_by_key(&interface, |&(key, _)| key)
}

impl<A: Address> Memory<A> {
    /// Without interfaces, routes or entries; allocates nothing.
    pub const fn new() -> Self {
        Self {
            entries: HashTable::new(),
            hasher: None,
            open: Vec::new(),
            routes: Vec::new(),
            unresolved: Vec::new(),
            next_oifs: Vec::new(),
            forwarded: 0,
        }
    }

    /// How many packets went out of one interface at least.
    pub fn forwarded(&self) -> u64 {
        self.forwarded
    }

    /// Adds or replaces the route to a network.
    ///
    /// # Errors
    /// OutOfMemory.
    pub fn add_route(&mut self, route: Route<A>) -> Result<(), ForwarderError> {
        match self.route_at(route.network, route.prefix_len) {
            Ok(at) => self.routes[at] = route,
            Err(at) => {
                self.routes.try_reserve(1).map_err(|_| ForwarderError::OutOfMemory)?;
                self.routes.insert(at, route);
            }
        }
        Ok(())
    }

    /// Removes the route to a network; says whether there was one.
    pub fn delete_route(&mut self, network: A, prefix_len: u8) -> bool {
        self.route_at(network, prefix_len).map(|at| self.routes.remove(at)).is_ok()
    }

    fn route_at(&self, network: A, prefix_len: u8) -> Result<usize, usize> {
        self.routes.binary_search_by_key(&(prefix_len, network), |route| (route.prefix_len, route.network))
    }

    /// A multicast packet came in on an interface.
    pub fn receive(&mut self, iif: InterfaceKey<A>, (source, group): (A, A), packet: Packet, now: u64) -> Received {
        let hash = hash(&self.hasher, source, group);
        match self.entries.find_mut(hash, |e| (e.source, e.group) == (source, group)) {
            None => self.keep(iif, (source, group), packet),
            Some(entry) => {
                let received = entry.forward(iif, &self.open, packet, now);
                if let Received::Forwarded(1..) = received {
                    self.forwarded += 1;
                }
                received
            }
        }
    }

    fn keep(&mut self, iif: InterfaceKey<A>, (source, group): (A, A), packet: Packet) -> Received {
        let known = self.unresolved.iter_mut().find(|u| (u.source, u.group) == (source, group));
        let queue = match known {
            Some(queue) => queue,
            None => {
                if self.unresolved.try_reserve(1).is_err() {
                    return Received::OutOfMemory;
                }
                let waiting = [(InterfaceKey::default(), Packet::default()); UNRESOLVED];
                self.unresolved.push(Unresolved { source, group, waiting, len: 0, overflow: 0 });
                self.unresolved.last_mut().expect("just pushed")
            }
        };
        if queue.len == UNRESOLVED {
            queue.overflow += 1;
            return Received::Dropped;
        }
        queue.waiting[queue.len] = (iif, packet);
        queue.len += 1;
        Received::NoEntry
    }

    /// Drops the packets that wait for an entry which will not come.
    pub fn forget_unresolved(&mut self, source: A, group: A) {
        self.unresolved.retain(|u| (u.source, u.group) != (source, group));
    }

    /// Sends the packets that waited for an entry through it.
    fn resolve(&mut self, source: A, group: A) {
        let Some(at) = self.unresolved.iter().position(|u| (u.source, u.group) == (source, group)) else { return };
        let queue = self.unresolved.swap_remove(at);
        for &(iif, packet) in &queue.waiting[..queue.len] {
            // Its construction told of the wrong interface already.
            self.receive(iif, (source, group), packet, 0);
        }
        let hash_of = hash(&self.hasher, source, group);
        if let Some(entry) = self.entries.find_mut(hash_of, |e| (e.source, e.group) == (source, group)) {
            entry.statistics.queue_overflow += queue.overflow;
            entry.reported_at = None;
        }
    }

    fn find(&self, source: A, group: A) -> Option<&Entry<A>> {
        let hash = hash(&self.hasher, source, group);
        self.entries.find(hash, |e| (e.source, e.group) == (source, group))
    }
}

impl<A: Address> Entry<A> {
    /// Takes a new list, ascending like the old one; those that stay keep their counts.
    fn set_oifs(&mut self, oifs: &mut dyn Iterator<Item = InterfaceKey<A>>) -> Result<(), ForwarderError> {
        let mut at = 0;
        for oif in oifs {
            while self.oifs.get(at).is_some_and(|&(key, _)| key < oif) {
                self.oifs.remove(at);
            }
            if self.oifs.get(at).is_none_or(|&(key, _)| key != oif) {
                self.oifs.try_reserve(1).map_err(|_| ForwarderError::OutOfMemory)?;
                self.oifs.insert(at, (oif, OifStatistics::default()));
            }
            at += 1;
        }
        self.oifs.truncate(at);
        Ok(())
    }

    fn forward(&mut self, iif: InterfaceKey<A>, open: &[(InterfaceKey<A>, u8)], packet: Packet, now: u64) -> Received {
        self.statistics.packets += 1;
        self.statistics.bytes += u64::from(packet.len);
        if iif != self.iif {
            self.statistics.wrong_interface += 1;
            let report = self.reported_at.is_none_or(|at| now >= at + REPORT_GAP);
            if report {
                self.reported_at = Some(now);
            }
            return Received::WrongInterface { report };
        }
        if place_of(open, iif).is_err() {
            // As in the kernel: nothing is forwarded from an interface nobody holds.
            return Received::Forwarded(0);
        }
        let mut forwarded = 0;
        for (oif, statistics) in &mut self.oifs {
            let threshold = place_of(open, *oif).map_or(DEFAULT_THRESHOLD, |at| open[at].1);
            if packet.ttl > threshold {
                statistics.packets += 1;
                forwarded += 1;
            } else {
                statistics.ttl_too_low += 1;
            }
        }
        Received::Forwarded(forwarded)
    }
}

impl<A: Address> Default for Memory<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Address> Forwarder<A> for Memory<A> {
    fn open_interface(&mut self, interface: InterfaceKey<A>) -> Result<(), ForwarderError> {
        self.open.try_reserve(1).map_err(|_| ForwarderError::OutOfMemory)?;
        if let Err(at) = place_of(&self.open, interface) {
            self.open.insert(at, (interface, DEFAULT_THRESHOLD));
        }
        Ok(())
    }

    fn close_interface(&mut self, interface: InterfaceKey<A>) {
        self.open.retain(|&(other, _)| other != interface);
    }

    fn set_threshold(&mut self, if_index: u32, ttl: u8) {
        for (_, threshold) in self.open.iter_mut().filter(|(key, _)| key.if_index == if_index) {
            *threshold = ttl;
        }
    }

    fn prepare(&mut self, source: A, group: A, oifs: usize) -> Result<(), ForwarderError> {
        self.hasher.get_or_insert_default();
        let (hasher, entries) = (&self.hasher, &mut self.entries);
        let hash_of = hash(hasher, source, group);
        let room = match entries.find_mut(hash_of, |e| (e.source, e.group) == (source, group)) {
            Some(entry) => entry.oifs.try_reserve(oifs.saturating_sub(entry.oifs.len())).is_ok(),
            None => {
                self.next_oifs = Vec::new();
                self.next_oifs.try_reserve_exact(oifs).is_ok()
                    && entries.try_reserve(1, |e| hash(hasher, e.source, e.group)).is_ok()
            }
        };
        if room { Ok(()) } else { Err(ForwarderError::OutOfMemory) }
    }

    fn install(
        &mut self,
        source: A,
        group: A,
        iif: InterfaceKey<A>,
        oifs: &mut dyn Iterator<Item = InterfaceKey<A>>,
    ) -> Result<(), ForwarderError> {
        self.hasher.get_or_insert_default();
        let (hasher, entries) = (&self.hasher, &mut self.entries);
        let hash_of = hash(hasher, source, group);
        if entries.find(hash_of, |e| (e.source, e.group) == (source, group)).is_none() {
            entries.try_reserve(1, |e| hash(hasher, e.source, e.group)).map_err(|_| ForwarderError::OutOfMemory)?;
            let new = Entry {
                source,
                group,
                iif,
                oifs: std::mem::take(&mut self.next_oifs),
                statistics: EntryStatistics::default(),
                reported_at: None,
            };
            entries.insert_unique(hash_of, new, |e| hash(hasher, e.source, e.group));
        }
        let Some(entry) = entries.find_mut(hash_of, |e| (e.source, e.group) == (source, group)) else {
            return Err(ForwarderError::OutOfMemory);
        };
        entry.iif = iif;
        entry.set_oifs(oifs)?;
        self.resolve(source, group);
        Ok(())
    }

    fn remove(&mut self, source: A, group: A) {
        self.forget_unresolved(source, group);
        let hash_of = hash(&self.hasher, source, group);
        if let Ok(found) = self.entries.find_entry(hash_of, |e| (e.source, e.group) == (source, group)) {
            found.remove();
        }
        if self.entries.is_empty() {
            self.entries = HashTable::new();
        }
    }

    fn route(&mut self, source: A) -> Result<Option<Route<A>>, ForwarderError> {
        let route_of = |len| self.route_at(source.network(len), len).ok();
        Ok((0..=A::BITS).rev().find_map(route_of).map(|at| self.routes[at]))
    }

    fn statistics(&mut self, source: A, group: A) -> EntryStatistics {
        self.find(source, group).map_or_else(EntryStatistics::default, |entry| entry.statistics)
    }

    fn oif_statistics(&mut self, source: A, group: A, oif: InterfaceKey<A>) -> OifStatistics {
        let oifs = self.find(source, group).map_or(&[][..], |entry| &entry.oifs);
        oifs.iter().find(|(key, _)| *key == oif).map_or_else(OifStatistics::default, |&(_, statistics)| statistics)
    }

    fn arrival(&self, _vif: u16) -> Option<Arrival<A>> {
        None
    }
}
