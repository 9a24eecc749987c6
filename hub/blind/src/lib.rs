//! Blind questions (RFC 9497): what hub and asker compute, and the set as a compact filter.
//!
//! Both sides use this crate, and nothing else in the house sees the VOPRF: suite `ristretto255-SHA512`, mode 0x01. What either
//! side learns stands in docs/blind-queries.md.

mod epoch_key;
mod error;
pub mod filter;
mod public_key;
mod questions;
mod rng;
mod selector;
mod tag;

pub use epoch_key::{BlindedElements, EpochKey, Evaluated};
pub use error::BlindError;
pub use filter::{Filter, FilterBuilder, FilterError};
pub use public_key::PublicKey;
pub use questions::Questions;
pub use selector::Selector;
pub use tag::{TAG_BYTES, Tag, tags_from_bytes, tags_to_bytes};

/// Bytes of a serialised element of ristretto255 (RFC 9497, 4.1).
pub const ELEMENT_BYTES: usize = 32;

/// Bytes of a serialised proof: two scalars (RFC 9497, 2.2.1).
pub const PROOF_BYTES: usize = 64;

/// RFC 9497, 4.1.
type Suite = voprf::Ristretto255;
