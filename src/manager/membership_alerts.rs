//! Who is told of memberships (rules section 4; RFC 2715 for where it comes from).
//! Clients are counted, not interfaces, and the originator is told nothing.

use super::{
    Alert, ClientId, Entry, Manager,
    memberships::{Census, ClientIndex, Found},
};
use crate::forwarder::InterfaceKey;

impl Manager {
    /// The most alerts that one membership's coming can cause.
    pub(super) fn most_join_alerts(&self, entry: &Entry) -> usize {
        if entry.is_exact() { 1 } else { self.clients.len() }
    }

    /// The most alerts that one membership's going can cause: where three clients or
    /// more are members, one going is nobody's news.
    pub(super) fn most_prune_alerts(&self, found: Found, entry: &Entry) -> usize {
        match self.memberships.census(found, entry, &self.interfaces) {
            _ if entry.is_exact() => 1,
            Census::Nobody | Census::One(_) => self.clients.len(),
            Census::Two => 1,
            Census::More => 0,
        }
    }

    /// `member` has joined an entry; `before` counts the clients without this.
    pub(super) fn tell_join(&mut self, entry: &Entry, member: ClientIndex, caller: ClientIndex, before: Census) {
        let alert = Alert::Join { entry: *entry, membership: true };
        if entry.is_exact() {
            self.tell_owner_towards(entry, member, caller, before, alert);
            return;
        }
        match before {
            Census::Nobody => self.tell_others(member, caller, alert),
            Census::One(first) if first != member && first != caller => self.outbox.push(first, alert),
            _ => {}
        }
    }

    /// `member` has left an entry on an interface; `after` counts the clients that stay.
    pub(super) fn tell_prune(
        &mut self,
        entry: &Entry,
        interface: InterfaceKey,
        member: ClientIndex,
        caller: ClientIndex,
        after: Census,
    ) {
        let alert = Alert::Prune { entry: *entry, interface, membership: true, incarnation: 0 };
        if entry.is_exact() {
            self.tell_owner_towards(entry, member, caller, after, alert);
            return;
        }
        match after {
            Census::Nobody => self.tell_others(member, caller, alert),
            Census::One(last) if last != member && last != caller => self.outbox.push(last, alert),
            _ => {}
        }
    }

    /// (S,G): the owner of the interface towards S is told of the first other client
    /// and of the last; `rest` are the members without this one.
    fn tell_owner_towards(
        &mut self,
        entry: &Entry,
        member: ClientIndex,
        caller: ClientIndex,
        rest: Census,
        alert: Alert,
    ) {
        let Some(owner) = self.owner_towards(entry.source()).map(|client| client.index) else { return };
        if owner != member && owner != caller && !has_other(rest, owner) {
            self.outbox.push(owner, alert);
        }
    }

    /// The route to a source moved from one owner's interface to another's: the
    /// (S,G) memberships follow. Room for one alert each per membership is reserved.
    pub(super) fn tell_owners_of_route(&mut self, entry: &Entry, old: Option<ClientId>, new: Option<ClientId>) {
        let members = self.memberships.census(self.memberships.look_for(entry), entry, &self.interfaces);
        if let Some(old) = old.filter(|old| self.is_live(*old) && has_other(members, old.index)) {
            let interface = InterfaceKey::default();
            self.outbox.push(old.index, Alert::Prune { entry: *entry, interface, membership: true, incarnation: 0 });
        }
        if let Some(new) = new.filter(|new| has_other(members, new.index)) {
            self.outbox.push(new.index, Alert::Join { entry: *entry, membership: true });
        }
    }

    fn tell_others(&mut self, member: ClientIndex, caller: ClientIndex, alert: Alert) {
        let (clients, outbox) = (&self.clients, &mut self.outbox);
        for (index, _, client) in clients.iter() {
            if client.live && index != member && index != caller {
                outbox.push(index, alert);
            }
        }
    }
}

/// Whether anybody but one client is a member.
fn has_other(members: Census, client: ClientIndex) -> bool {
    match members {
        Census::Nobody => false,
        Census::One(one) => one != client,
        Census::Two | Census::More => true,
    }
}
