//! Numbers found by the hash of what they name: an index into a slab. The seed is random,
//! so that nobody outside can choose addresses that all hash to one place.

use super::Error;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::{BuildHasher, Hash};

/// Up to this capacity an empty table is kept, for the next one to come.
const KEPT: usize = 1024;

/// The index. Removing never needs memory.
pub struct Index {
    table: HashTable<u32>,
    hasher: Option<DefaultHashBuilder>,
}

impl Index {
    /// Empty, and without a seed; allocates nothing.
    pub const fn new() -> Self {
        Self { table: HashTable::new(), hasher: None }
    }

    /// Chooses the seed, unless there is one: before the first [`Self::hash`] of what is
    /// to be inserted.
    pub fn seed(&mut self) {
        self.hasher.get_or_insert_default();
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// The hash of a key; 0 without a seed, as nothing is there then.
    pub fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.as_ref().map_or(0, |hasher| hasher.hash_one(key))
    }

    /// The number of what has this hash and `is` it.
    pub fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.table.find(hash, |&id| is(id)).copied()
    }

    /// Makes room so that the next insert cannot fail. `key` gives the key of a number.
    pub fn reserve_one<K: Hash>(&mut self, key: impl Fn(u32) -> K) -> Result<(), Error> {
        let hasher = &self.hasher;
        Ok(self.table.try_reserve(1, |&id| hasher.as_ref().map_or(0, |hasher| hasher.hash_one(key(id))))?)
    }

    /// Adds a number that is not there, into room that was reserved.
    pub fn insert<K: Hash>(&mut self, hash: u64, id: u32, key: impl Fn(u32) -> K) {
        let hasher = &self.hasher;
        self.table.insert_unique(hash, id, |&id| hasher.as_ref().map_or(0, |hasher| hasher.hash_one(key(id))));
    }

    /// Takes a number out. A large table's memory goes back with the last one.
    pub fn remove(&mut self, hash: u64, id: u32) {
        if let Ok(found) = self.table.find_entry(hash, |&other| other == id) {
            found.remove();
        }
        if self.table.is_empty() && self.table.capacity() > KEPT {
            self.table = HashTable::new();
        }
    }

    /// How many it has room for.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.table.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_key_until_it_is_taken_out() {
        let mut index = Index::new();
        assert_eq!((index.hash(7_u32), index.find(0, |_| true)), (0, None));
        index.seed();
        let key = |id: u32| u64::from(id) * 3;
        let seed = index.hash(1_u32);
        for id in 0..3_000 {
            // It stays as it was chosen.
            index.seed();
            index.reserve_one(key).unwrap();
            index.insert(index.hash(key(id)), id, key);
        }
        assert_eq!((index.len(), index.hash(1_u32)), (3_000, seed));
        let find = |index: &Index, wanted: u64| index.find(index.hash(wanted), |id| key(id) == wanted);
        assert!((0..9_000).all(|wanted| find(&index, wanted) == (wanted % 3 == 0).then_some(wanted as u32 / 3)));
        for id in 0..3_000 {
            index.remove(index.hash(key(id)), id);
            index.remove(index.hash(key(id)), id);
            assert_eq!((find(&index, key(id)), index.len()), (None, 2_999 - id as usize));
            // Its memory goes back with the last one.
            assert_eq!(index.capacity() > KEPT, id < 2_999);
        }
    }

    #[test]
    fn a_small_table_is_kept() {
        let mut index = Index::new();
        index.seed();
        index.reserve_one(|id| id).unwrap();
        index.insert(index.hash(1_u32), 1, |id| id);
        index.remove(index.hash(1_u32), 1);
        assert!(index.capacity() > 0);
    }

    #[test]
    fn seeds_differ() {
        let hash = || {
            let mut index = Index::new();
            index.seed();
            index.hash(1_u32)
        };
        assert_ne!(hash(), hash());
    }
}
