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
