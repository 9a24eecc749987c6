//! What went when its retention ended.

use crate::canon::{CanonError, Reader, Writer};

/// The hub removed salts, statements and decisions of these leaves; their hashes stay, and every proof with them.
///
/// Tags: 1 class of record, 2 basis, 3 before (µs), 4 range (repeated: first leaf, 8 bytes, and count, 8 bytes;
/// big-endian).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactionStatement {
    /// The class of record, as the retention terms name it.
    pub class: String,
    /// The provision or rule that the term follows.
    pub basis: String,
    /// What is older than this went; microseconds since 1970-01-01T00:00:00Z.
    pub before_us: u64,
    /// Which leaves: the first, and how many, at least one; ascending, without overlap.
    pub ranges: Vec<(u64, u64)>,
}

impl RedactionStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        let mut writer = Writer::new(buffer);
        writer.text(1, &self.class).text(2, &self.basis).number(3, self.before_us);
        for (first, count) in &self.ranges {
            writer.bytes(4, [first.to_be_bytes(), count.to_be_bytes()].as_flattened());
        }
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let (class, basis, before_us) = (reader.text(1)?, reader.text(2)?, reader.number(3)?);
        let (mut ranges, mut free) = (Vec::new(), 0);
        while let Some(value) = reader.array::<16>(4)? {
            let number = u128::from_be_bytes(value);
            let (first, count) = ((number >> 64) as u64, number as u64);
            let end = first.checked_add(count).filter(|end| first >= free && *end > first);
            free = end.ok_or(CanonError::Value(4))?;
            ranges.push((first, count));
        }
        reader.end()?;
        Ok(Self { class, basis, before_us, ranges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(ranges: &[(u64, u64)]) -> RedactionStatement {
        RedactionStatement {
            class: "case".into(),
            basis: "BKAG § 77".into(),
            before_us: 1_795_305_600_000_000,
            ranges: ranges.to_vec(),
        }
    }

    fn encoded(statement: &RedactionStatement) -> Vec<u8> {
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        bytes
    }

    #[test]
    fn golden_bytes_both_ways() {
        let statement = redaction(&[(5, 2), (9, 1)]);
        let bytes = encoded(&statement);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/redaction-v1.hex").trim());
        assert_eq!(RedactionStatement::decode(&bytes), Ok(statement));
    }

    #[test]
    fn leaves_are_named_once_and_in_order() {
        for good in [&[][..], &[(0, 1)], &[(5, 2), (7, 1)], &[(u64::MAX - 1, 1)]] {
            assert!(RedactionStatement::decode(&encoded(&redaction(good))).is_ok(), "{good:?}");
        }
        for bad in [&[(5, 0)][..], &[(5, 2), (6, 1)], &[(9, 1), (5, 2)], &[(u64::MAX, 1)]] {
            let decoded = RedactionStatement::decode(&encoded(&redaction(bad)));
            assert_eq!(decoded, Err(CanonError::Value(4)), "{bad:?}");
        }
    }
}
