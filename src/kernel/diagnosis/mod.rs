//! What the kernel can say of why multicast does not flow. Looks only: nothing is
//! changed, no table is taken, no entry is caused.
//!
//! ```text
//!  examine ──► settings  (/proc: sysctls, counters, what the kernel was built with)
//!        ├───► facts     (netlink: tables, VIFs, links, entries, rules, sources)
//!        ├───► flow      (one flow: its route, its entry, its packets)
//!        └───► watch     (packets as they come in and go out)
//! ```

mod facts;
mod flow;
mod settings;
mod watch;

use std::time::Duration;

use super::{holder, netlink::NetlinkSocket, routes::RouteSocket, sys::SysError, uapi::MAXVIFS};
use crate::{
    findings::{Code, Findings, Name, Severity},
    forwarder::Route,
};
use facts::{Facts, Link, Rules, Table, Verdict};
use settings::Settings;
use watch::Watched;

/// No memory to look at anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OutOfMemory;

/// What this process has to do with the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// It holds it.
    Holder,
    /// It tried to take it, in vain.
    Refused,
    /// It only looks at it.
    Observer,
}

/// A flow, and what the manager knows of it, if it holds the table.
#[derive(Clone, Copy)]
pub(crate) struct FlowCase<'a> {
    pub source: u32,
    pub group: u32,
    pub known: Option<Known<'a>>,
}

/// What the manager knows of a flow.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The route to the source.
    pub route: Option<Route>,
    /// The outgoing interfaces of its entry, if it has one.
    pub oifs: Option<&'a [u32]>,
}

/// What to look at.
pub(crate) struct Case<'a> {
    pub table: u32,
    pub role: Role,
    /// The indexes of the interfaces that somebody holds, ascending; the holder's only.
    pub held: &'a [u32],
    pub flow: Option<FlowCase<'a>>,
    /// For how long packets may be watched; zero: not at all.
    pub time: Duration,
}

/// What is asked all the time.
struct Kernel {
    facts: Facts,
    routes: RouteSocket,
    settings: Settings,
}

/// Looks at the kernel and adds what it finds.
pub(crate) fn examine(case: &Case<'_>, findings: &mut Findings<'_>) -> Result<(), OutOfMemory> {
    let settings = Settings::open()?;
    let sockets = NetlinkSocket::open().and_then(|netlink| Ok((Facts::new(netlink), RouteSocket::open()?)));
    let (facts, routes) = match sockets {
        Ok(sockets) => sockets,
        Err(SysError { errno: libc::ENOMEM | libc::ENOBUFS, .. }) => return Err(OutOfMemory),
        Err(SysError { errno, .. }) => {
            let text = format_args!("route netlink does not work here (error {errno}): nothing could be checked");
            findings.note(Code::NotChecked, 0, text);
            return Ok(());
        }
    };
    let mut kernel = Kernel { facts, routes, settings };
    if !options(&kernel.settings, findings) {
        return Ok(());
    }
    let Some(table) = kernel.facts.table(case.table) else {
        let text = format_args!("this kernel does not tell of its multicast tables (before Linux 4.14)");
        findings.note(Code::NotChecked, 0, text);
        return Ok(());
    };
    if !kernel.holder(case, &table, findings) {
        return Ok(());
    }
    kernel.rules(case.table, findings);
    kernel.forwarding(findings);
    match case.role {
        Role::Holder => case.held.iter().for_each(|&if_index| kernel.interface(case, &table, if_index, findings)),
        _ => table.vifs().for_each(|vif| kernel.interface(case, &table, vif.if_index, findings)),
    }
    if table.vifs().count() == MAXVIFS {
        findings.hint(
            Code::NoFreeVif,
            0,
            format_args!(
                "all {MAXVIFS} VIFs of table {} are taken: no further interface can be used; release one, or use another \
                 table (MGM_TABLE)",
                case.table
            ),
        );
    }
    match &case.flow {
        Some(flow) => kernel.flow(case, flow, &table, findings),
        None => kernel.traffic(case, &table, findings),
    }
    Ok(())
}

/// What the kernel was built with; false where it cannot route multicast.
fn options(settings: &Settings, findings: &mut Findings<'_>) -> bool {
    if !settings.are_readable() {
        let text = format_args!("/proc is not mounted or may not be read: sysctls and kernel options are not checked");
        findings.note(Code::NotChecked, 0, text);
        return true;
    }
    if !settings.has_multicast_routing() {
        let text =
            format_args!("this kernel cannot route multicast (no /proc/net/ip_mr_vif): it needs CONFIG_IP_MROUTE");
        findings.problem(Code::NoMulticastRouting, 0, text);
        return false;
    }
    if !settings.has_ip_multicast() {
        let text = format_args!("this kernel cannot join groups (no /proc/net/igmp): it needs CONFIG_IP_MULTICAST");
        findings.problem(Code::NoIpMulticast, 0, text);
    }
    true
}

impl Kernel {
    /// Who has the table; false where there is nothing more to look at.
    fn holder(&mut self, case: &Case<'_>, table: &Table, findings: &mut Findings<'_>) -> bool {
        let id = case.table;
        if case.role == Role::Holder {
            if !table.reports_wrong_interfaces {
                findings.hint(
                    Code::NoWrongInterfaceReports,
                    0,
                    format_args!(
                        "the kernel reports packets on a wrong interface only where that is an outgoing one: it lacks \
                         CONFIG_IP_PIMSM_V1 and CONFIG_IP_PIMSM_V2"
                    ),
                );
            }
            return true;
        }
        if !self.is_held(table) {
            findings.problem(
                Code::TableNotHeld,
                0,
                format_args!(
                    "no process holds multicast routing table {id}, so nothing is forwarded: start the router (with \
                     CAP_NET_ADMIN and CAP_NET_RAW), or name its table"
                ),
            );
            // Its settings can be looked at before it starts.
            return case.role == Role::Observer;
        }
        let refused = case.role == Role::Refused;
        let advice = if refused { ": stop it, or use another table (MGM_TABLE)" } else { "" };
        let severity = if refused { Severity::Problem } else { Severity::Note };
        // This process has a raw IGMP socket perhaps, but not the table.
        match holder::find().filter(|&(pid, _)| pid != std::process::id()) {
            Some((pid, name)) => {
                let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
                let name = std::str::from_utf8(&name[..end]).unwrap_or("?");
                let text = format_args!("multicast routing table {id} is held by process {pid} ({name}){advice}");
                findings.add(severity, Code::TableHeld, 0, text);
            }
            None => {
                let text =
                    format_args!("multicast routing table {id} is held by a process that this one may not see{advice}");
                findings.add(severity, Code::TableHeld, 0, text);
            }
        }
        !refused
    }

    /// Whether some process holds the table, as far as can be told: "all" counts the
    /// holders of this network namespace, and only a holder has VIFs.
    fn is_held(&mut self, table: &Table) -> bool {
        let holders = self.settings.interface(b"all", "mc_forwarding");
        let has_vifs = table.vifs().next().is_some();
        table.exists && holders.map_or(has_vifs, |holders| holders > 0 && (has_vifs || holders >= table.tables))
    }

    fn rules(&mut self, table: u32, findings: &mut Findings<'_>) {
        match self.facts.rules(table) {
            Some(Rules::None) => findings.problem(
                Code::NoRule,
                0,
                format_args!(
                    "no rule leads packets to multicast routing table {table}: add one, such as \"ip mrule add iif \
                     INTERFACE lookup {table}\""
                ),
            ),
            Some(Rules::Shadowed(other)) if self.facts.table(other).is_some_and(|table| table.exists) => findings.problem(
                Code::NoRule,
                0,
                format_args!(
                    "a rule leads all packets to multicast routing table {other} before any leads them to table {table}: \
                     see \"ip mrule\""
                ),
            ),
            Some(Rules::OneTable) if table != super::uapi::RT_TABLE_DEFAULT => findings.problem(
                Code::NoTables,
                0,
                format_args!(
                    "this kernel has one multicast routing table only, not table {table}: it needs \
                     CONFIG_IP_MROUTE_MULTIPLE_TABLES"
                ),
            ),
            _ => {}
        }
    }

    fn forwarding(&mut self, findings: &mut Findings<'_>) {
        if self.settings.ip_forward() == Some(0) {
            findings.note(
                Code::UnicastForwardingOff,
                0,
                format_args!(
                    "net.ipv4.ip_forward=0: multicast is forwarded all the same, but unicast packets, such as answers to \
                     the source, are not; set it to 1 if they should be"
                ),
            );
        }
    }

    /// One interface that somebody holds, or that has a VIF.
    fn interface(&mut self, case: &Case<'_>, table: &Table, if_index: u32, findings: &mut Findings<'_>) {
        let Some(link) = self.facts.link(if_index) else {
            let text = format_args!("it is held but no longer exists: have its owner release it");
            findings.problem(Code::NoInterface, if_index, text);
            return;
        };
        if !link.up {
            let text = format_args!("the link is down: \"ip link set {} up\"", Name(if_index));
            findings.problem(Code::LinkDown, if_index, text);
        } else if !link.carrier {
            let text = format_args!("the link has no carrier: look at the cable, or at what is at its other end");
            findings.problem(Code::LinkDown, if_index, text);
        }
        if link.swallowed_by != 0 {
            let master = Name(link.swallowed_by);
            let text = format_args!("it is a port of {master}, which gets its packets: use {master} in its place");
            findings.problem(Code::PortOfAnother, if_index, text);
        }
        if link.bridge.is_some_and(|bridge| bridge.snooping && !bridge.querier) {
            findings.hint(
                Code::NoQuerier,
                if_index,
                format_args!(
                    "the bridge snoops IGMP and nobody sends queries: memberships run out within minutes (this bridge then \
                     floods, a switch behind it may cut receivers off); run IGMP on it, or \"ip link set {} type bridge \
                     mcast_querier 1\"",
                    Name(if_index)
                ),
            );
        }
        match table.vif(if_index) {
            None => {
                let text = format_args!(
                    "it is held but has no VIF in table {}: another program deleted it, or the interface left and came \
                     back; release it and take it again",
                    case.table
                );
                findings.problem(Code::NoVif, if_index, text);
            }
            Some(_) if self.settings.interface(link.name(), "mc_forwarding") == Some(0) => {
                let text = format_args!(
                    "it has a VIF, but net.ipv4.conf.{}.mc_forwarding=0, as after an MTU below 68: nothing that comes in is \
                     forwarded; release it, make it anew (or set its MTU below 68 and back), and take it again",
                    Name(if_index)
                );
                findings.problem(Code::McForwardingOff, if_index, text);
            }
            Some(_) => {}
        }
        if case.flow.is_none() {
            self.reverse_path_filter(&link, if_index, findings);
        }
    }

    /// A strict filter stops nothing that comes in the way its route goes.
    fn reverse_path_filter(&mut self, link: &Link, if_index: u32, findings: &mut Findings<'_>) {
        if self.settings.rp_filter(link.name()) != 1 {
            return;
        }
        let dropped = self.settings.rp_filter_drops();
        if dropped > 0 {
            let name = Name(if_index);
            findings.hint(
                Code::RpFilter,
                if_index,
                format_args!(
                    "reverse path filter is strict (the larger of net.ipv4.conf.{name}.rp_filter and conf.all.rp_filter is \
                     1), and such filters have dropped {dropped} packets in this network namespace; where sources are \
                     routed over another interface set both to 0 or 2"
                ),
            );
        }
    }

    /// The whole router's traffic.
    fn traffic(&mut self, case: &Case<'_>, table: &Table, findings: &mut Findings<'_>) {
        if case.time.is_zero() || table.vifs().next().is_none() {
            return;
        }
        let watched = self.watch(case, None, findings);
        self.waiting(case, table, findings);
        let Some(watched) = watched else { return };
        // One finding of a kind and interface: the first flow stands for the others.
        let (mut refused, mut low, mut unwanted) = ([0; MAXVIFS], [0; MAXVIFS], [0; MAXVIFS]);
        for seen in watched.arrivals().filter(|seen| table.vif(seen.if_index).is_some()) {
            if self.facts.verdict(seen.source, seen.if_index) == Some(Verdict::Refused) {
                if first_of(&mut refused, seen.if_index) {
                    self.refused(seen.source, seen.if_index, findings);
                }
            } else if seen.highest_ttl <= 1 {
                // Many hosts send to their own link on purpose: what nobody wants is no matter.
                let entry = self.facts.entry(case.table, seen.source, seen.group);
                let (severity, known) = match entry.is_some_and(|entry| entry.oifs().next().is_some()) {
                    true => (Severity::Hint, &mut low),
                    false => (Severity::Note, &mut unwanted),
                };
                if first_of(known, seen.if_index) {
                    flow::low_ttl(seen, severity, findings);
                }
            }
        }
    }

    /// Watches packets; `None` where that is not allowed.
    fn watch(&mut self, case: &Case<'_>, flow: Option<(u32, u32)>, findings: &mut Findings<'_>) -> Option<Watched> {
        let mut watched = Watched::nothing();
        match watch::watch(flow, case.time, &mut watched) {
            Ok(()) => Some(watched),
            Err(SysError { errno, .. }) => {
                let why = match errno {
                    libc::EPERM | libc::EACCES => "CAP_NET_RAW is needed",
                    libc::EAFNOSUPPORT => "the kernel lacks CONFIG_PACKET",
                    _ => "the packet socket failed",
                };
                let text =
                    format_args!("packets could not be watched ({why}, error {errno}): what arrives is not known");
                findings.note(Code::NotChecked, 0, text);
                None
            }
        }
    }

    /// Flows that waited for an entry before and after the watch.
    fn waiting(&mut self, case: &Case<'_>, before: &Table, findings: &mut Findings<'_>) {
        let now = self.facts.table(case.table).map_or(0, |table| table.unresolved);
        if before.unresolved > 0 && now > 0 {
            findings.hint(
                Code::UpcallsWait,
                0,
                format_args!(
                    "packets of {now} flows wait for an entry: the process that holds table {} does not answer, or not \
                     fast enough",
                    case.table
                ),
            );
        }
    }

    /// The kernel does not take a source's packets on an interface.
    fn refused(&mut self, source: u32, if_index: u32, findings: &mut Findings<'_>) {
        let source_text = std::net::Ipv4Addr::from(source);
        let name = Name(if_index);
        if self.facts.is_local(source) {
            let text = format_args!(
                "the source {source_text} is an address of this host: its packets are dropped when they come in from \
                 outside; look for a second host with that address, or a loop"
            );
            return findings.problem(Code::SourceRefused, if_index, text);
        }
        let link = self.facts.link(if_index);
        let filter = link.map_or(0, |link| self.settings.rp_filter(link.name()));
        let mode = match filter {
            0 => {
                let text = format_args!("the kernel drops packets of {source_text}: it is no valid source here");
                return findings.problem(Code::SourceRefused, if_index, text);
            }
            1 => "strict",
            _ => "loose",
        };
        let own = link.and_then(|link| self.settings.interface(link.name(), "rp_filter")).unwrap_or(0);
        let whose = Setting { name, own: own == filter };
        let what = "its packets are dropped before multicast routing";
        match self.routes.lookup(source) {
            Ok(Some(route)) => {
                let routed = Name(route.if_index);
                let text = format_args!(
                    "reverse path filter is {mode} ({whose}={filter}) and the source {source_text} is routed over {routed}: \
                     {what}; set rp_filter to 0 or 2, or route the source over {name}"
                );
                findings.problem(Code::RpFilter, if_index, text);
            }
            Ok(None) => {
                let text = format_args!(
                    "reverse path filter is {mode} ({whose}={filter}) and there is no route to the source {source_text}: \
                     {what}; add a route, or set rp_filter to 0"
                );
                findings.problem(Code::RpFilter, if_index, text);
            }
            Err(_) => {
                let text = format_args!("reverse path filter is {mode} ({whose}={filter}): {what}; set rp_filter to 0");
                findings.problem(Code::RpFilter, if_index, text);
            }
        }
    }
}

/// Names the sysctl that is in force: the interface's own or that of "all".
struct Setting {
    name: Name,
    own: bool,
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.own {
            true => write!(f, "net.ipv4.conf.{}.rp_filter", self.name),
            false => f.write_str("net.ipv4.conf.all.rp_filter"),
        }
    }
}

/// Whether an interface comes for the first time; the VIFs' are not more than the places.
fn first_of(known: &mut [u32; MAXVIFS], if_index: u32) -> bool {
    match known.iter_mut().find(|known| **known == 0 || **known == if_index) {
        Some(place) if *place == 0 => {
            *place = if_index;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::settings::tests::Simulated;
    use super::*;

    fn found(files: &[(&str, &str)], name: &str) -> (bool, Vec<Code>) {
        let proc = Simulated::new(name, files);
        let mut codes = Vec::new();
        let goes_on = options(&proc.settings(), &mut Findings::new(&mut |finding| codes.push(finding.code)));
        (goes_on, codes)
    }

    /// Kernels that lack options are simulated: by directories as their /proc would be.
    #[test]
    fn a_kernel_without_multicast_says_so() {
        let forward = ("sys/net/ipv4/ip_forward", "1\n");
        let routing = ("thread-self/net/ip_mr_vif", "Interface\n");
        let igmp = ("thread-self/net/igmp", "Idx\n");
        assert_eq!(found(&[forward, routing, igmp], "whole"), (true, vec![]));
        assert_eq!(found(&[forward, igmp], "mroute"), (false, vec![Code::NoMulticastRouting]));
        assert_eq!(found(&[forward, routing], "igmp"), (true, vec![Code::NoIpMulticast]));
        assert_eq!(found(&[("other", "")], "none"), (true, vec![Code::NotChecked]));
    }
}
