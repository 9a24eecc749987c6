//! Small files that only the hub's account reads, and that are there whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Writes a file that is not there yet; durable when it returns.
///
/// # Errors
/// `AlreadyExists` if it is there, as it was.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, &std::process::id().to_string());
    write(&new, text)?.sync_all()?;
    // Unlike a rename, a link does not replace what is there.
    let linked = fs::hard_link(&new, path);
    fs::remove_file(&new)?;
    linked?;
    folder(path)?.sync_all()
}

/// Writes a file, whatever is there; durable when it returns.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, "new");
    write(&new, text)?.sync_all()?;
    fs::rename(&new, path)?;
    folder(path)?.sync_all()
}

/// Writes a file, whatever is there; outlives this process, and need not outlive the machine's power.
pub(super) fn put(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, "new");
    write(&new, text)?;
    fs::rename(&new, path)
}

/// The folder of a file.
pub(super) fn folder(path: &Path) -> io::Result<File> {
    File::open(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

fn write(path: &Path, text: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".");
    beside.push(what);
    beside.into()
}
