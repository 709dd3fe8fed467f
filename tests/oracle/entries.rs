//! Entries as the rules of section 3 define them, without any cleverness.

use rtm::manager::{Entry, Flow};

/// A membership entry with normal masks, host byte order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Plain {
    pub source: u32,
    pub source_mask: u32,
    pub group: u32,
    pub group_mask: u32,
}

/// One half of an entry: its address and mask made normal, or None.
fn half(address: u32, mask: u32) -> Option<u32> {
    if address == 0 {
        return (mask == 0).then_some(0);
    }
    let mask = if mask == 0 { u32::MAX } else { mask };
    let contiguous = (1..=32).any(|len| mask == u32::MAX << (32 - len));
    (contiguous && address & !mask == 0).then_some(mask)
}

fn half_contains(outer: (u32, u32), inner: (u32, u32)) -> bool {
    outer.0 == 0 || (inner.0 != 0 && inner.1 & outer.1 == outer.1 && inner.0 & outer.1 == outer.0)
}

impl Plain {
    /// What a client's four words mean; None is ERROR_INVALID_PARAMETER.
    pub fn new(source: u32, source_mask: u32, group: u32, group_mask: u32) -> Option<Self> {
        let (source_mask, group_mask) = (half(source, source_mask)?, half(group, group_mask)?);
        if source != 0 && group == 0 {
            return None;
        }
        let (first, last) = (group, group | !group_mask);
        if group != 0 && (first < 0xE000_0000 || last > 0xEFFF_FFFF) {
            return None;
        }
        if source != 0 && source | !source_mask >= 0xE000_0000 {
            return None;
        }
        Some(Self { source, source_mask, group, group_mask })
    }

    /// As a client gives it.
    pub fn given(&self) -> Entry {
        Entry::new(self.source, self.source_mask, self.group, self.group_mask).expect("valid")
    }

    pub fn exact(flow: Flow) -> Self {
        Self { source: flow.source, source_mask: u32::MAX, group: flow.group, group_mask: u32::MAX }
    }

    pub fn is_exact(&self) -> bool {
        self.source_mask == u32::MAX && self.group_mask == u32::MAX
    }

    pub fn covers(&self, flow: Flow) -> bool {
        flow.source & self.source_mask == self.source && flow.group & self.group_mask == self.group
    }

    /// Whether all sources and groups of `other` lie within this entry's.
    pub fn contains(&self, other: &Self) -> bool {
        half_contains((self.source, self.source_mask), (other.source, other.source_mask))
            && half_contains((self.group, self.group_mask), (other.group, other.group_mask))
    }
}
