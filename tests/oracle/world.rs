//! Asks the manager and the model the same, and compares everything.

use crate::{
    entries::Plain,
    forwarder::{Counts, Forwarder},
    model::{C, Client, K, MAlert, MAnswer, MDirect, MStep, Member, Model, ThreadId},
    ops::{self, Op, Way},
    reached::Reached,
};
use rtm::{
    forwarder::{
        Arrival, Route,
        memory::{Packet, Received},
    },
    manager::{
        Alert, Answer, Boundary, ClientId, Context, DEFAULT_MAX_MFES, Direct, Drop, Entry, EnumerationId,
        EnumerationKind, Error, Flags, Flow, Manager, PacketHeader, Step, TaskId,
    },
};

type Outcome = Result<(), String>;
/// Whether there was anything to ask.
type Made = Result<bool, String>;

/// A callback that has not returned yet.
struct Waiting {
    task: TaskId,
    thread: ThreadId,
    client: C,
    direct: Direct,
}

/// An enumeration, and what must be true of it.
struct Enumeration {
    id: EnumerationId,
    client: C,
    all: bool,
    ended: bool,
    /// Joined since the start without a gap: to be given exactly once.
    staying: Vec<Plain>,
    /// ANY_SOURCE gives the groups that there were.
    at_start: Vec<Plain>,
    given: Vec<Plain>,
    /// Whether what it enumerates changed since it began.
    changed: bool,
}

/// A prune alert whose answer has not come yet.
struct Pruned {
    flow: Flow,
    incarnation: u32,
    /// The model's; 0 if the answer is nothing to it.
    life: u64,
}

pub struct World {
    manager: Manager,
    forwarder: Forwarder,
    counts: Counts,
    model: Model,
    waiting: Vec<Waiting>,
    to_reap: Vec<C>,
    enumerations: Vec<Enumeration>,
    pruned: Vec<Pruned>,
    packets: u16,
    /// Requests made, each with all comparisons after it.
    pub steps: u64,
    /// The order of alerts about different entries is not specified for this request.
    unordered: bool,
    /// What happened, for the message of a failure.
    pub log: Vec<String>,
}

fn plain(entry: &Entry) -> Plain {
    Plain {
        source: entry.source(),
        source_mask: entry.source_mask(),
        group: entry.group(),
        group_mask: entry.group_mask(),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, manager: T, model: T) -> Outcome {
    if manager == model { Ok(()) } else { Err(format!("{what}: the manager {manager:?}, the model {model:?}")) }
}

impl World {
    pub fn new() -> Self {
        Self {
            manager: Manager::new(),
            forwarder: Forwarder { refused: Some(ops::UNUSABLE), ..Forwarder::default() },
            counts: Counts::default(),
            model: Model {
                max_mfes: DEFAULT_MAX_MFES as usize,
                now: 1,
                unusable: Some(ops::UNUSABLE),
                ..Model::default()
            },
            waiting: Vec::new(),
            to_reap: Vec::new(),
            enumerations: Vec::new(),
            pruned: Vec::new(),
            packets: 0,
            steps: 0,
            unordered: false,
            log: Vec::new(),
        }
    }

    fn ask<R>(&mut self, f: impl FnOnce(&mut Manager, &mut Context<'_>) -> R) -> R {
        f(&mut self.manager, &mut Context { now: self.model.now, forwarding: &mut self.forwarder })
    }

    /// A client, rarely a dead one.
    fn client(&self, n: u8) -> Option<C> {
        let live = self.model.live();
        let of = |count: usize| (count > 0).then(|| usize::from(n) % count);
        match n {
            245.. => of(self.model.clients.len()),
            _ => of(live.len()).map(|at| live[at]),
        }
    }

    fn id(&self, client: C) -> ClientId {
        self.model.clients[client].id
    }

    fn of_id(&self, id: ClientId) -> Option<C> {
        self.model.clients.iter().position(|client| client.id == id)
    }

    /// The route to give along; the manager must ignore it when it knows better.
    fn route(&self, source: u32) -> Option<Route> {
        let lie = Route { if_index: 77, gateway: 7, network: 7, prefix_len: 32, protocol: 7 };
        if self.manager.knows_route(source) { Some(lie) } else { self.model.route(source) }
    }

    fn header(&mut self) -> Vec<u8> {
        self.packets = self.packets.wrapping_add(1);
        let mut header = vec![0x45; 20 + usize::from(self.packets % 11) * 4];
        header[4..6].copy_from_slice(&self.packets.to_be_bytes());
        header
    }

    /// What was reached so far.
    pub fn reached(&self) -> &Reached {
        &self.model.reached
    }

    fn reach(&mut self, what: &'static str) {
        self.model.reach(what);
    }

    /// One request, if there is anything to ask, and all comparisons after it.
    pub fn step(&mut self, op: Op) -> Outcome {
        self.forwarder.prepared.clear();
        self.unordered = false;
        let inside = !self.waiting.is_empty() && !matches!(op, Op::Answer { .. });
        if self.request(op)? {
            self.compare_alerts()?;
            self.compare()?;
            self.steps += 1;
            if inside {
                self.count_inside();
            }
        }
        Ok(())
    }

    fn count_inside(&mut self) {
        if self.waiting.len() > 1 {
            self.reach("callbacks of several requests at once");
        }
        for at in 0..self.waiting.len() {
            match self.waiting[at].direct {
                Direct::Rpf { .. } => self.reach("requests made from inside RPF"),
                Direct::Creation { .. } => self.reach("requests made from inside a creation alert"),
                Direct::DisableIgmp(_) => self.reach("requests made from inside DISABLE"),
                Direct::EnableIgmp(_) => {}
            }
        }
    }

    fn request(&mut self, op: Op) -> Made {
        self.log.push(format!("{op:?} {}", ops::meaning(op)));
        let Some(outcome) = self.ask_both(op) else { return Ok(false) };
        self.model.reached.add(ops::name(op), 1);
        outcome.map(|()| true)
    }

    /// None: there is nothing to ask.
    fn ask_both(&mut self, op: Op) -> Option<Outcome> {
        Some(match op {
            Op::Register { protocol, component, enables } => {
                (self.model.live().len() < 7).then(|| self.register(protocol, component, enables))?
            }
            Op::Deregister { client } => {
                let leaves = client < 80;
                let client = self.client(client)?;
                if leaves { self.leave(client) } else { self.deregister(client) }
            }
            Op::Take { client, key } => {
                let (client, key) = (self.client(client)?, ops::key(key));
                let id = self.id(client);
                let step = self.ask(|manager, cx| manager.take(id, key, cx));
                let expected = self.model.take(client, key);
                self.stepped(step, expected)
            }
            Op::Release { client, key } => {
                let (client, key) = (self.client(client)?, ops::key(key));
                self.release(client, key)
            }
            Op::Add { client, entry, key, flags } => {
                if let Some(Member { entry, key, holder }) = self.member(entry, 230) {
                    return Some(self.add_entry(holder, entry, key, flags));
                }
                let client = self.client(client)?;
                self.add(client, entry, ops::key(key), flags)
            }
            Op::Delete { client, entry, key, flags } => {
                if let Some(Member { entry, key, holder }) = self.member(entry, 126) {
                    return Some(self.delete_entry(holder, entry, key, flags));
                }
                let client = self.client(client)?;
                self.delete(client, entry, ops::key(key), flags)
            }
            Op::Check { source, source_mask, group, group_mask, flags } => {
                let words = (ops::address(source), ops::mask(source_mask), ops::address(group), ops::mask(group_mask));
                let entry = Entry::new(words.0, words.1, words.2, words.3).map(|entry| plain(&entry)).ok();
                let bits = Flags::from_bits(flags.into()).map(|flags| (flags.join(), flags.forward())).ok();
                same("entry", entry, Plain::new(words.0, words.1, words.2, words.3)).and(same(
                    "flags",
                    bits,
                    (1..=3).contains(&flags).then_some((flags & 1 != 0, flags & 2 != 0)),
                ))
            }
            Op::Packet { flow, arrival } => self.packet(ops::flow(flow), arrival),
            Op::Wrong { flow, arrival } => {
                let header = self.header();
                self.wrong_interface(ops::arrival(arrival), ops::flow(flow), header);
                Ok(())
            }
            Op::Route { source, route } => self.change_route(ops::source(source), ops::route(route)),
            Op::Advance { by } => {
                self.model.now += ops::step_of_time(by);
                Ok(())
            }
            Op::Expire { good } => self.expire(good),
            Op::PruneAnswer { which, seconds } => {
                let count = self.pruned.len();
                let at = (count > 0).then(|| usize::from(which) % count)?;
                let Pruned { flow, incarnation, life } = self.pruned.swap_remove(at);
                self.manager.prune_timeout(flow, incarnation, ops::seconds(seconds), self.model.now);
                self.model.prune_timeout(life, ops::seconds(seconds));
                Ok(())
            }
            Op::SetMfe { client, flow, upstream } => {
                let client = self.client(client)?;
                self.set_mfe(client, ops::flow(flow), upstream.into())
            }
            Op::EnumStart { client, all } => self.client(client).map(|client| self.enum_start(client, all))?,
            Op::EnumNext { which, n } => self.enumeration(which).map(|at| self.enum_next(at, n.into()))?,
            Op::EnumEnd { which } => {
                let at = self.enumeration(which)?;
                let result = self.manager.enumeration_end(self.enumerations[at].id);
                let lives = !self.enumerations[at].ended;
                self.enumerations[at].ended = true;
                same("enumeration_end", result, if lives { Ok(()) } else { Err(Error::InvalidParameter) })
            }
            Op::Limit { max } => {
                // Small ones are met often; 9 is none.
                let max = if max == 9 { DEFAULT_MAX_MFES } else { max.into() };
                self.manager.set_max_mfes(max);
                self.model.max_mfes = max as usize;
                Ok(())
            }
            Op::Answer { which, how, key } => {
                let count = self.waiting.len();
                let at = (count > 0).then(|| usize::from(which) % count)?;
                self.answer(at, how, key)
            }
            Op::Inside { which, what, entry, flags } => {
                let count = self.waiting.len();
                let at = (count > 0).then(|| usize::from(which) % count)?;
                self.inside(at, what, entry, 1 + flags % 3)
            }
            Op::MfesAfter { flow, n } => self.mfes_after(ops::flow(flow), n.into()),
            Op::Bound { index, groups } => self.add_boundary(ops::boundary(index, groups)),
            Op::Unbound { index, groups } => self.delete_boundary(index, groups),
        })
    }

    /// A membership that is there, for numbers from `from` on.
    fn member(&self, n: u8, from: u8) -> Option<Member> {
        let count = self.model.members.len();
        (n >= from && count > 0).then(|| self.model.members[usize::from(n) % count].clone())
    }

    fn add(&mut self, client: C, entry: u8, key: K, flags: u8) -> Outcome {
        self.add_entry(client, plain(&self.entry(entry)), key, flags)
    }

    fn add_entry(&mut self, client: C, entry: Plain, key: K, flags: u8) -> Outcome {
        let (id, entry) = (self.id(client), entry.given());
        let flags = Flags::from_bits(flags.into()).expect("valid");
        let route = self.route(entry.source());
        let result = self.ask(|manager, cx| manager.add(id, &entry, key, flags, route, cx));
        let expected = self.model.add(client, plain(&entry), key, flags.join(), flags.forward());
        same("add", result, expected)
    }

    fn delete(&mut self, client: C, entry: u8, key: K, flags: u8) -> Outcome {
        self.delete_entry(client, plain(&self.entry(entry)), key, flags)
    }

    fn delete_entry(&mut self, client: C, entry: Plain, key: K, flags: u8) -> Outcome {
        let (id, entry) = (self.id(client), entry.given());
        let flags = Flags::from_bits(flags.into()).expect("valid");
        let result = self.ask(|manager, cx| manager.delete(id, &entry, key, flags, cx));
        let expected = self.model.delete(client, plain(&entry), key, flags.join());
        same("delete", result, expected)
    }

    fn change_route(&mut self, source: u32, route: Option<Route>) -> Outcome {
        let step = self.ask(|manager, cx| manager.route_changed(source, route, cx));
        let expected = self.model.route_changed(source, route);
        self.stepped(step, expected)
    }

    fn add_boundary(&mut self, (index, group, mask): (u32, u32, u32)) -> Outcome {
        let boundary = Boundary::new(index, group, mask).expect("valid");
        let result = self.ask(|manager, cx| manager.add_boundary(boundary, cx));
        let range = Plain::new(0, 0, group, mask).expect("valid");
        same("add_boundary", result, self.model.add_boundary((index, range)))
    }

    /// Mostly one that is there.
    fn delete_boundary(&mut self, index: u8, groups: u8) -> Outcome {
        let (index, group, mask) = match self.model.boundaries.len() {
            count if count > 0 && groups >= 30 => {
                let (index, range) = self.model.boundaries[usize::from(index) % count];
                (index, range.group, range.group_mask)
            }
            _ => ops::boundary(index, groups),
        };
        let boundary = Boundary::new(index, group, mask).expect("valid");
        let result = self.ask(|manager, cx| manager.delete_boundary(boundary, cx));
        let range = Plain::new(0, 0, group, mask).expect("valid");
        same("delete_boundary", result, self.model.delete_boundary((index, range)))
    }

    fn set_mfe(&mut self, client: C, flow: Flow, upstream: u32) -> Outcome {
        let result = self.manager.set_upstream(self.id(client), flow, upstream);
        same("set_upstream", result, self.model.set_upstream(client, flow, upstream))
    }

    /// A client that is being called asks something about what it is called for.
    fn inside(&mut self, at: usize, what: u8, entry: u8, flags: u8) -> Outcome {
        let Waiting { client, thread, ref direct, .. } = self.waiting[at];
        let (flow, key) = match direct {
            Direct::Rpf { flow, iif, .. } => (Some(*flow), *iif),
            Direct::Creation { flow, oifs, .. } => (Some(*flow), oifs[usize::from(entry) % oifs.len()].interface),
            Direct::DisableIgmp(key) | Direct::EnableIgmp(key) => (None, *key),
        };
        let enabling = matches!(direct, Direct::EnableIgmp(_));
        match (what, flow) {
            (0..20, Some(flow)) => {
                let header = self.header();
                (0..entry % 8).try_for_each(|_| self.receive(self.where_it_should(flow), flow, header.clone()))
            }
            (20..80, Some(flow)) => self.change_route(flow.source, ops::route(entry)),
            (0..30, None) => match self.model.taker(thread) {
                Some(taker) => self.deregister(taker),
                None => self.release(client, key),
            },
            (..150, _) => {
                let members = self.model.members.len();
                self.add(client, entry, key, flags)?;
                if enabling && self.model.members.len() > members {
                    self.reach("memberships added by IGMP inside ENABLE");
                }
                Ok(())
            }
            (150..200, _) => self.delete(client, entry, key, flags),
            (200..220, Some(flow)) => self.set_mfe(client, flow, entry.into()),
            (220..235, _) => self.deregister(client),
            _ => self.release(client, key),
        }
    }

    /// The MFEs that follow a flow, some at a time.
    fn mfes_after(&mut self, flow: Flow, n: usize) -> Outcome {
        let place = |flow: Flow| (flow.group, flow.source);
        let mut wanted: Vec<_> = self.model.mfes.iter().map(|mfe| place(mfe.flow)).collect();
        wanted.retain(|&other| other > place(flow));
        wanted.sort();
        wanted.truncate(n);
        let views = self.manager.mfes_after(Some(flow), self.model.now).take(n);
        let got: Vec<_> = views.map(|view| (view.group(), view.source())).collect();
        self.reach("enumerations of MFEs from any flow");
        same("MFEs after", got, wanted)
    }

    fn entry(&self, n: u8) -> Entry {
        let (source, source_mask, group, group_mask) = ops::entry(n);
        Entry::new(source, source_mask, group, group_mask).expect("valid")
    }

    fn register(&mut self, protocol: u8, component: u8, enables: bool) -> Outcome {
        let (protocol, component) = (ops::protocol(protocol), component.into());
        let result = self.manager.register(protocol, component, enables);
        same("register", result.map(|_| ()), self.model.register(protocol, component))?;
        if let Ok(id) = result {
            self.model.clients.push(Client { id, protocol, component, enables, alive: true });
        }
        Ok(())
    }

    /// Releases what no hand-over keeps, and deregisters.
    fn leave(&mut self, client: C) -> Outcome {
        for key in ops::keys() {
            if self.model.holds(client, key) {
                self.release(client, key)?;
                self.compare_alerts()?;
            }
        }
        self.deregister(client)
    }

    fn deregister(&mut self, client: C) -> Outcome {
        let result = self.manager.deregister(self.id(client));
        same("deregister", result, self.model.deregister(client))?;
        if result.is_ok() {
            self.to_reap.push(client);
            for at in 0..self.enumerations.len() {
                let enumeration = &mut self.enumerations[at];
                if enumeration.client == client && !std::mem::replace(&mut enumeration.ended, true) {
                    self.reach("deregistrations of a client with an enumeration");
                }
            }
            if self.manager.live_clients() == 0 {
                self.reach("deregistrations of the last client");
                self.ask(|manager, cx| manager.forget_entries(cx));
                self.model.forget_entries();
            }
        }
        self.reap();
        Ok(())
    }

    /// Frees the places of dead clients that no callback runs in any more.
    fn reap(&mut self) {
        let (busy, idle): (Vec<C>, Vec<C>) =
            self.to_reap.iter().partition(|&&client| self.waiting.iter().any(|waiting| waiting.client == client));
        self.to_reap = busy;
        for client in idle {
            self.manager.reap(self.id(client));
        }
    }

    fn release(&mut self, client: C, key: K) -> Outcome {
        self.log.push(format!("  client {client} releases {key:?}"));
        // The order in which its memberships end is not specified.
        self.unordered = true;
        let id = self.id(client);
        let step = self.ask(|manager, cx| manager.release(id, key, cx));
        let expected = self.model.release(client, key);
        self.stepped(step, expected)
    }

    fn packet(&mut self, flow: Flow, way: u8) -> Outcome {
        let header = self.header();
        match ops::way(way) {
            Way::Reported(arrival) => self.packet_without_entry(arrival, flow, header).map(|_| ()),
            Way::On(key) => self.receive(key, flow, header),
            Way::OnIif => self.receive(self.where_it_should(flow), flow, header),
        }
    }

    fn where_it_should(&self, flow: Flow) -> K {
        let towards = || self.model.route(flow.source).map(|route| self.model.towards(route));
        let held = || self.model.interfaces.first().map(|interface| interface.key);
        self.model.mfe(flow).map(|mfe| mfe.iif).or_else(towards).or_else(held).unwrap_or_default()
    }

    /// What the engine does with a packet that reaches the memory forwarder.
    fn receive(&mut self, key: K, flow: Flow, header: Vec<u8>) -> Outcome {
        let (now, len) = (self.model.now, 100 + u32::from(header[5]));
        let received = self.forwarder.memory.receive(key, (flow.source, flow.group), Packet { len, ttl: 64 }, now);
        same("received", received, self.counts.receive(&self.model, key, flow, len))?;
        let arrival = Arrival { if_index: key.if_index, next_hop: Some(key.next_hop) };
        match received {
            Received::Forwarded(0) => self.reach("packets forwarded nowhere"),
            Received::Forwarded(_) => self.reach("packets forwarded to oifs"),
            Received::WrongInterface { report } => {
                self.reach("packets on a wrong interface");
                match report {
                    true => self.wrong_interface(arrival, flow, header),
                    false => {
                        self.manager.count_wrong_interface();
                        self.model.counters.wrong_interface += 1;
                    }
                }
            }
            Received::Dropped => {
                self.reach("packets beyond the queue");
                self.manager.count_drop(Drop::Busy);
                self.model.counters.dropped_busy += 1;
            }
            Received::OutOfMemory => return Err("the memory forwarder has no memory".into()),
            Received::NoEntry => {
                if let Some(Drop::Scope | Drop::Limit | Drop::Memory) =
                    self.packet_without_entry(Some(arrival), flow, header)?
                {
                    self.forwarder.memory.forget_unresolved(flow.source, flow.group);
                    self.counts.forget(flow);
                }
            }
        }
        Ok(())
    }

    fn wrong_interface(&mut self, arrival: Arrival, flow: Flow, header: Vec<u8>) {
        let packet = PacketHeader::new(&header);
        self.manager.wrong_interface(arrival, flow, &packet, self.model.now);
        self.model.wrong_interface(arrival, flow, header);
    }

    fn packet_without_entry(
        &mut self,
        arrival: Option<Arrival>,
        flow: Flow,
        header: Vec<u8>,
    ) -> Result<Option<Drop>, String> {
        let (packet, route) = (PacketHeader::new(&header), self.route(flow.source));
        let result = self.ask(|manager, cx| manager.packet(arrival, flow, packet, route, cx));
        match (result, self.model.packet(arrival, flow, header)) {
            (Ok(step), Ok(expected)) => self.stepped(step, expected).map(|()| None),
            (Err(drop), Err(expected)) => same("dropped", drop, expected).map(|()| Some(drop)),
            (result, expected) => same("packet", result.map(|_| ()), expected.map(|_| ())).map(|()| None),
        }
    }

    fn expire(&mut self, good: u8) -> Outcome {
        let mut turn = 0;
        while let Some(due) = self.manager.due(self.model.now) {
            let flow = due.flow;
            let Some(mfe) = self.model.mfe(flow) else { return Err(format!("{due:?} is not there")) };
            if mfe.expires > self.model.now || self.model.is_constructing(flow) {
                return Err(format!("{due:?} is not due: {mfe:?}"));
            }
            same("due", due.forwards, !self.model.oifs(mfe).is_empty())?;
            let (life, iif) = (mfe.life, mfe.iif);
            if good >> (turn % 8) & 1 != 0 {
                // It is in use to the last.
                let header = self.header();
                self.receive(iif, flow, header)?;
            }
            turn += 1;
            let statistics = rtm::forwarder::Forwarder::statistics(&mut self.forwarder.memory, flow.source, flow.group);
            let good = if due.forwards { statistics.packets - statistics.wrong_interface } else { 0 };
            let step = self.ask(|manager, cx| manager.expire(due, good, cx));
            let expected = self.model.expire(flow, self.counts.good(life));
            self.stepped(step, expected)?;
        }
        match self.model.postpone() {
            Some(mfe) => Err(format!("nothing is due, but {mfe:?}")),
            None => Ok(()),
        }
    }

    fn enumeration(&self, which: u8) -> Option<usize> {
        let count = self.enumerations.len();
        (count > 0).then(|| usize::from(which) % count)
    }

    /// What an enumeration of this kind gives at this time.
    fn joined(&self, all: bool) -> Vec<Plain> {
        let mut entries = self.model.joined();
        if !all {
            for entry in &mut entries {
                (entry.source, entry.source_mask) = (0, 0);
            }
            entries.sort();
            entries.dedup();
        }
        entries
    }

    fn enum_start(&mut self, client: C, all: bool) -> Outcome {
        let kind = if all { EnumerationKind::AllSources } else { EnumerationKind::AnySource };
        let result = self.manager.enumeration_start(self.id(client), kind);
        same("enumeration_start", result.map(|_| ()), self.model.check(client))?;
        if let Ok(id) = result {
            let staying = self.joined(all);
            self.enumerations.push(Enumeration {
                id,
                client,
                all,
                ended: false,
                at_start: staying.clone(),
                staying,
                given: Vec::new(),
                changed: false,
            });
        }
        Ok(())
    }

    fn enum_next(&mut self, at: usize, n: usize) -> Outcome {
        let (mut given, mut refused) = (Vec::new(), false);
        let result = self.manager.enumeration_next(self.enumerations[at].id, &mut |entry| {
            let fits = given.len() < n;
            if fits {
                given.push(plain(entry));
            } else {
                refused = true;
            }
            fits
        });
        let joined = self.joined(self.enumerations[at].all);
        let enumeration = &mut self.enumerations[at];
        if enumeration.ended {
            return same("enumeration_next", result, Err(Error::InvalidParameter));
        }
        let more = result.map_err(|error| format!("enumeration_next: {error:?}"))?;
        same("more entries", more, refused)?;
        self.model.reached.add("entries enumerated", given.len() as u64);
        self.model.reached.add("group enumerations that came to an end", u64::from(!more));
        let outlived = !more && enumeration.changed;
        self.model.reached.add("group enumerations that outlived changes", u64::from(outlived));
        for entry in given {
            if !joined.contains(&entry) && (enumeration.all || !enumeration.at_start.contains(&entry)) {
                return Err(format!("{entry:?} is enumerated, but not joined"));
            }
            if enumeration.given.contains(&entry) && (enumeration.staying.contains(&entry) || !enumeration.all) {
                return Err(format!("{entry:?} is enumerated twice"));
            }
            enumeration.given.push(entry);
        }
        match enumeration.staying.iter().find(|entry| !enumeration.given.contains(entry)) {
            Some(entry) if !more => Err(format!("{entry:?} is not enumerated")),
            _ => Ok(()),
        }
    }

    /// Answers a waiting callback.
    fn answer(&mut self, at: usize, how: u8, key: u8) -> Outcome {
        let Waiting { task, thread, client, direct } = self.waiting.remove(at);
        // A release, or a take from IGMP: the order in which memberships end is not specified.
        self.unordered = matches!(direct, Direct::DisableIgmp(_));
        self.reach(match direct {
            _ if how < 16 || !self.model.clients[client].alive => "callbacks that answered nothing",
            Direct::Rpf { .. } => "RPF callbacks",
            Direct::Creation { .. } => "creation callbacks",
            Direct::DisableIgmp(_) => "DISABLE callbacks",
            Direct::EnableIgmp(_) => "ENABLE callbacks",
        });
        let (answer, same_answer) = match direct {
            _ if how < 16 || !self.model.clients[client].alive => (Answer::Nothing, MAnswer::Nothing),
            Direct::Rpf { iif, upstream, .. } => {
                let (iif, upstream) = match how {
                    0..150 => (iif, upstream),
                    150..160 => (iif, 7),
                    160..180 => (K { if_index: 0, next_hop: 0 }, upstream),
                    180..225 => (self.held(client, key).unwrap_or(iif), 9),
                    _ => (ops::key(key), 8),
                };
                (Answer::Rpf(iif, upstream), MAnswer::Rpf(iif, upstream))
            }
            Direct::Creation { mut oifs, .. } => {
                for (n, oif) in oifs.iter_mut().enumerate() {
                    oif.enabled = how & 1 << (n % 4) != 0 || how >= 160;
                }
                (Answer::Creation(oifs.clone()), MAnswer::Creation(oifs))
            }
            Direct::DisableIgmp(_) | Direct::EnableIgmp(_) => (Answer::Nothing, MAnswer::Nothing),
        };
        self.log.push(format!("  client {client} to thread {thread}: {same_answer:x?}"));
        let step = self.ask(|manager, cx| manager.resume(task, answer, cx));
        let expected = self.model.go_on(thread, same_answer);
        let outcome = self.stepped(step, expected);
        self.reap();
        outcome
    }

    /// One of a client's interfaces.
    fn held(&self, client: C, n: u8) -> Option<K> {
        let held: Vec<K> = ops::keys().into_iter().filter(|&key| self.model.holds(client, key)).collect();
        (!held.is_empty()).then(|| held[usize::from(n) % held.len()])
    }

    /// Compares what a request needs next.
    fn stepped(&mut self, step: Step, expected: MStep) -> Outcome {
        let (task, client, direct) = match (step, expected) {
            (Step::Done(result), MStep::Done(expected)) => return same("result", result, expected),
            (Step::Call(task, id, direct), expected) => {
                let Some(client) = self.of_id(id) else { return Err(format!("{id:?} was never registered")) };
                let thread = match &expected {
                    MStep::Call(thread, ..) => *thread,
                    MStep::Done(_) => usize::MAX,
                };
                let said = MStep::Call(thread, client, same_direct(&direct));
                self.log.push(format!("  {said:x?}"));
                same("callback", said, expected)?;
                (task, (client, thread), direct)
            }
            (Step::Done(result), expected) => return same("callback", MStep::Done(result), expected),
        };
        self.waiting.push(Waiting { task, thread: client.1, client: client.0, direct });
        Ok(())
    }

    /// Compares the alerts of the request, client by client and in order.
    fn compare_alerts(&mut self) -> Outcome {
        let expected = std::mem::take(&mut self.model.alerts);
        for client in 0..self.model.clients.len() {
            if !self.model.clients[client].alive {
                continue;
            }
            let mut got = Vec::new();
            while let Some(alert) = self.manager.pop_alert(self.id(client).index) {
                got.push(self.same_alert(client, alert)?);
            }
            if !got.is_sorted_by_key(MAlert::class) {
                return Err(format!("the order of client {client}'s alerts: {got:?}"));
            }
            self.log.extend(got.iter().map(|alert| format!("  to client {client}: {alert:x?}")));
            let mut wanted: Vec<MAlert> =
                expected.iter().filter(|(other, _)| *other == client).map(|(_, alert)| alert.clone()).collect();
            wanted.sort_by_key(MAlert::class);
            if self.unordered {
                got.sort_by_key(|alert| (alert.class(), alert.entry()));
                wanted.sort_by_key(|alert| (alert.class(), alert.entry()));
            }
            same(&format!("alerts of client {client}"), got, wanted)?;
        }
        let _ = self.manager.take_touched();
        Ok(())
    }

    fn same_alert(&mut self, client: C, alert: Alert) -> Result<MAlert, String> {
        Ok(match alert {
            Alert::Join { entry, membership } => MAlert::Join { entry: plain(&entry), membership },
            Alert::Prune { entry, interface, membership, incarnation } => {
                if !membership {
                    let flow = Flow { source: entry.source(), group: entry.group() };
                    if let Some(mfe) = self.model.mfe(flow) {
                        // What the old owner of an iif answers changes nothing.
                        let asked = self.model.owner(mfe.iif) == Some(client);
                        self.pruned.push(Pruned { flow, incarnation, life: if asked { mfe.life } else { 0 } });
                    }
                }
                MAlert::Prune { entry: plain(&entry), interface, membership }
            }
            Alert::LocalJoin { entry, interface } => MAlert::LocalJoin { entry: plain(&entry), interface },
            Alert::LocalLeave { entry, interface } => MAlert::LocalLeave { entry: plain(&entry), interface },
            Alert::WrongInterface { source, group, interface, header } => {
                let header = self.manager.take_header(header).ok_or("a header is missing")?.as_bytes().to_vec();
                MAlert::WrongInterface { source, group, interface, header }
            }
        })
    }

    /// Compares what there is.
    fn compare(&mut self) -> Outcome {
        self.manager.audit()?;
        if let Some(wrong) = self.forwarder.wrong {
            return Err(wrong.into());
        }
        let mut reached = std::mem::take(&mut self.model.reached);
        self.counts.follow(&self.model, &mut reached);
        self.model.reached = reached;
        self.counts.compare(&mut self.forwarder.memory, &ops::keys())?;
        same("counters", self.manager.counters(), self.model.counters)?;
        let now = self.model.now;
        let mut mfes: Vec<_> = self.model.mfes.iter().collect();
        mfes.sort_by_key(|mfe| (mfe.flow.group, mfe.flow.source));
        let mut views = self.manager.mfes_after(None, now);
        let mut installed = self.forwarder.entries.iter();
        for mfe in mfes {
            let Some(view) = views.next() else { return Err(format!("no MFE: {mfe:?}")) };
            let route = self.model.route(mfe.flow.source);
            let owner = self.model.owner(mfe.iif).map_or(0, |owner| self.model.clients[owner].protocol);
            let oifs = self.model.oifs(mfe);
            let of_route = |f: fn(Route) -> u32| route.map_or(0, f);
            let flow = Flow { source: view.source(), group: view.group() };
            same("flow", flow, mfe.flow)?;
            let what = format!("{flow:x?}");
            let shown = of_route(|r| if matches!(r.protocol, 2 | 3 | 8 | 9 | 13 | 14) { r.protocol } else { 1 });
            same(&format!("{what} iif"), view.iif(), mfe.iif)?;
            same(&format!("{what} oifs"), view.oifs().collect(), oifs.clone())?;
            same(&format!("{what} number of oifs"), view.oif_count(), oifs.len())?;
            same(&format!("{what} upstream"), view.upstream(), mfe.upstream)?;
            same(&format!("{what} time-out"), view.timeout_s(), mfe.timeout)?;
            same(&format!("{what} expiry"), view.expires_in_ms(), mfe.expires.saturating_sub(now))?;
            same(&format!("{what} up time"), view.up_time_ms(), now - mfe.born)?;
            same(&format!("{what} iif's protocol"), view.iif_protocol(), owner)?;
            same(&format!("{what} route's protocol"), view.route_protocol(), shown)?;
            same(&format!("{what} network"), view.route_network(), of_route(|r| r.network))?;
            same(&format!("{what} mask"), view.route_mask(), of_route(|r| u32::MAX << (32 - r.prefix_len)))?;
            let entry = installed.next().map(|(key, entry)| (*key, entry.clone()));
            same(&format!("{what} installed"), entry, Some(((flow.group, flow.source), (mfe.iif, oifs))))?;
        }
        if let Some(view) = views.next() {
            return Err(format!("an MFE too many: {:x} {:x}", view.group(), view.source()));
        }
        drop(views);
        same("installed", installed.next(), None)?;
        let mut held: Vec<K> = self.model.interfaces.iter().map(|interface| interface.key).collect();
        held.sort();
        self.forwarder.open.sort();
        same("open", &self.forwarder.open, &held)?;
        let sizes = (held.len(), self.model.members.len(), self.model.mfes.len());
        same("sizes", self.manager.sizes(), sizes)?;
        let words = |(index, range): &(u32, Plain)| (*index, range.group, range.group_mask);
        let mut boundary = (0, 0, 0);
        for expected in self.model.boundaries.iter().map(words) {
            boundary = self.manager.boundary_after(boundary).ok_or("a boundary is missing")?.words();
            same("boundary", boundary, expected)?;
        }
        same("boundaries", self.manager.boundary_after(boundary).is_none(), true)?;
        for n in 0..6 {
            let owner = self.model.owner(ops::key(n)).map(|owner| &self.model.clients[owner]);
            let expected = owner.map(|owner| (owner.protocol, owner.component)).ok_or(Error::NotFound);
            same("protocol on", self.manager.protocol_on(ops::key(n)), expected)?;
            let source = ops::source(n);
            same("known route", self.manager.knows_route(source), self.model.uses_source(source))?;
        }
        let all = |n: u8| self.model.uses_source(ops::source(n)).then(|| ops::source(n));
        let lowest = (0..3).filter_map(all).filter(|&source| source > ops::source(0)).min();
        same("next source", self.manager.next_source(ops::source(0) + 1, 0x0A00_0000, 8), lowest)?;
        let ends = self.model.mfes.iter().map(|mfe| mfe.expires).min();
        same("next due", self.manager.next_due(), ends)?;
        for enumeration in 0..self.enumerations.len() {
            let joined = self.joined(self.enumerations[enumeration].all);
            let enumeration = &mut self.enumerations[enumeration];
            enumeration.changed |= joined != enumeration.at_start;
            enumeration.staying.retain(|entry| joined.contains(entry));
        }
        Ok(())
    }

    /// Everything is given back; nothing is left.
    pub fn finish(&mut self) -> Outcome {
        self.answer_all()?;
        self.unordered = true;
        for client in self.model.live() {
            for n in 0..5 {
                if self.model.holds(client, ops::key(n)) {
                    self.release(client, ops::key(n))?;
                    self.compare_alerts()?;
                    self.answer_all()?;
                }
            }
            self.deregister(client)?;
            self.compare_alerts()?;
            self.compare()?;
        }
        self.ask(|manager, cx| manager.forget_entries(cx));
        self.model.forget_entries();
        self.compare()?;
        same("sizes", self.manager.sizes(), (0, 0, 0))
    }

    fn answer_all(&mut self) -> Outcome {
        while !self.waiting.is_empty() {
            self.step(Op::Answer { which: 0, how: 255, key: 0 })?;
        }
        Ok(())
    }
}

fn same_direct(direct: &Direct) -> MDirect {
    match direct {
        Direct::Rpf { flow, iif, upstream, header, route } => MDirect::Rpf {
            flow: *flow,
            iif: *iif,
            upstream: *upstream,
            header: header.map(|header| header.as_bytes().to_vec()),
            route: *route,
        },
        Direct::Creation { flow, iif, oifs } => MDirect::Creation { flow: *flow, iif: *iif, oifs: oifs.clone() },
        Direct::DisableIgmp(key) => MDirect::Disable(*key),
        Direct::EnableIgmp(key) => MDirect::Enable(*key),
    }
}
