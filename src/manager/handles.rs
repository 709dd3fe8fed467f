//! Numbers that die with what they name: a slab index with a generation, so that a
//! stale number is told from the one that took its place.

use super::{Error, slab::Slab};

/// A registered client. The C surface makes its handle of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientId {
    /// Its place; used again after its end.
    pub index: u32,
    /// Told from every other client that had the place; never 0.
    pub generation: u32,
}

/// A running group enumeration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EnumerationId {
    /// Its place; used again after its end.
    pub index: u32,
    /// Told from every other enumeration that had the place; never 0.
    pub generation: u32,
}

/// Things under numbers with a generation.
pub struct Generational<T> {
    slab: Slab<(u32, T)>,
    generation: u32,
}

impl<T> Generational<T> {
    /// Nothing; allocates nothing.
    pub const fn new() -> Self {
        Self { slab: Slab::new(), generation: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Makes room for one more.
    pub fn reserve_one(&mut self) -> Result<(), Error> {
        self.slab.reserve(1)
    }

    /// One past the highest index.
    pub fn bound(&self) -> u32 {
        self.slab.bound()
    }

    /// Adds into room that was reserved; gives index and generation.
    pub fn insert(&mut self, value: T) -> (u32, u32) {
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        (self.slab.insert((self.generation, value)), self.generation)
    }

    /// What has this number.
    pub fn get(&self, index: u32, generation: u32) -> Option<&T> {
        self.slab.get(index).filter(|(g, _)| *g == generation).map(|(_, value)| value)
    }

    /// What has this number.
    pub fn get_mut(&mut self, index: u32, generation: u32) -> Option<&mut T> {
        self.slab.get_mut(index).filter(|(g, _)| *g == generation).map(|(_, value)| value)
    }

    /// Takes it out.
    pub fn remove(&mut self, index: u32, generation: u32) -> Option<T> {
        self.get(index, generation)?;
        self.slab.remove(index).map(|(_, value)| value)
    }

    /// What has this index, with its generation.
    pub fn at(&self, index: u32) -> Option<(u32, &T)> {
        self.slab.get(index).map(|(generation, value)| (*generation, value))
    }

    /// All, ascending by index: index, generation, value.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, &T)> {
        self.slab.iter().map(|(index, (generation, value))| (index, *generation, value))
    }
}
