//! What inclusion and consistency proofs have in common.

use super::{Span, Subtree, fold};
use crate::leaf::Digest;

/// A proof's hashes, in the order of RFC 6962.
pub type Proof = Vec<Digest>;

/// A proof proves nothing; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf.
    #[error("a tree of {size} leaves has no leaf {index}")]
    NoLeaf {
        /// Which leaf, from 0.
        index: u64,
        /// How many leaves.
        size: u64,
    },
    /// The tree that is said to be older is the larger one.
    #[error("a tree of {new} leaves does not continue one of {old}")]
    Shrunk {
        /// Leaves of the older tree.
        old: u64,
        /// Leaves of the newer tree.
        new: u64,
    },
    /// Too few or too many hashes.
    #[error("the proof does not have the length that these sizes need")]
    Length,
    /// The hashes lead to another root; for consistency: to another newer root.
    #[error("the proof leads to another root")]
    Root,
    /// The hashes lead to another older root.
    #[error("the proof leads to another root of the older tree")]
    OldRoot,
}

/// The hashes of a plan's spans: the proof. The closure looks up the hash of a perfect subtree.
///
/// # Errors
/// What the closure says.
pub fn prove<E>(plan: &[Span], mut hash_of: impl FnMut(Subtree) -> Result<Digest, E>) -> Result<Proof, E> {
    let mut hash_of_span = |span: &Span| {
        let hashes = span.subtrees().map(&mut hash_of).collect::<Result<Vec<_>, E>>()?;
        Ok(fold(&hashes).expect("no span of a plan is empty"))
    };
    plan.iter().map(&mut hash_of_span).collect()
}
