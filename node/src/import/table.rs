//! Any CSV table, for readers beside the import: the same character sets, separators and rules of quoting.

use super::{
    Format, ImportError, Options, Source,
    format::{self, Shape},
    lines::Lines,
    reason::Reason,
    records::Records,
    source::TextReader,
};

pub(crate) use super::{field::folded, moment::of_text as moment};

/// The records of a table, the header among them.
pub(crate) struct Table {
    records: Records<TextReader>,
}

/// One record: the number of its first line, and its fields or why it has none.
pub(crate) type Row = (u64, Result<Vec<String>, Reason>);

impl Table {
    /// Opens a table: the byte order mark or the first line beyond ASCII tells the character set, the first line the
    /// separator.
    ///
    /// # Errors
    /// If it cannot be read, or is an Excel file.
    pub(crate) fn open(source: Source) -> Result<Self, ImportError> {
        let opened = source.open()?;
        let options = Options { format: Some(Format::Csv), ..Options::default() };
        let shape: Shape = match format::detect(&opened.start, &options)? {
            shape if shape.format == Format::Csv => shape,
            _ => return Err(ImportError::Binary),
        };
        let mut records =
            Records::new(Lines::new(shape.text_reader(opened.reader)?, shape.encoding), shape.separator);
        if shape.separator_line {
            records.next_record()?;
        }
        Ok(Self { records })
    }

    /// The next record that is not blank; none at the end.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, ImportError> {
        while let Some((line, record)) = self.records.next_record()? {
            let fields = record.map(|record| record.fields().map(str::to_owned).collect::<Vec<_>>());
            if !matches!(&fields, Ok(fields) if fields.iter().all(|field| field.trim().is_empty())) {
                return Ok(Some((line, fields)));
            }
        }
        Ok(None)
    }
}
