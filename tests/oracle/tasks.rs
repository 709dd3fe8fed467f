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
    /// Its iif was taken, or the route changed.
    Move {
        taken: bool,
    },
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
    /// The last client has gone: nothing comes of it.
    cancelled: bool,
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
    /// How many evaluations there had been when the change came.
    began: u64,
    handover: Handover,
}

impl Thread {
    fn new() -> Self {
        Self { construction: None, pending: Vec::new(), taken: None, began: 0, handover: Handover::No }
    }

    pub fn forget(&mut self) {
        if let Some(con) = &mut self.construction {
            con.cancelled = true;
        }
        self.pending.clear();
    }
}

impl Model {
    pub fn constructions(&self) -> impl Iterator<Item = &Construction> {
        self.threads.iter().flatten().filter_map(|thread| thread.construction.as_ref())
    }

    /// The client for whose take or release IGMP is disabled.
    pub fn taker(&self, thread: ThreadId) -> Option<C> {
        match self.threads[thread].as_ref()?.handover {
            Handover::Disable { client, .. } => Some(client),
            _ => None,
        }
    }

    pub fn is_constructing(&self, flow: Flow) -> bool {
        self.constructions().any(|con| con.flow == flow)
    }

    /// An interface came or went while entries are being worked out.
    pub fn note(&mut self, key: K, came: bool, covers: impl Fn(Flow) -> bool) {
        for con in self.threads.iter_mut().flatten().filter_map(|thread| thread.construction.as_mut()) {
            if covers(con.flow) {
                con.notes.push((key, came));
                self.reached.add("changes to lists that were being made", 1);
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
            Some(interface) if interface.busy => {
                self.reach("requests refused during a hand-over");
                return MStep::Done(Err(Error::CanNotComplete));
            }
            Some(interface) if if is_igmp { interface.igmp.is_some() } else { interface.owner.is_some() } => {
                self.reach("takes refused: held");
                return MStep::Done(Err(Error::AlreadyExists));
            }
            Some(interface) => {
                if let (false, Some(igmp)) = (is_igmp, interface.igmp) {
                    self.reach("takes with a hand-over");
                    return self.hand_over(client, igmp, key, true);
                }
            }
            None if self.unusable == Some(key) => {
                self.reach("takes refused by the forwarder");
                return MStep::Done(Err(Error::CanNotComplete));
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
        thread.began = self.evaluations;
        // An iif that a client named on another link stays what it is.
        let plain = K { if_index: key.if_index, next_hop: 0 };
        let concerns = |mfe: &Mfe| mfe.iif == key || (mfe.iif == plain && towards(self, mfe) == Some(key));
        thread.pending = self.in_order(concerns);
    }

    /// The lives of some MFEs, ascending by group and source.
    fn in_order(&self, concerns: impl Fn(&Mfe) -> bool) -> Vec<u64> {
        let mut mfes: Vec<&Mfe> = self.mfes.iter().filter(|mfe| concerns(mfe)).collect();
        mfes.sort_by_key(|mfe| (mfe.flow.group, mfe.flow.source));
        mfes.into_iter().map(|mfe| mfe.life).collect()
    }

    pub fn release(&mut self, client: C, key: K) -> MStep {
        if let Err(error) = self.check(client) {
            return MStep::Done(Err(error));
        }
        match self.interface(key) {
            Some(interface) if interface.busy => {
                self.reach("requests refused during a hand-over");
                return MStep::Done(Err(Error::CanNotComplete));
            }
            Some(interface) if interface.owner == Some(client) => {
                if let Some(igmp) = interface.igmp {
                    self.reach("releases with a hand-over");
                    return self.hand_over(client, igmp, key, false);
                }
            }
            Some(interface) if interface.igmp == Some(client) => {}
            _ => {
                self.reach("releases refused: not held");
                return MStep::Done(Err(Error::InvalidParameter));
            }
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
        if !enables {
            self.reach("hand-overs of an IGMP without ENABLE");
        }
        if !self.clients[client].alive {
            self.reach("takers that went during DISABLE");
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
        if self.mfe(flow).is_some() {
            // The forwarder gets it again.
            return Ok(MStep::Done(Ok(())));
        }
        if self.is_constructing(flow) {
            let gone = self.mfe(flow).is_none();
            let constructions = self.threads.iter_mut().flatten().filter_map(|thread| thread.construction.as_mut());
            let mut goes_on = false;
            for con in constructions.filter(|con| con.flow == flow && gone && con.life != 0) {
                // What was evaluated is gone; the packet's entry is made next.
                if con.next_packet.is_none() {
                    con.next_packet = Some((arrival, header.clone()));
                    con.notes.clear();
                    goes_on = !con.cancelled;
                }
            }
            self.reach("packets during a construction");
            if goes_on {
                self.reach("packets for an MFE that went during its evaluation");
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
            cancelled: false,
        }
    }

    // Section 7.

    /// A due MFE; `good` is the forwarder's count of its good packets.
    pub fn expire(&mut self, flow: Flow, good: u64) -> MStep {
        let at = self.mfes.iter().position(|mfe| mfe.flow == flow).expect("only an MFE is due");
        let unowned = self.owner(self.mfes[at].iif).is_none();
        if unowned || self.oifs(&self.mfes[at]).is_empty() || good <= self.mfes[at].good {
            self.counters.expired += 1;
            self.reach("MFEs expired");
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
        thread.began = self.evaluations;
        let way = |route: Option<Route>| route.map(|route| (route.if_index, route.gateway));
        if way(was) != way(route) {
            thread.pending = self.in_order(|mfe| mfe.flow.source == source);
        }
        let thread = self.spawn(thread);
        self.go_on(thread, MAnswer::Nothing)
    }

    /// The forwarder reports a packet on another interface than the iif.
    pub fn wrong_interface(&mut self, arrival: Arrival, flow: Flow, header: Vec<u8>) {
        self.counters.wrong_interface += 1;
        if self.mfe(flow).is_some_and(|mfe| !self.is_on(arrival, mfe.iif)) {
            self.tell_wrong(arrival, flow, header);
        }
    }

    /// The held interface a packet came in on. Where only the index is known, the link
    /// itself or else its lowest pair.
    fn arrived_on(&self, arrival: Arrival) -> Option<K> {
        let fits = |key: &K| key.if_index == arrival.if_index && arrival.next_hop.is_none_or(|hop| hop == key.next_hop);
        self.interfaces.iter().map(|interface| interface.key).filter(fits).min()
    }

    fn is_on(&self, arrival: Arrival, key: K) -> bool {
        arrival.if_index == key.if_index && arrival.next_hop.is_none_or(|hop| hop == key.next_hop)
    }

    fn tell_wrong(&mut self, arrival: Arrival, flow: Flow, header: Vec<u8>) {
        let now = self.now;
        let Some(interface) = self.arrived_on(arrival) else { return };
        let Some(owner) = self.owner(interface) else { return };
        let Some(mfe) = self.mfe_mut(flow) else { return };
        if mfe.told_wrong.is_some_and(|at| now < at + QUIET) {
            self.reach("wrong-interface alerts held back");
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
            while !thread.pending.is_empty() {
                let life = thread.pending.remove(0);
                let Some(flow) = self.mfes.iter().find(|mfe| mfe.life == life).map(|mfe| mfe.flow) else { continue };
                if self.is_constructing(flow) {
                    self.reach("walks that left an MFE to its construction");
                    continue;
                }
                if self.mfe(flow).unwrap().evaluated > thread.began {
                    self.reach("walks that found an MFE evaluated already");
                    continue;
                }
                let taken = thread.taken.is_some();
                self.reach(if taken { "moves by a take" } else { "moves by a route" });
                let mut con = self.construction(flow, Kind::Move { taken }, life);
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
        if route.is_none() && matches!(con.kind, Kind::Move { .. }) {
            self.reach("moves that asked without a route");
        }
        Some((asked, MDirect::Rpf { flow, iif, upstream, header, route }))
    }

    fn whom_to_ask(&self, con: &Construction) -> Option<C> {
        match (&con.kind, con.route) {
            (_, Some(route)) => self.owner(self.towards(route)),
            (Kind::Packet { arrival: Some(arrival), .. }, None) => {
                self.arrived_on(*arrival).and_then(|key| self.owner(key))
            }
            (Kind::Renewal | Kind::Move { taken: true }, None) => {
                self.mfe(con.flow).and_then(|mfe| self.owner(mfe.iif))
            }
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
        if con.cancelled {
            return None;
        }
        if let MAnswer::Creation(oifs) = &answer {
            con.vetoed.extend(oifs.iter().filter(|oif| !oif.enabled).map(|oif| oif.interface));
            self.reached.add("oifs vetoed", oifs.iter().filter(|oif| !oif.enabled).count() as u64);
        }
        if con.life != 0 && self.mfes.iter().all(|mfe| mfe.life != con.life) {
            if let Some((arrival, header)) = con.next_packet.take() {
                con.kind = Kind::Packet { arrival, header };
                (con.life, con.restarts) = (0, 0);
                return self.attempt(con);
            }
            self.reach("evaluations whose MFE was gone");
            return None;
        }
        if self.is_stale(con) {
            return self.restart(con);
        }
        if !in_creation {
            if let MAnswer::Rpf(iif, upstream) = answer {
                con.upstream = upstream;
                let own = con.asked.is_some_and(|asked| self.holds(asked, iif));
                if iif != con.iif {
                    self.reach(if own { "iifs named by RPF" } else { "iifs named by RPF and ignored" });
                }
                if own {
                    con.iif = iif;
                    con.iif_owner = self.owner(iif);
                }
            }
            if con.iif == NOWHERE {
                self.finish(con, true);
                return None;
            }
            if matches!(con.kind, Kind::Move { .. }) {
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
        let asked: Vec<K> = con.list.iter().copied().filter(|&key| !self.is_barred(key, con.iif, con.flow)).collect();
        let places = asked.iter().filter_map(|&key| place(key));
        let (index, client) = places.filter(|&(index, _)| con.told.is_none_or(|told| index > told)).min()?;
        con.told = Some(index);
        let ask = |&key: &K| OifAsk {
            interface: key,
            igmp: self.interface(key).is_some_and(|interface| interface.igmp.is_some()),
            enabled: true,
        };
        Some((client, asked.iter().filter(|&&key| self.owner(key) == Some(client)).map(ask).collect()))
    }

    fn restart(&mut self, con: &mut Construction) -> Option<(C, MDirect)> {
        let route = self.route(con.flow.source);
        let gone = con.life != 0 && con.route.is_some() && route.is_none();
        if gone || con.restarts == 3 {
            self.reach(if gone { "routes gone during an evaluation" } else { "constructions given up" });
            con.route = route;
            con.iif = con.route.map_or(NOWHERE, |route| self.towards(route));
            con.upstream = 0;
            con.vetoed.clear();
            self.finish(con, true);
            return None;
        }
        con.restarts += 1;
        self.reach("constructions restarted");
        self.attempt(con)
    }

    /// Step 5: the entry as it is now known.
    fn finish(&mut self, con: &mut Construction, negative: bool) {
        let flow = con.flow;
        let at = self.mfes.iter().position(|mfe| mfe.life == con.life);
        if con.life != 0 && at.is_none() {
            return;
        }
        let is_move = matches!(con.kind, Kind::Move { .. });
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
        let listed = list.len();
        list.retain(|&key| !self.is_barred(key, con.iif, flow));
        self.reached.add("interfaces that a boundary kept out of a new list", (listed - list.len()) as u64);
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
                self.reach(match is.is_empty() {
                    _ if negative => "MFEs made negative",
                    true => "MFEs made empty",
                    false => "MFEs made with oifs",
                });
                if let (true, Some(owner)) = (is.is_empty(), new_owner) {
                    self.alert(owner, prune(NOWHERE));
                }
                if let Some(arrival) = arrival.filter(|&arrival| !self.is_on(arrival, con.iif)) {
                    self.tell_wrong(arrival, flow, header);
                }
                return;
            }
            Kind::Renewal => {
                self.counters.renewed += 1;
                self.reach("MFEs renewed");
                let mfe = &mut self.mfes[at];
                (mfe.born, mfe.timeout, mfe.expires) = (now, 900, now + LIFE);
            }
            Kind::Move { .. } => {}
        };
        if was.is_empty() && !is.is_empty() {
            self.fill(at);
        }
        let old_owner = con.old_owner;
        self.reached.add("moves that filled a list", u64::from(is_move && was.is_empty() && !is.is_empty()));
        self.reached.add("moves that emptied a list", u64::from(is_move && is.is_empty() && !was.is_empty()));
        self.reached.add("moves between owners", u64::from(is_move && old_owner != new_owner));
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
