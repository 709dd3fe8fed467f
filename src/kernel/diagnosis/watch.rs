//! A short look at packets as they come in and go out, through a packet socket. It sees
//! them before the IP layer can drop them, with their TTL, which upcalls do not tell.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::kernel::sys::{self, SysError, SysResult};

/// Different packets (interface, direction, source, group) that are told apart.
const KINDS: usize = 64;
/// Packets read at most: a fast flow says nothing new after that.
const PACKETS: u32 = 200_000;
/// The IPv4 header without options.
const HEADER: usize = 20;

/// Packets of one flow on one interface, in one direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub if_index: u32,
    pub outgoing: bool,
    pub source: u32,
    pub group: u32,
    pub packets: u64,
    /// Those that came early enough for what they cause to be seen too.
    pub early: u64,
    pub lowest_ttl: u8,
    pub highest_ttl: u8,
    /// The length of the longest one that may not be fragmented.
    pub longest_whole: u16,
}

/// What was seen.
pub(super) struct Watched {
    seen: [Option<Seen>; KINDS],
}

impl Watched {
    pub(super) const fn nothing() -> Self {
        Self { seen: [None; KINDS] }
    }

    /// What came in.
    pub(super) fn arrivals(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter().flatten().filter(|seen| !seen.outgoing)
    }

    /// Whether anything went out of an interface.
    pub(super) fn left(&self, if_index: u32) -> bool {
        self.seen.iter().flatten().any(|seen| seen.outgoing && seen.if_index == if_index)
    }

    fn count(&mut self, if_index: u32, outgoing: bool, early: bool, header: &[u8; HEADER]) {
        let address = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (source, group, ttl) = (address(12), address(16), header[8]);
        let may_not_be_fragmented = header[6] & 0x40 != 0;
        let length = if may_not_be_fragmented { u16::from_be_bytes([header[2], header[3]]) } else { 0 };
        let same = |seen: &Seen| {
            (seen.if_index, seen.outgoing, seen.source, seen.group) == (if_index, outgoing, source, group)
        };
        let Some(place) = self.seen.iter_mut().find(|place| place.as_ref().is_none_or(same)) else { return };
        let seen = place.get_or_insert(Seen {
            if_index,
            outgoing,
            source,
            group,
            packets: 0,
            early: 0,
            lowest_ttl: ttl,
            highest_ttl: ttl,
            longest_whole: 0,
        });
        seen.packets += 1;
        seen.early += u64::from(early);
        seen.lowest_ttl = seen.lowest_ttl.min(ttl);
        seen.highest_ttl = seen.highest_ttl.max(ttl);
        seen.longest_whole = seen.longest_whole.max(length);
    }
}

/// Looks at packets for as long as `time`: those of a flow (source, group), or all that
/// a router may forward. IGMP is left out: its messages are sent to groups with TTL 1.
pub(super) fn watch(flow: Option<(u32, u32)>, time: Duration, watched: &mut Watched) -> SysResult<()> {
    let doing = "watching packets";
    // Protocol 0: nothing comes in before the filter is there.
    let socket = sys::socket(libc::AF_PACKET, libc::SOCK_DGRAM, 0, doing)?;
    filter(&socket, flow, doing)?;
    bind(&socket, doing)?;
    let start = Instant::now();
    // A time too far away to express is not asked for: the caller's has 32 bits.
    let end = start + time;
    let early_until = start + time / 4 * 3;
    let mut left = PACKETS;
    while left > 0 {
        let now = Instant::now();
        if now >= end {
            break;
        }
        if !wait(&socket, end - now, doing)? {
            continue;
        }
        while left > 0
            && let Some((if_index, outgoing, header)) = receive(&socket, doing)?
        {
            left -= 1;
            let now = Instant::now();
            if let Some(header) = header {
                watched.count(if_index, outgoing, now < early_until, &header);
            }
            if now >= end {
                break;
            }
        }
    }
    Ok(())
}

/// Waits for a packet; false when the time is over or a signal came.
fn wait(socket: &OwnedFd, time: Duration, doing: &'static str) -> SysResult<bool> {
    let mut entry = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // Rounded up, so that the loop does not spin at the end.
    let milliseconds = i32::try_from(time.as_millis() + 1).unwrap_or(i32::MAX);
    // SAFETY: the kernel writes to the one entry, which lives through the call.
    let ready = unsafe { libc::poll(&raw mut entry, 1, milliseconds) };
    match ready {
        0.. => Ok(ready > 0),
        _ => match SysError::last(doing) {
            SysError { errno: libc::EINTR, .. } => Ok(false),
            error => Err(error),
        },
    }
}

type Packet = (u32, bool, Option<[u8; HEADER]>);

/// The next packet: interface, direction, and its header where it has one.
fn receive(socket: &OwnedFd, doing: &'static str) -> SysResult<Option<Packet>> {
    let mut bytes = [0u8; HEADER];
    let mut address = MaybeUninit::<libc::sockaddr_ll>::zeroed();
    let mut length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the kernel writes at most the sizes given to places that live through the call.
    let got = unsafe {
        libc::recvfrom(
            socket.as_raw_fd(),
            bytes.as_mut_ptr().cast(),
            bytes.len(),
            libc::MSG_DONTWAIT,
            address.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if got < 0 {
        let error = SysError::last(doing);
        return match error.errno {
            // An interface that went down says so once.
            libc::ENETDOWN => Ok(Some((0, false, None))),
            libc::EAGAIN | libc::EINTR => Ok(None),
            _ => Err(error),
        };
    }
    // SAFETY: zeroed before, and any bytes are a valid sockaddr_ll.
    let address = unsafe { address.assume_init() };
    let if_index = u32::try_from(address.sll_ifindex).unwrap_or(0);
    let outgoing = address.sll_pkttype == PACKET_OUTGOING;
    Ok(Some((if_index, outgoing, (got as usize == HEADER).then_some(bytes))))
}

/// `<linux/if_packet.h>`.
const PACKET_OUTGOING: u8 = 4;

/// Lets the wanted packets in.
fn filter(socket: &OwnedFd, flow: Option<(u32, u32)>, doing: &'static str) -> SysResult<()> {
    /// The packet's protocol, wherever its data begins (SKF_AD_OFF + SKF_AD_PROTOCOL).
    const PROTOCOL_OF_PACKET: u32 = -0x1000i32 as u32;
    let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    let load_byte = (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16;
    let and = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
    let equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let ret = (libc::BPF_RET | libc::BPF_K) as u16;
    let (igmp, ip) = (libc::IPPROTO_IGMP as u32, libc::ETH_P_IP as u32);
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    // Jumps count the steps that they skip; the last step drops the packet.
    let mut of_flow;
    let mut of_all;
    let program: &mut [libc::sock_filter] = match flow {
        Some((source, group)) => {
            of_flow = [
                step(load, 0, 0, PROTOCOL_OF_PACKET),
                step(equal, 0, 7, ip),
                step(load_byte, 0, 0, 9),
                step(equal, 5, 0, igmp),
                step(load, 0, 0, 16),
                step(equal, 0, 3, group),
                step(load, 0, 0, 12),
                step(equal, 0, 1, source),
                step(ret, 0, 0, HEADER as u32),
                step(ret, 0, 0, 0),
            ];
            &mut of_flow
        }
        None => {
            of_all = [
                step(load, 0, 0, PROTOCOL_OF_PACKET),
                step(equal, 0, 8, ip),
                step(load_byte, 0, 0, 9),
                step(equal, 6, 0, igmp),
                step(load, 0, 0, 16),
                step(and, 0, 0, 0xFFFF_FF00),
                step(equal, 3, 0, 0xE000_0000),
                step(and, 0, 0, 0xF000_0000),
                step(equal, 0, 1, 0xE000_0000),
                step(ret, 0, 0, HEADER as u32),
                step(ret, 0, 0, 0),
            ];
            &mut of_all
        }
    };
    let value = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    sys::set_option(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &value, doing)
}

/// Listens on all interfaces, to all protocols: packets that go out are shown to no
/// other sockets.
fn bind(socket: &OwnedFd, doing: &'static str) -> SysResult<()> {
    // SAFETY: sockaddr_ll is a plain C structure, for which all zero is valid.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    let length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the kernel reads `length` bytes of the address, which lives through the call.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if result < 0 {
        return Err(SysError::last(doing));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(ttl: u8, length: u16, fragment: u8, source: u32, group: u32) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[2..4].copy_from_slice(&length.to_be_bytes());
        (header[6], header[8]) = (fragment, ttl);
        header[12..16].copy_from_slice(&source.to_be_bytes());
        header[16..].copy_from_slice(&group.to_be_bytes());
        header
    }

    #[test]
    fn packets_are_told_apart_by_interface_direction_and_flow() {
        let mut watched = Watched::nothing();
        watched.count(2, false, true, &header(3, 1400, 0x40, 10, 20));
        watched.count(2, false, false, &header(1, 1500, 0, 10, 20));
        watched.count(2, true, true, &header(9, 100, 0, 10, 20));
        watched.count(3, false, true, &header(9, 100, 0, 11, 20));
        let seen: Vec<_> = watched.arrivals().collect();
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].packets, seen[0].early, seen[0].lowest_ttl, seen[0].highest_ttl), (2, 1, 1, 3));
        assert_eq!((seen[0].longest_whole, seen[1].source), (1400, 11));
        assert!(watched.left(2) && !watched.left(3));
        for source in 0..1000 {
            watched.count(4, false, true, &header(9, 100, 0, source, 20));
        }
        assert_eq!(watched.seen.iter().flatten().count(), KINDS);
    }
}
