//! What a request can be refused with; the C surface gives each its Windows code.

/// Why a request was refused. A refused request changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// A dead or foreign handle, a bad address, mask, flag or index.
    InvalidParameter,
    /// The name or the interface is taken.
    AlreadyExists,
    /// No such interface, membership or MFE.
    NotFound,
    /// Not possible now: interfaces still held, a hand-over running, no VIF.
    CanNotComplete,
    /// An allocation failed.
    OutOfMemory,
}

impl From<std::collections::TryReserveError> for Error {
    fn from(_: std::collections::TryReserveError) -> Self {
        Self::OutOfMemory
    }
}

impl From<hashbrown::TryReserveError> for Error {
    fn from(_: hashbrown::TryReserveError) -> Self {
        Self::OutOfMemory
    }
}

impl From<smallvec::CollectionAllocErr> for Error {
    fn from(_: smallvec::CollectionAllocErr) -> Self {
        Self::OutOfMemory
    }
}
