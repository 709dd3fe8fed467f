//! Variables of the process's environment. Not the standard library's way, which allocates.

use std::{ffi::CStr, ops::Deref};

/// The value of a variable.
pub(super) struct Variable(system::Value);

impl Deref for Variable {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        self.0.text()
    }
}

/// A variable, if it is set.
pub(super) fn variable(name: &CStr) -> Option<Variable> {
    system::value(name).map(Variable)
}

#[cfg(not(windows))]
mod system {
    use std::ffi::CStr;

    pub(super) struct Value(&'static CStr);

    impl Value {
        pub(super) fn text(&self) -> &CStr {
            self.0
        }
    }

    pub(super) fn value(name: &CStr) -> Option<Value> {
        // SAFETY: the name is NUL-terminated. A program that changes its environment while
        // other threads read it breaks C's rules for getenv, as for every library.
        let value = unsafe { libc::getenv(name.as_ptr()) };
        // SAFETY: getenv gives NULL or a NUL-terminated string of the environment.
        (!value.is_null()).then(|| Value(unsafe { CStr::from_ptr(value) }))
    }
}

#[cfg(windows)]
mod system {
    //! getenv would read the copy that one of several C libraries made at its start; the
    //! system has what the program set since.

    use std::ffi::{CStr, c_char};

    /// More than any of our variables needs.
    const ROOM: usize = 128;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetEnvironmentVariableA(name: *const c_char, buffer: *mut u8, size: u32) -> u32;
    }

    pub(super) struct Value([u8; ROOM]);

    impl Value {
        pub(super) fn text(&self) -> &CStr {
            CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
        }
    }

    pub(super) fn value(name: &CStr) -> Option<Value> {
        let mut value = Value([0; ROOM]);
        // SAFETY: the name is NUL-terminated, the buffer has that many bytes to write.
        let length = unsafe { GetEnvironmentVariableA(name.as_ptr(), value.0.as_mut_ptr(), ROOM as u32) } as usize;
        if length >= ROOM {
            // Nothing was written. So long a value means nothing.
            value.0[..3].copy_from_slice(b"...");
        }
        (length > 0).then_some(value)
    }
}
