//! A receipt at its arrival: do this office's own statements lead to the root that the hub signed?

use meldeverbund_proto::{
    CommandId,
    leaf::{Digest, Kind},
    note::{Checkpoint, CheckpointError, NoteError, VerifierKey},
    receipt::{Receipt, ReceiptError},
    v1,
};

use super::AlarmKind;
use crate::store::{NewAlarm, NewReceipt, ReceiptState, StoreError, Subject, Tx};

/// What is wrong with a receipt for which no key is found, and no leaf that is read later will bring one.
const FOREIGN: &str = "signed by no key of the hub that is pinned";

/// Most bytes of a receipt's note.
const NOTE_BYTES: usize = 4_096;

/// What the hub answered, and what this office handed in.
#[derive(Debug, Clone)]
pub struct Promise {
    /// What was answered.
    pub subject: Subject,
    /// Its id.
    pub command: CommandId,
    /// The kind of its leaves.
    pub kind: Kind,
    /// When the hub says that it recorded it.
    pub recorded_us: i64,
    /// Where the hub says that its leaves are.
    pub first_leaf: u64,
    /// Digests of the own statements that have leaves, in their order.
    pub statements: Vec<Digest>,
    /// What the hub handed over.
    pub receipt: Option<v1::Receipt>,
}

/// What is in the note, if the receipt proves its leaves; whether a key is lacking, or it proves nothing.
type Checked = Result<Option<(u32, u64, Digest)>, String>;

impl Promise {
    /// Keeps the receipt with what was found, and raises an alarm if it proves nothing. The answer counts all the same.
    pub(crate) async fn keep(
        &self,
        tx: &mut Tx,
        keys: &[VerifierKey],
        now_us: i64,
    ) -> Result<(), StoreError> {
        if self.statements.is_empty() {
            return Ok(());
        }
        let Some(wire) = &self.receipt else {
            // A hub without a ledger's key has no receipts to give.
            if !keys.is_empty() {
                let detail = format!("command {}, first leaf {}", self.command, self.first_leaf);
                tx.raise_once(&NewAlarm::new(AlarmKind::NoReceipt, detail, "", ""), "", now_us).await?;
            }
            return Ok(());
        };
        let (receipt, checked) = self.read(wire, keys);
        let fault = match &checked {
            Err(why) => Some(why.as_str()),
            Ok(None) if self.subject.is_liaisons() && !keys.is_empty() => Some(FOREIGN),
            Ok(_) => None,
        };
        if let Some(why) = fault {
            let detail = format!("command {}, first leaf {}: {why}", self.command, self.first_leaf);
            let alarm = NewAlarm::new(AlarmKind::Receipt, detail, "", &receipt.receipt.note);
            tx.raise_once(&alarm, &without_numbers(why), now_us).await?;
        }
        tx.put_receipt(&receipt).await?;
        Ok(())
    }

    fn read(&self, wire: &v1::Receipt, keys: &[VerifierKey]) -> (NewReceipt, Checked) {
        let digests = |list: &[Vec<u8>]| -> Option<Vec<Digest>> {
            list.iter().map(|bytes| bytes[..].try_into().ok()).collect()
        };
        let lists = digests(&wire.before).zip(digests(&wire.decision_digests)).zip(digests(&wire.after));
        let sound = wire.first_leaf_index == self.first_leaf && wire.checkpoint.len() <= NOTE_BYTES;
        let ((before, decisions), after) = lists.clone().unwrap_or_default();
        let note: String = wire.checkpoint.chars().take(NOTE_BYTES).collect();
        let mut receipt = NewReceipt {
            subject: self.subject,
            command: self.command,
            kind: self.kind,
            recorded_us: self.recorded_us,
            statements: self.statements.clone(),
            receipt: Receipt { note, first_leaf: self.first_leaf, before, decisions, after },
            tree: None,
            state: ReceiptState::Unproven,
        };
        let checked = match lists {
            Some(_) if sound => recheck(&receipt, keys),
            _ => Err(ReceiptError::Malformed.to_string()),
        };
        if let Ok(tree) = checked {
            receipt.tree = tree;
            receipt.state = if tree.is_some() { ReceiptState::Proven } else { ReceiptState::Unchecked };
        }
        (receipt, checked)
    }
}

/// A reason that is the same for every leaf and size that it names.
fn without_numbers(why: &str) -> String {
    why.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Checks a receipt that is kept. None: it is signed by a key that this office does not know, or not yet.
///
/// # Errors
/// Why it proves nothing.
pub fn recheck(receipt: &NewReceipt, keys: &[VerifierKey]) -> Result<Option<(u32, u64, Digest)>, String> {
    if keys.is_empty() {
        return Ok(None);
    }
    match receipt.receipt.verify(&receipt.leaf_hashes(), keys) {
        Ok(Checkpoint { origin, size, root, .. }) => {
            let origin: meldeverbund_proto::note::Origin =
                origin.parse().map_err(|_| ReceiptError::Malformed.to_string())?;
            Ok(Some((origin.epoch, size, root)))
        }
        Err(ReceiptError::Signature(error)) if lacks_key(&error) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// None of the known keys is said to have signed; one whose signature is wrong is another matter.
pub(super) fn lacks_key(error: &CheckpointError) -> bool {
    matches!(error, CheckpointError::Note(NoteError::NoKnownKey) | CheckpointError::NotByLedger)
}
