//! Checkpoints (C2SP tlog-checkpoint): what a note says about a tree.

use std::{fmt, str::FromStr};

use data_encoding::BASE64;

use super::{Algorithm, Note, NoteError, Origin, VerifierKey};
use crate::leaf::Digest;

/// A tree's size and root under its name.
///
/// The ledger's origin is an [`Origin`]: `<trust domain>/ledger/<epoch>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root of the tree with these leaves.
    pub root: Digest,
    /// Further lines: none in what this project signs, and kept where another log has them.
    pub extensions: Vec<String>,
}

/// A note vouches for no checkpoint; says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is not origin, size and root.
    #[error("the text is not a checkpoint: origin, size, root, one a line")]
    Form,
    /// The origin is not a ledger's.
    #[error("the checkpoint's origin is not that of a ledger")]
    Origin,
    /// The note itself.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Others may have signed, the key of the ledger that is named did not.
    #[error("the checkpoint is not signed by the key of the ledger that it names")]
    NotByLedger,
}

impl Checkpoint {
    /// A checkpoint of a ledger.
    pub fn new(origin: &Origin, size: u64, root: Digest) -> Self {
        Self { origin: origin.to_string(), size, root, extensions: Vec::new() }
    }

    /// The ledger it is about.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] if that is no ledger of a federation.
    pub fn ledger(&self) -> Result<Origin, CheckpointError> {
        self.origin.parse().map_err(|_| CheckpointError::Origin)
    }

    /// The checkpoint for which a note vouches: signed by a known key that carries the name of the ledger. Beside it those
    /// of the keys that signed or cosigned.
    ///
    /// # Errors
    /// If the note is not signed so, or its text is no checkpoint of a ledger.
    pub fn verified<'k>(
        note: &Note,
        keys: &'k [VerifierKey],
    ) -> Result<(Self, Vec<&'k VerifierKey>), CheckpointError> {
        let signed = note.verified(keys)?;
        let checkpoint: Self = note.text().parse()?;
        let name = checkpoint.ledger()?.key_name();
        if signed.iter().any(|key| key.algorithm() == Algorithm::Ed25519 && key.name() == name) {
            Ok((checkpoint, signed))
        } else {
            Err(CheckpointError::NotByLedger)
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, BASE64.encode(&self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        parse(text).ok_or(CheckpointError::Form)
    }
}

fn parse(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n').map(|line| Some(line).filter(|l| !l.is_empty()));
    let origin = lines.next()??.to_owned();
    let number = lines.next()??;
    let size = number.parse().ok().filter(|size: &u64| size.to_string() == number)?;
    let root = BASE64.decode(lines.next()??.as_bytes()).ok()?.try_into().ok()?;
    let extensions = lines.map(|line| line.map(str::to_owned)).collect::<Option<_>>()?;
    Some(Checkpoint { origin, size, root, extensions })
}
