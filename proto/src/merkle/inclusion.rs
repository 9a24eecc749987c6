//! "This leaf is in that tree."

use super::{ProofError, Span, node_hash};
use crate::leaf::Digest;

/// The spans whose hashes are the leaf's audit path, from the leaf to the root (RFC 6962, 2.1.1).
///
/// # Errors
/// [`ProofError::NoLeaf`] if the tree has no such leaf.
pub fn plan(index: u64, size: u64) -> Result<Vec<Span>, ProofError> {
    if index >= size {
        return Err(ProofError::NoLeaf { index, size });
    }
    let (mut span, mut path) = (Span { begin: 0, end: size }, Vec::new());
    while span.len() > 1 {
        let (left, right) = span.halves();
        let (here, sibling) = if index < left.end { (left, right) } else { (right, left) };
        path.push(sibling);
        span = here;
    }
    path.reverse();
    Ok(path)
}

/// Verifies that the leaf with this hash is leaf `index` of the tree with this size and root (RFC 9162, 2.1.3.2).
///
/// # Errors
/// Why the proof does not show it.
pub fn verify(
    index: u64,
    size: u64,
    leaf_hash: &Digest,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoLeaf { index, size });
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf_hash);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // A node without a right sibling stands for its parents until one has a left sibling.
            let levels = node.trailing_zeros();
            (node, last) = (node >> levels, last >> levels);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}
