//! Asks the manager and the model the same, and compares everything.

use crate::{
    entries::Plain,
    model::{C, Client, K, MAlert, MAnswer, MDirect, MStep, Model, ThreadId},
    ops::{self, Op},
};
use rtm::{
    forwarder::{InterfaceKey, Route},
    manager::{
        Alert, Answer, ClientId, Context, DEFAULT_MAX_MFES, Direct, Entry, EnumerationId, EnumerationKind, Error,
        Flags, Flow, Forwarding, Manager, MfeView, PacketHeader, Step, TaskId,
    },
};
use std::collections::BTreeMap;

type Outcome = Result<(), String>;

/// The forwarder: what is open, and what is installed.
#[derive(Default)]
struct Forwarder {
    open: Vec<K>,
    entries: BTreeMap<(u32, u32), (K, Vec<K>)>,
    wrong: Option<&'static str>,
}

impl Forwarding for Forwarder {
    fn open(&mut self, interface: InterfaceKey) -> Result<(), Error> {
        if self.open.contains(&interface) {
            self.wrong = Some("opened twice");
        }
        self.open.push(interface);
        Ok(())
    }

    fn close(&mut self, interface: InterfaceKey) {
        if !self.open.contains(&interface) {
            self.wrong = Some("closed, but not open");
        }
        if self.entries.values().any(|(iif, oifs)| *iif == interface || oifs.contains(&interface)) {
            self.wrong = Some("closed, but in use");
        }
        self.open.retain(|&other| other != interface);
    }

    fn prepare(&mut self, _flow: Flow, _oifs: usize) -> Result<(), Error> {
        Ok(())
    }

    fn install(&mut self, entry: &MfeView<'_>) {
        let oifs: Vec<_> = entry.oifs().collect();
        if !oifs.iter().all(|oif| self.open.contains(oif)) {
            self.wrong = Some("an oif is not open");
        }
        self.entries.insert((entry.group(), entry.source()), (entry.iif(), oifs));
    }

    fn remove(&mut self, flow: Flow) {
        // Also for an entry that never came to be: its waiting packets go.
        self.entries.remove(&(flow.group, flow.source));
    }
}

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
    model: Model,
    waiting: Vec<Waiting>,
    to_reap: Vec<C>,
    enumerations: Vec<Enumeration>,
    pruned: Vec<Pruned>,
    packets: u16,
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
            forwarder: Forwarder::default(),
            model: Model { max_mfes: DEFAULT_MAX_MFES as usize, now: 1, ..Model::default() },
            waiting: Vec::new(),
            to_reap: Vec::new(),
            enumerations: Vec::new(),
            pruned: Vec::new(),
            packets: 0,
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

    /// One request, and all comparisons after it.
    pub fn step(&mut self, op: Op) -> Outcome {
        self.request(op)?;
        self.compare_alerts(matches!(op, Op::Add { .. } | Op::Delete { .. }))?;
        self.compare()
    }

    fn request(&mut self, op: Op) -> Outcome {
        self.log.push(format!("{op:?} {}", ops::meaning(op)));
        match op {
            Op::Register { protocol, component, enables } => self.register(protocol, component, enables),
            Op::Deregister { client } => self.client(client).map_or(Ok(()), |client| self.deregister(client)),
            Op::Take { client, key } => {
                let (Some(client), key) = (self.client(client), ops::key(key)) else { return Ok(()) };
                let id = self.id(client);
                let step = self.ask(|manager, cx| manager.take(id, key, cx));
                self.hint(&step);
                let expected = self.model.take(client, key);
                self.stepped(step, expected)
            }
            Op::Release { client, key } => {
                let (Some(client), key) = (self.client(client), ops::key(key)) else { return Ok(()) };
                self.release(client, key)
            }
            Op::Add { client, entry, key, flags } => {
                let (Some(client), key) = (self.client(client), ops::key(key)) else { return Ok(()) };
                let (id, entry) = (self.id(client), self.entry(entry));
                let flags = Flags::from_bits(flags.into()).expect("valid");
                let route = self.route(entry.source());
                let result = self.ask(|manager, cx| manager.add(id, &entry, key, flags, route, cx));
                let expected = self.model.add(client, plain(&entry), key, flags.join(), flags.forward());
                same("add", result, expected)
            }
            Op::Delete { client, entry, key, flags } => {
                let (Some(client), key) = (self.client(client), ops::key(key)) else { return Ok(()) };
                let (id, entry) = (self.id(client), self.entry(entry));
                let flags = Flags::from_bits(flags.into()).expect("valid");
                let result = self.ask(|manager, cx| manager.delete(id, &entry, key, flags, cx));
                let expected = self.model.delete(client, plain(&entry), key, flags.join());
                same("delete", result, expected)
            }
            Op::Check { source, source_mask, group, group_mask, flags } => {
                let words = (ops::address(source), ops::mask(source_mask), ops::address(group), ops::mask(group_mask));
                let entry = Entry::new(words.0, words.1, words.2, words.3).map(|entry| plain(&entry)).ok();
                same("entry", entry, Plain::new(words.0, words.1, words.2, words.3))?;
                let bits = Flags::from_bits(flags.into()).map(|flags| (flags.join(), flags.forward())).ok();
                same("flags", bits, (1..=3).contains(&flags).then_some((flags & 1 != 0, flags & 2 != 0)))
            }
            Op::Packet { flow, arrival } => self.packet(ops::flow(flow), arrival),
            Op::Wrong { flow, arrival } => {
                let (flow, Some(arrival)) = (ops::flow(flow), ops::arrival(arrival)) else { return Ok(()) };
                if self.model.mfe(flow).is_none_or(|mfe| mfe.iif.if_index == arrival.if_index) {
                    return Ok(());
                }
                let header = self.header();
                let packet = PacketHeader::new(&header);
                let now = self.model.now;
                self.manager.wrong_interface(arrival, flow, &packet, now);
                self.model.wrong_interface(arrival, flow, header);
                Ok(())
            }
            Op::Route { source, route } => {
                let (source, route) = (ops::source(source), ops::route(route));
                let step = self.ask(|manager, cx| manager.route_changed(source, route, cx));
                self.hint(&step);
                let expected = self.model.route_changed(source, route);
                self.stepped(step, expected)
            }
            Op::Advance { by } => {
                self.model.now += ops::step_of_time(by);
                Ok(())
            }
            Op::Expire { good } => self.expire(good),
            Op::PruneAnswer { which, seconds } => {
                let count = self.pruned.len();
                let Some(at) = (count > 0).then(|| usize::from(which) % count) else { return Ok(()) };
                let Pruned { flow, incarnation, life } = self.pruned.swap_remove(at);
                self.manager.prune_timeout(flow, incarnation, ops::seconds(seconds), self.model.now);
                self.model.prune_timeout(life, ops::seconds(seconds));
                Ok(())
            }
            Op::SetMfe { client, flow, upstream } => {
                let (Some(client), flow) = (self.client(client), ops::flow(flow)) else { return Ok(()) };
                let result = self.manager.set_upstream(self.id(client), flow, upstream.into());
                same("set_upstream", result, self.model.set_upstream(client, flow, upstream.into()))
            }
            Op::EnumStart { client, all } => self.client(client).map_or(Ok(()), |client| self.enum_start(client, all)),
            Op::EnumNext { which, n } => self.enumeration(which).map_or(Ok(()), |at| self.enum_next(at, n.into())),
            Op::EnumEnd { which } => {
                let Some(at) = self.enumeration(which) else { return Ok(()) };
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
            Op::Answer { which, how, key } => self.answer(which, how, key),
        }
    }

    fn entry(&self, n: u8) -> Entry {
        let (source, source_mask, group, group_mask) = ops::entry(n);
        Entry::new(source, source_mask, group, group_mask).expect("valid")
    }

    fn register(&mut self, protocol: u8, component: u8, enables: bool) -> Outcome {
        let (protocol, component) = (ops::protocol(protocol), component.into());
        if self.model.live().len() == 7 {
            return Ok(());
        }
        let result = self.manager.register(protocol, component, enables);
        same("register", result.map(|_| ()), self.model.register(protocol, component))?;
        if let Ok(id) = result {
            self.model.clients.push(Client { id, protocol, component, enables, alive: true });
        }
        Ok(())
    }

    fn deregister(&mut self, client: C) -> Outcome {
        let result = self.manager.deregister(self.id(client));
        same("deregister", result, self.model.deregister(client))?;
        if result.is_ok() {
            self.to_reap.push(client);
            for enumeration in self.enumerations.iter_mut().filter(|enumeration| enumeration.client == client) {
                enumeration.ended = true;
            }
            if self.manager.live_clients() == 0 {
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
        let id = self.id(client);
        let step = self.ask(|manager, cx| manager.release(id, key, cx));
        self.hint(&step);
        let expected = self.model.release(client, key);
        self.stepped(step, expected)
    }

    fn packet(&mut self, flow: Flow, arrival: u8) -> Outcome {
        if self.model.mfe(flow).is_some() {
            return Ok(());
        }
        let (arrival, header, route) = (ops::arrival(arrival), self.header(), self.route(flow.source));
        let packet = PacketHeader::new(&header);
        let result = self.ask(|manager, cx| manager.packet(arrival, flow, packet, route, cx));
        match (result, self.model.packet(arrival, flow, header)) {
            (Ok(step), Ok(expected)) => self.stepped(step, expected),
            (result, expected) => same("packet", result.map(|_| ()), expected.map(|_| ())),
        }
    }

    fn expire(&mut self, good: u8) -> Outcome {
        let mut turn = 0;
        while let Some(due) = self.manager.due(self.model.now) {
            let Some(mfe) = self.model.mfe(due.flow) else { return Err(format!("{due:?} is not there")) };
            if mfe.expires > self.model.now || self.model.is_constructing(due.flow) {
                return Err(format!("{due:?} is not due: {mfe:?}"));
            }
            same("due", due.forwards, !self.model.oifs(mfe).is_empty())?;
            let good = mfe.good + u64::from(good >> (turn % 8) & 1);
            turn += 1;
            let step = self.ask(|manager, cx| manager.expire(due, good, cx));
            self.hint(&step);
            let expected = self.model.expire(due.flow, good);
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
            });
        }
        Ok(())
    }

    fn enum_next(&mut self, at: usize, n: usize) -> Outcome {
        let mut given = Vec::new();
        let result = self.manager.enumeration_next(self.enumerations[at].id, &mut |entry| {
            let fits = given.len() < n;
            if fits {
                given.push(plain(entry));
            }
            fits
        });
        let joined = self.joined(self.enumerations[at].all);
        let enumeration = &mut self.enumerations[at];
        if enumeration.ended {
            return same("enumeration_next", result, Err(Error::InvalidParameter));
        }
        let more = result.map_err(|error| format!("enumeration_next: {error:?}"))?;
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
    fn answer(&mut self, which: u8, how: u8, key: u8) -> Outcome {
        let count = self.waiting.len();
        let Some(at) = (count > 0).then(|| usize::from(which) % count) else { return Ok(()) };
        let Waiting { task, thread, client, direct } = self.waiting.remove(at);
        let (answer, same_answer) = match direct {
            _ if how < 16 || !self.model.clients[client].alive => (Answer::Nothing, MAnswer::Nothing),
            Direct::Rpf { iif, upstream, .. } => {
                let (iif, upstream) = match how {
                    0..150 => (iif, upstream),
                    150..160 => (iif, 7),
                    160..180 => (K { if_index: 0, next_hop: 0 }, upstream),
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
        self.hint(&step);
        let expected = self.model.go_on(thread, same_answer);
        let outcome = self.stepped(step, expected);
        self.reap();
        outcome
    }

    /// Lets the model know what is not specified.
    fn hint(&mut self, step: &Step) {
        let views = self.manager.mfes_after(None, self.model.now);
        let seen =
            |view: MfeView<'_>| (Flow { source: view.source(), group: view.group() }, view.iif(), view.upstream());
        self.model.seen = views.map(seen).collect();
        self.model.hint = match step {
            Step::Call(_, _, Direct::Rpf { flow, .. } | Direct::Creation { flow, .. }) => Some(*flow),
            _ => None,
        };
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

    fn compare_alerts(&mut self, strictly: bool) -> Outcome {
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
            if !strictly {
                got.sort_by_key(|alert| (alert.class(), format!("{alert:?}")));
                wanted.sort_by_key(|alert| (alert.class(), format!("{alert:?}")));
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
            same(&format!("{what} iif"), view.iif(), mfe.iif)?;
            same(&format!("{what} oifs"), view.oifs().collect(), oifs.clone())?;
            same(&format!("{what} number of oifs"), view.oif_count(), oifs.len())?;
            same(&format!("{what} upstream"), view.upstream(), mfe.upstream)?;
            same(&format!("{what} time-out"), view.timeout_s(), mfe.timeout)?;
            same(&format!("{what} expiry"), view.expires_in_ms(), mfe.expires.saturating_sub(now))?;
            same(&format!("{what} up time"), view.up_time_ms(), now - mfe.born)?;
            same(&format!("{what} iif's protocol"), view.iif_protocol(), owner)?;
            same(&format!("{what} route's protocol"), view.route_protocol(), of_route(|r| r.protocol))?;
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
        for n in 0..6 {
            let owner = self.model.owner(ops::key(n)).map(|owner| &self.model.clients[owner]);
            let expected = owner.map(|owner| (owner.protocol, owner.component)).ok_or(Error::NotFound);
            same("protocol on", self.manager.protocol_on(ops::key(n)), expected)?;
            let source = ops::source(n);
            same("known route", self.manager.knows_route(source), self.model.uses_source(source))?;
        }
        for enumeration in 0..self.enumerations.len() {
            let joined = self.joined(self.enumerations[enumeration].all);
            self.enumerations[enumeration].staying.retain(|entry| joined.contains(entry));
        }
        Ok(())
    }

    /// Everything is given back; nothing is left.
    pub fn finish(&mut self) -> Outcome {
        self.answer_all()?;
        for client in self.model.live() {
            for n in 0..5 {
                if self.model.holds(client, ops::key(n)) {
                    self.release(client, ops::key(n))?;
                    self.compare_alerts(false)?;
                    self.answer_all()?;
                }
            }
            self.deregister(client)?;
            self.compare_alerts(false)?;
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
