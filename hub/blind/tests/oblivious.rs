//! What the hub is sent is uniformly random, whatever is asked: the distributions of the blinded elements' bytes of two very
//! different sets of selectors cannot be told apart.

use meldeverbund_blind::{ELEMENT_BYTES, Questions, Selector};
use meldeverbund_proto::LinkId;
use rand::{SeedableRng as _, rngs::StdRng};

/// Batches of each set, and selectors of each batch.
const RUNS: usize = 250;
const BATCH: usize = 16;

/// How often each byte value stood at each place of an element.
type Counts = Vec<[u64; 256]>;

fn counts(selectors: &[Selector], mut rng: impl FnMut(usize) -> StdRng) -> Counts {
    let mut counts = vec![[0; 256]; ELEMENT_BYTES];
    for run in 0..RUNS {
        for element in Questions::blind(selectors, &mut rng(run)).elements() {
            for (place, byte) in element.iter().enumerate() {
                counts[place][usize::from(*byte)] += 1;
            }
        }
    }
    counts
}

/// Two-sample chi-square over all places, in standard deviations from what is expected of one distribution.
fn deviation(one: &Counts, other: &Counts) -> f64 {
    let (mut sum, mut freedom) = (0.0, -(ELEMENT_BYTES as f64));
    for (one, other) in one.iter().flatten().zip(other.iter().flatten()) {
        // Both samples are of one size. Some values never stand at the first and the last place.
        if one + other > 0 {
            let difference = *one as f64 - *other as f64;
            sum += difference * difference / (one + other) as f64;
            freedom += 1.0;
        }
    }
    (sum - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn two_sets_of_selectors_look_alike() {
    let one_link = vec![Selector::Link(LinkId::from_bytes([7; 32])); BATCH];
    let others: Vec<_> = (0..BATCH as u8).map(|n| Selector::Md5([n; 16])).collect();
    let fresh = |seed: u64| move |run: usize| StdRng::seed_from_u64(seed * 1_000_000 + run as u64);
    let (ones, others) = (counts(&one_link, fresh(1)), counts(&others, fresh(2)));
    let alike = deviation(&ones, &others).abs();
    assert!(alike < 5.0, "{alike} standard deviations between two sets");
    let same = deviation(&ones, &counts(&one_link, fresh(3))).abs();
    assert!(same < 5.0, "{same} standard deviations between twice the same set");
    // The measure sees what is not blinded: one blind for all runs makes each selector its own pattern.
    let stuck = deviation(&ones, &counts(&one_link, |_| StdRng::seed_from_u64(4)));
    assert!(stuck > 100.0, "only {stuck} standard deviations where nothing is blinded");
}
