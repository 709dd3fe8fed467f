//! An ordered map from `u64` keys to `u32` numbers that can fail to grow without
//! aborting (the standard BTreeMap cannot). Sorted runs of bounded length, found
//! by a sorted list of their first keys: lookups and range walks touch few cache
//! lines, and an insert moves at most one run.

use super::Error;

/// The longest run. A full one is split in two.
const RUN: usize = 512;
/// A list of at most so many runs is kept when nothing is left in it.
const KEPT: usize = 16;

/// Keys and numbers side by side, ascending by key.
struct Run {
    keys: Vec<u64>,
    ids: Vec<u32>,
}

impl Run {
    fn with_room() -> Result<Self, Error> {
        let mut run = Self { keys: Vec::new(), ids: Vec::new() };
        run.keys.try_reserve_exact(RUN)?;
        run.ids.try_reserve_exact(RUN)?;
        Ok(run)
    }
}

/// The map. Removing never needs memory.
pub struct Ordered {
    first: Vec<u64>,
    runs: Vec<Run>,
    spare: Option<Run>,
    len: usize,
}

impl Ordered {
    /// An empty map; allocates nothing.
    pub const fn new() -> Self {
        Self { first: Vec::new(), runs: Vec::new(), spare: None, len: 0 }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Makes room so that the next insert, of this key, cannot fail.
    pub fn reserve(&mut self, key: u64) -> Result<(), Error> {
        if self.runs.get(self.run_of(key)).is_some_and(|run| run.keys.len() < RUN) {
            return Ok(());
        }
        self.first.try_reserve(1)?;
        self.runs.try_reserve(1)?;
        if self.spare.is_none() {
            self.spare = Some(Run::with_room()?);
        }
        Ok(())
    }

    /// Adds a key that is not there, into room that was reserved.
    pub fn insert(&mut self, key: u64, id: u32) {
        self.len += 1;
        if self.runs.is_empty() {
            self.push_run(0, key);
        }
        let mut at = self.run_of(key);
        if self.runs[at].keys.len() == RUN {
            at = self.split(at, key);
        }
        let run = &mut self.runs[at];
        let i = run.keys.partition_point(|&k| k < key);
        run.keys.insert(i, key);
        run.ids.insert(i, id);
        self.first[at] = run.keys[0];
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: u64) -> Option<u32> {
        if self.runs.is_empty() {
            return None;
        }
        let at = self.run_of(key);
        let run = &mut self.runs[at];
        let i = run.keys.binary_search(&key).ok()?;
        run.keys.remove(i);
        let id = run.ids.remove(i);
        self.len -= 1;
        match run.keys.first() {
            Some(&first) => self.first[at] = first,
            None => {
                self.first.remove(at);
                self.spare = Some(self.runs.remove(at));
                if self.runs.is_empty() && self.runs.capacity() > KEPT {
                    (self.first, self.runs) = (Vec::new(), Vec::new());
                }
            }
        }
        self.merge(at);
        Some(id)
    }

    /// The number of a key.
    pub fn get(&self, key: u64) -> Option<u32> {
        let run = self.runs.get(self.run_of(key))?;
        run.keys.binary_search(&key).ok().map(|i| run.ids[i])
    }

    /// The keys from `from` on, ascending, with their numbers.
    pub fn iter_from(&self, from: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        let runs = self.runs.get(self.run_of(from)..).unwrap_or_default();
        let (first, rest) = match runs.split_first() {
            Some((first, rest)) => {
                let skip = first.keys.partition_point(|&k| k < from);
                ((&first.keys[skip..], &first.ids[skip..]), rest)
            }
            None => ((&[][..], &[][..]), runs),
        };
        let rest = rest.iter().map(|run| (&run.keys[..], &run.ids[..]));
        std::iter::once(first).chain(rest).flat_map(|(keys, ids)| keys.iter().copied().zip(ids.iter().copied()))
    }

    /// The lowest key from `from` on, with its number.
    pub fn first_from(&self, from: u64) -> Option<(u64, u32)> {
        self.iter_from(from).next()
    }

    /// The keys from `from` to `to`, both included, ascending, with their numbers.
    pub fn range(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.iter_from(from).take_while(move |&(key, _)| key <= to)
    }

    /// The run in which a key is, or belongs.
    fn run_of(&self, key: u64) -> usize {
        self.first.partition_point(|&first| first <= key).saturating_sub(1)
    }

    fn push_run(&mut self, at: usize, first: u64) {
        let run = self.spare.take().expect("room was reserved");
        self.first.insert(at, first);
        self.runs.insert(at, run);
    }

    /// Splits a full run and says which half a key belongs to. A run that grows at
    /// its end is left full: keys that come in order fill the runs.
    fn split(&mut self, at: usize, key: u64) -> usize {
        let keep = if key > self.runs[at].keys[RUN - 1] && at + 1 == self.runs.len() { RUN } else { RUN / 2 };
        let first = self.runs[at].keys.get(keep).copied().unwrap_or(key);
        self.push_run(at + 1, first);
        let (left, right) = self.runs.split_at_mut(at + 1);
        right[0].keys.extend(left[at].keys.drain(keep..));
        right[0].ids.extend(left[at].ids.drain(keep..));
        at + usize::from(key >= first)
    }

    /// Joins a run with the next when both together are at most half full.
    fn merge(&mut self, at: usize) {
        if at + 1 >= self.runs.len() || self.runs[at].keys.len() + self.runs[at + 1].keys.len() > RUN / 2 {
            return;
        }
        let mut next = self.runs.remove(at + 1);
        self.first.remove(at + 1);
        self.runs[at].keys.append(&mut next.keys);
        self.runs[at].ids.append(&mut next.ids);
        self.spare = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn check(ordered: &Ordered, model: &BTreeMap<u64, u32>) {
        assert_eq!(ordered.len(), model.len());
        assert!(ordered.iter_from(0).eq(model.iter().map(|(&k, &v)| (k, v))));
        // A run never grows beyond the room it was made with, and none is empty.
        let fits = |len: usize, capacity: usize| (1..=RUN).contains(&len) && capacity == RUN;
        assert!(ordered.runs.iter().all(|run| fits(run.keys.len(), run.keys.capacity())));
        assert!(ordered.runs.iter().all(|run| fits(run.ids.len(), run.ids.capacity())));
    }

    #[test]
    fn behaves_as_a_sorted_map() {
        let mut ordered = Ordered::new();
        let mut model = BTreeMap::new();
        let mut x = 12345_u64;
        for round in 0..40_000_u32 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = (x >> 33) % 8_000;
            // Grows, then shrinks to nothing.
            let insert = if round < 20_000 { x >> 62 != 0 } else { x >> 62 == 0 };
            if insert && !model.contains_key(&key) {
                ordered.reserve(key).unwrap();
                ordered.insert(key, round);
                model.insert(key, round);
            } else if !insert {
                assert_eq!(ordered.remove(key), model.remove(&key));
            }
            if round % 997 == 0 {
                check(&ordered, &model);
                let (a, b) = (key / 2, key);
                assert!(ordered.range(a, b).eq(model.range(a..=b).map(|(&k, &v)| (k, v))));
                assert!((a..=b).all(|key| ordered.get(key) == model.get(&key).copied()));
            }
        }
        for key in 0..8_000 {
            assert_eq!(ordered.remove(key), model.remove(&key));
        }
        check(&ordered, &model);
        assert!(ordered.runs.is_empty());
    }

    #[test]
    fn keys_in_order_fill_the_runs() {
        let mut ordered = Ordered::new();
        for key in 0..10_000 {
            ordered.reserve(key).unwrap();
            ordered.insert(key, 0);
            // None waits for a run that has room.
            assert!(ordered.spare.is_none());
        }
        assert_eq!(ordered.runs.len(), 10_000_usize.div_ceil(RUN));
    }

    #[test]
    fn memory_of_many_goes_back_and_that_of_few_stays() {
        let mut ordered = Ordered::new();
        for (runs, kept) in [(40, false), (2, true), (KEPT as u64, true)] {
            for key in 0..runs * RUN as u64 {
                ordered.reserve(key).unwrap();
                ordered.insert(key, 0);
            }
            assert!(ordered.runs.capacity() > 0);
            (0..runs * RUN as u64).for_each(|key| _ = ordered.remove(key));
            assert_eq!([ordered.first.capacity() > 0, ordered.runs.capacity() > 0], [kept; 2]);
        }
    }

    #[test]
    fn a_run_that_is_nearly_empty_is_not_joined_with_a_full_one() {
        let (mut ordered, mut model) = (Ordered::new(), BTreeMap::new());
        for key in 0..2 * RUN as u64 {
            ordered.reserve(key).unwrap();
            ordered.insert(key, 0);
            model.insert(key, 0);
        }
        for key in 1..RUN as u64 {
            ordered.remove(key);
            model.remove(&key);
        }
        check(&ordered, &model);
        assert_eq!(ordered.runs.len(), 2);
    }

    #[test]
    fn runs_that_are_nearly_empty_are_joined() {
        let (mut ordered, mut model) = (Ordered::new(), BTreeMap::new());
        for key in 0..20 * RUN as u64 {
            ordered.reserve(key).unwrap();
            ordered.insert(key, 0);
            model.insert(key, 0);
        }
        for key in (0..20 * RUN as u64).rev().filter(|key| key % 64 != 0) {
            ordered.remove(key);
            model.remove(&key);
            if key % 100 == 0 {
                check(&ordered, &model);
            }
        }
        check(&ordered, &model);
        assert_eq!((ordered.len(), ordered.runs.len()), (160, 1));
    }
}
