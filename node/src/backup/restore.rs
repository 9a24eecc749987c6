//! Verifies a backup and puts it back into an empty folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use meldeverbund_proto::InstanceId;

use super::{
    BackupError, CONFIG, KEYS, Manifest, STORE,
    files::{self, PRIVATE, at},
    make::keys_of,
};
use crate::{
    clock::{Clock, Random},
    config::Config,
    daemon::{StartError, lock, make_folder},
    store::{self, StoreError, TakeOver},
};

/// Mode of a configuration that is put back, as `init` makes it.
const CONFIG_MODE: u32 = 0o640;

/// What the copy is called until it is put to work.
const COMING: &str = "node.sqlite.coming";

/// A store that is ready for a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Its configuration file.
    pub config_file: PathBuf,
    /// Its id from now on.
    pub instance: InstanceId,
    /// What it was made from.
    pub manifest: Manifest,
    /// Key files that were put back.
    pub keys: Vec<PathBuf>,
}

/// Sees whether a backup is whole and can be put back by this program; changes nothing.
///
/// # Errors
/// What is wrong with it.
pub async fn verify(backup: &Path) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(backup)?;
    if manifest.schema > store::LATEST {
        return Err(BackupError::Newer { what: "schema", found: manifest.schema, known: store::LATEST });
    }
    for needed in [STORE, CONFIG] {
        if !manifest.has(needed) {
            return Err(BackupError::Broken {
                path: backup.join(needed),
                what: "the manifest does not name it",
            });
        }
    }
    manifest.verify_files(backup)?;
    let path = backup.join(STORE);
    let failed = |source| BackupError::Store { path: path.clone(), source };
    let examined = store::examine(&path).await.map_err(failed)?;
    if (&examined.agency, examined.instance.to_string()) != (&manifest.agency, manifest.instance.clone()) {
        let what = "its agency or its id is not what the manifest says";
        return Err(BackupError::Broken { path, what });
    }
    Ok(manifest)
}

/// Puts a backup back: into `folder`, where a configuration that is there already counts, and its empty data folder.
///
/// # Errors
/// See [`BackupError`]; there is no store then, and it can be tried again.
pub async fn restore(
    backup: &Path,
    folder: &Path,
    clock: &Clock,
    random: &Random,
) -> Result<Restored, BackupError> {
    let manifest = verify(backup).await?;
    make_folder(folder).map_err(at(folder))?;
    let config_file = folder.join(CONFIG);
    put(backup, CONFIG, &config_file, CONFIG_MODE)?;
    let config = Config::load(&config_file)?;
    if config.agency.as_str() != manifest.agency {
        let (found, expected) = (manifest.agency, config.agency.to_string());
        return Err(BackupError::OtherAgency { found, expected });
    }
    let data = &config.data_dir;
    make_folder(data).map_err(at(data))?;
    let _lock = lock(&config.lock_path()).map_err(|error| match error {
        StartError::Folder { path, source } => BackupError::File { path, source },
        _ => BackupError::Running(data.clone()),
    })?;
    empty(&config)?;
    let keys = if manifest.files.iter().any(|file| file.path.starts_with(KEYS)) {
        put_keys_back(backup, &manifest, &config)?
    } else {
        Vec::new()
    };
    let coming = data.join(COMING);
    let failed = |source: StoreError| BackupError::Store { path: coming.clone(), source };
    files::copy(&backup.join(STORE), &coming, PRIVATE, STORE)?;
    let instance = random.instance_id();
    let new = TakeOver { instance, backup_us: manifest.made_at_us, now_us: clock.now_us() };
    store::take_over(&coming, new).await.map_err(failed)?;
    files::sync(&coming)?;
    let store = config.store_path();
    fs::rename(&coming, &store).map_err(at(&store))?;
    files::sync(data)?;
    Ok(Restored { config_file, instance, manifest, keys })
}

/// Clears away what a restore that was killed has left; anything else in the data folder is somebody's.
fn empty(config: &Config) -> Result<(), BackupError> {
    let data = &config.data_dir;
    for entry in fs::read_dir(data).map_err(at(data))? {
        let path = entry.map_err(at(data))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(COMING) {
            fs::remove_file(&path).map_err(at(&path))?;
        } else if path != config.lock_path() && path != config.file && !is_same_key(config, &path) {
            return Err(BackupError::Exists(path));
        }
    }
    Ok(())
}

/// Keys that a restore that was killed had put back, or that the operator put there for the new machine.
fn is_same_key(config: &Config, path: &Path) -> bool {
    keys_of(config).iter().any(|(_, key)| key == path)
}

/// The office's keys, where the configuration looks for them; one that is there is left as it is.
fn put_keys_back(backup: &Path, manifest: &Manifest, config: &Config) -> Result<Vec<PathBuf>, BackupError> {
    let mut back = Vec::new();
    for (name, to) in keys_of(config) {
        let name = format!("{KEYS}/{name}");
        if manifest.has(&name) && put(backup, &name, &to, PRIVATE)? {
            back.push(to);
        }
    }
    Ok(back)
}

/// Puts a file of the backup where none is; false: one is there, and is left as it is. Whole or not there: a restore may be
/// killed, and the daemon may look at any time.
fn put(backup: &Path, name: &str, to: &Path, mode: u32) -> Result<bool, BackupError> {
    let half = to.with_extension("coming");
    match fs::remove_file(&half) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&half)(error)),
        _ => {}
    }
    if fs::exists(to).map_err(at(to))? {
        return Ok(false);
    }
    files::copy(&backup.join(name), &half, mode, name)?;
    let put = match fs::hard_link(&half, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(at(to)(error)),
        Ok(()) => true,
    };
    fs::remove_file(&half).map_err(at(&half))?;
    Ok(put)
}
