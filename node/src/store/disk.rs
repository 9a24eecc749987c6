//! How full the disk is.

use std::{io, path::Path};

use super::Store;

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// The store with its log.
    pub store_bytes: u64,
    /// Free for the node's user.
    pub free_bytes: u64,
}

impl Disk {
    /// Looks at the disk that `folder` is on, and at the store `file` in it.
    ///
    /// # Errors
    /// If the folder cannot be looked at.
    pub fn look(folder: &Path, file: &Path) -> io::Result<Self> {
        let stat = rustix::fs::statvfs(folder)?;
        let size = |suffix: &str| {
            let mut path = file.as_os_str().to_owned();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |meta| meta.len())
        };
        Ok(Self {
            store_bytes: size("") + size("-wal") + size("-shm"),
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }
}

impl Store {
    /// How full the disk is.
    ///
    /// # Errors
    /// If the store's folder cannot be looked at.
    pub fn disk(&self) -> io::Result<Disk> {
        Disk::look(self.path().parent().unwrap_or(Path::new(".")), self.path())
    }
}
