//! A compact range: all that must be remembered of a span of leaves to go on hashing.

use super::{EMPTY_ROOT, Span, Subtree, node_hash};
use crate::leaf::Digest;

/// Hashes do not belong to the range they are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It ends before it begins.
    #[error("a range ends at leaf {end}, before it begins at leaf {begin}")]
    Backwards {
        /// The first leaf.
        begin: u64,
        /// The leaf behind the last.
        end: u64,
    },
    /// Another number of hashes than the range has perfect subtrees.
    #[error("a range of {expected} subtrees has {found} hashes")]
    Count {
        /// How many it has.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A range does not begin where the one before it ends.
    #[error("a range begins at leaf {begin}, the one before it ends at leaf {end}")]
    Gap {
        /// Where the one before ends.
        end: u64,
        /// Where the other begins.
        begin: u64,
    },
}

/// The leaves `[begin, end)` as the hashes of their [decomposition](Span::subtrees), from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    begin: u64,
    end: u64,
    hashes: Vec<Digest>,
}

impl Range {
    /// The range without leaves at this place; the whole tree begins at 0.
    pub fn empty(begin: u64) -> Self {
        Self { begin, end: begin, hashes: Vec::new() }
    }

    /// The range with these hashes.
    ///
    /// # Errors
    /// If the hashes are not as many as `[begin, end)` has subtrees. Whether they are the right ones only a root can
    /// tell.
    pub fn from_parts(begin: u64, end: u64, hashes: Vec<Digest>) -> Result<Self, RangeError> {
        if end < begin {
            return Err(RangeError::Backwards { begin, end });
        }
        let (expected, found) = (Span { begin, end }.subtrees().count(), hashes.len());
        if expected == found {
            Ok(Self { begin, end, hashes })
        } else {
            Err(RangeError::Count { expected, found })
        }
    }

    /// The first leaf.
    pub fn begin(&self) -> u64 {
        self.begin
    }

    /// The leaf behind the last; for the whole tree its size.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The hashes, from left to right.
    pub fn hashes(&self) -> &[Digest] {
        &self.hashes
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf_hash: Digest) {
        self.push_with(leaf_hash, |_, _| ());
    }

    /// Adds the next leaf and reports every perfect subtree that it completes, the leaf itself first: a store keeps
    /// those whose level is a multiple of 8 and has the hashes of all tiles.
    pub fn push_with(&mut self, leaf_hash: Digest, completed: impl FnMut(Subtree, &Digest)) {
        self.push_subtree(Subtree { level: 0, index: self.end }, leaf_hash, completed);
    }

    /// Adds the range that begins where this one ends.
    ///
    /// # Errors
    /// If it begins elsewhere.
    pub fn append(&mut self, other: &Self) -> Result<(), RangeError> {
        if other.begin != self.end {
            return Err(RangeError::Gap { end: self.end, begin: other.begin });
        }
        let span = Span { begin: other.begin, end: other.end };
        for (subtree, hash) in span.subtrees().zip(&other.hashes) {
            self.push_subtree(subtree, *hash, |_, _| ());
        }
        Ok(())
    }

    /// Root of the tree that these leaves are; none if the range does not begin at leaf 0.
    pub fn root(&self) -> Option<Digest> {
        (self.begin == 0).then(|| fold(&self.hashes).unwrap_or(EMPTY_ROOT))
    }

    /// The subtree begins at `end`. Its left sibling, if this range has it whole, is the last hash.
    fn push_subtree(
        &mut self,
        mut subtree: Subtree,
        mut hash: Digest,
        mut completed: impl FnMut(Subtree, &Digest),
    ) {
        self.end = subtree.span().end;
        completed(subtree, &hash);
        while subtree.index % 2 == 1 && self.begin <= (subtree.index - 1) << subtree.level {
            let left = self.hashes.pop().expect("a sibling within the range is its last subtree");
            hash = node_hash(&left, &hash);
            subtree = Subtree { level: subtree.level + 1, index: subtree.index / 2 };
            completed(subtree, &hash);
        }
        self.hashes.push(hash);
    }
}

/// Hash of a span of a [plan](super::inclusion::plan) or of a whole tree from the hashes of its decomposition, folded
/// from right to left; none if there are none.
pub fn fold(hashes: &[Digest]) -> Option<Digest> {
    let (last, before) = hashes.split_last()?;
    Some(before.iter().rfold(*last, |right, left| node_hash(left, &right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::reference::{leaves, mth};

    /// Largest size that is looked at exhaustively: beyond one byte's worth of levels nothing new happens.
    const MOST: u64 = 70;

    fn range(all: &[Digest], begin: u64, end: u64) -> Range {
        let mut range = Range::empty(begin);
        all[begin as usize..end as usize].iter().for_each(|hash| range.push(*hash));
        range
    }

    #[test]
    fn pushed_or_put_together_a_range_has_the_hashes_of_its_subtrees() {
        let all = leaves(MOST);
        for end in 0..=MOST {
            for begin in 0..=end {
                let pushed = range(&all, begin, end);
                let subtrees = Span { begin, end }.subtrees();
                let hashes: Vec<Digest> = subtrees.map(|s| mth(&all, s.span())).collect();
                assert_eq!(Range::from_parts(begin, end, hashes), Ok(pushed));
            }
            assert_eq!(range(&all, 0, end).root(), Some(mth(&all, Span { begin: 0, end })));
        }
        assert_eq!(range(&all, 1, 8).root(), None);
    }

    #[test]
    fn ranges_side_by_side_are_one() {
        let all = leaves(20);
        for end in 0..=20 {
            for middle in 0..=end {
                for begin in 0..=middle {
                    let mut left = range(&all, begin, middle);
                    left.append(&range(&all, middle, end)).unwrap();
                    assert_eq!(left, range(&all, begin, end), "{begin}..{middle}..{end}");
                }
            }
        }
        let gap = Range::empty(3).append(&Range::empty(4));
        assert_eq!(gap, Err(RangeError::Gap { end: 3, begin: 4 }));
    }

    #[test]
    fn every_completed_subtree_is_reported_once() {
        let all = leaves(MOST);
        let (mut range, mut seen) = (Range::empty(0), Vec::new());
        for hash in &all {
            range.push_with(*hash, |subtree, hash| seen.push((subtree, *hash)));
        }
        for (subtree, hash) in &seen {
            assert_eq!(*hash, mth(&all, subtree.span()));
        }
        seen.sort_unstable();
        let expected = (0..7).flat_map(|level| (0..MOST >> level).map(move |index| Subtree { level, index }));
        assert_eq!(
            seen.iter().map(|(subtree, _)| *subtree).collect::<Vec<_>>(),
            expected.collect::<Vec<_>>()
        );
    }

    #[test]
    fn hashes_that_do_not_fit_are_refused() {
        assert_eq!(Range::from_parts(4, 3, vec![]), Err(RangeError::Backwards { begin: 4, end: 3 }));
        for found in [0, 1, 2, 4] {
            let error = Range::from_parts(0, 7, vec![[0; 32]; found]);
            assert_eq!(error, Err(RangeError::Count { expected: 3, found }));
        }
    }
}
