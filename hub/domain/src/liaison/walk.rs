//! Links that differ in a number alone, and count up: what somebody walks, however it is cut into questions.

/// Numbers in a row, in otherwise equal links, from which on somebody walks them. One album has fewer.
const STEPS: u64 = 50;

/// Runs that are kept of one series of links on one day, 64 KiB: who jumps about in some millions of numbers without ever asking for
/// two neighbours is not seen.
const RUNS: usize = 4_096;

/// Bytes of a run: its first and its last number.
const RUN_BYTES: usize = 16;

/// A link's last number, and what stands before and behind it: links that share these are a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered<'l> {
    /// What stands before the number.
    pub before: &'l str,
    /// The number.
    pub number: u64,
    /// What stands behind it.
    pub behind: &'l str,
}

impl<'l> Numbered<'l> {
    /// Finds the last number of a link; none: it has none, or one that nobody counts up to.
    pub fn of(link: &'l str) -> Option<Self> {
        let end = link.rfind(|c: char| c.is_ascii_digit())? + 1;
        let start = link[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        Some(Self { before: &link[..start], number: link[start..end].parse().ok()?, behind: &link[end..] })
    }
}

/// The numbers of one series that were asked about, as runs without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walk {
    /// First and last number of each, in their order; between two of them a number is missing.
    runs: Vec<(u64, u64)>,
}

impl Walk {
    /// Adds numbers, in any order, asked about before or not.
    pub fn add(&mut self, numbers: impl IntoIterator<Item = u64>) {
        self.runs.extend(numbers.into_iter().map(|number| (number, number)));
        self.runs.sort_unstable();
        self.runs.dedup_by(|next, run| {
            let joins = next.0 <= run.1.saturating_add(1);
            if joins {
                run.1 = run.1.max(next.1);
            }
            joins
        });
        if self.runs.len() > RUNS {
            // The longest tell most; of equally long ones the order is the numbers'.
            self.runs.sort_by_key(|(first, last)| std::cmp::Reverse(last - first));
            self.runs.truncate(RUNS);
            self.runs.sort_unstable();
        }
    }

    /// How many numbers follow their neighbour.
    pub fn steps(&self) -> u64 {
        self.runs.iter().map(|(first, last)| last - first).fold(0, u64::saturating_add)
    }

    /// Whether these are so many that somebody should look.
    pub fn is_long(&self) -> bool {
        self.steps() >= STEPS
    }

    /// As it is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.runs.iter().flat_map(|(first, last)| [*first, *last]).flat_map(u64::to_be_bytes).collect()
    }

    /// As it was kept; none: these are not the bytes of a walk.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<{ RUN_BYTES / 2 }>();
        let (runs, odd) = numbers.as_chunks::<2>();
        let runs: Vec<_> = runs
            .iter()
            .map(|[first, last]| (u64::from_be_bytes(*first), u64::from_be_bytes(*last)))
            .collect();
        let sound = runs.iter().all(|(first, last)| first <= last)
            && runs.windows(2).all(|pair| pair[0].1 < u64::MAX && pair[0].1 + 1 < pair[1].0);
        (rest.is_empty() && odd.is_empty() && sound).then_some(Self { runs })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn walk(numbers: impl IntoIterator<Item = u64>) -> Walk {
        let mut walk = Walk::default();
        walk.add(numbers);
        walk
    }

    #[test]
    fn the_last_number_counts() {
        let found = |link| Numbered::of(link).map(|found| (found.before, found.number, found.behind));
        assert_eq!(found("https://a.test/v/007.html"), Some(("https://a.test/v/", 7, ".html")));
        assert_eq!(found("https://a2.test/ä"), Some(("https://a", 2, ".test/ä")));
        assert_eq!(found("https://a.test/"), None);
        assert_eq!(found("https://a.test/99999999999999999999"), None, "more than anybody counts up to");
    }

    #[test]
    fn fifty_steps_are_a_walk_and_an_album_is_none() {
        assert!(!walk(0..50).is_long());
        assert!(walk(0..51).is_long());
        assert!(!walk((0..200).map(|n| n * 2)).is_long(), "every other one");
        assert!(walk((0..26).chain(100..126)).is_long(), "two halves");
        assert!(walk([u64::MAX, u64::MAX - 1]).runs == [(u64::MAX - 1, u64::MAX)]);
    }

    #[test]
    fn the_longest_runs_stay() {
        let many = RUNS as u64 + 10;
        let mut jumps = walk((0..many).map(|n| n * 3));
        assert_eq!(jumps.runs.len(), RUNS);
        jumps.add([9_000_000, 9_000_001]);
        assert!(jumps.runs.contains(&(9_000_000, 9_000_001)));
        assert_eq!(jumps.runs.len(), RUNS);
        assert_eq!(jumps.to_bytes().len(), RUNS * RUN_BYTES);
    }

    #[test]
    fn what_is_no_walk_is_not_read() {
        let bytes = |runs: &[(u64, u64)]| Walk { runs: runs.to_vec() }.to_bytes();
        for wrong in
            [&bytes(&[(2, 1)])[..], &bytes(&[(1, 2), (3, 4)]), &bytes(&[(5, 6), (1, 2)]), &[0; 15], &[0; 8]]
        {
            assert_eq!(Walk::from_bytes(wrong), None);
        }
    }

    proptest! {
        #[test]
        fn however_it_is_cut_it_is_one_walk(mut numbers in prop::collection::vec(0_u64..300, 0..200), cut in 1_usize..40) {
            let mut pieces = Walk::default();
            for piece in numbers.chunks(cut) {
                pieces = Walk::from_bytes(&pieces.to_bytes()).unwrap();
                pieces.add(piece.iter().copied());
            }
            prop_assert_eq!(&pieces, &walk(numbers.iter().copied()));
            numbers.sort_unstable();
            numbers.dedup();
            let steps = numbers.windows(2).filter(|pair| pair[1] - pair[0] == 1).count();
            prop_assert_eq!(pieces.steps(), steps as u64);
        }
    }
}
