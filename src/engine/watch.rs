//! Clients that block: a thread that looks at the direct callbacks that are running
//! and names the client that holds one up for more than a second.

use super::{Core, Engine, log::Level, thread};
use crate::{alerts::Client, manager::ClientId};
use std::time::{Duration, Instant};

/// How long a direct callback may run without a word.
const SLOW: Duration = Duration::from_secs(1);
/// How many callbacks are watched at once; more threads than that go unwatched.
const WATCHED: usize = 16;
/// How many seconds without a callback the thread goes on looking, so that a busy
/// manager does not have to wake it for each.
const LINGER: u32 = 5;

#[derive(Clone, Copy)]
struct Running {
    client: ClientId,
    what: &'static str,
    since: Instant,
    reported: bool,
}

/// The direct callbacks that are running.
pub(super) struct Watch {
    running: [Option<Running>; WATCHED],
    alive: bool,
    /// The thread sleeps until it is told of a callback.
    parked: bool,
    slow: u64,
}

impl Watch {
    pub(super) const fn new() -> Self {
        Self { running: [None; WATCHED], alive: false, parked: false, slow: 0 }
    }

    /// How many callbacks blocked.
    pub(super) fn slow(&self) -> u64 {
        self.slow
    }

    /// Counts from zero again.
    pub(super) fn forget_slow(&mut self) {
        self.slow = 0;
    }

    fn start(&mut self, client: ClientId, what: &'static str) -> Option<usize> {
        let place = self.running.iter().position(Option::is_none)?;
        self.running[place] = Some(Running { client, what, since: Instant::now(), reported: false });
        Some(place)
    }

    pub(super) fn end(&mut self, place: Option<usize>) {
        if let Some(place) = place {
            self.running[place] = None;
        }
    }
}

impl<C: Client> Engine<C> {
    /// Starts watching a callback.
    pub(super) fn watch_callback(
        &'static self,
        core: &mut Core<C>,
        client: ClientId,
        what: &'static str,
    ) -> Option<usize> {
        if !core.watch.alive {
            core.watch.alive = thread::spawn::<C, Watcher>(self);
            if !core.watch.alive {
                core.ports.log.add(
                    Level::Warn,
                    format_args!("no thread to watch callbacks: a client that blocks will not be named"),
                );
            }
        }
        if core.watch.parked {
            self.watched.notify_one();
        }
        core.watch.start(client, what)
    }
}

/// The thread that looks. Ends when no client is left.
struct Watcher;

impl<C: Client> thread::Body<C> for Watcher {
    fn run(engine: &'static Engine<C>) {
        let mut idle = 0;
        loop {
            let mut call = engine.enter();
            if call.manager.live_clients() == 0 && call.watch.running.iter().all(Option::is_none) {
                call.watch.alive = false;
                return;
            }
            let wait = call.report_slow();
            idle = if wait.is_none() { idle + 1 } else { 0 };
            call.watch.parked = idle > LINGER;
            let wait = if idle > LINGER { None } else { Some(wait.unwrap_or(SLOW)) };
            // Its lines are written before it sleeps.
            call.write_log();
            call.wait_for_callback(wait);
            call.watch.parked = false;
        }
    }
}

impl<C: Client> Core<C> {
    /// Names the clients that block; says when the next may, if any callback runs.
    fn report_slow(&mut self) -> Option<Duration> {
        let mut next = None;
        for running in self.watch.running.iter_mut().flatten() {
            let time = running.since.elapsed();
            if time < SLOW {
                next = Some(next.map_or(SLOW - time, |other: Duration| other.min(SLOW - time)));
                continue;
            }
            next = next.or(Some(SLOW));
            if !running.reported {
                running.reported = true;
                self.watch.slow += 1;
                let (protocol, component) = self.manager.protocol_of(running.client).unwrap_or_default();
                self.ports.log.add(
                    Level::Warn,
                    format_args!(
                        "protocol {protocol:#x} component {component} has been blocking in its {} callback for over a \
                         second and holds up new entries: let the callback return sooner",
                        running.what
                    ),
                );
            }
        }
        next
    }
}
