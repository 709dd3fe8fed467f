use crate::sys;
use std::net::Ipv4Addr;

/// A number in network byte order, as the library has addresses.
pub(crate) fn network(address: Ipv4Addr) -> u32 {
    u32::from_ne_bytes(address.octets())
}

pub(crate) fn address(network: u32) -> Ipv4Addr {
    Ipv4Addr::from(network.to_ne_bytes())
}

/// Names an interface: its index, and a next hop on point-to-multipoint links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interface {
    /// The interface index; not 0, except in an [`RpfQuery`](crate::RpfQuery) without a route.
    pub index: u32,
    /// The next hop on a point-to-multipoint link, else 0.0.0.0.
    pub next_hop: Ipv4Addr,
}

impl Interface {
    /// The interface with this index, which is no point-to-multipoint link.
    pub const fn new(index: u32) -> Self {
        Self { index, next_hop: Ipv4Addr::UNSPECIFIED }
    }

    pub(crate) fn from_c(index: u32, next_hop: u32) -> Self {
        Self { index, next_hop: address(next_hop) }
    }
}

impl From<u32> for Interface {
    fn from(index: u32) -> Self {
        Self::new(index)
    }
}

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    /// The first address.
    pub address: Ipv4Addr,
    /// How many bits count, 0 to 32.
    pub len: u8,
}

impl Prefix {
    /// Every address: 0.0.0.0/0.
    pub const ANY: Self = Self { address: Ipv4Addr::UNSPECIFIED, len: 0 };

    /// The addresses that have the first `len` bits of `address`. More than 32 are 32.
    pub const fn new(address: Ipv4Addr, len: u8) -> Self {
        Self { address, len: if len > 32 { 32 } else { len } }
    }

    /// One address.
    pub const fn one(address: Ipv4Addr) -> Self {
        Self { address, len: 32 }
    }

    pub(crate) fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.len.min(32))).unwrap_or(0).to_be()
    }

    pub(crate) fn from_c(network: u32, mask: u32) -> Self {
        // Masks of the manager are contiguous: the count fits.
        Self { address: address(network), len: u32::from_be(mask).leading_ones() as u8 }
    }
}

/// What a membership is for: (S,G), (\*,G), (\*,\*), or ranges of them.
///
/// ```
/// use mgm::{Entry, Prefix};
/// let group = "239.1.1.1".parse().unwrap();
/// assert_eq!(Entry::any_source(group), Entry { source: Prefix::ANY, group: Prefix::one(group) });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// The source, [`Prefix::ANY`] for any.
    pub source: Prefix,
    /// The group, [`Prefix::ANY`] for any.
    pub group: Prefix,
}

impl Entry {
    /// (\*,\*): every group from every source.
    pub const ALL: Self = Self { source: Prefix::ANY, group: Prefix::ANY };

    /// (\*,G): a group from every source.
    pub const fn any_source(group: Ipv4Addr) -> Self {
        Self { source: Prefix::ANY, group: Prefix::one(group) }
    }

    /// (S,G): a group from one source.
    pub const fn from_source(source: Ipv4Addr, group: Ipv4Addr) -> Self {
        Self { source: Prefix::one(source), group: Prefix::one(group) }
    }

    pub(crate) fn from_c(source: u32, source_mask: u32, group: u32, group_mask: u32) -> Self {
        Self { source: Prefix::from_c(source, source_mask), group: Prefix::from_c(group, group_mask) }
    }
}

/// Which state a join or leave is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The membership: every MFE it covers follows, now and later.
    Join,
    /// The outgoing lists of the MFEs that exist now.
    Forward,
    /// Both.
    JoinAndForward,
}

impl State {
    pub(crate) fn flags(self) -> u32 {
        match self {
            Self::Join => 1,
            Self::Forward => 2,
            Self::JoinAndForward => 3,
        }
    }
}

/// What a join or prune alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A membership (`bMemberUpdate`, `bMemberDelete` TRUE).
    Membership,
    /// The outgoing list of one MFE.
    Mfe,
}

impl Cause {
    pub(crate) fn from_c(membership: i32) -> Self {
        if membership != 0 { Self::Membership } else { Self::Mfe }
    }
}

/// Which groups [`Registration::groups`](crate::Registration::groups) gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// Each joined group once, whatever the sources.
    AnySource = 0,
    /// Every joined entry.
    AllSources = 1,
}

/// The question which way packets of a source come in, and its answer: `iif` and `upstream`
/// say what the route says, unless they are changed.
#[derive(Debug)]
pub struct RpfQuery<'a> {
    /// The source.
    pub source: Ipv4Addr,
    /// The group.
    pub group: Ipv4Addr,
    /// The interface that packets shall arrive on; its index is 0 without a route. An answer
    /// must be an interface that this protocol holds; another is ignored.
    pub iif: Interface,
    /// The upstream neighbour; 0.0.0.0 when the source is on the link.
    pub upstream: Ipv4Addr,
    /// The IPv4 header of the packet with its options; empty without a packet.
    pub header: &'a [u8],
    /// The network of the route towards the source; none without a route.
    pub route: Option<Prefix>,
}

/// An outgoing interface of an MFE about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutgoingInterface {
    /// The interface.
    pub interface: Interface,
    /// Whether IGMP is on it too.
    pub igmp: bool,
    /// Whether the MFE is going to have it.
    pub enabled: bool,
}

/// An MFE about to be made, with this protocol's outgoing interfaces.
pub struct CreationAlert<'a> {
    /// The source.
    pub source: Ipv4Addr,
    /// The group.
    pub group: Ipv4Addr,
    /// The interface that packets arrive on.
    pub iif: Interface,
    pub(crate) list: &'a mut [sys::IfEntry],
}

impl CreationAlert<'_> {
    /// This protocol's outgoing interfaces.
    pub fn outgoing(&self) -> impl ExactSizeIterator<Item = OutgoingInterface> + '_ {
        self.list.iter().map(|entry| OutgoingInterface {
            interface: Interface::from_c(entry.index, entry.next_hop),
            igmp: entry.igmp != 0,
            enabled: entry.enabled != 0,
        })
    }

    /// Keeps an interface out of this MFE; false if it is none of `outgoing`.
    pub fn keep_out(&mut self, interface: Interface) -> bool {
        let of = |entry: &&mut sys::IfEntry| Interface::from_c(entry.index, entry.next_hop) == interface;
        self.list.iter_mut().find(of).map(|entry| entry.enabled = 0).is_some()
    }
}

impl std::fmt::Debug for CreationAlert<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreationAlert")
            .field("source", &self.source)
            .field("group", &self.group)
            .field("iif", &self.iif)
            .field("outgoing", &self.outgoing().collect::<Vec<_>>())
            .finish()
    }
}

/// Nothing to receive any more.
#[derive(Debug)]
pub struct PruneAlert {
    /// The membership, or the source and group of the MFE.
    pub entry: Entry,
    /// The interface that left last; index 0 where an MFE was made empty.
    pub last: Interface,
    /// What it is about.
    pub cause: Cause,
    /// With [`Cause::Mfe`] the lifetime in seconds of the now empty MFE, to be changed.
    pub timeout: u32,
}

/// A packet came in on another interface than its MFE's.
#[derive(Debug)]
pub struct WrongInterfaceAlert<'a> {
    /// The source.
    pub source: Ipv4Addr,
    /// The group.
    pub group: Ipv4Addr,
    /// The interface it arrived on.
    pub arrived: Interface,
    /// The IPv4 header of the packet with its options.
    pub header: &'a [u8],
}
