//! HANDLEs: numbers dressed as pointers, never addresses.
//!
//! ```text
//! 64 bits   63     56 55            32 31                      0
//!          │  kind   │     index      │       generation        │
//! 32 bits   31               12 11        2 1    0
//!          │   generation      │   index   │ kind │   generation and index XORed
//!                                                      with a constant
//! ```
//! On 64 bits the kind's byte makes the number an address that no user-space
//! pointer of x86-64 or AArch64 has. On 32 bits every address is possible: the
//! number is odd, which no pointer to a structure is, and the constant keeps
//! small numbers far away from the generations in use. A number that is not of
//! the right kind is refused here; one whose generation is over, by the engine.

use super::base::HANDLE;
use crate::manager::{ClientId, EnumerationId};

/// The highest generation that fits into a handle. What gives out generations has
/// to start again at 1 behind it: else registration fails with ERROR_CAN_NOT_COMPLETE.
pub const MAX_GENERATION: u32 =
    if cfg!(target_pointer_width = "32") { narrow::MAX_GENERATION } else { wide::MAX_GENERATION };

#[cfg(target_pointer_width = "32")]
use narrow as layout;
#[cfg(not(target_pointer_width = "32"))]
use wide as layout;

/// What a handle names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Client,
    Enumeration,
}

/// A client's handle; `None` when its numbers do not fit.
pub fn of_client(id: ClientId) -> Option<HANDLE> {
    to_handle(Kind::Client, id.index, id.generation)
}

/// The client a handle may name; `None` when it cannot be a client's.
pub fn to_client(handle: HANDLE) -> Option<ClientId> {
    layout::decode(Kind::Client, handle.addr() as layout::Bits)
        .map(|(index, generation)| ClientId { index, generation })
}

/// An enumeration's handle; `None` when its numbers do not fit.
pub fn of_enumeration(id: EnumerationId) -> Option<HANDLE> {
    to_handle(Kind::Enumeration, id.index, id.generation)
}

/// The enumeration a handle may name; `None` when it cannot be an enumeration's.
pub fn to_enumeration(handle: HANDLE) -> Option<EnumerationId> {
    layout::decode(Kind::Enumeration, handle.addr() as layout::Bits)
        .map(|(index, generation)| EnumerationId { index, generation })
}

fn to_handle(kind: Kind, index: u32, generation: u32) -> Option<HANDLE> {
    layout::encode(kind, index, generation).map(|bits| std::ptr::without_provenance_mut(bits as usize))
}

/// Handles of 64 bits.
#[cfg_attr(target_pointer_width = "32", allow(dead_code))]
mod wide {
    use super::Kind;

    pub type Bits = u64;
    pub const MAX_GENERATION: u32 = u32::MAX;
    const MAX_INDEX: u32 = (1 << 24) - 1;

    /// Bytes that are neither 0 nor 0xFF, which addresses begin with.
    fn magic(kind: Kind) -> Bits {
        match kind {
            Kind::Client => 0x4D,
            Kind::Enumeration => 0x65,
        }
    }

    pub fn encode(kind: Kind, index: u32, generation: u32) -> Option<Bits> {
        if index > MAX_INDEX || generation == 0 {
            return None;
        }
        Some(magic(kind) << 56 | Bits::from(index) << 32 | Bits::from(generation))
    }

    pub fn decode(kind: Kind, bits: Bits) -> Option<(u32, u32)> {
        let index = (bits >> 32) as u32 & MAX_INDEX;
        let generation = bits as u32;
        (encode(kind, index, generation) == Some(bits)).then_some((index, generation))
    }
}

/// Handles of 32 bits.
#[cfg_attr(not(target_pointer_width = "32"), allow(dead_code))]
mod narrow {
    use super::Kind;

    pub type Bits = u32;
    pub const MAX_GENERATION: u32 = (1 << 20) - 1;
    /// One less than fits, so that no handle is all ones.
    const MAX_INDEX: u32 = (1 << 10) - 2;
    /// Its lower twelve bits, kind and index, are 0.
    const SCRAMBLE: Bits = 0x9E37_7000;

    fn magic(kind: Kind) -> Bits {
        match kind {
            Kind::Client => 0b01,
            Kind::Enumeration => 0b11,
        }
    }

    pub fn encode(kind: Kind, index: u32, generation: u32) -> Option<Bits> {
        if index > MAX_INDEX || generation == 0 || generation > MAX_GENERATION {
            return None;
        }
        Some((generation << 12 ^ SCRAMBLE) | index << 2 | magic(kind))
    }

    pub fn decode(kind: Kind, bits: Bits) -> Option<(u32, u32)> {
        let index = bits >> 2 & 0x3FF;
        let generation = (bits ^ SCRAMBLE) >> 12;
        (encode(kind, index, generation) == Some(bits)).then_some((index, generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 2] = [Kind::Client, Kind::Enumeration];

    #[test]
    fn wide_handles_come_back() {
        for kind in KINDS {
            for index in [0, 1, 77, (1 << 24) - 1] {
                for generation in [1, 2, 0x8000_0000, wide::MAX_GENERATION] {
                    let bits = wide::encode(kind, index, generation).unwrap();
                    assert!(bits != 0 && bits != u64::MAX);
                    assert_eq!(wide::decode(kind, bits), Some((index, generation)));
                }
            }
        }
    }

    #[test]
    fn narrow_handles_come_back() {
        for kind in KINDS {
            for index in [0, 1, 77, 1022] {
                for generation in [1, 2, 0x8_0000, narrow::MAX_GENERATION] {
                    let bits = narrow::encode(kind, index, generation).unwrap();
                    assert!(bits != 0 && bits != u32::MAX);
                    assert_eq!(narrow::decode(kind, bits), Some((index, generation)));
                }
            }
        }
    }

    #[test]
    fn no_generation_and_index_of_32_bits_makes_all_ones() {
        let last = u32::MAX;
        assert_eq!(narrow::decode(Kind::Enumeration, last), None);
        assert_eq!(narrow::decode(Kind::Client, last), None);
    }

    #[test]
    fn what_does_not_fit_makes_no_handle() {
        for kind in KINDS {
            assert_eq!(wide::encode(kind, 1 << 24, 1), None);
            assert_eq!(wide::encode(kind, 0, 0), None);
            assert_eq!(narrow::encode(kind, 1023, 1), None);
            assert_eq!(narrow::encode(kind, 0, 0), None);
            assert_eq!(narrow::encode(kind, 0, narrow::MAX_GENERATION + 1), None);
        }
    }

    #[test]
    fn the_other_kind_is_refused() {
        let client = wide::encode(Kind::Client, 3, 4).unwrap();
        assert_eq!(wide::decode(Kind::Enumeration, client), None);
        let enumeration = wide::encode(Kind::Enumeration, 3, 4).unwrap();
        assert_eq!(wide::decode(Kind::Client, enumeration), None);
        let client = narrow::encode(Kind::Client, 3, 4).unwrap();
        assert_eq!(narrow::decode(Kind::Enumeration, client), None);
        let enumeration = narrow::encode(Kind::Enumeration, 3, 4).unwrap();
        assert_eq!(narrow::decode(Kind::Client, enumeration), None);
    }

    #[test]
    fn small_numbers_and_addresses_are_no_handles() {
        let addresses = [0x7FFF_FFFF_F000_u64, 0x5555_5555_4000, u64::MAX, 1 << 56, (1 << 56) - 1];
        for bits in (0..10_000).chain(addresses) {
            for kind in KINDS {
                assert_eq!(wide::decode(kind, bits), None, "{bits:#x}");
            }
        }
        for bits in 0..10_000_u32 {
            for kind in KINDS {
                // Numbers, not addresses: refused by kind, or of a generation far away.
                let far = narrow::decode(kind, bits).is_none_or(|(_, g)| g > 500_000);
                assert!(far, "{bits:#x}");
            }
        }
        for bits in (0xF7F0_0000_u32..0xF7F1_0000).step_by(4) {
            for kind in KINDS {
                assert_eq!(narrow::decode(kind, bits), None, "{bits:#x}");
            }
        }
    }

    #[test]
    fn ids_survive_the_way_through_a_handle() {
        let client = ClientId { index: 5, generation: 9 };
        let handle = of_client(client).unwrap();
        assert!(!handle.is_null() && handle.addr() != usize::MAX);
        assert!(to_client(handle) == Some(client));
        assert!(to_enumeration(handle).is_none());
        let enumeration = EnumerationId { index: 5, generation: 9 };
        let handle = of_enumeration(enumeration).unwrap();
        assert!(to_enumeration(handle) == Some(enumeration));
        assert!(to_client(handle).is_none());
        assert!(to_client(std::ptr::null_mut()).is_none());
        let value = 7_u32;
        assert!(to_client((&raw const value).cast_mut().cast()).is_none());
    }
}
