//! Threads of the library: detached, without the host program's signals, and started
//! without an allocation that could abort.

use super::Engine;
use crate::alerts::Client;

/// What a thread does.
pub(super) trait Body<C: Client> {
    /// Runs in the new thread until its work is over.
    fn run(engine: &'static Engine<C>);
}

/// Starts a thread; says whether there is one.
#[cfg(all(unix, not(shuttle)))]
pub(super) fn spawn<C: Client, B: Body<C>>(engine: &'static Engine<C>) -> bool {
    use std::{ffi::c_void, mem::MaybeUninit, ptr};

    extern "C" fn run<C: Client, B: Body<C>>(engine: *mut c_void) -> *mut c_void {
        // SAFETY: `spawn` gives the address of an engine, which lives as long as the
        // process and is shared between threads by design.
        let engine = unsafe { &*engine.cast::<Engine<C>>() };
        // A panic must not unwind into the C library. The next call finds the lock
        // poisoned and recovers.
        let _ = std::panic::catch_unwind(|| B::run(engine));
        ptr::null_mut()
    }

    let argument = std::ptr::from_ref(engine).cast_mut().cast();
    let mut thread = MaybeUninit::uninit();
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: the signal sets and the thread's id are written before they are read: `before`
    // by a call that succeeded (a sandbox may forbid it). A thread inherits its maker's mask,
    // so the host's signals are blocked while it is made.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        let blocked = libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) == 0;
        let made = libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run::<C, B>, argument);
        if blocked {
            libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
        }
        if made == 0 {
            libc::pthread_detach(thread.assume_init());
        }
        made == 0
    }
}

/// Starts a thread; says whether there is one.
#[cfg(all(windows, not(shuttle)))]
pub(super) fn spawn<C: Client, B: Body<C>>(engine: &'static Engine<C>) -> bool {
    use std::{ffi::c_void, ptr};

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn CreateThread(
            attributes: *const c_void,
            stack: usize,
            start: extern "system" fn(*mut c_void) -> u32,
            argument: *mut c_void,
            flags: u32,
            id: *mut u32,
        ) -> *mut c_void;
        fn CloseHandle(handle: *mut c_void) -> i32;
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }
    /// Loaded for good.
    const PIN: u32 = 1;
    /// Said by an address in it.
    const FROM_ADDRESS: u32 = 4;

    extern "system" fn run<C: Client, B: Body<C>>(engine: *mut c_void) -> u32 {
        // SAFETY: `spawn` gives the address of an engine, which lives as long as the
        // process and is shared between threads by design.
        let engine = unsafe { &*engine.cast::<Engine<C>>() };
        // As elsewhere: the next call finds the lock poisoned and recovers.
        let _ = std::panic::catch_unwind(|| B::run(engine));
        0
    }

    let argument = ptr::from_ref(engine).cast_mut().cast();
    let start: extern "system" fn(*mut c_void) -> u32 = run::<C, B>;
    let mut module = ptr::null_mut();
    // SAFETY: the address is one of this module's, which is not unloaded once it is pinned:
    // the thread's code stays, and so does the engine. The arguments are as the functions
    // ask; the handle is closed once, which leaves the thread running.
    unsafe {
        if GetModuleHandleExW(PIN | FROM_ADDRESS, start as *const c_void, &raw mut module) == 0 {
            return false;
        }
        let thread = CreateThread(ptr::null(), 0, start, argument, 0, ptr::null_mut());
        !thread.is_null() && CloseHandle(thread) != 0
    }
}

/// Starts a thread; says whether there is one.
#[cfg(all(not(any(unix, windows)), not(shuttle)))]
pub(super) fn spawn<C: Client, B: Body<C>>(engine: &'static Engine<C>) -> bool {
    std::thread::Builder::new().spawn(move || B::run(engine)).is_ok()
}

/// Says that there is a thread, which sleeps all the time: a schedule has no time-outs.
#[cfg(shuttle)]
pub(super) fn spawn<C: Client, B: Body<C>>(_engine: &'static Engine<C>) -> bool {
    let _sleeps: fn(&'static Engine<C>) = B::run;
    true
}
