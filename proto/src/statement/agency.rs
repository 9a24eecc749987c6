//! Statements of the central office about the members of the federation.

use super::{enum_number, number_enum, required};
use crate::{
    canon::{CanonError, Reader, Writer},
    v1::{AgencyCard, AgencyKind},
};

/// The central office registers, suspends or resumes an agency (the leaf's kind says which).
///
/// Tags: 1 agency, 2 name, 3 contact, 4 kind, 5 reason. Suspending and resuming carry agency and reason alone.
#[derive(Debug, Clone, PartialEq)]
pub struct AgencyStatement {
    /// The agency; for suspending and resuming with its id alone.
    pub card: AgencyCard,
    /// Why; may be empty.
    pub reason: String,
}

impl AgencyStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, &self.card.agency_id)
            .text(2, &self.card.name)
            .text(3, &self.card.contact)
            .number(4, enum_number(self.card.kind))
            .text(5, &self.reason);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let card = AgencyCard {
            agency_id: reader.text(1)?,
            name: reader.text(2)?,
            contact: reader.text(3)?,
            kind: number_enum::<AgencyKind>(4, reader.number(4)?)?,
        };
        let reason = reader.text(5)?;
        reader.end()?;
        Ok(Self { card, reason })
    }
}

/// The central office registers, or forgets, the public key of an agency's node (the leaf's kind says which).
///
/// Tags: 1 agency, 2 node, 3 fingerprint (SHA-256 of the SubjectPublicKeyInfo, 32 bytes). Forgetting carries the
/// fingerprint alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeKeyStatement {
    /// Whose node.
    pub agency_id: String,
    /// The node's name.
    pub node: String,
    /// The key's fingerprint.
    pub fingerprint: [u8; 32],
}

impl NodeKeyStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer).text(1, &self.agency_id).text(2, &self.node).bytes(3, &self.fingerprint);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let (agency_id, node) = (reader.text(1)?, reader.text(2)?);
        let fingerprint = required(3, reader.array(3)?)?;
        reader.end()?;
        Ok(Self { agency_id, node, fingerprint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_node_key_both_ways() {
        let statement =
            NodeKeyStatement { agency_id: "de-nw-lka".into(), node: "main".into(), fingerprint: [0xaa; 32] };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        let head = "010000000964652d6e772d6c6b6102000000046d61696e0300000020";
        assert_eq!(hex::encode(&bytes), format!("{head}{}", "aa".repeat(32)));
        assert_eq!(NodeKeyStatement::decode(&bytes), Ok(statement));
    }

    #[test]
    fn golden_bytes_both_ways() {
        let statement = AgencyStatement {
            card: AgencyCard {
                agency_id: "de-nw-lka".into(),
                name: "LKA NRW".into(),
                contact: "+49 211 0000".into(),
                kind: AgencyKind::StateOffice.into(),
            },
            reason: "joined".into(),
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/agency-added-v1.hex").trim());
        assert_eq!(AgencyStatement::decode(&bytes), Ok(statement));
    }
}
