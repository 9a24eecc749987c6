//! Why there is no backup, or why it cannot be put back.

use std::{io, path::PathBuf};

use crate::{config::ConfigError, store::StoreError};

/// There is no backup, or it cannot be put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something is there already; nothing is overwritten.
    #[error("{}: is there already; nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// Another backup is being written to the same place.
    #[error("{}: another backup is being written there", .0.display())]
    Busy(PathBuf),
    /// A daemon works on the folder.
    #[error("{}: a daemon runs on this folder; stop it first", .0.display())]
    Running(PathBuf),
    /// It is no whole backup.
    #[error("{}: is no whole backup: {what}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A later version of the program made it.
    #[error("the backup is of a later version: its {what} is {found}, this program knows {known}")]
    Newer {
        /// Of what.
        what: &'static str,
        /// What it is.
        found: i64,
        /// The latest that this program knows.
        known: i64,
    },
    /// It belongs to another agency.
    #[error("the backup belongs to {found}, the configuration names {expected}")]
    OtherAgency {
        /// Agency of the backup.
        found: String,
        /// Agency of the configuration.
        expected: String,
    },
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store, or its copy, failed.
    #[error("{}: {source}", path.display())]
    Store {
        /// The store's file.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
}
