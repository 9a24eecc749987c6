//! An agency has handed in again what a restore had lost, or need not.

use crate::canon::{CanonError, Reader, Writer};

/// An agency's node says that it has handed in again what the hub lost, or the central office releases the agency from that.
///
/// Tags: 1 agency, 2 epoch, 3 officer, 4 second officer, 5 reason. The last three are the central office's, and empty where
/// the agency's own node said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciledStatement {
    /// The agency.
    pub agency: String,
    /// The epoch that waited for it.
    pub epoch: u32,
    /// Who released it, as the central office names them.
    pub officer: String,
    /// Who confirmed that, where the policy asks for two.
    pub second_officer: String,
    /// Why it was released.
    pub reason: String,
}

impl ReconciledStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, &self.agency)
            .number(2, self.epoch.into())
            .text(3, &self.officer)
            .text(4, &self.second_officer)
            .text(5, &self.reason);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self {
            agency: reader.text(1)?,
            epoch: reader.number(2)?.try_into().map_err(|_| CanonError::Value(2))?,
            officer: reader.text(3)?,
            second_officer: reader.text(4)?,
            reason: reader.text(5)?,
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
        let statement = ReconciledStatement {
            agency: "de-nw-lka".into(),
            epoch: 2,
            officer: "KD".into(),
            second_officer: "KHK".into(),
            reason: "node burnt".into(),
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/reconciled-v1.hex").trim());
        assert_eq!(ReconciledStatement::decode(&bytes), Ok(statement));
    }
}
