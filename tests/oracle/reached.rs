//! How often the requests reached what: a comparison that never meets a state says
//! nothing about it.

use std::collections::BTreeMap;

/// What the sequences must reach, quick or long.
pub const MUST: &[&str] = &[
    "asked: register",
    "asked: deregister",
    "asked: take",
    "asked: release",
    "asked: add",
    "asked: delete",
    "asked: words of an entry",
    "asked: packet",
    "asked: report of a wrong interface",
    "asked: route change",
    "asked: time",
    "asked: time-outs",
    "asked: answer of a prune alert",
    "asked: SetMfe",
    "asked: group enumeration begun",
    "asked: group enumeration's step",
    "asked: group enumeration ended",
    "asked: limit of MFEs",
    "asked: answer of a direct callback",
    "asked: request of the client being called",
    "asked: MFE enumeration",
    "asked: new boundary",
    "asked: end of a boundary",
    "JOIN (TRUE) alerts",
    "JOIN (FALSE) alerts",
    "PRUNE (TRUE) alerts",
    "PRUNE (FALSE) alerts",
    "LOCAL_JOIN alerts",
    "LOCAL_LEAVE alerts",
    "WRONG_IF alerts",
    "wrong-interface alerts held back",
    "RPF callbacks",
    "creation callbacks",
    "DISABLE callbacks",
    "ENABLE callbacks",
    "callbacks that answered nothing",
    "callbacks of several requests at once",
    "requests made from inside RPF",
    "requests made from inside a creation alert",
    "requests made from inside DISABLE",
    "memberships added by IGMP inside ENABLE",
    "requests refused during a hand-over",
    "takes with a hand-over",
    "releases with a hand-over",
    "hand-overs of an IGMP without ENABLE",
    "takes refused: held",
    "takes refused by the forwarder",
    "releases refused: not held",
    "deregistrations refused",
    "deregistrations of the last client",
    "deregistrations of a client with an enumeration",
    "requests of a dead client",
    "memberships of IGMP on an owned interface, added",
    "memberships of IGMP on an owned interface, deleted",
    "memberships added that were there",
    "memberships deleted that were not there",
    "interfaces put into lists by FORWARD alone",
    "interfaces pruned by FORWARD alone",
    "changes to lists that were being made",
    "MFEs made with oifs",
    "MFEs made empty",
    "MFEs made negative",
    "MFEs renewed",
    "MFEs expired",
    "MFEs deleted with their iif",
    "MFEs at the limit",
    "moves by a take",
    "moves by a route",
    "moves that emptied a list",
    "moves that filled a list",
    "moves between owners",
    "walks that left an MFE to its construction",
    "walks that found an MFE evaluated already",
    "routes gone during an evaluation",
    "evaluations whose MFE was gone",
    "packets during a construction",
    "packets of link-local groups or sources that are no host's",
    "packets forwarded to oifs",
    "packets forwarded nowhere",
    "packets on a wrong interface",
    "packets that waited and were forwarded",
    "packets beyond the queue",
    "constructions restarted",
    "iifs named by RPF",
    "iifs named by RPF and ignored",
    "oifs vetoed",
    "vetoes lifted",
    "prune answers that set a lifetime",
    "prune answers that came too late",
    "boundaries added that were there",
    "lists that a boundary emptied",
    "lists that a boundary's end filled",
    "interfaces that a boundary kept out of a new list",
    "upstream neighbours set",
    "group enumerations that came to an end",
    "group enumerations that outlived changes",
    "entries enumerated",
    "enumerations of MFEs from any flow",
];

/// What only the long run is sure to reach; regressions.rs reaches each once.
pub const RARE: &[&str] = &[
    "moves that asked without a route",
    "packets that waited and were dropped",
    "constructions given up",
    "takers that went during DISABLE",
    "packets for an MFE that went during its evaluation",
];

#[derive(Clone, Default)]
pub struct Reached(BTreeMap<&'static str, u64>);

impl Reached {
    pub fn add(&mut self, what: &'static str, n: u64) {
        if n > 0 {
            *self.0.entry(what).or_default() += n;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(&what, &n)| self.add(what, n));
    }

    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    pub fn print(&self) {
        self.0.iter().for_each(|(what, n)| println!("{n:>10} {what}"));
    }

    /// What had to be reached and was not.
    pub fn missing(&self, long: bool) -> Vec<&'static str> {
        let rare = RARE.iter().filter(|_| long);
        MUST.iter().chain(rare).copied().filter(|what| self.of(what) == 0).collect()
    }
}
