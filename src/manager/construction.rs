//! How an MFE comes to be (rules section 6), is renewed, and is evaluated again
//! (section 7): the route, the RPF callback, the outgoing list, the creation alerts,
//! the installation. One construction per flow at a time; memberships that change
//! meanwhile apply at the installation, after the vetoes.

use super::{
    Answer, ClientId, Context, Direct, Entry, Error, Flow, Manager, OifAsk, PacketHeader,
    memberships::{ClientIndex, Credit, InterfaceId},
    mfes::{DEFAULT_TIMEOUT, Mfe, MfeId, Oif, OifList},
    tasks::{Input, Progress, Task, TaskId, Work},
};
use crate::forwarder::{Arrival, InterfaceKey, Route};
use smallvec::SmallVec;

/// How often a construction starts again when the route or the iif's owner changes
/// under it, before it ends negative.
const MAX_RESTARTS: u8 = 3;

/// What a construction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A new entry for a packet.
    Packet,
    /// The same again at the end of its time; with the forwarder's count of good packets.
    Renewal(u64),
    /// A new incoming side: the iif was taken, or the route changed.
    Move { taken: bool },
}

/// An interface that may become an oif.
#[derive(Clone, Copy)]
struct Candidate {
    interface: InterfaceId,
    vetoed: bool,
}

/// An interface that entered or left the list while it was being made.
#[derive(Clone, Copy)]
struct Override {
    interface: InterfaceId,
    /// What the last operation wanted.
    active: bool,
    /// One of them lifted a veto, also when the interface was pruned after that.
    lifts_veto: bool,
}

/// The incoming side that was settled, to see whether it still holds.
#[derive(Clone, Copy, PartialEq, Default)]
struct Incoming {
    route: Option<Route>,
    by_route: InterfaceKey,
    route_owner: Option<ClientId>,
    iif: InterfaceKey,
    iif_owner: Option<ClientId>,
}

/// An MFE in the making.
pub(super) struct Construction {
    pub(super) flow: Flow,
    kind: Kind,
    arrival: Option<Arrival>,
    header: Option<PacketHeader>,
    incoming: Incoming,
    asked: Option<ClientId>,
    upstream: u32,
    /// The owner of the entry's iif before, where there was an entry.
    old_owner: Option<ClientId>,
    restarts: u8,
    candidates: SmallVec<[Candidate; 4]>,
    /// What memberships and FORWARD operations wanted meanwhile.
    overrides: Vec<Override>,
    /// The client whose creation alert went out last.
    told: Option<ClientIndex>,
    /// The forwarder's count of good packets before there was an MFE.
    packets_then: u64,
    /// It is for a packet now: it starts anew when it goes on.
    again: bool,
    /// The last client deregistered: install nothing.
    pub(super) cancelled: bool,
}

impl Construction {
    /// For a packet without an entry.
    pub(super) fn of_packet(flow: Flow, arrival: Option<Arrival>, header: PacketHeader) -> Self {
        Self { arrival, header: Some(header), ..Self::in_place(flow, Kind::Packet, None) }
    }

    /// For an entry of another process, whose packets the forwarder has counted.
    pub(super) fn of_adopted(flow: Flow, arrival: Option<Arrival>, packets_then: u64) -> Self {
        Self { arrival, packets_then, ..Self::in_place(flow, Kind::Packet, None) }
    }

    /// For an entry that is there.
    pub(super) fn in_place(flow: Flow, kind: Kind, old_owner: Option<ClientId>) -> Self {
        Self {
            flow,
            kind,
            arrival: None,
            header: None,
            incoming: Incoming::default(),
            asked: None,
            upstream: 0,
            old_owner,
            restarts: 0,
            candidates: SmallVec::new(),
            overrides: Vec::new(),
            told: None,
            packets_then: 0,
            again: false,
            cancelled: false,
        }
    }

    fn set_override(&mut self, interface: InterfaceId, active: bool) {
        match self.overrides.iter_mut().find(|other| other.interface == interface) {
            Some(other) => (other.active, other.lifts_veto) = (active, other.lifts_veto || active),
            None => self.overrides.push(Override { interface, active, lifts_veto: active }),
        }
    }

    fn override_of(&self, interface: InterfaceId) -> Option<&Override> {
        self.overrides.iter().find(|other| other.interface == interface)
    }

    fn forget_interface(&mut self, interface: InterfaceId) {
        self.candidates.retain(|candidate| candidate.interface != interface);
        self.overrides.retain(|other| other.interface != interface);
    }
}

impl Manager {
    /// Whether an MFE for a flow is being made or evaluated.
    pub(super) fn is_constructing(&self, flow: Flow) -> bool {
        self.constructing.iter().any(|&(other, _)| other == flow)
    }

    /// How many MFEs are on their way that are not there yet.
    pub(super) fn count_in_the_making(&self) -> usize {
        self.constructing.iter().filter(|(flow, _)| self.mfes.find(*flow).is_none()).count()
    }

    /// Registers a construction; its source is in use from now on.
    pub(super) fn start_construction(
        &mut self,
        construction: Construction,
        parent: Option<TaskId>,
    ) -> Result<TaskId, Error> {
        self.reserve_tasks(1)?;
        self.constructing.try_reserve(1)?;
        self.sources.reserve_one()?;
        let flow = construction.flow;
        let work = Work::of_construction(construction)?;
        // An entry's or membership's source is known; a packet's was added with its route.
        self.sources.hold(flow.source, None);
        let task = self.add_task(parent, work);
        self.constructing.push((flow, task));
        Ok(task)
    }

    pub(super) fn end_construction(&mut self, task: TaskId, construction: &Construction, cx: &mut Context<'_>) {
        let flow = construction.flow;
        self.constructing.retain(|&(_, other)| other != task);
        self.sources.release(flow.source);
        if self.mfes.find(flow).is_none() {
            // Packets that wait for an entry would wait for ever.
            cx.forwarding.remove(flow);
        }
    }

    /// A packet came in without an entry while one for its flow was being renewed or
    /// moved, and was deleted meanwhile: the construction goes on for the packet.
    pub(super) fn construct_for_packet(&mut self, packet: &Construction) {
        let _ = self.each_covered(&Entry::exact(packet.flow.source, packet.flow.group), |construction| {
            if construction.kind != Kind::Packet {
                construction.kind = Kind::Packet;
                construction.arrival = packet.arrival;
                construction.header = packet.header;
                // What was done to the entry that is gone is nothing to the new one.
                construction.overrides.clear();
                construction.restarts = 0;
                construction.again = true;
            }
            Ok(())
        });
    }

    /// Calls `f` with each running construction that an entry covers.
    fn each_covered(
        &mut self,
        entry: &Entry,
        mut f: impl FnMut(&mut Construction) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for &(flow, task) in &self.constructing {
            if entry.covers(flow.source, flow.group)
                && let Some(Task { work: Some(Work::Construction(construction)), .. }) = self.tasks.get_mut(task.0)
            {
                f(&mut construction[0])?;
            }
        }
        Ok(())
    }

    /// Makes room for [`Self::override_constructions`].
    pub(super) fn reserve_overrides(&mut self, entry: &Entry) -> Result<(), Error> {
        self.each_covered(entry, |construction| Ok(construction.overrides.try_reserve(1)?))
    }

    /// Notes that an interface enters (or leaves) the lists that are being made.
    pub(super) fn override_constructions(&mut self, entry: &Entry, interface: InterfaceId, active: bool) {
        let _ = self.each_covered(entry, |construction| {
            construction.set_override(interface, active);
            Ok(())
        });
    }

    /// Notes that an interface leaves those lists in which no membership keeps it.
    pub(super) fn override_unkept(&mut self, entry: &Entry, interface: InterfaceId) {
        for at in 0..self.constructing.len() {
            let (flow, _) = self.constructing[at];
            if !self.memberships.covers(interface, flow.source, flow.group) {
                let flow = Entry::exact(flow.source, flow.group);
                if entry.covers(flow.source(), flow.group()) {
                    self.override_constructions(&flow, interface, false);
                }
            }
        }
    }

    /// An interface is nobody's any more: its number may soon mean another.
    pub(super) fn forget_in_constructions(&mut self, interface: InterfaceId) {
        let all = Entry::default();
        let _ = self.each_covered(&all, |construction| {
            construction.forget_interface(interface);
            Ok(())
        });
    }

    /// The last client has gone: constructions on their way end without a result, and the
    /// packets that wait for them now, while this forwarder is the one in use.
    pub(super) fn cancel_constructions(&mut self, cx: &mut Context<'_>) {
        let all = Entry::default();
        let _ = self.each_covered(&all, |construction| {
            construction.cancelled = true;
            cx.forwarding.remove(construction.flow);
            Ok(())
        });
    }

    pub(super) fn advance_construction(
        &mut self,
        c: &mut Construction,
        input: Input,
        cx: &mut Context<'_>,
    ) -> Progress {
        if c.cancelled {
            return Progress::Finished(Ok(()));
        }
        if c.kind != Kind::Packet && self.mfes.find(c.flow).is_none() {
            // Deleted while its clients were asked, and no packet wants it since.
            return Progress::Finished(Ok(()));
        }
        match input {
            Input::Start | Input::Child => self.settle_incoming(c, cx),
            Input::Answer(Answer::OutOfMemory) => self.give_up(c, Error::OutOfMemory, cx),
            Input::Answer(_) if std::mem::take(&mut c.again) => {
                c.candidates.clear();
                c.told = None;
                self.settle_incoming(c, cx)
            }
            Input::Answer(_) if self.is_stale(c) => self.restart(c, cx),
            Input::Answer(Answer::Rpf(iif, upstream)) => {
                self.name_incoming(c, iif, upstream);
                self.list(c, cx)
            }
            Input::Answer(Answer::Creation(oifs)) => {
                self.veto(c, &oifs);
                self.tell_next(c, cx)
            }
            // Somebody who cannot be asked changes nothing.
            Input::Answer(Answer::Nothing) if c.told.is_none() => self.list(c, cx),
            Input::Answer(Answer::Nothing) => self.tell_next(c, cx),
        }
    }

    fn incoming_by_route(&self, flow: Flow) -> Incoming {
        let route = self.sources.route(flow.source).copied();
        let iif = self.interfaces.incoming(route.as_ref());
        let owner = self.owner_of(iif);
        Incoming { route, by_route: iif, route_owner: owner, iif, iif_owner: owner }
    }

    /// Whether the route, the iif it means or an owner changed since it was settled.
    fn is_stale(&self, c: &Construction) -> bool {
        let now = self.incoming_by_route(c.flow);
        let named_changed =
            c.incoming.iif != c.incoming.by_route && self.owner_of(c.incoming.iif) != c.incoming.iif_owner;
        named_changed
            || (now.route, now.by_route, now.route_owner)
                != (c.incoming.route, c.incoming.by_route, c.incoming.route_owner)
    }

    fn restart(&mut self, c: &mut Construction, cx: &mut Context<'_>) -> Progress {
        c.candidates.clear();
        c.told = None;
        let had_route = c.incoming.route.is_some();
        c.incoming = self.incoming_by_route(c.flow);
        // An entry whose route is gone asks nobody, however it notices.
        let route_gone = c.kind != Kind::Packet && had_route && c.incoming.route.is_none();
        if route_gone || c.restarts == MAX_RESTARTS {
            c.upstream = 0;
            return self.install_negative(c, cx);
        }
        c.restarts += 1;
        self.settle_incoming(c, cx)
    }

    /// Steps 1 and 2: the route, and the RPF callback to the iif's owner.
    fn settle_incoming(&mut self, c: &mut Construction, cx: &mut Context<'_>) -> Progress {
        c.incoming = self.incoming_by_route(c.flow);
        c.upstream = c.incoming.route.map_or(0, |route| route.gateway);
        c.asked = match c.incoming.route {
            Some(_) => c.incoming.route_owner,
            None => self.owner_without_route(c),
        };
        // Nobody holds the iif: negative, until a take or a route changes that.
        let Some(client) = c.asked else { return self.install_negative(c, cx) };
        let rpf = Direct::Rpf {
            flow: c.flow,
            iif: c.incoming.iif,
            upstream: c.upstream,
            header: c.header,
            route: c.incoming.route,
        };
        Progress::Call(client, rpf)
    }

    /// Whom to ask where there is no route: the owner of the interface the packet came
    /// in on; for an entry that is renewed or whose iif was taken, the owner of its iif.
    fn owner_without_route(&self, c: &Construction) -> Option<ClientId> {
        let arrived_on = c.arrival.and_then(|arrival| self.interfaces.arrived_on(arrival));
        match c.kind {
            Kind::Packet => arrived_on.and_then(|id| self.owner_of(self.interfaces[id].key)),
            Kind::Renewal(_) | Kind::Move { taken: true } => {
                self.mfes.find(c.flow).and_then(|id| self.owner_of(self.mfes[id].iif))
            }
            Kind::Move { taken: false } => None,
        }
    }

    /// Takes the RPF callback's answer; an interface that is not its own is ignored.
    fn name_incoming(&mut self, c: &mut Construction, iif: InterfaceKey, upstream: u32) {
        c.upstream = upstream;
        if iif == c.incoming.iif {
            return;
        }
        let asked = c.asked.map(|client| client.index);
        let holds = self.interfaces.find(iif).is_some_and(|id| {
            let interface = &self.interfaces[id];
            asked.is_some() && (interface.routing == asked || interface.igmp == asked)
        });
        if holds {
            c.incoming.iif = iif;
            c.incoming.iif_owner = self.owner_of(iif);
        }
    }

    /// Step 3: every interface with a membership that covers the flow, without the iif.
    fn list(&mut self, c: &mut Construction, cx: &mut Context<'_>) -> Progress {
        if c.incoming.iif.if_index == 0 {
            return self.install_negative(c, cx);
        }
        let mut result = Ok(());
        let (interfaces, candidates) = (&self.interfaces, &mut c.candidates);
        self.memberships.members_of(c.flow.source, c.flow.group, |interface| {
            if interfaces[interface].key == c.incoming.iif || result.is_err() {
                return;
            }
            result = candidates.try_reserve(1).map_err(Error::from);
            if result.is_ok() {
                candidates.push(Candidate { interface, vetoed: false });
            }
        });
        if let Err(error) = result {
            return self.give_up(c, error, cx);
        }
        candidates.sort_unstable_by_key(|candidate| interfaces[candidate.interface].key);
        candidates.dedup_by_key(|candidate| candidate.interface);
        match c.kind {
            Kind::Move { .. } => self.install(c, cx),
            Kind::Packet | Kind::Renewal(_) => self.tell_next(c, cx),
        }
    }

    /// Step 4: the creation alert to the next client with interfaces in the list.
    fn tell_next(&mut self, c: &mut Construction, cx: &mut Context<'_>) -> Progress {
        let credited = |candidate: &Candidate| self.interfaces.credited(candidate.interface);
        // What is beyond a boundary now is nobody's to veto; it may be inside at the end.
        let is_asked = |candidate: &&Candidate| !self.is_barred(candidate.interface, c.incoming.iif, c.flow.group);
        let asked = c.candidates.iter().filter(is_asked);
        let next = asked.clone().map(credited).filter(|&client| c.told.is_none_or(|told| client > told)).min();
        let Some((client, index)) = next.and_then(|index| Some((self.client_at(index)?, index))) else {
            return self.install(c, cx);
        };
        let mut oifs = Vec::new();
        for candidate in asked.filter(|candidate| credited(candidate) == index) {
            let interface = &self.interfaces[candidate.interface];
            if oifs.try_reserve(1).is_err() {
                return self.give_up(c, Error::OutOfMemory, cx);
            }
            oifs.push(OifAsk { interface: interface.key, igmp: interface.igmp.is_some(), enabled: true });
        }
        c.told = Some(index);
        Progress::Call(client, Direct::Creation { flow: c.flow, iif: c.incoming.iif, oifs })
    }

    fn veto(&mut self, c: &mut Construction, answers: &[OifAsk]) {
        for answer in answers.iter().filter(|answer| !answer.enabled) {
            let Some(id) = self.interfaces.find(answer.interface) else { continue };
            for candidate in c.candidates.iter_mut().filter(|candidate| candidate.interface == id) {
                candidate.vetoed = true;
            }
        }
    }

    /// An entry that forwards nothing, whatever was asked for meanwhile.
    fn install_negative(&mut self, c: &mut Construction, cx: &mut Context<'_>) -> Progress {
        c.candidates.clear();
        c.overrides.clear();
        self.install(c, cx)
    }

    /// Step 5, and 6 for a packet that came in elsewhere.
    fn install(&mut self, c: &mut Construction, cx: &mut Context<'_>) -> Progress {
        let installed = match (c.kind, self.mfes.find(c.flow)) {
            (Kind::Packet, None) => self.install_new(c, cx),
            // Noticed before: see `advance_construction`.
            (Kind::Renewal(_) | Kind::Move { .. }, None) => return Progress::Finished(Ok(())),
            (_, Some(id)) => self.install_in_place(c, id, cx),
        };
        if let Err(error) = installed {
            return self.give_up(c, error, cx);
        }
        if let (Some(arrival), Some(header)) = (c.arrival, &c.header)
            && !arrival.is_on(c.incoming.iif)
        {
            self.tell_wrong_interface(c.flow, arrival, header, cx.now);
        }
        Progress::Finished(Ok(()))
    }

    fn install_new(&mut self, c: &Construction, cx: &mut Context<'_>) -> Result<(), Error> {
        let oifs = self.final_list(c, &[])?;
        self.mfes.reserve(c.flow)?;
        self.outbox.reserve(1)?;
        cx.forwarding.prepare(c.flow, oifs.len())?;
        self.sources.hold(c.flow.source, None);
        self.count_refs(&oifs, 1);
        let route = self.sources.route_id(c.flow.source);
        let mut mfe = Mfe::new(c.flow, c.incoming.iif, route, c.upstream, oifs);
        mfe.packets_then = c.packets_then;
        let empty = mfe.is_empty();
        let id = self.mfes.insert(mfe, DEFAULT_TIMEOUT, cx.now);
        if empty {
            let owner = self.owner_of(c.incoming.iif);
            self.tell_iif_prune(id, owner, InterfaceKey::default());
        }
        cx.forwarding.install(&self.view(id, cx.now));
        Ok(())
    }

    fn install_in_place(&mut self, c: &Construction, id: MfeId, cx: &mut Context<'_>) -> Result<(), Error> {
        let (old_iif, was_empty) = (self.mfes[id].iif, self.mfes[id].is_empty());
        let new_owner = self.owner_of(c.incoming.iif);
        let is_move = matches!(c.kind, Kind::Move { .. });
        if is_move && old_iif == c.incoming.iif && c.old_owner == new_owner {
            self.mfes[id].upstream = c.upstream;
            self.mfes.set_evaluated(id);
            return Ok(());
        }
        let earlier: &[Oif] = if is_move { &self.mfes[id].oifs } else { &[] };
        let oifs = self.final_list(c, earlier)?;
        self.mfes.reserve_link()?;
        self.outbox.reserve(3)?;
        cx.forwarding.prepare(c.flow, oifs.len())?;
        self.count_refs(&oifs, 1);
        let old = std::mem::replace(&mut self.mfes[id].oifs, oifs);
        self.count_refs(&old, -1);
        self.mfes.set_iif(id, c.incoming.iif);
        self.mfes.set_evaluated(id);
        self.mfes[id].upstream = c.upstream;
        let mut gone = InterfaceKey::default();
        if let Kind::Renewal(packets) = c.kind {
            self.mfes[id].created = cx.now;
            self.mfes[id].packets_then = packets;
            self.mfes.set_timeout(id, DEFAULT_TIMEOUT, cx.now);
            let first = old.iter().find(|oif| oif.is_active());
            gone = first.map_or(gone, |oif| self.interfaces[oif.interface()].key);
            self.counters.renewed += 1;
        }
        self.tell_owners_of_move(id, (c.old_owner, was_empty), new_owner, gone, cx.now);
        cx.forwarding.install(&self.view(id, cx.now));
        Ok(())
    }

    /// The list to install: the candidates less the vetoed ones, and what was asked
    /// for meanwhile. `earlier` holds vetoes that stay.
    fn final_list(&self, c: &Construction, earlier: &[Oif]) -> Result<OifList, Error> {
        let mut oifs = OifList::new();
        oifs.try_reserve(c.candidates.len() + c.overrides.len() + earlier.len())?;
        let vetoed_earlier = |interface| earlier.iter().any(|oif| oif.interface() == interface && !oif.is_active());
        for candidate in &c.candidates {
            let vetoed = candidate.vetoed || vetoed_earlier(candidate.interface);
            match c.override_of(candidate.interface) {
                Some(Override { active: true, .. }) => oifs.push(Oif::active(candidate.interface)),
                None if !vetoed => oifs.push(Oif::active(candidate.interface)),
                None => oifs.push(Oif::vetoed(candidate.interface)),
                // Pruned meanwhile: the veto stays as long as a membership could bring it back.
                Some(Override { lifts_veto: false, .. })
                    if vetoed && self.memberships.covers(candidate.interface, c.flow.source, c.flow.group) =>
                {
                    oifs.push(Oif::vetoed(candidate.interface));
                }
                Some(_) => {}
            }
        }
        let wanted = c.overrides.iter().filter(|wanted| wanted.active).map(|wanted| Oif::active(wanted.interface));
        let lifted = |oif: &Oif| c.override_of(oif.interface()).is_some_and(|wanted| wanted.lifts_veto);
        let vetoes = earlier.iter().copied().filter(|oif| !oif.is_active() && !lifted(oif));
        for oif in wanted.chain(vetoes) {
            let is_iif = oif.is_active() && self.interfaces[oif.interface()].key == c.incoming.iif;
            if !is_iif && !oifs.iter().any(|other| other.interface() == oif.interface()) {
                oifs.push(oif);
            }
        }
        oifs.retain(|oif| !oif.is_active() || !self.is_barred(oif.interface(), c.incoming.iif, c.flow.group));
        oifs.sort_unstable_by_key(|oif| self.interfaces[oif.interface()].key);
        Ok(oifs)
    }

    /// Counts in how many MFEs each interface of a list stands.
    pub(super) fn count_refs(&mut self, oifs: &[Oif], change: i32) {
        for oif in oifs {
            let refs = &mut self.interfaces[oif.interface()].mfe_refs;
            *refs = refs.wrapping_add_signed(change);
        }
    }

    /// No memory: a new entry is not made (its packets are dropped and counted), one
    /// that is there is removed rather than left standing the old way.
    fn give_up(&mut self, c: &Construction, error: Error, cx: &mut Context<'_>) -> Progress {
        match (c.kind, self.mfes.find(c.flow)) {
            (Kind::Packet, _) => self.counters.dropped_memory += 1,
            (Kind::Move { .. }, Some(id)) => self.delete_mfe(id, cx),
            _ => {}
        }
        Progress::Finished(Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Due, Flags, Step,
        packets::Drop,
        testing::{Nowhere, flow, link, manager, resume},
    };
    use super::*;

    /// Ends the time of the entry from source 5, which has forwarded packets.
    fn renew(manager: &mut Manager, cx: &mut Context<'_>) -> (TaskId, Direct) {
        match manager.expire(Due { flow: flow(5), forwards: true }, 10, cx) {
            Step::Call(task, _, direct) => (task, direct),
            Step::Done(_) => panic!("nobody is asked"),
        }
    }

    #[test]
    fn a_renewal_keeps_the_uses_of_oifs() {
        let mut manager = manager();
        let mut cx = Context { now: 900_001, forwarding: &mut Nowhere };
        let (task, _) = renew(&mut manager, &mut cx);
        let step = manager.resume(task, Answer::Nothing, &mut cx);
        resume(&mut manager, step);
        assert_eq!((manager.counters.renewed, manager.audit()), (1, Ok(())));
    }

    #[test]
    fn a_packet_makes_an_entry_that_was_deleted_while_it_was_renewed() {
        let mut manager = manager();
        let mut cx = Context { now: 900_001, forwarding: &mut Nowhere };
        let (task, direct) = renew(&mut manager, &mut cx);
        assert!(matches!(direct, Direct::Rpf { header: None, .. }));
        let id = manager.mfes.find(flow(5)).unwrap();
        manager.delete_mfe(id, &mut cx);
        let header = PacketHeader::new(&[0x45; 20]);
        assert!(matches!(manager.packet(None, flow(5), header, None, &mut cx), Err(Drop::Busy)));
        // It starts anew, with the packet; the answer to the old question is nothing to it.
        let step = manager.resume(task, Answer::Rpf(link(1), 77), &mut cx);
        assert!(matches!(step, Step::Call(_, _, Direct::Rpf { header: Some(kept), .. }) if kept == header));
        resume(&mut manager, step);
        assert!(manager.mfe(flow(5), 1).is_some());
        assert_eq!((manager.counters.renewed, manager.audit()), (0, Ok(())));
    }

    #[test]
    fn an_adopted_entry_knows_where_its_packets_came_in_and_how_many_there_were() {
        let mut manager = manager();
        let asked = manager.client_at(1).unwrap();
        let mut adopt = |source, arrival, now| {
            let mut cx = Context { now, forwarding: &mut Nowhere };
            let step = manager.adopt(arrival, flow(source), 10, None, &mut cx).unwrap();
            let Step::Call(task, client, Direct::Rpf { header: None, .. }) = step else { return None };
            let step = manager.resume(task, Answer::Rpf(link(4), 0), &mut cx);
            resume(&mut manager, step);
            let due = Due { flow: flow(source), forwards: true };
            let step = manager.expire(due, now, &mut cx);
            Some((client, matches!(step, Step::Call(..)), manager.mfe(flow(source), now).is_some()))
        };
        // Without a route it is for the owner of that interface to say which one it is.
        let on_4 = Some(Arrival { if_index: 4, next_hop: None });
        assert_eq!(adopt(8, None, 1), None);
        // No packet since: its time is over. One packet: it is renewed.
        assert_eq!(adopt(9, on_4, 10), Some((asked, false, false)));
        assert_eq!(adopt(10, on_4, 11), Some((asked, true, true)));
    }

    #[test]
    fn nothing_is_installed_after_the_last_client() {
        let mut manager = manager();
        let (_, making) = manager.constructing[0];
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        manager.forget_entries(&mut cx);
        let step = manager.resume(making, Answer::Rpf(link(1), 0), &mut cx);
        assert!(matches!(step, Step::Done(Ok(()))));
        assert!(manager.mfe(flow(7), 1).is_none() && !manager.is_constructing(flow(7)));
    }

    #[test]
    fn somebody_who_cannot_be_asked_changes_nothing() {
        let mut manager = manager();
        let (_, making) = manager.constructing[0];
        let [asked, other] = [1, 2].map(|index| manager.client_at(index).unwrap());
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        let step = manager.resume(making, Answer::Nothing, &mut cx);
        assert!(matches!(step, Step::Call(_, client, Direct::Creation { .. }) if client == asked));
        // One that joins now is in the list, but is not asked any more.
        assert!(matches!(manager.take(other, link(5), &mut cx), Step::Done(Ok(()))));
        let entry = Entry::new(0, 0, flow(7).group, 0).unwrap();
        manager.add(other, &entry, link(5), Flags::JOIN, None, &mut cx).unwrap();
        assert!(matches!(manager.resume(making, Answer::Nothing, &mut cx), Step::Done(Ok(()))));
        let id = manager.mfes.find(flow(7)).unwrap();
        let oifs = manager.mfes[id].active().map(|oif| manager.interfaces[oif].key);
        assert_eq!(oifs.collect::<Vec<_>>(), [2, 3, 5].map(link));
    }

    #[test]
    fn without_memory_a_new_entry_is_not_made_and_one_that_moves_is_removed() {
        let mut manager = manager();
        let (_, making) = manager.constructing[0];
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        let step = manager.resume(making, Answer::OutOfMemory, &mut cx);
        assert!(matches!(step, Step::Done(Err(Error::OutOfMemory))));
        assert!(manager.mfe(flow(7), 1).is_none());
        assert_eq!(manager.counters.dropped_memory, 1);

        let elsewhere = manager.sources.route(5).map(|route| Route { if_index: 4, ..*route });
        let Step::Call(moving, ..) = manager.route_changed(5, elsewhere, &mut cx) else { panic!("nobody is asked") };
        assert!(matches!(manager.resume(moving, Answer::OutOfMemory, &mut cx), Step::Done(Ok(()))));
        assert!(manager.mfe(flow(5), 1).is_none() && manager.mfe(flow(6), 1).is_some());
        // It was no packet that was lost.
        assert_eq!((manager.counters.dropped_memory, manager.audit()), (1, Ok(())));
    }
}
