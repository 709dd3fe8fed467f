//! Route netlink: requests, answers and notifications in one fixed buffer.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::sys::{self, SysError, SysResult};
use super::uapi;

/// The kernel makes route and address messages of at most 8 KiB; what is longer
/// (a link with hundreds of virtual functions) is told as truncated.
const BUFFER: usize = 16 * 1024;

/// The most that the kernel puts into one datagram of a dump, and it goes by the
/// reader's buffer: the smaller that is, the more datagrams there are.
const DUMP_BUFFER: usize = 32 * 1024;

/// The longest of the datagrams that are read several at once.
const SHORT: usize = 1024;

/// How many of those are read at once.
const SHORT_ONES: usize = BUFFER / SHORT;

/// Length of `struct nlmsghdr`.
pub(crate) const MESSAGE_HEADER: usize = 16;
/// Length of `struct rtattr`.
pub(crate) const ATTRIBUTE_HEADER: usize = 4;
/// Room for a request: the headers and four short attributes.
const REQUEST: usize = 64;

/// A route netlink socket with its receive buffer, which is the only allocation.
pub(crate) struct NetlinkSocket {
    fd: OwnedFd,
    buffer: Vec<u8>,
}

/// What one read gave.
pub(crate) enum Received<'a> {
    /// One datagram, of one or more messages.
    Messages(Messages<'a>),
    /// A datagram that did not fit.
    Truncated,
    /// Nothing is there now.
    Nothing,
}

impl NetlinkSocket {
    /// For single answers and notifications.
    pub(crate) fn open() -> SysResult<Self> {
        Self::with_buffer(BUFFER)
    }

    /// For dumps of long tables.
    pub(crate) fn open_for_dumps() -> SysResult<Self> {
        Self::with_buffer(DUMP_BUFFER)
    }

    fn with_buffer(size: usize) -> SysResult<Self> {
        let doing = "opening a route netlink socket";
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(size).map_err(|_| SysError { errno: libc::ENOMEM, doing })?;
        buffer.resize(size, 0);
        let fd = sys::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE, doing)?;
        bind(&fd)?;
        Ok(Self { fd, buffer })
    }

    /// Subscribes to a group of notifications.
    pub(crate) fn join(&self, group: i32) -> SysResult<()> {
        sys::set_option(
            &self.fd,
            libc::SOL_NETLINK,
            libc::NETLINK_ADD_MEMBERSHIP,
            &group,
            "subscribing to route notifications",
        )
    }

    /// Has the kernel heed what a dump's request filters by, where it can.
    pub(crate) fn filter_dumps(&self) {
        let doing = "asking for filtered dumps";
        let _ = sys::set_option(&self.fd, libc::SOL_NETLINK, uapi::NETLINK_GET_STRICT_CHK, &1i32, doing);
    }

    /// Sends a request to the kernel, whose answer (of a dump its first part) is there
    /// when this returns.
    pub(crate) fn send(&self, request: &[u8]) -> SysResult<()> {
        let fd = self.fd.as_raw_fd();
        loop {
            // SAFETY: the kernel reads `request` within its length.
            let sent = unsafe { libc::send(fd, request.as_ptr().cast(), request.len(), 0) };
            if sent >= 0 {
                return Ok(());
            }
            let error = SysError::last("sending a netlink request");
            if error.errno != libc::EINTR {
                return Err(error);
            }
        }
    }

    /// Reads one datagram, without waiting.
    pub(crate) fn receive(&mut self) -> SysResult<Received<'_>> {
        let fd = self.fd.as_raw_fd();
        let length = loop {
            let (place, size) = (self.buffer.as_mut_ptr(), self.buffer.len());
            let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
            // SAFETY: the kernel writes at most `size` bytes to the buffer we
            // own exclusively; MSG_TRUNC only changes the number it returns.
            let length = unsafe { libc::recv(fd, place.cast(), size, flags) };
            if length >= 0 {
                break length as usize;
            }
            let error = SysError::last("reading netlink messages");
            match error.errno {
                libc::EINTR => {}
                libc::EAGAIN => return Ok(Received::Nothing),
                _ => return Err(error),
            }
        };
        Ok(match self.buffer.get(..length) {
            Some(rest) => Received::Messages(Messages { rest }),
            None => Received::Truncated,
        })
    }

    /// Reads up to `wanted` datagrams that are there, without waiting; returns how many it
    /// was. Of one that is no short one the messages that fit are read.
    pub(crate) fn receive_short(&mut self, wanted: usize, mut each: impl FnMut(Messages<'_>)) -> SysResult<usize> {
        let mut vectors = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; SHORT_ONES];
        // SAFETY: mmsghdr is a plain C structure for which all zero is a message
        // without name, data and control.
        let mut headers: [libc::mmsghdr; SHORT_ONES] = unsafe { std::mem::zeroed() };
        let places = self.buffer.chunks_exact_mut(SHORT);
        let mut room = 0;
        for ((header, vector), place) in headers.iter_mut().zip(&mut vectors).zip(places).take(wanted) {
            vector.iov_base = place.as_mut_ptr().cast();
            vector.iov_len = SHORT;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            room += 1;
        }
        let (flags, no_time) = (libc::MSG_DONTWAIT as _, std::ptr::null_mut());
        let count = loop {
            // SAFETY: the first `room` headers name places of their own in the buffer we own
            // exclusively, with their size; vectors and buffer live until the last use below.
            let count = unsafe { libc::recvmmsg(self.fd.as_raw_fd(), headers.as_mut_ptr(), room, flags, no_time) };
            if count >= 0 {
                break count as usize;
            }
            let error = SysError::last("reading netlink messages");
            match error.errno {
                libc::EINTR => {}
                libc::EAGAIN => return Ok(0),
                _ => return Err(error),
            }
        };
        for (header, place) in headers[..count].iter().zip(self.buffer.chunks_exact(SHORT)) {
            each(Messages { rest: &place[..(header.msg_len as usize).min(SHORT)] });
        }
        Ok(count)
    }

    /// The first message of a datagram that did not fit, as far as it did.
    pub(crate) fn cut_message(&self) -> Option<Message<'_>> {
        let kind = read_u16(&self.buffer, 4)?;
        let sequence = read_u32(&self.buffer, 8)?;
        Some(Message { kind, sequence, payload: self.buffer.get(MESSAGE_HEADER..)? })
    }

    /// Empties the socket. One that overflowed is given nothing until it is empty, and
    /// does not tell of what it misses meanwhile. One that overflows anew on the way, or
    /// fails for ever, is left to later reads.
    pub(crate) fn discard(&mut self) {
        while !matches!(self.receive(), Ok(Received::Nothing) | Err(_)) {}
    }

    pub(crate) fn raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl AsFd for NetlinkSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Lets the kernel choose an address. A socket without one is skipped when
/// notifications are handed out.
fn bind(fd: &OwnedFd) -> SysResult<()> {
    // SAFETY: sockaddr_nl is a plain C structure, for which all zero is valid.
    let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
    let length = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the kernel reads `length` bytes of the address, which lives through the call.
    let result = unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), length) };
    if result < 0 {
        return Err(SysError::last("binding a route netlink socket"));
    }
    Ok(())
}

/// A request in the making; what does not fit is left out, and the kernel refuses it.
pub(crate) struct Request {
    bytes: [u8; REQUEST],
    length: usize,
}

impl Request {
    /// With the family's fixed part, `body`, behind the header.
    pub(crate) fn new(kind: u16, flags: i32, sequence: u32, body: &[u8]) -> Self {
        let mut request = Self { bytes: [0; REQUEST], length: 0 };
        request.put(&[0; 4]);
        request.put(&kind.to_ne_bytes());
        request.put(&((libc::NLM_F_REQUEST | flags) as u16).to_ne_bytes());
        request.put(&sequence.to_ne_bytes());
        request.put(&[0; 4]);
        request.put(body);
        request
    }

    /// Adds an attribute of four bytes.
    pub(crate) fn attribute(mut self, kind: u16, value: [u8; 4]) -> Self {
        self.put(&((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes());
        self.put(&kind.to_ne_bytes());
        self.put(&value);
        self
    }

    /// Whether many messages answer it.
    pub(crate) fn is_dump(&self) -> bool {
        let flags = i32::from(read_u16(&self.bytes, 6).unwrap_or(0));
        flags & libc::NLM_F_DUMP == libc::NLM_F_DUMP
    }

    /// The whole message.
    pub(crate) fn finish(&mut self) -> &[u8] {
        let length = (self.length as u32).to_ne_bytes();
        self.bytes[..4].copy_from_slice(&length);
        &self.bytes[..self.length]
    }

    fn put(&mut self, part: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + part.len()) {
            place.copy_from_slice(part);
            self.length += part.len();
        }
    }
}

/// The number in an error message: 0 is none.
pub(crate) fn error_number(message: &Message<'_>) -> i32 {
    (read_u32(message.payload, 0).unwrap_or(0) as i32).saturating_neg()
}

/// One netlink message.
pub(crate) struct Message<'a> {
    pub kind: u16,
    pub sequence: u32,
    pub payload: &'a [u8],
}

/// The messages of a datagram; ends at the first length that cannot be.
pub(crate) struct Messages<'a> {
    rest: &'a [u8],
}

impl Messages<'_> {
    /// The flags (NLM_F_*) of the message that comes next.
    pub(crate) fn next_flags(&self) -> u16 {
        read_u16(self.rest, 6).unwrap_or(0)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let length = read_u32(self.rest, 0)? as usize;
        let kind = read_u16(self.rest, 4)?;
        let sequence = read_u32(self.rest, 8)?;
        let payload = self.rest.get(MESSAGE_HEADER..length)?;
        self.rest = self.rest.get(aligned(length)..).unwrap_or(&[]);
        Some(Message { kind, sequence, payload })
    }
}

/// The attributes in a message; ends at the first length that cannot be.
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// The attributes behind a structure of `start` bytes.
    pub(crate) fn behind(payload: &'a [u8], start: usize) -> Self {
        Self { rest: payload.get(start..).unwrap_or(&[]) }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(read_u16(self.rest, 0)?);
        // The two upper bits are flags (nested, network byte order).
        let kind = read_u16(self.rest, 2)? & 0x3FFF;
        let value = self.rest.get(ATTRIBUTE_HEADER..length)?;
        self.rest = self.rest.get(aligned(length)..).unwrap_or(&[]);
        Some((kind, value))
    }
}

/// Netlink aligns everything to four bytes.
pub(crate) fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// A host-order number, if the bytes are there.
pub(crate) fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A host-order number, if the bytes are there.
pub(crate) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// An IPv4 address, in host byte order, if the bytes are there.
pub(crate) fn read_address(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, length: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(length.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 2]);
        bytes.extend(7u32.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn several_messages_are_read_and_a_wrong_length_ends_them() {
        let mut bytes = message(24, 21, &[1, 2, 3, 4, 5, 0, 0, 0]);
        bytes.extend(message(25, 16, &[]));
        let read: Vec<_> = Messages { rest: &bytes }
            .map(|message| (message.kind, message.sequence, message.payload.to_vec()))
            .collect();
        assert_eq!(read, [(24, 7, vec![1, 2, 3, 4, 5]), (25, 7, vec![])]);
        for length in [0, 1, 15, 41, u32::MAX] {
            let bytes = message(24, length, &[0; 24]);
            assert!(Messages { rest: &bytes }.next().is_none(), "{length}");
        }
    }

    #[test]
    fn attributes_of_every_length_end() {
        let whole = [8u8, 0, 1, 0, 10, 0, 0, 1, 5, 0, 2, 0x80, 9, 0, 0, 0];
        let read: Vec<_> = Attributes::behind(&whole, 0).collect();
        if cfg!(target_endian = "little") {
            assert_eq!(read, [(1, &[10, 0, 0, 1][..]), (2, &[9][..])]);
        }
        for length in 0..whole.len() {
            assert!(Attributes::behind(&whole[..length], 0).count() <= 2);
            assert!(Attributes::behind(&whole, length).count() <= 3);
        }
        assert_eq!(Attributes::behind(&whole, 99).count(), 0);
        // A length of 0 would never come to an end.
        assert_eq!(Attributes::behind(&[0; 64], 0).count(), 0);
    }
}
