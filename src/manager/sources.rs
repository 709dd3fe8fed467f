//! The routes towards the sources that matter: of MFEs, of (S,G) memberships, and
//! of MFEs being made.

use super::Error;
use crate::forwarder::Route;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

struct Source {
    address: u32,
    refs: u32,
    route: Option<Route>,
}

/// The sources in use, each with its route.
pub struct Sources {
    table: HashTable<Source>,
    hasher: Option<DefaultHashBuilder>,
}

fn hash(hasher: &Option<DefaultHashBuilder>, address: u32) -> u64 {
    hasher.as_ref().map_or(0, |hasher| hasher.hash_one(address))
}

impl Sources {
    /// None; allocates nothing.
    pub const fn new() -> Self {
        Self { table: HashTable::new(), hasher: None }
    }

    /// Makes room so that the next [`Self::hold`] cannot fail.
    pub fn reserve_one(&mut self) -> Result<(), Error> {
        self.hasher.get_or_insert_default();
        let hasher = &self.hasher;
        Ok(self.table.try_reserve(1, |source| hash(hasher, source.address))?)
    }

    /// Counts a use of a source. `route` is taken for a source that is new.
    pub fn hold(&mut self, address: u32, route: Option<Route>) {
        match self.find_mut(address) {
            Some(source) => source.refs += 1,
            None => {
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
        self.find(address).and_then(|source| source.route.as_ref())
    }

    /// Stores a source's new route.
    pub fn set_route(&mut self, address: u32, route: Option<Route>) {
        if let Some(source) = self.find_mut(address) {
            source.route = route;
        }
    }

    /// All uses, for the audit.
    pub fn uses(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.table.iter().map(|source| (source.address, source.refs))
    }

    fn find(&self, address: u32) -> Option<&Source> {
        self.table.find(hash(&self.hasher, address), |source| source.address == address)
    }

    fn find_mut(&mut self, address: u32) -> Option<&mut Source> {
        self.table.find_mut(hash(&self.hasher, address), |source| source.address == address)
    }
}
