//! What an agency signs of a batch: the salted digests of its statements.

use super::required;
use crate::{
    AgencyId, CommandId,
    canon::{CanonError, Reader, Writer},
    leaf::Digest,
};

/// An agency's command as it signs it: one signature covers the whole batch, and single items can go without breaking it.
///
/// Tags: 1 agency, 2 command (16 bytes), 3 statement digests (32 bytes each), in the batch's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchStatement {
    /// Whose command.
    pub agency: AgencyId,
    /// The command.
    pub command: CommandId,
    /// [Salted digests](crate::leaf::statement_digest) of its statements.
    pub digests: Vec<Digest>,
}

impl BatchStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, self.agency.as_str())
            .bytes(2, self.command.as_bytes())
            .bytes(3, self.digests.as_flattened());
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let agency = reader.text(1)?.parse().map_err(|_| CanonError::Value(1))?;
        let command = CommandId::from_bytes(required(2, reader.array(2)?)?);
        let (digests, rest) = reader.bytes(3)?.unwrap_or_default().as_chunks();
        if !rest.is_empty() {
            return Err(CanonError::Value(3));
        }
        reader.end()?;
        Ok(Self { agency, command, digests: digests.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> BatchStatement {
        BatchStatement {
            agency: "de-nw-lka".parse().unwrap(),
            command: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            digests: vec![std::array::from_fn(|i| i as u8), std::array::from_fn(|i| 32 + i as u8)],
        }
    }

    #[test]
    fn golden_bytes_both_ways() {
        let mut bytes = Vec::new();
        batch().encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/batch-v1.hex").trim());
        assert_eq!(BatchStatement::decode(&bytes), Ok(batch()));
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        let mut bytes = Vec::new();
        batch().encode(&mut bytes);
        let mut cut = bytes.clone();
        cut.truncate(bytes.len() - 1);
        let length = cut.len() - 63 - 4;
        cut[length..length + 4].copy_from_slice(&63_u32.to_be_bytes());
        assert_eq!(BatchStatement::decode(&cut), Err(CanonError::Value(3)), "not whole digests");
        bytes[5] = b'D';
        assert_eq!(BatchStatement::decode(&bytes), Err(CanonError::Value(1)), "no agency");
        assert_eq!(BatchStatement::decode(&[]), Err(CanonError::Value(1)));
    }
}
