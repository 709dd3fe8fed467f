//! A slab in fixed chunks: numbers for things, without moving them, without
//! doubling, and without aborting when memory runs out.

use super::Error;

/// How many slots are allocated at a time.
const CHUNK: usize = 256;
/// The end of the free list.
const NONE: u32 = u32::MAX;

enum Slot<T> {
    Free(u32),
    Used(T),
}

/// Values of one kind under stable `u32` numbers. Numbers are used again.
pub struct Slab<T> {
    chunks: Vec<Vec<Slot<T>>>,
    free: u32,
    vacant: usize,
    len: usize,
}

impl<T> Slab<T> {
    /// An empty slab; allocates nothing.
    pub const fn new() -> Self {
        Self { chunks: Vec::new(), free: NONE, vacant: 0, len: 0 }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// One past the highest number ever given out since the last [`Self::trim`].
    pub fn bound(&self) -> u32 {
        (self.chunks.len() * CHUNK) as u32
    }

    /// Makes room for `n` more values, so that as many inserts cannot fail.
    pub fn reserve(&mut self, n: usize) -> Result<(), Error> {
        while self.vacant < n {
            let base = self.chunks.len() * CHUNK;
            if base + CHUNK >= NONE as usize {
                return Err(Error::OutOfMemory);
            }
            self.chunks.try_reserve(1)?;
            let mut chunk = Vec::new();
            chunk.try_reserve_exact(CHUNK)?;
            // Numbers go out in ascending order: the lowest of the chunk heads the list.
            for i in (base..base + CHUNK).rev() {
                chunk.push(Slot::Free(self.free));
                self.free = i as u32;
            }
            chunk.reverse();
            self.chunks.push(chunk);
            self.vacant += CHUNK;
        }
        Ok(())
    }

    /// Adds a value into room that was reserved.
    ///
    /// # Panics
    /// When no room was reserved: a caller's bug, never memory.
    pub fn insert(&mut self, value: T) -> u32 {
        let id = self.free;
        let slot = self.slot_mut(id).expect("room was reserved");
        let Slot::Free(next) = std::mem::replace(slot, Slot::Used(value)) else {
            panic!("the free list names a used slot");
        };
        self.free = next;
        self.vacant -= 1;
        self.len += 1;
        id
    }

    /// Takes a value out.
    pub fn remove(&mut self, id: u32) -> Option<T> {
        let free = self.free;
        let slot = self.slot_mut(id)?;
        if matches!(slot, Slot::Free(_)) {
            return None;
        }
        let Slot::Used(value) = std::mem::replace(slot, Slot::Free(free)) else {
            return None;
        };
        self.free = id;
        self.vacant += 1;
        self.len -= 1;
        Some(value)
    }

    /// The value with this number.
    pub fn get(&self, id: u32) -> Option<&T> {
        match self.chunks.get(id as usize / CHUNK)?.get(id as usize % CHUNK)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    /// The value with this number.
    pub fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        match self.slot_mut(id)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    /// All values with their numbers, ascending. Low numbers go out first, so that few
    /// values are found without a look at every slot.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let used = self.chunks.iter().flatten().enumerate().filter_map(|(id, slot)| match slot {
            Slot::Used(value) => Some((id as u32, value)),
            Slot::Free(_) => None,
        });
        used.take(self.len)
    }

    /// Gives memory back when nothing is left, keeping `chunks` of them.
    pub fn trim(&mut self, chunks: usize) {
        if self.len != 0 || self.chunks.len() <= chunks {
            return;
        }
        self.chunks.truncate(chunks);
        // Shrinking in place would abort where the smaller list cannot be had.
        let mut smaller = Vec::new();
        if smaller.try_reserve_exact(chunks).is_ok() {
            smaller.append(&mut self.chunks);
            self.chunks = smaller;
        }
        self.vacant = self.chunks.len() * CHUNK;
        self.free = NONE;
        for id in (0..self.vacant as u32).rev() {
            self.chunks[id as usize / CHUNK][id as usize % CHUNK] = Slot::Free(self.free);
            self.free = id;
        }
    }

    /// How many bytes a value takes.
    #[cfg(test)]
    pub fn slot_size(&self) -> usize {
        size_of::<Slot<T>>()
    }

    fn slot_mut(&mut self, id: u32) -> Option<&mut Slot<T>> {
        self.chunks.get_mut(id as usize / CHUNK)?.get_mut(id as usize % CHUNK)
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, id: u32) -> &T {
        self.get(id).expect("a live number")
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, id: u32) -> &mut T {
        self.get_mut(id).expect("a live number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_are_reused_and_trimmed() {
        let mut slab = Slab::new();
        slab.reserve(600).unwrap();
        let ids: Vec<u32> = (0..600).map(|i| slab.insert(i)).collect();
        assert!(ids.iter().enumerate().all(|(i, &id)| slab[id] == i));
        assert_eq!(slab.remove(7), Some(ids.iter().position(|&id| id == 7).unwrap()));
        assert_eq!(slab.remove(7), None);
        assert_eq!(slab.insert(1000), 7);
        for id in ids {
            slab.remove(id);
        }
        slab.trim(1);
        assert_eq!((slab.len(), slab.bound()), (0, 256));
        slab.reserve(1).unwrap();
        assert_eq!(slab.insert(1), 0);
    }

    #[test]
    fn room_is_counted_and_used_before_there_is_more() {
        let mut slab = Slab::new();
        for n in [1, 256, 256] {
            slab.reserve(n).unwrap();
            assert_eq!(slab.bound(), 256);
        }
        for round in 0..2 {
            let ids: Vec<u32> = (0..256).map(|i| slab.insert(i)).collect();
            slab.reserve(1).unwrap();
            let more = slab.insert(256);
            assert_eq!((slab.len(), slab.bound()), (257, 512), "round {round}");
            assert!(slab.iter().map(|(id, &value)| (id, value)).eq((0..257).map(|i| (i, i))));
            for id in ids {
                assert_eq!(slab.remove(id), Some(id));
                *slab.get_mut(more).unwrap() = 256;
            }
            // One is there: nothing is given back.
            slab.trim(1);
            assert_eq!((slab.bound(), slab.get(more), slab.get(0)), (512, Some(&256), None));
            assert_eq!(slab.get_mut(0), None);
            slab.remove(more);
            slab.trim(2);
            assert_eq!(slab.bound(), 512);
            slab.trim(1);
            slab.reserve(256).unwrap();
            assert_eq!((slab.len(), slab.bound(), slab.iter().count()), (0, 256, 0));
        }
        slab.trim(0);
        slab.reserve(513).unwrap();
        let ids: Vec<u32> = (0..513).map(|i| slab.insert(i)).collect();
        ids.into_iter().for_each(|id| _ = slab.remove(id));
        slab.trim(2);
        slab.reserve(512).unwrap();
        assert_eq!(slab.bound(), 512);
        assert!((0..512).all(|i| slab.insert(i) == i));
        assert!((0..512).all(|i| slab[i] == i));
    }

    #[test]
    fn there_is_room_for_many_millions() {
        let mut slab = Slab::<()>::new();
        let most = 1 << 24;
        slab.reserve(most + 1).unwrap();
        assert_eq!(slab.bound() as usize, most + CHUNK);
    }
}
