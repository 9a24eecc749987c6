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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        merkle::{
            Span,
            reference::{leaves, mth},
        },
        note::{Origin, SigningKey},
    };

    const LEDGER: &str = "meldeverbund.example/ledger";

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::from_seed(name, &[seed; 32]).unwrap()
    }

    fn note(size: u64, root: Digest, key: &SigningKey) -> Note {
        let origin = Origin { trust_domain: "meldeverbund.example".into(), epoch: 1 };
        Note::sign(Checkpoint::new(&origin, size, root).to_string(), key).unwrap()
    }

    /// As the hub makes it, for leaves `[first, end)` of a tree.
    fn receipt(all: &[Digest], first: u64, end: u64, size: u64) -> Receipt {
        let hashes = |begin, end| {
            let subtrees = Span { begin, end }.subtrees();
            subtrees.map(|subtree| mth(all, subtree.span())).collect::<Vec<_>>()
        };
        let root = mth(all, Span { begin: 0, end: size });
        Receipt {
            note: note(size, root, &key(LEDGER, 1)).to_string(),
            first_leaf: first,
            before: hashes(0, first),
            decisions: vec![[0; 32]; (end - first) as usize],
            after: hashes(end, size),
        }
    }

    #[test]
    fn every_batch_of_every_tree_is_proved() {
        let (all, keys) = (leaves(19), [key(LEDGER, 1).vkey()]);
        for size in 1..=19 {
            for first in 0..size {
                for end in first + 1..=size {
                    let own = &all[first as usize..end as usize];
                    let checkpoint = receipt(&all, first, end, size).verify(own, &keys).unwrap();
                    assert_eq!(checkpoint.size, size);
                }
            }
        }
    }

    #[test]
    fn each_error_says_what_is_wrong() {
        let (all, keys) = (leaves(19), [key(LEDGER, 1).vkey()]);
        let good = receipt(&all, 5, 8, 19);
        let own = &all[5..8];
        let after = |change: &dyn Fn(&mut Receipt)| {
            let mut receipt = good.clone();
            change(&mut receipt);
            receipt.verify(own, &keys).unwrap_err()
        };
        assert_eq!(after(&|r| r.first_leaf = 17), ReceiptError::TooSmall { size: 19, end: 20 });
        assert_eq!(after(&|r| r.first_leaf = u64::MAX), ReceiptError::Malformed);
        assert_eq!(after(&|r| r.first_leaf = 6), ReceiptError::Malformed);
        let elsewhere = Receipt { first_leaf: 2, ..receipt(&all, 1, 2, 7) };
        let verdict = elsewhere.verify(&all[1..2], &keys);
        assert_eq!(verdict, Err(ReceiptError::Root), "as many hashes, other places");
        assert_eq!(after(&|r| _ = r.before.pop()), ReceiptError::Malformed);
        assert_eq!(after(&|r| r.after.push([0; 32])), ReceiptError::Malformed);
        assert_eq!(after(&|r| _ = r.decisions.pop()), ReceiptError::Malformed);
        assert_eq!(after(&|r| r.before[0][3] ^= 4), ReceiptError::Root);
        assert_eq!(after(&|r| r.after[1][31] ^= 1), ReceiptError::Root);
        assert_eq!(after(&|r| r.note.clear()), ReceiptError::Malformed);
        let swapped = [own[1], own[0], own[2]];
        assert_eq!(good.verify(&swapped, &keys), Err(ReceiptError::Root));
        assert_eq!(good.verify(&own[..2], &keys), Err(ReceiptError::Malformed));
        assert_eq!(good.verify(&[], &keys), Err(ReceiptError::Malformed));
        let text = key(LEDGER, 1);
        let text = Note::sign("no checkpoint\n".into(), &text).unwrap().to_string();
        assert_eq!(after(&|r| r.note.clone_from(&text)), ReceiptError::Malformed);
    }

    /// Neither another ledger's key, nor a witness alone, nor an agency's statement key makes a receipt.
    #[test]
    fn only_the_ledger_signs_receipts() {
        let all = leaves(3);
        let root = mth(&all, Span { begin: 0, end: 3 });
        let good = receipt(&all, 0, 3, 3);
        let verify = |note: String, keys: &[VerifierKey]| {
            Receipt { note, ..good.clone() }.verify(&all, keys).unwrap_err()
        };
        let no_key = ReceiptError::Signature(CheckpointError::Note(NoteError::NoKnownKey));
        let forged = note(3, root, &key(LEDGER, 2)).to_string();
        assert_eq!(verify(forged, &[key(LEDGER, 1).vkey()]), no_key);
        let agency = key("meldeverbund.example/statement/de-nw-lka", 4);
        let by_agency = note(3, root, &agency).to_string();
        let not_by_ledger = ReceiptError::Signature(CheckpointError::NotByLedger);
        assert_eq!(verify(by_agency, &[agency.vkey()]), not_by_ledger);
        let mut cosigned = note(3, root, &key(LEDGER, 2));
        let witness = key("meldeverbund.example/witness/de-nw-lka", 3);
        cosigned.cosign(&witness, 1).unwrap();
        assert_eq!(verify(cosigned.to_string(), &[witness.witness_vkey()]), not_by_ledger);
        let posing = key(LEDGER, 3);
        let mut cosigned = note(3, root, &key(LEDGER, 2));
        cosigned.cosign(&posing, 1).unwrap();
        assert_eq!(verify(cosigned.to_string(), &[posing.witness_vkey()]), not_by_ledger);
        let changed = good.note.replace("\n3\n", "\n4\n");
        let wrong = ReceiptError::Signature(CheckpointError::Note(NoteError::Signature(LEDGER.into())));
        assert_eq!(verify(changed, &[key(LEDGER, 1).vkey()]), wrong);
    }
}
