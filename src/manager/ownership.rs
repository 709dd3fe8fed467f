//! Who holds which interface (rules section 2): taking and releasing. Where IGMP
//! and a routing protocol meet on one, a [`Handover`] runs.

use super::{
    Alert, ClientId, Context, Entry, Error, Manager,
    handover::{Change, Handover},
    memberships::{Credit, InterfaceId, Party},
    moves::Moves,
    tasks::{Input, Step, Work},
};
use crate::forwarder::InterfaceKey;

impl Manager {
    /// Takes ownership of an interface.
    ///
    /// # Errors
    /// InvalidParameter (handle, index 0), AlreadyExists (held, also by the caller),
    /// CanNotComplete (a hand-over is running there; the forwarder cannot use it),
    /// OutOfMemory.
    pub fn take(&mut self, client: ClientId, key: InterfaceKey, cx: &mut Context<'_>) -> Step {
        self.try_take(client, key, cx).unwrap_or_else(|error| Step::Done(Err(error)))
    }

    fn try_take(&mut self, client: ClientId, key: InterfaceKey, cx: &mut Context<'_>) -> Result<Step, Error> {
        let caller = self.client(client)?;
        let is_igmp = self.is_igmp(client);
        if key.if_index == 0 {
            return Err(Error::InvalidParameter);
        }
        let Some(id) = self.interfaces.find(key) else { return self.take_free(client, key, is_igmp, cx) };
        let interface = &mut self.interfaces[id];
        if interface.changing {
            return Err(Error::CanNotComplete);
        }
        match (is_igmp, interface.routing, interface.igmp) {
            (true, _, Some(_)) | (false, Some(_), _) => Err(Error::AlreadyExists),
            (true, _, None) => {
                interface.igmp = Some(caller);
                self.count_held(client, 1);
                Ok(Step::Done(Ok(())))
            }
            (false, None, _) => self.start_handover(client, id, Change::Take, cx),
        }
    }

    /// Takes an interface that nobody holds.
    fn take_free(
        &mut self,
        client: ClientId,
        key: InterfaceKey,
        is_igmp: bool,
        cx: &mut Context<'_>,
    ) -> Result<Step, Error> {
        self.interfaces.reserve(key)?;
        self.memberships.reserve_interfaces(self.interfaces.bound())?;
        let mut moves = self.moves_of_take(key)?;
        self.reserve_tasks(1)?;
        cx.forwarding.open(key)?;
        moves.set_before(key, None);
        let id = self.interfaces.insert(key);
        let interface = &mut self.interfaces[id];
        *(if is_igmp { &mut interface.igmp } else { &mut interface.routing }) = Some(client.index);
        self.count_held(client, 1);
        Ok(self.run_moves(moves, cx))
    }

    pub(super) fn run_moves(&mut self, moves: Moves, cx: &mut Context<'_>) -> Step {
        if moves.is_empty() {
            return Step::Done(Ok(()));
        }
        let task = self.add_moves(moves);
        self.drive(task, Input::Start, cx)
    }

    fn start_handover(
        &mut self,
        client: ClientId,
        id: InterfaceId,
        change: Change,
        cx: &mut Context<'_>,
    ) -> Result<Step, Error> {
        let igmp = self.interfaces[id].igmp.and_then(|igmp| self.client_at(igmp)).ok_or(Error::CanNotComplete)?;
        self.reserve_tasks(1)?;
        self.interfaces[id].changing = true;
        let task = self.add_task(None, Work::Handover(Handover::new(client, igmp, id, change)));
        Ok(self.drive(task, Input::Start, cx))
    }

    /// Gives an interface up.
    ///
    /// # Errors
    /// InvalidParameter (handle; the caller does not hold it), CanNotComplete (a
    /// hand-over is running there, or no memory).
    pub fn release(&mut self, client: ClientId, key: InterfaceKey, cx: &mut Context<'_>) -> Step {
        self.try_release(client, key, cx).unwrap_or_else(|error| Step::Done(Err(error)))
    }

    fn try_release(&mut self, client: ClientId, key: InterfaceKey, cx: &mut Context<'_>) -> Result<Step, Error> {
        let caller = Some(self.client(client)?);
        let id = self.interfaces.find(key).ok_or(Error::InvalidParameter)?;
        let interface = &self.interfaces[id];
        if interface.changing {
            return Err(Error::CanNotComplete);
        }
        match (interface.routing, interface.igmp) {
            (routing, Some(_)) if routing == caller => self.start_handover(client, id, Change::Release, cx),
            (routing, None) if routing == caller => {
                self.reserve_leaves(id, &[Party::Owner])?;
                self.leave_all(id, &[Party::Owner], client.index, cx);
                self.vacate(id, client, cx);
                Ok(Step::Done(Ok(())))
            }
            (routing, igmp) if igmp == caller => {
                self.reserve_leaves(id, &[Party::Igmp])?;
                self.leave_all(id, &[Party::Igmp], client.index, cx);
                match routing {
                    Some(_) => {
                        self.interfaces[id].igmp = None;
                        self.count_held(client, -1);
                    }
                    None => self.vacate(id, client, cx),
                }
                Ok(Step::Done(Ok(())))
            }
            _ => Err(Error::InvalidParameter),
        }
    }

    /// The protocol and component id of an interface's owner.
    ///
    /// # Errors
    /// NotFound when nobody holds it.
    pub fn protocol_on(&self, key: InterfaceKey) -> Result<(u32, u32), Error> {
        let owner = self.interfaces.owner_of(key).ok_or(Error::NotFound)?;
        let (_, client) = self.clients.at(owner).ok_or(Error::NotFound)?;
        Ok((client.protocol_id, client.component_id))
    }

    /// Makes room for the alerts of all memberships of some parties ending, and of the
    /// interface leaving all MFEs.
    pub(super) fn reserve_leaves(&mut self, id: InterfaceId, parties: &[Party]) -> Result<(), Error> {
        let mut alerts = self.interfaces[id].mfe_refs as usize;
        for &party in parties {
            for entry in self.memberships.on_interface(id, party) {
                alerts += 1 + self.most_prune_alerts(self.memberships.look_for(&entry), &entry);
            }
        }
        self.outbox.reserve_for_cleanup(alerts)
    }

    /// Ends all memberships of some parties on an interface. Room was reserved.
    ///
    /// They end at once: who is told of each is counted without any of them, so that
    /// the order in which they happen to stand does not matter.
    pub(super) fn leave_all(&mut self, id: InterfaceId, parties: &[Party], caller: u32, cx: &mut Context<'_>) {
        let (key, member) = (self.interfaces[id].key, self.interfaces.credited(id));
        // To the owner first, as for a single delete; to nobody about its own release.
        let owner = self.interfaces[id].routing.filter(|&owner| owner != caller);
        self.memberships.lend();
        let first = self.memberships.first_on(id);
        let mut next = first;
        while let Some(number) = next {
            next = self.memberships.next_on(number, id);
            for &party in parties {
                let Some(entry) = self.memberships.held_entry(number, id, party) else { continue };
                if let Some(owner) = owner.filter(|_| party == Party::Igmp) {
                    self.outbox.push(owner, Alert::LocalLeave { entry, interface: key });
                }
                let found = self.memberships.look_for(&entry);
                self.memberships.remove(found, id, party, &self.interfaces);
            }
        }
        next = first;
        while let Some(number) = next {
            next = self.memberships.next_on(number, id);
            if let Some(entry) = self.memberships.left_entry(number, id) {
                self.tell_left((&entry, self.memberships.look_for(&entry)), key, member, caller);
            }
        }
        next = first;
        while let Some(number) = next {
            next = self.memberships.next_on(number, id);
            if let Some(entry) = self.memberships.left_entry(number, id) {
                self.exclude_unkept(&entry, id, caller, cx);
            }
        }
        self.memberships.take_back(id);
        // Where IGMP leaves its owner's interface, what FORWARD put into other lists is the
        // owner's to take out.
        if self.interfaces[id].grafted && owner.is_none() {
            self.exclude_unkept(&Entry::default(), id, caller, cx);
        }
    }

    /// Nobody holds the interface any more.
    fn vacate(&mut self, id: InterfaceId, client: ClientId, cx: &mut Context<'_>) {
        let key = self.interfaces[id].key;
        self.delete_mfes_from(key, cx);
        self.forget_in_constructions(id);
        self.interfaces.remove(id);
        self.count_held(client, -1);
        cx.forwarding.close(key);
    }

    /// Deletes the MFEs whose iif an interface is.
    pub(super) fn delete_mfes_from(&mut self, key: InterfaceKey, cx: &mut Context<'_>) {
        let mut next = self.mfes.first_on_link(key.if_index);
        while let Some(id) = next {
            next = self.mfes.next_on_link(id);
            if self.mfes[id].iif == key {
                self.delete_mfe(id, cx);
            }
        }
    }

    /// IGMP's memberships on an interface changed from one client's credit to
    /// another's; the new owner, if there is one, is told of each.
    pub(super) fn hand_over_memberships(&mut self, id: InterfaceId, was: u32, is: u32) -> Result<(), Error> {
        let count = self.memberships.count_on(id);
        self.outbox.reserve(count)?;
        self.memberships.recredit(id, was, is)
    }

    /// Tells an interface's new owner of the memberships that IGMP keeps there.
    pub(super) fn tell_local_joins(&mut self, id: InterfaceId) {
        let owner = self.interfaces.credited(id);
        let (memberships, interfaces, outbox) = (&self.memberships, &self.interfaces, &mut self.outbox);
        for entry in memberships.on_interface(id, Party::Igmp) {
            outbox.push(owner, Alert::LocalJoin { entry, interface: interfaces[id].key });
        }
    }
}
