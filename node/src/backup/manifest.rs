//! The manifest: what a backup has, and how one sees that it is whole.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{BackupError, MANIFEST, files};

/// The form of a backup that this program writes and reads.
pub(super) const FORMAT: i64 = 1;

/// Most bytes of a manifest.
const MANIFEST_BYTES: u64 = 64 * 1024;

/// What a backup has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The backup's form.
    pub format: i64,
    /// The version of the program that made it.
    pub version: String,
    /// When.
    pub made_at_us: i64,
    /// Whose it is.
    pub agency: String,
    /// The store's id at that time.
    pub instance: String,
    /// The store's schema.
    pub schema: i64,
    /// How far the hub's feed was applied.
    pub feed_cursor: u64,
    /// Referrals that the hub had not answered.
    pub unanswered_referrals: u64,
    /// Parts of decisions that the hub had not answered.
    pub unanswered_decisions: u64,
    /// Each file but this one.
    pub files: Vec<FileEntry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path in the backup.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest of a backup.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let broken = |what| BackupError::Broken { path: path.clone(), what };
        let text = files::read(&path, MANIFEST_BYTES)?;
        // What a later form means is not guessed from the fields that happen to be known.
        let value: serde_json::Value =
            serde_json::from_slice(&text).map_err(|_| broken("the manifest is cut off or damaged"))?;
        let format = value["format"].as_i64().ok_or_else(|| broken("the manifest has no format"))?;
        if format > FORMAT {
            return Err(BackupError::Newer { what: "format", found: format, known: FORMAT });
        }
        serde_json::from_value(value).map_err(|_| broken("the manifest lacks something"))
    }

    /// Whether a file belongs to the backup.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// Sees that each file is there as it was written, and that the paths stay in the folder.
    pub(super) fn verify_files(&self, folder: &Path) -> Result<(), BackupError> {
        for file in &self.files {
            let path = folder.join(&file.path);
            let broken = |what| BackupError::Broken { path: path.clone(), what };
            if !files::is_plain(&file.path) {
                return Err(broken("a path that does not belong into a backup"));
            }
            let (bytes, sha256) = files::digest(&path)?;
            if bytes != file.bytes {
                return Err(broken("its size is not what the manifest says"));
            }
            if sha256 != file.sha256 {
                return Err(broken("its checksum is not what the manifest says"));
            }
        }
        Ok(())
    }
}
