//! The MFE store: multicast forwarding entries found by (S,G), in (group, source)
//! order, by source, and by incoming interface. No rules here, only bookkeeping.

use super::{
    Entry, Error,
    index::Index,
    memberships::InterfaceId,
    ordered::Ordered,
    slab::Slab,
    sources::RouteId,
    wheel::{Hook, Hooks, Wheel},
};
use crate::forwarder::InterfaceKey;
use smallvec::SmallVec;
use std::{hint::black_box, num::NonZeroU32};

/// An MFE's lifetime in seconds.
pub const DEFAULT_TIMEOUT: u32 = 900;

/// An MFE's number inside the manager.
pub type MfeId = u32;
const NONE: u32 = u32::MAX;

/// A source and a group: what an MFE is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Flow {
    /// The source's address.
    pub source: u32,
    /// The group's address.
    pub group: u32,
}

impl Flow {
    fn by_group(self) -> u64 {
        u64::from(self.group) << 32 | u64::from(self.source)
    }

    fn by_source(self) -> u64 {
        u64::from(self.source) << 32 | u64::from(self.group)
    }
}

/// An interface in an MFE's outgoing list, or vetoed out of it by its owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Oif(u32);

impl Oif {
    /// An interface that is forwarded to.
    pub fn active(interface: InterfaceId) -> Self {
        Self(interface << 1)
    }

    /// An interface left out by a creation alert's answer.
    pub fn vetoed(interface: InterfaceId) -> Self {
        Self(interface << 1 | 1)
    }

    /// The interface.
    pub fn interface(self) -> InterfaceId {
        self.0 >> 1
    }

    /// Whether it is forwarded to.
    pub fn is_active(self) -> bool {
        self.0 & 1 == 0
    }
}

/// The outgoing interfaces, ascending by name; up to four cost no allocation.
pub type OifList = SmallVec<[Oif; 4]>;

/// A multicast forwarding entry. Times are milliseconds of the manager's clock.
pub struct Mfe {
    /// What it is for.
    pub flow: Flow,
    /// The upstream neighbour, 0 when the source is on the link.
    pub upstream: u32,
    /// The incoming interface, index 0 if there is none.
    pub iif: InterfaceKey,
    /// The route to its source.
    pub route: RouteId,
    /// Told from every other MFE there was for the flow. Its spare value 0 saves the slab
    /// a word.
    pub incarnation: NonZeroU32,
    /// Its lifetime in seconds.
    pub timeout: u32,
    /// When it was made or renewed.
    pub created: u64,
    /// The forwarder's count of good packets when it was made or renewed.
    pub packets_then: u64,
    /// Which of all evaluations was its last: its making, a renewal or a move.
    pub evaluation: u64,
    /// When its last wrong-interface alert was sent, plus one; 0 is never.
    pub wrong_interface_at: u64,
    /// The outgoing list with the vetoed ones.
    pub oifs: OifList,
    hook: Hook,
    link_prev: MfeId,
    link_next: MfeId,
}

impl Mfe {
    /// A new entry that is in no index yet.
    pub fn new(flow: Flow, iif: InterfaceKey, route: RouteId, upstream: u32, oifs: OifList) -> Self {
        Self {
            flow,
            upstream,
            iif,
            route,
            incarnation: NonZeroU32::MIN,
            timeout: 0,
            created: 0,
            packets_then: 0,
            evaluation: 0,
            wrong_interface_at: 0,
            oifs,
            hook: Hook::IDLE,
            link_prev: NONE,
            link_next: NONE,
        }
    }

    /// The interfaces that are forwarded to.
    pub fn active(&self) -> impl Iterator<Item = InterfaceId> + '_ {
        self.oifs.iter().filter(|oif| oif.is_active()).map(|oif| oif.interface())
    }

    /// Whether nothing is forwarded.
    pub fn is_empty(&self) -> bool {
        self.active().next().is_none()
    }

    /// When it ends.
    pub fn expires(&self) -> u64 {
        self.hook.expires
    }
}

/// The MFEs whose iif has one index.
struct Link {
    if_index: u32,
    head: MfeId,
    len: u32,
}

/// All MFEs.
pub struct Mfes {
    slab: Slab<Mfe>,
    by_flow: Index,
    by_group: Ordered,
    by_source: Ordered,
    links: Vec<Link>,
    wheel: Wheel,
    incarnation: NonZeroU32,
    evaluations: u64,
}

impl Hooks for Slab<Mfe> {
    fn hook(&mut self, id: u32) -> &mut Hook {
        &mut self[id].hook
    }
}

impl Mfes {
    /// None; allocates nothing.
    pub const fn new() -> Self {
        Self {
            slab: Slab::new(),
            by_flow: Index::new(),
            by_group: Ordered::new(),
            by_source: Ordered::new(),
            links: Vec::new(),
            wheel: Wheel::new(),
            incarnation: NonZeroU32::MIN,
            evaluations: 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Makes room so that the next insert, of an MFE for this flow, cannot fail.
    pub fn reserve(&mut self, flow: Flow) -> Result<(), Error> {
        self.by_flow.seed();
        self.by_flow.reserve_one(self.by_flow.hash(flow.by_group()))?;
        self.slab.reserve(1)?;
        self.by_group.reserve(flow.by_group())?;
        self.by_source.reserve(flow.by_source())?;
        self.reserve_link()
    }

    /// Makes room so that the next [`Self::set_iif`] cannot fail.
    pub fn reserve_link(&mut self) -> Result<(), Error> {
        Ok(self.links.try_reserve(1)?)
    }

    /// Adds an MFE that is not there, into room that was reserved.
    pub fn insert(&mut self, mut mfe: Mfe, timeout: u32, now: u64) -> MfeId {
        self.incarnation = self.incarnation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        mfe.incarnation = self.incarnation;
        mfe.created = now;
        let (flow, iif) = (mfe.flow, mfe.iif);
        let id = self.slab.insert(mfe);
        self.by_flow.insert(self.by_flow.hash(flow.by_group()), id);
        self.by_group.insert(flow.by_group(), id);
        self.by_source.insert(flow.by_source(), id);
        self.link(id, iif.if_index);
        self.arm(id, timeout, now);
        self.set_evaluated(id);
        id
    }

    /// How often any MFE was evaluated.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// An MFE was evaluated.
    pub fn set_evaluated(&mut self, id: MfeId) {
        self.evaluations += 1;
        self.slab[id].evaluation = self.evaluations;
    }

    /// Takes an MFE out of everything. Needs no memory.
    pub fn remove(&mut self, id: MfeId) -> Option<Mfe> {
        let flow = self.slab.get(id)?.flow;
        self.unlink(id);
        self.wheel.disarm(&mut self.slab, id);
        self.by_flow.remove(self.by_flow.hash(flow.by_group()), id);
        self.by_group.remove(flow.by_group());
        self.by_source.remove(flow.by_source());
        let mfe = self.slab.remove(id);
        self.slab.trim(1);
        mfe
    }

    /// The MFE for a flow.
    pub fn find(&self, flow: Flow) -> Option<MfeId> {
        self.by_flow.find(self.by_flow.hash(flow.by_group()), |id| self.slab[id].flow == flow)
    }

    /// Sets how long an MFE lives from now.
    pub fn set_timeout(&mut self, id: MfeId, timeout: u32, now: u64) {
        self.wheel.disarm(&mut self.slab, id);
        self.arm(id, timeout, now);
    }

    /// Looks at an MFE again later, without changing its time-out.
    pub fn postpone(&mut self, id: MfeId, until: u64) {
        self.wheel.disarm(&mut self.slab, id);
        self.wheel.arm(&mut self.slab, id, until);
    }

    fn arm(&mut self, id: MfeId, timeout: u32, now: u64) {
        self.slab[id].timeout = timeout;
        self.wheel.arm(&mut self.slab, id, now + u64::from(timeout) * 1000);
    }

    /// An MFE whose time has come. The caller removes it or sets a new time-out.
    pub fn due(&mut self, now: u64) -> Option<MfeId> {
        self.wheel.due(&mut self.slab, now)
    }

    /// When the next one is due, exactly.
    pub fn next_due(&mut self) -> Option<u64> {
        self.wheel.next_due(&mut self.slab)
    }

    /// When to look for due ones again.
    pub fn next_look(&self) -> Option<u64> {
        self.wheel.next_look()
    }

    /// Moves an MFE to another iif, into room that was reserved.
    pub fn set_iif(&mut self, id: MfeId, iif: InterfaceKey) {
        self.unlink(id);
        self.slab[id].iif = iif;
        self.link(id, iif.if_index);
    }

    /// The first MFE whose iif has this index.
    pub fn first_on_link(&self, if_index: u32) -> Option<MfeId> {
        self.links.iter().find(|link| link.if_index == if_index).map(|link| link.head)
    }

    /// The MFE that follows on the same link.
    pub fn next_on_link(&self, id: MfeId) -> Option<MfeId> {
        Some(self.slab[id].link_next).filter(|&next| next != NONE)
    }

    /// The MFEs whose iif has this index.
    pub fn on_link(&self, if_index: u32) -> impl Iterator<Item = &Mfe> {
        std::iter::successors(self.first_on_link(if_index), |&id| self.next_on_link(id)).map(|id| &self.slab[id])
    }

    /// The MFEs that an entry covers, ascending.
    pub fn covered_by<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = MfeId> + 'a {
        let mut walk = Covered::by(entry);
        std::iter::from_fn(move || walk.next(self))
    }

    /// The MFEs with one source.
    pub fn with_source(&self, source: u32) -> impl Iterator<Item = MfeId> + '_ {
        let first = Flow { source, group: 0 }.by_source();
        self.by_source.range(first, first | u64::from(u32::MAX)).map(|(_, id)| id)
    }

    /// The route to a source is another one.
    pub fn set_route(&mut self, source: u32, route: RouteId) {
        let first = Flow { source, group: 0 }.by_source();
        for (_, id) in self.by_source.range(first, first | u64::from(u32::MAX)) {
            self.slab[id].route = route;
        }
    }

    /// The lowest source from `source` on that has MFEs.
    pub fn next_source(&self, source: u32) -> Option<u32> {
        let first = Flow { source, group: 0 }.by_source();
        self.by_source.iter_from(first).next().map(|(key, _)| (key >> 32) as u32)
    }

    /// Any one MFE.
    pub fn first(&self) -> Option<MfeId> {
        self.by_group.first_from(0).map(|(_, id)| id)
    }

    /// In (group, source) order, all that come after a flow, or all.
    pub fn after(&self, flow: Option<Flow>) -> impl Iterator<Item = MfeId> + '_ {
        let from = flow.map_or(Some(0), |flow| flow.by_group().checked_add(1));
        let ids = from.into_iter().flat_map(|from| self.by_group.iter_from(from)).map(|(_, id)| id);
        Ahead { slab: &self.slab, ids, next: [NONE; AHEAD], at: 0, len: 0 }
    }

    /// Whether the indexes hold the same MFEs.
    pub fn is_consistent(&self) -> bool {
        let len = self.slab.len();
        let ids = |index: &Ordered| index.iter_from(0).all(|(_, id)| self.slab.get(id).is_some());
        let on_links: u32 = self.links.iter().map(|link| link.len).sum();
        len == self.by_flow.len()
            && len == self.by_group.len()
            && len == self.by_source.len()
            && len == on_links as usize
            && ids(&self.by_group)
            && ids(&self.by_source)
            && self.slab.iter().all(|(id, mfe)| self.find(mfe.flow) == Some(id))
            && self.links.iter().all(|link| self.on_link(link.if_index).take(len + 1).count() == link.len as usize)
    }

    fn link(&mut self, id: MfeId, if_index: u32) {
        let link = match self.links.iter().position(|link| link.if_index == if_index) {
            Some(at) => &mut self.links[at],
            None => {
                self.links.push(Link { if_index, head: NONE, len: 0 });
                self.links.last_mut().expect("just pushed")
            }
        };
        let head = std::mem::replace(&mut link.head, id);
        link.len += 1;
        self.slab[id].link_prev = NONE;
        self.slab[id].link_next = head;
        if head != NONE {
            self.slab[head].link_prev = id;
        }
    }

    fn unlink(&mut self, id: MfeId) {
        let mfe = &self.slab[id];
        let (prev, next, if_index) = (mfe.link_prev, mfe.link_next, mfe.iif.if_index);
        if next != NONE {
            self.slab[next].link_prev = prev;
        }
        if prev != NONE {
            self.slab[prev].link_next = next;
        }
        let Some(at) = self.links.iter().position(|link| link.if_index == if_index) else { return };
        self.links[at].len -= 1;
        if prev == NONE {
            self.links[at].head = next;
        }
        if self.links[at].len == 0 {
            self.links.swap_remove(at);
        }
    }
}

/// The most MFEs that a walk looks for at once.
const STRIDE: usize = 16;

/// A walk over the MFEs that an entry covers, ascending, during which they may change but
/// none may come or go. It looks for some at a time: each look searches from the start.
pub struct Covered {
    entry: Entry,
    /// What is left of the walk begins here.
    from: Option<u64>,
    ids: [MfeId; STRIDE],
    at: usize,
    len: usize,
}

impl Covered {
    /// A walk that has not begun.
    pub fn by(entry: &Entry) -> Self {
        let first = Flow { source: entry.source(), group: entry.group() };
        Self { entry: *entry, from: Some(first.by_group()), ids: [NONE; STRIDE], at: 0, len: 0 }
    }

    /// The next one.
    pub fn next(&mut self, mfes: &Mfes) -> Option<MfeId> {
        if self.at == self.len {
            self.look(mfes);
        }
        let id = *self.ids[..self.len].get(self.at)?;
        self.at += 1;
        Some(id)
    }

    fn look(&mut self, mfes: &Mfes) {
        (self.at, self.len) = (0, 0);
        let entry = &self.entry;
        let Some(from) = self.from.take().filter(|_| mfes.len() > 0) else { return };
        if entry.is_exact() {
            if let Some(id) = mfes.find(Flow { source: entry.source(), group: entry.group() }) {
                self.ids[0] = id;
                self.len = 1;
            }
            return;
        }
        let last = Flow { source: entry.source() | !entry.source_mask(), group: entry.group() | !entry.group_mask() };
        let covered = |&(key, _): &(u64, MfeId)| entry.covers(key as u32, (key >> 32) as u32);
        // Several times as fast as a `for`: the chain is walked from inside.
        mfes.by_group.range(from, last.by_group()).filter(covered).take(STRIDE).for_each(|(key, id)| {
            self.ids[self.len] = id;
            self.len += 1;
            self.from = key.checked_add(1);
        });
        if self.len < STRIDE {
            self.from = None;
        }
    }
}

/// The most MFEs that are looked at ahead of the one that is read.
const AHEAD: usize = 128;

/// Gives the numbers that `ids` gives. MFEs that follow each other in order lie anywhere in
/// memory: those that come next are looked at together, so that their memory is waited for
/// once for many of them.
struct Ahead<'a, I> {
    slab: &'a Slab<Mfe>,
    ids: I,
    next: [MfeId; AHEAD],
    at: usize,
    len: usize,
}

impl<I: Iterator<Item = MfeId>> Iterator for Ahead<'_, I> {
    type Item = MfeId;

    fn next(&mut self) -> Option<MfeId> {
        if self.at == self.len {
            // Few at first: often no more than one is read.
            let most = (self.len * 2).clamp(1, AHEAD);
            (self.at, self.len) = (0, 0);
            for id in self.ids.by_ref().take(most) {
                self.next[self.len] = id;
                self.len += 1;
            }
            // Fields that are far apart: an entry is in two or three lines of the cache.
            let look = |sum, &id: &MfeId| {
                let mfe = &self.slab[id];
                sum ^ mfe.expires() ^ mfe.created ^ u64::from(mfe.timeout)
            };
            black_box(self.next[..self.len].iter().fold(0, look));
        }
        let id = *self.next[..self.len].get(self.at)?;
        self.at += 1;
        Some(id)
    }
}

impl std::ops::Index<MfeId> for Mfes {
    type Output = Mfe;

    fn index(&self, id: MfeId) -> &Mfe {
        &self.slab[id]
    }
}

impl std::ops::IndexMut<MfeId> for Mfes {
    fn index_mut(&mut self, id: MfeId) -> &mut Mfe {
        &mut self.slab[id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(if_index: u32) -> InterfaceKey {
        InterfaceKey { if_index, next_hop: 0 }
    }

    fn add(mfes: &mut Mfes, source: u32, if_index: u32) -> MfeId {
        let flow = Flow { source, group: 0xEF01_0101 };
        mfes.reserve(flow).unwrap();
        mfes.insert(Mfe::new(flow, link(if_index), RouteId::NONE, 0, OifList::new()), DEFAULT_TIMEOUT, 0)
    }

    /// Three entries on link 1.
    fn on_one_link() -> Mfes {
        let mut mfes = Mfes::new();
        (1..=3).for_each(|source| _ = add(&mut mfes, source, 1));
        mfes
    }

    /// Two entries on link 1, one on link 2.
    fn on_two_links() -> Mfes {
        let mut mfes = on_one_link();
        mfes.set_iif(2, link(2));
        mfes
    }

    #[test]
    fn a_walk_finds_what_an_entry_covers_however_many_there_are() {
        for count in [0, 1, STRIDE as u32 - 1, STRIDE as u32, STRIDE as u32 + 1, 3 * STRIDE as u32] {
            let mut mfes = Mfes::new();
            for source in (1..=count).rev() {
                add(&mut mfes, source << 8, 1);
            }
            let sources = |mask, source| {
                let entry = Entry::new(source, mask, 0xEF01_0101, u32::MAX).unwrap();
                mfes.covered_by(&entry).map(|id| mfes[id].flow.source >> 8).collect::<Vec<_>>()
            };
            assert_eq!(sources(0, 0), (1..=count).collect::<Vec<_>>());
            assert_eq!(sources(u32::MAX, 256), (1..=count.min(1)).collect::<Vec<_>>());
            assert_eq!(sources(0xFFFF_F800, 16 << 8), (16..=count.min(23)).collect::<Vec<_>>());
            let other = Entry::new(0, 0, 0xEF01_0102, u32::MAX).unwrap();
            assert_eq!(mfes.covered_by(&other).next(), None);
        }
    }

    #[test]
    fn indexes_that_disagree_are_found() {
        assert!(Mfes::new().is_consistent() && on_one_link().is_consistent() && on_two_links().is_consistent());
        let key = |source| Flow { source, group: 0xEF01_0101 };
        type Break<'a> = (&'a str, &'a dyn Fn(&mut Mfes));
        let broken: [Break<'_>; 10] = [
            ("one twice by flow", &|m| {
                m.by_flow.reserve_one(1).unwrap();
                m.by_flow.insert(1, 0);
            }),
            ("one more by group", &|m| {
                m.by_group.reserve(key(9).by_group()).unwrap();
                m.by_group.insert(key(9).by_group(), 0);
            }),
            ("one more by source", &|m| {
                m.by_source.reserve(key(9).by_source()).unwrap();
                m.by_source.insert(key(9).by_source(), 0);
            }),
            ("one on no link", &|m| m.unlink(0)),
            ("a dead one by group", &|m| {
                m.by_group.remove(key(1).by_group());
                m.by_group.reserve(key(1).by_group()).unwrap();
                m.by_group.insert(key(1).by_group(), 77);
            }),
            ("a dead one by source", &|m| {
                m.by_source.remove(key(1).by_source());
                m.by_source.reserve(key(1).by_source()).unwrap();
                m.by_source.insert(key(1).by_source(), 77);
            }),
            ("another's flow", &|m| m.slab[0].flow = key(2)),
            ("links counted wrong", &|m| {
                m.links[0].len += 1;
                m.links[1].len -= 1;
            }),
            ("one too few on a link", &|m| m.links[0].len -= 1),
            ("a link without end", &|m| {
                m.set_iif(2, link(1));
                let head = m.first_on_link(1).unwrap();
                let last = (0..3).find(|&id| m.next_on_link(id).is_none()).unwrap();
                m.slab[last].link_next = head;
            }),
        ];
        for (what, breaks) in broken {
            let mut mfes = on_two_links();
            breaks(&mut mfes);
            assert!(!mfes.is_consistent(), "{what} is not found");
        }
    }

    #[test]
    fn all_come_in_order_from_anywhere_on() {
        let mut mfes = Mfes::new();
        let mut sources: Vec<u32> = (0..200).map(|n| n * 77 % 200 + 1).collect();
        sources.iter().for_each(|&source| _ = add(&mut mfes, source, 1));
        sources.sort_unstable();
        for after in [0, 1, 2, 5, 100, 199, 200] {
            let flow = (after > 0).then_some(Flow { source: after, group: 0xEF01_0101 });
            let got: Vec<u32> = mfes.after(flow).map(|id| mfes[id].flow.source).collect();
            assert_eq!(got, sources[after as usize..]);
        }
        let mut last = mfes.after(Some(Flow { source: u32::MAX, group: u32::MAX }));
        assert_eq!((last.next(), last.next()), (None, None));
    }

    #[test]
    fn a_source_s_new_route_is_all_its_entries() {
        let mut sources = super::super::sources::Sources::new();
        sources.reserve_one().unwrap();
        let route = crate::forwarder::Route { if_index: 1, gateway: 0, network: 0, prefix_len: 0, protocol: 3 };
        sources.hold(2, Some(route));
        let mut mfes = on_one_link();
        mfes.set_route(2, sources.route_id(2));
        let has_route = [1, 2, 3].map(|source| {
            let id = mfes.find(Flow { source, group: 0xEF01_0101 }).unwrap();
            mfes[id].route != RouteId::NONE
        });
        assert_eq!(has_route, [false, true, false]);
    }

    #[test]
    fn an_entry_with_four_oifs_is_small() {
        let mut slab = Slab::<Mfe>::new();
        slab.reserve(1).unwrap();
        assert_eq!((size_of::<Mfe>(), slab.slot_size(), size_of::<OifList>()), (112, 112, 24));
    }
}
