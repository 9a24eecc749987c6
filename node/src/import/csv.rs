//! CSV tables: one record a row, the first one the header.

use super::{
    ImportError, Row, Rows,
    columns::{Columns, FirstRow, Mapping},
    format::Shape,
    lines::Lines,
    reason::{Reason, RowError},
    records::{Record, Records},
    source::TextReader,
    value::Value,
};

/// The rows of a CSV table.
pub(super) fn rows(reader: TextReader, shape: Shape, mappings: &[Mapping]) -> Result<Rows, ImportError> {
    let mut records = Records::new(Lines::new(reader, shape.encoding), shape.separator);
    let (line, first) = first_record(&mut records, shape.separator_line)?;
    let cells: Vec<&str> = first.fields().collect();
    let (columns, first_row) = Columns::of_first_row(&cells, mappings)?;
    let data = (first_row == FirstRow::Data).then_some((line, Ok(first)));
    Ok(Box::new(CsvRows { records, columns, data }))
}

/// The first record that is not blank, behind the line that only states the separator.
fn first_record(
    records: &mut Records<TextReader>,
    mut separator_line: bool,
) -> Result<(u64, Record), ImportError> {
    while let Some((line, record)) = records.next_record()? {
        let Ok(record) = record else { return Err(ImportError::NoHeader) };
        let blank = record.fields().all(|field| field.trim().is_empty());
        if !blank && !std::mem::take(&mut separator_line) {
            return Ok((line, record));
        }
    }
    Err(ImportError::Empty)
}

struct CsvRows {
    records: Records<TextReader>,
    columns: Columns,
    /// The first record, if it is no header.
    data: Option<(u64, Result<Record, Reason>)>,
}

impl Iterator for CsvRows {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, record) = match self.data.take() {
                Some(first) => first,
                None => match self.records.next_record() {
                    Ok(record) => record?,
                    Err(error) => return Some(Err(error.into())),
                },
            };
            let outcome = match record {
                Ok(record) => self.columns.draft(record.fields().map(Value::Text)),
                Err(reason) => Some(Err(RowError::from(reason))),
            };
            if let Some(outcome) = outcome {
                return Some(Ok(Row::new(line, outcome)));
            }
        }
    }
}
