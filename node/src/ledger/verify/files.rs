//! The folder's files, one line or tile at a time, bounded.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use meldeverbund_proto::note::VerifierKey;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Longest line: an event's statement and decision on 1,000 targets, in hexadecimal.
const LINE_BYTES: u64 = 32 << 20;

/// Largest file that is read whole.
const FILE_BYTES: u64 = 1 << 20;

/// Leaves that one file of events is about.
pub(crate) const LEAVES_PER_FILE: u64 = 65_536;

/// The form's name.
pub(crate) const FORMAT: &str = "meldeverbund ledger export v1";

/// `keys.json`: whose export it is, and whom that office trusts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Origin {
    /// The form.
    pub format: String,
    /// The federation.
    pub trust_domain: String,
    /// Whose export it is.
    pub agency: String,
    /// When it was made.
    pub exported_at_us: i64,
    /// Keys of the hub.
    pub hub_keys: Vec<VerifierKey>,
    /// They stand in the office's configuration.
    pub hub_keys_pinned: bool,
    /// Witness keys.
    pub witnesses: Vec<VerifierKey>,
}

/// The folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folder<'a>(pub(super) &'a Path);

/// Lines of a file, each with its number from 1.
pub(super) struct Lines(Option<(BufReader<File>, u64)>);

impl Folder<'_> {
    /// A small text file; none if it is not there.
    pub(super) fn text(self, name: &str) -> io::Result<Option<String>> {
        let Some(file) = open(&self.0.join(name))? else { return Ok(None) };
        let mut text = String::new();
        file.take(FILE_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > FILE_BYTES { Err(io::Error::other("too long")) } else { Ok(Some(text)) }
    }

    /// The lines of a file; of one that is not there none.
    pub(super) fn lines(self, name: &str) -> io::Result<Lines> {
        Ok(Lines(open(&self.0.join(name))?.map(|file| (BufReader::new(file), 0))))
    }

    /// The numbers of the files of events, ascending.
    pub(super) fn event_files(self) -> io::Result<Vec<u64>> {
        let folder = self.0.join("events");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".jsonl")?.parse().ok());
            let number = number.filter(|number| event_file(*number).ends_with(&*name.to_string_lossy()));
            numbers.push(number.ok_or_else(|| io::Error::other("a file that is none of events"))?);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A tile's or bundle's bytes; none if it is not there. One longer than `most` is cut one byte behind.
    pub(super) fn bytes(self, name: &str, most: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = open(&self.0.join(name))? else { return Ok(None) };
        let mut bytes = Vec::with_capacity(most);
        file.take(most as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Name of a file of events.
pub(crate) fn event_file(number: u64) -> String {
    format!("events/{number:06}.jsonl")
}

impl Lines {
    /// The next line and its number; none at the end.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> Option<(u64, Result<T, String>)> {
        let (reader, number) = self.0.as_mut()?;
        let mut line = Vec::new();
        *number += 1;
        let read = reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line);
        match read {
            Ok(0) => None,
            Ok(_) if line.last() != Some(&b'\n') => {
                let number = *number;
                self.0 = None;
                Some((number, Err("the line does not end".into())))
            }
            Ok(_) => {
                let parsed = serde_json::from_slice(&line);
                // What stands there may be a person's: the error says where, never what.
                Some((*number, parsed.map_err(|error| format!("column {}", error.column()))))
            }
            Err(error) => {
                let number = *number;
                self.0 = None;
                Some((number, Err(error.to_string())))
            }
        }
    }
}

fn open(path: &PathBuf) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
