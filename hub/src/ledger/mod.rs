//! The ledger beside its database: who signs it, what was signed, and proofs of what it holds. Sees [`crate::store`] and
//! the contract.
//!
//! ```text
//! COMMIT → checkpoint signed from the committed head → mark raised → receipts → answers
//! ```
//!
//! COMMIT is the commit point. What follows is a function of what was committed: whoever comes after a process that died
//! in between signs the same bytes.

mod checkpoint;
#[cfg(test)]
mod faulty;
pub(crate) mod key;
mod mark;
pub(crate) mod private;
mod proofs;
mod receipt;
mod standing;
pub mod verify;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use meldeverbund_proto::{
    merkle::{ProofError, Span},
    note::{NoteError, SecretKeyError, VerifierKey, ledger_key_name},
    v1::Receipt,
};
use rand::RngExt as _;
use tokio::sync::watch;

pub use checkpoint::Signed;
pub use proofs::{consistent, included, root_at};
pub use receipt::fresh;
pub use standing::{Behind, Standing};

use self::{
    key::{KeyFiles, Signer},
    mark::Mark,
};
use crate::store::{
    Committed, Connection, LedgerKeyRow, StoreError, Tx,
    faults::{Point, around_file},
};

/// Whose ledger it is, and where its files are.
#[derive(Debug, Clone)]
pub struct LedgerFiles {
    /// The federation's name.
    pub trust_domain: String,
    /// The hub's key.
    pub key: PathBuf,
    /// The high-water mark.
    pub mark: PathBuf,
}

impl LedgerFiles {
    /// Files in one folder, under their default names.
    pub fn in_folder(trust_domain: &str, folder: &Path) -> Self {
        let (key, mark) = (folder.join("ledger.key"), folder.join("ledger.mark"));
        Self { trust_domain: trust_domain.to_owned(), key, mark }
    }
}

/// The ledger cannot be signed, or proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The key's file cannot be read or written.
    #[error("the ledger's key {path}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no key.
    #[error("the ledger's key {path}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SecretKeyError,
    },
    /// The database knows a key, and the file is not there.
    #[error(
        "the ledger's key {path} is not there, and the ledger knows one: put it back; a new one would be another ledger's"
    )]
    KeyMissing {
        /// The file.
        path: PathBuf,
    },
    /// The file's key is not the newest that the ledger knows.
    #[error(
        "the ledger's newest key is {registered}, the key in {path} is another one: put that key's file in place"
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The newest key of the ledger.
        registered: String,
    },
    /// The trust domain makes no name for a key.
    #[error("the trust domain is none")]
    TrustDomain,
    /// The mark cannot be read or written.
    #[error("the high-water mark {path}")]
    Mark {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The mark is not this ledger's.
    #[error(
        "the high-water mark {path} is not a checkpoint signed with this ledger's key; if the database was restored to \
         before a change of the key, put the newer key beside the ledger's, with .old behind its name"
    )]
    ForeignMark {
        /// The file.
        path: PathBuf,
    },
    /// The transaction is durable, its checkpoint could not be marked: nobody is told yet.
    #[error("the high-water mark could not be raised")]
    Unmarked,
    /// Such a proof does not exist.
    #[error("there is no such proof")]
    Proof(#[from] ProofError),
    /// No note can be made of it.
    #[error("the checkpoint")]
    Note(#[from] NoteError),
    /// The database.
    #[error("the database")]
    Store(#[from] StoreError),
}

impl LedgerError {
    /// True if the same may succeed later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unmarked | Self::Mark { .. } => true,
            Self::Store(error) => error.is_passing(),
            _ => false,
        }
    }
}

/// The ledger of an open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    files: LedgerFiles,
    keys: KeyFiles,
    signer: ArcSwap<Signer>,
    mark: Mark,
    latest: ArcSwapOption<Signed>,
    standing: ArcSwap<Standing>,
    published: watch::Sender<()>,
}

impl Ledger {
    /// Loads the key, makes it if this ledger has none yet, and compares the database with the mark.
    ///
    /// # Errors
    /// If the key is not the ledger's newest, or a file cannot be used.
    pub async fn open(files: &LedgerFiles, connection: &mut Connection) -> Result<Self, LedgerError> {
        let keys = KeyFiles::new(ledger_key_name(&files.trust_domain), &files.key);
        let registered = LedgerKeyRow::all(connection).await?;
        let signer = keys.load(registered.is_empty(), rand::rng().random())?;
        let ledger = Self::with(files, keys, signer);
        ledger.check_key(&registered)?;
        ledger.look_again(connection).await?;
        Ok(ledger)
    }

    /// Opens the ledger to put the key of this file in office, made if it is not there: from here on both sign.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub async fn open_between(
        files: &LedgerFiles,
        new: &Path,
        seed: [u8; 32],
        connection: &mut Connection,
    ) -> Result<Self, LedgerError> {
        let keys = KeyFiles::new(ledger_key_name(&files.trust_domain), &files.key);
        let old = keys.read(&files.key)?;
        let old = old.ok_or_else(|| LedgerError::KeyMissing { path: files.key.clone() })?;
        let new = match keys.read(new)? {
            Some(new) => new,
            None => keys.make_at(new, seed)?,
        };
        let ledger = Self::with(files, keys, Signer::between(new, old));
        // Either of them is the newest: who was interrupted goes on.
        ledger.check_key(&LedgerKeyRow::all(connection).await?)?;
        ledger.look_again(connection).await?;
        Ok(ledger)
    }

    /// The keys that sign.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        self.0.signer.load_full()
    }

    /// Where the key before the one in office is kept.
    pub fn path_before(&self) -> PathBuf {
        self.0.keys.path_before()
    }

    /// Puts the key that signs first into the file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_key(&self) -> Result<(), LedgerError> {
        self.0.keys.replace(self.signer().current())
    }

    /// What verifies its checkpoints now.
    pub fn vkeys(&self) -> Vec<VerifierKey> {
        self.signer().vkeys()
    }

    /// The federation's name.
    pub fn trust_domain(&self) -> &str {
        &self.0.files.trust_domain
    }

    /// Where its files are.
    pub fn files(&self) -> &LedgerFiles {
        &self.0.files
    }

    /// The newest checkpoint that was signed and marked; none before the first transaction.
    pub fn latest(&self) -> Option<Arc<Signed>> {
        self.0.latest.load_full()
    }

    /// Rings whenever a checkpoint was published here, or cosigned; what there is to see is read from the database.
    pub fn published(&self) -> watch::Receiver<()> {
        self.0.published.subscribe()
    }

    /// Rings.
    pub(crate) fn note_published(&self) {
        self.0.published.send_replace(());
    }

    /// Whether the database may be written.
    pub fn standing(&self) -> Standing {
        **self.0.standing.load()
    }

    /// The checkpoint that the mark holds.
    ///
    /// # Errors
    /// If it cannot be read, or is not this ledger's.
    pub async fn mark(&self, connection: &mut Connection) -> Result<Option<Signed>, LedgerError> {
        let registered = LedgerKeyRow::all(connection).await?;
        let known = registered.iter().filter_map(|row| row.vkey.parse().ok());
        let keys: Vec<VerifierKey> = self.signer().vkeys().into_iter().chain(known).collect();
        self.0.mark.read(&keys)
    }

    /// Compares the database with the mark.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub async fn look_again(&self, connection: &mut Connection) -> Result<Standing, LedgerError> {
        let mark = self.mark(connection).await?;
        let standing = standing::look(connection, mark.as_ref()).await?;
        self.0.standing.store(Arc::new(standing));
        Ok(standing)
    }

    /// Looks at the head that a transaction has taken: it goes on from what was signed, and the key is still in office.
    ///
    /// # Errors
    /// If the keys cannot be read, or the file's is not the newest any more.
    pub(crate) async fn takes(&self, tx: &mut Tx<'_>) -> Result<Standing, LedgerError> {
        let epoch = tx.epoch();
        if let Some(behind) = standing::shown(tx.reading(), epoch).await? {
            return Ok(self.stands(Standing::Behind(behind)));
        }
        let Some(latest) = self.latest() else { return Ok(self.standing()) };
        let (epoch, size) = (tx.epoch(), tx.tree().size());
        if latest.place() == (epoch, size) {
            let standing = if latest.root == tx.tree().root() {
                Standing::Sound
            } else {
                Standing::Behind(Behind::Root { size })
            };
            return Ok(self.stands(standing));
        }
        let standing = self.stands(standing::compare(&latest, epoch, size));
        if standing == Standing::Sound {
            // Somebody else has written in between: it may have been the change of the key.
            let registered = LedgerKeyRow::all(tx.reading()).await?;
            if self.check_key(&registered).is_err() {
                self.0.signer.store(Arc::new(self.0.keys.load(false, [0; 32])?));
                self.check_key(&registered)?;
            }
        }
        Ok(standing)
    }

    /// Signs what was committed, and raises the mark; before this nobody is told.
    ///
    /// # Errors
    /// If the mark cannot be raised.
    pub fn committed(&self, committed: &Committed) -> Result<Arc<Signed>, LedgerError> {
        let Committed { epoch, tree, .. } = committed;
        if let Some(latest) = self.latest().filter(|latest| latest.place() == (*epoch, tree.size())) {
            return Ok(latest);
        }
        let state = (*epoch, tree.size(), tree.root());
        let signed = Arc::new(Signed::new(&self.signer(), self.trust_domain(), state)?);
        let failed = |source| LedgerError::Mark { path: self.0.files.mark.clone(), source };
        around_file(Point::Mark, || self.0.mark.raise(&signed)).map_err(failed)?;
        self.0.latest.store(Some(Arc::clone(&signed)));
        self.stands(Standing::Sound);
        Ok(signed)
    }

    /// A checkpoint's note with the signatures of the keys that sign now beside those that it has: the same text as before,
    /// for those who know no other key. If there is no room for them, as it was.
    pub(crate) fn signed_again(&self, signed: &Signed) -> String {
        signed
            .note
            .parse()
            .and_then(|note| self.signer().beside(note))
            .map_or_else(|_| signed.note.clone(), |note| note.to_string())
    }

    /// The receipt of leaves that were written before, under the newest checkpoint.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn receipt(&self, connection: &mut Connection, leaves: Span) -> Result<Receipt, LedgerError> {
        let latest = self.latest().ok_or(LedgerError::Unmarked)?;
        proofs::receipt_of(connection, &latest, leaves).await
    }

    fn with(files: &LedgerFiles, keys: KeyFiles, signer: Signer) -> Self {
        Self(Arc::new(Inner {
            files: files.clone(),
            keys,
            signer: ArcSwap::from_pointee(signer),
            mark: Mark::new(&files.mark, &files.trust_domain),
            latest: ArcSwapOption::empty(),
            standing: ArcSwap::from_pointee(Standing::Sound),
            published: watch::Sender::new(()),
        }))
    }

    fn stands(&self, standing: Standing) -> Standing {
        if self.standing() != standing {
            self.0.standing.store(Arc::new(standing));
        }
        standing
    }

    /// The key that signs is the newest that the ledger knows.
    fn check_key(&self, registered: &[LedgerKeyRow]) -> Result<(), LedgerError> {
        let Some(newest) = registered.last() else { return Ok(()) };
        if self.signer().serves(&newest.vkey) {
            return Ok(());
        }
        let (path, registered) = (self.0.files.key.clone(), newest.vkey.clone());
        Err(LedgerError::OtherKey { path, registered })
    }
}
