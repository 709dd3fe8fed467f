//! Reads the upcalls from a multicast routing socket into queues of this process: those
//! of packets without an entry, and within a budget those of packets on a wrong
//! interface.
//!
//! The kernel forgets a packet whose upcall it cannot queue (the flow's next one makes a
//! new upcall), so its small buffer is emptied before anything else is done.

use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use super::mroute::{MrouteSocket, UPCALL};
use super::sys::{self, SysError, SysResult};
use super::uapi;
use super::upcall::{self, Message};
use crate::forwarder::PacketReport;

/// Upcalls read by one system call.
const READ: usize = 16;

/// Such calls at once: other events must have their turn also where reports come
/// faster than they can be read.
const READS: usize = 64;

/// The time in which the kernel reports each entry once, wherever its packets come in.
const WINDOW: Duration = Duration::from_secs(3);

/// Wrong-interface reports in one such time: with more such entries each is reported
/// less often, however many there are.
const WRONG_PER_WINDOW: u32 = 2048;

/// Wrong-interface reports for which there is room: what one window may bring.
const WRONG_HELD: usize = WRONG_PER_WINDOW as usize;

/// Packets without an entry for which there is room; memory that is not used before.
const NEW_HELD: usize = 16 * 1024;

/// One in so many packets without an entry is the one that has waited longest, or those of
/// a burst could wait for its end. It is the one for which the kernel looks longest.
const OLDEST_EVERY: u32 = 32;

type Reports = VecDeque<PacketReport>;

/// The reader.
pub(crate) struct Reader {
    socket: OwnedFd,
    /// The socket's count of dropped messages when it was last seen.
    dropped: u32,
    /// Something was read since then.
    has_read: bool,
    new: NewReports,
    wrong: WrongReports,
}

impl Reader {
    pub(crate) fn open(socket: &MrouteSocket) -> SysResult<Self> {
        let socket = socket.reader()?;
        // Drops before this moment were nobody's loss: there was no VIF yet.
        let dropped = sys::receive_state(&socket).map_or(0, |state| state.dropped);
        Ok(Self { socket, dropped, has_read: false, new: NewReports::new()?, wrong: WrongReports::new()? })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Waits until the changes of routes that were told are made: the kernel tells of a
    /// deletion before it deletes, and a lookup in between finds the old route. Who changes
    /// routes holds a lock (RTNL) that each option of multicast routing takes too; one
    /// without a value is refused and changes nothing.
    pub(crate) fn await_route_changes(&self) {
        let doing = "waiting for a change of routes";
        let _ = sys::set_option(&self.socket, libc::IPPROTO_IP, uapi::MRT_DEL_VIF, &(), doing);
    }

    /// Reads upcalls until none is left, there is no room, or it has read enough.
    pub(crate) fn read(&mut self) {
        self.has_read = true;
        self.wrong.begin(Instant::now());
        for _ in 0..READS {
            let wanted = READ.min(NEW_HELD - self.new.held.len());
            if wanted == 0 || self.read_some(wanted) < wanted {
                return;
            }
        }
    }

    /// Whether upcalls are held.
    pub(crate) fn holds_any(&self) -> bool {
        !(self.new.held.is_empty() && self.wrong.held.is_empty())
    }

    /// A report of a packet without an entry, mostly the newest.
    pub(crate) fn pop_new(&mut self) -> Option<PacketReport> {
        self.new.pop()
    }

    /// The oldest report of a packet on a wrong interface.
    pub(crate) fn pop_wrong(&mut self) -> Option<PacketReport> {
        pop(&mut self.wrong.held, Reports::pop_front)
    }

    /// How many upcalls were lost since the last time. A full buffer has something to read.
    pub(crate) fn lost(&mut self) -> u32 {
        if !std::mem::take(&mut self.has_read) {
            return 0;
        }
        // SO_RXQ_OVFL would tell with the next upcall only, and a burst has none.
        let Some(state) = sys::receive_state(&self.socket) else { return 0 };
        let lost = state.dropped.wrapping_sub(self.dropped);
        self.dropped = state.dropped;
        lost
    }

    /// How many wrong-interface reports went over the budget since the last time.
    pub(crate) fn skipped(&mut self) -> u32 {
        std::mem::take(&mut self.wrong.skipped)
    }

    /// Reads at most `wanted` messages at once; returns how many there were.
    fn read_some(&mut self, wanted: usize) -> usize {
        let mut bytes = [const { MaybeUninit::<[u8; UPCALL]>::uninit() }; READ];
        let mut vectors = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; READ];
        // SAFETY: mmsghdr is a plain C structure for which all zero is a message
        // without name, data and control.
        let mut headers: [libc::mmsghdr; READ] = unsafe { std::mem::zeroed() };
        for ((header, vector), bytes) in headers.iter_mut().zip(&mut vectors).zip(&mut bytes) {
            vector.iov_base = bytes.as_mut_ptr().cast();
            vector.iov_len = UPCALL;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
        }
        let fd = self.socket.as_raw_fd();
        let wanted = wanted.min(READ);
        let (flags, no_time) = (libc::MSG_DONTWAIT as _, std::ptr::null_mut());
        // SAFETY: each header names its own data place with its size, all of which live
        // on this stack until the last use below.
        let count = unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), wanted as libc::c_uint, flags, no_time) };
        let count = usize::try_from(count).unwrap_or(0).min(wanted);
        for (header, bytes) in headers[..count].iter().zip(&bytes) {
            let length = (header.msg_len as usize).min(UPCALL);
            // SAFETY: the kernel has written msg_len bytes there, at most UPCALL.
            let message = unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), length) };
            match upcall::parse(message) {
                // No more than there is room for: growing could abort.
                Message::NoEntry(report) => self.new.held.push_back(report),
                Message::WrongInterface(report) => self.wrong.hold(report),
                Message::Other => {}
            }
        }
        count
    }
}

fn queue(room: usize) -> SysResult<Reports> {
    let mut queue = Reports::new();
    let doing = "making room for reports of packets";
    queue.try_reserve_exact(room).map_err(|_| SysError { errno: libc::ENOMEM, doing })?;
    Ok(queue)
}

fn pop(queue: &mut Reports, one: fn(&mut Reports) -> Option<PacketReport>) -> Option<PacketReport> {
    let report = one(queue);
    if queue.is_empty() {
        // Back to its start: memory behind is touched in bursts only.
        queue.clear();
    }
    report
}

/// Reports of packets without an entry on their way.
struct NewReports {
    held: Reports,
    /// How many were taken.
    taken: u32,
}

impl NewReports {
    fn new() -> SysResult<Self> {
        Ok(Self { held: queue(NEW_HELD)?, taken: 0 })
    }

    /// Mostly the newest: the kernel looks for the packet that a new entry sets free from
    /// the newest on, one after the other.
    fn pop(&mut self) -> Option<PacketReport> {
        self.taken = self.taken.wrapping_add(1);
        let oldest = self.taken.is_multiple_of(OLDEST_EVERY);
        pop(&mut self.held, if oldest { Reports::pop_front } else { Reports::pop_back })
    }
}

/// Wrong-interface reports on their way, within their budget.
struct WrongReports {
    held: Reports,
    skipped: u32,
    /// When the window began, its number, and how many reports it has brought.
    window: Option<Instant>,
    number: u32,
    seen: u32,
    taken: u32,
    /// How many the window before brought.
    seen_before: u32,
}

impl WrongReports {
    fn new() -> SysResult<Self> {
        Ok(Self { held: queue(WRONG_HELD)?, skipped: 0, window: None, number: 0, seen: 0, taken: 0, seen_before: 0 })
    }

    /// Begins a new window when it is time.
    fn begin(&mut self, now: Instant) {
        let age = self.window.map(|start| now.saturating_duration_since(start));
        if age.is_some_and(|age| age < WINDOW) {
            return;
        }
        let follows = age.is_some_and(|age| age < 2 * WINDOW);
        self.seen_before = if follows { self.seen } else { 0 };
        self.window = Some(now);
        self.number = self.number.wrapping_add(1);
        (self.seen, self.taken) = (0, 0);
    }

    fn hold(&mut self, report: PacketReport) {
        self.seen = self.seen.saturating_add(1);
        if self.taken < WRONG_PER_WINDOW && self.held.len() < WRONG_HELD && self.has_its_turn(&report) {
            self.taken += 1;
            self.held.push_back(report);
        } else {
            self.skipped = self.skipped.saturating_add(1);
        }
    }

    /// In a storm other flows have their turn in each window, or those that come first
    /// would be the only ones for ever.
    fn has_its_turn(&self, report: &PacketReport) -> bool {
        if self.seen_before <= WRONG_PER_WINDOW {
            return true;
        }
        let mixed = (u64::from(report.source) << 32 | u64::from(report.group) ^ u64::from(self.number) << 40)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) % u64::from(self.seen_before) < u64::from(WRONG_PER_WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(flow: u32) -> PacketReport {
        PacketReport {
            vif: 0,
            source: 0x0A00_0000 + flow % 200,
            group: 0xEF00_0000 + flow,
            header: [0; 60],
            header_len: 0,
        }
    }

    #[test]
    fn the_newest_comes_first_and_the_oldest_has_its_turn() {
        let mut new = NewReports::new().unwrap();
        let (first, end) = (16, 16 + 3 * OLDEST_EVERY);
        new.held.extend((0..first).map(report));
        let mut flows = Vec::new();
        // One comes for each that is taken: without a turn the first would never be.
        for flow in first..end {
            flows.push(new.pop().unwrap().group - 0xEF00_0000);
            new.held.push_back(report(flow));
        }
        // The oldest one's turns; the newest of all others.
        let turn = |at: u32| at % OLDEST_EVERY == OLDEST_EVERY - 1;
        let expected = (0..end - first).map(|at| if turn(at) { at / OLDEST_EVERY } else { first + at - 1 });
        assert!(flows.iter().copied().eq(expected));
        flows.extend(std::iter::from_fn(|| new.pop()).map(|report| report.group - 0xEF00_0000));
        flows.sort_unstable();
        assert!(flows.into_iter().eq(0..end));
    }

    #[test]
    fn a_storm_keeps_to_its_budget_and_every_flow_has_its_turn() {
        let flows = 10_000;
        let mut wrong = WrongReports::new().unwrap();
        let mut told = vec![0u32; flows as usize];
        let start = Instant::now();
        for window in 0..60 {
            // The kernel reports each flow once in 3 s, always in the same order.
            wrong.begin(start + window * WINDOW);
            for flow in 0..flows {
                wrong.hold(report(flow));
            }
            assert!(wrong.held.len() <= WRONG_HELD);
            let mut count = 0;
            while let Some(report) = wrong.held.pop_front() {
                told[(report.group - 0xEF00_0000) as usize] += 1;
                count += 1;
            }
            assert!(count > WRONG_PER_WINDOW / 2, "{count} in window {window}");
            assert_eq!(std::mem::take(&mut wrong.skipped), flows - count);
        }
        let never = told.iter().filter(|&&count| count == 0).count();
        assert_eq!(never, 0);
        // The storm is over: one more window, and all are told again.
        wrong.begin(start + 60 * WINDOW);
        wrong.begin(start + 61 * WINDOW);
        for flow in 0..100 {
            wrong.hold(report(flow));
        }
        assert_eq!((wrong.held.len(), wrong.skipped), (100, 0));
    }

    #[test]
    fn nothing_is_skipped_within_the_budget() {
        let mut wrong = WrongReports::new().unwrap();
        let start = Instant::now();
        for window in 0..5 {
            wrong.begin(start + window * WINDOW);
            for flow in 0..WRONG_PER_WINDOW {
                wrong.hold(report(flow));
            }
            assert_eq!(wrong.held.len(), WRONG_HELD);
            wrong.held.clear();
        }
        assert_eq!(wrong.skipped, 0);
    }
}
