//! Enumerating the groups that are joined.

use super::base::{DWORD, HANDLE, PBYTE, PDWORD};
use super::buffer::Buffer;
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::pointer::Place;
use super::protocol::client;
use super::types::{_MGM_ENUM_TYPES, SOURCE_GROUP_ENTRY};
use super::{ENGINE, handle};
use crate::manager::{EnumerationId, EnumerationKind, Error};

/// A MGM_ENUM_TYPES as it comes from C, where an enum may hold any integer.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct AnyEnumType(pub i32);

impl AnyEnumType {
    fn kind(self) -> Result<EnumerationKind, Error> {
        const ANY_SOURCE: i32 = _MGM_ENUM_TYPES::ANY_SOURCE as i32;
        const ALL_SOURCES: i32 = _MGM_ENUM_TYPES::ALL_SOURCES as i32;
        match self.0 {
            ANY_SOURCE => Ok(EnumerationKind::AnySource),
            ALL_SOURCES => Ok(EnumerationKind::AllSources),
            _ => Err(Error::InvalidParameter),
        }
    }
}

/// Starts an enumeration of the groups that are joined, by anybody on any interface.
///
/// An entry that stays joined during the enumeration is returned exactly once, whatever
/// else changes; one that comes or goes meanwhile may be returned or not.
///
/// @param hProtocol The handle from MgmRegisterMProtocol.
///
/// @param metEnumType ANY_SOURCE: each joined group once, with source 0; ALL_SOURCES:
/// every joined entry. (*,*) is all zero in both.
///
/// @param phEnumHandle Receives the handle of the enumeration, never NULL and never
/// (HANDLE)-1; end it with MgmGroupEnumerationEnd. Deregistering the protocol ends it
/// too. Not written on failure.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle, a NULL pointer, another type.
///
/// @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
///
/// @retval ERROR_CAN_NOT_COMPLETE A fault inside the manager; nothing changed.
///
/// @par Example
/// `protocol` is the handle of a registration.
///
/// ```c
/// HANDLE enumeration;
/// DWORD error = MgmGroupEnumerationStart(protocol, ALL_SOURCES, &enumeration);
/// if (error == NO_ERROR) {
///     SOURCE_GROUP_ENTRY entries[64];
///     do {
///         DWORD size = sizeof entries, count = 0;
///         error = MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)entries, &count);
///         for (DWORD i = 0; i < count; i++) {
///             struct in_addr group = {.s_addr = entries[i].dwGroupAddr};
///             printf("%s, %s\n", inet_ntoa(group),
///                    entries[i].dwSourceAddr == 0 ? "any source" : "one source");
///         }
///     } while (error == ERROR_MORE_DATA);
///     MgmGroupEnumerationEnd(enumeration);
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGroupEnumerationStart(
    hProtocol: HANDLE,
    metEnumType: AnyEnumType,
    phEnumHandle: *mut HANDLE,
) -> DWORD {
    guarded(OutOfMemoryIs::Listed, || {
        // SAFETY: NULL, or as the header asks: a handle to write.
        let place = unsafe { Place::new(phEnumHandle) }?;
        let id = ENGINE.enumeration_start(client(hProtocol)?, metEnumType.kind()?)?;
        let Some(made) = handle::of_enumeration(id) else {
            ENGINE.enumeration_end(id)?;
            return Err(Error::CanNotComplete);
        };
        place.set(made);
        Ok(())
    })
}

/// Reads the next groups of an enumeration.
///
/// @param hEnum The handle from MgmGroupEnumerationStart. Calls on one handle from
/// several threads take turns.
///
/// @param pdwBufferSize The size of the buffer in bytes. Receives the size of one entry
/// with ERROR_INSUFFICIENT_BUFFER, and is not written otherwise.
///
/// @param pbBuffer Receives as many SOURCE_GROUP_ENTRY as fit and are left, in any order.
/// It need not be aligned. NULL is allowed with *pdwBufferSize 0, to learn the size.
///
/// @param pdwNumEntries Receives the number of entries in the buffer.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval ERROR_MORE_DATA Entries follow.
///
/// @retval ERROR_NO_MORE_ITEMS None follow, there may be some in the buffer.
///
/// @retval ERROR_INSUFFICIENT_BUFFER Not even one fits, *pdwNumEntries is 0 and the
/// enumeration stays where it is.
///
/// @retval ERROR_INVALID_PARAMETER A bad handle or a NULL pointer.
///
/// @retval ERROR_NOT_ENOUGH_MEMORY Memory ran out; nothing changed.
///
/// @retval ERROR_CAN_NOT_COMPLETE A fault inside the manager; nothing changed.
///
/// @return Never NO_ERROR. With the last three *pdwNumEntries is not written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGroupEnumerationGetNext(
    hEnum: HANDLE,
    pdwBufferSize: PDWORD,
    pbBuffer: PBYTE,
    pdwNumEntries: PDWORD,
) -> DWORD {
    guarded(OutOfMemoryIs::Listed, || {
        // SAFETY: NULL, or as the header asks.
        let (mut buffer, entries) = unsafe { (Buffer::new(pdwBufferSize, pbBuffer)?, Place::new(pdwNumEntries)?) };
        ENGINE.enumeration_next(enumeration(hEnum)?, &mut |entry| {
            let Some(mut room) = buffer.entry(size_of::<SOURCE_GROUP_ENTRY>(), 0, 0) else {
                return false;
            };
            let out = SOURCE_GROUP_ENTRY {
                dwSourceAddr: entry.source().to_be(),
                dwSourceMask: entry.source_mask().to_be(),
                dwGroupAddr: entry.group().to_be(),
                dwGroupMask: entry.group_mask().to_be(),
            };
            room.put(0, &out, size_of::<SOURCE_GROUP_ENTRY>());
            true
        })?;
        Ok(buffer.list(entries))
    })
}

/// Ends an enumeration; its handle is dead.
///
/// @param hEnum The handle from MgmGroupEnumerationStart.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER No handle of an enumeration under way.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, or a fault inside the manager; nothing
/// changed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmGroupEnumerationEnd(hEnum: HANDLE) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.enumeration_end(enumeration(hEnum)?))
}

/// The enumeration a handle may name.
fn enumeration(hEnum: HANDLE) -> Result<EnumerationId, Error> {
    handle::to_enumeration(hEnum).ok_or(Error::InvalidParameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_integer_is_a_type_or_refused() {
        assert!(matches!(AnyEnumType(0).kind(), Ok(EnumerationKind::AnySource)));
        assert!(matches!(AnyEnumType(1).kind(), Ok(EnumerationKind::AllSources)));
        for other in [-1, 2, i32::MAX, i32::MIN] {
            assert!(matches!(AnyEnumType(other).kind(), Err(Error::InvalidParameter)));
        }
    }
}
