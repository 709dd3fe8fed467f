//! Packets put on and taken from a link.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use rtm::forwarder::Event;
use rtm::forwarder::linux::{EventBatch, Events, WaitResult};

use crate::namespace::index;

/// How long a condition may take to come true.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// How long to wait before a packet is sent again.
const AGAIN: Duration = Duration::from_millis(20);

/// One end of a veth pair, as a network card sees it.
pub struct Link {
    fd: OwnedFd,
    address: libc::sockaddr_ll,
}

impl Link {
    pub fn open(name: &str) -> Self {
        let protocol = (libc::ETH_P_IP as u16).to_be();
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: socket takes integers; the descriptor is new and ours; the
        // address is a plain C structure that bind only reads.
        unsafe {
            let fd = libc::socket(libc::AF_PACKET, kind, i32::from(protocol));
            assert!(fd >= 0, "{}", std::io::Error::last_os_error());
            let fd = OwnedFd::from_raw_fd(fd);
            let mut address: libc::sockaddr_ll = std::mem::zeroed();
            address.sll_family = libc::AF_PACKET as u16;
            address.sll_protocol = protocol;
            address.sll_ifindex = index(name) as i32;
            address.sll_halen = 6;
            let length = size_of_val(&address) as u32;
            let bound = libc::bind(fd.as_raw_fd(), (&raw const address).cast(), length);
            assert_eq!(bound, 0, "{}", std::io::Error::last_os_error());
            Self { fd, address }
        }
    }

    /// Sends an IPv4 packet to the multicast Ethernet address of its group. A
    /// link that is not ready yet may drop it.
    pub fn send(&self, packet: &[u8]) {
        let mut address = self.address;
        address.sll_addr = [1, 0, 0x5E, packet[17] & 0x7F, packet[18], packet[19], 0, 0];
        // SAFETY: packet and address live through the call, with their lengths.
        unsafe {
            libc::sendto(
                self.fd.as_raw_fd(),
                packet.as_ptr().cast(),
                packet.len(),
                0,
                (&raw const address).cast(),
                size_of_val(&address) as u32,
            );
        }
    }

    /// Waits until a packet for which `wanted` holds comes in; `again` is called
    /// now and then.
    pub fn receive(&self, mut again: impl FnMut(), wanted: impl Fn(&[u8]) -> bool) -> bool {
        let end = Instant::now() + DEADLINE;
        let mut buffer = [0u8; 2048];
        while Instant::now() < end {
            // SAFETY: recv writes at most the buffer's length; poll writes one revents.
            let length = unsafe { libc::recv(self.fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) };
            match usize::try_from(length) {
                Ok(length) if wanted(&buffer[..length]) => return true,
                Ok(_) => {}
                Err(_) => {
                    again();
                    let mut entry = libc::pollfd { fd: self.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
                    // SAFETY: one entry, alive through the call.
                    unsafe { libc::poll(&raw mut entry, 1, AGAIN.as_millis() as i32) };
                }
            }
        }
        false
    }
}

/// An IPv4 packet with `options` (a multiple of four bytes) and a payload of `size`.
pub fn packet(source: u32, group: u32, protocol: u8, options: &[u8], size: usize) -> Vec<u8> {
    let header = 20 + options.len();
    let mut bytes = vec![0u8; header + size];
    bytes[0] = 0x40 | (header / 4) as u8;
    bytes[1] = 0x28;
    bytes[2..4].copy_from_slice(&((header + size) as u16).to_be_bytes());
    bytes[4..6].copy_from_slice(&0xBEEFu16.to_be_bytes());
    bytes[8] = 16;
    bytes[9] = protocol;
    bytes[12..16].copy_from_slice(&source.to_be_bytes());
    bytes[16..20].copy_from_slice(&group.to_be_bytes());
    bytes[20..header].copy_from_slice(options);
    let sum: u32 = bytes[..header].chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let sum = (sum & 0xFFFF) + (sum >> 16);
    let checksum = !((sum & 0xFFFF) + (sum >> 16)) as u16;
    bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// A UDP packet of 28 bytes.
pub fn datagram(source: u32, group: u32) -> Vec<u8> {
    let mut bytes = packet(source, group, 17, &[], 8);
    // Ports 4000; length 8; no checksum.
    bytes[20..26].copy_from_slice(&[0x0F, 0xA0, 0x0F, 0xA0, 0, 8]);
    bytes
}

/// The first event that `wanted` makes something of; `again` is called before the
/// first wait and now and then.
pub fn expect<T>(events: &mut Events, mut again: impl FnMut(), mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    let mut batch = EventBatch::new();
    let mut seen = Vec::new();
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        again();
        let result = events.wait(Some(AGAIN), &mut batch);
        assert_ne!(result, WaitResult::Woken);
        if let Some(found) = batch.as_slice().iter().find_map(&mut wanted) {
            return found;
        }
        seen.extend_from_slice(batch.as_slice());
    }
    panic!("the event did not come; instead {seen:?}");
}
