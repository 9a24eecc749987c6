//! RFC 6962, 2.1, word by word: slow, and what the rest is held against.

use super::{EMPTY_ROOT, Span, leaf_hash, node_hash};
use crate::leaf::Digest;

/// Hashes of `count` different leaves.
pub(crate) fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
}

/// MTH of a span of leaves.
pub(crate) fn mth(leaves: &[Digest], span: Span) -> Digest {
    tree(&leaves[span.begin as usize..span.end as usize])
}

/// PATH(m, D[n]).
pub(crate) fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if index < left.len() {
        [path(index, left), vec![tree(right)]].concat()
    } else {
        [path(index - left.len(), right), vec![tree(left)]].concat()
    }
}

/// PROOF(m, D[n]).
pub(crate) fn proof(old: usize, leaves: &[Digest]) -> Vec<Digest> {
    subproof(old, leaves, true)
}

fn subproof(old: usize, leaves: &[Digest], whole: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![tree(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if old <= left.len() {
        [subproof(old, left, whole), vec![tree(right)]].concat()
    } else {
        [subproof(old - left.len(), right, false), vec![tree(left)]].concat()
    }
}

fn tree(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&tree(left), &tree(right))
        }
    }
}

/// The largest power of two below `count`.
fn split(count: usize) -> usize {
    let mut power = 1;
    while power * 2 < count {
        power *= 2;
    }
    power
}
