//! Group membership entries: (S,G), (*,G), (*,*) and ranges of either, with the
//! masks that rules.md section 3 allows, and which of them covers what.

use super::Error;

/// 224.0.0.0, the first multicast address.
pub const FIRST_GROUP: u32 = 0xE000_0000;
/// The prefix length of 224.0.0.0/4.
const GROUP_SPACE: u8 = 4;

/// Whether an address is a multicast group (224.0.0.0/4, RFC 5771).
pub fn is_group(address: u32) -> bool {
    address >> 28 == 0xE
}

/// Whether a group is link-local (224.0.0.0/24): joined, but never forwarded.
pub fn is_link_local(group: u32) -> bool {
    group >> 8 == FIRST_GROUP >> 8
}

/// Whether a packet's source can be one host's: not 0, below 224.0.0.0.
pub fn is_unicast(address: u32) -> bool {
    address != 0 && address < FIRST_GROUP
}

/// The mask with `len` leading ones, 32 at most.
pub fn mask_of(len: u8) -> u32 {
    match len {
        0 => 0,
        _ => u32::MAX << 32_u32.saturating_sub(len.into()),
    }
}

/// The lengths of an entry's two masks: what distinguishes (S,G) from (*,G), (*,*)
/// and the ranges. Entries of one shape can be found by masking and hashing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Shape {
    /// The source mask's length; 0 is any source.
    pub source_len: u8,
    /// The group mask's length; 0 is any group.
    pub group_len: u8,
}

impl Shape {
    /// The shape of a single (S,G).
    pub const EXACT: Self = Self { source_len: 32, group_len: 32 };

    /// Whether everything of shape `other` could lie within one entry of this shape.
    pub fn is_wider_or_equal(self, other: Self) -> bool {
        self.source_len <= other.source_len && self.group_len <= other.group_len
    }
}

/// A membership entry with normal masks. Addresses are in host byte order. The
/// default is (*,*).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Entry {
    source: u32,
    group: u32,
    shape: Shape,
}

impl Entry {
    /// Checks and normalises an entry as a client gives it.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for (S,*), masks that are not contiguous, address
    /// bits outside the mask, groups outside 224.0.0.0/4 and sources within or above it.
    pub fn new(source: u32, source_mask: u32, group: u32, group_mask: u32) -> Result<Self, Error> {
        let shape = Shape { source_len: prefix_len(source, source_mask)?, group_len: prefix_len(group, group_mask)? };
        let groups_wrong = group != 0 && (shape.group_len < GROUP_SPACE || !is_group(group));
        let sources_wrong = source != 0 && source | !mask_of(shape.source_len) >= FIRST_GROUP;
        if groups_wrong || sources_wrong || (source != 0 && group == 0) {
            return Err(Error::InvalidParameter);
        }
        Ok(Self { source, group, shape })
    }

    /// The single (S,G), unchecked.
    pub(super) fn exact(source: u32, group: u32) -> Self {
        Self { source, group, shape: Shape::EXACT }
    }

    /// The source, or the first of the range; 0 is any.
    pub fn source(&self) -> u32 {
        self.source
    }

    /// The source mask: 0 for any source, all ones for one.
    pub fn source_mask(&self) -> u32 {
        mask_of(self.shape.source_len)
    }

    /// The group, or the first of the range; 0 is any.
    pub fn group(&self) -> u32 {
        self.group
    }

    /// The group mask: 0 for any group, all ones for one.
    pub fn group_mask(&self) -> u32 {
        mask_of(self.shape.group_len)
    }

    /// The lengths of the masks.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether this is a single (S,G), which counts for itself alone.
    pub fn is_exact(&self) -> bool {
        self.shape == Shape::EXACT
    }

    /// Whether packets from `source` to `group` are this entry's.
    pub fn covers(&self, source: u32, group: u32) -> bool {
        source & self.source_mask() == self.source && group & self.group_mask() == self.group
    }

    /// The one entry of a (wider or equal) shape within which this one lies.
    pub fn widened(&self, shape: Shape) -> Self {
        Self { source: self.source & mask_of(shape.source_len), group: self.group & mask_of(shape.group_len), shape }
    }
}

/// The length of a client's mask. With a zero address the mask must be 0; with
/// another, 0 and all ones both mean "this address".
fn prefix_len(address: u32, mask: u32) -> Result<u8, Error> {
    let mask = match (address, mask) {
        (0, 0) => return Ok(0),
        (0, _) => return Err(Error::InvalidParameter),
        (_, 0) => u32::MAX,
        (_, mask) => mask,
    };
    let len = mask.leading_ones() as u8;
    if mask_of(len) != mask || address & !mask != 0 {
        return Err(Error::InvalidParameter);
    }
    Ok(len)
}

/// What an add or a delete is about (dwFlags).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flags {
    join: bool,
    forward: bool,
}

impl Flags {
    /// The membership (MGM_JOIN_STATE_FLAG).
    pub const JOIN: Self = Self { join: true, forward: false };
    /// The outgoing lists of existing MFEs (MGM_FORWARD_STATE_FLAG).
    pub const FORWARD: Self = Self { join: false, forward: true };
    /// Both.
    pub const JOIN_AND_FORWARD: Self = Self { join: true, forward: true };

    /// From the C flags: 1 join, 2 forward.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for none of them or any other bit.
    pub fn from_bits(bits: u32) -> Result<Self, Error> {
        match bits {
            1..=3 => Ok(Self { join: bits & 1 != 0, forward: bits & 2 != 0 }),
            _ => Err(Error::InvalidParameter),
        }
    }

    /// Whether it is about the membership.
    pub fn join(self) -> bool {
        self.join
    }

    /// Whether it is about the outgoing lists of existing MFEs.
    pub fn forward(self) -> bool {
        self.forward
    }
}
