//! The first leaf of a log epoch.

use crate::canon::{CanonError, Reader, Writer};

/// The central office begins a log epoch, after a restore or with a standby that lagged behind.
///
/// Tags: 1 epoch, 2 reason, 3 officer, 4 the last witnessed checkpoint, 5 leaves kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochStatement {
    /// The epoch that begins, from 1.
    pub epoch: u32,
    /// Why.
    pub reason: String,
    /// Who decided it, as the central office names them.
    pub officer: String,
    /// The last witnessed checkpoint of the epoch before, as a signed note; empty for a ledger's first.
    pub last_checkpoint: String,
    /// How many leaves of the epoch before are still there.
    pub kept_leaves: u64,
}

impl EpochStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .number(1, self.epoch.into())
            .text(2, &self.reason)
            .text(3, &self.officer)
            .text(4, &self.last_checkpoint)
            .number(5, self.kept_leaves);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self {
            epoch: reader.number(1)?.try_into().map_err(|_| CanonError::Value(1))?,
            reason: reader.text(2)?,
            officer: reader.text(3)?,
            last_checkpoint: reader.text(4)?,
            kept_leaves: reader.number(5)?,
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
        let statement = EpochStatement {
            epoch: 2,
            reason: "restore".into(),
            officer: "KD".into(),
            last_checkpoint: include_str!("../../tests/golden/cosigned-checkpoint-v1.note").into(),
            kept_leaves: 1,
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/epoch-v1.hex").trim());
        assert_eq!(EpochStatement::decode(&bytes), Ok(statement));
        bytes[5] = 1;
        assert_eq!(EpochStatement::decode(&bytes), Err(CanonError::Value(1)), "an epoch has 32 bits");
    }
}
