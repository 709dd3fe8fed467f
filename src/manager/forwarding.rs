//! The outgoing lists of MFEs and who is told of them (rules section 5): the owner
//! of the iif, when the list fills or empties.

use super::{
    Alert, ClientId, Context, Entry, Error, Flow, Manager,
    memberships::{ClientIndex, InterfaceId},
    mfes::{Covered, DEFAULT_TIMEOUT, MfeId, Oif},
};
use crate::forwarder::InterfaceKey;

impl Manager {
    /// Makes room so that an interface can enter every MFE that an entry covers. Says how
    /// many those are, and how many alerts that can cause.
    pub(super) fn reserve_includes(
        &mut self,
        entry: &Entry,
        interface: InterfaceId,
        cx: &mut Context<'_>,
    ) -> Result<(usize, usize), Error> {
        let (mut walk, mut covered, mut alerts) = (Covered::by(entry), 0, 0);
        while let Some(id) = walk.next(&self.mfes) {
            let mfe = &mut self.mfes[id];
            if !mfe.oifs.iter().any(|oif| oif.interface() == interface) {
                mfe.oifs.try_reserve(1)?;
            }
            covered += 1;
            alerts += usize::from(mfe.is_empty());
            cx.forwarding.prepare(mfe.flow, mfe.oifs.len() + 1)?;
        }
        self.reserve_overrides(entry)?;
        Ok((covered, alerts))
    }

    /// Puts an interface into every MFE that an entry covers; room was reserved.
    pub(super) fn include_in_covered(
        &mut self,
        entry: &Entry,
        interface: InterfaceId,
        caller: ClientIndex,
        cx: &mut Context<'_>,
    ) {
        let mut walk = Covered::by(entry);
        while let Some(id) = walk.next(&self.mfes) {
            self.include(id, interface, caller, cx);
        }
    }

    fn include(&mut self, id: MfeId, interface: InterfaceId, caller: ClientIndex, cx: &mut Context<'_>) {
        let key = self.interfaces[interface].key;
        let mfe = &self.mfes[id];
        if mfe.iif == key || self.is_barred(interface, mfe.iif, mfe.flow.group) {
            // Not into its own packets' list, nor beyond a boundary; but an earlier veto
            // does not outlive this.
            self.exclude_veto(id, interface);
            return;
        }
        let mfe = &mut self.mfes[id];
        let was_empty = mfe.is_empty();
        match mfe.oifs.iter().position(|oif| oif.interface() == interface) {
            Some(at) if mfe.oifs[at].is_active() => return,
            Some(at) => mfe.oifs[at] = Oif::active(interface),
            None => {
                let interfaces = &self.interfaces;
                let at = mfe.oifs.partition_point(|oif| interfaces[oif.interface()].key < key);
                mfe.oifs.insert(at, Oif::active(interface));
                self.interfaces[interface].mfe_refs += 1;
            }
        }
        if was_empty {
            self.filled(id, caller, cx.now);
        }
        cx.forwarding.install(&self.view(id, cx.now));
    }

    fn exclude_veto(&mut self, id: MfeId, interface: InterfaceId) {
        let oifs = &mut self.mfes[id].oifs;
        if let Some(at) = oifs.iter().position(|oif| oif.interface() == interface) {
            oifs.remove(at);
            self.interfaces[interface].mfe_refs -= 1;
        }
    }

    /// Takes an interface out of an MFE. A veto goes too, where `forget_veto`.
    pub(super) fn exclude(
        &mut self,
        id: MfeId,
        interface: InterfaceId,
        forget_veto: bool,
        caller: ClientIndex,
        cx: &mut Context<'_>,
    ) {
        let mfe = &mut self.mfes[id];
        let Some(at) = mfe.oifs.iter().position(|oif| oif.interface() == interface) else { return };
        let was_active = mfe.oifs[at].is_active();
        if !was_active && !forget_veto {
            return;
        }
        mfe.oifs.remove(at);
        let empty = mfe.is_empty();
        self.interfaces[interface].mfe_refs -= 1;
        if !was_active {
            return;
        }
        if empty {
            let owner = self.owner_of(self.mfes[id].iif).filter(|owner| owner.index != caller);
            self.tell_iif_prune(id, owner, self.interfaces[interface].key);
        }
        cx.forwarding.install(&self.view(id, cx.now));
    }

    /// An MFE's list went from empty to non-empty.
    pub(super) fn filled(&mut self, id: MfeId, caller: ClientIndex, now: u64) {
        self.mfes.set_timeout(id, DEFAULT_TIMEOUT, now);
        let owner = self.owner_of(self.mfes[id].iif).filter(|owner| owner.index != caller);
        self.tell_iif_join(id, owner);
    }

    fn tell_iif_join(&mut self, id: MfeId, owner: Option<ClientId>) {
        let Flow { source, group } = self.mfes[id].flow;
        if let Some(owner) = owner {
            let entry = Entry::exact(source, group);
            self.outbox.push(owner.index, Alert::Join { entry, membership: false });
        }
    }

    /// Tells an iif's owner, if there is one to tell, that an MFE's list is empty.
    pub(super) fn tell_iif_prune(&mut self, id: MfeId, owner: Option<ClientId>, interface: InterfaceKey) {
        let incarnation = self.mfes[id].incarnation.get();
        self.tell_prune_of(id, owner, interface, incarnation);
    }

    fn tell_prune_of(&mut self, id: MfeId, owner: Option<ClientId>, interface: InterfaceKey, incarnation: u32) {
        let Flow { source, group } = self.mfes[id].flow;
        if let Some(owner) = owner {
            let entry = Entry::exact(source, group);
            self.outbox.push(owner.index, Alert::Prune { entry, interface, membership: false, incarnation });
        }
    }

    /// An MFE got a new iif, owner or list at once: room for three alerts was reserved.
    /// `gone` is the oif to name where the owner stays.
    pub(super) fn tell_owners_of_move(
        &mut self,
        id: MfeId,
        (old_owner, was_empty): (Option<ClientId>, bool),
        new_owner: Option<ClientId>,
        gone: InterfaceKey,
        now: u64,
    ) {
        let is_empty = self.mfes[id].is_empty();
        let same_owner = old_owner == new_owner;
        if !was_empty && !same_owner {
            // What it answers is about an entry that is not its any more.
            let old_owner = old_owner.filter(|owner| self.is_live(*owner));
            self.tell_prune_of(id, old_owner, InterfaceKey::default(), 0);
        }
        if was_empty && !is_empty {
            self.mfes.set_timeout(id, DEFAULT_TIMEOUT, now);
        }
        if !is_empty && (was_empty || !same_owner) {
            self.tell_iif_join(id, new_owner);
        } else if is_empty && !was_empty {
            self.tell_iif_prune(id, new_owner, gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Flags, MfeView, Step,
        testing::{GROUP, Nowhere, Order, flow, link, manager, orders},
    };
    use super::*;

    fn all() -> Entry {
        Entry::new(0, 0, GROUP, 0).unwrap()
    }

    #[test]
    fn a_forwarder_makes_room_for_one_more() {
        let manager = &mut manager();
        let owner = manager.client_at(1).unwrap();
        let made = orders(|cx| manager.add(owner, &all(), link(4), Flags::JOIN, None, cx).unwrap());
        let longer = |source| Order::Install(flow(source), vec![link(2), link(3), link(4)]);
        assert_eq!(made, [Order::Prepare(flow(5), 3), Order::Prepare(flow(6), 3), longer(5), longer(6)]);
    }

    #[test]
    fn a_list_that_has_the_interface_is_not_given_again() {
        let manager = &mut manager();
        let owner = manager.client_at(1).unwrap();
        let range = Entry::new(0, 0, 0xEF00_0000, 0xFF00_0000).unwrap();
        let made = orders(|cx| manager.add(owner, &range, link(3), Flags::JOIN, None, cx).unwrap());
        assert!(made.iter().all(|order| matches!(order, Order::Prepare(..))), "{made:?}");
    }

    /// Refuses to make room.
    struct Full;

    impl super::super::Forwarding for Full {
        fn open(&mut self, _: InterfaceKey) -> Result<(), Error> {
            Ok(())
        }
        fn close(&mut self, _: InterfaceKey) {}
        fn prepare(&mut self, _: Flow, _: usize) -> Result<(), Error> {
            Err(Error::OutOfMemory)
        }
        fn install(&mut self, _: &MfeView<'_>) {}
        fn remove(&mut self, _: Flow) {}
    }

    #[test]
    fn a_list_has_room_before_anything_changes() {
        let manager = &mut manager();
        let owner = manager.client_at(1).unwrap();
        let mut last = 4;
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        while manager.mfes[0].oifs.len() < manager.mfes[0].oifs.capacity() {
            manager.add(owner, &all(), link(last), Flags::JOIN, None, &mut cx).unwrap();
            last += 1;
            assert!(matches!(manager.take(owner, link(last), &mut cx), Step::Done(Ok(()))));
        }
        let full = manager.mfes[0].oifs.len();
        let mut cx = Context { now: 1, forwarding: &mut Full };
        let refused = manager.add(owner, &all(), link(last), Flags::JOIN, None, &mut cx);
        assert_eq!(refused, Err(Error::OutOfMemory));
        assert_eq!(manager.mfes[0].oifs.len(), full);
        assert!(manager.mfes[0].oifs.capacity() > full);
    }

    #[test]
    fn uses_of_an_interface_are_counted_when_it_leaves() {
        let manager = &mut manager();
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        manager.mfes[0].oifs.insert(0, Oif::vetoed(0));
        manager.interfaces[0].mfe_refs += 1;
        // The veto of the iif goes.
        let owner = manager.client_at(0).unwrap();
        manager.add(owner, &all(), link(1), Flags::JOIN, None, &mut cx).unwrap();
        assert_eq!(manager.mfes[0].oifs.len(), 2);
        assert_eq!(manager.audit(), Ok(()));

        let owner = manager.client_at(1).unwrap();
        manager.delete(owner, &all(), link(3), Flags::JOIN, &mut cx).unwrap();
        assert_eq!(manager.mfes[0].oifs.len(), 1);
        assert_eq!(manager.audit(), Ok(()));
    }
}
