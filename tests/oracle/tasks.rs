//! Sections 2, 6 and 7 of the second model: what asks clients on the way.

use crate::{
    entries::Plain,
    model::{C, Interface, K, LIFE, MAlert, MAnswer, MDirect, MStep, Mfe, Model, NOWHERE, QUIET, ThreadId},
};
use rtm::{
    forwarder::{Arrival, Route},
    manager::{Drop, Error, Flow, OifAsk},
};

/// Why an entry is worked out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    Packet {
        arrival: Option<Arrival>,
        header: Vec<u8>,
    },
    Renewal,
    /// A route change, or a take.
    Move,
}

/// An interface that was taken, with the owner it had before.
pub type Taken = (K, Option<C>);

/// An entry that is being worked out.
#[derive(Clone, Debug)]
pub struct Construction {
    pub flow: Flow,
    kind: Kind,
    /// A packet that came after the MFE that is evaluated had gone.
    next_packet: Option<(Option<Arrival>, Vec<u8>)>,
    /// The life that is evaluated; 0 for a packet's.
    life: u64,
    /// The owner that the MFE's iif had when this began.
    old_owner: Option<C>,
    restarts: u32,
    /// Interfaces that came (true) and went since the start, in order.
    notes: Vec<(K, bool)>,
    /// What the answers were given for.
    route: Option<Route>,
    default_iif: K,
    asked: Option<C>,
    iif: K,
    iif_owner: Option<C>,
    upstream: u32,
    list: Vec<K>,
    /// The list has been made.
    in_creation: bool,
    vetoed: Vec<K>,
    /// The place of the client that was told of the creation last.
    told: Option<u32>,
}

#[derive(Clone, Debug)]
enum Handover {
    No,
    /// DISABLE runs; then the client takes, or releases.
    Disable {
        client: C,
        igmp: C,
        key: K,
        take: bool,
    },
    /// All is done but ENABLE.
    Changing {
        igmp: C,
        key: K,
        result: Result<(), Error>,
    },
    Enable {
        result: Result<(), Error>,
    },
}

/// A request that asks clients on the way.
#[derive(Clone, Debug)]
pub struct Thread {
    construction: Option<Construction>,
    /// The MFEs still to be evaluated.
    pending: Vec<u64>,
    taken: Option<Taken>,
    /// How many evaluations there had been.
    began: u64,
    /// How many MFEs there had ever been.
    lives: u64,
    /// Whose route changed.
    source: Option<u32>,
    handover: Handover,
}

impl Thread {
    fn new() -> Self {
        Self {
            construction: None,
            pending: Vec::new(),
            taken: None,
            began: 0,
            lives: 0,
            source: None,
            handover: Handover::No,
        }
    }

    pub fn forget(&mut self) {
        self.construction = None;
        self.pending.clear();
    }
}

impl Model {
    pub fn constructions(&self) -> impl Iterator<Item = &Construction> {
        self.threads.iter().flatten().filter_map(|thread| thread.construction.as_ref())
    }

    pub fn is_constructing(&self, flow: Flow) -> bool {
        self.constructions().any(|con| con.flow == flow)
    }

    /// An interface came or went while entries are being worked out.
    pub fn note(&mut self, key: K, came: bool, covers: impl Fn(Flow) -> bool) {
        for con in self.threads.iter_mut().flatten().filter_map(|thread| thread.construction.as_mut()) {
            if covers(con.flow) {
                con.notes.push((key, came));
            }
        }
    }

    /// An interface that nobody holds any more is in no list.
    pub fn forget_interface(&mut self, key: K) {
        self.note(key, false, |_| true);
        for con in self.threads.iter_mut().flatten().filter_map(|thread| thread.construction.as_mut()) {
            con.list.retain(|&other| other != key);
        }
        for mfe in &mut self.mfes {
            for list in [&mut mfe.vetoed, &mut mfe.pruned, &mut mfe.grafted] {
                list.retain(|&other| other != key);
            }
        }
    }

    fn spawn(&mut self, thread: Thread) -> ThreadId {
        self.threads.push(Some(thread));
        self.threads.len() - 1
    }

    // Section 2.

    pub fn take(&mut self, client: C, key: K) -> MStep {
        if let Err(error) = self.check(client) {
            return MStep::Done(Err(error));
        }
        if key.if_index == 0 {
            return MStep::Done(Err(Error::InvalidParameter));
        }
        let is_igmp = self.clients[client].is_igmp();
        match self.interface(key) {
            Some(interface) if interface.busy => return MStep::Done(Err(Error::CanNotComplete)),
            Some(interface) if is_igmp && interface.igmp.is_some() => return MStep::Done(Err(Error::AlreadyExists)),
            Some(interface) if !is_igmp && interface.owner.is_some() => return MStep::Done(Err(Error::AlreadyExists)),
            Some(interface) => {
                if let (false, Some(igmp)) = (is_igmp, interface.igmp) {
                    return self.hand_over(client, igmp, key, true);
                }
            }
            None => {}
        }
        let mut thread = Thread::new();
        if is_igmp && self.interface(key).is_some() {
            self.interface_mut(key).unwrap().igmp = Some(client);
        } else {
            self.set_owner(&mut thread, client, key);
        }
        let thread = self.spawn(thread);
        self.go_on(thread, MAnswer::Nothing)
    }

    /// Makes a client the owner, and says which MFEs that moves.
    fn set_owner(&mut self, thread: &mut Thread, client: C, key: K) {
        let owner_was = self.owner(key);
        let towards = |model: &Self, mfe: &Mfe| model.route(mfe.flow.source).map(|route| model.towards(route));
        if self.interface(key).is_none() {
            self.interfaces.push(Interface { key, owner: None, igmp: None, busy: false });
        }
        let is_igmp = self.clients[client].is_igmp();
        let interface = self.interface_mut(key).unwrap();
        if is_igmp {
            interface.igmp = Some(client);
        } else {
            interface.owner = Some(client);
        }
        thread.taken = Some((key, owner_was));
        (thread.began, thread.lives) = (self.evaluations, self.lives);
        for mfe in &self.mfes {
            let is = towards(self, mfe);
            // An iif that a client named on another link stays what it is.
            let plain = K { if_index: key.if_index, next_hop: 0 };
            let pair = is == Some(key) && mfe.iif == plain;
            if mfe.iif == key || pair {
                thread.pending.push(mfe.life);
            }
        }
    }

    /// Whether the manager has asked about an MFE by now, or has moved it where nobody
    /// is asked: the order of evaluation is its own, and so is whether it evaluates
    /// once more what somebody else did meanwhile.
    fn is_hinted(&self, mfe: &Mfe) -> bool {
        let route = self.route(mfe.flow.source);
        let iif = route.map_or(NOWHERE, |route| self.towards(route));
        let upstream = route.map_or(0, |route| route.gateway);
        let is_moved = self.seen.contains(&(mfe.flow, iif, upstream)) && (mfe.iif, mfe.upstream) != (iif, upstream);
        Some(mfe.flow) == self.hint || (is_moved && self.owner(iif).is_none())
    }

    pub fn release(&mut self, client: C, key: K) -> MStep {
        if let Err(error) = self.check(client) {
            return MStep::Done(Err(error));
        }
        match self.interface(key) {
            Some(interface) if interface.busy => return MStep::Done(Err(Error::CanNotComplete)),
            Some(interface) if interface.owner == Some(client) => {
                if let Some(igmp) = interface.igmp {
                    return self.hand_over(client, igmp, key, false);
                }
            }
            Some(interface) if interface.igmp == Some(client) => {}
            _ => return MStep::Done(Err(Error::InvalidParameter)),
        }
        self.give_up(client, key, None);
        MStep::Done(Ok(()))
    }

    fn hand_over(&mut self, client: C, igmp: C, key: K, take: bool) -> MStep {
        self.interface_mut(key).unwrap().busy = true;
        let mut thread = Thread::new();
        thread.handover = Handover::Disable { client, igmp, key, take };
        let thread = self.spawn(thread);
        MStep::Call(thread, igmp, MDirect::Disable(key))
    }

    /// Between DISABLE and ENABLE.
    fn change_hands(&mut self, thread: &mut Thread, client: C, igmp: C, key: K, take: bool) {
        let enables = self.clients[igmp].enables;
        let mut result = Ok(());
        if !self.clients[client].alive {
            result = Err(Error::InvalidParameter);
        } else if take {
            if enables {
                self.clear_igmp(client, igmp, key);
            } else {
                for member in self.members_at(key, &[igmp]) {
                    self.alert(client, MAlert::LocalJoin { entry: member.entry, interface: key });
                }
            }
            self.set_owner(thread, client, key);
        } else {
            self.give_up(client, key, enables.then_some(igmp));
        }
        thread.handover = Handover::Changing { igmp, key, result };
    }

    // Section 6.

    pub fn packet(&mut self, arrival: Option<Arrival>, flow: Flow, header: Vec<u8>) -> Result<MStep, Drop> {
        self.counters.packets_without_entry += 1;
        let unicast = flow.source != 0 && flow.source < 0xE000_0000;
        if flow.group & 0xFFFF_FF00 == 0xE000_0000 || !unicast {
            return Err(self.count_drop(Drop::Scope));
        }
        if self.is_constructing(flow) {
            let gone = self.mfe(flow).is_none();
            let constructions = self.threads.iter_mut().flatten().filter_map(|thread| thread.construction.as_mut());
            for con in constructions.filter(|con| con.flow == flow && gone && con.life != 0) {
                // What was evaluated is gone; the packet's entry is made next.
                con.next_packet.get_or_insert((arrival, header.clone()));
            }
            return Err(self.count_drop(Drop::Busy));
        }
        let on_the_way = self.constructions().filter(|con| self.mfe(con.flow).is_none()).count();
        if self.mfes.len() + on_the_way >= self.max_mfes {
            return Err(self.count_drop(Drop::Limit));
        }
        let mut thread = Thread::new();
        thread.construction = Some(self.construction(flow, Kind::Packet { arrival, header }, 0));
        let thread = self.spawn(thread);
        Ok(self.start(thread))
    }

    fn construction(&self, flow: Flow, kind: Kind, life: u64) -> Construction {
        Construction {
            flow,
            kind,
            next_packet: None,
            life,
            old_owner: self.mfe(flow).and_then(|mfe| self.owner(mfe.iif)),
            restarts: 0,
            notes: Vec::new(),
            route: None,
            default_iif: NOWHERE,
            asked: None,
            iif: NOWHERE,
            iif_owner: None,
            upstream: 0,
            list: Vec::new(),
            in_creation: false,
            vetoed: Vec::new(),
            told: None,
        }
    }

    // Section 7.

    /// A due MFE; `good` is the forwarder's count of its good packets.
    pub fn expire(&mut self, flow: Flow, good: u64) -> MStep {
        let at = self.mfes.iter().position(|mfe| mfe.flow == flow).expect("only an MFE is due");
        let unowned = self.owner(self.mfes[at].iif).is_none();
        if unowned || self.oifs(&self.mfes[at]).is_empty() || good <= self.mfes[at].good {
            self.counters.expired += 1;
            self.mfes.remove(at);
            return MStep::Done(Ok(()));
        }
        self.mfes[at].good = good;
        // A whole life from here, should the renewal last; another one when it ends.
        self.fill(at);
        let mut thread = Thread::new();
        thread.construction = Some(self.construction(flow, Kind::Renewal, self.mfes[at].life));
        let thread = self.spawn(thread);
        self.start(thread)
    }

    /// The due MFEs that are being worked out are looked at again in a second; gives
    /// one that is not.
    pub fn postpone(&mut self) -> Option<Mfe> {
        for at in 0..self.mfes.len() {
            if self.mfes[at].expires <= self.now {
                if !self.is_constructing(self.mfes[at].flow) {
                    return Some(self.mfes[at].clone());
                }
                self.mfes[at].expires = self.now + 1_000;
            }
        }
        None
    }

    pub fn route_changed(&mut self, source: u32, route: Option<Route>) -> MStep {
        let uses = self.uses_source(source);
        let (was, owner_was) = (self.route(source), self.rpf_owner(source));
        self.routes.retain(|(other, _)| *other != source);
        self.routes.extend(route.map(|route| (source, route)));
        if !uses || was == route {
            return MStep::Done(Ok(()));
        }
        let owner_is = self.rpf_owner(source);
        self.tell_moved_route(source, owner_was, owner_is);
        let mut thread = Thread::new();
        thread.source = Some(source);
        (thread.began, thread.lives) = (self.evaluations, self.lives);
        let way = |route: Option<Route>| route.map(|route| (route.if_index, route.gateway));
        if way(was) != way(route) {
            let mut mfes: Vec<&Mfe> = self.mfes.iter().filter(|mfe| mfe.flow.source == source).collect();
            mfes.sort_by_key(|mfe| mfe.flow.group);
            thread.pending = mfes.into_iter().map(|mfe| mfe.life).collect();
        }
        let thread = self.spawn(thread);
        self.go_on(thread, MAnswer::Nothing)
    }

    /// The forwarder reports a packet on another interface than the iif.
    pub fn wrong_interface(&mut self, arrival: Arrival, flow: Flow, header: Vec<u8>) {
        self.counters.wrong_interface += 1;
        self.tell_wrong(arrival, flow, header);
    }

    fn arrived_on(&self, arrival: Arrival) -> K {
        K { if_index: arrival.if_index, next_hop: arrival.next_hop.unwrap_or(0) }
    }

    fn tell_wrong(&mut self, arrival: Arrival, flow: Flow, header: Vec<u8>) {
        let now = self.now;
        let interface = self.arrived_on(arrival);
        let Some(owner) = self.owner(interface) else { return };
        let Some(mfe) = self.mfe_mut(flow) else { return };
        if mfe.told_wrong.is_some_and(|at| now < at + QUIET) {
            return;
        }
        mfe.told_wrong = Some(now);
        let Flow { source, group } = flow;
        self.alert(owner, MAlert::WrongInterface { source, group, interface, header });
    }

    // Going on.

    fn start(&mut self, id: ThreadId) -> MStep {
        let mut thread = self.threads[id].take().unwrap();
        let mut con = thread.construction.take().unwrap();
        match self.attempt(&mut con) {
            Some((client, direct)) => {
                thread.construction = Some(con);
                self.threads[id] = Some(thread);
                MStep::Call(id, client, direct)
            }
            None => {
                self.threads[id] = Some(thread);
                self.go_on(id, MAnswer::Nothing)
            }
        }
    }

    /// Goes on with a request after a callback.
    pub fn go_on(&mut self, id: ThreadId, mut answer: MAnswer) -> MStep {
        loop {
            let mut thread = self.threads[id].take().unwrap();
            if let Some(mut con) = thread.construction.take() {
                let call = self.answered(&mut con, std::mem::replace(&mut answer, MAnswer::Nothing));
                if let Some((client, direct)) = call {
                    thread.construction = Some(con);
                    self.threads[id] = Some(thread);
                    return MStep::Call(id, client, direct);
                }
            }
            self.add_hinted(&mut thread);
            while !thread.pending.is_empty() {
                let hinted = |life: &u64| self.mfes.iter().any(|mfe| mfe.life == *life && self.is_hinted(mfe));
                let asked = |life: &u64| self.mfes.iter().any(|mfe| mfe.life == *life && Some(mfe.flow) == self.hint);
                let silent = thread.pending.iter().position(|life| hinted(life) && !asked(life));
                let next = silent.or_else(|| thread.pending.iter().position(asked)).unwrap_or(0);
                let life = thread.pending.remove(next);
                let Some(flow) = self.mfes.iter().find(|mfe| mfe.life == life).map(|mfe| mfe.flow) else { continue };
                if self.is_constructing(flow) {
                    continue;
                }
                let mfe = self.mfe(flow).unwrap();
                if mfe.evaluated > thread.began && !self.is_hinted(mfe) {
                    continue;
                }
                let mut con = self.construction(flow, Kind::Move, life);
                if let Some((_, owner)) = thread.taken.filter(|&(key, _)| self.mfe(flow).unwrap().iif == key) {
                    con.old_owner = owner;
                }
                if let Some((client, direct)) = self.attempt(&mut con) {
                    thread.construction = Some(con);
                    self.threads[id] = Some(thread);
                    return MStep::Call(id, client, direct);
                }
            }
            match thread.handover.clone() {
                Handover::No => return MStep::Done(Ok(())),
                Handover::Enable { result } => return MStep::Done(result),
                Handover::Disable { client, igmp, key, take } => {
                    self.change_hands(&mut thread, client, igmp, key, take);
                    self.threads[id] = Some(thread);
                }
                Handover::Changing { igmp, key, result } => {
                    if let Some(interface) = self.interface_mut(key) {
                        interface.busy = false;
                    }
                    thread.handover = Handover::Enable { result };
                    self.threads[id] = Some(thread);
                    return MStep::Call(id, igmp, MDirect::Enable(key));
                }
            }
        }
    }

    /// The manager may also ask about an MFE that was made while it evaluated others.
    fn add_hinted(&mut self, thread: &mut Thread) {
        let Some(mfe) = self.mfes.iter().find(|mfe| Some(mfe.flow) == self.hint) else { return };
        let on_link = thread.taken.is_some_and(|(key, _)| mfe.iif.if_index == key.if_index);
        let is_new = mfe.life > thread.lives && !thread.pending.contains(&mfe.life);
        if is_new && (on_link || thread.source == Some(mfe.flow.source)) {
            thread.pending.insert(0, mfe.life);
        }
    }

    /// Steps 1 and 2 of section 6, up to the RPF callback.
    fn attempt(&mut self, con: &mut Construction) -> Option<(C, MDirect)> {
        con.route = self.route(con.flow.source);
        con.list.clear();
        con.in_creation = false;
        con.vetoed.clear();
        con.upstream = con.route.map_or(0, |route| route.gateway);
        con.default_iif = con.route.map_or(NOWHERE, |route| self.towards(route));
        con.iif = con.default_iif;
        con.asked = self.whom_to_ask(con);
        let Some(asked) = con.asked else {
            self.finish(con, true);
            return None;
        };
        let header = match &con.kind {
            Kind::Packet { header, .. } => Some(header.clone()),
            _ => None,
        };
        let (flow, iif, upstream, route) = (con.flow, con.iif, con.upstream, con.route);
        Some((asked, MDirect::Rpf { flow, iif, upstream, header, route }))
    }

    fn whom_to_ask(&self, con: &Construction) -> Option<C> {
        match (&con.kind, con.route) {
            (_, Some(route)) => self.owner(self.towards(route)),
            (Kind::Packet { arrival: Some(arrival), .. }, None) => self.owner(self.arrived_on(*arrival)),
            (Kind::Renewal, None) => self.mfe(con.flow).and_then(|mfe| self.owner(mfe.iif)),
            _ => None,
        }
    }

    fn is_stale(&self, con: &Construction) -> bool {
        self.route(con.flow.source) != con.route
            || con.route.is_some_and(|route| self.towards(route) != con.default_iif)
            || (con.route.is_some() && self.whom_to_ask(con) != con.asked)
            || (con.iif != con.default_iif && self.owner(con.iif) != con.iif_owner)
    }

    fn answered(&mut self, con: &mut Construction, answer: MAnswer) -> Option<(C, MDirect)> {
        let in_creation = con.in_creation;
        if let MAnswer::Creation(oifs) = &answer {
            con.vetoed.extend(oifs.iter().filter(|oif| !oif.enabled).map(|oif| oif.interface));
        }
        if con.life != 0 && self.mfes.iter().all(|mfe| mfe.life != con.life) {
            if let Some((arrival, header)) = con.next_packet.take() {
                con.kind = Kind::Packet { arrival, header };
                con.life = 0;
                return self.attempt(con);
            }
            // Nothing is left to evaluate.
            return None;
        }
        if self.is_stale(con) {
            return self.restart(con);
        }
        if !in_creation {
            if let MAnswer::Rpf(iif, upstream) = answer {
                con.upstream = upstream;
                if con.asked.is_some_and(|asked| self.holds(asked, iif)) {
                    con.iif = iif;
                    con.iif_owner = self.owner(iif);
                }
            }
            if con.iif == NOWHERE {
                self.finish(con, true);
                return None;
            }
            if con.kind == Kind::Move {
                self.finish(con, false);
                return None;
            }
            con.list = self.covering(con.flow);
            con.list.retain(|&key| key != con.iif);
            (con.in_creation, con.told) = (true, None);
        }
        match self.next_to_tell(con) {
            Some((client, oifs)) => Some((client, MDirect::Creation { flow: con.flow, iif: con.iif, oifs })),
            None => {
                self.finish(con, false);
                None
            }
        }
    }

    /// The next client in the order of places, with the list's interfaces that are its
    /// own by now.
    fn next_to_tell(&self, con: &mut Construction) -> Option<(C, Vec<OifAsk>)> {
        let place = |key: K| self.owner(key).map(|client| (self.clients[client].id.index, client));
        let places = con.list.iter().filter_map(|&key| place(key));
        let (index, client) = places.filter(|&(index, _)| con.told.is_none_or(|told| index > told)).min()?;
        con.told = Some(index);
        let ask = |&key: &K| OifAsk {
            interface: key,
            igmp: self.interface(key).is_some_and(|interface| interface.igmp.is_some()),
            enabled: true,
        };
        Some((client, con.list.iter().filter(|&&key| self.owner(key) == Some(client)).map(ask).collect()))
    }

    fn restart(&mut self, con: &mut Construction) -> Option<(C, MDirect)> {
        if con.restarts == 3 {
            con.route = self.route(con.flow.source);
            con.iif = con.route.map_or(NOWHERE, |route| self.towards(route));
            self.finish(con, true);
            return None;
        }
        con.restarts += 1;
        self.attempt(con)
    }

    /// Step 5: the entry as it is now known.
    fn finish(&mut self, con: &mut Construction, negative: bool) {
        let flow = con.flow;
        let at = self.mfes.iter().position(|mfe| mfe.life == con.life);
        if con.life != 0 && at.is_none() {
            return;
        }
        let is_move = con.kind == Kind::Move;
        let same = self.owner(con.iif) == con.old_owner;
        let stays = is_move && same && at.is_some_and(|at| self.mfes[at].iif == con.iif);
        let covering = self.covering(flow);
        let mut vetoed = con.vetoed.clone();
        let mut list = match at {
            Some(at) if is_move => {
                vetoed = self.mfes[at].vetoed.clone();
                covering.clone()
            }
            _ => con.list.clone(),
        };
        list.retain(|key| !vetoed.contains(key));
        for &(key, came) in &con.notes {
            list.retain(|&other| other != key);
            if came {
                list.push(key);
                vetoed.retain(|&other| other != key);
            }
        }
        if negative {
            list.clear();
        }
        list.retain(|&key| key != con.iif && self.interface(key).is_some());
        let pruned = covering.iter().filter(|key| !list.contains(key) && !vetoed.contains(key)).copied().collect();
        let grafted = list.iter().filter(|key| !covering.contains(key)).copied().collect();
        let at = match at {
            Some(at) => at,
            None => {
                self.lives += 1;
                self.mfes.push(Mfe {
                    life: self.lives,
                    flow,
                    iif: con.iif,
                    upstream: con.upstream,
                    vetoed: Vec::new(),
                    pruned: Vec::new(),
                    grafted: Vec::new(),
                    timeout: 900,
                    expires: self.now + LIFE,
                    born: self.now,
                    good: 0,
                    told_wrong: None,
                    evaluated: 0,
                });
                self.mfes.len() - 1
            }
        };
        let was = self.oifs(&self.mfes[at]);
        let now = self.now;
        let mfe = &mut self.mfes[at];
        (mfe.iif, mfe.upstream) = (con.iif, con.upstream);
        if !stays {
            (mfe.vetoed, mfe.pruned, mfe.grafted) = (vetoed, pruned, grafted);
        }
        self.evaluations += 1;
        self.mfes[at].evaluated = self.evaluations;
        let is = self.oifs(&self.mfes[at]);
        let new_owner = self.owner(con.iif);
        let entry = Plain::exact(flow);
        let prune = |interface| MAlert::Prune { entry, interface, membership: false };
        match con.kind.clone() {
            Kind::Packet { arrival, header } => {
                if let (true, Some(owner)) = (is.is_empty(), new_owner) {
                    self.alert(owner, prune(NOWHERE));
                }
                if let Some(arrival) = arrival.filter(|&arrival| self.arrived_on(arrival) != con.iif) {
                    self.tell_wrong(arrival, flow, header);
                }
                return;
            }
            Kind::Renewal => {
                self.counters.renewed += 1;
                let mfe = &mut self.mfes[at];
                (mfe.born, mfe.timeout, mfe.expires) = (now, 900, now + LIFE);
            }
            Kind::Move => {}
        };
        if was.is_empty() && !is.is_empty() {
            self.fill(at);
        }
        let old_owner = con.old_owner;
        if old_owner == new_owner {
            match (new_owner, was.is_empty(), is.is_empty()) {
                (Some(owner), true, false) => self.alert(owner, MAlert::Join { entry, membership: false }),
                (Some(owner), false, true) => {
                    let interface = if is_move { NOWHERE } else { was[0] };
                    self.alert(owner, prune(interface));
                }
                _ => {}
            }
            return;
        }
        if let (Some(owner), false) = (old_owner, was.is_empty()) {
            self.alert(owner, prune(NOWHERE));
        }
        match (new_owner, was.is_empty(), is.is_empty()) {
            (Some(owner), _, false) => self.alert(owner, MAlert::Join { entry, membership: false }),
            (Some(owner), false, true) => self.alert(owner, prune(if is_move { NOWHERE } else { was[0] })),
            _ => {}
        }
    }
}
