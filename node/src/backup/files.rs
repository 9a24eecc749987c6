//! Files of a backup: private, whole and on the disk before anything says that they are.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Component, Path},
};

use sha2::{Digest as _, Sha256};

use super::{BackupError, FileEntry};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// For its owner alone: a backup holds links and cases.
pub(super) const PRIVATE: u32 = 0o600;

/// An error that names the file.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path),
        _ => BackupError::File { path, source },
    }
}

/// A whole file of at most so many bytes.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, BackupError> {
    let mut bytes = Vec::new();
    File::open(path).map_err(at(path))?.take(most + 1).read_to_end(&mut bytes).map_err(at(path))?;
    if bytes.len() as u64 > most {
        return Err(BackupError::Broken { path: path.to_owned(), what: "it is too large" });
    }
    Ok(bytes)
}

/// Size and SHA-256 of a file.
pub(super) fn digest(path: &Path) -> Result<(u64, String), BackupError> {
    copy_into(path, &mut io::sink())
}

/// Copies a file into a new one, and answers its entry under this path in the backup.
pub(super) fn copy(from: &Path, to: &Path, mode: u32, name: &str) -> Result<FileEntry, BackupError> {
    let mut out = new(to, mode)?;
    let (bytes, sha256) = copy_into(from, &mut out)?;
    out.sync_all().map_err(at(to))?;
    Ok(FileEntry { path: name.to_owned(), bytes, sha256 })
}

/// Writes a new file.
pub(super) fn write(path: &Path, text: &[u8]) -> Result<(), BackupError> {
    let mut out = new(path, PRIVATE)?;
    out.write_all(text).map_err(at(path))?;
    out.sync_all().map_err(at(path))
}

/// A new file; none is ever overwritten.
pub(super) fn new(path: &Path, mode: u32) -> Result<File, BackupError> {
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at(path))
}

/// Brings what stands in a file or folder to the disk.
pub(super) fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// Whether a path of a manifest stays in its folder.
pub(super) fn is_plain(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn copy_into(from: &Path, out: &mut impl io::Write) -> Result<(u64, String), BackupError> {
    let mut file = File::open(from).map_err(at(from))?;
    let (mut hasher, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK_BYTES]);
    loop {
        let read = file.read(&mut chunk).map_err(at(from))?;
        if read == 0 {
            return Ok((bytes, hex::encode(hasher.finalize())));
        }
        hasher.update(&chunk[..read]);
        out.write_all(&chunk[..read]).map_err(at(from))?;
        bytes += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_s_paths_stay_in_the_backup() {
        for plain in ["node.sqlite", "keys/statement.key"] {
            assert!(is_plain(plain));
        }
        for wrong in ["", "/etc/passwd", "../node.toml", "keys/../../x", "./x"] {
            assert!(!is_plain(wrong), "{wrong}");
        }
    }
}
