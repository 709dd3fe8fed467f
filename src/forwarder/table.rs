//! What is said of a kernel's table, the same on every system.

/// What to do with entries and VIFs that somebody else made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Foreign {
    /// Remove them.
    Remove,
    /// Leave them alone.
    Keep,
}

/// What was in the table when it was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The entries.
    pub entries: usize,
    /// There may be more of them, which were not counted.
    pub more: bool,
    /// The first of them, source and group.
    pub first: [(u32, u32); 3],
    /// The interfaces that had a VIF.
    pub interfaces: usize,
}

/// How an entry of the kernel was found and left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked {
    /// As wanted, there or not.
    Right,
    /// It was missing or another one, and is as wanted now.
    Repaired,
    /// It is nobody's here; by choice it is gone or stays.
    Foreign,
}
