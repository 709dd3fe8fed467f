//! Why a flow has no way through the manager, for a diagnosis. Reads only.

use super::{Flow, Manager, memberships::InterfaceId, mfes::Mfe};
use crate::forwarder::{InterfaceKey, Route};

/// What stands against sending a flow out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outgoing {
    /// Its entry forwards, or one made now would.
    Yes,
    /// No membership covers it.
    NoMember,
    /// The only members are on the link that the flow comes in on.
    OnIif,
    /// All members elsewhere stand behind a boundary, as this one, or the flow comes in over one.
    AtBoundary(InterfaceKey),
    /// Members elsewhere were left out: the first by a creation alert's answer, or,
    /// where none was, by a delete with FORWARD.
    LeftOut {
        /// One of them.
        interface: InterfaceKey,
        /// By the creation alert's answer.
        vetoed: bool,
    },
}

/// What the manager knows of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowState {
    /// The incoming interface: the MFE's, else the one that the route means; index 0
    /// where there is none.
    pub iif: InterfaceKey,
    /// Whether anybody holds it.
    pub iif_is_held: bool,
    /// Whether there is an MFE.
    pub has_mfe: bool,
    /// Whether an MFE is being made: clients are asked.
    pub in_the_making: bool,
    /// Where it may go.
    pub outgoing: Outgoing,
}

impl Manager {
    /// What there is to know of a flow whose source has this route. `by_device`: an
    /// interface with the iif's index cannot be an outgoing one, as in the kernel.
    pub fn flow_state(&self, flow: Flow, route: Option<&Route>, by_device: bool) -> FlowState {
        let mfe = self.mfes.find(flow).map(|id| &self.mfes[id]);
        let by_route = self.interfaces.incoming(route);
        // A negative MFE may have none; what should hold it is of interest then.
        let iif = mfe.map(|mfe| mfe.iif).filter(|iif| iif.if_index != 0).unwrap_or(by_route);
        FlowState {
            iif,
            iif_is_held: self.interfaces.find(iif).is_some(),
            has_mfe: mfe.is_some(),
            in_the_making: self.is_constructing(flow),
            outgoing: self.outgoing(flow, mfe, iif, by_device),
        }
    }

    fn outgoing(&self, flow: Flow, mfe: Option<&Mfe>, iif: InterfaceKey, by_device: bool) -> Outgoing {
        let elsewhere = |id: InterfaceId| {
            let key = self.interfaces[id].key;
            key != iif && !(by_device && key.if_index == iif.if_index)
        };
        if mfe.is_some_and(|mfe| mfe.active().any(elsewhere)) {
            return Outgoing::Yes;
        }
        let (mut members, mut first, mut barred) = (false, None, None);
        self.memberships.members_of(flow.source, flow.group, |id| {
            members = true;
            if elsewhere(id) {
                let place = if self.is_barred(id, iif, flow.group) { &mut barred } else { &mut first };
                *place = place.or(Some(id));
            }
        });
        if let (None, Some(barred)) = (first, barred) {
            return Outgoing::AtBoundary(self.interfaces[barred].key);
        }
        match (first, mfe) {
            (None, _) if members => Outgoing::OnIif,
            (None, _) => Outgoing::NoMember,
            (Some(_), None) => Outgoing::Yes,
            (Some(first), Some(mfe)) => {
                let vetoed = mfe.oifs.iter().find(|oif| !oif.is_active()).map(|oif| oif.interface());
                let interface = self.interfaces[vetoed.unwrap_or(first)].key;
                Outgoing::LeftOut { interface, vetoed: vetoed.is_some() }
            }
        }
    }

    /// Calls `f` with each held interface, ascending.
    pub fn held_interfaces(&self, mut f: impl FnMut(InterfaceKey)) {
        self.interfaces.iter().for_each(|(_, interface)| f(interface.key));
    }

    /// Whether there are as many MFEs as allowed, and how many that is.
    pub fn mfe_limit(&self) -> (bool, u32) {
        (self.mfes.len() + self.count_in_the_making() >= self.max_mfes as usize, self.max_mfes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Answer, Context, Direct, Entry, Flags, Step,
        testing::{GROUP, Nowhere, ROUTE, flow, link, manager, packet},
    };
    use super::*;

    /// To a group that is joined on one interface of client 0 alone, with a route by link 1.
    fn joined_on(key: InterfaceKey, by_device: bool) -> Outgoing {
        let manager = &mut manager();
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        let owner = manager.client_at(0).unwrap();
        if manager.interfaces.find(key).is_none() {
            assert!(matches!(manager.take(owner, key, &mut cx), Step::Done(Ok(()))));
        }
        let other = Flow { source: 5, group: GROUP + 1 };
        let entry = Entry::new(0, 0, other.group, 0).unwrap();
        manager.add(owner, &entry, key, Flags::JOIN, None, &mut cx).unwrap();
        manager.flow_state(other, ROUTE.as_ref(), by_device).outgoing
    }

    #[test]
    fn members_on_the_link_of_the_iif_are_none_elsewhere() {
        let to_neighbour = InterfaceKey { if_index: 1, next_hop: 7 };
        assert_eq!(joined_on(link(1), false), Outgoing::OnIif);
        assert_eq!(joined_on(link(1), true), Outgoing::OnIif);
        assert_eq!(joined_on(to_neighbour, false), Outgoing::Yes);
        assert_eq!(joined_on(to_neighbour, true), Outgoing::OnIif);
        assert_eq!(joined_on(link(5), true), Outgoing::Yes);
        let nobody = Flow { source: 5, group: GROUP + 1 };
        assert_eq!(manager().flow_state(nobody, ROUTE.as_ref(), false).outgoing, Outgoing::NoMember);
    }

    #[test]
    fn the_iif_is_the_entry_s_before_the_route_s() {
        let manager = &mut manager();
        let elsewhere = ROUTE.map(|route| crate::forwarder::Route { if_index: 4, ..route });
        let iifs = |source| {
            let state = manager.flow_state(flow(source), elsewhere.as_ref(), false);
            (state.iif, state.has_mfe, state.in_the_making)
        };
        assert_eq!([5, 7, 8].map(iifs), [(link(1), true, false), (link(4), false, true), (link(4), false, false)]);
    }

    #[test]
    fn what_an_answer_left_out_is_told_from_what_was_deleted() {
        let manager = &mut manager();
        let mut step = packet(manager, 8);
        while let Step::Call(task, _, direct) = step {
            let answer = match direct {
                Direct::Rpf { iif, upstream, .. } => Answer::Rpf(iif, upstream),
                Direct::Creation { mut oifs, .. } => {
                    oifs.iter_mut().for_each(|oif| oif.enabled = false);
                    Answer::Creation(oifs)
                }
                _ => Answer::Nothing,
            };
            step = manager.resume(task, answer, &mut Context { now: 1, forwarding: &mut Nowhere });
        }
        let by_answer = Outgoing::LeftOut { interface: link(2), vetoed: true };
        assert_eq!(manager.flow_state(flow(8), ROUTE.as_ref(), false).outgoing, by_answer);

        assert_eq!(manager.flow_state(flow(6), ROUTE.as_ref(), false).outgoing, Outgoing::Yes);
        let mut cx = Context { now: 1, forwarding: &mut Nowhere };
        let owner = manager.client_at(1).unwrap();
        let all = Entry::new(0, 0, GROUP, 0).unwrap();
        for if_index in [2, 3] {
            manager.delete(owner, &all, link(if_index), Flags::FORWARD, &mut cx).unwrap();
        }
        let by_delete = Outgoing::LeftOut { interface: link(2), vetoed: false };
        assert_eq!(manager.flow_state(flow(6), ROUTE.as_ref(), false).outgoing, by_delete);
    }

    #[test]
    fn entries_in_the_making_count_towards_the_limit() {
        let manager = &mut manager();
        manager.set_max_mfes(4);
        assert_eq!(manager.mfe_limit(), (false, 4));
        manager.set_max_mfes(3);
        assert_eq!(manager.mfe_limit(), (true, 3));
    }

    #[test]
    fn all_held_interfaces_are_listed_in_order() {
        let mut held = Vec::new();
        manager().held_interfaces(|key| held.push(key));
        assert_eq!(held, [1, 2, 3, 4].map(link));
    }
}
