//! Why traffic does not flow: what the manager knows, read under the lock, then what the
//! kernel says, without it.

use super::{Core, Engine, ForwarderKind, Started, ports::Backend};
use crate::{
    alerts::{Client, as_callback},
    findings::{Code, Finding, Findings, Name},
    forwarder::{ForwarderError, Route},
    manager::{Error, Flow, FlowState, Outgoing, is_group, is_link_local, is_unicast},
};
use std::{net::Ipv4Addr, time::Duration};

/// What the manager knew at one moment.
struct Knowledge {
    /// The kernel has nothing to do with it.
    in_memory: bool,
    /// The program's own forwarder does it.
    own: bool,
    /// The process holds the kernel's table.
    holds_table: bool,
    /// It tried to, in vain.
    was_refused: bool,
    table: u32,
    /// The indexes of the held interfaces, ascending.
    held: Vec<u32>,
    limit: Option<u32>,
    flow: Option<FlowKnowledge>,
}

struct FlowKnowledge {
    flow: Flow,
    route: Option<Route>,
    state: FlowState,
    oifs: Vec<u32>,
}

impl<C: Client> Engine<C> {
    /// Looks for what stops traffic: on the whole router, and that of `flow` if there is
    /// one. Packets may be watched for `time`. `sink` is called without a lock.
    ///
    /// # Errors
    /// InvalidParameter (the group is none), OutOfMemory, CanNotComplete (the route could
    /// not be asked for).
    pub fn diagnose(
        &'static self,
        flow: Option<Flow>,
        time: Duration,
        sink: &mut dyn FnMut(&Finding),
    ) -> Result<(), Error> {
        if flow.is_some_and(|flow| !is_group(flow.group)) {
            return Err(Error::InvalidParameter);
        }
        let environment = self.options_from_environment().table;
        let mut call = self.enter();
        let knowledge = call.know(flow, environment)?;
        drop(call);
        let mut sink = |finding: &Finding| as_callback(|| sink(finding));
        let mut findings = Findings::new(&mut sink);
        tell(&knowledge, &mut findings);
        let forwardable = flow.is_none_or(|flow| tell_scope(flow, &mut findings));
        if forwardable && let Some(known) = &knowledge.flow {
            tell_flow(known, knowledge.in_memory, &mut findings);
        }
        if !knowledge.in_memory {
            examine(&knowledge, flow.filter(|_| forwardable), time, &mut findings)?;
        }
        Ok(())
    }
}

impl<C: Client> Core<C> {
    fn know(&mut self, flow: Option<Flow>, environment: u32) -> Result<Knowledge, Error> {
        let in_memory = self.started != Started::No && self.is_in_memory();
        let holds_table = matches!(self.ports.backend, Backend::Linux(_));
        let mut held = Vec::new();
        let (interfaces, _, _) = self.manager.sizes();
        held.try_reserve_exact(interfaces)?;
        // Into the reserved room.
        self.manager.held_interfaces(|key| held.push(key.if_index));
        held.dedup();
        let flow = match flow {
            Some(flow) if in_memory || holds_table => Some(self.know_flow(flow, !in_memory)?),
            _ => None,
        };
        Ok(Knowledge {
            in_memory,
            own: self.options.is_some_and(|options| options.forwarder == ForwarderKind::Own),
            holds_table,
            was_refused: self.refused.is_some(),
            table: self.refused.or(self.options.map(|options| options.table)).unwrap_or(environment),
            held,
            limit: Some(self.manager.mfe_limit()).filter(|(reached, _)| *reached).map(|(_, limit)| limit),
            flow,
        })
    }

    fn is_in_memory(&self) -> bool {
        self.options.is_none_or(|options| options.forwarder != ForwarderKind::Linux)
    }

    fn know_flow(&mut self, flow: Flow, by_device: bool) -> Result<FlowKnowledge, Error> {
        // As it is now: the manager remembers a source's route only while it needs it.
        let route = self.ports.backend.forwarder().route(flow.source).map_err(|error| match error {
            ForwarderError::OutOfMemory => Error::OutOfMemory,
            _ => Error::CanNotComplete,
        })?;
        let now = self.clock.now();
        let mut oifs = Vec::new();
        if let Some(mfe) = self.manager.mfe(flow, now) {
            oifs.try_reserve_exact(mfe.oif_count())?;
            oifs.extend(mfe.oifs().map(|oif| oif.if_index));
        }
        Ok(FlowKnowledge { flow, route, state: self.manager.flow_state(flow, route.as_ref(), by_device), oifs })
    }
}

/// Shows a flow.
struct Shown(Flow);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}, {})", Ipv4Addr::from(self.0.source), Ipv4Addr::from(self.0.group))
    }
}

fn tell(knowledge: &Knowledge, findings: &mut Findings<'_>) {
    if knowledge.own {
        let text = format_args!("the program's own forwarder is used: what it does was not looked at");
        findings.note(Code::NotChecked, 0, text);
    } else if knowledge.in_memory {
        findings.hint(
            Code::MemoryForwarder,
            0,
            format_args!(
                "forwarding in memory only, nothing reaches the network: start with the kernel's forwarder \
                 (MGM_FORWARDER=linux) to route packets"
            ),
        );
    }
    if let Some(limit) = knowledge.limit {
        findings.problem(
            Code::EntryLimit,
            0,
            format_args!(
                "there are {limit} forwarding entries, as many as allowed: packets of new flows are dropped; allow more \
                 (dwMaxEntries)"
            ),
        );
    }
}

/// What no router forwards; true for a flow that may be forwarded.
fn tell_scope(flow: Flow, findings: &mut Findings<'_>) -> bool {
    if is_link_local(flow.group) {
        let text = format_args!(
            "{} lies in 224.0.0.0/24, which is never forwarded: use another group",
            Ipv4Addr::from(flow.group)
        );
        findings.problem(Code::LinkLocalGroup, 0, text);
        return false;
    }
    if !is_unicast(flow.source) {
        let text = format_args!(
            "{} is no host's address: packets with that source are not forwarded",
            Ipv4Addr::from(flow.source)
        );
        findings.problem(Code::SourceNotUnicast, 0, text);
        return false;
    }
    true
}

fn tell_flow(known: &FlowKnowledge, in_memory: bool, findings: &mut Findings<'_>) {
    let FlowKnowledge { flow, state, .. } = known;
    let (iif, shown) = (state.iif.if_index, Shown(*flow));
    let source = Ipv4Addr::from(flow.source);
    if iif == 0 {
        let text = format_args!("there is no route to the source {source}: add one, or start what makes it");
        findings.problem(Code::NoRoute, 0, text);
    } else if !state.iif_is_held {
        let text = format_args!(
            "the source {source} is routed over it, but no protocol holds it: its packets are not forwarded; have one take \
             it"
        );
        findings.problem(Code::NoOwner, iif, text);
    }
    match state.outgoing {
        Outgoing::Yes => {}
        Outgoing::NoMember => {
            let text =
                format_args!("no interface has a member of {shown}: no receiver has joined, or IGMP does not run");
            findings.problem(Code::NoMember, 0, text);
        }
        Outgoing::OnIif => {
            let text = format_args!(
                "the only members of {shown} are on the link that it comes in on: there is nowhere to forward it to"
            );
            findings.problem(Code::MemberOnIif, iif, text);
        }
        Outgoing::AtBoundary(interface) => {
            let text = format_args!(
                "it has a member of {shown}, but a boundary there, or on the interface that the flow comes in on, covers \
                 the group (MgmHostAddBoundary)"
            );
            findings.problem(Code::Boundary, interface.if_index, text);
        }
        Outgoing::LeftOut { interface, vetoed: true } => {
            let text = format_args!("its owner left it out of the entry of {shown}, in its creation alert");
            findings.problem(Code::Vetoed, interface.if_index, text);
        }
        Outgoing::LeftOut { interface, vetoed: false } => {
            let text = format_args!(
                "it has a member of {shown} and is left out of its entry: its protocol pruned it, or the entry has no \
                 incoming interface"
            );
            findings.problem(Code::Pruned, interface.if_index, text);
        }
    }
    if state.in_the_making {
        let text = format_args!("the entry of {shown} is being made: a client has not returned from a callback yet");
        findings.hint(Code::EntryInTheMaking, iif, text);
    } else if in_memory && !state.has_mfe {
        let text = format_args!("there is no entry for {shown}: no packet of it has come in on {}", Name(iif));
        findings.hint(Code::NoEntry, 0, text);
    }
}

fn examine(
    knowledge: &Knowledge,
    flow: Option<Flow>,
    time: Duration,
    findings: &mut Findings<'_>,
) -> Result<(), Error> {
    use crate::forwarder::linux::diagnosis::{self, Case, FlowCase, Known, Role};
    let role = match knowledge {
        Knowledge { holds_table: true, .. } => Role::Holder,
        Knowledge { was_refused: true, .. } => Role::Refused,
        _ => Role::Observer,
    };
    let known = knowledge
        .flow
        .as_ref()
        .map(|known| Known { route: known.route, oifs: known.state.has_mfe.then_some(known.oifs.as_slice()) });
    let flow = flow.map(|flow| FlowCase { source: flow.source, group: flow.group, known });
    let case = Case { table: knowledge.table, role, held: &knowledge.held, flow, time };
    diagnosis::examine(&case, findings).map_err(|diagnosis::OutOfMemory| Error::OutOfMemory)
}
