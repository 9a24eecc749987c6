//! The ledger's Merkle tree (RFC 6962, 2.1): hashing, compact ranges, and proofs made and verified.
//!
//! A store keeps the hashes of perfect subtrees and nothing else. Whatever is asked of it, a plan says which spans of
//! leaves it takes, each span names its perfect subtrees, and folding their hashes gives the span's own:
//!
//! ```text
//! inclusion::plan / consistency::plan → Span → Span::subtrees → look-ups → fold → proof
//! ```

pub mod consistency;
pub mod inclusion;
mod proof;
mod range;
mod subtree;

pub use proof::{Proof, ProofError, prove};
pub use range::{Range, RangeError, fold};
pub use subtree::{Span, Subtree};

use sha2::{Digest as _, Sha256};

use crate::leaf::Digest;

/// Root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY_ROOT: Digest = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Hash of a leaf: SHA-256(0x00 ‖ leaf).
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into()
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
pub(crate) mod reference;
#[cfg(test)]
mod tests;
