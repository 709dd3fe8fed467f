//! What a thread is in the middle of: calls of the manager, callbacks, and the
//! clients to which its calls owe alerts. No destructors, so no allocation.

use crate::{
    manager::{Popped, Touched},
    sync::thread_local,
};
use std::cell::Cell;

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static CALLBACKS: Cell<u32> = const { Cell::new(0) };
    static OWED: Cell<Touched> = const { Cell::new(Touched::NONE) };
}

/// This thread is in a call of the manager as long as this lives.
pub struct CallDepth(());

impl CallDepth {
    /// Enters a call.
    pub fn enter() -> Self {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        Self(())
    }
}

impl Drop for CallDepth {
    fn drop(&mut self) {
        CALLS.with(|calls| calls.set(calls.get() - 1));
    }
}

/// This thread is in a callback as long as this lives.
pub struct CallbackDepth(());

impl CallbackDepth {
    /// Enters a callback.
    pub fn enter() -> Self {
        CALLBACKS.with(|callbacks| callbacks.set(callbacks.get() + 1));
        Self(())
    }
}

impl Drop for CallbackDepth {
    fn drop(&mut self) {
        CALLBACKS.with(|callbacks| callbacks.set(callbacks.get() - 1));
    }
}

/// Whether the thread's current call was not made inside a callback.
pub fn in_outermost_call() -> bool {
    CALLS.with(Cell::get) == 1
}

/// Whether this thread is inside a callback.
pub fn in_callback() -> bool {
    CALLBACKS.with(Cell::get) > 0
}

/// The thread's call caused alerts to these clients.
pub fn owe(clients: Touched) {
    let mut owed = OWED.with(Cell::get);
    owed.merge(clients);
    OWED.with(|cell| cell.set(owed));
}

/// Takes one of the clients to whom this thread owes alerts.
pub fn pop_owed() -> Option<Popped> {
    let mut owed = OWED.with(Cell::get);
    let popped = owed.pop();
    OWED.with(|cell| cell.set(owed));
    popped
}
