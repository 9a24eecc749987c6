//! Reads an officer's file into referral rows: CSV, XLSX, plain text and XARF v4.
//!
//! [`open`] looks at the beginning of the input, finds its format and character set, and gives an [`Import`]: an
//! iterator over its rows. A row is a [`Draft`] or a [`RowError`]; a bad row never stops the others. Memory does not
//! grow with the length of a CSV, text or XARF input. Nothing here knows the node's store or the hub.
//!
//! The way of a row: `source` (bytes) → `encoding`, `lines` → `csv`, `text`, `xarf` or `xlsx` (cells) → `columns`
//! (which cell is which field) → `draft` (one referral). `docs/import.md` is what officers read.

mod columns;
mod csv;
mod draft;
mod encoding;
mod error;
mod field;
mod format;
pub mod formula;
mod german;
pub mod limits;
mod lines;
mod moment;
mod reason;
mod records;
mod source;
pub(crate) mod table;
mod text;
mod value;
mod xarf;
mod xlsx;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

pub use columns::{ColumnName, Mapping, MappingError};
pub use draft::Draft;
pub use encoding::{Encoding, UnknownEncoding};
pub use error::ImportError;
pub use field::{FIELDS, Field, FieldNames, UnknownField};
pub use format::{Format, UnknownFormat};
pub use reason::{Reason, RowError};
pub use records::{Separator, UnknownSeparator};
pub use source::Source;

pub(crate) use moment::{date_of, of_text as moment};

/// What the officer states about an input; everything else is found by its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The format.
    pub format: Option<Format>,
    /// The character set of a text.
    pub encoding: Option<Encoding>,
    /// What stands between a CSV table's fields.
    pub separator: Option<Separator>,
    /// What columns mean whose names are not known.
    pub mappings: Vec<Mapping>,
    /// The sheet of an XLSX file; the first visible one if none is stated.
    pub sheet: Option<String>,
}

/// One row of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands: see [`Import::unit`]. From 1.
    pub line: u64,
    /// The referral, or why there is none.
    pub outcome: Result<Draft, RowError>,
}

/// What [`Row::line`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Lines of a text.
    Line,
    /// Rows of a sheet, as the table program numbers them.
    SheetRow,
    /// Reports of a XARF array.
    Report,
}

/// The rows of an input. After an error there are no more.
pub struct Import {
    rows: Rows,
    format: Format,
    unit: Unit,
    total_bytes: Option<u64>,
    read_bytes: Arc<AtomicU64>,
}

type Rows = Box<dyn Iterator<Item = Result<Row, ImportError>> + Send>;

/// Opens an input.
///
/// # Errors
/// If it cannot be read, has no format that is known, or its columns cannot be told.
pub fn open(source: Source, options: &Options) -> Result<Import, ImportError> {
    let opened = source.open()?;
    let shape = format::detect(&opened.start, options)?;
    check_options(shape.format, options)?;
    let (total_bytes, read_bytes) = (opened.total_bytes, Arc::clone(&opened.read_bytes));
    let (rows, unit): (Rows, Unit) = match shape.format {
        Format::Xlsx => (xlsx::rows(opened.reader, options)?, Unit::SheetRow),
        format => {
            let reader = shape.text_reader(opened.reader)?;
            match format {
                Format::Xarf => xarf::rows(reader, shape),
                Format::Csv => (csv::rows(reader, shape, &options.mappings)?, Unit::Line),
                Format::Text | Format::Xlsx => (text::rows(reader, shape), Unit::Line),
            }
        }
    };
    Ok(Import { rows, format: shape.format, unit, total_bytes, read_bytes })
}

impl Import {
    /// The format that was stated or found.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What the rows' numbers count.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Bytes of the input, if it is a file.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// Bytes of the input that were read so far, for a progress bar. An XLSX file is read before its first row.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }
}

impl Iterator for Import {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.rows.next();
        if !matches!(next, Some(Ok(_))) {
            self.rows = Box::new(std::iter::empty());
        }
        next
    }
}

impl Row {
    fn new(line: u64, outcome: Result<Draft, RowError>) -> Self {
        Self { line, outcome }
    }
}

/// An option that the format does not have would be ignored in silence.
fn check_options(format: Format, options: &Options) -> Result<(), ImportError> {
    let Options { format: _, encoding, separator, mappings, sheet } = options;
    let table = matches!(format, Format::Csv | Format::Xlsx);
    let given = [
        ("--encoding", encoding.is_some(), matches!(format, Format::Csv | Format::Text)),
        ("--separator", separator.is_some(), format == Format::Csv),
        ("--map", !mappings.is_empty(), table),
        ("--sheet", sheet.is_some(), format == Format::Xlsx),
    ];
    for (option, is_given, fits) in given {
        if is_given && !fits {
            return Err(ImportError::OptionMismatch { option, format });
        }
    }
    Ok(())
}
