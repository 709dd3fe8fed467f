//! Administrative boundaries: groups whose packets neither come in nor go out through an
//! interface index, whoever holds it (docs/behaviour.md section 10). They bear on outgoing
//! lists alone: memberships, and who is told of them, are what they are without.

use super::{
    Context, Entry, Error, Manager,
    memberships::{InterfaceId, NOBODY},
    mfes::{Covered, MfeId, Oif},
};
use crate::forwarder::InterfaceKey;

/// A boundary. They are in order of interface index, group and mask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Boundary {
    if_index: u32,
    /// All flows to its groups.
    range: Entry,
}

impl Boundary {
    /// Masks are as in memberships; addresses in host byte order.
    ///
    /// # Errors
    /// InvalidParameter: index 0, or groups that [`Entry::new`] refuses.
    pub fn new(if_index: u32, group: u32, mask: u32) -> Result<Self, Error> {
        if if_index == 0 {
            return Err(Error::InvalidParameter);
        }
        Ok(Self { if_index, range: Entry::new(0, 0, group, mask)? })
    }

    /// The interface index, the group (or the first of the range; 0 for all groups), and
    /// the group mask (0 for all groups, all ones for one).
    pub fn words(&self) -> (u32, u32, u32) {
        (self.if_index, self.range.group(), self.range.group_mask())
    }
}

/// All boundaries, ascending.
pub struct Boundaries(Vec<Boundary>);

impl Boundaries {
    /// None; allocates nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether a group's packets stop at an interface index.
    fn stop(&self, if_index: u32, group: u32) -> bool {
        let from = self.0.partition_point(|boundary| boundary.if_index < if_index);
        let here = self.0[from..].iter().take_while(|boundary| boundary.if_index == if_index);
        here.into_iter().any(|boundary| boundary.range.covers(0, group))
    }

    /// Where a boundary stands, or belongs.
    fn place_of(&self, boundary: &Boundary) -> Result<usize, usize> {
        self.0.binary_search_by_key(&boundary.words(), Boundary::words)
    }
}

impl Manager {
    /// Adds a boundary: the lists of the MFEs it is about lose what is beyond it.
    /// One that is there is no error.
    ///
    /// # Errors
    /// OutOfMemory.
    pub fn add_boundary(&mut self, boundary: Boundary, cx: &mut Context<'_>) -> Result<(), Error> {
        let range = boundary.range;
        let Err(at) = self.boundaries.place_of(&boundary) else { return Ok(()) };
        self.boundaries.0.try_reserve(1)?;
        let empties = |&id: &MfeId| {
            let mfe = &self.mfes[id];
            let is_here = |interface| self.interfaces[interface].key.if_index == boundary.if_index;
            !mfe.is_empty() && (mfe.iif.if_index == boundary.if_index || mfe.active().all(is_here))
        };
        let alerts = self.mfes.covered_by(&range).filter(empties).count();
        self.outbox.reserve(alerts)?;
        self.boundaries.0.insert(at, boundary);
        let mut walk = Covered::by(&range);
        while let Some(id) = walk.next(&self.mfes) {
            self.cut(id, cx);
        }
        Ok(())
    }

    /// Deletes a boundary: the interfaces that it kept out of lists come back where
    /// memberships want them.
    ///
    /// # Errors
    /// NotFound, OutOfMemory.
    pub fn delete_boundary(&mut self, boundary: Boundary, cx: &mut Context<'_>) -> Result<(), Error> {
        let range = boundary.range;
        let at = self.boundaries.place_of(&boundary).map_err(|_| Error::NotFound)?;
        self.boundaries.0.remove(at);
        if let Err(error) = self.reserve_returns(&range, boundary.if_index, cx) {
            // Into the room that it left.
            self.boundaries.0.insert(at, boundary);
            return Err(error);
        }
        if self.boundaries.0.is_empty() {
            self.forget_boundaries();
        }
        let mut walk = Covered::by(&range);
        while let Some(id) = walk.next(&self.mfes) {
            self.bring_back(id, boundary.if_index, cx);
        }
        Ok(())
    }

    /// The boundary that follows the words of another, which need not be there.
    pub fn boundary_after(&self, words: (u32, u32, u32)) -> Option<Boundary> {
        let at = self.boundaries.0.partition_point(|boundary| boundary.words() <= words);
        self.boundaries.0.get(at).copied()
    }

    /// Forgets all boundaries; there are no MFEs.
    pub fn forget_boundaries(&mut self) {
        self.boundaries = Boundaries::new();
    }

    /// Whether a boundary keeps an interface out of the list of an MFE with this iif.
    pub(super) fn is_barred(&self, interface: InterfaceId, iif: InterfaceKey, group: u32) -> bool {
        let stops = |if_index| self.boundaries.stop(if_index, group);
        !self.boundaries.0.is_empty() && (stops(iif.if_index) || stops(self.interfaces[interface].key.if_index))
    }

    /// Takes out of an MFE's list what is beyond a boundary now. Vetoes stay.
    fn cut(&mut self, id: MfeId, cx: &mut Context<'_>) {
        let (group, iif) = (self.mfes[id].flow.group, self.mfes[id].iif);
        let mut oifs = std::mem::take(&mut self.mfes[id].oifs);
        let mut lowest = None;
        oifs.retain(|oif| {
            let goes = oif.is_active() && self.is_barred(oif.interface(), iif, group);
            if goes {
                self.interfaces[oif.interface()].mfe_refs -= 1;
                lowest = lowest.or(Some(self.interfaces[oif.interface()].key));
            }
            !goes
        });
        self.mfes[id].oifs = oifs;
        let Some(lowest) = lowest else { return };
        if self.mfes[id].is_empty() {
            self.tell_iif_prune(id, self.owner_of(iif), lowest);
        }
        cx.forwarding.install(&self.view(id, cx.now));
    }

    /// Calls `f` with each interface that the boundary just deleted may have kept out of
    /// an MFE's list, once for each membership that wants it there.
    fn each_return(&self, id: MfeId, if_index: u32, mut f: impl FnMut(InterfaceId)) {
        let (flow, iif) = (self.mfes[id].flow, self.mfes[id].iif);
        // As when it was made: without somebody on the iif nothing is forwarded.
        if self.owner_of(iif).is_none() {
            return;
        }
        self.memberships.members_of(flow.source, flow.group, |interface| {
            let key = self.interfaces[interface].key;
            let was_barred = key.if_index == if_index || iif.if_index == if_index;
            if was_barred && key != iif && !self.is_barred(interface, iif, flow.group) {
                f(interface);
            }
        });
    }

    fn reserve_returns(&mut self, range: &Entry, if_index: u32, cx: &mut Context<'_>) -> Result<(), Error> {
        let (mut walk, mut alerts) = (Covered::by(range), 0);
        while let Some(id) = walk.next(&self.mfes) {
            let mut more = 0;
            self.each_return(id, if_index, |_| more += 1);
            if more == 0 {
                continue;
            }
            let mfe = &mut self.mfes[id];
            mfe.oifs.try_reserve(more)?;
            alerts += usize::from(mfe.is_empty());
            cx.forwarding.prepare(mfe.flow, mfe.oifs.len() + more)?;
        }
        self.outbox.reserve(alerts)
    }

    /// Puts into an MFE's list what is not beyond a boundary any more; room was reserved.
    fn bring_back(&mut self, id: MfeId, if_index: u32, cx: &mut Context<'_>) {
        let was_empty = self.mfes[id].is_empty();
        let mut oifs = std::mem::take(&mut self.mfes[id].oifs);
        let before = oifs.len();
        self.each_return(id, if_index, |interface| {
            // There already, or vetoed.
            if oifs.iter().all(|oif| oif.interface() != interface) {
                oifs.push(Oif::active(interface));
            }
        });
        self.count_refs(&oifs[before..], 1);
        let grown = oifs.len() > before;
        oifs.sort_unstable_by_key(|oif| self.interfaces[oif.interface()].key);
        self.mfes[id].oifs = oifs;
        if !grown {
            return;
        }
        if was_empty {
            self.filled(id, NOBODY, cx.now);
        }
        cx.forwarding.install(&self.view(id, cx.now));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        mask_of,
        testing::{GROUP, Nowhere, Order, flow, link, manager, orders, packet, resume},
    };
    use super::*;

    fn boundary(if_index: u32, group: u32, len: u8) -> Boundary {
        Boundary::new(if_index, group, mask_of(len)).unwrap()
    }

    #[test]
    fn masks_are_those_of_memberships() {
        let mask = |if_index, group, mask| Boundary::new(if_index, group, mask).map(|boundary| boundary.words().2);
        assert_eq!(mask(1, 0, 0), Ok(0));
        assert_eq!(mask(1, 0xEF01_0101, 0), Ok(u32::MAX));
        assert_eq!(mask(1, 0xEF01_0101, u32::MAX), Ok(u32::MAX));
        assert_eq!(mask(1, 0xEF00_0000, mask_of(8)), Ok(0xFF00_0000));
        assert_eq!(mask(0, 0, 0), Err(Error::InvalidParameter));
        assert_eq!(mask(1, 0xEF00_0001, mask_of(8)), Err(Error::InvalidParameter));
        assert_eq!(mask(1, 0xEF00_0000, 0xFF00_FF00), Err(Error::InvalidParameter));
        assert_eq!(mask(1, 0x0A00_0000, mask_of(8)), Err(Error::InvalidParameter));
    }

    #[test]
    fn packets_stop_where_any_boundary_of_the_interface_covers_the_group() {
        let boundaries = Boundaries(vec![
            boundary(1, 0xEF01_0101, 32),
            boundary(2, 0xEF00_0000, 8),
            boundary(2, 0xEF01_0000, 16),
            boundary(3, 0, 0),
        ]);
        assert!(boundaries.0.is_sorted_by_key(Boundary::words));
        assert!(boundaries.stop(1, 0xEF01_0101) && !boundaries.stop(1, 0xEF01_0102));
        assert!(boundaries.stop(2, 0xEFFF_0101) && boundaries.stop(2, 0xEF01_0101) && !boundaries.stop(2, 0xE801_0101));
        assert!(boundaries.stop(3, 0xE801_0101));
        assert!(!boundaries.stop(0, 0xEF01_0101) && !boundaries.stop(4, 0xEF01_0101));
    }

    #[test]
    fn lists_lose_what_is_beyond_a_boundary_and_get_it_back() {
        let manager = &mut manager();
        let install = |source, oifs: &[u32]| Order::Install(flow(source), oifs.iter().copied().map(link).collect());
        let cut = orders(|cx| manager.add_boundary(boundary(2, GROUP, 32), cx).unwrap());
        assert_eq!(cut, [install(5, &[3]), install(6, &[3])]);
        assert_eq!(manager.audit(), Ok(()));
        let grown = orders(|cx| manager.delete_boundary(boundary(2, GROUP, 32), cx).unwrap());
        // Two memberships may want link 2 in the first list.
        let room = [Order::Prepare(flow(5), 3), Order::Prepare(flow(6), 2)];
        assert_eq!(grown, room.into_iter().chain([5, 6].map(|source| install(source, &[2, 3]))).collect::<Vec<_>>());
        assert_eq!(manager.audit(), Ok(()));
    }

    #[test]
    fn a_boundary_where_nothing_goes_changes_no_entry() {
        let manager = &mut manager();
        assert_eq!(orders(|cx| manager.add_boundary(boundary(9, GROUP, 32), cx).unwrap()), []);
        assert_eq!(orders(|cx| manager.delete_boundary(boundary(9, GROUP, 32), cx).unwrap()), []);
    }

    #[test]
    fn there_is_room_to_tell_of_every_list() {
        let manager = &mut manager();
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        manager.add_boundary(boundary(3, GROUP, 32), &mut cx).unwrap();
        // More than an outbox that was emptied has room for.
        for source in 1_000..2_000 {
            let step = packet(manager, source);
            resume(manager, step);
        }
        (0..3).for_each(|client| manager.outbox.clear(client));
        // On the iif, then on the only outgoing interface.
        for if_index in [1, 2] {
            manager.add_boundary(boundary(if_index, GROUP, 32), &mut cx).unwrap();
            assert_eq!(std::iter::from_fn(|| manager.pop_alert(0)).count(), 1_002);
            assert_eq!(manager.audit(), Ok(()));
            manager.delete_boundary(boundary(if_index, GROUP, 32), &mut cx).unwrap();
            assert_eq!(std::iter::from_fn(|| manager.pop_alert(0)).count(), 1_002);
            assert_eq!(manager.audit(), Ok(()));
        }
    }
}
