//! The ledger's tree as one transaction sees it: what stood when it took the head, and what it added since.
//!
//! Everything that a receipt of this transaction needs is in memory already: the range that was taken with the head, and
//! every perfect subtree that was completed since, the new leaves first.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, Span, Subtree},
    tile::HEIGHT,
};

/// The tree: as it was taken, and as it is now.
#[derive(Debug, Clone)]
pub struct Tree {
    taken: Range,
    range: Range,
    /// Subtrees completed since, by level; those of one level stand side by side.
    grown: Vec<Grown>,
    /// The salted digests of the decisions on the new leaves.
    decisions: Vec<Digest>,
}

#[derive(Debug, Clone)]
struct Grown {
    first: u64,
    hashes: Vec<Digest>,
}

impl Tree {
    /// The tree with this range, nothing added.
    pub fn new(range: Range) -> Self {
        Self { taken: range.clone(), range, grown: Vec::new(), decisions: Vec::new() }
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf_hash: Digest, decision: Digest) {
        let grown = &mut self.grown;
        self.range.push_with(leaf_hash, |Subtree { level, index }, hash| {
            match grown.get_mut(usize::from(level)) {
                Some(grown) => grown.hashes.push(*hash),
                // Levels are completed from the bottom up, so the next one is at most one higher.
                None => grown.push(Grown { first: index, hashes: vec![*hash] }),
            }
        });
        self.decisions.push(decision);
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.range.end()
    }

    /// How many leaves it had when it was taken.
    pub fn size_taken(&self) -> u64 {
        self.taken.end()
    }

    /// Its root.
    pub fn root(&self) -> Digest {
        self.range.root().expect("the ledger's range begins at leaf 0")
    }

    /// Its range.
    pub fn range(&self) -> &Range {
        &self.range
    }

    /// The digests of the decisions on these leaves; none if one of them is not new.
    pub fn decisions(&self, leaves: Span) -> Option<&[Digest]> {
        let place = |leaf: u64| usize::try_from(leaf.checked_sub(self.taken.end())?).ok();
        self.decisions.get(place(leaves.begin)?..place(leaves.end)?)
    }

    /// The hash of a subtree, if it is known without looking it up.
    pub fn hash_of(&self, subtree: Subtree) -> Option<Digest> {
        let grown = self.grown.get(usize::from(subtree.level)).and_then(|grown| {
            let place = subtree.index.checked_sub(grown.first)?;
            grown.hashes.get(usize::try_from(place).ok()?)
        });
        grown.copied().or_else(|| {
            let stood = Span { begin: 0, end: self.taken.end() }.subtrees().zip(self.taken.hashes());
            stood.into_iter().find(|(known, _)| *known == subtree).map(|(_, hash)| *hash)
        })
    }

    /// The subtrees completed since whose roots are kept: those of full tiles.
    pub fn full_tiles(&self) -> impl Iterator<Item = (Subtree, Digest)> {
        let kept = (0_u8..).zip(&self.grown).filter(|(level, _)| is_kept(*level));
        kept.flat_map(|(level, grown)| {
            (grown.first..).zip(&grown.hashes).map(move |(index, hash)| (Subtree { level, index }, *hash))
        })
    }
}

/// Whether the roots of subtrees of this level are kept in `subtree`; leaves are in `event`.
pub(super) fn is_kept(level: u8) -> bool {
    level > 0 && level.is_multiple_of(HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(n: u64) -> Digest {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&n.to_be_bytes());
        hash
    }

    fn range(size: u64) -> Range {
        let mut range = Range::empty(0);
        (0..size).for_each(|n| range.push(leaf(n)));
        range
    }

    fn grown(taken: u64, size: u64) -> Tree {
        let mut tree = Tree::new(range(taken));
        (taken..size).for_each(|n| tree.push(leaf(n), leaf(n + 1_000_000)));
        tree
    }

    #[test]
    fn every_range_that_touches_the_new_leaves_is_known() {
        for taken in [0, 1, 2, 5, 7, 8, 31, 32] {
            let tree = grown(taken, 45);
            assert_eq!((tree.size_taken(), tree.size(), tree.range()), (taken, 45, &range(45)));
            for at in taken..=45 {
                let before: Option<Vec<_>> =
                    Span { begin: 0, end: at }.subtrees().map(|subtree| tree.hash_of(subtree)).collect();
                assert_eq!(Range::from_parts(0, at, before.unwrap()), Ok(range(at)));
                let after: Option<Vec<_>> =
                    Span { begin: at, end: 45 }.subtrees().map(|subtree| tree.hash_of(subtree)).collect();
                let mut whole = range(at);
                whole.append(&Range::from_parts(at, 45, after.unwrap()).unwrap()).unwrap();
                assert_eq!(whole.root(), Some(tree.root()));
            }
        }
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let tree = grown(6, 9);
        assert_eq!(tree.hash_of(Subtree { level: 0, index: 0 }), None, "only the range of the old ones");
        assert_eq!(tree.hash_of(Subtree { level: 0, index: 9 }), None, "beyond the end");
        assert_eq!(tree.decisions(Span { begin: 6, end: 9 }).unwrap().len(), 3);
        assert_eq!(tree.decisions(Span { begin: 8, end: 9 }), Some(&[leaf(1_000_008)][..]));
        assert_eq!(tree.decisions(Span { begin: 5, end: 7 }), None);
        assert_eq!(tree.decisions(Span { begin: 8, end: 10 }), None);
    }

    #[test]
    fn full_tiles_are_those_completed_since() {
        let of = |taken, size| -> Vec<_> {
            let tiles = grown(taken, size);
            tiles.full_tiles().map(|(Subtree { level, index }, _)| (level, index)).collect()
        };
        assert_eq!(of(0, 255), []);
        assert_eq!(of(0, 256), [(8, 0)]);
        assert_eq!(of(255, 512), [(8, 0), (8, 1)]);
        assert_eq!(of(256, 511), []);
        assert_eq!(of(65_535, 65_537), [(8, 255), (16, 0)]);
    }
}
