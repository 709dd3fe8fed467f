//! Adding and deleting group memberships (rules section 3).

use super::{
    Alert, ClientId, Context, Entry, Error, Flags, Manager,
    memberships::{Credit, Found, InterfaceId, Party},
    mfes::Covered,
};
use crate::forwarder::{InterfaceKey, Route};

impl Manager {
    /// Adds a membership, or with FORWARD alone an interface to existing MFEs. For a
    /// single (S,G) whose source is not known yet, `route` is the route towards it.
    ///
    /// # Errors
    /// InvalidParameter (handle; the caller does not hold the interface),
    /// CanNotComplete (a hand-over is running there), OutOfMemory.
    pub fn add(
        &mut self,
        client: ClientId,
        entry: &Entry,
        key: InterfaceKey,
        flags: Flags,
        route: Option<Route>,
        cx: &mut Context<'_>,
    ) -> Result<(), Error> {
        let caller = self.client(client)?;
        let id = self.interfaces.find(key).ok_or(Error::InvalidParameter)?;
        let (interface, party) = self.held_by(id, caller)?;
        let found = self.memberships.look_for(entry);
        let is_new = flags.join() && !self.memberships.holds(found, interface, party);
        if !is_new && !flags.forward() {
            return Ok(());
        }
        let (covered, alerts) = self.reserve_includes(entry, interface, cx)?;
        if is_new {
            self.memberships.reserve(found)?;
            if entry.is_exact() {
                self.reserve_exact(entry)?;
            }
        }
        self.outbox.reserve(alerts + 1 + self.most_join_alerts(entry))?;
        if is_new {
            self.join((entry, found), (interface, party), caller, route);
        } else {
            self.interfaces[interface].grafted = true;
        }
        self.override_constructions(entry, interface, true);
        if covered > 0 {
            self.include_in_covered(entry, interface, caller, cx);
        }
        Ok(())
    }

    fn join(
        &mut self,
        (entry, found): (&Entry, Found),
        (interface, party): (InterfaceId, Party),
        caller: u32,
        route: Option<Route>,
    ) {
        let member = self.interfaces.credited(interface);
        if party == Party::Igmp && self.interfaces[interface].routing.is_some() {
            let alert = Alert::LocalJoin { entry: *entry, interface: self.interfaces[interface].key };
            self.outbox.push(member, alert);
        }
        let is_first_party = !self.memberships.is_member(found, interface);
        let before = self.memberships.census(found, entry, &self.interfaces);
        if entry.is_exact() && !self.memberships.is_joined(found) {
            self.hold_exact(entry, route);
        }
        self.memberships.add(found, entry, interface, party, &self.interfaces);
        if is_first_party {
            self.tell_join(entry, member, caller, before);
        }
    }

    /// Deletes a membership, or with FORWARD alone an interface from existing MFEs.
    ///
    /// # Errors
    /// InvalidParameter (handle; only others hold the interface), NotFound (nobody
    /// holds it, or no such membership), CanNotComplete (a hand-over is running
    /// there, or no memory).
    pub fn delete(
        &mut self,
        client: ClientId,
        entry: &Entry,
        key: InterfaceKey,
        flags: Flags,
        cx: &mut Context<'_>,
    ) -> Result<(), Error> {
        let caller = self.client(client)?;
        let id = self.interfaces.find(key).ok_or(Error::NotFound)?;
        let (interface, party) = self.held_by(id, caller)?;
        let found = self.memberships.look_for(entry);
        if flags.join() && !self.memberships.holds(found, interface, party) {
            return Err(Error::NotFound);
        }
        self.reserve_overrides(entry)?;
        let prunes = if flags.join() { self.most_prune_alerts(found, entry) + 1 } else { 0 };
        self.outbox.reserve_for_cleanup(prunes + self.most_exclude_alerts(entry, interface))?;
        if !flags.join() {
            self.override_constructions(entry, interface, false);
            let mut walk = Covered::by(entry);
            while let Some(id) = walk.next(&self.mfes) {
                self.exclude(id, interface, false, caller, cx);
            }
            return Ok(());
        }
        if party == Party::Igmp
            && let Some(owner) = self.interfaces[interface].routing
        {
            self.outbox.push(owner, Alert::LocalLeave { entry: *entry, interface: key });
        }
        if let Some(rest) = self.memberships.remove(found, interface, party, &self.interfaces) {
            self.tell_left((entry, rest), key, self.interfaces.credited(interface), caller);
        }
        self.exclude_unkept(entry, interface, caller, cx);
        Ok(())
    }

    /// Tells of an entry that nobody holds on an interface any more. Room was reserved.
    pub(super) fn tell_left(&mut self, (entry, rest): (&Entry, Found), key: InterfaceKey, member: u32, caller: u32) {
        let after = self.memberships.census(rest, entry, &self.interfaces);
        self.tell_prune(entry, key, member, caller, after);
        if entry.is_exact() && !self.memberships.is_joined(rest) {
            self.release_exact(entry);
        }
    }

    /// Takes an interface out of the covered MFEs in which no membership keeps it.
    pub(super) fn exclude_unkept(&mut self, entry: &Entry, interface: InterfaceId, caller: u32, cx: &mut Context<'_>) {
        self.override_unkept(entry, interface);
        let mut walk = Covered::by(entry);
        while self.interfaces[interface].mfe_refs > 0
            && let Some(id) = walk.next(&self.mfes)
        {
            let flow = self.mfes[id].flow;
            if !self.memberships.covers(interface, flow.source, flow.group) {
                self.exclude(id, interface, true, caller, cx);
            }
        }
    }

    /// The most FALSE alerts an interface's leaving the covered MFEs can cause.
    fn most_exclude_alerts(&self, entry: &Entry, interface: InterfaceId) -> usize {
        match self.interfaces[interface].mfe_refs as usize {
            // Few MFEs name it: no need to walk the covered ones.
            refs @ 0..=16 => refs,
            refs => {
                let last_one = |oifs: &[super::mfes::Oif]| {
                    oifs.iter().filter(|oif| oif.is_active()).all(|oif| oif.interface() == interface)
                };
                self.mfes.covered_by(entry).filter(|&id| last_one(&self.mfes[id].oifs)).count().min(refs)
            }
        }
    }

    /// The party as which a client holds an interface on which no hand-over runs.
    fn held_by(&self, id: InterfaceId, caller: u32) -> Result<(InterfaceId, Party), Error> {
        let interface = &self.interfaces[id];
        if interface.changing {
            Err(Error::CanNotComplete)
        } else if interface.routing == Some(caller) {
            Ok((id, Party::Owner))
        } else if interface.igmp == Some(caller) {
            Ok((id, Party::Igmp))
        } else {
            Err(Error::InvalidParameter)
        }
    }
}
