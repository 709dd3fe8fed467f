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
