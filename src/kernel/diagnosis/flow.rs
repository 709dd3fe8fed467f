//! One flow: its route, its entry, and its packets on the wire.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::facts::{Entry, Table, Verdict};
use super::watch::{Seen, Watched};
use super::{Case, FlowCase, Kernel};
use crate::findings::{Code, Findings, Name, Severity};
use crate::forwarder::Route;
use crate::kernel::uapi::MAXVIFS;

/// How long a packet that an entry has counted may take until its VIF counts it too.
const IN_FLIGHT: Duration = Duration::from_millis(20);

/// Shows a flow.
#[derive(Clone, Copy)]
struct Flow(u32, u32);

impl std::fmt::Display for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}, {})", Ipv4Addr::from(self.0), Ipv4Addr::from(self.1))
    }
}

impl Kernel {
    pub(super) fn flow(&mut self, case: &Case<'_>, flow: &FlowCase<'_>, table: &Table, findings: &mut Findings<'_>) {
        let route = match &flow.known {
            // The manager's is reported with what it knows.
            Some(known) => known.route,
            None => self.observed_route(case, flow, table, findings),
        };
        let before = self.facts.entry(case.table, flow.source, flow.group);
        self.compare(case, flow, before.as_ref(), findings);
        if case.time.is_zero() {
            return self.without_watch(flow, table, before.as_ref(), findings);
        }
        let table_before = self.facts.table(case.table).unwrap_or_default();
        let before = self.facts.entry(case.table, flow.source, flow.group);
        let watched = self.watch(case, Some((flow.source, flow.group)), findings);
        let Some(watched) = watched else {
            std::thread::sleep(case.time);
            let after = self.facts.entry(case.table, flow.source, flow.group);
            return self.compare_counters(case, flow, before.as_ref(), after.as_ref(), &table_before, findings);
        };
        let after = self.facts.entry(case.table, flow.source, flow.group);
        self.waiting(case, &table_before, findings);
        // What the host sends itself does not come in anywhere.
        if !self.facts.is_local(flow.source) {
            self.arrivals(case, flow, route.as_ref(), table, (before.as_ref(), after.as_ref()), &watched, findings);
        }
    }

    /// The route to the source, for a process that only looks.
    fn observed_route(
        &mut self,
        case: &Case<'_>,
        flow: &FlowCase<'_>,
        table: &Table,
        findings: &mut Findings<'_>,
    ) -> Option<Route> {
        let source = Ipv4Addr::from(flow.source);
        let route = self.routes.lookup(flow.source);
        match route {
            Ok(None) => {
                let text = format_args!("there is no route to the source {source}: add one, or start what makes it");
                findings.problem(Code::NoRoute, 0, text);
            }
            Ok(Some(route)) if table.vif(route.if_index).is_none() => {
                let text = format_args!(
                    "the source {source} is routed over it, but it has no VIF in table {}: have the router use it",
                    case.table
                );
                findings.problem(Code::NoOwner, route.if_index, text);
            }
            Ok(Some(_)) => {}
            Err(_) => {
                let text = format_args!("the route to the source {source} could not be looked up");
                findings.note(Code::NotChecked, 0, text);
            }
        }
        route.ok().flatten()
    }

    /// The kernel's entry beside the manager's, or by itself.
    fn compare(&mut self, case: &Case<'_>, flow: &FlowCase<'_>, entry: Option<&Entry>, findings: &mut Findings<'_>) {
        let shown = Flow(flow.source, flow.group);
        let Some(known) = &flow.known else {
            if entry.is_some_and(|entry| entry.oifs().next().is_none()) {
                let text = format_args!(
                    "the entry of {shown} has no outgoing interface: no member, or the router's protocols want it so"
                );
                findings.problem(Code::EntryEmpty, entry.map_or(0, |entry| entry.iif), text);
            }
            return;
        };
        let Some(wanted) = known.oifs else { return };
        let Some(entry) = entry else {
            let text = format_args!(
                "the entry of {shown} is missing in the kernel's table {}: another program deleted it, or it could not be \
                 installed (see the log)",
                case.table
            );
            return findings.problem(Code::KernelDiffers, 0, text);
        };
        // The kernel cannot send out of the device that packets come in on.
        let missing = |&&oif: &&u32| oif != entry.iif && !entry.oifs().any(|there| there == oif);
        if let Some(&oif) = wanted.iter().find(missing) {
            let text = format_args!(
                "the kernel's entry of {shown} does not send out of it, though the manager's does: another program changed \
                 it, or the interface has no VIF"
            );
            findings.problem(Code::KernelDiffers, oif, text);
        }
    }

    /// What the counters say by themselves.
    fn without_watch(
        &mut self,
        flow: &FlowCase<'_>,
        table: &Table,
        entry: Option<&Entry>,
        findings: &mut Findings<'_>,
    ) {
        let shown = Flow(flow.source, flow.group);
        match entry {
            None if flow.known.is_none_or(|known| known.oifs.is_none()) => {
                let text = format_args!(
                    "there is no entry for {shown}: no packet of it has come as far as multicast routing, or none lately"
                );
                findings.hint(Code::NoEntry, 0, text);
            }
            Some(entry) if entry.packets > 0 && entry.good() == 0 && entry.iif != 0 => {
                let text = format_args!(
                    "all {} packets of {shown} came in on other interfaces than this, over which its source is routed",
                    entry.packets
                );
                findings.hint(Code::WrongInterface, entry.iif, text);
            }
            _ => {}
        }
        // Only if packets may have been dropped by a filter, and these seem to be.
        if entry.is_some_and(|entry| entry.good() > 0) || self.settings.rp_filter_drops() == 0 {
            return;
        }
        for vif in table.vifs() {
            if self.facts.verdict(flow.source, vif.if_index) == Some(Verdict::Refused)
                && let Some(link) = self.facts.link(vif.if_index)
                && self.settings.rp_filter(link.name()) > 0
            {
                let text = format_args!(
                    "packets of {} that come in here are dropped by the reverse path filter, and such filters have dropped \
                     packets; set net.ipv4.conf.{}.rp_filter and conf.all.rp_filter to 0 or 2 if they do come in here",
                    Ipv4Addr::from(flow.source),
                    Name(vif.if_index)
                );
                findings.hint(Code::RpFilter, vif.if_index, text);
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // One thing each, used nowhere else.
    fn arrivals(
        &mut self,
        case: &Case<'_>,
        flow: &FlowCase<'_>,
        route: Option<&Route>,
        table: &Table,
        (before, after): (Option<&Entry>, Option<&Entry>),
        watched: &Watched,
        findings: &mut Findings<'_>,
    ) {
        let shown = Flow(flow.source, flow.group);
        let milliseconds = case.time.as_millis();
        let expected = after.map(|entry| entry.iif).filter(|&iif| iif != 0).or(route.map(|route| route.if_index));
        let expected = expected.unwrap_or(0);
        if watched.arrivals().next().is_none() {
            let text = format_args!(
                "no packet of {shown} came in on any interface within {milliseconds} ms: the source does not send, its TTL \
                 runs out on the way, or a router or switch before this one does not forward it"
            );
            return findings.hint(Code::NoPackets, 0, text);
        }
        if let Some(seen) = watched.arrivals().find(|seen| seen.if_index == expected) {
            if table.vif(expected).is_some() && self.facts.verdict(flow.source, expected) == Some(Verdict::Refused) {
                return self.refused(flow.source, expected, findings);
            }
            self.arrived_right(flow, seen, (before, after), watched, findings);
            return;
        }
        for seen in watched.arrivals() {
            let if_index = seen.if_index;
            // A port's packets come in on its bridge, too.
            if self.facts.link(if_index).is_some_and(|link| link.swallowed_by != 0) {
                continue;
            }
            if table.vif(if_index).is_none() {
                let text = format_args!("packets of {shown} come in here, but it has no VIF: no protocol has taken it");
                findings.problem(Code::NoOwner, if_index, text);
            } else if self.facts.verdict(flow.source, if_index) == Some(Verdict::Refused) {
                self.refused(flow.source, if_index, findings);
            } else if expected != 0 {
                let text = format_args!(
                    "packets of {shown} come in here, but only those on {} are forwarded, over which the source is routed: \
                     route it over {}, or have its packets sent that way",
                    Name(expected),
                    Name(if_index)
                );
                findings.problem(Code::WrongInterface, if_index, text);
            }
            if seen.highest_ttl <= 1 {
                low_ttl(seen, Severity::Problem, findings);
            }
        }
    }

    /// Packets came in where they should.
    fn arrived_right(
        &mut self,
        flow: &FlowCase<'_>,
        seen: &Seen,
        (before, after): (Option<&Entry>, Option<&Entry>),
        watched: &Watched,
        findings: &mut Findings<'_>,
    ) {
        let shown = Flow(flow.source, flow.group);
        let Some(entry) = after else {
            if flow.known.is_none_or(|known| known.oifs.is_none()) {
                let text = format_args!(
                    "packets of {shown} come in, but there is no entry: the process that holds the table has made none"
                );
                findings.problem(Code::NoEntry, seen.if_index, text);
            }
            return;
        };
        if seen.lowest_ttl <= 1 {
            low_ttl(seen, Severity::Problem, findings);
            if seen.highest_ttl <= 1 {
                return;
            }
        }
        for oif in entry.oifs() {
            let Some(link) = self.facts.link(oif) else { continue };
            let threshold = entry.threshold(oif);
            if seen.highest_ttl <= threshold {
                let text = format_args!(
                    "packets of {shown} come in with TTL {} and its threshold is {threshold}: only a larger TTL is sent out \
                     here; have the source send with one, or lower the threshold (MgmHostSetThreshold)",
                    seen.highest_ttl
                );
                findings.problem(Code::LowTtl, oif, text);
            } else if u32::from(seen.longest_whole) > link.mtu {
                let text = format_args!(
                    "packets of {shown} have up to {} bytes and may not be fragmented, its MTU is {}: they are dropped \
                     without a word; have the source send shorter ones, or raise the MTU",
                    seen.longest_whole, link.mtu
                );
                findings.problem(Code::TooLarge, oif, text);
            } else if seen.early > 0
                && before.is_some_and(|old| sends_alike(old, entry, oif))
                && !watched.left(oif)
                && link.up
            {
                let text = format_args!(
                    "{} packets of {shown} came in and match its entry, but none went out here: look for a firewall or \
                     traffic control that drops them (nft list ruleset, iptables -L FORWARD, tc -s qdisc)",
                    seen.packets
                );
                findings.problem(Code::NotSent, oif, text);
            }
        }
    }

    /// Without a look at packets: what matched the entry while nothing at all left a VIF.
    fn compare_counters(
        &mut self,
        case: &Case<'_>,
        flow: &FlowCase<'_>,
        before: Option<&Entry>,
        after: Option<&Entry>,
        table_before: &Table,
        findings: &mut Findings<'_>,
    ) {
        let (Some(before), Some(after)) = (before, after) else { return };
        let shown = Flow(flow.source, flow.group);
        let good = after.good().wrapping_sub(before.good());
        let wrong = after.wrong_interface.wrapping_sub(before.wrong_interface);
        if good == 0 {
            match wrong {
                0 => {
                    let text =
                        format_args!("the kernel counted no packet of {shown} within {} ms", case.time.as_millis());
                    findings.hint(Code::NoPackets, 0, text);
                }
                _ => {
                    let text = format_args!(
                        "all {wrong} packets of {shown} came in on other interfaces than this, over which it is routed"
                    );
                    findings.problem(Code::WrongInterface, after.iif, text);
                }
            }
            return;
        }
        std::thread::sleep(IN_FLIGHT);
        let table = self.facts.table(case.table).unwrap_or_default();
        let mut oifs = [0; MAXVIFS];
        oifs.iter_mut().zip(after.oifs()).for_each(|(place, oif)| *place = oif);
        for oif in oifs.into_iter().filter(|&oif| oif != 0 && sends_alike(before, after, oif)) {
            let (Some(old), Some(new)) = (table_before.vif(oif), table.vif(oif)) else { continue };
            if old.packets_out == new.packets_out {
                let text = format_args!(
                    "{good} packets of {shown} matched its entry and none was sent here: most often their TTL is 1, else \
                     they are longer than the MTU and may not be fragmented"
                );
                findings.problem(Code::NotSent, oif, text);
            }
        }
    }
}

/// Whether an entry sent out of an interface all the time, and took packets the same way.
fn sends_alike(before: &Entry, after: &Entry, oif: u32) -> bool {
    before.iif == after.iif && before.oifs().any(|other| other == oif) && after.oifs().any(|other| other == oif)
}

/// Packets whose TTL ends here; where some have more that is a hint at most.
pub(super) fn low_ttl(seen: &Seen, severity: Severity, findings: &mut Findings<'_>) {
    let all = seen.highest_ttl <= 1;
    let severity = if all { severity } else { Severity::Hint };
    let what = if all { "packets" } else { "some packets" };
    findings.add(
        severity,
        Code::LowTtl,
        seen.if_index,
        format_args!(
            "{what} of {} come in with TTL {}: they are not forwarded; have the source send with a larger one \
             (IP_MULTICAST_TTL, 1 by default)",
            Flow(seen.source, seen.group),
            seen.lowest_ttl
        ),
    );
}
