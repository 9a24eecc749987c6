//! Which format an input has, by its content.

use std::{
    borrow::Cow,
    fmt,
    io::{self, BufReader, Read as _},
    str::FromStr,
};

use super::{
    ImportError, Options,
    columns::{Columns, Mapping},
    encoding::{Encoding, LineDecoder, Utf16Reader},
    limits::{SNIFF_BYTES, SNIFF_LINES},
    records::{Record, Separator},
    source::{ByteReader, TextReader},
};

/// A format of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table as text, separated by semicolons, commas or tabs.
    Csv,
    /// A sheet of a table program (Office Open XML).
    Xlsx,
    /// One link a line.
    Text,
    /// XARF v4 reports: one, an array, or one a line.
    Xarf,
}

/// A text is no name of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no format; there are csv, xlsx, text, xarf")]
pub struct UnknownFormat;

/// What the beginning of an input shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) format: Format,
    /// As the byte order mark or `--encoding` says.
    pub(super) encoding: Option<Encoding>,
    /// Bytes of the byte order mark.
    pub(super) mark_bytes: usize,
    /// For CSV.
    pub(super) separator: Separator,
    /// For CSV: the first line only states the separator.
    pub(super) separator_line: bool,
    /// For XARF: one report a line.
    pub(super) one_a_line: bool,
}

impl Format {
    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Text => "text",
            Self::Xarf => "xarf",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let all = [Self::Csv, Self::Xlsx, Self::Text, Self::Xarf];
        all.into_iter().find(|format| format.name().eq_ignore_ascii_case(name)).ok_or(UnknownFormat)
    }
}

impl Shape {
    const XLSX: Self = Self {
        format: Format::Xlsx,
        encoding: None,
        mark_bytes: 0,
        separator: Separator::Semicolon,
        separator_line: false,
        one_a_line: false,
    };

    /// The text behind the byte order mark; UTF-16 comes out as UTF-8.
    pub(super) fn text_reader(self, mut reader: ByteReader) -> io::Result<TextReader> {
        let mut mark = [0; 3];
        reader.read_exact(&mut mark[..self.mark_bytes])?;
        match self.encoding {
            Some(encoding) if encoding.is_utf16() => {
                Ok(Box::new(BufReader::new(Utf16Reader::new(reader, encoding))))
            }
            _ => Ok(Box::new(reader)),
        }
    }
}

/// Finds the shape of an input from its first bytes, unless the options state it.
pub(super) fn detect(start: &[u8], options: &Options) -> Result<Shape, ImportError> {
    if start.starts_with(b"PK\x03\x04")
        || start.starts_with(b"PK\x05\x06")
        || options.format == Some(Format::Xlsx)
    {
        return if start.is_empty() { Err(ImportError::Empty) } else { Ok(Shape::XLSX) };
    }
    if start.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(ImportError::OldExcel);
    }
    let (found, mark_bytes) = Encoding::of_start(start).map_or((None, 0), |(set, bytes)| (Some(set), bytes));
    let encoding = options.encoding.or(found);
    let text = beginning(&start[mark_bytes..], encoding, start.len() == SNIFF_BYTES);
    let format = match options.format {
        Some(format) => format,
        None if text.contains('\0') => return Err(ImportError::Binary),
        None => of_text(&text, options)?,
    };
    let separator = options.separator.unwrap_or_else(|| separator(&text, &options.mappings));
    let separator_line = significant(&text).next().and_then(separator_of_line).is_some();
    Ok(Shape { format, encoding, mark_bytes, separator, separator_line, one_a_line: is_one_a_line(&text) })
}

/// The beginning as text; what cannot be decoded is replaced, because nothing is taken from here.
fn beginning(start: &[u8], encoding: Option<Encoding>, cut: bool) -> Cow<'_, str> {
    // What is behind the last line end may be half a line.
    let whole =
        if cut { start.iter().rposition(|b| *b == b'\n').map_or(start, |end| &start[..end]) } else { start };
    match encoding {
        Some(Encoding::Utf16Le) => encoding_rs::UTF_16LE.decode_without_bom_handling(start).0,
        Some(Encoding::Utf16Be) => encoding_rs::UTF_16BE.decode_without_bom_handling(start).0,
        Some(Encoding::Utf8) => String::from_utf8_lossy(whole),
        other => LineDecoder::new(other).decode(whole).unwrap_or_else(|_| String::from_utf8_lossy(whole)),
    }
}

/// Tells the three text formats apart.
fn of_text(text: &str, options: &Options) -> Result<Format, ImportError> {
    let mut marks = text.chars().filter(|c| !c.is_whitespace());
    match (marks.next(), marks.next()) {
        (Some('{'), _) | (Some('['), Some('{' | ']')) => return Ok(Format::Xarf),
        (None, _) => return Err(ImportError::Empty),
        _ => {}
    }
    if has_header(text, options) || !options.mappings.is_empty() {
        return Ok(Format::Csv);
    }
    if looks_like_table(text) { Err(ImportError::NoHeader) } else { Ok(Format::Text) }
}

fn has_header(text: &str, options: &Options) -> bool {
    let Some(first) = significant(text).next() else { return false };
    separator_of_line(first).is_some()
        || Separator::ALL.into_iter().any(|separator| fields_named(first, separator, &options.mappings) > 0)
}

/// Every line has the same number of separators, and there is more than one line: a list of links practically never
/// looks like that, and to read a table as a list would make other links of its rows.
fn looks_like_table(text: &str) -> bool {
    Separator::ALL.into_iter().any(|separator| {
        let mut counts =
            significant(text).take(SNIFF_LINES).map(|line| line.matches(separator.char()).count());
        let first = counts.next().unwrap_or(0);
        let mut rest = counts.peekable();
        first > 0 && rest.peek().is_some() && rest.all(|count| count == first)
    })
}

/// The separator of a table: the one with which the header names most fields, else the one that it has most of.
fn separator(text: &str, mappings: &[Mapping]) -> Separator {
    let Some(first) = significant(text).next() else { return Separator::Semicolon };
    if let Some(stated) = separator_of_line(first) {
        return stated;
    }
    let weight = |separator: &Separator| {
        (fields_named(first, *separator, mappings), first.matches(separator.char()).count())
    };
    // The last of equal ones wins: the semicolon, as German Excel writes it.
    Separator::ALL.into_iter().rev().max_by_key(weight).unwrap_or(Separator::Semicolon)
}

/// Excel's own first line: `sep=;`.
fn separator_of_line(line: &str) -> Option<Separator> {
    let stated = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?;
    let mut letters = stated.trim_end_matches([' ', '"']).chars();
    let separator =
        Separator::ALL.into_iter().find(|separator| Some(separator.char()) == letters.clone().next());
    letters.next();
    separator.filter(|_| letters.next().is_none())
}

/// NDJSON: the next line that is not blank begins an object too, or there is none.
fn is_one_a_line(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty());
    let first = lines.next().is_some_and(|line| line.starts_with('{'));
    first && lines.next().is_none_or(|line| line.starts_with('{'))
}

/// Lines that are neither blank nor a comment.
fn significant(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).filter(|line| !line.trim().is_empty() && !is_comment(line))
}

/// A comment of a list; `#;Link` is a header whose first column counts the rows.
fn is_comment(line: &str) -> bool {
    let rest = line.strip_prefix('#');
    rest.is_some_and(|rest| !Separator::ALL.iter().any(|separator| rest.starts_with(separator.char())))
}

fn fields_named(line: &str, separator: Separator, mappings: &[Mapping]) -> usize {
    Record::of_beginning(line, separator).map_or(0, |record| Columns::fields_named(record.fields(), mappings))
}
