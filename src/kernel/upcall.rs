//! What is read from a multicast routing socket: the kernel's upcalls, and real
//! IGMP packets of the network, which anybody may have made.

use super::uapi::{
    IGMPMSG_NOCACHE, IGMPMSG_WRONGVIF, IGMPMSG_WRVIFWHOLE, IM_DST, IM_MBZ, IM_MSGTYPE, IM_SRC, IM_VIF, IM_VIF_HI,
    MAXVIFS,
};
use crate::forwarder::{MAX_IPV4_HEADER, PacketReport};

/// The shortest IPv4 header.
pub(crate) const MIN_HEADER: usize = 20;

/// The bytes that the kernel replaced: total length (now that of the upcall), TTL
/// (message type), protocol (0) and checksum (VIF).
const REPLACED: [usize; 6] = [2, 3, IM_MSGTYPE, IM_MBZ, IM_VIF, IM_VIF_HI];

/// One message from the socket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    /// No entry for this packet.
    NoEntry(PacketReport),
    /// The packet came in on another VIF than its entry's parent.
    WrongInterface(PacketReport),
    /// A real packet, or an upcall of a kind that was not asked for.
    Other,
}

/// Tells what one read from the socket gave.
pub(crate) fn parse(message: &[u8]) -> Message {
    read(message).unwrap_or(Message::Other)
}

fn read(message: &[u8]) -> Option<Message> {
    let fixed = message.first_chunk::<MIN_HEADER>()?;
    let vif = u16::from_le_bytes([fixed[IM_VIF], fixed[IM_VIF_HI]]);
    let (source, group) = (address(fixed, IM_SRC), address(fixed, IM_DST));
    if fixed[IM_MBZ] != 0 || usize::from(vif) >= MAXVIFS || group >> 28 != 0xE {
        return None;
    }
    let kind = fixed[IM_MSGTYPE];
    let (mut header, header_len) = match kind {
        // The packet as it came lies behind a changed copy of its first 20 bytes.
        IGMPMSG_WRVIFWHOLE => ip_header(&message[MIN_HEADER..])?,
        _ => ip_header(message)?,
    };
    if kind != IGMPMSG_WRVIFWHOLE {
        for place in REPLACED {
            header[place] = 0;
        }
    }
    if header[IM_SRC..MIN_HEADER] != fixed[IM_SRC..] {
        return None;
    }
    let report = PacketReport { vif, source, group, header, header_len };
    match kind {
        IGMPMSG_NOCACHE => Some(Message::NoEntry(report)),
        IGMPMSG_WRONGVIF | IGMPMSG_WRVIFWHOLE => Some(Message::WrongInterface(report)),
        _ => None,
    }
}

/// The IPv4 header at the start, and its length.
fn ip_header(bytes: &[u8]) -> Option<([u8; MAX_IPV4_HEADER], u8)> {
    let first = *bytes.first()?;
    let length = usize::from(first & 0x0F) * 4;
    if first >> 4 != 4 || length < MIN_HEADER {
        return None;
    }
    let copy = bytes.get(..length)?;
    let mut header = [0; MAX_IPV4_HEADER];
    // The header length is four bits of words: at most MAX_IPV4_HEADER.
    header[..length].copy_from_slice(copy);
    Some((header, length as u8))
}

fn address(header: &[u8; MIN_HEADER], at: usize) -> u32 {
    u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An upcall as the kernel makes it: the packet's header and 8 bytes behind.
    fn upcall(kind: u8, vif: u16, words: u8) -> ([u8; 80], usize) {
        let length = usize::from(words) * 4 + 8;
        let mut bytes = [0xAA; 80];
        bytes[0] = 0x40 | words;
        bytes[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        bytes[4..6].copy_from_slice(&0x1234u16.to_be_bytes());
        bytes[8] = kind;
        bytes[9] = 0;
        bytes[10..12].copy_from_slice(&vif.to_le_bytes());
        bytes[12..16].copy_from_slice(&[10, 1, 2, 3]);
        bytes[16..20].copy_from_slice(&[239, 1, 2, 4]);
        (bytes, length)
    }

    #[test]
    fn both_kinds_are_read_with_the_replaced_bytes_cleared() {
        for words in 5..=15u8 {
            for (kind, wrong) in [(1, false), (2, true)] {
                let (bytes, length) = upcall(kind, 31, words);
                let report = match parse(&bytes[..length]) {
                    Message::NoEntry(report) if !wrong => report,
                    Message::WrongInterface(report) if wrong => report,
                    other => panic!("{other:?}"),
                };
                assert_eq!(report.vif, 31);
                assert_eq!(report.source, 0x0A01_0203);
                assert_eq!(report.group, 0xEF01_0204);
                assert_eq!(report.header_len, words * 4);
                let mut expected = bytes;
                for place in [2, 3, 8, 9, 10, 11] {
                    expected[place] = 0;
                }
                let length = usize::from(words) * 4;
                assert_eq!(report.header[..length], expected[..length]);
                assert!(report.header[length..].iter().all(|&byte| byte == 0));
            }
        }
    }

    #[test]
    fn a_whole_packet_keeps_its_header() {
        for words in 5..=15u8 {
            let (mut whole, _) = upcall(IGMPMSG_WRVIFWHOLE, 7, words);
            let packet = whole;
            let length = usize::from(words) * 4;
            whole[MIN_HEADER..].copy_from_slice(&packet[..60]);
            whole[MIN_HEADER + 8..MIN_HEADER + 12].copy_from_slice(&[64, 17, 0xAB, 0xCD]);
            let Message::WrongInterface(report) = parse(&whole[..MIN_HEADER + length]) else {
                panic!("{words} words");
            };
            assert_eq!((report.vif, report.source, report.group), (7, 0x0A01_0203, 0xEF01_0204));
            assert_eq!(usize::from(report.header_len), length);
            assert_eq!(report.header[..length], whole[MIN_HEADER..MIN_HEADER + length]);
            assert!(report.header[length..].iter().all(|&byte| byte == 0));
            for cut in 0..MIN_HEADER + length {
                assert!(matches!(parse(&whole[..cut]), Message::Other), "{words} {cut}");
            }
            // Another packet's header.
            whole[MIN_HEADER + 15] ^= 1;
            assert!(matches!(parse(&whole), Message::Other));
        }
    }

    #[test]
    fn igmp_packets_are_told_apart() {
        let (mut bytes, length) = upcall(IGMPMSG_NOCACHE, 0, 6);
        bytes[9] = 2;
        assert!(matches!(parse(&bytes[..length]), Message::Other));
        bytes[9] = 0;
        assert!(matches!(parse(&bytes[..length]), Message::NoEntry(_)));
    }

    #[test]
    fn what_is_no_upcall_is_refused() {
        let refused = |change: fn(&mut [u8; 80])| {
            let (mut bytes, length) = upcall(IGMPMSG_NOCACHE, 3, 5);
            change(&mut bytes);
            assert!(matches!(parse(&bytes[..length]), Message::Other));
        };
        refused(|bytes| bytes[0] = 0x65); // not version 4
        refused(|bytes| bytes[0] = 0x44); // header shorter than a header
        refused(|bytes| bytes[0] = 0x4F); // header longer than the message
        refused(|bytes| bytes[8] = 0);
        refused(|bytes| bytes[8] = 3); // a packet for a rendezvous point: not asked for
        refused(|bytes| bytes[8] = 4); // whole, and no packet behind it
        refused(|bytes| bytes[10] = 32); // no such VIF
        refused(|bytes| bytes[11] = 1);
        refused(|bytes| bytes[16] = 10); // no multicast group
    }

    #[test]
    fn every_length_is_taken_and_a_cut_header_refused() {
        for words in 5..=15u8 {
            let (bytes, _) = upcall(IGMPMSG_NOCACHE, 3, words);
            for length in 0..=bytes.len() {
                let known = matches!(parse(&bytes[..length]), Message::NoEntry(_));
                assert_eq!(known, length >= usize::from(words) * 4, "{words} {length}");
            }
        }
    }

    #[test]
    fn random_bytes_do_no_harm() {
        let mut state = 0x2545_F491_4F6C_DD1Du64;
        let mut known = 0;
        for round in 0..200_000u32 {
            let mut bytes = [0u8; 80];
            for byte in &mut bytes {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *byte = state as u8;
            }
            if round % 2 == 0 {
                // Near misses reach the later checks.
                bytes[0] = 0x40 | (bytes[0] & 0x0F);
                bytes[8] &= 7;
                bytes[9] = 0;
                bytes[10] &= 0x3F;
                bytes[11] = 0;
                bytes[16] |= 0xE0;
            }
            let length = (state >> 32) as usize % 81;
            match parse(&bytes[..length]) {
                Message::NoEntry(report) | Message::WrongInterface(report) => {
                    known += 1;
                    assert!(usize::from(report.header_len) <= length);
                    assert!(usize::from(report.vif) < MAXVIFS);
                }
                Message::Other => {}
            }
        }
        assert!(known > 1000, "{known}");
    }
}
