//! What a request can be refused with; the C surface gives each its Windows code.

use std::fmt;

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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidParameter => "a dead handle or an argument out of its range",
            Self::AlreadyExists => "it is there or taken already",
            Self::NotFound => "there is no such thing",
            Self::CanNotComplete => "not possible now",
            Self::OutOfMemory => "out of memory",
        })
    }
}

impl std::error::Error for Error {}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_is_wrong() {
        let texts = [
            (Error::InvalidParameter, "a dead handle or an argument out of its range"),
            (Error::AlreadyExists, "it is there or taken already"),
            (Error::NotFound, "there is no such thing"),
            (Error::CanNotComplete, "not possible now"),
            (Error::OutOfMemory, "out of memory"),
        ];
        for (error, text) in texts {
            assert_eq!(error.to_string(), text);
        }
    }
}
