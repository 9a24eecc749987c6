//! What can be wrong with the ledger.

/// What is wrong, or worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum AlarmKind {
    /// The hub shows a tree that does not continue the one it showed before.
    Fork = 1,
    /// The newest that the hub shows is older than what it showed before.
    Behind = 2,
    /// A receipt does not prove what it should.
    Receipt = 3,
    /// The hub answered without a receipt.
    NoReceipt = 4,
    /// A leaf that the hub had promised is not in the ledger that it publishes.
    MissingLeaf = 5,
    /// A checkpoint is not signed by a key of the hub that this office knows.
    Signature = 6,
    /// A new log epoch does not own up to what was witnessed.
    Epoch = 7,
    /// The hub signs with a key that no known key vouches for.
    Key = 8,
    /// A new log epoch began, as it should.
    EpochBegan = 100,
    /// The hub's key changed, as it should.
    KeyChanged = 101,
}

impl AlarmKind {
    const ALL: [Self; 10] = [
        Self::Fork,
        Self::Behind,
        Self::Receipt,
        Self::NoReceipt,
        Self::MissingLeaf,
        Self::Signature,
        Self::Epoch,
        Self::Key,
        Self::EpochBegan,
        Self::KeyChanged,
    ];

    /// The kind with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    /// It is told, and stops nothing.
    pub fn is_notice(self) -> bool {
        matches!(self, Self::EpochBegan | Self::KeyChanged)
    }

    /// Its name for programs and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Behind => "behind",
            Self::Receipt => "receipt",
            Self::NoReceipt => "no_receipt",
            Self::MissingLeaf => "missing_leaf",
            Self::Signature => "signature",
            Self::Epoch => "epoch",
            Self::Key => "key",
            Self::EpochBegan => "epoch_began",
            Self::KeyChanged => "key_changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_their_numbers() {
        for kind in AlarmKind::ALL {
            assert_eq!(AlarmKind::from_number(kind as i64), Some(kind));
        }
        assert_eq!(AlarmKind::from_number(0), None);
        assert_eq!(AlarmKind::MissingLeaf as i64, 5);
    }
}
