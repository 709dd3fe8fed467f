//! The manager's errors as Windows codes.

use super::base::{
    DWORD, ERROR_ALREADY_EXISTS, ERROR_CAN_NOT_COMPLETE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
    ERROR_NOT_FOUND, NO_ERROR,
};
use crate::manager::Error;

/// Whether a function's documented errors include ERROR_NOT_ENOUGH_MEMORY. Where
/// they do not, callers know no such code and get ERROR_CAN_NOT_COMPLETE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutOfMemoryIs {
    /// ERROR_NOT_ENOUGH_MEMORY.
    Listed,
    /// ERROR_CAN_NOT_COMPLETE.
    CanNotComplete,
}

/// The code of an error.
pub fn code(error: Error, out_of_memory: OutOfMemoryIs) -> DWORD {
    match (error, out_of_memory) {
        (Error::InvalidParameter, _) => ERROR_INVALID_PARAMETER,
        (Error::AlreadyExists, _) => ERROR_ALREADY_EXISTS,
        (Error::NotFound, _) => ERROR_NOT_FOUND,
        (Error::OutOfMemory, OutOfMemoryIs::Listed) => ERROR_NOT_ENOUGH_MEMORY,
        (Error::OutOfMemory, OutOfMemoryIs::CanNotComplete) | (Error::CanNotComplete, _) => ERROR_CAN_NOT_COMPLETE,
    }
}

/// What the body of an exported function gives when it succeeds.
pub trait Success {
    /// The code the caller gets.
    fn code(self) -> DWORD;
}

impl Success for () {
    fn code(self) -> DWORD {
        NO_ERROR
    }
}

/// Functions that tell more than success: ERROR_MORE_DATA and its like.
impl Success for DWORD {
    fn code(self) -> DWORD {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_only_named_where_callers_know_it() {
        assert_eq!(code(Error::OutOfMemory, OutOfMemoryIs::Listed), 8);
        assert_eq!(code(Error::OutOfMemory, OutOfMemoryIs::CanNotComplete), 1003);
    }

    #[test]
    fn other_errors_have_one_code_each() {
        for memory in [OutOfMemoryIs::Listed, OutOfMemoryIs::CanNotComplete] {
            assert_eq!(code(Error::InvalidParameter, memory), 87);
            assert_eq!(code(Error::AlreadyExists, memory), 183);
            assert_eq!(code(Error::CanNotComplete, memory), 1003);
            assert_eq!(code(Error::NotFound, memory), 1168);
        }
    }
}
