//! What a thread is in the middle of: calls of the manager, callbacks, and the
//! clients to which its calls owe alerts. No destructors, so no allocation.

use crate::{manager::Touched, sync::thread_local};
use std::cell::Cell;

/// In one place: finding a thread's own takes a shared library some time.
struct Thread {
    calls: Cell<u32>,
    callbacks: Cell<u32>,
    writes: Cell<bool>,
    owed: Cell<Touched>,
}

thread_local! {
    static THREAD: Thread =
        const {
            Thread {
                calls: Cell::new(0),
                callbacks: Cell::new(0),
                writes: Cell::new(false),
                owed: Cell::new(Touched::NONE),
            }
        };
}

/// This thread is in a call of the manager as long as this lives.
pub struct CallDepth(());

impl CallDepth {
    /// Enters a call.
    pub fn enter() -> Self {
        THREAD.with(|thread| thread.calls.set(thread.calls.get() + 1));
        Self(())
    }
}

impl Drop for CallDepth {
    fn drop(&mut self) {
        THREAD.with(|thread| thread.calls.set(thread.calls.get() - 1));
    }
}

/// Runs a callback, which this thread then is in.
pub fn as_callback<R>(callback: impl FnOnce() -> R) -> R {
    struct Depth<'a>(&'a Cell<u32>);

    impl Drop for Depth<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }

    THREAD.with(|thread| {
        thread.callbacks.set(thread.callbacks.get() + 1);
        let _depth = Depth(&thread.callbacks);
        callback()
    })
}

/// This thread writes log lines as long as this lives.
pub struct Writing(());

impl Writing {
    /// Begins; `None` where the thread writes lines already, and is inside their receiver.
    pub fn begin() -> Option<Self> {
        THREAD.with(|thread| (!thread.writes.replace(true)).then(|| Self(())))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        THREAD.with(|thread| thread.writes.set(false));
    }
}

/// Whether this thread is inside a callback.
pub fn in_callback() -> bool {
    THREAD.with(|thread| thread.callbacks.get() > 0)
}

/// The thread's call caused alerts to these clients.
pub fn owe(clients: Touched) {
    if clients != Touched::NONE {
        THREAD.with(|thread| thread.owe(clients));
    }
}

/// At the end of a call that caused alerts to these clients: to whom this thread owes
/// alerts now. Nobody where the call was made inside a callback, as it goes on owing them.
pub fn settle(clients: Touched) -> Touched {
    THREAD.with(|thread| {
        thread.owe(clients);
        if thread.calls.get() == 1 { thread.owed.replace(Touched::NONE) } else { Touched::NONE }
    })
}

impl Thread {
    fn owe(&self, clients: Touched) {
        if clients != Touched::NONE {
            let mut owed = self.owed.get();
            owed.merge(clients);
            self.owed.set(owed);
        }
    }
}
