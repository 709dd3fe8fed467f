//! The routes towards the sources that matter: of MFEs, of (S,G) memberships, and
//! of MFEs being made. Many sources share a route, which is kept once.

use super::{Error, slab::Slab};
use crate::forwarder::Route;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::{BuildHasher, Hash};

/// An empty index of routes with room for so many is kept, for the next one to come.
const KEPT: usize = 1024;

/// A route's number; it is that route's as long as a source has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouteId(u32);

impl RouteId {
    /// There is no route.
    pub const NONE: Self = Self(u32::MAX);
}

struct Source {
    address: u32,
    refs: u32,
    route: RouteId,
}

/// A route, and how many sources have it.
struct Shared {
    route: Route,
    sources: u32,
}

/// The sources in use, each with its route.
pub struct Sources {
    table: HashTable<Source>,
    hasher: Option<DefaultHashBuilder>,
    routes: Slab<Shared>,
    /// The numbers of the routes.
    by_route: HashTable<u32>,
}

fn hash(hasher: &Option<DefaultHashBuilder>, key: impl Hash) -> u64 {
    hasher.as_ref().map_or(0, |hasher| hasher.hash_one(key))
}

impl Sources {
    /// None; allocates nothing.
    pub const fn new() -> Self {
        Self { table: HashTable::new(), hasher: None, routes: Slab::new(), by_route: HashTable::new() }
    }

    /// Makes room so that the next [`Self::hold`] and [`Self::set_route`] cannot fail.
    pub fn reserve_one(&mut self) -> Result<(), Error> {
        self.reserve_route()?;
        let hasher = &self.hasher;
        self.table.try_reserve(1, |source| hash(hasher, source.address))?;
        Ok(())
    }

    /// Makes room so that the next [`Self::set_route`] cannot fail.
    pub fn reserve_route(&mut self) -> Result<(), Error> {
        self.hasher.get_or_insert_default();
        self.routes.reserve(1)?;
        let (hasher, routes) = (&self.hasher, &self.routes);
        Ok(self.by_route.try_reserve(1, |&id| hash(hasher, routes[id].route))?)
    }

    /// Counts a use of a source. `route` is taken for a source that is new.
    pub fn hold(&mut self, address: u32, route: Option<Route>) {
        match self.find_mut(address) {
            Some(source) => source.refs += 1,
            None => {
                let route = self.share(route);
                let hasher = &self.hasher;
                let source = Source { address, refs: 1, route };
                self.table.insert_unique(hash(hasher, address), source, |s| hash(hasher, s.address));
            }
        }
    }

    /// Counts a use less, and forgets a source that has none.
    pub fn release(&mut self, address: u32) {
        let Some(source) = self.find_mut(address) else { return };
        source.refs -= 1;
        if source.refs > 0 {
            return;
        }
        let route = source.route;
        self.part_with(route);
        if let Ok(found) = self.table.find_entry(hash(&self.hasher, address), |s| s.address == address) {
            found.remove();
        }
        if self.table.is_empty() {
            self.table = HashTable::new();
        }
    }

    /// Whether a source is in use, so that its route is known.
    pub fn is_known(&self, address: u32) -> bool {
        self.find(address).is_some()
    }

    /// The route towards a source that is in use.
    pub fn route(&self, address: u32) -> Option<&Route> {
        self.route_of(self.route_id(address))
    }

    /// The number of that route.
    pub fn route_id(&self, address: u32) -> RouteId {
        self.find(address).map_or(RouteId::NONE, |source| source.route)
    }

    /// The route with this number.
    pub fn route_of(&self, id: RouteId) -> Option<&Route> {
        self.routes.get(id.0).map(|shared| &shared.route)
    }

    /// Whether any source's route goes over a link.
    pub fn any_over(&self, if_index: u32) -> bool {
        self.routes.iter().any(|(_, shared)| shared.route.if_index == if_index)
    }

    /// Stores a source's new route, into room that was reserved.
    pub fn set_route(&mut self, address: u32, route: Option<Route>) {
        if !self.is_known(address) {
            return;
        }
        // The new one before the old one goes: they may be the same.
        let new = self.share(route);
        let Some(source) = self.find_mut(address) else { return };
        let old = std::mem::replace(&mut source.route, new);
        self.part_with(old);
    }

    /// All uses, for the audit.
    pub fn uses(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.table.iter().map(|source| (source.address, source.refs))
    }

    /// Whether each route is counted as often as sources have it.
    pub fn is_consistent(&self) -> bool {
        // A sum in which each route has a weight of its own: one look at each source is enough.
        let weight = |id: u32| u64::from(id) + 1;
        let had = self.table.iter().filter(|source| source.route != RouteId::NONE);
        let had: u64 = had.map(|source| weight(source.route.0)).sum();
        let counted: u64 = self.routes.iter().map(|(id, shared)| weight(id) * u64::from(shared.sources)).sum();
        had == counted && self.routes.iter().all(|(id, shared)| self.number_of(&shared.route) == Some(id))
    }

    /// For the test of the audit.
    #[cfg(test)]
    pub fn miscount(&mut self) {
        self.routes[0].sources += 1;
    }

    fn number_of(&self, route: &Route) -> Option<u32> {
        self.by_route.find(hash(&self.hasher, route), |&id| self.routes[id].route == *route).copied()
    }

    /// The number of a route that one source more has.
    fn share(&mut self, route: Option<Route>) -> RouteId {
        let Some(route) = route else { return RouteId::NONE };
        let id = match self.number_of(&route) {
            Some(id) => id,
            None => {
                let id = self.routes.insert(Shared { route, sources: 0 });
                let (hasher, routes) = (&self.hasher, &self.routes);
                self.by_route.insert_unique(hash(hasher, route), id, |&id| hash(hasher, routes[id].route));
                id
            }
        };
        self.routes[id].sources += 1;
        RouteId(id)
    }

    /// One source less has a route.
    fn part_with(&mut self, RouteId(id): RouteId) {
        let Some(shared) = self.routes.get_mut(id) else { return };
        shared.sources -= 1;
        if shared.sources == 0 {
            if let Ok(found) = self.by_route.find_entry(hash(&self.hasher, shared.route), |&other| other == id) {
                found.remove();
            }
            if self.by_route.is_empty() && self.by_route.capacity() > KEPT {
                self.by_route = HashTable::new();
            }
            self.routes.remove(id);
            self.routes.trim(1);
        }
    }

    fn find(&self, address: u32) -> Option<&Source> {
        self.table.find(hash(&self.hasher, address), |source| source.address == address)
    }

    fn find_mut(&mut self, address: u32) -> Option<&mut Source> {
        self.table.find_mut(hash(&self.hasher, address), |source| source.address == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(if_index: u32) -> Option<Route> {
        Some(Route { if_index, gateway: 0, network: 0, prefix_len: 0, protocol: 3 })
    }

    fn hold(sources: &mut Sources, address: u32, route: Option<Route>) {
        sources.reserve_one().unwrap();
        sources.hold(address, route);
        assert!(sources.is_consistent());
    }

    #[test]
    fn sources_share_routes_until_the_last_has_another() {
        let mut sources = Sources::new();
        for (address, if_index) in [(1, 7), (2, 7), (3, 8), (4, 7)] {
            hold(&mut sources, address, over(if_index));
        }
        hold(&mut sources, 5, None);
        // Known already: its route stays.
        hold(&mut sources, 1, over(9));
        let routes = |sources: &Sources| [1, 2, 3, 4, 5, 6].map(|address| sources.route(address).map(|r| r.if_index));
        assert_eq!(routes(&sources), [Some(7), Some(7), Some(8), Some(7), None, None]);
        assert_eq!((sources.route_id(1), sources.routes.len()), (sources.route_id(4), 2));
        assert_eq!([7, 8, 9].map(|if_index| sources.any_over(if_index)), [true, true, false]);

        for (address, if_index) in [(3, 7), (3, 7), (1, 9), (2, 9), (3, 9), (4, 9)] {
            sources.reserve_route().unwrap();
            sources.set_route(address, over(if_index));
            assert!(sources.is_consistent());
            assert_eq!(sources.route(address), over(if_index).as_ref());
        }
        assert_eq!((sources.routes.len(), sources.any_over(7), sources.any_over(9)), (1, false, true));
        sources.set_route(6, over(8));
        sources.set_route(4, None);
        assert_eq!(routes(&sources), [Some(9), Some(9), Some(9), None, None, None]);

        for address in [1, 2, 3, 4, 5] {
            assert!(sources.is_known(address));
            sources.release(address);
            assert!(sources.is_consistent() && sources.is_known(address) == (address == 1));
        }
        sources.release(1);
        sources.release(1);
        assert_eq!((sources.uses().count(), sources.routes.len(), sources.by_route.len()), (0, 0, 0));
    }

    #[test]
    fn memory_of_many_routes_goes_back_and_that_of_few_stays() {
        for (count, is_kept) in [(3_000, false), (10, true)] {
            let mut sources = Sources::new();
            for address in 0..count {
                sources.reserve_one().unwrap();
                sources.hold(address, over(address));
            }
            (0..count / 2).for_each(|address| sources.release(address));
            assert!(sources.is_consistent() && sources.by_route.len() as u32 == count - count / 2);
            (count / 2..count).for_each(|address| sources.release(address));
            assert_eq!((sources.by_route.len(), sources.by_route.capacity() > 0), (0, is_kept));
        }
    }

    #[test]
    fn routes_that_are_counted_wrong_are_found() {
        type Break<'a> = (&'a str, &'a dyn Fn(&mut Sources));
        let broken: [Break<'_>; 4] = [
            ("one too many", &|s| s.routes[0].sources += 1),
            ("counted for each other", &|s| {
                s.routes[0].sources += 1;
                s.routes[1].sources -= 1;
            }),
            ("one that cannot be found", &|s| s.by_route = HashTable::new()),
            ("a source with another's", &|s| s.find_mut(3).unwrap().route = RouteId(0)),
        ];
        for (what, breaks) in broken {
            let mut sources = Sources::new();
            for (address, if_index) in [(1, 7), (2, 7), (3, 8), (4, 8)] {
                hold(&mut sources, address, over(if_index));
            }
            breaks(&mut sources);
            assert!(!sources.is_consistent(), "{what} is not found");
        }
    }

    #[test]
    fn a_source_is_small() {
        assert_eq!(size_of::<Source>(), 12);
    }
}
