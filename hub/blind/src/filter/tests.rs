use proptest::prelude::*;
use rand::{RngExt, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::Tag;

fn build(tags: &[Tag]) -> (Vec<u8>, u64) {
    let mut builder = FilterBuilder::with_capacity(tags.len());
    tags.iter().for_each(|tag| builder.add(tag));
    assert_eq!((builder.len(), builder.is_empty()), (tags.len(), tags.is_empty()));
    builder.finish()
}

fn random(count: usize, seed: u64) -> Vec<Tag> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(|_| Tag(rng.random())).collect()
}

/// Made once by hand: n = 2, places 2^21; the tags fall on 0x100000 (half of them) and on 0x180000.
#[test]
fn golden_bytes() {
    let tag = |first: u8| Tag(std::array::from_fn(|i| if i == 0 { first } else { 0 }));
    let (bytes, entries) = build(&[tag(0xc0), tag(0x80), tag(0x80)]);
    assert_eq!(entries, 2);
    // 10 0000 0000 0000 0000 0000 | 0 1000 0000 0000 0000 0000 | 00000
    assert_eq!(hex::encode(&bytes), format!("{}{:016x}800001000000", hex::encode(MAGIC), 2));
    let filter = Filter::read(bytes.clone()).unwrap();
    assert_eq!((filter.entries(), filter.as_bytes()), (2, &bytes[..]));
    assert!(filter.contains(&tag(0x80)) && filter.contains(&tag(0xc0)));
    assert!(!filter.contains(&tag(0)) && !filter.contains(&tag(0xc1)) && !filter.contains(&tag(0xff)));
}

#[test]
fn an_empty_set_holds_nothing() {
    let (bytes, entries) = build(&[]);
    assert_eq!((bytes.len(), entries), (HEADER_BYTES, 0));
    let filter = Filter::read(bytes).unwrap();
    assert!(random(1_000, 1).iter().all(|tag| !filter.contains(tag)));
}

/// 2^22 misses on a set of 50,000 expect four false hits; 20 come once in 10^8 seeds, and this seed is one.
#[test]
fn false_hits_are_as_rare_as_stated() {
    let (bytes, _) = build(&random(50_000, 2));
    let filter = Filter::read(bytes).unwrap();
    let mut rng = StdRng::seed_from_u64(3);
    let misses = 4 * ONE_FALSE_HIT_IN;
    let hits = (0..misses).filter(|_| filter.contains(&Tag(rng.random()))).count();
    assert!(hits < 20, "{hits} of {misses}");
}

#[test]
fn an_entry_takes_less_than_22_bits() {
    for count in [1_000, 100_000] {
        let (bytes, entries) = build(&random(count, 4));
        assert_eq!(entries, count as u64);
        let bits = (bytes.len() - HEADER_BYTES) as f64 * 8.0 / count as f64;
        assert!((21.0..22.0).contains(&bits), "{bits} bits an entry of {count}");
    }
}

#[test]
fn what_is_no_filter_is_refused() {
    let (good, _) = build(&random(600, 5));
    assert!(Filter::read(good.clone()).is_ok());
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        Filter::read(bytes).unwrap_err()
    };
    assert_eq!(refused(&|bytes| bytes[7] = b'2'), FilterError::Header);
    assert_eq!(refused(&|bytes| bytes.truncate(15)), FilterError::Header);
    assert_eq!(refused(&|bytes| bytes[8..16].fill(0xff)), FilterError::Truncated, "no memory for a lie");
    assert_eq!(refused(&|bytes| bytes.truncate(bytes.len() - 3)), FilterError::Truncated);
    assert_eq!(refused(&|bytes| bytes.push(0)), FilterError::Form);
    assert_eq!(
        refused(&|bytes| bytes[16..24].fill(0xff)),
        FilterError::Form,
        "an entry behind the last place"
    );
    assert_eq!(refused(&|bytes| bytes[15] -= 1), FilterError::Form);
}

proptest! {
    #[test]
    fn whatever_was_added_is_found(tags in prop::collection::vec(any::<[u8; 16]>().prop_map(Tag), 0..2_000)) {
        let (bytes, _) = build(&tags);
        let filter = Filter::read(bytes).unwrap();
        prop_assert!(tags.iter().all(|tag| filter.contains(tag)));
    }

    /// Tags close together: many entries fall on one place, also across marks.
    #[test]
    fn crowded_places_are_found(numbers in prop::collection::vec(0_u64..4_000, 1..1_500), spread in 1_u64..1 << 40) {
        let tag = |number: u64| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&(number * spread).to_be_bytes());
            Tag(bytes)
        };
        let tags: Vec<_> = numbers.iter().map(|number| tag(*number)).collect();
        let (bytes, entries) = build(&tags);
        let filter = Filter::read(bytes).unwrap();
        prop_assert!(tags.iter().all(|tag| filter.contains(tag)));
        let places: std::collections::HashSet<_> =
            tags.iter().map(|tag| place(tag.number(), entries)).collect();
        for number in 0..4_000 {
            let tag = tag(number);
            prop_assert_eq!(filter.contains(&tag), places.contains(&place(tag.number(), entries)));
        }
    }

    #[test]
    fn whatever_is_read_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..100), entries in 0_u64..40) {
        let filter = Filter::read([&MAGIC[..], &entries.to_be_bytes(), &bytes].concat());
        if let Ok(filter) = filter {
            let _ = filter.contains(&Tag([7; 16]));
        }
    }
}
