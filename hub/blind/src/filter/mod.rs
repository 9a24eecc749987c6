//! The set of an epoch as a Golomb-coded set: small, fixed, and with a known rate of false hits.
//!
//! ```text
//! filter = "mvblind1" (8) ‖ n, the number of entries (8, big-endian) ‖ bits, the last byte filled up with 0
//! entry  = floor(first 8 bytes of the tag, big-endian, × n × 2^20 / 2^64)
//! bits   = for each entry in ascending order the difference to the one before (the first: to 0):
//!          its high part (difference / 2^20) in unary, so many 1 and a 0; then its low 20 bits, high bit first
//! ```
//!
//! A tag that is not in the set falls on one of n × 2^20 places, at most n of which are taken: it is found with a probability
//! of 2^-20 at the most. An entry takes 21.6 bits on average, 2.7 MB a million.

mod bits;
mod build;
mod read;

pub use build::FilterBuilder;
pub use read::{Filter, FilterError};

/// One false hit in so many misses, at the most.
pub const ONE_FALSE_HIT_IN: u64 = 1 << REMAINDER_BITS;

/// Bits of an entry that are written as they are; also the rate of false hits, 2^-20: one in ten full days' questions.
const REMAINDER_BITS: u32 = 20;

/// What a filter begins with; the last letter is the format's version.
const MAGIC: [u8; 8] = *b"mvblind1";

/// Bytes before the bits.
const HEADER_BYTES: usize = 16;

/// Entries of one filter: far more than links there are, and so few that no place overflows.
const MAX_ENTRIES: u64 = 1 << 40;

/// Where a tag's number falls among so many entries.
fn place(number: u64, entries: u64) -> u64 {
    let places = u128::from(entries) << REMAINDER_BITS;
    u64::try_from((u128::from(number) * places) >> 64).expect("a product is less than 2^64 times the places")
}

#[cfg(test)]
mod tests;
