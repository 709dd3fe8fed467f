//! Reading /proc without allocating.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use super::sys::{self, SysResult};

/// A decimal number, nothing else.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// A short path in a fixed buffer.
pub(crate) struct Path {
    bytes: [u8; 64],
    length: usize,
}

impl Path {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; 64], length: 0 }
    }

    /// Cut when too long; the last byte stays NUL.
    pub(crate) fn text(&mut self, text: &[u8]) -> &mut Self {
        let room = self.bytes.len() - 1 - self.length;
        let text = &text[..text.len().min(room)];
        self.bytes[self.length..self.length + text.len()].copy_from_slice(text);
        self.length += text.len();
        self
    }

    pub(crate) fn number(&mut self, number: u32) -> &mut Self {
        let mut digits = [0u8; 10];
        let mut first = digits.len();
        let mut rest = number;
        while first > 0 && (rest > 0 || first == digits.len()) {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.text(&digits[first..])
    }

    pub(crate) fn c_str(&self) -> &std::ffi::CStr {
        std::ffi::CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"")
    }
}

/// Opens a file for reading; `directory` is where a relative path begins.
pub(crate) fn open(directory: Option<&OwnedFd>, path: &std::ffi::CStr, flags: i32) -> SysResult<OwnedFd> {
    let directory = directory.map_or(libc::AT_FDCWD, AsRawFd::as_raw_fd);
    let flags = flags | libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the path is NUL-terminated and lives through the call.
    let fd = unsafe { libc::openat(directory, path.as_ptr(), flags) };
    sys::own(fd, "looking into /proc")
}

/// Bytes read; 0 at the end and after an error.
pub(crate) fn read(fd: RawFd, buffer: &mut [u8]) -> usize {
    // SAFETY: the kernel writes at most the buffer's length into it.
    let length = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(length).unwrap_or(0)
}

/// Where a symbolic link leads; nothing after an error.
pub(crate) fn read_link<'a>(directory: &OwnedFd, path: &std::ffi::CStr, buffer: &'a mut [u8]) -> &'a [u8] {
    // SAFETY: the path is NUL-terminated; the kernel writes at most the buffer's length.
    let length =
        unsafe { libc::readlinkat(directory.as_raw_fd(), path.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) };
    &buffer[..usize::try_from(length).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_paths() {
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        assert_eq!(number(b"4294967296"), None);
        assert_eq!(number(b"12a"), None);
        assert_eq!(number(b""), None);
        let mut path = Path::new();
        path.number(0).text(b"/").number(u32::MAX).text(b"/fd");
        assert_eq!(path.c_str(), c"0/4294967295/fd");
        path.text(&[b'x'; 100]);
        assert_eq!(path.c_str().to_bytes().len(), 63);
    }
}
