//! The interfaces that somebody holds, and who holds them.

use super::{
    Error,
    memberships::{ClientIndex, Credit, InterfaceId},
    ordered::Ordered,
    slab::Slab,
};
use crate::forwarder::{Arrival, InterfaceKey, Route};

/// An interface with its holders: a routing protocol, IGMP, or both.
pub struct Interface {
    /// Its name.
    pub key: InterfaceKey,
    /// The routing protocol that took it.
    pub routing: Option<ClientIndex>,
    /// IGMP, if it took it.
    pub igmp: Option<ClientIndex>,
    /// A hand-over between IGMP and a routing protocol is running: hands off.
    pub changing: bool,
    /// In how many MFEs' oif lists it stands, vetoed or not.
    pub mfe_refs: u32,
    /// It may stand in lists by FORWARD alone, without a membership that covers them.
    pub grafted: bool,
}

impl Interface {
    /// The owner: the routing protocol, else IGMP.
    pub fn owner(&self) -> Option<ClientIndex> {
        self.routing.or(self.igmp)
    }
}

/// All held interfaces.
pub struct Interfaces {
    slab: Slab<Interface>,
    by_key: Ordered,
}

fn ordinal(key: InterfaceKey) -> u64 {
    u64::from(key.if_index) << 32 | u64::from(key.next_hop)
}

impl Interfaces {
    /// None; allocates nothing.
    pub const fn new() -> Self {
        Self { slab: Slab::new(), by_key: Ordered::new() }
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Makes room for one more, this one.
    pub fn reserve(&mut self, key: InterfaceKey) -> Result<(), Error> {
        self.slab.reserve(1)?;
        self.by_key.reserve(ordinal(key))
    }

    /// One past the highest number an interface has or, after a reservation, will get.
    pub fn bound(&self) -> u32 {
        self.slab.bound()
    }

    /// Adds an interface that nobody held.
    pub fn insert(&mut self, key: InterfaceKey) -> InterfaceId {
        let interface = Interface { key, routing: None, igmp: None, changing: false, mfe_refs: 0, grafted: false };
        let id = self.slab.insert(interface);
        self.by_key.insert(ordinal(key), id);
        id
    }

    /// Forgets an interface that nobody holds any more.
    pub fn remove(&mut self, id: InterfaceId) {
        if let Some(interface) = self.slab.remove(id) {
            self.by_key.remove(ordinal(interface.key));
        }
    }

    /// The number of a held interface.
    pub fn find(&self, key: InterfaceKey) -> Option<InterfaceId> {
        self.by_key.get(ordinal(key))
    }

    /// Who owns an interface, held or not.
    pub fn owner_of(&self, key: InterfaceKey) -> Option<ClientIndex> {
        self.find(key).and_then(|id| self.slab[id].owner())
    }

    /// The incoming interface that a route means: the pair with the gateway if
    /// somebody took that, else the link; index 0 without a route.
    pub fn incoming(&self, route: Option<&Route>) -> InterfaceKey {
        let Some(route) = route else { return InterfaceKey::default() };
        let pair = InterfaceKey { if_index: route.if_index, next_hop: route.gateway };
        match self.find(pair) {
            Some(_) => pair,
            None => InterfaceKey { next_hop: 0, ..pair },
        }
    }

    /// The held interface a packet came in on: where the forwarder knows only the
    /// index, the link itself or else its lowest pair.
    pub fn arrived_on(&self, arrival: Arrival) -> Option<InterfaceId> {
        let next_hop = arrival.next_hop.unwrap_or(0);
        let key = InterfaceKey { if_index: arrival.if_index, next_hop };
        let (found, id) = self.by_key.iter_from(ordinal(key)).next()?;
        let fits = found == ordinal(key) || (arrival.next_hop.is_none() && (found >> 32) as u32 == key.if_index);
        fits.then_some(id)
    }

    /// The held interfaces of one index.
    pub fn with_index(&self, if_index: u32) -> impl Iterator<Item = InterfaceId> + '_ {
        let first = InterfaceKey { if_index, next_hop: 0 };
        let of_index = move |&(key, _): &(u64, InterfaceId)| (key >> 32) as u32 == if_index;
        self.by_key.iter_from(ordinal(first)).take_while(of_index).map(|(_, id)| id)
    }

    /// The held interface with this number.
    pub fn get(&self, id: InterfaceId) -> Option<&Interface> {
        self.slab.get(id)
    }

    /// All, ascending by name.
    pub fn iter(&self) -> impl Iterator<Item = (InterfaceId, &Interface)> {
        self.by_key.iter_from(0).map(|(_, id)| (id, &self.slab[id]))
    }
}

impl std::ops::Index<InterfaceId> for Interfaces {
    type Output = Interface;

    fn index(&self, id: InterfaceId) -> &Interface {
        &self.slab[id]
    }
}

impl std::ops::IndexMut<InterfaceId> for Interfaces {
    fn index_mut(&mut self, id: InterfaceId) -> &mut Interface {
        &mut self.slab[id]
    }
}

impl Credit for Interfaces {
    fn credited(&self, interface: InterfaceId) -> ClientIndex {
        self.slab[interface].owner().expect("a membership's interface is held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_next_hop_a_packet_came_in_on_the_link_or_its_lowest_pair() {
        let mut interfaces = Interfaces::new();
        let key = |if_index, next_hop| InterfaceKey { if_index, next_hop };
        for key in [key(2, 0), key(2, 7), key(4, 9), key(4, 8), key(6, 0)] {
            interfaces.reserve(key).unwrap();
            interfaces.insert(key);
        }
        let on =
            |if_index, next_hop| interfaces.arrived_on(Arrival { if_index, next_hop }).map(|id| interfaces[id].key);
        assert_eq!(on(2, None), Some(key(2, 0)));
        assert_eq!(on(4, None), Some(key(4, 8)));
        assert_eq!([on(1, None), on(3, None), on(5, None), on(7, None)], [None; 4]);
        assert_eq!([on(2, Some(7)), on(4, Some(9))], [Some(key(2, 7)), Some(key(4, 9))]);
        assert_eq!([on(2, Some(1)), on(4, Some(0)), on(4, Some(7))], [None; 3]);
        assert!(interfaces.iter().map(|(_, interface)| interface.key).is_sorted());
    }

    #[test]
    fn the_interfaces_of_an_index_are_the_link_and_its_pairs() {
        let mut interfaces = Interfaces::new();
        let key = |if_index, next_hop| InterfaceKey { if_index, next_hop };
        for key in [key(2, 7), key(2, 0), key(4, u32::MAX), key(4, 8), key(6, 0)] {
            interfaces.reserve(key).unwrap();
            interfaces.insert(key);
        }
        let with = |if_index| interfaces.with_index(if_index).map(|id| interfaces[id].key).collect::<Vec<_>>();
        assert_eq!(with(2), [key(2, 0), key(2, 7)]);
        assert_eq!(with(4), [key(4, 8), key(4, u32::MAX)]);
        assert_eq!(with(6), [key(6, 0)]);
        assert_eq!([0, 1, 3, 5, 7].map(with), [const { Vec::new() }; 5]);
    }
}
