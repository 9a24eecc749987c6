//! Sheets of table programs (Office Open XML).
//!
//! The file is held in memory, because it is read twice: [`preflight`] unpacks every part once and counts, then
//! [`sheet`] lets calamine read one sheet, in a thread of its own that hands over its rows as they come. calamine
//! borrows the workbook while it reads, and it panics on some damaged files; the thread answers both.

mod preflight;
mod sheet;

use std::{
    io::Read as _,
    sync::mpsc::{Receiver, sync_channel},
    thread::{self, JoinHandle},
};

use super::{
    ImportError, Options, Row, Rows,
    columns::{Columns, FirstRow},
    limits::{COLUMNS, XLSX_FILE_BYTES, XLSX_ROWS_AHEAD},
    source::ByteReader,
    value::Value,
};
use sheet::{Cell, SheetRow};

/// The rows of a sheet.
pub(super) fn rows(reader: ByteReader, options: &Options) -> Result<Rows, ImportError> {
    let mut bytes = Vec::new();
    reader.take(XLSX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > XLSX_FILE_BYTES {
        return Err(ImportError::FileTooLarge);
    }
    preflight::check(&bytes)?;
    let (sender, receiver) = sync_channel(XLSX_ROWS_AHEAD);
    let wanted = options.sheet.clone();
    let thread = thread::Builder::new()
        .name("sheet".to_owned())
        .spawn(move || sheet::read(bytes, wanted.as_deref(), &sender))?;
    let mut source = SheetRows { receiver, thread: Some(thread) };

    let first = source.next_filled().ok_or(ImportError::Empty)??;
    let cells: Vec<&str> = first.cells.iter().map(Cell::text).collect();
    let (columns, first_row) = Columns::of_first_row(&cells, &options.mappings)?;
    let data = (first_row == FirstRow::Data).then_some(first);
    Ok(Box::new(XlsxRows { source, columns, data }))
}

/// Rows as the thread hands them over.
struct SheetRows {
    receiver: Receiver<SheetRow>,
    thread: Option<JoinHandle<Result<(), ImportError>>>,
}

impl SheetRows {
    /// The next row with anything in it; at the end the thread's own outcome.
    fn next_filled(&mut self) -> Option<Result<SheetRow, ImportError>> {
        for row in self.receiver.iter() {
            if row.cells.len() > COLUMNS {
                return Some(Err(ImportError::TooManyColumns));
            }
            if !row.cells.is_empty() {
                return Some(Ok(row));
            }
        }
        match self.thread.take()?.join() {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(error)),
            Err(_panic) => Some(Err(ImportError::Workbook)),
        }
    }
}

struct XlsxRows {
    source: SheetRows,
    columns: Columns,
    /// The first row, if it is no header.
    data: Option<SheetRow>,
}

impl Iterator for XlsxRows {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = match self.data.take() {
                Some(first) => first,
                None => match self.source.next_filled()? {
                    Ok(row) => row,
                    Err(error) => return Some(Err(error)),
                },
            };
            if let Some(outcome) = self.columns.draft(row.cells.iter().map(Value::from)) {
                return Some(Ok(Row::new(row.number, outcome)));
            }
        }
    }
}
