//! Pointers that C callers give, checked for NULL.

use crate::manager::Error;
use std::ptr::NonNull;

/// A place in the caller's memory, readable and writable, that may be unaligned
/// (it may lie inside a byte buffer).
#[derive(Clone, Copy)]
pub struct Place<T>(NonNull<T>);

impl<T: Copy> Place<T> {
    /// Checks a pointer for NULL.
    ///
    /// # Safety
    /// `pointer` is NULL or valid for reads (if [`Self::get`] is called) and writes (if
    /// [`Self::set`] is) of a `T` for as long as the result is used, and any bytes there
    /// that are read are a valid `T`.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for NULL.
    pub unsafe fn new(pointer: *mut T) -> Result<Self, Error> {
        NonNull::new(pointer).map(Self).ok_or(Error::InvalidParameter)
    }

    /// What is there.
    pub fn get(self) -> T {
        // SAFETY: `new`'s caller promised a readable, valid T; no alignment is assumed.
        unsafe { self.0.as_ptr().read_unaligned() }
    }

    /// Writes.
    pub fn set(self, value: T) {
        // SAFETY: `new`'s caller promised writable memory; no alignment is assumed.
        unsafe { self.0.as_ptr().write_unaligned(value) }
    }
}
