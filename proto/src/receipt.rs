//! Receipts: signed proof that a batch's leaves are in the ledger, all of them, side by side and in their order.

use crate::{
    leaf::Digest,
    merkle::{Range, RangeError},
    note::{Checkpoint, CheckpointError, Note, NoteError, VerifierKey},
};

/// What the hub hands over for an accepted batch.
///
/// With the batch's own leaf hashes between them, `before` and `after` fold to the root that the note signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// A signed checkpoint that covers the batch, as a note.
    pub note: String,
    /// Index of the batch's first leaf.
    pub first_leaf: u64,
    /// Compact range of the leaves before the batch: `[0, first_leaf)`.
    pub before: Vec<Digest>,
    /// What the hub decided, leaf by leaf: the salted digests that its leaves carry.
    pub decisions: Vec<Digest>,
    /// Compact range of the leaves behind the batch: `[first_leaf + n, size)`.
    pub after: Vec<Digest>,
}

/// A receipt proves nothing; says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The checkpoint is not signed by the ledger.
    #[error("the receipt's checkpoint is not signed by the ledger")]
    Signature(#[source] CheckpointError),
    /// The checkpoint is older than the batch.
    #[error("the receipt's checkpoint has {size} leaves, the batch ends at leaf {end}")]
    TooSmall {
        /// Leaves of the checkpoint.
        size: u64,
        /// The leaf behind the batch's last.
        end: u64,
    },
    /// Note or ranges do not have their form, or there are as many decisions as leaves of another batch.
    #[error("the receipt is malformed")]
    Malformed,
    /// The leaves are not in the tree that the checkpoint signs.
    #[error("the batch's leaves do not lead to the root that the ledger signed")]
    Root,
}

impl From<RangeError> for ReceiptError {
    fn from(_: RangeError) -> Self {
        Self::Malformed
    }
}

impl Receipt {
    /// The checkpoint, if the ledger signed it with one of these keys and it covers leaves with these hashes.
    ///
    /// # Errors
    /// Why the receipt does not prove it.
    pub fn verify(&self, leaves: &[Digest], keys: &[VerifierKey]) -> Result<Checkpoint, ReceiptError> {
        let note: Note = self.note.parse().map_err(|_| ReceiptError::Malformed)?;
        let (checkpoint, _) = Checkpoint::verified(&note, keys).map_err(blame)?;
        if leaves.is_empty() || self.decisions.len() != leaves.len() {
            return Err(ReceiptError::Malformed);
        }
        let end = self.first_leaf.checked_add(leaves.len() as u64).ok_or(ReceiptError::Malformed)?;
        if checkpoint.size < end {
            return Err(ReceiptError::TooSmall { size: checkpoint.size, end });
        }
        let mut tree = Range::from_parts(0, self.first_leaf, self.before.clone())?;
        leaves.iter().for_each(|hash| tree.push(*hash));
        tree.append(&Range::from_parts(end, checkpoint.size, self.after.clone())?)?;
        if tree.root() == Some(checkpoint.root) { Ok(checkpoint) } else { Err(ReceiptError::Root) }
    }
}

/// What is signed and no checkpoint is malformed; everything else is a question of who signed.
fn blame(error: CheckpointError) -> ReceiptError {
    match error {
        CheckpointError::Form | CheckpointError::Origin => ReceiptError::Malformed,
        CheckpointError::Note(
            NoteError::TooLarge | NoteError::Text | NoteError::Unsigned | NoteError::Line(_),
        ) => ReceiptError::Malformed,
        error @ (CheckpointError::Note(_) | CheckpointError::NotByLedger) => ReceiptError::Signature(error),
    }
}
