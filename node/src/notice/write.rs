//! Packages to the disk: everything or nothing.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use super::{Package, WriteError, WrittenFile, form, letter, links, output, xarf};

/// One provider's folder as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The provider's name.
    pub provider: String,
    /// Its folder.
    pub folder: PathBuf,
    /// How many links.
    pub links: usize,
    /// Its files, with their digests for the register.
    pub files: Vec<WrittenFile>,
}

/// Looks whether a folder could be written at this place, so that nobody intends what has no place to go. [`write`] looks
/// again: places change.
///
/// # Errors
/// If something is there already, or the place names no folder in a folder that exists.
pub fn vacant(dir: &Path) -> Result<(), WriteError> {
    if dir.symlink_metadata().is_ok() {
        return Err(WriteError::Exists);
    }
    if part_of(dir)?.symlink_metadata().is_ok() {
        return Err(WriteError::Unfinished);
    }
    if fs::metadata(parent_of(dir))?.is_dir() { Ok(()) } else { Err(WriteError::NoName) }
}

/// Writes the packages into a folder that must not exist yet. It appears under its name only when every file is
/// complete and on the disk.
///
/// # Errors
/// If the folder exists or the disk refuses; then nothing is left behind.
pub fn write(packages: &[Package], dir: &Path) -> Result<Vec<Written>, WriteError> {
    if dir.symlink_metadata().is_ok() {
        return Err(WriteError::Exists);
    }
    let part = Part::new(dir)?;
    let disk = File::open(&part.path)?;
    let written: Vec<Written> =
        packages.iter().map(|package| package.write(&part.path, dir)).collect::<io::Result<_>>()?;
    // One call for all files: thousands of providers have five files each, and one fsync a file takes minutes on a slow
    // disk. It reports what failed since `disk` was opened (Linux 5.8).
    rustix::fs::syncfs(&disk).map_err(io::Error::from)?;
    part.publish(dir)?;
    Ok(written)
}

impl Package {
    fn write(&self, part: &Path, dir: &Path) -> io::Result<Written> {
        let folder = part.join(&self.folder);
        make_folder(&folder)?;
        let list = output::file(&folder, links::NAME, |out| {
            links::write(out, &self.items, self.sender.force.decision())
        })?;
        let list_sha256 = list.sha256;
        let mut files = vec![list];
        if self.xarf_links() > 0 {
            files.push(output::file(&folder, xarf::NAME, |out| xarf::write(out, self))?);
        }
        files.push(output::file(&folder, form::NAME, |out| form::write(out, &self.items))?);
        let letter = letter::Letter::new(self, &list_sha256);
        files.push(output::file(&folder, letter::TEXT_NAME, |out| letter.write_text(out))?);
        files.push(output::file(&folder, letter::HTML_NAME, |out| letter.write_html(out))?);
        Ok(Written {
            provider: self.provider.name.clone(),
            folder: dir.join(&self.folder),
            links: self.items.len(),
            files,
        })
    }
}

/// The folder while it is being written: beside its place, under another name; removed unless it is published, which it
/// is when its new name is on the disk.
struct Part {
    path: PathBuf,
    published: bool,
}

impl Part {
    fn new(dir: &Path) -> Result<Self, WriteError> {
        let path = part_of(dir)?;
        match make_folder(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(WriteError::Unfinished),
            made => Ok(made.map(|()| Self { path, published: false })?),
        }
    }

    fn publish(mut self, dir: &Path) -> Result<(), WriteError> {
        // Making the empty folder fails if the name was taken meanwhile; renaming replaces an empty folder in one step.
        match make_folder(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(WriteError::Exists),
            made => made?,
        }
        if let Err(error) = fs::rename(&self.path, dir) {
            // The first error is the one that matters.
            let _ = fs::remove_dir(dir);
            return Err(error.into());
        }
        dir.clone_into(&mut self.path);
        File::open(parent_of(dir))?.sync_all()?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.published {
            // The error that led here is the one that matters.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Where the folder is made before it gets its name.
fn part_of(dir: &Path) -> Result<PathBuf, WriteError> {
    let mut name = std::ffi::OsString::from(".");
    name.push(dir.file_name().ok_or(WriteError::NoName)?);
    name.push(".part");
    Ok(dir.with_file_name(name))
}

fn parent_of(dir: &Path) -> &Path {
    dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder that this account alone may enter: it holds links.
fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}
