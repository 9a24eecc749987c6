//! The files that a command writes: all or, if one is in the way, none.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::CliError;
use crate::{
    authority::AuthorityError,
    publish::{self, Secrecy},
};

/// Files to write, and whether they may replace what is there.
#[derive(Debug)]
pub(super) struct Output {
    force: bool,
    files: Vec<(PathBuf, Vec<u8>, Secrecy)>,
}

impl Output {
    /// Refuses before anything is done if one of these files is there and must stay.
    pub(super) fn new(force: bool, planned: &[&Path]) -> Result<Self, CliError> {
        if !force && let Some(taken) = planned.iter().find(|path| path.exists()) {
            return Err(CliError::Exists(taken.display().to_string()));
        }
        Ok(Self { force, files: Vec::new() })
    }

    pub(super) fn add(&mut self, path: &Path, contents: impl Into<Vec<u8>>, secrecy: Secrecy) {
        self.files.push((path.to_owned(), contents.into(), secrecy));
    }

    /// Writes in the order in which the files were added.
    pub(super) fn write(self) -> Result<Vec<String>, CliError> {
        let mut written = Vec::new();
        for (path, contents, secrecy) in self.files {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                fs::create_dir_all(folder).map_err(AuthorityError::file(folder))?;
            }
            let write = if self.force { publish::replace } else { publish::create };
            write(&path, &contents, secrecy).map_err(AuthorityError::new_file(&path))?;
            written.push(path.display().to_string());
        }
        Ok(written)
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    fs::read(path).map_err(|error| CliError::File(path.display().to_string(), error))
}
