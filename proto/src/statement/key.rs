//! Agencies' keys for statements and for witnesses.

use crate::canon::{CanonError, Reader, Writer};

/// The central office registers or takes away an agency's statement key or witness key (the leaf's kind says which).
///
/// A revoked statement key is bounded by the leaf's index, not by a date: what it signed before stays signed.
///
/// Tags: 1 agency, 2 verifier key, 3 reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatement {
    /// Whose key.
    pub agency_id: String,
    /// The key, as [`VerifierKey`](crate::note::VerifierKey) writes it.
    pub vkey: String,
    /// Why; may be empty.
    pub reason: String,
}

impl KeyStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer).text(1, &self.agency_id).text(2, &self.vkey).text(3, &self.reason);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self { agency_id: reader.text(1)?, vkey: reader.text(2)?, reason: reader.text(3)? };
        reader.end()?;
        Ok(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_both_ways() {
        let vkey =
            "meldeverbund.example/statement/de-nw-lka+5e8dd788+AcqTrBcFGHBx1nuDx/8O/oEI6OxFMFdddyaHkzPb2r58";
        let statement =
            KeyStatement { agency_id: "de-nw-lka".into(), vkey: vkey.into(), reason: "first key".into() };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/statement-key-v1.hex").trim());
        assert_eq!(KeyStatement::decode(&bytes), Ok(statement));
        bytes.extend_from_slice(&[4, 0, 0, 0, 1, 0]);
        assert_eq!(KeyStatement::decode(&bytes), Err(CanonError::Unknown(4)));
    }
}
