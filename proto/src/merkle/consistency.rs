//! "The newer tree begins with all the leaves of the older."

use super::{EMPTY_ROOT, ProofError, Span, node_hash};
use crate::leaf::Digest;

/// The spans whose hashes show that the tree of `new` leaves continues the one of `old` (RFC 6962, 2.1.2).
///
/// None where there is nothing to show: the trees are of one size, or the older one is empty.
///
/// # Errors
/// [`ProofError::Shrunk`] if `old` is larger than `new`.
pub fn plan(old: u64, new: u64) -> Result<Vec<Span>, ProofError> {
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(path);
    }
    let mut span = Span { begin: 0, end: new };
    while span.end != old {
        let (left, right) = span.halves();
        let (here, other) = if old <= left.end { (left, right) } else { (right, left) };
        path.push(other);
        span = here;
    }
    // A subtree that is the whole older tree has its root as hash, which the verifier knows.
    if span.begin != 0 {
        path.push(span);
    }
    path.reverse();
    Ok(path)
}

/// Verifies that the tree with `new` leaves and `new_root` begins with the one of `old` leaves and `old_root`
/// (RFC 9162, 2.1.4.2).
///
/// # Errors
/// Why the proof does not show it.
pub fn verify(
    old: u64,
    new: u64,
    old_root: &Digest,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == 0 || old == new {
        return verify_without_hashes(old, new, old_root, new_root, proof);
    }
    // The node with the older tree's last leaf, raised for as long as it is a right child: the largest subtree that
    // ends where the older tree ends.
    let levels = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> levels, (new - 1) >> levels);
    let (start, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(ProofError::Length)?
    };
    let (mut older, mut newer) = (*start, *start);
    for hash in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node % 2 == 1 || node == last {
            older = node_hash(hash, &older);
            newer = node_hash(hash, &newer);
            let levels = node.trailing_zeros();
            (node, last) = (node >> levels, last >> levels);
        } else {
            newer = node_hash(&newer, hash);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if older != *old_root {
        return Err(ProofError::OldRoot);
    }
    if newer == *new_root { Ok(()) } else { Err(ProofError::Root) }
}

/// An empty tree is the beginning of every tree; trees of one size are the same tree or not consistent.
fn verify_without_hashes(
    old: u64,
    new: u64,
    old_root: &Digest,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length);
    }
    if old == 0 && *old_root != EMPTY_ROOT {
        return Err(ProofError::OldRoot);
    }
    if old == new && old_root != new_root { Err(ProofError::Root) } else { Ok(()) }
}
