//! The part of the host interface for a restart during which the kernel goes on
//! forwarding: see docs/restart.md.

use super::ENGINE;
use super::base::{DWORD, INT};
use super::error::OutOfMemoryIs;
use super::guard::guarded;
use super::pointer::Place;
use crate::forwarder::{ForwarderError, linux};
use crate::manager::Error;

/// Gives another descriptor of the kernel table's multicast routing socket, to be stored
/// elsewhere: with the service manager, or in another process. As long as it is open
/// somewhere, the kernel goes on forwarding when this process ends in any way but an
/// orderly stop (MgmHostStop, or the last MgmDeRegisterMProtocol), which empties the table.
///
/// @param pnSocket Receives the descriptor, which is the caller's to close. It is closed
/// on exec. It may be passed on and closed, nothing else.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER A NULL pointer.
///
/// @retval ERROR_CAN_NOT_COMPLETE The kernel's table is not open, or no descriptor can be
/// had.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MgmHostGetRoutingSocket(pnSocket: *mut INT) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        // SAFETY: NULL, or as the header asks: an int to write.
        let place = unsafe { Place::new(pnSocket) }?;
        ENGINE.share_socket().map(|socket| place.set(linux::into_number(socket)))
    })
}

/// Leaves the kernel's table as it is, for another process that has or gets a descriptor
/// from MgmHostGetRoutingSocket. From its return on this process changes nothing in the
/// kernel and reads no packets of it; the protocols may go on in memory, release and
/// deregister as always. Nobody can register until the last one has deregistered.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_CAN_NOT_COMPLETE The kernel's table is not open.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostDetach() -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.detach())
}

/// Says, before the start, that the kernel's table is to be taken over from another
/// process with all that is in it. The start (MgmHostStart or the first registration, with
/// the kernel forwarder) fails with ERROR_CAN_NOT_COMPLETE when the descriptor is not what
/// it should be; the log says why, nothing is changed, and the next start is an ordinary
/// one. Without this call the start takes over the descriptor that is named "mgm" in
/// systemd's LISTEN_FDNAMES, if there is one.
///
/// The entries forward on as they are. A membership that is added or deleted changes those
/// it covers at once. When the time is over, or at MgmHostTakeOverDone, each becomes an
/// MFE as for a packet (RPF callback, creation alerts), without a gap in its forwarding
/// and its statistics; those without a packet since the start are removed.
///
/// @param nSocket A descriptor from MgmHostGetRoutingSocket of the process that had the
/// table, and that detached or ended. It is duplicated and stays the caller's. -1: the
/// one that systemd passes, if there is one.
///
/// @param dwSeconds How long the entries stay as they are: as long as the protocols need
/// to take their interfaces and learn the memberships. 0xFFFFFFFF: what MGM_GRACE says,
/// else 60.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_INVALID_PARAMETER No open descriptor.
///
/// @retval ERROR_ALREADY_EXISTS The manager is started.
///
/// @retval ERROR_CAN_NOT_COMPLETE A descriptor elsewhere than on Linux, or
/// none left.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostTakeOver(nSocket: INT, dwSeconds: DWORD) -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || {
        let socket = match nSocket {
            -1 => None,
            number => Some(linux::duplicate(number).map_err(|error| match error {
                ForwarderError::HandedOver(_) => Error::InvalidParameter,
                _ => Error::CanNotComplete,
            })?),
        };
        ENGINE.take_over(socket, (dwSeconds != DWORD::MAX).then_some(dwSeconds))
    })
}

/// Says that the protocols have learnt all they need: the entries that were taken over
/// become MFEs now, on a thread of the manager, also after this has returned.
///
/// @par Threads
/// Any thread, also inside a callback.
///
/// @retval NO_ERROR Done.
///
/// @retval ERROR_CAN_NOT_COMPLETE Nothing was taken over, or that is over.
#[unsafe(no_mangle)]
pub extern "system" fn MgmHostTakeOverDone() -> DWORD {
    guarded(OutOfMemoryIs::CanNotComplete, || ENGINE.take_over_done())
}
