//! The worker thread: time-outs, repairs and, with the Linux forwarder, the kernel's
//! events. Started when there is something to wait for, ended with the last client.

use super::{Core, Engine, call::Call, clock::TICK, log::Level, thread};
use crate::alerts::Client;
use crate::forwarder::{
    Event, PacketReport, Route,
    linux::{BATCH, EventBatch, Events, WaitResult, Waker},
};
use std::time::Duration;

/// How soon something that failed is tried again, in milliseconds.
const RETRY: u64 = 1_000;

/// What the engine knows of its worker.
pub(super) struct Worker {
    alive: bool,
    /// A thread was made and has not come to its work yet.
    starting: bool,
    /// Told from every earlier worker, which ends when it sees another number here.
    generation: u32,
    /// Until when it sleeps; `None` when it waits for events alone.
    sleeps_until: Option<u64>,
    asleep: bool,
    /// Routes have to be looked at again.
    pub(super) routes_pending: bool,
    events: Option<Events>,
    waker: Option<Waker>,
}

impl Worker {
    pub(super) const fn new() -> Self {
        Self {
            alive: false,
            starting: false,
            generation: 0,
            sleeps_until: None,
            asleep: false,
            routes_pending: false,
            events: None,
            waker: None,
        }
    }

    /// Told from every earlier and later worker.
    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// The worker of this generation is awake; false when its time is over.
    pub(super) fn wakes(&mut self, generation: u32) -> bool {
        let is_its_time = self.generation == generation;
        if is_its_time {
            self.asleep = false;
        }
        is_its_time
    }

    /// Hands a kernel's events to the next worker.
    pub(super) fn set_events(&mut self, events: Events, waker: Waker) {
        self.events = Some(events);
        self.waker = Some(waker);
    }
}

impl<C: Client> Core<C> {
    /// Whether there is something to do at some time, or may be.
    fn has_work(&self) -> bool {
        let (_, _, mfes) = self.manager.sizes();
        self.ports.repair
            || self.worker.routes_pending
            || self.others.uncertain
            || (!self.clock.is_manual() && (mfes > 0 || self.restart.next_work().is_some()))
    }

    /// When there is something to do, in milliseconds of the clock.
    fn next_work(&mut self) -> Option<u64> {
        let retry = (self.ports.repair || self.worker.routes_pending).then(|| self.clock.now() + RETRY);
        let compare = self.others.uncertain.then_some(self.others.rest_until);
        let (_, _, mfes) = self.manager.sizes();
        // A manual clock's time-outs are run by whoever advances it.
        let by_itself = !self.clock.is_manual();
        let look = if by_itself && mfes > 0 { self.manager.next_look() } else { None };
        let adopted = if by_itself { self.restart.next_work() } else { None };
        retry.into_iter().chain(compare).chain(look).chain(adopted).min()
    }
}

impl<C: Client> Engine<C> {
    /// Starts a worker where there is work and none, and wakes one that would sleep too long.
    pub(super) fn wake_worker(&'static self, core: &mut Core<C>) {
        // One that is awake looks itself before it sleeps.
        if !core.has_work() || (core.worker.alive && !core.worker.asleep) {
            return;
        }
        let next = core.next_work();
        if !core.worker.alive {
            if next.is_some() {
                self.start_worker(core);
            }
            return;
        }
        let sleeps_too_long = |next: u64| core.worker.sleeps_until.is_none_or(|until| next < until);
        if next.is_some_and(sleeps_too_long) {
            core.worker.asleep = false;
            self.notify_worker(core);
        }
    }

    /// Starts the worker; says whether there is one.
    pub(super) fn start_worker(&'static self, core: &mut Core<C>) -> bool {
        core.worker.generation = core.worker.generation.wrapping_add(1);
        core.worker.starting = true;
        core.worker.alive = thread::spawn::<C, Working>(self);
        if !core.worker.alive {
            core.ports.log.add(Level::Error, format_args!("no thread could be started: entries will not time out"));
        }
        core.worker.alive
    }

    /// Ends the worker, without waiting: it may be in a callback.
    pub(super) fn stop_worker(&'static self, core: &mut Core<C>) {
        core.worker.generation = core.worker.generation.wrapping_add(1);
        core.worker.alive = false;
        core.worker.starting = false;
        core.worker.routes_pending = false;
        self.notify_worker(core);
        core.worker.events = None;
        core.worker.waker = None;
    }

    fn notify_worker(&'static self, core: &mut Core<C>) {
        self.timer.notify_all();
        if let Some(waker) = &core.worker.waker {
            waker.wake();
        }
    }
}

/// The worker.
struct Working;

impl<C: Client> thread::Body<C> for Working {
    fn run(engine: &'static Engine<C>) {
        let mut call = engine.enter();
        if !std::mem::take(&mut call.worker.starting) {
            // Stopped, and perhaps started anew, before this thread came to it.
            return;
        }
        let generation = call.worker.generation;
        let events = call.worker.events.take();
        drop(call);
        if let Some(events) = events {
            return work_with_kernel(engine, generation, events);
        }
        while let Some((mut call, sleep)) = engine.work(generation) {
            call.wait_for_timer(sleep);
            call.worker.asleep = false;
        }
    }
}

fn work_with_kernel<C: Client>(engine: &'static Engine<C>, generation: u32, mut events: Events) {
    let (mut batch, mut ahead) = (EventBatch::new(), RoutesAhead::new());
    while let Some((call, sleep)) = engine.work(generation) {
        drop(call);
        if let WaitResult::TimedOut = events.wait(sleep, &mut batch) {
            continue;
        }
        ahead.look_up(engine, generation, &batch, &mut events);
        // Links and addresses that change together make many of these: once is enough.
        let mut looked_at_all = false;
        for event in batch.as_slice() {
            let everything = matches!(event, Event::RoutesChanged { prefix_len: 0, .. });
            if everything && looked_at_all {
                continue;
            }
            if !engine.handle(event, generation, &ahead) {
                return;
            }
            looked_at_all |= everything;
        }
    }
}

/// The routes towards new sources of a batch's packets, looked up together and before the
/// lock is taken. What changes meanwhile is told of later, when the sources are in use.
pub(super) struct RoutesAhead {
    sources: [u32; BATCH],
    routes: [Option<Option<Route>>; BATCH],
    length: usize,
}

impl RoutesAhead {
    fn new() -> Self {
        Self { sources: [0; BATCH], routes: [None; BATCH], length: 0 }
    }

    fn look_up<C: Client>(
        &mut self,
        engine: &'static Engine<C>,
        generation: u32,
        batch: &EventBatch,
        events: &mut Events,
    ) {
        self.length = 0;
        let is_packet = |event: &Event| matches!(event, Event::NoEntry(_));
        if !batch.as_slice().iter().any(is_packet) {
            return;
        }
        let mut call = engine.enter();
        if !call.worker.wakes(generation) {
            return;
        }
        for event in batch.as_slice() {
            if let Event::NoEntry(PacketReport { source, .. }) = *event
                && !self.sources[..self.length].contains(&source)
                && !call.manager.knows_route(source)
            {
                self.sources[self.length] = source;
                self.routes[self.length] = None;
                self.length += 1;
            }
        }
        drop(call);
        if self.length > 0 {
            events.look_up(&self.sources[..self.length], &mut self.routes[..self.length]);
        }
    }

    /// The route towards a source, where it was found out whether there is one.
    pub(super) fn find(&self, source: u32) -> Option<Option<Route>> {
        let at = self.sources[..self.length].iter().position(|&other| other == source)?;
        self.routes[at]
    }
}

impl<C: Client> Engine<C> {
    /// Does what is due; gives how long to sleep, or `None` when the worker's time is over.
    fn work(&'static self, generation: u32) -> Option<(Call<C>, Option<Duration>)> {
        // A call of its own, so that its alerts go out before the worker sleeps.
        let mut call = self.enter();
        if !call.worker.wakes(generation) {
            return None;
        }
        call.run_repairs();
        call.run_reconcile();
        if !call.clock.is_manual() {
            call.run_adoption();
            call.run_due();
        }
        drop(call);
        let mut call = self.enter();
        if call.worker.generation != generation {
            return None;
        }
        let next = call.next_work();
        call.worker.sleeps_until = next;
        call.worker.asleep = true;
        let now = call.clock.now();
        // By then the clock has come to it.
        let sleep = next.map(|next| Duration::from_millis(next.saturating_sub(now).saturating_add(TICK)));
        Some((call, sleep))
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use crate::{
        alerts::Client,
        engine::{Engine, Level, Options},
        forwarder::{InterfaceKey, Route},
        manager::{Entry, Flags},
    };

    #[test]
    fn a_time_out_that_an_alert_shortens_is_not_slept_through() {
        #[derive(Clone, Copy)]
        struct Impatient;

        impl Client for Impatient {
            fn prune(&self, _: &Entry, _: InterfaceKey, membership: bool) -> Option<u32> {
                (!membership).then_some(1)
            }
        }

        let engine: &'static Engine<Impatient> = Box::leak(Box::new(Engine::new()));
        engine.start(Some(Options { log_level: Level::Off, ..Options::default() })).unwrap();
        engine.add_route(Route { if_index: 1, gateway: 0, network: 0x0A00_0000, prefix_len: 8, protocol: 3 }).unwrap();
        let on = |if_index| InterfaceKey { if_index, next_hop: 0 };
        let upstream = engine.register(Impatient, 100, 0).unwrap();
        let downstream = engine.register(Impatient, 101, 0).unwrap();
        engine.take(upstream, on(1)).unwrap();
        engine.take(downstream, on(2)).unwrap();
        let group = Entry::new(0, 0, 0xEF01_0101, 0).unwrap();
        engine.add(downstream, group, on(2), Flags::JOIN).unwrap();
        // From 10.0.0.1 to that group.
        let packet = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0x80, 0xD6, 10, 0, 0, 1, 239, 1, 1, 1];
        engine.receive(on(1), &packet).unwrap();
        while !engine.core.lock().unwrap().worker.asleep {
            std::thread::yield_now();
        }
        engine.delete(downstream, group, on(2), Flags::JOIN).unwrap();
        // Not by a call, which would have the worker look.
        let worker = &engine.core.lock().unwrap().worker;
        let wakes_soon = worker.sleeps_until.is_some_and(|until| until < 800_000);
        assert!(!worker.asleep || wakes_soon, "it sleeps until {:?}", worker.sleeps_until);
    }
}
