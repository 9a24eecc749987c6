//! What an XLSX file takes once it is unpacked, found before anything is kept of it.
//!
//! The sizes in the zip directory come first and are cheap, but they are only what the file says of itself: every part
//! is then unpacked and counted.

use std::io::{Cursor, Read};

use zip::{ZipArchive, read::ZipFile};

use crate::import::{
    ImportError,
    limits::{XLSX_BYTES, XLSX_PARTS, XLSX_STRINGS_BYTES, XLSX_STYLES_BYTES, XLSX_TEXT_BYTES},
};

/// Checks that the parts keep their limits.
pub(super) fn check(bytes: &[u8]) -> Result<(), ImportError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::Workbook)?;
    if archive.len() > XLSX_PARTS {
        return Err(ImportError::UnpacksTooLarge);
    }
    let mut said: u64 = 0;
    for i in 0..archive.len() {
        let part = archive.by_index_raw(i).map_err(|_| ImportError::Workbook)?;
        said = said.saturating_add(part.size());
        if said > XLSX_BYTES || part.size() > kind(&part)?.most_bytes() {
            return Err(ImportError::UnpacksTooLarge);
        }
    }
    let mut left = XLSX_BYTES;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|_| ImportError::Workbook)?;
        let kind = kind(&part)?;
        left -= count(part, kind, left.min(kind.most_bytes()))?;
    }
    Ok(())
}

/// What a part is for, as far as its limits differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Strings,
    Styles,
    /// Another XML part, sheets among them.
    Xml,
    /// Pictures and the like, which are never read.
    Other,
}

impl Kind {
    /// By the name, in any case: calamine finds its parts by name, and in any case too.
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if name.ends_with("sharedstrings.xml") {
            Self::Strings
        } else if name.ends_with("styles.xml") {
            Self::Styles
        } else if name.ends_with(".xml") || name.ends_with(".rels") {
            Self::Xml
        } else {
            Self::Other
        }
    }

    fn most_bytes(self) -> u64 {
        match self {
            Self::Strings => XLSX_STRINGS_BYTES,
            Self::Styles => XLSX_STYLES_BYTES,
            Self::Xml | Self::Other => XLSX_BYTES,
        }
    }
}

fn kind(part: &ZipFile<'_, Cursor<&[u8]>>) -> Result<Kind, ImportError> {
    Ok(Kind::of(&part.name().map_err(|_| ImportError::Workbook)?))
}

/// Unpacks a part and gives its length.
fn count(mut part: impl Read, kind: Kind, most_bytes: u64) -> Result<u64, ImportError> {
    let mut chunk = vec![0; 64 * 1024];
    let mut strings = Vec::new();
    let mut since_tag = 0;
    let mut length: u64 = 0;
    loop {
        let n = part.read(&mut chunk).map_err(|_| ImportError::Workbook)?;
        if n == 0 {
            break;
        }
        length += n as u64;
        if length > most_bytes {
            return Err(ImportError::UnpacksTooLarge);
        }
        if kind != Kind::Other {
            since_tag = longest_text(since_tag, &chunk[..n])?;
        }
        if kind == Kind::Strings {
            strings.extend_from_slice(&chunk[..n]);
        }
    }
    // The reader makes room for as many strings as the part says it has; each takes at least five bytes (`<si/>`).
    if stated_count(&strings) > length / 5 { Err(ImportError::Workbook) } else { Ok(length) }
}

/// Counts the bytes since the last tag began, through a chunk; a text without end would be read into memory.
fn longest_text(mut since_tag: usize, chunk: &[u8]) -> Result<usize, ImportError> {
    for part in chunk.split_inclusive(|b| *b == b'<') {
        since_tag += part.len();
        if since_tag > XLSX_TEXT_BYTES {
            return Err(ImportError::UnpacksTooLarge);
        }
        if part.ends_with(b"<") {
            since_tag = 0;
        }
    }
    Ok(since_tag)
}

/// The largest number that stands behind `uniqueCount`; wherever it stands, so that no comment can hide it.
fn stated_count(strings: &[u8]) -> u64 {
    const ATTRIBUTE: &[u8] = b"uniqueCount";
    /// Room for the equals sign, the quotation mark and twenty digits.
    const ROOM_BYTES: usize = 32;
    let starts = strings.windows(ATTRIBUTE.len()).enumerate().filter(|(_, window)| *window == ATTRIBUTE);
    starts
        .map(|(at, _)| first_number(strings[at + ATTRIBUTE.len()..].iter().take(ROOM_BYTES)))
        .max()
        .unwrap_or(0)
}

/// The first number; the largest there is if there is none, because more blanks than the room has hide one.
fn first_number<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    let digits = bytes.skip_while(|b| !b.is_ascii_digit()).take_while(|b| b.is_ascii_digit());
    digits
        .fold(None, |n: Option<u64>, b| {
            Some(n.unwrap_or(0).saturating_mul(10).saturating_add(u64::from(b - b'0')))
        })
        .unwrap_or(u64::MAX)
}
