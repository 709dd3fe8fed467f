//! The panic guard around every exported function.

use super::ENGINE;
use super::base::{DWORD, ERROR_CAN_NOT_COMPLETE};
use super::error::{OutOfMemoryIs, Success, code};
use super::forwarder::is_inside;
use crate::manager::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of an exported function and makes a Windows code of its result: of no use
/// inside the program's own forwarder, which is called with the engine's lock held.
/// A panic in it ends here with ERROR_CAN_NOT_COMPLETE, and the engine is told, so
/// that it makes the manager consistent again.
pub fn guarded<S: Success>(out_of_memory: OutOfMemoryIs, body: impl FnOnce() -> Result<S, Error>) -> DWORD {
    if is_inside() {
        return ERROR_CAN_NOT_COMPLETE;
    }
    match contained(body) {
        Some(Ok(success)) => success.code(),
        Some(Err(error)) => code(error, out_of_memory),
        None => {
            // Telling must not be what ends the process either.
            let _ = contained(|| ENGINE.caught_panic());
            ERROR_CAN_NOT_COMPLETE
        }
    }
}

/// Runs the body; `None` when it panicked.
// The engine is told of every panic, so half-changed state does not go unnoticed.
fn contained<R>(body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // Dropping a payload runs code that may panic again, outside the guard.
            std::mem::forget(payload);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_pass_and_panics_end_here() {
        assert_eq!(contained(|| 5), Some(5));
        assert_eq!(contained(|| -> u32 { panic!("meant to") }), None);
    }

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("a second panic");
            }
        }
        let result = contained(|| std::panic::panic_any(Bomb));
        assert_eq!(result, None);
    }

    #[test]
    fn codes_come_out() {
        let memory = OutOfMemoryIs::CanNotComplete;
        assert_eq!(guarded(memory, || Ok(())), 0);
        assert_eq!(guarded(memory, || Ok(234)), 234);
        assert_eq!(guarded::<()>(memory, || Err(Error::NotFound)), 1168);
    }
}
