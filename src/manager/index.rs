//! Numbers found by the hash of what they name: an index into a slab. The seed is random,
//! so that nobody outside can choose addresses that all hash to one place.
//!
//! Open addressing; a large table is in parts that grow by themselves, so that no request
//! waits until all of it is moved. A place has the number and half of the hash in 8 bytes: a
//! look into a large table fetches one line of memory, and growing reads nothing else.

use super::Error;
use hashbrown::DefaultHashBuilder;
use std::{
    cmp::Ordering,
    hash::{BuildHasher, Hash},
};

/// How many parts a large table has: one for each value of the first bits of a hash.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 5;
/// A table that is larger than this is in parts.
const WHOLE: usize = 1024;
/// The least homes of a table that is not empty.
const LEAST: usize = 8;
/// Places behind the last home. Where they are all taken, more are made.
const TAIL: usize = 32;
/// An empty table of up to so many places is kept, for the next one to come.
const KEPT: usize = 1024;
/// A place where nothing is.
const FREE: u64 = 0;

/// The index. Removing never needs memory.
pub struct Index {
    /// The first is all of a table that is not in parts.
    parts: [Part; PARTS],
    in_parts: bool,
    len: usize,
    hasher: Option<DefaultHashBuilder>,
}

/// Values in ascending order. Each has a home by the upper half of it, and is there or
/// further on, with no free place in between.
struct Part {
    places: Vec<u64>,
    homes: usize,
    len: usize,
    /// How many of the first bits all values have in common.
    common: u32,
}

/// What stands in the table for a number. Never 0, as a slab does not give the highest.
fn value(hash: u64, id: u32) -> u64 {
    hash >> 32 << 32 | (u64::from(id) + 1)
}

/// The home of a value among so many, by its upper half without the bits in common.
fn home(value: u64, homes: usize, common: u32) -> usize {
    let bits = ((value >> 32) as u32) << common;
    ((u64::from(bits) * homes as u64) >> 32) as usize
}

impl Part {
    const fn new() -> Self {
        Self { places: Vec::new(), homes: 0, len: 0, common: 0 }
    }

    /// These values, ascending, in so many homes with free places behind all.
    fn of(values: impl Iterator<Item = u64>, homes: usize, common: u32) -> Result<Self, Error> {
        let mut part = Self { homes, common, ..Self::new() };
        let places = &mut part.places;
        places.try_reserve_exact(homes + TAIL)?;
        for value in values {
            let home = home(value, homes, common);
            while places.len() < home {
                places.push(FREE);
            }
            // Next to never is there more behind the last home than there is room for.
            places.try_reserve(1)?;
            places.push(value);
            part.len += 1;
        }
        let room = (homes + TAIL).max(places.len() + TAIL / 2);
        places.try_reserve_exact(room - places.len())?;
        places.resize(room, FREE);
        Ok(part)
    }

    fn values(&self) -> impl Iterator<Item = u64> + Clone + '_ {
        self.places.iter().copied().filter(|&place| place != FREE)
    }

    fn home(&self, value: u64) -> usize {
        home(value, self.homes, self.common)
    }

    /// What stands from a value's home on, up to the next free place.
    fn after_home(&self, value: u64) -> impl Iterator<Item = u64> + '_ {
        let from = self.home(value);
        self.places.get(from..).unwrap_or_default().iter().copied().take_while(|&place| place != FREE)
    }

    /// The place of a value, or the one where it belongs.
    fn position(&self, value: u64) -> usize {
        self.home(value) + self.after_home(value).take_while(|&other| other < value).count()
    }

    /// Makes room for one more. Three quarters of the homes may be taken: with more, ways
    /// from home are long. The last place is to be free, so that all before can make way.
    fn reserve_one(&mut self) -> Result<(), Error> {
        let homes = match (self.len + 1) * 4 > self.homes * 3 {
            true => (self.homes + self.homes / 2).max(LEAST),
            false if self.places.last() != Some(&FREE) => self.homes,
            false => return Ok(()),
        };
        *self = Self::of(self.values(), homes, self.common)?;
        Ok(())
    }

    fn insert(&mut self, value: u64) {
        let at = self.position(value);
        let taken = self.places[at..].iter().position(|&place| place == FREE).expect("room was reserved");
        self.places.copy_within(at..at + taken, at + 1);
        self.places[at] = value;
        self.len += 1;
    }

    /// Takes a value out; says whether it was there.
    fn remove(&mut self, value: u64) -> bool {
        let at = self.position(value);
        if self.places.get(at) != Some(&value) {
            return false;
        }
        let behind = at + 1;
        let is_away = |&(at, &other): &(usize, &u64)| other != FREE && self.home(other) < at;
        let moved = (behind..).zip(&self.places[behind..]).take_while(is_away).count();
        self.places.copy_within(behind..behind + moved, at);
        self.places[at + moved] = FREE;
        self.len -= 1;
        true
    }
}

impl Index {
    /// Empty, and without a seed; allocates nothing.
    pub const fn new() -> Self {
        Self { parts: [const { Part::new() }; PARTS], in_parts: false, len: 0, hasher: None }
    }

    /// Chooses the seed, unless there is one: before the first [`Self::hash`] of what is
    /// to be inserted.
    pub fn seed(&mut self) {
        self.hasher.get_or_insert_default();
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The hash of a key; 0 without a seed, as nothing is there then.
    pub fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.as_ref().map_or(0, |hasher| hasher.hash_one(key))
    }

    /// The number of what has this hash and `is` it.
    pub fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let lowest = value(hash, 0);
        for value in self.parts[self.part_of(hash)].after_home(lowest) {
            match (value >> 32).cmp(&(lowest >> 32)) {
                Ordering::Less => {}
                Ordering::Equal if is(value as u32 - 1) => return Some(value as u32 - 1),
                Ordering::Equal => {}
                Ordering::Greater => return None,
            }
        }
        None
    }

    /// Makes room so that the next insert with this hash cannot fail.
    pub fn reserve_one(&mut self, hash: u64) -> Result<(), Error> {
        if !self.in_parts && self.len >= WHOLE {
            self.divide()?;
        }
        self.parts[self.part_of(hash)].reserve_one()
    }

    /// Adds a number that is not there, into room that was reserved.
    pub fn insert(&mut self, hash: u64, id: u32) {
        self.parts[self.part_of(hash)].insert(value(hash, id));
        self.len += 1;
    }

    /// Takes a number out. A large table's memory goes back with the last one.
    pub fn remove(&mut self, hash: u64, id: u32) {
        if self.parts[self.part_of(hash)].remove(value(hash, id)) {
            self.len -= 1;
        }
        if self.len == 0 && (self.in_parts || self.parts[0].places.len() > KEPT) {
            *self = Self { hasher: self.hasher.take(), ..Self::new() };
        }
    }

    fn part_of(&self, hash: u64) -> usize {
        if self.in_parts { (hash >> (u64::BITS - PART_BITS)) as usize } else { 0 }
    }

    /// Divides the whole into parts, or changes nothing.
    fn divide(&mut self) -> Result<(), Error> {
        let mut parts = [const { Part::new() }; PARTS];
        for (part, first_bits) in parts.iter_mut().zip(0..) {
            let values = self.parts[0].values().filter(|value| value >> (u64::BITS - PART_BITS) == first_bits);
            let homes = values.clone().count() * 2;
            *part = Part::of(values, homes.max(LEAST), PART_BITS)?;
        }
        (self.parts, self.in_parts) = (parts, true);
        Ok(())
    }

    /// How many places there are.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.parts.iter().map(|part| part.places.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Whether it holds exactly these, each where it is found.
    fn check(index: &Index, model: &BTreeSet<(u64, u32)>) {
        assert_eq!(index.len(), model.len());
        for &(hash, id) in model {
            assert_eq!(index.find(hash, |other| other == id), Some(id));
            assert_eq!(index.find(hash, |_| false), None);
        }
        for part in &index.parts {
            let taken: Vec<_> = part.places.iter().copied().filter(|&place| place != FREE).collect();
            assert!(taken.len() == part.len && taken.is_sorted());
            assert!((part.len * 4).saturating_sub(3) <= part.homes * 3);
            assert!(part.places.capacity() <= 2 * part.places.len());
            for (at, &place) in part.places.iter().enumerate().filter(|&(_, &place)| place != FREE) {
                let home = part.home(place);
                assert!(home <= at && part.places[home..at].iter().all(|&other| other != FREE));
            }
        }
    }

    fn insert(index: &mut Index, model: &mut BTreeSet<(u64, u32)>, hash: u64, id: u32) {
        index.reserve_one(hash).unwrap();
        // Reserving twice is reserving once.
        let places = |index: &Index| index.parts.each_ref().map(|part| part.places.as_ptr());
        let before = places(index);
        index.reserve_one(hash).unwrap();
        assert_eq!(places(index), before);
        index.insert(hash, id);
        model.insert((hash, id));
    }

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
            index.reserve_one(index.hash(key(id))).unwrap();
            index.insert(index.hash(key(id)), id);
        }
        assert_eq!((index.len(), index.hash(1_u32)), (3_000, seed));
        let find = |index: &Index, wanted: u64| index.find(index.hash(wanted), |id| key(id) == wanted);
        assert!((0..9_000).all(|wanted| find(&index, wanted) == (wanted % 3 == 0).then_some(wanted as u32 / 3)));
        assert!(index.capacity() < 3_000 * 9 / 4, "{} places", index.capacity());
        for id in 0..3_000 {
            index.remove(index.hash(key(id)), id);
            index.remove(index.hash(key(id)), id);
            assert_eq!((find(&index, key(id)), index.len()), (None, 2_999 - id as usize));
        }
        // Its memory goes back with the last one, its seed stays.
        assert_eq!((index.capacity(), index.hash(1_u32)), (0, seed));
    }

    #[test]
    fn memory_of_many_goes_back_and_that_of_few_stays() {
        for (count, is_kept) in [(100, true), (900, false), (WHOLE as u32 + 1, false)] {
            let mut index = Index::new();
            let hash = |id: u32| u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            for id in 0..count {
                index.reserve_one(hash(id)).unwrap();
                index.insert(hash(id), id);
            }
            assert_eq!(index.in_parts, count > WHOLE as u32);
            (0..count).for_each(|id| index.remove(hash(id), id));
            assert_eq!((index.capacity() > 0, index.in_parts), (is_kept, false), "of {count}");
        }
    }

    #[test]
    fn behaves_as_a_set_also_where_hashes_meet() {
        let mut x = 12345_u64;
        // All hashes are few; are in few homes; in the last homes of a part; in the last of
        // all; are any.
        let masks = [0x0003_0000_0000_0000, 0xF800_00FF_FFFF_FFFF, 0xF800_0003_0000_0000, 0xFFFF, u64::MAX];
        for (bits, ones) in masks.into_iter().zip([0, 0, 0x07FF_FFF8_0000_0000, !0xFFFF, 0]) {
            let (mut index, mut model) = (Index::new(), BTreeSet::new());
            for round in 0..4_000_u32 {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let hash = (x ^ x << 40) & bits | ones;
                // Grows, then shrinks to nothing.
                if (x >> 40) % 4 != u64::from(round > 2_000) * 3 && round < 3_000 {
                    insert(&mut index, &mut model, hash, round);
                } else if let Some(&found) = model.range((hash, 0)..).next().or(model.first()) {
                    // What is not there is not taken out, though it has a place.
                    index.remove(found.0, u32::MAX - 1);
                    index.remove(found.0, found.1);
                    model.remove(&found);
                }
                if round % 97 == 0 {
                    check(&index, &model);
                }
            }
            check(&index, &model);
            for (hash, id) in std::mem::take(&mut model) {
                index.remove(hash, id);
            }
            check(&index, &model);
        }
    }

    #[test]
    fn those_that_make_way_are_found_and_come_back_home() {
        let (mut index, mut model) = (Index::new(), BTreeSet::new());
        // Homes 0, 1, 1, 1, 2 and 4 of the eight, the later ones behind their homes.
        let hash = |home: u64| home << 61 | 1 << 60;
        for (id, home) in (0..).zip([2, 1, 4, 1, 0, 1]) {
            insert(&mut index, &mut model, hash(home), id);
            check(&index, &model);
        }
        assert_eq!(index.capacity(), LEAST + TAIL);
        for (home, id) in [(1, 3), (0, 4), (1, 1), (2, 0), (1, 5), (4, 2)] {
            index.remove(hash(home), id);
            model.remove(&(hash(home), id));
            check(&index, &model);
        }
        // A small part is kept.
        assert_eq!(index.capacity(), LEAST + TAIL);
    }

    #[test]
    fn a_part_grows_by_half_and_alone() {
        let mut index = Index::new();
        let (mut capacity, mut most) = (0, 0);
        for id in 0..100_000_u32 {
            let hash = u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            index.reserve_one(hash).unwrap();
            index.insert(hash, id);
            most = most.max(index.capacity() - capacity);
            capacity = index.capacity();
        }
        assert!((133_000..220_000).contains(&capacity), "{capacity}");
        assert!(most < capacity / 64, "{most} of {capacity} at once");
        // None is far from home.
        for part in &index.parts {
            let taken = part.places.iter().enumerate().filter(|&(_, &place)| place != FREE);
            assert!(taken.map(|(at, &place)| at - part.home(place)).all(|way| way < 64));
        }
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
