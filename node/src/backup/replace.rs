//! Hands a node's work over to another machine.

use std::path::Path;

use super::{BackupError, Made, make};
use crate::{
    clock::Clock,
    config::Config,
    daemon::{StartError, lock},
    store,
};

/// Ends the work on this machine for good, and makes the backup with which it goes on elsewhere. The former comes first, and
/// is durable: never do two machines work on from the same state. If the backup fails, it is tried again.
///
/// # Errors
/// If a daemon runs, or the backup cannot be made.
pub async fn replace(config: &Config, folder: &Path, clock: &Clock) -> Result<Made, BackupError> {
    let _lock = lock(&config.lock_path()).map_err(|error| match error {
        StartError::Folder { path, source } => BackupError::File { path, source },
        _ => BackupError::Running(config.data_dir.clone()),
    })?;
    if folder.exists() {
        return Err(BackupError::Exists(folder.to_owned()));
    }
    let path = config.store_path();
    store::hand_over(&path, &config.agency, clock.now_us())
        .await
        .map_err(|source| BackupError::Store { path, source })?;
    make(config, folder, false, clock).await
}
