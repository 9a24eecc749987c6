//! Checkpoints: signed from what is committed, never from what may still be undone.

use meldeverbund_proto::{
    leaf::Digest,
    note::{Checkpoint, Note, NoteError, Origin, VerifierKey},
};

use super::key::Signer;

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The log's epoch.
    pub epoch: u32,
    /// How many leaves it covers.
    pub size: u64,
    /// Their root.
    pub root: Digest,
    /// The signed note.
    pub note: String,
}

impl Signed {
    /// Signs a committed state.
    pub(super) fn new(
        signer: &Signer,
        trust_domain: &str,
        (epoch, size, root): (u32, u64, Digest),
    ) -> Result<Self, NoteError> {
        let origin = Origin { trust_domain: trust_domain.to_owned(), epoch };
        let note = signer.sign(Checkpoint::new(&origin, size, root).to_string())?.to_string();
        Ok(Self { epoch, size, root, note })
    }

    /// Reads a note; none if it is no checkpoint of this federation's ledger that one of these keys signed.
    pub(crate) fn read(note: &str, trust_domain: &str, keys: &[VerifierKey]) -> Option<Self> {
        let parsed: Note = note.parse().ok()?;
        let (checkpoint, _) = Checkpoint::verified(&parsed, keys).ok()?;
        Self::of(&checkpoint, trust_domain, note)
    }

    /// Reads a note that this process, or one beside it, has written; nothing is verified.
    pub(super) fn read_own(note: &str, trust_domain: &str) -> Option<Self> {
        let parsed: Note = note.parse().ok()?;
        Self::of(&parsed.text().parse().ok()?, trust_domain, note)
    }

    /// Where it stands among the ledger's checkpoints: a later epoch is later, however few leaves it begins with.
    pub fn place(&self) -> (u32, u64) {
        (self.epoch, self.size)
    }

    fn of(checkpoint: &Checkpoint, trust_domain: &str, note: &str) -> Option<Self> {
        let origin = checkpoint.ledger().ok().filter(|origin| origin.trust_domain == trust_domain)?;
        let Checkpoint { size, root, .. } = *checkpoint;
        Some(Self { epoch: origin.epoch, size, root, note: note.to_owned() })
    }
}
