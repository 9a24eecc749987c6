//! The canonical encoding of what the ledger commits to: one value, one byte string, and back.
//!
//! A record is a sequence of fields, each `tag (1 byte) ‖ length (4 bytes, big-endian) ‖ value`, tags ascending; a
//! repeated field repeats its tag. Absent and empty fields are left out. Numbers are 8 bytes, big-endian, and left
//! out when 0; texts are UTF-8. Protobuf alone would not do: one message has many byte strings.

/// A byte string is not the canonical encoding of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CanonError {
    /// It ends inside a field.
    #[error("ends inside a field")]
    Truncated,
    /// A field stands before its place, or twice.
    #[error("field {0} is out of order")]
    Order(u8),
    /// A field that this version does not know.
    #[error("field {0} is unknown")]
    Unknown(u8),
    /// A value does not have its field's form.
    #[error("field {0} has a malformed value")]
    Value(u8),
    /// A field that every record of this kind has is absent.
    #[error("field {0} is missing")]
    Missing(u8),
}

/// Appends fields to a buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut Vec<u8>,
    last: u8,
}

impl<'a> Writer<'a> {
    /// A writer that appends one record to the buffer.
    pub fn new(buffer: &'a mut Vec<u8>) -> Self {
        Self { buffer, last: 0 }
    }

    /// A byte string; nothing if it is empty.
    ///
    /// # Panics
    /// If the tag is lower than the one before: the record's definition is wrong.
    pub fn bytes(&mut self, tag: u8, value: &[u8]) -> &mut Self {
        assert!(tag >= self.last, "fields are written in ascending order");
        self.last = tag;
        if !value.is_empty() {
            let length =
                u32::try_from(value.len()).expect("a field is shorter than a message, which is capped");
            self.buffer.push(tag);
            self.buffer.extend_from_slice(&length.to_be_bytes());
            self.buffer.extend_from_slice(value);
        }
        self
    }

    /// A text; nothing if it is empty.
    pub fn text(&mut self, tag: u8, value: &str) -> &mut Self {
        self.bytes(tag, value.as_bytes())
    }

    /// A number; nothing if it is 0.
    pub fn number(&mut self, tag: u8, value: u64) -> &mut Self {
        if value == 0 { self.bytes(tag, &[]) } else { self.bytes(tag, &value.to_be_bytes()) }
    }
}

/// Reads the fields of a record in order.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader over one record.
    pub fn new(record: &'a [u8]) -> Self {
        Self { rest: record }
    }

    /// The next field's value if its tag is this one.
    ///
    /// # Errors
    /// If the record ends inside the field, or the value is empty (an empty field is left out).
    pub fn bytes(&mut self, tag: u8) -> Result<Option<&'a [u8]>, CanonError> {
        let Some((&next, after)) = self.rest.split_first() else { return Ok(None) };
        if next < tag {
            return Err(CanonError::Order(next));
        }
        if next > tag {
            return Ok(None);
        }
        let (length, after) = after.split_first_chunk::<4>().ok_or(CanonError::Truncated)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| CanonError::Truncated)?;
        if length == 0 {
            return Err(CanonError::Value(tag));
        }
        let (value, after) = after.split_at_checked(length).ok_or(CanonError::Truncated)?;
        self.rest = after;
        Ok(Some(value))
    }

    /// The next field as a byte string of this length, if it is there.
    ///
    /// # Errors
    /// As [`Reader::bytes`], or if it has another length.
    pub fn array<const N: usize>(&mut self, tag: u8) -> Result<Option<[u8; N]>, CanonError> {
        self.bytes(tag)?.map(|value| value.try_into().map_err(|_| CanonError::Value(tag))).transpose()
    }

    /// The next field as text; empty if absent.
    ///
    /// # Errors
    /// As [`Reader::bytes`], or if it is not UTF-8.
    pub fn text(&mut self, tag: u8) -> Result<String, CanonError> {
        let value = self.bytes(tag)?.unwrap_or_default();
        std::str::from_utf8(value).map(str::to_owned).map_err(|_| CanonError::Value(tag))
    }

    /// The next field as a number; 0 if absent.
    ///
    /// # Errors
    /// As [`Reader::array`], or if a 0 is written out.
    pub fn number(&mut self, tag: u8) -> Result<u64, CanonError> {
        match self.array(tag)?.map(u64::from_be_bytes) {
            Some(0) => Err(CanonError::Value(tag)),
            value => Ok(value.unwrap_or(0)),
        }
    }

    /// Says that the record ends here.
    ///
    /// # Errors
    /// If it does not.
    pub fn end(self) -> Result<(), CanonError> {
        self.rest.first().map_or(Ok(()), |&tag| Err(CanonError::Unknown(tag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_fixed() {
        let mut record = Vec::new();
        Writer::new(&mut record)
            .text(1, "ab")
            .number(2, 0)
            .number(3, 258)
            .bytes(4, &[])
            .bytes(5, &[7])
            .bytes(5, &[8]);
        assert_eq!(
            hex::encode(&record),
            "01000000026162030000000800000000000001020500000001070500000001\
                                          08"
        );
        let mut reader = Reader::new(&record);
        assert_eq!(reader.text(1), Ok("ab".into()));
        assert_eq!(reader.number(2), Ok(0));
        assert_eq!(reader.number(3), Ok(258));
        assert_eq!(reader.bytes(5), Ok(Some(&[7][..])));
        assert_eq!(reader.bytes(5), Ok(Some(&[8][..])));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        assert_eq!(Reader::new(&[1, 0, 0]).bytes(1), Err(CanonError::Truncated));
        assert_eq!(Reader::new(&[1, 0, 0, 0, 2, 9]).bytes(1), Err(CanonError::Truncated));
        assert_eq!(
            Reader::new(&[1, 0, 0, 0, 0]).bytes(1),
            Err(CanonError::Value(1)),
            "an empty field is left out"
        );
        assert_eq!(Reader::new(&[1, 0, 0, 0, 1, 9]).bytes(2), Err(CanonError::Order(1)));
        assert_eq!(
            Reader::new(&[1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]).number(1),
            Err(CanonError::Value(1))
        );
        assert_eq!(Reader::new(&[1, 0, 0, 0, 1, 0xff]).text(1), Err(CanonError::Value(1)));
        assert_eq!(Reader::new(&[9]).end(), Err(CanonError::Unknown(9)));
    }
}
