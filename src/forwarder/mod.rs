//! What forwards packets: the one interface between the manager's wishes and a
//! backend, [`memory`] or [`linux`].
//!
//! Addresses are of a type `A`: the default, `u32`, is IPv4, and `u128` is IPv6
//! ([`Address`]), in host byte order throughout; only the C surface and the kernel room
//! know network byte order.

use std::fmt;

mod address;
pub use address::{Address, MAX_IPV4_HEADER};

// The door to the kernel: what stands behind it does not ask which system this is.
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
#[cfg(not(mutants))]
pub mod linux;
pub mod memory;
#[cfg(not(mutants))]
mod table;

/// An interface as routing protocols name it: the index, and the next hop on
/// point-to-multipoint links (0 elsewhere).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct InterfaceKey<A = u32> {
    /// The system's interface index; 0 is no interface.
    pub if_index: u32,
    /// The next hop's address; 0 for the whole link.
    pub next_hop: A,
}

/// Where a packet came in, as far as the forwarder can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival<A = u32> {
    /// The interface index.
    pub if_index: u32,
    /// The next hop the packet came from, where the forwarder knows it (the
    /// kernel does not: pairs that share an index share one VIF).
    pub next_hop: Option<A>,
}

impl<A: Address> Arrival<A> {
    /// Whether this is an interface, as far as the forwarder can tell.
    pub fn is_on(&self, interface: InterfaceKey<A>) -> bool {
        self.if_index == interface.if_index && self.next_hop.is_none_or(|hop| hop == interface.next_hop)
    }
}

/// The route towards a source in the multicast view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Route<A = u32> {
    /// The interface towards the source.
    pub if_index: u32,
    /// The gateway, 0 when the source is on the link or local.
    pub gateway: A,
    /// The route's network.
    pub network: A,
    /// The route's prefix length, 0 to [`Address::BITS`].
    pub prefix_len: u8,
    /// The MIB's number of the protocol that made it: 2 local, 3 static, 8 RIP,
    /// 9 IS-IS, 13 OSPF, 14 BGP, else 1.
    pub protocol: u32,
}

/// What a forwarder counted for one entry; what it cannot know is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EntryStatistics {
    /// Packets that matched the entry, wrong-interface ones included.
    pub packets: u64,
    /// Their bytes, IP headers included.
    pub bytes: u64,
    /// Packets that came in on another interface than the iif.
    pub wrong_interface: u64,
    /// Packets dropped because the unresolved queue was full.
    pub queue_overflow: u64,
}

/// What a forwarder counted for one oif of an entry; what it cannot know is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OifStatistics {
    /// Packets sent out.
    pub packets: u64,
    /// Packets kept in because of the interface's TTL threshold.
    pub ttl_too_low: u64,
}

/// The TTL threshold of an interface for which none was set: a packet that would leave
/// with TTL 0 stays.
pub const DEFAULT_THRESHOLD: u8 = 1;

/// The MIB's number of a route made by another protocol than the listed ones.
pub const PROTOCOL_OTHER: u32 = 1;

/// Why a forwarder could not do something. The engine logs it with its context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForwarderError {
    /// No memory, in this process or in the kernel.
    OutOfMemory,
    /// The interface index names no interface.
    NoSuchInterface,
    /// All VIFs of the table are taken (the number there are).
    NoFreeVif(usize),
    /// Another process holds the kernel table.
    TableInUse {
        /// The table's id.
        table: u32,
        /// The process, when it could be found: id and name (NUL-padded).
        holder: Option<(u32, [u8; 16])>,
    },
    /// The process may not route multicast (no CAP_NET_ADMIN / CAP_NET_RAW).
    NotPermitted,
    /// The system lacks multicast routing; what it would need.
    NotSupported(&'static str),
    /// What another process handed over is not the socket of a table.
    HandedOver(Unfit),
    /// Another system error, as `errno`, and the step that gave it.
    System {
        /// The error number.
        errno: i32,
        /// What was being done.
        doing: &'static str,
    },
}

/// What a descriptor is that cannot be taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// Nothing that is open.
    NotOpen,
    /// A file, a pipe or the like.
    NoSocket,
    /// A socket for something else.
    OtherSocket,
    /// A multicast routing socket, but not the owner's of this table.
    NotOwner(u32),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOpen => f.write_str("no open descriptor"),
            Self::NoSocket => f.write_str("no socket"),
            Self::OtherSocket => f.write_str("a socket for something else than multicast routing"),
            Self::NotOwner(table) => {
                write!(f, "a multicast routing socket, but not that of the owner of table {table} in this namespace")
            }
        }
    }
}

impl fmt::Display for ForwarderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::NoSuchInterface => f.write_str("no such interface"),
            Self::NoFreeVif(limit) => {
                write!(f, "no free VIF ({limit} per table): release an interface, or use another table (MGM_TABLE)")
            }
            Self::TableInUse { table, holder } => {
                write!(f, "multicast routing table {table} is held by ")?;
                match holder {
                    Some((pid, name)) => {
                        let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
                        let name = std::str::from_utf8(&name[..end]).unwrap_or("?");
                        write!(f, "process {pid} ({name})")?;
                    }
                    None => f.write_str("another process that this one may not see")?,
                }
                f.write_str(": stop it, or use another table (MGM_TABLE)")
            }
            Self::NotPermitted => f.write_str("not permitted: CAP_NET_ADMIN and CAP_NET_RAW are needed"),
            Self::NotSupported(needs) => write!(f, "this system lacks multicast routing ({needs})"),
            Self::HandedOver(unfit) => write!(f, "what was handed over is {unfit}"),
            Self::System { errno, doing } => write!(f, "{doing}: error {errno}"),
        }
    }
}

/// Something a forwarder noticed by itself.
#[derive(Clone, Copy, Debug)]
pub enum Event<A: Address = u32> {
    /// A packet for which there is no entry.
    NoEntry(PacketReport<A>),
    /// A packet that came in on another interface than its entry's iif.
    WrongInterface(PacketReport<A>),
    /// The unicast routes changed inside this prefix (0/0: anything may have).
    RoutesChanged {
        /// The network.
        network: A,
        /// Its prefix length.
        prefix_len: u8,
    },
    /// Something happened to an interface.
    InterfaceChanged {
        /// Its index.
        if_index: u32,
        /// What.
        change: LinkChange,
    },
    /// The entry for a flow was deleted by anybody, or made or changed by somebody else.
    EntryChanged {
        /// The flow's source.
        source: A,
        /// The flow's group.
        group: A,
        /// It was deleted.
        deleted: bool,
    },
    /// Reports were lost: entries and interfaces may be others than were asked for.
    TableUncertain,
    /// The table of the multicast view has changes to read
    /// ([`Linux::refresh_routes`](linux::Linux::refresh_routes)).
    RpfTableChanged,
    /// The forwarder lost this many events at least (a full receive buffer).
    Lost(u32),
    /// This many reports of packets were lost, with their packets; a flow's next packet is
    /// reported again.
    ReportsLost(u32),
    /// This many reports of packets on a wrong interface were skipped: there were too
    /// many.
    Skipped(u32),
}

/// What happened to an interface. Routes that are added and deleted with it are told by
/// [`Event::RoutesChanged`]; those that vanish with it in silence are not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkChange {
    /// It is there and works, or something about it is new.
    Up,
    /// It does not work, or lost an address: routes over it may have vanished.
    Down,
    /// It was deleted, or went to another network namespace.
    Gone,
    /// The table has it, or does not have it any more.
    Vif,
}

/// A packet as a forwarder reports it.
#[derive(Clone, Copy, Debug)]
pub struct PacketReport<A: Address = u32> {
    /// The kernel's number of the interface (VIF); [`Forwarder::arrival`] makes an
    /// interface of it.
    pub vif: u16,
    /// The packet's source.
    pub source: A,
    /// The packet's group.
    pub group: A,
    /// The IP header; what the forwarder does not know in it is 0.
    pub header: A::Header,
    /// How many bytes of it count.
    pub header_len: u8,
}

/// A backend. All calls are made by one thread at a time, under the engine's
/// lock; none of them may block for long or call back.
pub trait Forwarder<A: Address = u32> {
    /// Makes an interface usable. Called once per pair, before any entry names it.
    fn open_interface(&mut self, interface: InterfaceKey<A>) -> Result<(), ForwarderError>;

    /// The last owner has left; no entry of the manager names it any more.
    fn close_interface(&mut self, interface: InterfaceKey<A>);

    /// Packets leave an open interface of this index only if their TTL, as they came in, is
    /// greater than `ttl`, which is 1 at least. An interface begins with
    /// [`DEFAULT_THRESHOLD`]; installed entries may keep the old one until the next install.
    fn set_threshold(&mut self, if_index: u32, ttl: u8);

    /// Makes room so that installing this entry with as many oifs needs no memory.
    fn prepare(&mut self, source: A, group: A, oifs: usize) -> Result<(), ForwarderError> {
        let _ = (source, group, oifs);
        Ok(())
    }

    /// Makes or replaces, without a gap, the entry for (source, group). An iif
    /// with index 0, or one that is not open, makes an entry that forwards nothing.
    fn install(
        &mut self,
        source: A,
        group: A,
        iif: InterfaceKey<A>,
        oifs: &mut dyn Iterator<Item = InterfaceKey<A>>,
    ) -> Result<(), ForwarderError>;

    /// Removes the entry and the packets that wait for it; one that is not there is no error.
    fn remove(&mut self, source: A, group: A);

    /// The route to a source, `None` where there is none (or a blackhole).
    fn route(&mut self, source: A) -> Result<Option<Route<A>>, ForwarderError>;

    /// The entry's counters; zeros when it is not there.
    fn statistics(&mut self, source: A, group: A) -> EntryStatistics;

    /// The counters of one oif of the entry, where the forwarder has such.
    fn oif_statistics(&mut self, source: A, group: A, oif: InterfaceKey<A>) -> OifStatistics {
        let _ = (source, group, oif);
        OifStatistics::default()
    }

    /// The interface that a report's VIF number stands for.
    fn arrival(&self, vif: u16) -> Option<Arrival<A>>;
}
