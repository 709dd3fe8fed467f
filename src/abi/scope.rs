//! What the host program sets for an interface: how far packets go.

use super::ENGINE;
use super::base::{DWORD, ERROR_NO_MORE_ITEMS, NO_ERROR, PDWORD};
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::host_types::{MGM_HOST_BOUNDARY, PMGM_HOST_BOUNDARY};
use super::pointer::Place;
use crate::manager::{Boundary, Error};

/// Sets the TTL threshold of an interface: a packet is sent out of it only if its TTL, as
/// it came in, is greater than the threshold. It holds for every MFE, at once and without
/// a gap; MFEs themselves do not show it.
///
/// @param dwIfIndex The interface index, for all its next hops; not 0. Nobody need have
/// taken the interface; the threshold stays until the manager stops.
///
/// @param dwTtl 0 to 255. 1 is the default, and 0 the same: what would leave with TTL 0
/// stays. With 255 nothing leaves.
///
/// @par Threads
/// Any thread, also inside a callback. Starts the manager as a registration does.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER dwIfIndex 0, or dwTtl above 255.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, nothing changed.
///
/// @par Example
/// `wan` is the index of an interface.
///
/// ```c
/// // Packets leave by wan only if they came with a TTL above 15.
/// DWORD error = MgmHostSetThreshold(wan, 15);
/// printf("threshold: %u\n", error);
/// ```
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostSetThreshold(dwIfIndex: DWORD, dwTtl: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let ttl = u8::try_from(dwTtl).map_err(|_| Error::InvalidParameter)?;
        ENGINE.set_threshold(dwIfIndex, ttl)
    })
}

/// Reads the TTL threshold of an interface.
///
/// @param dwIfIndex The interface index, not 0.
///
/// @param pdwTtl Receives the threshold, 1 to 255.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer, or dwIfIndex 0.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostGetThreshold(dwIfIndex: DWORD, pdwTtl: PDWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: a DWORD to write.
        let place = unsafe { Place::new(pdwTtl) }?;
        place.set(u32::from(ENGINE.threshold(dwIfIndex)?));
        Ok(())
    })
}

/// Adds an administrative boundary: packets of these groups are not forwarded over the
/// interface, in neither direction. The interface is in no MFE's outgoing list for them,
/// and an MFE whose incoming interface it is forwards nothing. Memberships there are kept
/// and enumerated as ever, and have their effect once the boundary is deleted. MFEs that
/// are there change before the call returns, as by a membership that goes.
///
/// @param dwIfIndex The interface index, for all its next hops; not 0. Nobody need have
/// taken the interface; the boundary stays until the manager stops.
///
/// @param dwGroup,dwMask The groups, network byte order. With dwGroup 0 the mask is 0,
/// and all groups are meant; else a mask of 0 or 255.255.255.255 means one group, and a
/// contiguous shorter one a range within 224.0.0.0/4.
///
/// @par Threads
/// Any thread, also inside a callback. Starts the manager as a registration does.
///
/// @retval NO_ERROR Done, also when the boundary is there.
///
/// @retval ERROR_INVALID_PARAMETER dwIfIndex 0, or no groups in the way described.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, nothing changed.
///
/// @par Example
/// `wan` is the index of an interface.
///
/// ```c
/// // Groups of the organisation, 239.192.0.0/14, stay on this side of wan.
/// DWORD error = MgmHostAddBoundary(wan, inet_addr("239.192.0.0"), inet_addr("255.252.0.0"));
/// printf("boundary: %u\n", error);
/// ```
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostAddBoundary(dwIfIndex: DWORD, dwGroup: DWORD, dwMask: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.add_boundary(boundary(dwIfIndex, dwGroup, dwMask)?))
}

/// Deletes an administrative boundary. Interfaces come back into outgoing lists where
/// memberships want them and no other boundary keeps them out, before the call returns and
/// without a creation alert.
///
/// @param dwIfIndex,dwGroup,dwMask As MgmHostAddBoundary was given.
///
/// @par Threads
/// Any thread, also inside a callback. Starts the manager as a registration does.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER As MgmHostAddBoundary.
///
/// @retval ERROR_NOT_FOUND No such boundary, whatever others cover its groups.
///
/// @retval ERROR_CAN_NOT_COMPLETE Memory ran out, nothing changed.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostDeleteBoundary(dwIfIndex: DWORD, dwGroup: DWORD, dwMask: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.delete_boundary(boundary(dwIfIndex, dwGroup, dwMask)?))
}

/// Reads the administrative boundaries one after the other, in ascending order of interface
/// index, then group, then mask.
///
/// @param pBoundary A boundary, which need not be there; all 0 for the first. Receives
/// the one that follows, with mask 255.255.255.255 for one group.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_NO_MORE_ITEMS None follows, nothing is written.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @par Example
/// `wan` is the index of an interface.
///
/// ```c
/// MGM_HOST_BOUNDARY boundary = {0};
/// MgmHostAddBoundary(wan, inet_addr("239.255.0.0"), inet_addr("255.255.0.0"));
/// while (MgmHostGetNextBoundary(&boundary) == NO_ERROR) {
///     struct in_addr group = {.s_addr = boundary.dwGroup};
///     printf("interface %u: %s\n", boundary.dwIfIndex, inet_ntoa(group));
/// }
/// ```
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostGetNextBoundary(pBoundary: PMGM_HOST_BOUNDARY) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: a structure to read and write.
        let place = unsafe { Place::new(pBoundary) }?;
        let after = place.get();
        let after = (after.dwIfIndex, u32::from_be(after.dwGroup), u32::from_be(after.dwMask));
        let Some(next) = ENGINE.boundary_after(after) else { return Ok(ERROR_NO_MORE_ITEMS) };
        let (if_index, group, mask) = next.words();
        place.set(MGM_HOST_BOUNDARY { dwIfIndex: if_index, dwGroup: group.to_be(), dwMask: mask.to_be() });
        Ok(NO_ERROR)
    })
}

/// A boundary as a caller names it.
fn boundary(if_index: DWORD, group: DWORD, mask: DWORD) -> Result<Boundary, Error> {
    Boundary::new(if_index, u32::from_be(group), u32::from_be(mask))
}
