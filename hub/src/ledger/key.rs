//! The hub's own keys: the one in office, and beside it the one before, as long as nodes may still know that one alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use meldeverbund_proto::note::{Note, NoteError, SignatureLine, SigningKey, VerifierKey};

use super::{LedgerError, private};

/// The files that hold the keys.
#[derive(Debug, Clone)]
pub(crate) struct KeyFiles {
    name: String,
    path: PathBuf,
}

/// What signs checkpoints.
#[derive(Debug)]
pub(crate) struct Signer {
    current: SigningKey,
    /// The key before; its signature lets those who know no other read on.
    before: Option<SigningKey>,
    /// The current key is not in office yet: its leaf is being written.
    changing: bool,
}

impl KeyFiles {
    pub(super) fn new(name: String, path: &Path) -> Self {
        Self { name, path: path.to_owned() }
    }

    /// The keys; the one in office is made if it is not there and may be.
    pub(super) fn load(&self, may_make: bool, seed: [u8; 32]) -> Result<Signer, LedgerError> {
        let current = match self.read(&self.path)? {
            Some(key) => key,
            None if may_make => self.make(seed)?,
            None => return Err(LedgerError::KeyMissing { path: self.path.clone() }),
        };
        let before = self.read(&self.path_before())?;
        let before = before.filter(|before| before.vkey() != current.vkey());
        Ok(Signer { current, before, changing: false })
    }

    /// The key in this file, if it is there.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<SigningKey>, LedgerError> {
        let pem = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|source| LedgerError::KeyFile { path: path.to_owned(), source })?,
        };
        let key = SigningKey::from_pem(&self.name, &pem);
        key.map(Some).map_err(|source| LedgerError::Key { path: path.to_owned(), source })
    }

    /// Puts a key in office: the one before stays beside it. Running it again changes nothing.
    pub(super) fn replace(&self, new: &SigningKey) -> Result<(), LedgerError> {
        let failed = |source| LedgerError::KeyFile { path: self.path.clone(), source };
        if let Some(old) = self.read(&self.path)?
            && old.vkey() != new.vkey()
        {
            private::replace(&self.path_before(), &old.to_pem()).map_err(failed)?;
        }
        private::replace(&self.path, &new.to_pem()).map_err(failed)
    }

    /// Where the key before the one in office is kept; its holder takes it away when no node pins it any more.
    pub(crate) fn path_before(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".old");
        path.into()
    }

    /// Makes a key at this path, if none is there.
    pub(crate) fn make_at(&self, path: &Path, seed: [u8; 32]) -> Result<SigningKey, LedgerError> {
        let failed = |source| LedgerError::KeyFile { path: path.to_owned(), source };
        let key = SigningKey::from_seed(&self.name, &seed).map_err(|_| LedgerError::TrustDomain)?;
        match private::create(path, &key.to_pem()) {
            Ok(()) => Ok(key),
            // Somebody was quicker: his key counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.read(path)?.ok_or_else(|| LedgerError::KeyMissing { path: path.to_owned() })
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn make(&self, seed: [u8; 32]) -> Result<SigningKey, LedgerError> {
        self.make_at(&self.path, seed)
    }
}

impl Signer {
    /// A signer that is about to change: checkpoints are signed by both.
    pub(super) fn between(new: SigningKey, old: SigningKey) -> Self {
        Self { current: new, before: Some(old), changing: true }
    }

    /// Signs a note with every key. Ed25519 signatures are a function of key and text: signing again gives the same bytes.
    pub(super) fn sign(&self, text: String) -> Result<Note, NoteError> {
        let mut note = Note::sign(text, &self.current)?;
        if let Some(before) = &self.before {
            let second = Note::sign(note.text().to_owned(), before)?;
            second.signatures().iter().try_for_each(|line| note.attach(line.clone()))?;
        }
        Ok(note)
    }

    /// Adds to a note, whoever signed it, the signatures that it lacks.
    pub(super) fn beside(&self, mut note: Note) -> Result<Note, NoteError> {
        let own = self.sign(note.text().to_owned())?;
        let lacking =
            |line: &&SignatureLine| !note.signatures().iter().any(|other| other.key() == line.key());
        let lacking: Vec<_> = own.signatures().iter().filter(lacking).cloned().collect();
        lacking.into_iter().try_for_each(|line| note.attach(line))?;
        Ok(note)
    }

    /// The key in office.
    pub(crate) fn current(&self) -> &SigningKey {
        &self.current
    }

    /// The key before.
    pub(crate) fn before(&self) -> Option<&SigningKey> {
        self.before.as_ref()
    }

    /// Whether this key, the newest that the ledger knows, may sign.
    pub(super) fn serves(&self, newest: &str) -> bool {
        let is = |key: &SigningKey| key.vkey().to_string() == newest;
        is(&self.current) || self.changing && self.before.as_ref().is_some_and(is)
    }

    /// What verifies the notes.
    pub(super) fn vkeys(&self) -> Vec<VerifierKey> {
        std::iter::once(&self.current).chain(&self.before).map(SigningKey::vkey).collect()
    }
}
