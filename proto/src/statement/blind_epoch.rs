//! An epoch of blind questions begins.

use super::required;
use crate::{
    canon::{CanonError, Reader, Writer},
    leaf::Digest,
};

/// The hub puts a key for blind questions in office, with the set that was made under it: every asker and every agency can see
/// that all were given the same.
///
/// Tags: 1 epoch, 2 public key (32 bytes), 3 SHA-256 of the filter (32 bytes), 4 entries, 5 legal basis, 6 leaves that the
/// filter was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindEpochStatement {
    /// The epoch, from 1.
    pub epoch: u32,
    /// Its public key (RFC 9497, 4.1).
    pub public_key: [u8; 32],
    /// SHA-256 of the filter's bytes.
    pub filter_digest: Digest,
    /// How many entries the filter has.
    pub entries: u64,
    /// The legal basis of blind questions, as the hub's configuration names it.
    pub legal_basis: String,
    /// Referrals before this leaf are in the filter, if liaison may be told of them; later ones come as increments.
    pub leaves: u64,
}

impl BlindEpochStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .number(1, self.epoch.into())
            .bytes(2, &self.public_key)
            .bytes(3, &self.filter_digest)
            .number(4, self.entries)
            .text(5, &self.legal_basis)
            .number(6, self.leaves);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self {
            epoch: reader.number(1)?.try_into().map_err(|_| CanonError::Value(1))?,
            public_key: required(2, reader.array(2)?)?,
            filter_digest: required(3, reader.array(3)?)?,
            entries: reader.number(4)?,
            legal_basis: reader.text(5)?,
            leaves: reader.number(6)?,
        };
        reader.end()?;
        Ok(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_both_ways() {
        let statement = BlindEpochStatement {
            epoch: 2,
            public_key: [1; 32],
            filter_digest: [2; 32],
            entries: 3,
            legal_basis: "BKAG § 33".into(),
            leaves: 4,
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/blind-epoch-v1.hex").trim());
        assert_eq!(BlindEpochStatement::decode(&bytes), Ok(statement));
    }
}
