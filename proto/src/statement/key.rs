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

/// What revoking a statement key decided: from which leaf on its signatures do not count. A key whose theft is found out
/// late is bounded at the last leaf that is known to be the agency's.
///
/// Tags: 1 leaf index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRevocation {
    /// The first leaf that the key does not sign any more.
    pub from_leaf: u64,
}

impl KeyRevocation {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer).number(1, self.from_leaf);
    }

    /// Reads a decision back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a decision.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let from_leaf = reader.number(1)?;
        reader.end()?;
        Ok(Self { from_leaf })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden bytes made by hand: tag, length, value.
    #[test]
    fn a_revocation_has_these_bytes() {
        let mut bytes = Vec::new();
        KeyRevocation { from_leaf: 0x0102 }.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), "01000000080000000000000102");
        assert_eq!(KeyRevocation::decode(&bytes), Ok(KeyRevocation { from_leaf: 0x0102 }));
        assert_eq!(KeyRevocation::decode(&[]), Ok(KeyRevocation { from_leaf: 0 }));
        assert_eq!(KeyRevocation::decode(&bytes[..9]), Err(CanonError::Truncated));
    }

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
