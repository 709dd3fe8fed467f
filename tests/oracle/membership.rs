//! Sections 2 to 4 of the second model: who is a member, and who is told.

use crate::{
    entries::Plain,
    model::{C, K, Lists, MAlert, Member, Model},
};
use rtm::manager::Error;

/// How an entry was joined before a change.
struct Before {
    entry: Plain,
    clients: Vec<C>,
    /// For a single (S,G): the owner of the interface towards S.
    rpf_owner: Option<C>,
}

impl Model {
    /// The client that a membership counts for.
    fn credited(&self, member: &Member) -> C {
        self.interface(member.key).and_then(|interface| interface.owner).unwrap_or(member.holder)
    }

    /// The clients that count for an entry.
    fn census(&self, entry: &Plain) -> Vec<C> {
        let counts =
            |other: &Plain| *other == *entry || (!entry.is_exact() && !other.is_exact() && other.contains(entry));
        let mut clients: Vec<C> = self.members.iter().filter(|m| counts(&m.entry)).map(|m| self.credited(m)).collect();
        clients.sort();
        clients.dedup();
        clients
    }

    fn before(&self, entries: &[Plain]) -> Vec<Before> {
        let mut entries = entries.to_vec();
        entries.sort();
        entries.dedup();
        entries
            .into_iter()
            .map(|entry| Before { entry, clients: self.census(&entry), rpf_owner: self.rpf_owner(entry.source) })
            .collect()
    }

    /// The TRUE alerts that follow from a change.
    fn tell_memberships(&mut self, before: Vec<Before>, originators: &[C], interface: K) {
        for Before { entry, clients: was, rpf_owner } in before {
            let is = self.census(&entry);
            let join = MAlert::Join { entry, membership: true };
            let prune = MAlert::Prune { entry, interface, membership: true };
            let mut told: Vec<(C, MAlert)> = Vec::new();
            if entry.is_exact() {
                let others = |clients: &[C]| clients.iter().any(|&c| Some(c) != rpf_owner);
                match (rpf_owner, others(&was), others(&is)) {
                    (Some(owner), false, true) => told.push((owner, join)),
                    (Some(owner), true, false) => told.push((owner, prune)),
                    _ => {}
                }
            } else if was.len() < is.len() {
                match was[..] {
                    [] => told.extend(self.live().into_iter().filter(|c| !is.contains(c)).map(|c| (c, join.clone()))),
                    [first] => told.push((first, join)),
                    _ => {}
                }
            } else if was.len() > is.len() {
                match is[..] {
                    [] => told.extend(self.live().into_iter().filter(|c| !was.contains(c)).map(|c| (c, prune.clone()))),
                    [last] => told.push((last, prune)),
                    _ => {}
                }
            }
            for (client, alert) in told {
                if !originators.contains(&client) {
                    self.alert(client, alert);
                }
            }
        }
    }

    /// The routing protocol on IGMP's interface, which is told of what IGMP does.
    fn local_owner(&self, client: C, key: K) -> Option<C> {
        let interface = self.interface(key)?;
        interface.owner.filter(|_| interface.igmp == Some(client))
    }

    fn originators(&self, client: C, key: K) -> Vec<C> {
        std::iter::once(client).chain(self.local_owner(client, key)).collect()
    }

    pub fn add(&mut self, client: C, entry: Plain, key: K, join: bool, forward: bool) -> Result<(), Error> {
        self.check(client)?;
        if self.interface(key).is_some_and(|interface| interface.busy) {
            self.reach("requests refused during a hand-over");
            return Err(Error::CanNotComplete);
        }
        if !self.holds(client, key) {
            return Err(Error::InvalidParameter);
        }
        let lists = self.lists();
        let member = Member { entry, key, holder: client };
        let is_new = join && !self.members.contains(&member);
        if join && !is_new {
            self.reach("memberships added that were there");
        }
        if is_new {
            if let Some(owner) = self.local_owner(client, key) {
                self.reach("memberships of IGMP on an owned interface, added");
                self.alert(owner, MAlert::LocalJoin { entry, interface: key });
            }
            let before = self.before(&[entry]);
            self.members.push(member);
            self.tell_memberships(before, &self.originators(client, key), key);
        }
        if is_new || forward {
            let covered = |model: &Self, flow| model.is_covered(key, flow);
            for at in 0..self.mfes.len() {
                let flow = self.mfes[at].flow;
                if entry.covers(flow) {
                    let member = covered(self, flow);
                    let barred = self.is_barred(key, self.mfes[at].iif, flow);
                    let mfe = &mut self.mfes[at];
                    let (vetoed, grafted) = (mfe.vetoed.len(), mfe.grafted.len());
                    mfe.vetoed.retain(|&other| other != key);
                    mfe.pruned.retain(|&other| other != key);
                    if !member && !barred && !mfe.grafted.contains(&key) {
                        mfe.grafted.push(key);
                    }
                    let (lifted, put) = (vetoed - mfe.vetoed.len(), mfe.grafted.len() - grafted);
                    self.reached.add("vetoes lifted", lifted as u64);
                    self.reached.add("interfaces put into lists by FORWARD alone", put as u64);
                }
            }
            self.note(key, true, |flow| entry.covers(flow));
        }
        self.tell_forwarding(&lists, Some(client));
        Ok(())
    }

    pub fn delete(&mut self, client: C, entry: Plain, key: K, join: bool) -> Result<(), Error> {
        self.check(client)?;
        let interface = self.interface(key).ok_or(Error::NotFound)?;
        if interface.busy {
            self.reach("requests refused during a hand-over");
            return Err(Error::CanNotComplete);
        }
        if !self.holds(client, key) {
            return Err(Error::InvalidParameter);
        }
        let lists = self.lists();
        if join {
            let member = Member { entry, key, holder: client };
            if !self.members.contains(&member) {
                self.reach("memberships deleted that were not there");
                return Err(Error::NotFound);
            }
            if let Some(owner) = self.local_owner(client, key) {
                self.reach("memberships of IGMP on an owned interface, deleted");
                self.alert(owner, MAlert::LocalLeave { entry, interface: key });
            }
            self.remove_members(&[member], &self.originators(client, key), key);
        } else {
            for at in 0..self.mfes.len() {
                let flow = self.mfes[at].flow;
                let member = self.is_covered(key, flow);
                let mfe = &mut self.mfes[at];
                if entry.covers(flow) {
                    mfe.grafted.retain(|&other| other != key);
                    if member && !mfe.pruned.contains(&key) {
                        mfe.pruned.push(key);
                        self.reach("interfaces pruned by FORWARD alone");
                    }
                }
            }
            self.note(key, false, |flow| entry.covers(flow));
        }
        self.tell_forwarding(&lists, Some(client));
        Ok(())
    }

    /// Removes memberships on one interface, with the TRUE alerts.
    fn remove_members(&mut self, members: &[Member], originators: &[C], key: K) {
        let entries: Vec<Plain> = members.iter().map(|member| member.entry).collect();
        let before = self.before(&entries);
        self.members.retain(|member| !members.contains(member));
        self.tell_memberships(before, originators, key);
        for at in 0..self.mfes.len() {
            let flow = self.mfes[at].flow;
            if entries.iter().any(|entry| entry.covers(flow)) && !self.is_covered(key, flow) {
                self.mfes[at].grafted.retain(|&other| other != key);
            }
        }
        let members = self.members.clone();
        let covered = |flow| members.iter().any(|member| member.key == key && member.entry.covers(flow));
        self.note(key, false, |flow| entries.iter().any(|entry| entry.covers(flow)) && !covered(flow));
    }

    pub fn members_at(&self, key: K, holders: &[C]) -> Vec<Member> {
        self.members.iter().filter(|m| m.key == key && holders.contains(&m.holder)).cloned().collect()
    }

    /// Removes IGMP's memberships where it hands over to a routing protocol that
    /// takes the interface.
    pub fn clear_igmp(&mut self, taker: C, igmp: C, key: K) {
        let lists = self.lists();
        let members = self.members_at(key, &[igmp]);
        self.remove_members(&members, &[taker], key);
        self.drop_grafts(key);
        self.tell_forwarding(&lists, Some(taker));
    }

    /// What FORWARD alone put into lists goes with the holder of an interface.
    fn drop_grafts(&mut self, key: K) {
        for at in 0..self.mfes.len() {
            self.mfes[at].grafted.retain(|&other| other != key);
        }
        let members = self.members.clone();
        self.note(key, false, |flow| !members.iter().any(|m| m.key == key && m.entry.covers(flow)));
    }

    /// Gives an interface up; `with` is IGMP when its memberships go as well.
    pub fn give_up(&mut self, client: C, key: K, with: Option<C>) {
        let lists: Lists = self.lists();
        let holders: Vec<C> = std::iter::once(client).chain(with).collect();
        let members = self.members_at(key, &holders);
        if let Some(owner) = self.local_owner(client, key) {
            for member in &members {
                self.alert(owner, MAlert::LocalLeave { entry: member.entry, interface: key });
            }
            self.remove_members(&members, &self.originators(client, key), key);
            self.interface_mut(key).unwrap().igmp = None;
        } else {
            self.remove_members(&members, &[client], key);
            let mfes = self.mfes.len();
            self.mfes.retain(|mfe| mfe.iif != key);
            self.reached.add("MFEs deleted with their iif", (mfes - self.mfes.len()) as u64);
            let interface = self.interface_mut(key).unwrap();
            if interface.owner.take().is_none() {
                interface.igmp = None;
            }
            if interface.igmp.is_none() {
                self.interfaces.retain(|interface| interface.key != key);
                self.forget_interface(key);
            } else {
                // IGMP stays: what it joined there stays in the lists.
                self.drop_grafts(key);
            }
        }
        self.tell_forwarding(&lists, Some(client));
    }

    /// The TRUE alerts of a route that moves from one client's interface to another's.
    pub fn tell_moved_route(&mut self, source: u32, old: Option<C>, new: Option<C>) {
        if old == new {
            return;
        }
        let entries = self.joined();
        for entry in entries.into_iter().filter(|entry| entry.is_exact() && entry.source == source) {
            let clients = self.census(&entry);
            let others = |owner: C| clients.iter().any(|&c| c != owner);
            if let Some(old) = old.filter(|&old| others(old)) {
                self.alert(old, MAlert::Prune { entry, interface: crate::model::NOWHERE, membership: true });
            }
            if let Some(new) = new.filter(|&new| others(new)) {
                self.alert(new, MAlert::Join { entry, membership: true });
            }
        }
    }
}
