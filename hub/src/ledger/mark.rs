//! The high-water mark: the newest signed checkpoint, in a file that no backup of the database takes back with it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use meldeverbund_proto::note::VerifierKey;
use rustix::fs::{FlockOperation, flock};

use super::{LedgerError, Signed, private};

/// The file.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    trust_domain: String,
}

impl Mark {
    pub(super) fn new(path: &Path, trust_domain: &str) -> Self {
        Self { path: path.to_owned(), trust_domain: trust_domain.to_owned() }
    }

    /// The checkpoint that it holds, if there is one. An empty file is none: a power cut can leave it.
    pub(super) fn read(&self, keys: &[VerifierKey]) -> Result<Option<Signed>, LedgerError> {
        self.parse(&self.unread()?, keys)
    }

    /// Its text as it is now, for who learns the keys only later.
    pub(super) fn unread(&self) -> Result<String, LedgerError> {
        self.text().map_err(|source| LedgerError::Mark { path: self.path.clone(), source })
    }

    /// The checkpoint in its text.
    pub(super) fn parse(&self, text: &str, keys: &[VerifierKey]) -> Result<Option<Signed>, LedgerError> {
        if text.is_empty() {
            return Ok(None);
        }
        let foreign = || LedgerError::ForeignMark { path: self.path.clone() };
        Signed::read(text, &self.trust_domain, keys).map(Some).ok_or_else(foreign)
    }

    /// Raises it to this checkpoint. It never goes back, whoever else raises it: a hub beside this one, a command line.
    pub(super) fn raise(&self, signed: &Signed) -> io::Result<()> {
        let folder = private::folder(&self.path)?;
        // Unlocked when the folder is closed.
        flock(&folder, FlockOperation::LockExclusive)?;
        let stands = Signed::read_own(&self.text()?, &self.trust_domain);
        if stands.is_some_and(|stands| stands.place() >= signed.place()) {
            return Ok(());
        }
        private::put(&self.path, &signed.note)
    }

    fn text(&self) -> io::Result<String> {
        match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            other => other,
        }
    }
}
