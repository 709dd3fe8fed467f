//! Which clients there are to call, and which calls are running. Lives under the
//! engine's lock.

use super::Client;
use crate::manager::{ClientId, Error};

struct Slot<C> {
    id: ClientId,
    client: C,
    /// A thread is delivering its alerts.
    delivering: bool,
    /// How many of its callbacks are running.
    running: u32,
    /// It has deregistered: nothing new starts.
    closing: bool,
}

/// All clients' callbacks.
pub struct Delivery<C> {
    slots: Vec<Option<Slot<C>>>,
}

impl<C: Client> Delivery<C> {
    /// No clients; allocates nothing.
    pub const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Makes room for clients up to an index.
    ///
    /// # Errors
    /// OutOfMemory.
    pub fn reserve(&mut self, bound: u32) -> Result<(), Error> {
        let missing = (bound as usize).saturating_sub(self.slots.len());
        self.slots.try_reserve(missing)?;
        self.slots.extend((0..missing).map(|_| None));
        Ok(())
    }

    /// Adds a client into room that was reserved.
    pub fn insert(&mut self, id: ClientId, client: C) {
        self.slots[id.index as usize] = Some(Slot { id, client, delivering: false, running: 0, closing: false });
    }

    /// Starts delivering to a client; `None` when there is nobody to deliver to, or
    /// another thread does it already. It counts as one running callback.
    pub fn start_delivering(&mut self, index: u32) -> Option<(ClientId, C)> {
        let slot = self.slots.get_mut(index as usize)?.as_mut()?;
        if slot.delivering || slot.closing {
            return None;
        }
        slot.delivering = true;
        slot.running += 1;
        Some((slot.id, slot.client))
    }

    /// Whether callbacks of a client may start.
    pub fn is_open(&mut self, id: ClientId) -> bool {
        self.slot(id).is_some_and(|slot| !slot.closing)
    }

    /// Ends delivering; says whether it was the last callback of a client that has gone.
    pub fn stop_delivering(&mut self, id: ClientId) -> bool {
        if let Some(slot) = self.slot(id) {
            slot.delivering = false;
        }
        self.end_callback(id)
    }

    /// Starts one callback; `None` when the client is gone.
    pub fn start_callback(&mut self, id: ClientId) -> Option<C> {
        let slot = self.slot(id).filter(|slot| !slot.closing)?;
        slot.running += 1;
        Some(slot.client)
    }

    /// Ends one callback; says whether it was the last of a client that has gone.
    pub fn end_callback(&mut self, id: ClientId) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        slot.running -= 1;
        slot.closing && slot.running == 0
    }

    /// No new callback of this client starts; says whether none is running either.
    pub fn close(&mut self, id: ClientId) -> bool {
        let Some(slot) = self.slot(id) else { return true };
        slot.closing = true;
        slot.running == 0
    }

    /// Whether a client is still there, perhaps closing.
    pub fn contains(&self, id: ClientId) -> bool {
        matches!(self.slots.get(id.index as usize), Some(Some(slot)) if slot.id == id)
    }

    /// Forgets a client whose callbacks have ended.
    pub fn remove(&mut self, id: ClientId) {
        if self.contains(id) {
            self.slots[id.index as usize] = None;
        }
    }

    /// Whether a thread is delivering a client's alerts.
    #[cfg(shuttle)]
    pub fn is_delivering(&mut self, id: ClientId) -> bool {
        self.slot(id).is_some_and(|slot| slot.delivering)
    }

    fn slot(&mut self, id: ClientId) -> Option<&mut Slot<C>> {
        self.slots.get_mut(id.index as usize)?.as_mut().filter(|slot| slot.id == id)
    }
}

impl<C: Client> Default for Delivery<C> {
    fn default() -> Self {
        Self::new()
    }
}
