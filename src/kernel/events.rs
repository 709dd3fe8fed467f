//! What the kernel noticed by itself, for the thread that waits for it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use super::monitor::{Change, Monitor, Prefix};
use super::mroute::MrouteSocket;
use super::reader::Reader;
use super::routes::RouteSocket;
use super::rpf_table::RpfTable;
use super::sys::{SysError, SysResult};
use super::table_monitor::{TableMonitor, Touch};
use super::wake::WakeSource;
use crate::forwarder::{Event, Route};

/// Events that one wait returns at most.
pub const BATCH: usize = 64;

/// Route and interface changes in one batch at most: packets must not wait behind a routing
/// daemon that fills its table.
const ROUTES: usize = BATCH / 2;

/// Places filled when no more of the table's changes are read: the same for those.
const TOUCHES: usize = BATCH * 3 / 4;

/// Between two looks where the system does not let us wait.
const PAUSE: Duration = Duration::from_millis(100);

/// Places in a batch that are for wrong-interface reports alone; they have the others
/// too where no packets without an entry wait.
const WRONG: usize = 8;

/// Events in a fixed buffer, for [`Events::wait`] to fill.
pub struct EventBatch {
    events: [Event; BATCH],
    length: usize,
}

impl EventBatch {
    /// An empty batch.
    pub const fn new() -> Self {
        Self { events: [Event::Lost(0); BATCH], length: 0 }
    }

    /// The events, the oldest first; packets without an entry come in no order.
    pub fn as_slice(&self) -> &[Event] {
        &self.events[..self.length]
    }

    fn room(&self) -> usize {
        BATCH - self.length
    }

    fn push(&mut self, event: Event) {
        if let Some(place) = self.events.get_mut(self.length) {
            *place = event;
            self.length += 1;
        }
    }
}

impl Default for EventBatch {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// The batch holds events; there may be more.
    Events,
    /// The time was over; the batch is empty.
    TimedOut,
    /// A [`Waker`](super::wake::Waker) was used; the batch may hold events too.
    Woken,
}

/// The kernel's events for one forwarder. Owns its descriptors, so it can move to
/// another thread and outlive the forwarder: then only a waker ends a wait.
pub struct Events {
    reader: Reader,
    monitor: Monitor,
    table: TableMonitor,
    /// Readable while the table of the multicast view has changes to read.
    rpf: Option<OwnedFd>,
    /// Unless the routes of that table count.
    routes: Option<RouteSocket>,
    wake: WakeSource,
}

impl Events {
    pub(crate) fn open(
        socket: &MrouteSocket,
        table: u32,
        rpf: Option<&RpfTable>,
        wake: &WakeSource,
    ) -> SysResult<Self> {
        Ok(Self {
            reader: Reader::open(socket)?,
            monitor: Monitor::open()?,
            table: TableMonitor::open(table)?,
            rpf: rpf.map(RpfTable::readiness).transpose()?,
            routes: if rpf.is_none() { Some(RouteSocket::open()?) } else { None },
            wake: wake.share(),
        })
    }

    /// Waits until there are events, `timeout` is over (`None`: never) or somebody
    /// uses the waker. Empties `batch` first. Allocates nothing.
    pub fn wait(&mut self, timeout: Option<Duration>, batch: &mut EventBatch) -> WaitResult {
        batch.length = 0;
        // A time too far away to express is never.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            // By the last read: by now no packet waits for what is made of it.
            let lost = self.reader.lost();
            if lost > 0 {
                batch.push(Event::ReportsLost(lost));
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let more = batch.length > 0 || self.monitor.has_more() || self.reader.holds_any();
            let ready = self.poll(if more { Some(Duration::ZERO) } else { left });
            if ready.routes || self.monitor.has_more() {
                let before = batch.length;
                self.read_routes(batch);
                if batch.length > before {
                    self.reader.await_route_changes();
                }
            }
            if ready.rpf {
                batch.push(Event::RpfTableChanged);
            }
            // Before the upcalls: the packet after a deletion is not the first to tell of it.
            if ready.table {
                self.read_table(batch);
            }
            if ready.upcalls {
                self.read_upcalls(batch);
            }
            self.take_upcalls(batch);
            if ready.woken {
                self.wake.drain();
                return WaitResult::Woken;
            }
            if batch.length > 0 {
                return WaitResult::Events;
            }
            // What was ready may have been nothing of interest, or a signal came.
            if left.is_some_and(|left| left.is_zero()) {
                return WaitResult::TimedOut;
            }
        }
    }

    /// Looks several routes up at once, as [`Forwarder::route`](crate::forwarder::Forwarder::route)
    /// does, but without the forwarder. What is `None` afterwards is to be asked of that.
    /// Changes of what is found are told by a later [`wait`](Self::wait).
    pub fn look_up(&mut self, sources: &[u32], routes: &mut [Option<Option<Route>>]) {
        if let Some(socket) = &mut self.routes {
            socket.lookup_all(sources, routes);
        }
    }

    fn poll(&self, left: Option<Duration>) -> Ready {
        let entry = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // The system ignores an entry for -1.
        let rpf = self.rpf.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        let mut entries = [
            entry(self.reader.fd()),
            entry(self.monitor.fd()),
            entry(self.table.fd()),
            entry(self.wake.fd()),
            entry(rpf),
        ];
        let limit = left.map(timespec);
        let limit = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: `entries` and `limit` live through the call; the kernel writes
        // only the four revents. No signal mask is given.
        let count =
            unsafe { libc::ppoll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, limit, std::ptr::null()) };
        if count < 0 {
            // Else as in a sandbox that sets RLIMIT_NOFILE to 0.
            if SysError::last("waiting for events").errno != libc::EINTR {
                std::thread::sleep(left.map_or(PAUSE, |left| left.min(PAUSE)));
            }
            // The kernel has written nothing. No read waits.
            let (woken, rpf) = (self.wake.drain(), self.rpf.is_some());
            return Ready { upcalls: true, routes: true, table: true, woken, rpf };
        }
        let ready = |at: usize| entries[at].revents != 0;
        Ready { upcalls: ready(0), routes: ready(1), table: ready(2), woken: ready(3), rpf: ready(4) }
    }

    fn read_routes(&mut self, batch: &mut EventBatch) {
        let mut last = Change::Nothing;
        let everything = Change::Routes(Prefix::ALL);
        // Bounded also when every notification is irrelevant.
        for _ in 0..4 * ROUTES {
            // A loss takes three places.
            if batch.length + 3 > ROUTES {
                return;
            }
            let change = match self.monitor.read() {
                Change::Nothing => return,
                Change::Irrelevant => continue,
                Change::Lost => {
                    batch.push(Event::Lost(1));
                    batch.push(Event::TableUncertain);
                    everything
                }
                change => change,
            };
            // One 0/0 covers the routes that follow it: nobody has looked yet.
            if last == change || (last == everything && matches!(change, Change::Routes(_))) {
                continue;
            }
            match change {
                Change::Routes(Prefix { network, length }) => {
                    batch.push(Event::RoutesChanged { network, prefix_len: length });
                }
                Change::Link(if_index, change) => batch.push(Event::InterfaceChanged { if_index, change }),
                _ => {}
            }
            last = change;
        }
    }

    fn read_table(&mut self, batch: &mut EventBatch) {
        for _ in 0..4 * BATCH {
            if batch.length >= TOUCHES {
                return;
            }
            match self.table.read() {
                Touch::Nothing => return,
                Touch::Irrelevant => {}
                Touch::Entry { source, group, deleted } => {
                    batch.push(Event::EntryChanged { source, group, deleted });
                }
                Touch::Lost => batch.push(Event::TableUncertain),
            }
        }
    }

    fn read_upcalls(&mut self, batch: &mut EventBatch) {
        self.reader.read();
        let skipped = self.reader.skipped();
        if skipped > 0 {
            batch.push(Event::Skipped(skipped));
        }
    }

    fn take_upcalls(&mut self, batch: &mut EventBatch) {
        while batch.room() > WRONG
            && let Some(report) = self.reader.pop_new()
        {
            batch.push(Event::NoEntry(report));
        }
        while batch.room() > 0
            && let Some(report) = self.reader.pop_wrong()
        {
            batch.push(Event::WrongInterface(report));
        }
    }
}

struct Ready {
    upcalls: bool,
    routes: bool,
    table: bool,
    woken: bool,
    rpf: bool,
}

/// Never rounds up to an invalid value; a time beyond the type is as good as never.
fn timespec(time: Duration) -> libc::timespec {
    // SAFETY: timespec is a plain C structure; some systems pad it.
    let mut result: libc::timespec = unsafe { std::mem::zeroed() };
    result.tv_sec = time.as_secs().try_into().unwrap_or(libc::time_t::MAX);
    result.tv_nsec = time.subsec_nanos() as _;
    result
}
