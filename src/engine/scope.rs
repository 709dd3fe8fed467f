//! What the host program sets for an interface index: its TTL threshold and its
//! boundaries. They may come before anybody takes the interface, and stay until the
//! manager stops.

use super::{Engine, ports::Ports};
use crate::{
    alerts::Client,
    forwarder::{DEFAULT_THRESHOLD, InterfaceKey},
    manager::{Boundary, Error, Naming},
};

/// The thresholds that are not the default one, ascending by interface index.
pub(super) struct Thresholds(Vec<(u32, u8)>);

impl Thresholds {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    fn place_of(&self, if_index: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&if_index, |&(index, _)| index)
    }

    fn get(&self, if_index: u32) -> u8 {
        self.place_of(if_index).map_or(DEFAULT_THRESHOLD, |at| self.0[at].1)
    }

    fn set(&mut self, if_index: u32, ttl: u8) -> Result<(), Error> {
        match (self.place_of(if_index), ttl) {
            (Ok(at), DEFAULT_THRESHOLD) => _ = self.0.remove(at),
            (Ok(at), _) => self.0[at].1 = ttl,
            (Err(_), DEFAULT_THRESHOLD) => {}
            (Err(at), _) => {
                self.0.try_reserve(1)?;
                self.0.insert(at, (if_index, ttl));
            }
        }
        Ok(())
    }
}

impl Ports {
    /// Tells the forwarder the threshold of an interface that it was asked to open.
    pub(super) fn apply_threshold(&mut self, interface: InterfaceKey) {
        let ttl = self.thresholds.get(interface.if_index);
        self.backend.forwarder().set_threshold(interface.if_index, ttl);
    }
}

impl<C: Client> Engine<C> {
    /// Sets an interface's TTL threshold; 0 is the same as 1, the default. Holds for
    /// the entries that are there before this returns.
    ///
    /// # Errors
    /// InvalidParameter (index 0), OutOfMemory.
    pub fn set_threshold(&'static self, if_index: u32, ttl: u8) -> Result<(), Error> {
        if if_index == 0 {
            return Err(Error::InvalidParameter);
        }
        self.by_use(|call| {
            call.ports.thresholds.set(if_index, ttl.max(DEFAULT_THRESHOLD))?;
            call.ports.apply_threshold(InterfaceKey { if_index, next_hop: 0 });
            call.install_on(if_index, Naming::Outgoing);
            Ok(())
        })
    }

    /// An interface's TTL threshold.
    ///
    /// # Errors
    /// InvalidParameter (index 0).
    pub fn threshold(&'static self, if_index: u32) -> Result<u8, Error> {
        if if_index == 0 {
            return Err(Error::InvalidParameter);
        }
        Ok(self.enter().ports.thresholds.get(if_index))
    }

    /// Adds a boundary, for the entries that are there too.
    ///
    /// # Errors
    /// See [`crate::manager::Manager::add_boundary`].
    pub fn add_boundary(&'static self, boundary: Boundary) -> Result<(), Error> {
        self.by_use(|call| call.ask(|manager, cx| manager.add_boundary(boundary, cx)))
    }

    /// Deletes a boundary, for the entries that are there too.
    ///
    /// # Errors
    /// See [`crate::manager::Manager::delete_boundary`].
    pub fn delete_boundary(&'static self, boundary: Boundary) -> Result<(), Error> {
        self.by_use(|call| call.ask(|manager, cx| manager.delete_boundary(boundary, cx)))
    }

    /// The boundary that follows the words of another, which need not be there.
    pub fn boundary_after(&'static self, words: (u32, u32, u32)) -> Option<Boundary> {
        self.enter().manager.boundary_after(words)
    }
}
