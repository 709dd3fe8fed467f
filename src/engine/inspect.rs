//! What tests/interleavings.rs reads of a running engine.

use super::Engine;
use crate::{alerts::Client, manager::ClientId};

impl<C: Client> Engine<C> {
    /// Whether the manager's parts agree, as they must between requests.
    ///
    /// # Errors
    /// Says what does not.
    pub fn audit(&'static self) -> Result<(), &'static str> {
        self.enter().manager.audit()
    }

    /// Whether no request is half done and no source is remembered.
    pub fn is_at_rest(&'static self) -> bool {
        self.enter().manager.is_at_rest()
    }

    /// Whether a thread is delivering a client's alerts.
    pub fn is_delivering(&'static self, client: ClientId) -> bool {
        self.enter().delivery.is_delivering(client)
    }
}
