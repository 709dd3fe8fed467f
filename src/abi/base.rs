//! The Windows base types and error codes that `mgm.h` is written in. On
//! Windows the system headers define them; elsewhere our header does.

use std::ffi::c_void;

/// An 8-bit unsigned number.
pub type BYTE = u8;
/// An 8-bit unsigned number.
pub type UCHAR = u8;
/// A 16-bit unsigned number.
pub type USHORT = u16;
/// A 32-bit unsigned number, on every platform.
pub type DWORD = u32;
/// A 32-bit unsigned number, on every platform.
pub type ULONG = u32;
/// A 32-bit unsigned number.
pub type UINT = u32;
/// A 32-bit signed number.
pub type INT = i32;
/// A 64-bit unsigned number.
pub type ULONGLONG = u64;
/// A truth value: 0 is FALSE, anything else is TRUE.
pub type BOOL = i32;
/// An address of anything.
pub type PVOID = *mut c_void;
/// An opaque value that the manager gives out: never dereference it, never make one up.
pub type HANDLE = *mut c_void;
/// The address of a BYTE.
pub type PBYTE = *mut BYTE;
/// The address of a DWORD.
pub type PDWORD = *mut DWORD;

/// A time in units of 100 ns since 1601-01-01 UTC, in two halves.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct _FILETIME {
    /// The lower 32 bits.
    pub dwLowDateTime: DWORD,
    /// The upper 32 bits.
    pub dwHighDateTime: DWORD,
}
/// See the structure.
pub type FILETIME = _FILETIME;
/// The address of a FILETIME.
pub type PFILETIME = *mut FILETIME;

/// The function did what it was asked.
pub const NO_ERROR: u32 = 0;
/// Memory ran out; nothing changed.
pub const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
/// A NULL pointer, a bad handle, or an argument out of its range.
pub const ERROR_INVALID_PARAMETER: u32 = 87;
/// Not even one entry fits into the buffer.
pub const ERROR_INSUFFICIENT_BUFFER: u32 = 122;
/// What was to be made or taken is there already.
pub const ERROR_ALREADY_EXISTS: u32 = 183;
/// More entries follow.
pub const ERROR_MORE_DATA: u32 = 234;
/// No more entries follow.
pub const ERROR_NO_MORE_ITEMS: u32 = 259;
/// The function cannot do that now; nothing changed.
pub const ERROR_CAN_NOT_COMPLETE: u32 = 1003;
/// There is no such thing.
pub const ERROR_NOT_FOUND: u32 = 1168;

const _: () = {
    assert!(size_of::<HANDLE>() == size_of::<usize>());
    assert!(size_of::<BOOL>() == 4 && size_of::<FILETIME>() == 8);
};
