use crate::sys;
use std::fmt;

/// What a call may fail with. A call that fails changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// `ERROR_NOT_ENOUGH_MEMORY`: the manager's memory ran out.
    NotEnoughMemory,
    /// `ERROR_INVALID_PARAMETER`: an argument out of its range, or a registration that has
    /// ended.
    InvalidParameter,
    /// `ERROR_ALREADY_EXISTS`: what was to be made or taken is there already.
    AlreadyExists,
    /// `ERROR_CAN_NOT_COMPLETE`: the manager cannot do that now; its log may say why.
    CanNotComplete,
    /// `ERROR_NOT_FOUND`: there is no such thing.
    NotFound,
    /// [`MAX_PROTOCOLS`](crate::MAX_PROTOCOLS) are registered by this crate, or were and ended inside a callback.
    TooManyProtocols,
    /// Another code of the library.
    Other(u32),
}

impl Error {
    pub(crate) fn check(code: u32) -> Result<(), Self> {
        if code == sys::NO_ERROR { Ok(()) } else { Err(Self::from_code(code)) }
    }

    pub(crate) fn from_code(code: u32) -> Self {
        match code {
            sys::ERROR_NOT_ENOUGH_MEMORY => Self::NotEnoughMemory,
            sys::ERROR_INVALID_PARAMETER => Self::InvalidParameter,
            sys::ERROR_ALREADY_EXISTS => Self::AlreadyExists,
            sys::ERROR_CAN_NOT_COMPLETE => Self::CanNotComplete,
            sys::ERROR_NOT_FOUND => Self::NotFound,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotEnoughMemory => "memory ran out; nothing changed",
            Self::InvalidParameter => "an argument is out of its range, or the registration has ended",
            Self::AlreadyExists => "what was to be made or taken is there already",
            Self::CanNotComplete => "the manager cannot do that now; nothing changed",
            Self::NotFound => "there is no such thing",
            Self::TooManyProtocols => "too many protocols are registered",
            Self::Other(code) => return write!(f, "error {code}"),
        })
    }
}

impl std::error::Error for Error {}
