//! Packing entries into the caller's byte buffer, which may be unaligned and need not
//! be initialised: it is written through raw pointers only, and never read.

use super::base::{DWORD, ERROR_INSUFFICIENT_BUFFER, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, NO_ERROR, PBYTE, PDWORD};
use super::mib::{
    MIB_IPMCAST_MFE, MIB_IPMCAST_MFE_STATS, MIB_IPMCAST_MFE_STATS_EX, MIB_IPMCAST_OIF, MIB_IPMCAST_OIF_STATS,
};
use super::pointer::Place;
use super::types::SOURCE_GROUP_ENTRY;
use crate::manager::Error;

/// A structure that can be copied out byte by byte.
///
/// # Safety
/// The type has no padding.
pub unsafe trait Plain: Copy {}

// SAFETY: 4-byte members only; the sizes asserted in mib.rs and types.rs are their sums.
unsafe impl Plain for MIB_IPMCAST_OIF {}
// SAFETY: as above.
unsafe impl Plain for MIB_IPMCAST_MFE {}
// SAFETY: as above.
unsafe impl Plain for MIB_IPMCAST_OIF_STATS {}
// SAFETY: as above.
unsafe impl Plain for MIB_IPMCAST_MFE_STATS {}
// SAFETY: as above.
unsafe impl Plain for MIB_IPMCAST_MFE_STATS_EX {}
// SAFETY: as above.
unsafe impl Plain for SOURCE_GROUP_ENTRY {}

/// The caller's buffer, filled from its start with whole entries.
pub struct Buffer {
    /// Where the next entry goes. Not written while `left` is 0, so it may be NULL then.
    at: *mut u8,
    left: u32,
    entries: u32,
    /// The size of the entry that did not fit: nothing goes in behind it.
    refused: Option<u32>,
    size: Place<DWORD>,
}

impl Buffer {
    /// Checks the pointers of a function that fills a buffer.
    ///
    /// # Safety
    /// `size` is NULL or readable and writable; `bytes` is NULL or writable for `*size`
    /// bytes; both for as long as the result is used.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] when `size` is NULL, or `bytes` is with `*size` not 0.
    pub unsafe fn new(size: PDWORD, bytes: PBYTE) -> Result<Self, Error> {
        // SAFETY: the caller's promise about `size`.
        let size = unsafe { Place::new(size) }?;
        let left = size.get();
        if bytes.is_null() && left != 0 {
            return Err(Error::InvalidParameter);
        }
        Ok(Self { at: bytes, left, entries: 0, refused: None, size })
    }

    /// Room for one entry of a fixed part and `count` parts behind it, which the caller
    /// then fills; `None` when it does not fit.
    pub fn entry(&mut self, fixed: usize, part: usize, count: usize) -> Option<Room> {
        // Saturation only makes an entry larger that does not fit into 4 GB anyway.
        let bytes = part.saturating_mul(count).saturating_add(fixed);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        if self.refused.is_some() || bytes > self.left {
            self.refused.get_or_insert(bytes);
            return None;
        }
        let room = Room { at: self.at, len: bytes as usize };
        // SAFETY: `left` bytes are writable from `at`, and `bytes` of them are used up.
        self.at = unsafe { self.at.add(bytes as usize) };
        self.left -= bytes;
        self.entries += 1;
        Some(room)
    }

    /// The code of a function that returns one entry. *pdwBufferSize becomes the needed
    /// size where the entry did not fit, and is left alone otherwise.
    pub fn single(self) -> DWORD {
        match self.refused {
            None => NO_ERROR,
            Some(needed) => self.insufficient(needed),
        }
    }

    /// The code of a function that returns as many entries as fit, and their number in
    /// `entries`. *pdwBufferSize is written only where not even one fitted.
    pub fn list(self, entries: Place<DWORD>) -> DWORD {
        entries.set(self.entries);
        match self.refused {
            None => ERROR_NO_MORE_ITEMS,
            Some(_) if self.entries > 0 => ERROR_MORE_DATA,
            Some(needed) => self.insufficient(needed),
        }
    }

    fn insufficient(self, needed: u32) -> DWORD {
        self.size.set(needed);
        ERROR_INSUFFICIENT_BUFFER
    }
}

/// Room for one entry.
pub struct Room {
    at: *mut u8,
    len: usize,
}

impl Room {
    /// Writes the first `bytes` bytes of a structure at an offset. What would lie
    /// outside the room or the structure is not written.
    pub fn put<T: Plain>(&mut self, offset: usize, value: &T, bytes: usize) {
        let end = offset.checked_add(bytes);
        if bytes > size_of::<T>() || end.is_none_or(|end| end > self.len) {
            return;
        }
        // SAFETY: the range lies inside the room, which `Buffer::entry` took from memory
        // its caller promised writable; the value has that many bytes, all initialised
        // (`Plain`); a local structure and the caller's buffer do not overlap.
        unsafe {
            let from = std::ptr::from_ref(value).cast::<u8>();
            std::ptr::copy_nonoverlapping(from, self.at.add(offset), bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null_mut;

    const ENTRY: SOURCE_GROUP_ENTRY =
        SOURCE_GROUP_ENTRY { dwSourceAddr: 1, dwSourceMask: 2, dwGroupAddr: 3, dwGroupMask: 0x0403_0201 };

    /// Packs `count` 16-byte entries; gives the code, the number and the size then.
    fn list(size: u32, bytes: PBYTE, count: u32) -> (u32, u32, u32) {
        let mut size = size;
        let mut entries = 99;
        // SAFETY: the tests pass buffers of `size` bytes, or NULL.
        let mut buffer = unsafe { Buffer::new(&raw mut size, bytes) }.unwrap();
        // SAFETY: a local variable.
        let number = unsafe { Place::new(&raw mut entries) }.unwrap();
        for _ in 0..count {
            let Some(mut room) = buffer.entry(16, 0, 0) else { break };
            room.put(0, &ENTRY, 16);
        }
        (buffer.list(number), entries, size)
    }

    #[test]
    fn whole_entries_fill_the_buffer() {
        let mut bytes = [0xAA_u8; 50];
        assert_eq!(list(47, bytes.as_mut_ptr(), 3), (ERROR_MORE_DATA, 2, 47));
        assert!(bytes[32..].iter().all(|&b| b == 0xAA));
        assert_eq!(list(48, bytes.as_mut_ptr(), 3), (ERROR_NO_MORE_ITEMS, 3, 48));
        assert!(bytes[48..].iter().all(|&b| b == 0xAA));
        assert_eq!(list(50, bytes.as_mut_ptr(), 3), (ERROR_NO_MORE_ITEMS, 3, 50));
        assert!(bytes[48..].iter().all(|&b| b == 0xAA));
    }

    #[test]
    fn not_even_one_fits() {
        let mut bytes = [0xAA_u8; 15];
        assert_eq!(list(15, bytes.as_mut_ptr(), 3), (ERROR_INSUFFICIENT_BUFFER, 0, 16));
        assert_eq!(list(0, bytes.as_mut_ptr(), 1), (ERROR_INSUFFICIENT_BUFFER, 0, 16));
        assert!(bytes.iter().all(|&b| b == 0xAA));
    }

    #[test]
    fn nothing_to_return_is_no_more_items_whatever_the_size() {
        let mut bytes = [0_u8; 16];
        assert_eq!(list(16, bytes.as_mut_ptr(), 0), (ERROR_NO_MORE_ITEMS, 0, 16));
        assert_eq!(list(0, null_mut(), 0), (ERROR_NO_MORE_ITEMS, 0, 0));
    }

    #[test]
    fn a_null_buffer_asks_for_the_size() {
        assert_eq!(list(0, null_mut(), 2), (ERROR_INSUFFICIENT_BUFFER, 0, 16));
    }

    #[test]
    fn null_pointers_are_refused() {
        let mut size = 16;
        let mut bytes = [0_u8; 16];
        // SAFETY: NULL, or local variables.
        unsafe {
            assert!(matches!(Buffer::new(&raw mut size, null_mut()), Err(Error::InvalidParameter)));
            assert!(matches!(Buffer::new(null_mut(), bytes.as_mut_ptr()), Err(Error::InvalidParameter)));
        }
        assert_eq!(size, 16);
    }

    #[test]
    fn nothing_goes_in_behind_a_refused_entry() {
        let mut bytes = [0_u8; 40];
        let mut size = 40;
        let mut entries = 0;
        // SAFETY: local variables.
        let mut buffer = unsafe { Buffer::new(&raw mut size, bytes.as_mut_ptr()) }.unwrap();
        assert!(buffer.entry(16, 0, 0).is_some());
        assert!(buffer.entry(16, 16, 1).is_none());
        assert!(buffer.entry(16, 0, 0).is_none());
        // SAFETY: a local variable.
        let number = unsafe { Place::new(&raw mut entries) }.unwrap();
        assert_eq!(buffer.list(number), ERROR_MORE_DATA);
        assert_eq!((entries, size), (1, 40));
    }

    #[test]
    fn a_single_entry() {
        let mut bytes = [0_u8; 92];
        for (given, code, after) in [(91, ERROR_INSUFFICIENT_BUFFER, 92), (92, NO_ERROR, 92), (200, NO_ERROR, 200)] {
            let mut size = given;
            // SAFETY: only the first 92 bytes are written, and the buffer has them.
            let mut buffer = unsafe { Buffer::new(&raw mut size, bytes.as_mut_ptr()) }.unwrap();
            assert_eq!(buffer.entry(60, 16, 2).is_some(), code == NO_ERROR);
            assert_eq!(buffer.single(), code);
            assert_eq!(size, after);
        }
    }

    #[test]
    fn sizes_beyond_32_bits_do_not_wrap() {
        let mut size = u32::MAX;
        let mut byte = 0_u8;
        // SAFETY: nothing is written, as the entries are refused.
        let mut buffer = unsafe { Buffer::new(&raw mut size, &raw mut byte) }.unwrap();
        size = 8;
        buffer.left = 8;
        assert!(buffer.entry(60, 16, usize::MAX / 16).is_none());
        assert_eq!(buffer.single(), ERROR_INSUFFICIENT_BUFFER);
        assert_eq!(size, u32::MAX);
    }

    #[test]
    fn bytes_land_where_they_should_unaligned_too() {
        for shift in 0..4 {
            let mut bytes = [0xAA_u8; 40];
            let (code, entries, _) = list(16, bytes[shift..].as_mut_ptr(), 1);
            assert_eq!((code, entries), (ERROR_NO_MORE_ITEMS, 1));
            assert_eq!(bytes[shift..shift + 4], 1_u32.to_ne_bytes());
            assert_eq!(bytes[shift + 12..shift + 16], 0x0403_0201_u32.to_ne_bytes());
            assert!(bytes[shift + 16..].iter().all(|&b| b == 0xAA));
        }
    }

    #[test]
    fn room_keeps_to_its_bounds() {
        let mut bytes = [0xAA_u8; 40];
        let mut size = 40;
        // SAFETY: local variables.
        let mut buffer = unsafe { Buffer::new(&raw mut size, bytes.as_mut_ptr()) }.unwrap();
        let mut room = buffer.entry(20, 0, 0).unwrap();
        room.put(5, &ENTRY, 16);
        room.put(usize::MAX, &ENTRY, 16);
        room.put(0, &ENTRY, 17);
        assert!(bytes.iter().all(|&b| b == 0xAA));
        room.put(4, &ENTRY, 8);
        assert_eq!(bytes[4..8], 1_u32.to_ne_bytes());
        assert!(bytes[12..].iter().all(|&b| b == 0xAA));
    }
}
