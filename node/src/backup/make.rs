//! Makes a backup beside a running daemon.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use super::{
    BackupError, CONFIG, FileEntry, KEYS, MANIFEST, Manifest, STORE,
    files::{self, PRIVATE, at},
    manifest::FORMAT,
};
use crate::{
    clock::Clock,
    config::Config,
    ledger::STATEMENT_FILE,
    store::{self, StoreError},
};

/// A backup that is whole and on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The folder.
    pub folder: PathBuf,
    /// What it has.
    pub manifest: Manifest,
}

/// Makes a backup in a new folder. It gets its name when it is whole: killed before that, it leaves a hidden folder
/// beside, which the next one clears away.
///
/// # Errors
/// See [`BackupError`]; there is no folder of that name then.
pub async fn make(
    config: &Config,
    folder: &Path,
    with_keys: bool,
    clock: &Clock,
) -> Result<Made, BackupError> {
    let folder = std::path::absolute(folder).map_err(at(folder))?;
    if fs::exists(&folder).map_err(at(&folder))? {
        return Err(BackupError::Exists(folder));
    }
    let (parent, half) = half_of(&folder)?;
    let _lock = begin(&half)?;
    let made_at_us = clock.now_us();
    let manifest = fill(config, &half, with_keys, made_at_us).await?;
    let text = serde_json::to_vec_pretty(&manifest).expect("numbers and texts have a form in JSON");
    files::write(&half.join(MANIFEST), &text)?;
    files::sync(&half)?;
    // The commit point: what is under the name is whole.
    fs::rename(&half, &folder).map_err(at(&folder))?;
    files::sync(&parent)?;
    Ok(Made { folder, manifest })
}

async fn fill(
    config: &Config,
    half: &Path,
    with_keys: bool,
    made_at_us: i64,
) -> Result<Manifest, BackupError> {
    let (from, copy) = (config.store_path(), half.join(STORE));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: StoreError| BackupError::Store { path, source }
    };
    store::Store::inspect(&from, &config.agency).await.map_err(failed(&from))?;
    // SQLite fills an empty file and keeps its mode.
    drop(files::new(&copy, PRIVATE)?);
    store::copy(&from, &copy).await.map_err(failed(&copy))?;
    files::sync(&copy)?;
    let examined = store::examine(&copy).await.map_err(failed(&copy))?;
    let (bytes, sha256) = files::digest(&copy)?;
    let mut entries = vec![FileEntry { path: STORE.to_owned(), bytes, sha256 }];
    entries.push(files::copy(&config.file, &half.join(CONFIG), PRIVATE, CONFIG)?);
    if with_keys {
        let keys = half.join(KEYS);
        private_folder(&keys).map_err(at(&keys))?;
        for (name, from) in keys_of(config) {
            let name = format!("{KEYS}/{name}");
            entries.push(files::copy(&from, &half.join(&name), PRIVATE, &name)?);
        }
        files::sync(&keys)?;
    }
    Ok(Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at_us,
        agency: examined.agency,
        instance: examined.instance.to_string(),
        schema: examined.schema,
        feed_cursor: examined.feed_cursor,
        unanswered_referrals: examined.unanswered_referrals,
        unanswered_decisions: examined.unanswered_decisions,
        files: entries,
    })
}

/// The files that speak for the office, each with its name in a backup.
pub(super) fn keys_of(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let tls = &config.tls;
    let mut keys = vec![
        (STATEMENT_FILE, config.data_dir.join(STATEMENT_FILE)),
        ("certificate.pem", tls.certificate.clone()),
        ("key.pem", tls.key.clone()),
        ("trust_anchors.pem", tls.trust_anchors.clone()),
    ];
    keys.extend(tls.revocations.clone().map(|path| ("revocations.pem", path)));
    keys
}

/// The folder beside, in which it is made.
fn half_of(folder: &Path) -> Result<(PathBuf, PathBuf), BackupError> {
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(BackupError::Exists(folder.to_owned()));
    };
    let mut half = std::ffi::OsString::from(".");
    half.push(name);
    half.push(".half-backup");
    Ok((parent.to_owned(), parent.join(half)))
}

/// An empty folder, and the lock that says that somebody fills it; the kernel lets go of it however he ends.
fn begin(half: &Path) -> Result<File, BackupError> {
    match private_folder(half) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let lock = lock(half)?;
            for entry in fs::read_dir(half).map_err(at(half))? {
                let path = entry.map_err(at(half))?.path();
                let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                gone.map_err(at(&path))?;
            }
            Ok(lock)
        }
        Err(error) => Err(at(half)(error)),
        Ok(()) => lock(half),
    }
}

fn lock(half: &Path) -> Result<File, BackupError> {
    let folder = File::open(half).map_err(at(half))?;
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(folder),
        Err(_) => Err(BackupError::Busy(half.to_owned())),
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}
