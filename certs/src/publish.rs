//! Writing files so that a reader sees the old or the new one whole, and a power cut leaves either.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Anyone.
    Public,
    /// The owner alone: private keys.
    Owner,
}

/// Writes a file beside its place and renames it there.
pub(crate) fn replace(path: &Path, contents: &[u8], secrecy: Secrecy) -> io::Result<()> {
    let temporary = beside(path)?;
    let written = write(&temporary, contents, secrecy).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What matters is the first error; a leftover is harmless and overwritten next time.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_folder(path)
}

/// Writes a file that must not be there yet.
pub(crate) fn create(path: &Path, contents: &[u8], secrecy: Secrecy) -> io::Result<()> {
    let temporary = beside(path)?;
    // A hard link, unlike a rename, fails if the name is taken.
    let written = write(&temporary, contents, secrecy).and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    written?;
    removed?;
    sync_folder(path)
}

fn write(path: &Path, contents: &[u8], secrecy: Secrecy) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secrecy == Secrecy::Owner {
        // From the first byte on, whatever the umask.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut file = options.open(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(temporary))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_appear_whole_and_keys_are_the_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        create(&path, b"one", Secrecy::Owner).unwrap();
        assert_eq!(create(&path, b"two", Secrecy::Owner).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"two", Secrecy::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays behind");
    }
}
