//! Registration (rules section 1).

use super::{ClientId, Context, Error, Hears, Manager};

/// The protocol part of a PROTOCOL_ID, and where its type stands.
const PROTO_IP_IGMP: u32 = 10;
const PROTO_TYPE_MCAST: u32 = 1;

/// A registered protocol instance.
pub(super) struct Client {
    pub protocol_id: u32,
    pub component_id: u32,
    is_igmp: bool,
    /// It has an ENABLE callback, from which it joins again.
    pub enables_igmp: bool,
    /// How many interfaces it holds.
    held: u32,
    /// False once it has deregistered; its place is kept until its callbacks have ended.
    pub live: bool,
}

/// Whether a protocol id is IGMP's: 10, or a multicast PROTOCOL_ID of any vendor with
/// protocol part 10.
fn is_igmp(protocol_id: u32) -> bool {
    protocol_id == PROTO_IP_IGMP || (protocol_id >> 30 == PROTO_TYPE_MCAST && protocol_id & 0xFFFF == PROTO_IP_IGMP)
}

impl Manager {
    /// Registers a client.
    ///
    /// # Errors
    /// AlreadyExists (protocol and component id), OutOfMemory.
    pub fn register(&mut self, protocol_id: u32, component_id: u32, enables_igmp: bool) -> Result<ClientId, Error> {
        let taken =
            |client: &Client| client.live && (client.protocol_id, client.component_id) == (protocol_id, component_id);
        if self.clients.iter().any(|(_, _, client)| taken(client)) {
            return Err(Error::AlreadyExists);
        }
        self.clients.reserve_one()?;
        self.outbox.reserve_clients(self.clients.bound())?;
        let is_igmp = is_igmp(protocol_id);
        let client = Client { protocol_id, component_id, is_igmp, enables_igmp, held: 0, live: true };
        let (index, generation) = self.clients.insert(client);
        self.outbox.set_hears(index, Hears::ALL);
        self.live_clients += 1;
        Ok(ClientId { index, generation })
    }

    /// Says which alerts a client has a use for. A new one gets all.
    pub fn set_hears(&mut self, id: ClientId, hears: Hears) {
        if self.is_live(id) {
            self.outbox.set_hears(id.index, hears);
        }
    }

    /// Ends a client: its handle, its enumerations, its undelivered alerts.
    /// [`Self::reap`] must follow when none of its callbacks runs any more.
    ///
    /// # Errors
    /// InvalidParameter (handle), CanNotComplete (it holds interfaces).
    pub fn deregister(&mut self, id: ClientId) -> Result<(), Error> {
        self.client(id)?;
        let client = self.clients.get_mut(id.index, id.generation).ok_or(Error::InvalidParameter)?;
        if client.held > 0 {
            return Err(Error::CanNotComplete);
        }
        client.live = false;
        self.live_clients -= 1;
        self.end_enumerations(id);
        self.outbox.clear(id.index);
        Ok(())
    }

    /// Frees a deregistered client's place.
    pub fn reap(&mut self, id: ClientId) {
        if self.clients.get(id.index, id.generation).is_some_and(|client| !client.live) {
            self.clients.remove(id.index, id.generation);
        }
    }

    /// The last client has gone: no entry stays, and none is on its way.
    pub fn forget_entries(&mut self, cx: &mut Context<'_>) {
        self.cancel_constructions(cx);
        while let Some(id) = self.mfes.first() {
            self.delete_mfe(id, cx);
        }
    }

    /// A client's protocol and component id, also while it ends.
    pub fn protocol_of(&self, id: ClientId) -> Option<(u32, u32)> {
        self.clients.get(id.index, id.generation).map(|client| (client.protocol_id, client.component_id))
    }

    /// How many clients are registered.
    pub fn live_clients(&self) -> u32 {
        self.live_clients
    }

    /// Checks a handle; gives the client's index.
    pub(super) fn client(&self, id: ClientId) -> Result<u32, Error> {
        if self.is_live(id) { Ok(id.index) } else { Err(Error::InvalidParameter) }
    }

    pub(super) fn is_live(&self, id: ClientId) -> bool {
        self.clients.get(id.index, id.generation).is_some_and(|client| client.live)
    }

    pub(super) fn is_igmp(&self, id: ClientId) -> bool {
        self.clients.get(id.index, id.generation).is_some_and(|client| client.is_igmp)
    }

    /// The client with this index.
    pub(super) fn client_at(&self, index: u32) -> Option<ClientId> {
        self.clients.at(index).map(|(generation, _)| ClientId { index, generation })
    }

    /// The owner of an interface.
    pub(super) fn owner_of(&self, key: crate::forwarder::InterfaceKey) -> Option<ClientId> {
        self.interfaces.owner_of(key).and_then(|index| self.client_at(index))
    }

    pub(super) fn count_held(&mut self, id: ClientId, change: i32) {
        if let Some(client) = self.clients.get_mut(id.index, id.generation) {
            client.held = client.held.saturating_add_signed(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::{Alert, Entry, Touched};

    #[test]
    fn what_a_client_hears_is_its_own_and_ends_with_it() {
        let mut manager = Manager::new();
        let deaf = Hears { joins: false, ..Hears::ALL };
        let tell = |manager: &mut Manager, client: ClientId| {
            manager.outbox.push(client.index, Alert::Join { entry: Entry::default(), membership: true });
            let is_told = manager.take_touched() != Touched::NONE;
            assert_eq!(manager.pop_alert(client.index).is_some(), is_told);
            is_told
        };
        let first = manager.register(100, 0, false).unwrap();
        let other = manager.register(100, 1, false).unwrap();
        assert!(tell(&mut manager, first));
        manager.set_hears(first, deaf);
        assert_eq!((tell(&mut manager, first), tell(&mut manager, other)), (false, true));
        manager.deregister(first).unwrap();
        manager.reap(first);
        let next = manager.register(100, 2, false).unwrap();
        assert_eq!(next.index, first.index);
        // The one that has gone changes nothing for it.
        manager.set_hears(first, deaf);
        assert!(tell(&mut manager, next));
    }

    #[test]
    fn places_are_used_again_when_their_clients_have_ended() {
        let mut manager = Manager::new();
        let stays = manager.register(100, 0, false).unwrap();
        for component in 0..1_000 {
            let client = manager.register(101, component, false).unwrap();
            manager.reap(client);
            assert_eq!(manager.protocol_of(client), Some((101, component)), "reaped while registered");
            manager.deregister(client).unwrap();
            manager.reap(client);
            assert_eq!(manager.protocol_of(client), None);
        }
        assert_eq!(manager.client_bound(), 256);
        assert_eq!(manager.protocol_of(stays), Some((100, 0)));
    }
}
