//! Receipts: the leaves before, the leaves behind, and what was decided, as one pure function of the tree's hashes.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Span, Subtree},
    v1,
};

use super::Signed;
use crate::store::Tree;

/// The receipt of leaves side by side under a checkpoint that covers them.
///
/// The closure knows the hashes of the subtrees before and behind them. None if it does not know one, or if the
/// checkpoint does not cover the leaves.
pub(super) fn receipt(
    signed: &Signed,
    leaves: Span,
    decisions: &[Digest],
    hash_of: impl Fn(Subtree) -> Option<Digest>,
) -> Option<v1::Receipt> {
    if leaves.end > signed.size {
        return None;
    }
    let hashes = |span: Span| -> Option<Vec<Vec<u8>>> {
        span.subtrees().map(|subtree| Some(hash_of(subtree)?.to_vec())).collect()
    };
    let [before, after] = around(leaves, signed.size);
    Some(v1::Receipt {
        checkpoint: signed.note.clone(),
        first_leaf_index: leaves.begin,
        before: hashes(before)?,
        decision_digests: decisions.iter().map(|digest| digest.to_vec()).collect(),
        after: hashes(after)?,
    })
}

/// What lies before and behind the leaves.
pub(super) fn around(leaves: Span, size: u64) -> [Span; 2] {
    [Span { begin: 0, end: leaves.begin }, Span { begin: leaves.end, end: size }]
}

/// The receipt of leaves that the committed transaction itself has written; none for those of an earlier one.
pub fn fresh(signed: &Signed, tree: &Tree, leaves: Span) -> Option<v1::Receipt> {
    let decisions = tree.decisions(leaves)?;
    receipt(signed, leaves, decisions, |subtree| tree.hash_of(subtree))
}
