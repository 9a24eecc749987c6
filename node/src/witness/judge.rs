//! What a published checkpoint is to this office that has seen another one: pure.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::consistency,
    note::{Checkpoint, Origin},
};

use crate::store::SeenCheckpoint;

/// A tree that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) epoch: u32,
    pub(super) size: u64,
    pub(super) root: Digest,
}

/// What a checkpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// The first that this office sees, the one it knows, or a newer one that continues it.
    Stands,
    /// An older one that came late: to be shown to lie on the way to the known one.
    Older,
    /// One of a later epoch.
    LaterEpoch,
    /// The hub's newest is older than what this office has seen.
    Behind,
    /// It does not continue what this office has seen; says how that shows.
    Fork(String),
}

impl Tree {
    /// The tree of a checkpoint whose origin is a ledger's.
    pub(super) fn of(origin: &Origin, checkpoint: &Checkpoint) -> Self {
        Self { epoch: origin.epoch, size: checkpoint.size, root: checkpoint.root }
    }
}

impl From<&SeenCheckpoint> for Tree {
    fn from(seen: &SeenCheckpoint) -> Self {
        Self { epoch: seen.epoch, size: seen.size, root: seen.root }
    }
}

/// Judges what was shown. `proven` is where the proof begins: the tree that this stream showed last, or the known one.
pub(super) fn judge(
    known: Option<&Tree>,
    proven: Option<&Tree>,
    shown: &Tree,
    proof: &[Digest],
    first_of_stream: bool,
) -> Judged {
    let Some(known) = known else { return Judged::Stands };
    if shown.epoch > known.epoch {
        return Judged::LaterEpoch;
    }
    if shown.epoch < known.epoch || shown.size < known.size {
        return if first_of_stream || shown.epoch < known.epoch { Judged::Behind } else { Judged::Older };
    }
    if shown.size == known.size {
        return if shown.root == known.root {
            Judged::Stands
        } else {
            Judged::Fork(format!("two roots of {} leaves in epoch {}", shown.size, shown.epoch))
        };
    }
    let from = proven.filter(|tree| tree.epoch == known.epoch).unwrap_or(known);
    match consistency::verify(from.size, shown.size, &from.root, &shown.root, proof) {
        Ok(()) => Judged::Stands,
        Err(error) => Judged::Fork(format!(
            "epoch {}: {} leaves do not continue {}: {error}",
            shown.epoch, shown.size, from.size
        )),
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::merkle::{Range, Span, leaf_hash, prove};

    use super::*;

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn tree(epoch: u32, leaves: &[Digest]) -> Tree {
        let mut range = Range::empty(0);
        leaves.iter().for_each(|hash| range.push(*hash));
        Tree { epoch, size: leaves.len() as u64, root: range.root().unwrap() }
    }

    fn proof(leaves: &[Digest], old: u64, new: u64) -> Vec<Digest> {
        let plan = consistency::plan(old, new).unwrap();
        prove::<()>(&plan, |subtree| {
            let Span { begin, end } = subtree.span();
            Ok(tree(1, &leaves[begin as usize..end as usize]).root)
        })
        .unwrap()
    }

    #[test]
    fn what_continues_stands_and_what_does_not_is_a_fork() {
        let all = leaves(20);
        let (known, next) = (tree(1, &all[..7]), tree(1, &all[..20]));
        let good = proof(&all, 7, 20);
        assert_eq!(judge(None, None, &next, &[], true), Judged::Stands);
        assert_eq!(judge(Some(&known), None, &known, &[], true), Judged::Stands);
        assert_eq!(judge(Some(&known), None, &next, &good, true), Judged::Stands);
        assert!(matches!(judge(Some(&known), None, &next, &good[1..], true), Judged::Fork(_)));
        let mut other = all.clone();
        other[3] = [9; 32];
        let forged = tree(1, &other);
        assert!(matches!(judge(Some(&known), None, &forged, &proof(&other, 7, 20), true), Judged::Fork(_)));
        let same_size = tree(1, &other[..7]);
        assert!(matches!(judge(Some(&known), None, &same_size, &[], false), Judged::Fork(_)));
    }

    #[test]
    fn the_proof_begins_where_the_stream_stood() {
        let all = leaves(20);
        let (known, next) = (tree(1, &all[..9]), tree(1, &all));
        let proven = tree(1, &all[..7]);
        let from_seven = proof(&all, 7, 20);
        assert_eq!(judge(Some(&known), Some(&proven), &next, &from_seven, false), Judged::Stands);
        assert!(matches!(judge(Some(&known), None, &next, &from_seven, false), Judged::Fork(_)));
    }

    #[test]
    fn the_newest_must_not_be_older_and_late_ones_may() {
        let all = leaves(9);
        let (known, older) = (tree(2, &all), tree(2, &all[..4]));
        assert_eq!(judge(Some(&known), None, &older, &[], true), Judged::Behind);
        assert_eq!(judge(Some(&known), None, &older, &[], false), Judged::Older);
        let earlier = tree(1, &all);
        assert_eq!(judge(Some(&known), None, &earlier, &[], false), Judged::Behind);
        let later = Tree { epoch: 3, ..older };
        assert_eq!(judge(Some(&known), None, &later, &[], true), Judged::LaterEpoch);
    }
}
