//! Alerts on their way to clients: one queue per client, in the order of the
//! changes, in memory that is reserved before a change is made.

use super::{Entry, Error, slab::Slab};
use crate::forwarder::{InterfaceKey, MAX_IPV4_HEADER};

/// Alerts for which room is kept at all times, so that a clean-up call after an
/// allocation failure can still say what it did.
const STANDING: usize = 256;
const NONE: u32 = u32::MAX;

/// A queued callback. `membership` is bMemberUpdate / bMemberDelete.
#[derive(Clone, Copy, Debug)]
pub enum Alert {
    /// Memberships begin, or an MFE's outgoing list fills.
    Join {
        /// The entry; the single (S,G) for forwarding alerts.
        entry: Entry,
        /// TRUE: about memberships; FALSE: about forwarding.
        membership: bool,
    },
    /// Memberships end, or an MFE's outgoing list empties.
    Prune {
        /// The entry; the single (S,G) for forwarding alerts.
        entry: Entry,
        /// The interface that went last, or index 0.
        interface: InterfaceKey,
        /// TRUE: about memberships; FALSE: about forwarding.
        membership: bool,
        /// Which life of the MFE a time-out in the answer is for; 0 is none.
        incarnation: u32,
    },
    /// IGMP joined on the client's interface.
    LocalJoin {
        /// What was joined.
        entry: Entry,
        /// Where.
        interface: InterfaceKey,
    },
    /// IGMP left on the client's interface.
    LocalLeave {
        /// What was left.
        entry: Entry,
        /// Where.
        interface: InterfaceKey,
    },
    /// A packet came in on another interface than the iif.
    WrongInterface {
        /// The packet's source.
        source: u32,
        /// The packet's group.
        group: u32,
        /// Where it came in.
        interface: InterfaceKey,
        /// Where the outbox keeps its header: [`super::Manager::take_header`].
        header: u32,
    },
}

/// Which alerts a client has a use for: it gets no others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hears {
    /// [`Alert::Join`].
    pub joins: bool,
    /// [`Alert::Prune`].
    pub prunes: bool,
    /// [`Alert::LocalJoin`].
    pub local_joins: bool,
    /// [`Alert::LocalLeave`].
    pub local_leaves: bool,
    /// [`Alert::WrongInterface`].
    pub wrong_interface: bool,
}

impl Hears {
    /// All of them.
    pub const ALL: Self =
        Self { joins: true, prunes: true, local_joins: true, local_leaves: true, wrong_interface: true };

    fn wants(self, alert: &Alert) -> bool {
        match alert {
            Alert::Join { .. } => self.joins,
            Alert::Prune { .. } => self.prunes,
            Alert::LocalJoin { .. } => self.local_joins,
            Alert::LocalLeave { .. } => self.local_leaves,
            Alert::WrongInterface { .. } => self.wrong_interface,
        }
    }
}

/// An IPv4 header, owned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PacketHeader {
    bytes: [u8; MAX_IPV4_HEADER],
    len: u8,
}

impl PacketHeader {
    /// The first bytes of a packet, as many as a header can have.
    pub fn new(header: &[u8]) -> Self {
        let len = header.len().min(MAX_IPV4_HEADER);
        let mut bytes = [0; MAX_IPV4_HEADER];
        bytes[..len].copy_from_slice(&header[..len]);
        Self { bytes, len: len as u8 }
    }

    /// The header's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

struct Node {
    alert: Alert,
    next: u32,
}

#[derive(Clone, Copy)]
struct Queue {
    head: u32,
    tail: u32,
    hears: Hears,
}

impl Queue {
    const EMPTY: Self = Self { head: NONE, tail: NONE, hears: Hears::ALL };
}

/// All clients' queues.
pub struct Outbox {
    nodes: Slab<Node>,
    headers: Slab<PacketHeader>,
    queues: Vec<Queue>,
    touched: Touched,
}

impl Outbox {
    /// No clients, no alerts; allocates nothing.
    pub const fn new() -> Self {
        Self { nodes: Slab::new(), headers: Slab::new(), queues: Vec::new(), touched: Touched::NONE }
    }

    /// Makes room for the queues of clients up to an index.
    pub fn reserve_clients(&mut self, bound: u32) -> Result<(), Error> {
        let missing = (bound as usize).saturating_sub(self.queues.len());
        self.queues.try_reserve(missing)?;
        for _ in 0..missing {
            self.queues.push(Queue::EMPTY);
        }
        self.nodes.reserve(STANDING)
    }

    /// Says what a client that has its queue hears from now on.
    pub fn set_hears(&mut self, client: u32, hears: Hears) {
        if let Some(queue) = self.queues.get_mut(client as usize) {
            queue.hears = hears;
        }
    }

    /// Makes room for `n` alerts on top of the standing reserve.
    pub fn reserve(&mut self, n: usize) -> Result<(), Error> {
        self.nodes.reserve(n.saturating_add(STANDING))
    }

    /// The same for a call that cleans up: it may use the standing reserve.
    pub fn reserve_for_cleanup(&mut self, n: usize) -> Result<(), Error> {
        self.nodes.reserve(n)
    }

    /// Queues an alert in room that was reserved, if the client hears such.
    pub fn push(&mut self, client: u32, alert: Alert) {
        let queue = &mut self.queues[client as usize];
        if !queue.hears.wants(&alert) {
            return;
        }
        let node = self.nodes.insert(Node { alert, next: NONE });
        let tail = queue.tail;
        queue.tail = node;
        match tail {
            NONE => queue.head = node,
            tail => self.nodes[tail].next = node,
        }
        self.touched.add(client);
    }

    /// Queues a wrong-interface alert, if the client hears such.
    pub fn push_wrong_interface(
        &mut self,
        client: u32,
        (source, group): (u32, u32),
        interface: InterfaceKey,
        header: &PacketHeader,
    ) -> Result<(), Error> {
        if !self.queues[client as usize].hears.wrong_interface {
            return Ok(());
        }
        self.reserve(1)?;
        self.headers.reserve(1)?;
        let header = self.headers.insert(*header);
        self.push(client, Alert::WrongInterface { source, group, interface, header });
        Ok(())
    }

    /// The client's oldest alert. A wrong-interface alert's header must be taken next.
    pub fn pop(&mut self, client: u32) -> Option<Alert> {
        let queue = self.queues.get_mut(client as usize)?;
        let node = self.nodes.remove(queue.head)?;
        queue.head = node.next;
        if node.next == NONE {
            queue.tail = NONE;
            self.nodes.trim(STANDING.div_ceil(256) + 1);
        }
        Some(node.alert)
    }

    /// The header of a wrong-interface alert that was popped.
    pub fn take_header(&mut self, header: u32) -> Option<PacketHeader> {
        let header = self.headers.remove(header);
        self.headers.trim(1);
        header
    }

    /// Forgets what a client was to be told.
    pub fn clear(&mut self, client: u32) {
        while let Some(alert) = self.pop(client) {
            if let Alert::WrongInterface { header, .. } = alert {
                self.take_header(header);
            }
        }
    }

    /// Which clients got alerts since the last call.
    pub fn take_touched(&mut self) -> Touched {
        std::mem::replace(&mut self.touched, Touched::NONE)
    }
}

/// A set of clients in fixed memory. Clients from 255 on share the last bit, which
/// then stands for all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touched {
    bits: [u64; 4],
}

/// The bit that stands for every client from this number on.
const SHARED: u32 = 255;

impl Touched {
    /// Nobody.
    pub const NONE: Self = Self { bits: [0; 4] };

    /// Adds a client.
    pub fn add(&mut self, client: u32) {
        let bit = client.min(SHARED);
        self.bits[bit as usize / 64] |= 1 << (bit % 64);
    }

    /// Adds another set.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.bits.iter_mut().zip(other.bits) {
            *mine |= theirs;
        }
    }

    /// Takes the lowest out.
    pub fn pop(&mut self) -> Option<Popped> {
        let word = self.bits.iter().position(|&word| word != 0)?;
        let bit = word as u32 * 64 + self.bits[word].trailing_zeros();
        self.bits[word] &= self.bits[word] - 1;
        Some(if bit < SHARED { Popped::Client(bit) } else { Popped::From(bit) })
    }
}

/// What [`Touched::pop`] gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Popped {
    /// One client.
    Client(u32),
    /// Perhaps any client from this number on.
    From(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pops(touched: &mut Touched) -> Vec<Popped> {
        std::iter::from_fn(|| touched.pop()).collect()
    }

    #[test]
    fn touched_gives_each_client_once_ascending_and_the_high_ones_as_one() {
        let (mut some, mut others) = (Touched::NONE, Touched::NONE);
        [64, 0, 254, 63].into_iter().for_each(|client| some.add(client));
        [255, 256, 1_000_000, 63, 128].into_iter().for_each(|client| others.add(client));
        assert_eq!(
            pops(&mut others.clone()),
            [63, 128].map(Popped::Client).into_iter().chain([Popped::From(255)]).collect::<Vec<_>>()
        );
        some.merge(others);
        let expected = [0, 63, 64, 128, 254].map(Popped::Client);
        assert_eq!(pops(&mut some), expected.into_iter().chain([Popped::From(255)]).collect::<Vec<_>>());
        assert_eq!(some, Touched::NONE);
    }

    #[test]
    fn each_client_gets_its_own_in_order() {
        let mut outbox = Outbox::new();
        outbox.reserve_clients(3).unwrap();
        let group = |alert: Option<Alert>| match alert {
            Some(Alert::Join { entry, .. }) => Some(entry.group()),
            _ => None,
        };
        for round in 0..2 {
            outbox.reserve(900).unwrap();
            for i in 0..900 {
                outbox.push(i % 2, Alert::Join { entry: Entry::exact(1, i), membership: true });
            }
            assert_eq!(pops(&mut outbox.take_touched()), [Popped::Client(0), Popped::Client(1)], "round {round}");
            assert_eq!(outbox.take_touched(), Touched::NONE);
            assert!((0..900).step_by(2).all(|i| group(outbox.pop(0)) == Some(i)));
            assert!(outbox.pop(0).is_none() && outbox.pop(2).is_none() && outbox.pop(9).is_none());
            assert_eq!(group(outbox.pop(1)), Some(1));
            outbox.clear(1);
            assert!(outbox.pop(1).is_none());
        }
    }

    #[test]
    fn what_a_client_does_not_hear_is_not_queued() {
        let entry = Entry::exact(1, 2);
        let link = InterfaceKey { if_index: 1, next_hop: 0 };
        let none =
            Hears { joins: false, prunes: false, local_joins: false, local_leaves: false, wrong_interface: false };
        type Is = fn(&Alert) -> bool;
        let kinds: [(Hears, Is); 5] = [
            (Hears { joins: true, ..none }, |alert| matches!(alert, Alert::Join { .. })),
            (Hears { prunes: true, ..none }, |alert| matches!(alert, Alert::Prune { .. })),
            (Hears { local_joins: true, ..none }, |alert| matches!(alert, Alert::LocalJoin { .. })),
            (Hears { local_leaves: true, ..none }, |alert| matches!(alert, Alert::LocalLeave { .. })),
            (Hears { wrong_interface: true, ..none }, |alert| matches!(alert, Alert::WrongInterface { .. })),
        ];
        let mut outbox = Outbox::new();
        outbox.reserve_clients(2).unwrap();
        // Who has no queue has no ears either.
        outbox.set_hears(9, none);
        let mut send = |hears: Hears| {
            outbox.set_hears(1, hears);
            let client = 1;
            outbox.push(client, Alert::Join { entry, membership: true });
            outbox.push(client, Alert::Prune { entry, interface: link, membership: true, incarnation: 0 });
            outbox.push(client, Alert::LocalJoin { entry, interface: link });
            outbox.push(client, Alert::LocalLeave { entry, interface: link });
            outbox.push_wrong_interface(client, (1, 2), link, &PacketHeader::new(&[])).unwrap();
            let touched = pops(&mut outbox.take_touched());
            let got: Vec<Alert> = std::iter::from_fn(|| outbox.pop(client)).collect();
            let headers = outbox.headers.len();
            outbox.headers = Slab::new();
            (touched, got, headers)
        };
        for (hears, is_it) in kinds {
            let (touched, got, headers) = send(hears);
            assert_eq!(touched, [Popped::Client(1)]);
            assert!(matches!(&got[..], [one] if is_it(one)), "{hears:?} got {got:?}");
            assert_eq!(headers, usize::from(hears.wrong_interface));
        }
        assert_eq!(send(Hears::ALL).1.len(), 5);
        let (touched, got, headers) = send(none);
        assert_eq!((touched.len(), got.len(), headers), (0, 0, 0));
    }

    #[test]
    fn memory_of_many_goes_back_and_that_of_few_stays() {
        let mut outbox = Outbox::new();
        outbox.reserve_clients(1).unwrap();
        for n in [1, 2_000] {
            outbox.reserve(n).unwrap();
            (0..n).for_each(|_| outbox.push(0, Alert::Join { entry: Entry::default(), membership: true }));
            outbox.clear(0);
            // The standing reserve, and room for a few.
            assert_eq!(outbox.nodes.bound(), 512);
        }
    }

    #[test]
    fn headers_are_kept_until_they_are_taken() {
        let mut outbox = Outbox::new();
        outbox.reserve_clients(1).unwrap();
        let link = InterfaceKey { if_index: 1, next_hop: 0 };
        for length in [0, 20, 60, 61, 1_500] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            outbox.push_wrong_interface(0, (1, 2), link, &PacketHeader::new(&bytes)).unwrap();
        }
        for kept in [0, 20, 60, 60] {
            let Some(Alert::WrongInterface { source: 1, group: 2, header, .. }) = outbox.pop(0) else { panic!("lost") };
            let bytes: Vec<u8> = (0..kept).collect();
            assert_eq!(outbox.take_header(header).unwrap().as_bytes(), bytes);
            assert_eq!(outbox.take_header(header), None);
        }
        outbox.clear(0);
        assert_eq!((outbox.nodes.len(), outbox.headers.len()), (0, 0));
    }
}
