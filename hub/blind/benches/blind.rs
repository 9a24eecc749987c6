//! What blind questions cost, on one core: `cargo bench -p meldeverbund-blind --bench blind --profile dist -- 1000000 10000000`.
//!
//! The arithmetic is measured on whole batches of 1,000. Filters are built of synthetic tags (random bytes, as tags are), of as many
//! as the arguments say: making a set is that, and the arithmetic of one tag for each selector.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

use meldeverbund_blind::{BlindedElements, EpochKey, Filter, FilterBuilder, Questions, Selector, Tag};
use meldeverbund_proto::LinkId;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// Elements of one batch: as many as the contract allows.
const BATCH: usize = 1_000;

/// Batches of a round; the fastest round counts, as on a machine that does nothing else.
const ROUNDS: usize = 5;

/// Entries of a filter where the arguments say nothing.
const ENTRIES: usize = 1_000_000;

/// Look-ups that are timed.
const LOOK_UPS: usize = 100_000;

fn main() {
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = match (sizes.is_empty(), quick) {
        (false, _) => sizes,
        (true, true) => vec![10_000],
        (true, false) => vec![ENTRIES],
    };
    arithmetic(if quick { 1 } else { ROUNDS });
    sizes.into_iter().for_each(filter);
}

fn arithmetic(rounds: usize) {
    let mut rng = StdRng::seed_from_u64(1);
    let key = EpochKey::derive(&[1; 32], &[2; 32], 1);
    let selectors: Vec<_> = (0..BATCH).map(|_| Selector::Link(LinkId::from_bytes(rng.random()))).collect();
    let [mut tags, mut blind, mut evaluate, mut finish] = [f64::MAX; 4];
    for _ in 0..rounds {
        tags = tags.min(seconds(|| selectors.iter().map(|selector| key.tag(selector)).max()).0);
        let (time, questions) = seconds(|| Questions::blind(&selectors, &mut rng));
        blind = blind.min(time);
        let (time, evaluated) = seconds(|| {
            let batch = BlindedElements::read(questions.elements()).unwrap();
            key.evaluate(&batch, &mut StdRng::seed_from_u64(2))
        });
        evaluate = evaluate.min(time);
        let finished = seconds(|| questions.finish(&key.public(), &evaluated.elements, &evaluated.proof));
        finish = finish.min(finished.0);
        assert_eq!(finished.1.unwrap().len(), BATCH);
    }
    let rate = |time: f64| BATCH as f64 / time;
    println!("batches of {BATCH}, selectors a second and core:");
    println!("  hub, reading and evaluating with the proof  {:>9.0}", rate(evaluate));
    println!("  hub, tags for a set                         {:>9.0}", rate(tags));
    println!("  asker, blinding                             {:>9.0}", rate(blind));
    println!("  asker, verifying and finishing              {:>9.0}", rate(finish));
    println!("  asker, both                                 {:>9.0}", rate(blind + finish));
}

fn filter(entries: usize) {
    let mut rng = StdRng::seed_from_u64(3);
    let mut builder = FilterBuilder::with_capacity(entries);
    (0..entries).for_each(|_| builder.add(&Tag(rng.random())));
    let (build, (bytes, distinct)) = seconds(|| builder.finish());
    let size = bytes.len();
    let (read, filter) = seconds(|| Filter::read(bytes).unwrap());
    let tags: Vec<_> = (0..LOOK_UPS).map(|_| Tag(rng.random())).collect();
    let (look, hits) = seconds(|| tags.iter().filter(|tag| filter.contains(tag)).count());
    println!("filter of {entries} synthetic tags ({distinct} entries):");
    println!("  {size} bytes, {:.2} MB a million", size as f64 / entries as f64);
    println!("  built in {build:.2} s, read in {read:.2} s");
    println!("  {:.0} look-ups a second, {hits} false hits in {LOOK_UPS}", LOOK_UPS as f64 / look);
}

fn seconds<T>(body: impl FnOnce() -> T) -> (f64, T) {
    #[expect(clippy::disallowed_methods, reason = "only a duration is taken, where there is no runtime")]
    let begun = std::time::Instant::now();
    let done = body();
    (begun.elapsed().as_secs_f64(), done)
}
