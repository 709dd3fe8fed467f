//! What the host program sets for an interface: how far packets go.

use super::ENGINE;
use super::base::{DWORD, PDWORD};
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::pointer::Place;
use crate::manager::Error;

/// Sets the TTL threshold of an interface: a packet is sent out of it only if its TTL, as
/// it came in, is greater than the threshold. It holds for every MFE, at once and without
/// a gap; MFEs themselves do not show it.
///
/// dwIfIndex: the interface index, for all its next hops; not 0. Nobody need have taken
/// the interface; the threshold stays until the manager stops.
///
/// dwTtl: 0 to 255. 1 is the default, and 0 the same: what would leave with TTL 0 stays.
/// With 255 nothing leaves.
///
/// Any thread, also inside a callback. Starts the manager as a registration does.
///
/// Returns NO_ERROR; ERROR_INVALID_PARAMETER: dwIfIndex 0, or dwTtl above 255;
/// ERROR_CAN_NOT_COMPLETE: memory ran out, nothing changed.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostSetThreshold(dwIfIndex: DWORD, dwTtl: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let ttl = u8::try_from(dwTtl).map_err(|_| Error::InvalidParameter)?;
        ENGINE.set_threshold(dwIfIndex, ttl)
    })
}

/// Reads the TTL threshold of an interface.
///
/// dwIfIndex: the interface index, not 0.
///
/// pdwTtl: receives the threshold, 1 to 255.
///
/// Any thread, also inside a callback.
///
/// Returns NO_ERROR; ERROR_INVALID_PARAMETER: a NULL pointer, or dwIfIndex 0.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostGetThreshold(dwIfIndex: DWORD, pdwTtl: PDWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: a DWORD to write.
        let place = unsafe { Place::new(pdwTtl) }?;
        place.set(u32::from(ENGINE.threshold(dwIfIndex)?));
        Ok(())
    })
}
