//! Which VIF slot stands for which interface.

use super::uapi::MAXVIFS;
use crate::forwarder::DEFAULT_THRESHOLD;

/// Whether the kernel has a slot's VIF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// It has.
    There,
    /// The interface is gone, and the VIF with it: no entry may name the slot.
    Gone,
    /// It is there again, and entries may lack it.
    Back,
}

/// The table's slots. Pairs with the same interface index share one.
pub(crate) struct VifSlots {
    /// The interface index, 0 where the slot is free.
    if_index: [u32; MAXVIFS],
    /// How many pairs use it.
    users: [u32; MAXVIFS],
    /// The TTL that a packet must exceed to leave.
    threshold: [u8; MAXVIFS],
    state: [State; MAXVIFS],
    /// The slots whose VIF somebody else has made, and keeps.
    foreign: [bool; MAXVIFS],
    /// Where the next search starts. A freed slot comes back as late as possible,
    /// so that a late upcall or a forgotten oif does not name a new interface.
    next: usize,
}

impl VifSlots {
    pub(crate) const fn new() -> Self {
        Self {
            if_index: [0; MAXVIFS],
            users: [0; MAXVIFS],
            threshold: [DEFAULT_THRESHOLD; MAXVIFS],
            state: [State::There; MAXVIFS],
            foreign: [false; MAXVIFS],
            next: 0,
        }
    }

    /// The slot of an interface.
    pub(crate) fn find(&self, if_index: u32) -> Option<usize> {
        if if_index == 0 {
            return None;
        }
        self.if_index.iter().position(|&held| held == if_index)
    }

    /// The slot of an interface that the kernel has a VIF for.
    pub(crate) fn usable(&self, if_index: u32) -> Option<usize> {
        self.find(if_index).filter(|&vif| self.state[vif] != State::Gone)
    }

    /// Whether the kernel has a slot's VIF.
    pub(crate) fn state(&self, vif: usize) -> State {
        self.state[vif]
    }

    /// Notes whether the kernel has a slot's VIF.
    pub(crate) fn set_state(&mut self, vif: usize, state: State) {
        self.state[vif] = state;
    }

    /// Whether a slot's VIF is somebody else's.
    pub(crate) fn is_foreign(&self, vif: usize) -> bool {
        self.foreign[vif]
    }

    /// Notes whose a slot's VIF is.
    pub(crate) fn set_foreign(&mut self, vif: usize, foreign: bool) {
        self.foreign[vif] = foreign;
    }

    /// The interface in a slot.
    pub(crate) fn interface(&self, vif: usize) -> Option<u32> {
        self.if_index.get(vif).copied().filter(|&index| index != 0)
    }

    /// The free slots, in the order in which they should be used.
    pub(crate) fn free(&self) -> impl Iterator<Item = usize> + use<> {
        let if_index = self.if_index;
        let next = self.next;
        (0..MAXVIFS).map(move |step| (next + step) % MAXVIFS).filter(move |&vif| if_index[vif] == 0)
    }

    /// A slot that stands for no interface, if there is one: the one that will be
    /// used last.
    pub(crate) fn unused(&self) -> Option<usize> {
        self.free().last()
    }

    /// Takes a free slot for the first pair of an interface.
    pub(crate) fn take(&mut self, vif: usize, if_index: u32) {
        self.if_index[vif] = if_index;
        self.users[vif] = 1;
        self.threshold[vif] = DEFAULT_THRESHOLD;
        self.state[vif] = State::There;
        self.foreign[vif] = false;
        self.next = (vif + 1) % MAXVIFS;
    }

    /// One more pair shares the slot.
    pub(crate) fn share(&mut self, vif: usize) {
        self.users[vif] = self.users[vif].saturating_add(1);
    }

    /// One pair less; true when it was the last and the slot is free.
    pub(crate) fn leave(&mut self, vif: usize) -> bool {
        self.users[vif] = self.users[vif].saturating_sub(1);
        if self.users[vif] > 0 {
            return false;
        }
        self.if_index[vif] = 0;
        true
    }

    /// Sets an interface's TTL threshold, if it has a slot.
    pub(crate) fn set_threshold(&mut self, if_index: u32, ttl: u8) {
        if let Some(vif) = self.find(if_index) {
            self.threshold[vif] = ttl;
        }
    }

    /// The TTL threshold of the interface in a slot.
    pub(crate) fn threshold(&self, vif: usize) -> u8 {
        self.threshold[vif]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_share_a_slot_and_a_freed_one_comes_back_last() {
        let mut slots = VifSlots::new();
        for index in 1..=32u32 {
            let vif = slots.free().next().unwrap();
            slots.take(vif, index);
        }
        assert_eq!(slots.free().next(), None);
        assert_eq!(slots.unused(), None);
        let vif = slots.find(7).unwrap();
        assert_eq!(slots.interface(vif), Some(7));
        slots.share(vif);
        assert!(!slots.leave(vif));
        assert!(slots.leave(vif));
        assert_eq!(slots.find(7), None);
        assert_eq!(slots.interface(vif), None);
        assert_eq!(slots.free().next(), Some(vif));
        let other = slots.find(3).unwrap();
        assert!(slots.leave(other));
        slots.take(slots.find(9).unwrap(), 9);
        // After slot 8 the search goes on upwards and wraps around.
        assert_eq!(slots.free().collect::<Vec<_>>(), [other, vif]);
        assert_eq!(slots.unused(), Some(vif));
    }

    #[test]
    fn a_threshold_goes_with_its_interface() {
        let mut slots = VifSlots::new();
        slots.set_threshold(7, 9);
        slots.take(0, 7);
        assert_eq!(slots.threshold(0), 1);
        slots.set_threshold(7, 64);
        slots.share(0);
        assert_eq!((slots.threshold(0), slots.threshold(1)), (64, 1));
        slots.leave(0);
        assert_eq!(slots.threshold(0), 64);
        slots.leave(0);
        slots.take(0, 8);
        assert_eq!(slots.threshold(0), 1);
    }

    #[test]
    fn a_slot_whose_vif_is_gone_is_held_and_not_usable() {
        let mut slots = VifSlots::new();
        slots.take(0, 7);
        slots.set_state(0, State::Gone);
        assert_eq!((slots.find(7), slots.usable(7)), (Some(0), None));
        assert_eq!(slots.free().next(), Some(1));
        slots.set_state(0, State::Back);
        assert_eq!(slots.usable(7), Some(0));
        assert!(slots.leave(0));
        slots.take(0, 8);
        assert_eq!(slots.state(0), State::There);
    }

    #[test]
    fn interface_zero_and_slots_out_of_range_are_nothing() {
        let slots = VifSlots::new();
        assert_eq!(slots.find(0), None);
        assert_eq!(slots.interface(0), None);
        assert_eq!(slots.interface(usize::from(u16::MAX)), None);
    }
}
