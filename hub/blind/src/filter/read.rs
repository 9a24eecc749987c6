use super::{HEADER_BYTES, MAGIC, MAX_ENTRIES, REMAINDER_BITS, bits::BitReader, place};
use crate::Tag;

/// Entries between two marks: a look-up reads so many at the most, in less than a microsecond.
const MARK_EVERY: u64 = 64;

/// A filter that was read as a whole: what it says of any tag is defined.
#[derive(Debug, Clone)]
pub struct Filter {
    bytes: Vec<u8>,
    entries: u64,
    marks: Vec<Mark>,
}

/// Where every so many-th entry stands.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// The entry before.
    before: u64,
    /// The entry's first bit.
    at: u64,
}

/// Bytes are no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Another format, or none.
    #[error("the filter does not begin as one of format 1 does")]
    Header,
    /// It ends before its entries do.
    #[error("the filter ends before its entries do")]
    Truncated,
    /// An entry lies outside of what its header allows, or something stands behind the last one.
    #[error("the filter is not the one form of its entries")]
    Form,
}

impl Filter {
    /// Reads a filter, all of it.
    ///
    /// # Errors
    /// If the bytes are not exactly what [`FilterBuilder`](super::FilterBuilder) writes of some set.
    pub fn read(bytes: Vec<u8>) -> Result<Self, FilterError> {
        let (header, bits) = bytes.split_at_checked(HEADER_BYTES).ok_or(FilterError::Header)?;
        let count = header.strip_prefix(&MAGIC).and_then(|count| count.first_chunk());
        let entries = u64::from_be_bytes(*count.ok_or(FilterError::Header)?);
        // So that a header that lies takes no memory.
        let least_bits = entries.checked_mul(u64::from(REMAINDER_BITS) + 1);
        if entries > MAX_ENTRIES || least_bits.is_none_or(|least| least > bits.len() as u64 * 8) {
            return Err(FilterError::Truncated);
        }
        let marks = usize::try_from(entries.div_ceil(MARK_EVERY)).expect("fewer than bytes");
        let mut marks = Vec::with_capacity(marks);
        let (mut reader, mut before, end) = (BitReader::at(bits, 0), 0, entries << REMAINDER_BITS);
        for position in 0..entries {
            if position % MARK_EVERY == 0 {
                marks.push(Mark { before, at: reader.place() });
            }
            before = next(&mut reader, before).ok_or(FilterError::Truncated)?;
            if before >= end {
                return Err(FilterError::Form);
            }
        }
        let rest = bits.len() as u64 * 8 - reader.place();
        let filling = u32::try_from(rest).ok().filter(|rest| *rest < 8).and_then(|rest| reader.low(rest));
        if filling != Some(0) {
            return Err(FilterError::Form);
        }
        Ok(Self { bytes, entries, marks })
    }

    /// Whether a tag is in the set; of those that are not, one in [`ONE_FALSE_HIT_IN`](super::ONE_FALSE_HIT_IN) seems to be.
    pub fn contains(&self, tag: &Tag) -> bool {
        let wanted = place(tag.number(), self.entries);
        // Equal entries may stand on both sides of a mark: from the first one whose entry before is less.
        let mark = self.marks.partition_point(|mark| mark.before < wanted).saturating_sub(1);
        let Some(Mark { mut before, at }) = self.marks.get(mark).copied() else { return false };
        let mut reader = BitReader::at(&self.bytes[HEADER_BYTES..], at);
        let from = mark as u64 * MARK_EVERY;
        for _ in from..self.entries {
            match next(&mut reader, before) {
                Some(entry) if entry < wanted => before = entry,
                entry => return entry == Some(wanted),
            }
        }
        false
    }

    /// How many entries it has.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The next entry; none behind the end.
fn next(reader: &mut BitReader<'_>, before: u64) -> Option<u64> {
    let high = reader.unary()?;
    let low = reader.low(REMAINDER_BITS)?;
    // As high as a hostile filter's bits reach, and never as high as 64 bits.
    before.checked_add((high << REMAINDER_BITS) | low)
}
