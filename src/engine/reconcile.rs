//! The kernel's table compared with what is wanted: at the start, on demand, when
//! somebody else touched it, and when reports were lost.

use super::{Core, call::Call, log::Level};
use crate::{
    alerts::Client,
    forwarder::{
        ForwarderError,
        linux::{Checked, Foreign, Found, Linux, TableReader, VifChanges},
    },
    manager::{Error, Flow},
};
use std::net::Ipv4Addr;

/// How many entries are compared before other threads are let in.
const BATCH: usize = 64;
/// The log tells what others did at most once in so many milliseconds.
const SAID_EVERY: u64 = 60_000;
/// How long the table is left alone after a comparison that took one millisecond.
const REST: u64 = 20;
/// The least time between two comparisons for reports that were lost.
const REST_AT_LEAST: u64 = 1_000;

/// What a comparison found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reconciled {
    /// Entries that were wanted and compared.
    pub entries: u32,
    /// Of those: missing or different, and repaired.
    pub repaired: u32,
    /// Entries that somebody else made; removed or kept, as was chosen.
    pub foreign: u32,
    /// Interfaces whose VIF was put right.
    pub interfaces: u32,
}

/// What others do to the table.
pub(super) struct Others {
    /// Entries of ours that were repaired.
    pub(super) repaired: u64,
    /// Entries of theirs that were found at the start or removed.
    pub(super) foreign: u64,
    /// VIFs that were put right, and theirs that were removed.
    pub(super) interfaces: u64,
    /// Comparisons of the whole table.
    pub(super) reconciled: u64,
    /// The table has to be compared.
    pub(super) uncertain: bool,
    /// Somebody reads the whole table.
    reading: bool,
    /// Not before this time.
    pub(super) rest_until: u64,
    told_at: Option<u64>,
    /// What was repaired and foreign then.
    told: (u64, u64),
}

impl Others {
    pub(super) const fn new() -> Self {
        Self {
            repaired: 0,
            foreign: 0,
            interfaces: 0,
            reconciled: 0,
            uncertain: false,
            reading: false,
            rest_until: 0,
            told_at: None,
            told: (0, 0),
        }
    }

    /// Nobody works on the table any more.
    pub(super) fn abandon(&mut self) {
        self.uncertain = false;
        self.reading = false;
    }

    pub(super) fn count_interfaces(&mut self, changes: &VifChanges) {
        self.interfaces += u64::from(changes.repaired) + u64::from(changes.foreign);
    }
}

impl<C: Client> Core<C> {
    /// Says what was in the table when it was taken.
    pub(super) fn tell_found(&mut self, found: &Found, foreign: Foreign, table: u32) {
        let Found { entries, more, interfaces, first } = *found;
        if entries == 0 && interfaces == 0 {
            return;
        }
        let what = if foreign == Foreign::Keep { "kept" } else { "removed" };
        let more = if more { " or more" } else { "" };
        self.others.foreign += entries as u64;
        self.others.told.1 += entries as u64;
        self.ports.log.add(
            Level::Warn,
            format_args!(
                "multicast table {table} held {entries}{more} entries and {interfaces} interfaces of others, {what}{}",
                Names(&first[..entries.min(first.len())])
            ),
        );
    }

    /// Compares the kernel's entry for a flow with the wanted one, and repairs it.
    pub(super) fn check_entry(&mut self, flow: Flow) -> Option<Checked> {
        let now = self.clock.now();
        let wanted = self.manager.mfe(flow, now);
        if wanted.is_none() && self.is_adopted(flow) {
            return Some(Checked::Right);
        }
        let super::ports::Backend::Linux(linux) = &mut self.ports.backend else { return None };
        let checked = match &wanted {
            Some(view) => linux.check(flow.source, flow.group, Some((view.iif(), &mut view.oifs()))),
            None => linux.check(flow.source, flow.group, None),
        };
        let keeps = linux.foreign() == Foreign::Keep;
        match checked {
            Ok(Checked::Repaired) => {
                self.others.repaired += 1;
                self.tell_others(flow);
            }
            // What is kept is told and counted once, at the start.
            Ok(Checked::Foreign) if !keeps => {
                self.others.foreign += 1;
                self.tell_others(flow);
            }
            Ok(Checked::Right | Checked::Foreign) => {}
            Err(error) => {
                // Out of memory, most likely: all is tried again.
                self.others.uncertain = true;
                self.entry_failed(flow, &error);
            }
        }
        checked.ok()
    }

    fn entry_failed(&mut self, flow: Flow, error: &ForwarderError) {
        let (source, group) = (Ipv4Addr::from(flow.source), Ipv4Addr::from(flow.group));
        self.ports
            .failed(format_args!("the entry ({source}, {group}) could not be compared, it is tried again"), error);
    }

    fn tell_others(&mut self, flow: Flow) {
        let now = self.clock.now();
        if self.others.told_at.is_some_and(|at| now < at + SAID_EVERY) {
            return;
        }
        let (repaired, foreign) = (self.others.repaired, self.others.foreign);
        let told = std::mem::replace(&mut self.others.told, (repaired, foreign));
        self.others.told_at = Some(now);
        let (repaired, foreign) = (repaired - told.0, foreign - told.1);
        self.ports.log.add(
            Level::Warn,
            format_args!(
                "somebody else changed the multicast table: {repaired} entries repaired, {foreign} others removed{}",
                Names(&[(flow.source, flow.group)])
            ),
        );
    }
}

impl<C: Client> Call<C> {
    /// Compares the table when reports of it were lost, and some time has passed.
    pub(super) fn run_reconcile(&mut self) {
        let now = self.clock.now();
        if !self.others.uncertain || (now < self.others.rest_until && !self.clock.is_manual()) {
            return;
        }
        self.others.uncertain = false;
        if self.reconcile().is_err() {
            self.others.uncertain = self.linux().is_some();
        }
        let end = self.clock.now();
        self.others.rest_until = end + (REST * (end - now)).max(REST_AT_LEAST);
    }

    /// Compares the whole table with what is wanted, and makes it so.
    ///
    /// # Errors
    /// CanNotComplete (not the kernel forwarder; the table could not be read), OutOfMemory.
    pub(super) fn reconcile(&mut self) -> Result<Reconciled, Error> {
        let mut result = Reconciled::default();
        let changes = self.check_interfaces().ok_or(Error::CanNotComplete)?;
        result.interfaces = changes.repaired + changes.back().count() as u32;
        self.follow(&changes);
        let strangers = self.entries_of_nobody()?;
        for part in strangers.chunks(BATCH) {
            for &flow in part {
                if self.check_entry(flow) == Some(Checked::Foreign) {
                    result.foreign += 1;
                }
            }
            self.breathe();
        }
        let mut last = None;
        while let Some(flow) = self.manager.flow_after(last) {
            match self.check_entry(flow) {
                Some(Checked::Repaired) => result.repaired += 1,
                Some(_) => {}
                None => return Err(Error::CanNotComplete),
            }
            result.entries += 1;
            last = Some(flow);
            if (result.entries as usize).is_multiple_of(BATCH) {
                self.breathe();
            }
        }
        self.others.reconciled += 1;
        Ok(result)
    }

    /// The flows in the kernel's table that the manager has no entry for.
    fn entries_of_nobody(&mut self) -> Result<Vec<Flow>, Error> {
        // One at a time. Whoever has it calls nobody, so that waiting ends.
        while self.others.reading {
            self.wait_until_quiet();
        }
        let generation = self.worker.generation();
        let mut reader = self.linux().and_then(Linux::take_reader).ok_or(Error::CanNotComplete)?;
        self.others.reading = true;
        let result = self.read_all(&mut reader, generation);
        self.others.reading = false;
        if self.worker.generation() == generation
            && let Some(linux) = self.linux()
        {
            linux.give_reader(reader);
        }
        self.engine.all_quiet();
        result
    }

    fn read_all(&mut self, reader: &mut TableReader, generation: u32) -> Result<Vec<Flow>, Error> {
        let mut strangers = Vec::new();
        let mut part: Vec<Flow> = Vec::new();
        let failed = |call: &mut Self, error: ForwarderError| {
            call.ports.failed(format_args!("the kernel's table could not be read"), &error);
            Error::CanNotComplete
        };
        self.unlocked(|| reader.start()).map_err(|error| failed(self, error))?;
        let mut more = true;
        while more {
            part.clear();
            let mut fits = true;
            let read = self.unlocked(|| {
                reader.next(|source, group| {
                    fits &= part.try_reserve(1).is_ok();
                    if fits {
                        part.push(Flow { source, group });
                    }
                })
            });
            more = read.map_err(|error| failed(self, error))?;
            if self.worker.generation() != generation {
                return Err(Error::CanNotComplete);
            }
            for &flow in &part {
                let now = self.clock.now();
                if self.manager.mfe(flow, now).is_none() {
                    fits &= strangers.try_reserve(1).is_ok();
                    if fits {
                        strangers.push(flow);
                    }
                }
            }
            if !fits {
                return Err(Error::OutOfMemory);
            }
        }
        Ok(strangers)
    }
}

/// Shows flows behind a sentence.
struct Names<'a>(&'a [(u32, u32)]);

impl std::fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, &(source, group)) in self.0.iter().enumerate() {
            let start = if at == 0 { ": " } else { ", " };
            write!(f, "{start}({}, {})", Ipv4Addr::from(source), Ipv4Addr::from(group))?;
        }
        Ok(())
    }
}
