//! Calling clients: direct callbacks in the middle of a request, alerts at the end of
//! a thread's outermost call. Never with the lock held.

use super::call::Call;
use crate::{
    alerts::{Client, CreationAlert, RpfQuery, as_callback, settle},
    manager::{Alert, Answer, ClientId, Direct, Flow, PacketHeader, Popped, Touched},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

impl<C: Client> Call<C> {
    /// Makes a direct callback and brings the answer.
    pub(super) fn call_direct(&mut self, client: ClientId, direct: Direct) -> Answer {
        let Some(callbacks) = self.delivery.start_callback(client) else { return Answer::Nothing };
        self.direct_callbacks += 1;
        let engine = self.engine;
        let watched = engine.watch_callback(self, client, name_of(&direct));
        self.write_log();
        let answer = self.unlocked(|| as_callback(|| catch_unwind(AssertUnwindSafe(|| ask(&callbacks, direct)))));
        self.watch.end(watched);
        self.end_callback(client);
        answer.unwrap_or(Answer::Nothing)
    }

    /// Delivers the alerts that this thread's calls caused, as far as no other thread
    /// is at it.
    pub(super) fn deliver_owed(&mut self, mut owed: Touched) {
        while let Some(popped) = owed.pop() {
            match popped {
                Popped::Client(index) => self.deliver(index),
                Popped::From(first) => (first..self.manager.client_bound()).for_each(|index| self.deliver(index)),
            }
            // What was caused meanwhile, inside callbacks too.
            owed.merge(settle(self.manager.take_touched()));
        }
    }

    fn deliver(&mut self, index: u32) {
        let Some((client, callbacks)) = self.delivery.start_delivering(index) else { return };
        // A client that has gone meanwhile is not there any more, though its place may be another's.
        while self.delivery.is_open(client)
            && let Some(alert) = self.manager.pop_alert(index)
        {
            let header = match alert {
                Alert::WrongInterface { header, .. } => self.manager.take_header(header),
                _ => None,
            };
            self.alerts += 1;
            let tell = || tell(&callbacks, &alert, header.as_ref());
            let timeout = self.unlocked(|| as_callback(|| catch_unwind(AssertUnwindSafe(tell)).unwrap_or(None)));
            if let Some((flow, incarnation, seconds)) = timeout {
                let now = self.clock.now();
                self.manager.prune_timeout(flow, incarnation, seconds, now);
                // It may be due before what the worker sleeps for.
                let engine = self.engine;
                engine.wake_worker(self);
            }
        }
        if self.delivery.stop_delivering(client) {
            self.bury(client);
        }
        self.write_log();
    }

    fn end_callback(&mut self, client: ClientId) {
        if self.delivery.end_callback(client) {
            self.bury(client);
        }
    }

    /// A client that deregistered has no callback running: its place is free.
    pub(super) fn bury(&mut self, client: ClientId) {
        self.delivery.remove(client);
        self.manager.reap(client);
        self.engine.quiet.notify_all();
    }
}

fn name_of(direct: &Direct) -> &'static str {
    match direct {
        Direct::Rpf { .. } => "RPF",
        Direct::Creation { .. } => "creation alert",
        Direct::DisableIgmp(_) => "disable-IGMP",
        Direct::EnableIgmp(_) => "enable-IGMP",
    }
}

fn ask<C: Client>(client: &C, direct: Direct) -> Answer {
    match direct {
        Direct::Rpf { flow, iif, upstream, header, route } => {
            let header = header.as_ref().map_or(&[][..], PacketHeader::as_bytes);
            let mut query = RpfQuery { source: flow.source, group: flow.group, iif, upstream, header, route };
            client.rpf(&mut query);
            Answer::Rpf(query.iif, query.upstream)
        }
        Direct::Creation { flow, iif, mut oifs } => {
            let mut alert = CreationAlert::new(flow.source, flow.group, iif, &mut oifs);
            match client.creation(&mut alert) {
                Ok(()) => Answer::Creation(oifs),
                Err(crate::alerts::OutOfMemory) => Answer::OutOfMemory,
            }
        }
        Direct::DisableIgmp(interface) => {
            client.disable_igmp(interface);
            Answer::Nothing
        }
        Direct::EnableIgmp(interface) => {
            client.enable_igmp(interface);
            Answer::Nothing
        }
    }
}

/// Delivers one alert. A prune alert about forwarding may answer with a time-out.
fn tell<C: Client>(client: &C, alert: &Alert, header: Option<&PacketHeader>) -> Option<(Flow, u32, u32)> {
    match alert {
        Alert::Join { entry, membership } => client.join(entry, *membership),
        Alert::LocalJoin { entry, interface } => client.local_join(entry, *interface),
        Alert::LocalLeave { entry, interface } => client.local_leave(entry, *interface),
        Alert::WrongInterface { source, group, interface, .. } => {
            let header = header.map_or(&[][..], PacketHeader::as_bytes);
            client.wrong_interface(*source, *group, *interface, header);
        }
        Alert::Prune { entry, interface, membership, incarnation } => {
            let seconds = client.prune(entry, *interface, *membership).filter(|_| !membership)?;
            let flow = Flow { source: entry.source(), group: entry.group() };
            return Some((flow, *incarnation, seconds));
        }
    }
    None
}
