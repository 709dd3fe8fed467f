//! How long MFEs live (rules section 7): time-outs, renewal in place, time-outs that
//! prune alerts ask for, and packets that come in on another interface.

use super::{
    Context, Error, Flow, Manager, PacketHeader,
    construction::{Construction, Kind},
    mfes::{DEFAULT_TIMEOUT, MfeId},
    tasks::{Input, Step},
};
use crate::forwarder::Arrival;

/// The longest lifetime a prune alert's answer can give: 2^32 hundredths of a second.
pub const MAX_TIMEOUT: u32 = 42_949_672;
/// The least time between two wrong-interface alerts for one MFE, in milliseconds.
/// Just below the kernel's own 3 s, so that its reports are not lost to rounding.
const WRONG_INTERFACE_GAP: u64 = 2_900;
/// When an MFE that cannot be looked at now is looked at again.
const POSTPONE: u64 = 1_000;

/// An MFE whose time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// The MFE's.
    pub flow: Flow,
    /// Its list is not empty: whether it is renewed depends on its packets.
    pub forwards: bool,
}

impl Manager {
    /// The next MFE whose time has come; [`Self::expire`] must follow at once.
    pub fn due(&mut self, now: u64) -> Option<Due> {
        while let Some(id) = self.mfes.due(now) {
            let flow = self.mfes[id].flow;
            if !self.is_constructing(flow) {
                return Some(Due { flow, forwards: !self.mfes[id].is_empty() });
            }
            self.mfes.postpone(id, now + POSTPONE);
        }
        None
    }

    /// When to call [`Self::due`] again, in milliseconds of the manager's clock.
    pub fn next_look(&self) -> Option<u64> {
        self.mfes.next_look()
    }

    /// When the next MFE is due, exactly; looks through a second's MFEs to find it.
    pub fn next_due(&mut self) -> Option<u64> {
        self.mfes.next_due()
    }

    /// Gives the forwarder every entry again.
    pub fn install_all(&mut self, cx: &mut Context<'_>) {
        for view in self.mfes_after(None, cx.now) {
            cx.forwarding.install(&view);
        }
    }

    /// Counts a packet on a wrong interface that is not worth a report.
    pub fn count_wrong_interface(&mut self) {
        self.counters.wrong_interface += 1;
    }

    /// Counts from zero again.
    pub fn forget_counters(&mut self) {
        self.counters = super::Counters::default();
    }

    /// Ends or renews a due MFE. `good_packets` is the forwarder's count of its packets
    /// less the wrong-interface ones.
    pub fn expire(&mut self, due: Due, good_packets: u64, cx: &mut Context<'_>) -> Step {
        let Some(id) = self.mfes.find(due.flow) else { return Step::Done(Ok(())) };
        let mfe = &self.mfes[id];
        let owner = self.owner_of(mfe.iif);
        // Without an owner of its iif an entry forwards nothing, whatever its list says.
        if mfe.is_empty() || mfe.packets_then == good_packets || owner.is_none() {
            self.counters.expired += 1;
            self.delete_mfe(id, cx);
            return Step::Done(Ok(()));
        }
        let renewal = Construction::in_place(due.flow, Kind::Renewal(good_packets), owner);
        match self.start_construction(renewal, None) {
            Ok(task) => {
                // Its clients may take their time: it is not due again meanwhile.
                self.mfes.set_timeout(id, DEFAULT_TIMEOUT, cx.now);
                self.drive(task, Input::Start, cx)
            }
            Err(error) => {
                self.mfes.postpone(id, cx.now + POSTPONE);
                Step::Done(Err(error))
            }
        }
    }

    /// A prune alert's answer: how long the then empty MFE lives from now.
    pub fn prune_timeout(&mut self, flow: Flow, incarnation: u32, seconds: u32, now: u64) {
        let Some(id) = self.mfes.find(flow) else { return };
        if self.mfes[id].incarnation.get() == incarnation && self.mfes[id].is_empty() {
            let seconds = if seconds == 0 { DEFAULT_TIMEOUT } else { seconds.min(MAX_TIMEOUT) };
            self.mfes.set_timeout(id, seconds, now);
        }
    }

    /// The forwarder reports a packet that did not come in on the iif of its MFE.
    pub fn wrong_interface(&mut self, arrival: Arrival, flow: Flow, header: &PacketHeader, now: u64) {
        self.counters.wrong_interface += 1;
        if self.mfes.find(flow).is_some_and(|id| !arrival.is_on(self.mfes[id].iif)) {
            self.tell_wrong_interface(flow, arrival, header, now);
        }
    }

    /// Tells the arrival interface's owner, at most once in a while for each MFE.
    pub(super) fn tell_wrong_interface(&mut self, flow: Flow, arrival: Arrival, header: &PacketHeader, now: u64) {
        let Some(id) = self.mfes.find(flow) else { return };
        let last = self.mfes[id].wrong_interface_at;
        if last != 0 && now < last - 1 + WRONG_INTERFACE_GAP {
            return;
        }
        let Some(interface) = self.interfaces.arrived_on(arrival) else { return };
        let key = self.interfaces[interface].key;
        let Some(owner) = self.interfaces[interface].owner() else { return };
        match self.outbox.push_wrong_interface(owner, (flow.source, flow.group), key, header) {
            Ok(()) => self.mfes[id].wrong_interface_at = now + 1,
            Err(_) => self.counters.dropped_memory += 1,
        }
    }

    /// Deletes an MFE. Nobody is told.
    pub(super) fn delete_mfe(&mut self, id: MfeId, cx: &mut Context<'_>) {
        let Some(mfe) = self.mfes.remove(id) else { return };
        self.count_refs(&mfe.oifs, -1);
        self.sources.release(mfe.flow.source);
        cx.forwarding.remove(mfe.flow);
    }

    /// Stores an upstream neighbour in an MFE, and nothing else.
    ///
    /// # Errors
    /// InvalidParameter (handle), NotFound.
    pub fn set_upstream(&mut self, client: super::ClientId, flow: Flow, upstream: u32) -> Result<(), Error> {
        self.client(client)?;
        let id = self.mfes.find(flow).ok_or(Error::NotFound)?;
        self.mfes[id].upstream = upstream;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Alert,
        testing::{Nowhere, Order, flow, link, manager, orders},
    };
    use super::*;

    #[test]
    fn there_is_a_time_to_look_as_long_as_there_are_entries() {
        let mut manager = manager();
        assert_eq!(manager.next_due(), Some(900_001));
        assert!(manager.next_look().is_some_and(|at| (900_001..=901_001).contains(&at)));
        manager.forget_entries(&mut Context { now: 1, forwarding: &mut Nowhere });
        assert_eq!((manager.next_due(), manager.next_look()), (None, None));
    }

    #[test]
    fn a_forwarder_that_lost_all_gets_every_entry_again() {
        let manager = &mut manager();
        let both = [5, 6].map(|source| Order::Install(flow(source), vec![link(2), link(3)]));
        assert_eq!(orders(|cx| manager.install_all(cx)), both);
    }

    #[test]
    fn wrong_interface_alerts_keep_their_distance() {
        let manager = &mut manager();
        manager.outbox.clear(1);
        let on_2 = Arrival { if_index: 2, next_hop: None };
        let mut told = |now| {
            manager.wrong_interface(on_2, flow(5), &PacketHeader::new(&[0x45; 20]), now);
            let alert = manager.pop_alert(1);
            if let Some(Alert::WrongInterface { header, .. }) = alert {
                manager.take_header(header).unwrap();
            }
            alert.is_some()
        };
        let times = [7, 8, 2_906, 2_907, 5_806, 5_807, 9_999];
        assert_eq!(times.map(&mut told), [true, false, false, true, false, true, true]);
        assert_eq!(manager.counters().wrong_interface, 7);
    }
}
