use super::{HEADER_BYTES, MAGIC, MAX_ENTRIES, REMAINDER_BITS, bits::BitWriter, place};
use crate::Tag;

/// Builds a filter from tags in any order.
///
/// It keeps 8 bytes a tag, sorts them in place, and writes 2.7 bytes a tag beside them: 107 MB at the most for 10 million.
#[derive(Debug, Default)]
pub struct FilterBuilder {
    numbers: Vec<u64>,
}

impl FilterBuilder {
    /// Room for so many tags, so that nothing is moved on the way.
    pub fn with_capacity(tags: usize) -> Self {
        Self { numbers: Vec::with_capacity(tags) }
    }

    /// Adds a tag.
    pub fn add(&mut self, tag: &Tag) {
        self.numbers.push(tag.number());
    }

    /// How many tags were added.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether none was added.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The filter: its bytes, and how many entries it has. Tags that were added twice count once.
    pub fn finish(mut self) -> (Vec<u8>, u64) {
        self.numbers.sort_unstable();
        self.numbers.dedup();
        let entries = self.numbers.len() as u64;
        assert!(entries <= MAX_ENTRIES, "what fits in memory is less");
        let expected_bits = (u64::from(REMAINDER_BITS) + 2) * entries;
        let expected = usize::try_from(expected_bits / 8).expect("less than the numbers take");
        let mut bytes = Vec::with_capacity(HEADER_BYTES + expected + 1);
        bytes.extend(MAGIC);
        bytes.extend(entries.to_be_bytes());
        let (mut bits, mut before) = (BitWriter::behind(bytes), 0);
        for number in self.numbers {
            let entry = place(number, entries);
            let difference = entry - before;
            bits.unary(difference >> REMAINDER_BITS);
            bits.low(difference, REMAINDER_BITS);
            before = entry;
        }
        (bits.finish(), entries)
    }
}
