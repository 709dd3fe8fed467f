//! The addresses that a forwarder works with.

use std::{fmt::Debug, hash::Hash};

/// An address family, by the type of its addresses in host byte order: `u32` is IPv4,
/// `u128` is IPv6. 0 is no address.
pub trait Address: Copy + Ord + Hash + Debug + Default + Send + 'static {
    /// The bits of an address, and so the longest prefix.
    const BITS: u8;

    /// Room for the longest IP header of a packet, without IPv6 extension headers.
    type Header: AsRef<[u8]> + Copy + Debug;

    /// The address without what lies behind its first `prefix_len` bits.
    fn network(self, prefix_len: u8) -> Self;
}

/// The most bytes an IPv4 header can have.
pub const MAX_IPV4_HEADER: usize = 60;

impl Address for u32 {
    const BITS: u8 = 32;
    type Header = [u8; MAX_IPV4_HEADER];

    fn network(self, prefix_len: u8) -> Self {
        self & Self::MAX.checked_shl(Self::BITS.saturating_sub(u32::from(prefix_len))).unwrap_or(0)
    }
}

impl Address for u128 {
    const BITS: u8 = 128;
    type Header = [u8; 40];

    fn network(self, prefix_len: u8) -> Self {
        self & Self::MAX.checked_shl(Self::BITS.saturating_sub(u32::from(prefix_len))).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_reach_from_nothing_to_one_address() {
        let v4 = [0, 1, 24, 32, 33].map(|len| u32::MAX.network(len));
        assert_eq!(v4, [0, 0x8000_0000, 0xFFFF_FF00, u32::MAX, u32::MAX]);
        let v6 = [0, 1, 32, 64, 128, 129].map(|len| u128::MAX.network(len));
        assert_eq!(v6, [0, 1 << 127, u128::MAX << 96, u128::MAX << 64, u128::MAX, u128::MAX]);
    }
}
