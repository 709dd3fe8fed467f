//! The second model: plain lists, written from the rules alone. What can be computed
//! from the memberships is computed anew whenever it is asked for.

use crate::{boundaries::Boundary, entries::Plain, reached::Reached};
use rtm::{
    forwarder::{InterfaceKey, Route},
    manager::{ClientId, Counters, Drop, Error, Flow, OifAsk},
};

/// A client, by its place in [`Model::clients`]; never used again.
pub type C = usize;
pub type K = InterfaceKey;

/// Index 0: no interface.
pub const NOWHERE: K = K { if_index: 0, next_hop: 0 };
/// Milliseconds of an MFE's usual life.
pub const LIFE: u64 = 900_000;
/// Milliseconds between two wrong-interface alerts of one MFE.
pub const QUIET: u64 = 2_900;

#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    pub protocol: u32,
    pub component: u32,
    pub enables: bool,
    pub alive: bool,
}

impl Client {
    pub fn is_igmp(&self) -> bool {
        self.protocol == 10 || (self.protocol >> 30 == 1 && self.protocol & 0xFFFF == 10)
    }
}

#[derive(Clone, Debug)]
pub struct Interface {
    pub key: K,
    pub owner: Option<C>,
    pub igmp: Option<C>,
    /// From the start of DISABLE until just before ENABLE.
    pub busy: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    pub entry: Plain,
    pub key: K,
    pub holder: C,
}

#[derive(Clone, Debug)]
pub struct Mfe {
    /// Which life: another one after a deletion.
    pub life: u64,
    pub flow: Flow,
    pub iif: K,
    pub upstream: u32,
    /// Left out by a creation alert's answer.
    pub vetoed: Vec<K>,
    /// Taken out by FORWARD alone (or left out of a negative entry).
    pub pruned: Vec<K>,
    /// In by FORWARD alone.
    pub grafted: Vec<K>,
    pub timeout: u32,
    pub expires: u64,
    pub born: u64,
    /// Good packets at the last renewal.
    pub good: u64,
    pub told_wrong: Option<u64>,
    /// Which evaluation of all there were was the last of this.
    pub evaluated: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    Local,
    True,
    False,
    Wrong,
}

/// An alert with all its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MAlert {
    Join { entry: Plain, membership: bool },
    Prune { entry: Plain, interface: K, membership: bool },
    LocalJoin { entry: Plain, interface: K },
    LocalLeave { entry: Plain, interface: K },
    WrongInterface { source: u32, group: u32, interface: K, header: Vec<u8> },
}

impl MAlert {
    fn name(&self) -> &'static str {
        match self {
            Self::Join { membership: true, .. } => "JOIN (TRUE) alerts",
            Self::Join { .. } => "JOIN (FALSE) alerts",
            Self::Prune { membership: true, .. } => "PRUNE (TRUE) alerts",
            Self::Prune { .. } => "PRUNE (FALSE) alerts",
            Self::LocalJoin { .. } => "LOCAL_JOIN alerts",
            Self::LocalLeave { .. } => "LOCAL_LEAVE alerts",
            Self::WrongInterface { .. } => "WRONG_IF alerts",
        }
    }

    /// What it is about.
    pub fn entry(&self) -> Plain {
        match *self {
            Self::Join { entry, .. } | Self::Prune { entry, .. } => entry,
            Self::LocalJoin { entry, .. } | Self::LocalLeave { entry, .. } => entry,
            Self::WrongInterface { source, group, .. } => Plain::exact(Flow { source, group }),
        }
    }

    /// Alerts of one request come in this order.
    pub fn class(&self) -> Class {
        match self {
            Self::LocalJoin { .. } | Self::LocalLeave { .. } => Class::Local,
            Self::Join { membership, .. } | Self::Prune { membership, .. } if *membership => Class::True,
            Self::Join { .. } | Self::Prune { .. } => Class::False,
            Self::WrongInterface { .. } => Class::Wrong,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MDirect {
    Rpf { flow: Flow, iif: K, upstream: u32, header: Option<Vec<u8>>, route: Option<Route> },
    Creation { flow: Flow, iif: K, oifs: Vec<OifAsk> },
    Disable(K),
    Enable(K),
}

#[derive(Clone, Debug)]
pub enum MAnswer {
    Nothing,
    Rpf(K, u32),
    Creation(Vec<OifAsk>),
}

/// A place in [`Model::threads`].
pub type ThreadId = usize;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MStep {
    Done(Result<(), Error>),
    Call(ThreadId, C, MDirect),
}

/// A flow's oifs before a change: what the FALSE alerts are told from.
pub type Lists = Vec<(u64, Vec<K>)>;

#[derive(Default)]
pub struct Model {
    pub clients: Vec<Client>,
    pub interfaces: Vec<Interface>,
    pub members: Vec<Member>,
    /// The world's routes, by source.
    pub routes: Vec<(u32, Route)>,
    pub mfes: Vec<Mfe>,
    /// Ascending.
    pub boundaries: Vec<Boundary>,
    pub max_mfes: usize,
    /// An interface that the forwarder cannot use.
    pub unusable: Option<K>,
    pub threads: Vec<Option<crate::tasks::Thread>>,
    pub counters: Counters,
    pub now: u64,
    pub lives: u64,
    pub evaluations: u64,
    /// The alerts of this request.
    pub alerts: Vec<(C, MAlert)>,
    /// How often what was reached.
    pub reached: Reached,
}

impl Model {
    pub fn reach(&mut self, what: &'static str) {
        self.reached.add(what, 1);
    }

    pub fn alert(&mut self, client: C, alert: MAlert) {
        if self.clients[client].alive {
            self.reach(alert.name());
            self.alerts.push((client, alert));
        }
    }

    pub fn interface(&self, key: K) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.key == key)
    }

    pub fn interface_mut(&mut self, key: K) -> Option<&mut Interface> {
        self.interfaces.iter_mut().find(|interface| interface.key == key)
    }

    /// The owner: the routing protocol, else IGMP.
    pub fn owner(&self, key: K) -> Option<C> {
        self.interface(key).and_then(|interface| interface.owner.or(interface.igmp))
    }

    pub fn holds(&self, client: C, key: K) -> bool {
        self.interface(key).is_some_and(|i| i.owner == Some(client) || i.igmp == Some(client))
    }

    pub fn route(&self, source: u32) -> Option<Route> {
        self.routes.iter().find(|(s, _)| *s == source).map(|(_, route)| *route)
    }

    /// The interface towards a source by a route (section 6.1).
    pub fn towards(&self, route: Route) -> K {
        let pair = K { if_index: route.if_index, next_hop: route.gateway };
        if self.interface(pair).is_some() { pair } else { K { if_index: route.if_index, next_hop: 0 } }
    }

    /// The owner of the interface towards a source.
    pub fn rpf_owner(&self, source: u32) -> Option<C> {
        self.route(source).and_then(|route| self.owner(self.towards(route)))
    }

    pub fn is_covered(&self, key: K, flow: Flow) -> bool {
        self.members.iter().any(|member| member.key == key && member.entry.covers(flow))
    }

    /// Every interface with a membership that covers a flow, ascending.
    pub fn covering(&self, flow: Flow) -> Vec<K> {
        let mut keys: Vec<K> = self.interfaces.iter().map(|interface| interface.key).collect();
        keys.retain(|&key| self.is_covered(key, flow));
        keys.sort();
        keys
    }

    /// An MFE's outgoing list, ascending.
    pub fn oifs(&self, mfe: &Mfe) -> Vec<K> {
        let mut keys: Vec<K> = self.interfaces.iter().map(|interface| interface.key).collect();
        keys.retain(|key| {
            let member = self.is_covered(*key, mfe.flow) && !mfe.vetoed.contains(key) && !mfe.pruned.contains(key);
            let inside = *key != mfe.iif && !self.is_barred(*key, mfe.iif, mfe.flow);
            inside && (member || mfe.grafted.contains(key))
        });
        keys.sort();
        keys
    }

    pub fn mfe(&self, flow: Flow) -> Option<&Mfe> {
        self.mfes.iter().find(|mfe| mfe.flow == flow)
    }

    pub fn mfe_mut(&mut self, flow: Flow) -> Option<&mut Mfe> {
        self.mfes.iter_mut().find(|mfe| mfe.flow == flow)
    }

    /// Whether the manager needs to know the way to a source.
    pub fn uses_source(&self, source: u32) -> bool {
        self.mfes.iter().any(|mfe| mfe.flow.source == source)
            || self.members.iter().any(|member| member.entry.is_exact() && member.entry.source == source)
            || self.constructions().any(|con| con.flow.source == source)
    }

    // Section 1.

    pub fn register(&mut self, protocol: u32, component: u32) -> Result<(), Error> {
        let taken = self.clients.iter().any(|c| c.alive && c.protocol == protocol && c.component == component);
        if taken { Err(Error::AlreadyExists) } else { Ok(()) }
    }

    pub fn deregister(&mut self, client: C) -> Result<(), Error> {
        self.check(client)?;
        if self.interfaces.iter().any(|i| i.owner == Some(client) || i.igmp == Some(client)) {
            self.reach("deregistrations refused");
            return Err(Error::CanNotComplete);
        }
        self.clients[client].alive = false;
        Ok(())
    }

    pub fn check(&mut self, client: C) -> Result<(), Error> {
        if !self.clients[client].alive {
            self.reach("requests of a dead client");
            return Err(Error::InvalidParameter);
        }
        Ok(())
    }

    pub fn live(&self) -> Vec<C> {
        (0..self.clients.len()).filter(|&client| self.clients[client].alive).collect()
    }

    /// The last client has gone.
    pub fn forget_entries(&mut self) {
        self.mfes.clear();
        for thread in self.threads.iter_mut().flatten() {
            thread.forget();
        }
    }

    // Section 7.

    pub fn set_upstream(&mut self, client: C, flow: Flow, upstream: u32) -> Result<(), Error> {
        self.check(client)?;
        self.mfe_mut(flow).ok_or(Error::NotFound)?.upstream = upstream;
        self.reach("upstream neighbours set");
        Ok(())
    }

    pub fn prune_timeout(&mut self, life: u64, seconds: u32) {
        let now = self.now;
        let empty = self.mfes.iter().any(|mfe| mfe.life == life && self.oifs(mfe).is_empty());
        if let Some(mfe) = self.mfes.iter_mut().find(|mfe| mfe.life == life && empty) {
            mfe.timeout = if seconds == 0 { 900 } else { seconds.min(42_949_672) };
            mfe.expires = now + u64::from(mfe.timeout) * 1000;
            self.reach("prune answers that set a lifetime");
        } else {
            self.reach("prune answers that came too late");
        }
    }

    /// All lists as they are.
    pub fn lists(&self) -> Lists {
        let mut mfes: Vec<&Mfe> = self.mfes.iter().collect();
        mfes.sort_by_key(|mfe| (mfe.flow.group, mfe.flow.source));
        mfes.into_iter().map(|mfe| (mfe.life, self.oifs(mfe))).collect()
    }

    /// Section 5: tells the iifs' owners which lists filled or emptied since.
    pub fn tell_forwarding(&mut self, before: &Lists, caller: Option<C>) {
        for (life, was) in before {
            let Some(at) = self.mfes.iter().position(|mfe| mfe.life == *life) else { continue };
            let is = self.oifs(&self.mfes[at]);
            let (flow, owner) = (self.mfes[at].flow, self.owner(self.mfes[at].iif));
            let owner = owner.filter(|&owner| Some(owner) != caller);
            if was.is_empty() && !is.is_empty() {
                self.fill(at);
                if let Some(owner) = owner {
                    self.alert(owner, MAlert::Join { entry: Plain::exact(flow), membership: false });
                }
            } else if let (false, true, Some(owner)) = (was.is_empty(), is.is_empty(), owner) {
                self.alert(owner, MAlert::Prune { entry: Plain::exact(flow), interface: was[0], membership: false });
            }
        }
    }

    /// A list that fills gives its MFE a whole life.
    pub fn fill(&mut self, at: usize) {
        self.mfes[at].timeout = 900;
        self.mfes[at].expires = self.now + LIFE;
    }

    pub fn count_drop(&mut self, drop: Drop) -> Drop {
        match drop {
            Drop::Scope => {
                self.reach("packets of link-local groups or sources that are no host's");
                self.counters.dropped_scope += 1;
            }
            Drop::Limit => {
                self.reach("MFEs at the limit");
                self.counters.dropped_limit += 1;
            }
            Drop::Memory => self.counters.dropped_memory += 1,
            Drop::Busy => {}
        }
        drop
    }

    /// Section 8: the joined entries, once each.
    pub fn joined(&self) -> Vec<Plain> {
        let mut entries: Vec<Plain> = self.members.iter().map(|member| member.entry).collect();
        entries.sort();
        entries.dedup();
        entries
    }
}
