//! Which perfect subtrees make up a span of leaves.

use std::iter;

/// A perfect subtree: the leaves `[index · 2^level, (index + 1) · 2^level)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subtree {
    /// Its height: 0 is a leaf, 63 the highest.
    pub level: u8,
    /// Its place among those of its level, from the left.
    pub index: u64,
}

impl Subtree {
    /// Its leaves.
    ///
    /// # Panics
    /// If they lie beyond the 2^64 − 1 leaves that a tree can have.
    pub fn span(self) -> Span {
        let bounds = 1_u64.checked_shl(self.level.into()).and_then(|width| {
            let begin = self.index.checked_mul(width)?;
            Some((begin, begin.checked_add(width)?))
        });
        let (begin, end) = bounds.expect("a subtree lies within a tree, which has fewer than 2^64 leaves");
        Span { begin, end }
    }
}

/// The leaves `[begin, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first leaf.
    pub begin: u64,
    /// The leaf behind the last.
    pub end: u64,
}

impl Span {
    /// The span's canonical decomposition: the largest perfect subtrees that fit, from left to right; at most 126.
    ///
    /// None for a span that ends where it begins, or before.
    pub fn subtrees(self) -> impl Iterator<Item = Subtree> + Clone {
        let mut at = self.begin;
        iter::from_fn(move || {
            let left = self.end.checked_sub(at).filter(|left| *left > 0)?;
            let level = at.trailing_zeros().min(left.ilog2());
            let subtree = Subtree { level: level as u8, index: at >> level };
            at += 1 << level;
            Some(subtree)
        })
    }

    /// The two parts in which RFC 6962 divides a span of at least two leaves: a power of two, and the rest.
    pub(super) fn halves(self) -> (Self, Self) {
        let left = 1 << (self.end - self.begin - 1).ilog2();
        let middle = self.begin + left;
        (Self { begin: self.begin, end: middle }, Self { begin: middle, end: self.end })
    }

    pub(super) fn len(self) -> u64 {
        self.end - self.begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subtrees(begin: u64, end: u64) -> Vec<(u8, u64)> {
        Span { begin, end }.subtrees().map(|s| (s.level, s.index)).collect()
    }

    #[test]
    fn the_largest_that_fit_from_left_to_right() {
        assert_eq!(subtrees(0, 0), []);
        assert_eq!(subtrees(5, 3), []);
        assert_eq!(subtrees(0, 7), [(2, 0), (1, 2), (0, 6)]);
        assert_eq!(subtrees(1, 8), [(0, 1), (1, 1), (2, 1)]);
        assert_eq!(subtrees(3, 14), [(0, 3), (2, 1), (2, 2), (1, 6)]);
        assert_eq!(subtrees(0, u64::MAX).len(), 64);
        assert_eq!(subtrees(1, u64::MAX).len(), 126, "the most there can be");
    }

    /// They cover the span without a gap, and none has its sibling beside it.
    #[test]
    fn every_decomposition_is_whole_and_smallest() {
        for end in 0..70 {
            for begin in 0..=end {
                let parts: Vec<Subtree> = Span { begin, end }.subtrees().collect();
                let reached = parts.iter().fold(begin, |at, part| {
                    assert_eq!(part.span().begin, at);
                    part.span().end
                });
                assert_eq!(reached, end);
                let siblings =
                    |pair: &[Subtree]| pair[0].level == pair[1].level && pair[0].index.is_multiple_of(2);
                assert!(!parts.windows(2).any(siblings), "{begin}..{end}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "fewer than 2^64 leaves")]
    fn a_subtree_beyond_all_trees_has_no_span() {
        Subtree { level: 63, index: 1 }.span();
    }
}
