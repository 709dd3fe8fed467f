//! Packets for which the forwarder has no entry (rules section 6).

use super::{
    Context, Flow, Manager, PacketHeader,
    construction::Construction,
    entry::{is_group, is_link_local, is_unicast},
    tasks::{Input, Step},
};
use crate::forwarder::{Arrival, InterfaceKey, Route};

/// Why a packet does not lead to an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drop {
    /// A link-local group, or a source that is no host's.
    Scope,
    /// As many MFEs as there may be.
    Limit,
    /// No memory.
    Memory,
    /// The entry is being made already.
    Busy,
}

impl Manager {
    /// Whether the route towards a source is known; else [`Self::packet`] and
    /// [`Self::add`] need it.
    pub fn knows_route(&self, source: u32) -> bool {
        self.sources.is_known(source)
    }

    /// A packet came in for which the forwarder has no entry.
    ///
    /// # Errors
    /// Says why the packet is dropped; it is counted.
    pub fn packet(
        &mut self,
        arrival: Option<Arrival>,
        flow: Flow,
        header: PacketHeader,
        route: Option<Route>,
        cx: &mut Context<'_>,
    ) -> Result<Step, Drop> {
        self.counters.packets_without_entry += 1;
        self.make_entry(Construction::of_packet(flow, arrival, header), route, cx)
    }

    /// An entry of another process goes on forwarding, and becomes an MFE: as for a packet
    /// on its incoming interface, but nothing is known of one. `good_packets` is the
    /// forwarder's count of its packets less the wrong-interface ones.
    ///
    /// # Errors
    /// Says why it cannot become one.
    pub fn adopt(
        &mut self,
        arrival: Option<Arrival>,
        flow: Flow,
        good_packets: u64,
        route: Option<Route>,
        cx: &mut Context<'_>,
    ) -> Result<Step, Drop> {
        self.make_entry(Construction::of_adopted(flow, arrival, good_packets), route, cx)
    }

    /// Whether a flow's packets that come in on the interface `iif` are wanted on one with
    /// the index `if_index`: a membership covers them, and no boundary is in the way.
    pub fn is_wanted(&self, flow: Flow, iif: InterfaceKey, if_index: u32) -> bool {
        self.interfaces.with_index(if_index).any(|interface| {
            self.memberships.covers(interface, flow.source, flow.group) && !self.is_barred(interface, iif, flow.group)
        })
    }

    fn make_entry(
        &mut self,
        construction: Construction,
        route: Option<Route>,
        cx: &mut Context<'_>,
    ) -> Result<Step, Drop> {
        let flow = construction.flow;
        if is_link_local(flow.group) || !is_group(flow.group) || !is_unicast(flow.source) {
            self.count_drop(Drop::Scope);
            return Err(Drop::Scope);
        }
        if let Some(id) = self.mfes.find(flow) {
            // The forwarder lost it, or asked before it was there: it gets it again.
            cx.forwarding.install(&self.view(id, cx.now));
            return Ok(Step::Done(Ok(())));
        }
        if self.is_constructing(flow) {
            self.construct_for_packet(&construction);
            return Err(Drop::Busy);
        }
        if self.mfes.len() + self.count_in_the_making() >= self.max_mfes as usize {
            self.count_drop(Drop::Limit);
            return Err(Drop::Limit);
        }
        // A source in use has a newer route than the caller's.
        let known = self.sources.is_known(flow.source);
        match self.start_construction(construction, None) {
            Ok(task) => {
                if !known {
                    self.sources.set_route(flow.source, route);
                }
                Ok(self.drive(task, Input::Start, cx))
            }
            Err(_) => {
                self.count_drop(Drop::Memory);
                Err(Drop::Memory)
            }
        }
    }

    /// Counts a packet that the forwarder could not keep until its entry is there.
    pub fn count_drop(&mut self, why: Drop) {
        match why {
            Drop::Scope => self.counters.dropped_scope += 1,
            Drop::Limit => self.counters.dropped_limit += 1,
            Drop::Memory => self.counters.dropped_memory += 1,
            Drop::Busy => self.counters.dropped_busy += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Boundary, Counters,
            testing::{GROUP, Nowhere, flow, link, manager},
        },
        *,
    };

    #[test]
    fn each_dropped_packet_is_counted_under_its_reason() {
        let mut manager = Manager::new();
        for (n, why) in [(1, Drop::Scope), (2, Drop::Limit), (3, Drop::Memory), (4, Drop::Busy)] {
            (0..n).for_each(|_| manager.count_drop(why));
        }
        let counted =
            Counters { dropped_scope: 1, dropped_limit: 2, dropped_memory: 3, dropped_busy: 4, ..Counters::default() };
        assert_eq!(manager.counters, counted);
    }

    #[test]
    fn routes_of_sources_in_use_are_known() {
        let manager = manager();
        assert_eq!([4, 5, 6, 7, 8].map(|source| manager.knows_route(source)), [false, true, true, true, false]);
    }

    #[test]
    fn packets_are_wanted_where_a_membership_covers_them_and_no_boundary_stops_them() {
        let mut manager = manager();
        let wanted =
            |manager: &Manager, source, iif| [1, 2, 3, 4, 5].map(|to| manager.is_wanted(flow(source), link(iif), to));
        assert_eq!(wanted(&manager, 8, 1), [false, true, true, false, false]);
        let other_group = Flow { group: GROUP + 1, ..flow(5) };
        assert!(!manager.is_wanted(other_group, link(1), 2));
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        manager.add_boundary(Boundary::new(2, GROUP, 0).unwrap(), &mut cx).unwrap();
        assert_eq!(wanted(&manager, 5, 1), [false, false, true, false, false]);
        assert_eq!(wanted(&manager, 5, 2), [false; 5]);
    }
}
