//! Backups of a database file: made beside running hubs, looked at whole before they count, put back where nothing is.
//!
//! A backup is the database and nothing else. The ledger's key and its high-water mark have to outlive a restore, which is how
//! a restored hub knows that it was.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use crate::{
    ledger::{
        LedgerError, LedgerFiles,
        verify::{Fault, Verified, What, verify_still},
    },
    store::{Database, StoreError, backup as copies},
};

/// What stands beside a database file while somebody has it open: parts of it, to whoever copies it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A copy that is whole.
#[derive(Debug)]
pub struct Copied {
    /// What its ledger holds; none: an earlier version wrote it, and it is looked at after the update.
    pub verified: Option<Verified>,
    /// How it stands to this machine's key and high-water mark: what a restored database lacks is no fault of the copy's.
    pub notes: Vec<Fault>,
    /// Its size.
    pub bytes: u64,
}

/// No backup was made, or none was put back; what was there is there as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A server's database.
    #[error(
        "the database is a PostgreSQL server's: back it up there, with pg_basebackup (see docs/operations.md)"
    )]
    Server,
    /// A file that would be overwritten.
    #[error("{} is there already, and nothing is overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A database that is open, or whose hub was killed, is in several files.
    #[error("{} stands beside it: this is a database at work and no backup", path.display())]
    AtWork {
        /// The other part of it.
        path: PathBuf,
    },
    /// A name that the engine does not take.
    #[error("the name {} is no text", path.display())]
    Name {
        /// The name.
        path: PathBuf,
    },
    /// The disk is full, or the folder not ours.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The backup cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An earlier or a later version's database.
    #[error(
        "the database has another version's schema: back it up with the version that runs, before the update"
    )]
    Version,
    /// The file is broken.
    #[error("the copy is damaged: {said}")]
    Damaged {
        /// What the engine finds first.
        said: String,
    },
    /// The ledger in it is.
    #[error("the ledger in the copy is not whole, {faults} faults, the first: {first}")]
    NotWhole {
        /// The first fault.
        first: Fault,
        /// How many.
        faults: usize,
    },
    /// The engine.
    #[error("the copy cannot be made or looked at")]
    Store(#[from] StoreError),
    /// The key, the mark.
    #[error("the copy's ledger cannot be looked at")]
    Ledger(#[from] LedgerError),
}

/// Copies the database into a new file, beside hubs that go on writing. The file is there when it is whole and on the disk, and
/// not before.
///
/// # Errors
/// Why there is no backup.
pub async fn back_up(database: &Database, files: &LedgerFiles, to: &Path) -> Result<Copied, BackupError> {
    let from = database.file().ok_or(BackupError::Server)?;
    refuse_existing(to)?;
    let partial = Partial::make(to)?;
    let name = partial.0.to_str().ok_or_else(|| BackupError::Name { path: to.to_owned() })?;
    copies::copy(from, name).await?;
    let mut copied = look(&partial.0, files).await?;
    if copied.verified.is_none() {
        return Err(BackupError::Version);
    }
    // The hub has gone on signing since.
    copied.notes.retain(|fault| fault.what != What::Mark);
    partial.put(to)?;
    Ok(copied)
}

/// Puts a backup in the place of a database that was moved aside.
///
/// # Errors
/// Why nothing was put there.
pub async fn restore(from: &Path, database: &Database, files: &LedgerFiles) -> Result<Copied, BackupError> {
    let to = database.file().ok_or(BackupError::Server)?;
    refuse_existing(to)?;
    // An old log beside a new database would be played into it.
    BESIDE.iter().try_for_each(|tail| refuse_existing(&with(to, tail)))?;
    if let Some(path) = BESIDE.iter().map(|tail| with(from, tail)).find(|path| is_there(path)) {
        return Err(BackupError::AtWork { path });
    }
    let partial = Partial::make(to)?;
    let read = |source| BackupError::Read { path: from.to_owned(), source };
    let mut source = File::open(from).map_err(read)?;
    let copy = OpenOptions::new().write(true).open(&partial.0);
    let copied = copy.and_then(|mut copy| io::copy(&mut source, &mut copy));
    copied.map_err(|source| BackupError::Write { path: to.to_owned(), source })?;
    let copied = look(&partial.0, files).await?;
    partial.put(to)?;
    Ok(copied)
}

/// Looks at a whole copy: its pages, then its ledger.
async fn look(path: &Path, files: &LedgerFiles) -> Result<Copied, BackupError> {
    let mut connection = copies::still(path).await?;
    if let Some(said) = copies::damage(&mut connection).await? {
        return Err(BackupError::Damaged { said });
    }
    let bytes =
        fs::metadata(path).map_err(|source| BackupError::Read { path: path.to_owned(), source })?.len();
    if !copies::fits(&mut connection).await? {
        return Ok(Copied { verified: None, notes: Vec::new(), bytes });
    }
    let (mut notes, mut faults) = (Vec::new(), Vec::new());
    let mut tell = |fault: Fault| {
        let is_note = fault.is_notice() || matches!(fault.what, What::Mark | What::Key);
        if is_note { notes.push(fault) } else { faults.push(fault) }
    };
    let verified = verify_still(&mut connection, files, &mut tell).await?;
    match faults.first() {
        Some(first) => Err(BackupError::NotWhole { first: first.clone(), faults: faults.len() }),
        None => Ok(Copied { verified: Some(verified), notes, bytes }),
    }
}

/// A file that is not whole yet, its owner's alone; gone with this.
struct Partial(PathBuf);

impl Partial {
    fn make(to: &Path) -> Result<Self, BackupError> {
        let path = with(to, &format!(".{}.partial", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(_) => Ok(Self(path)),
            Err(source) => Err(BackupError::Write { path, source }),
        }
    }

    /// Gives it its name, when it is on the disk.
    fn put(self, to: &Path) -> Result<(), BackupError> {
        let put = || {
            File::open(&self.0)?.sync_all()?;
            match renameat_with(CWD, &self.0, CWD, to, RenameFlags::NOREPLACE) {
                // A network's file system may not know the flag; there nobody else makes this file at this instant.
                Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if !is_there(to) => fs::rename(&self.0, to)?,
                other => other?,
            }
            let folder =
                to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()
        };
        put().map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { path: to.to_owned() },
            _ => BackupError::Write { path: to.to_owned(), source },
        })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It has its name by now, or nobody needs it.
        let _ = fs::remove_file(&self.0);
    }
}

fn refuse_existing(path: &Path) -> Result<(), BackupError> {
    if is_there(path) { Err(BackupError::Exists { path: path.to_owned() }) } else { Ok(()) }
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn with(path: &Path, tail: &str) -> PathBuf {
    let mut with = path.as_os_str().to_owned();
    with.push(tail);
    with.into()
}
