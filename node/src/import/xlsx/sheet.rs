//! One sheet's rows, as calamine reads them.

use std::{io::Cursor, sync::mpsc::SyncSender};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};

use crate::import::{
    ImportError,
    limits::{COLUMNS, XLSX_ROWS},
    value::Value,
};

/// A row of a sheet, without the blank cells at its end.
pub(super) struct SheetRow {
    /// As the table program numbers it.
    pub(super) number: u64,
    pub(super) cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    /// A number, and the same as a day count of the 1900 system.
    Number(f64, f64),
    /// A day count of the 1900 system that the sheet shows as a date.
    Date(f64),
    Bool(bool),
    Error,
}

impl Cell {
    /// The cell's text; nothing for other kinds of cells, which cannot name a field.
    pub(super) fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }
}

impl<'a> From<&'a Cell> for Value<'a> {
    fn from(cell: &'a Cell) -> Self {
        match cell {
            Cell::Text(text) => Value::Text(text),
            Cell::Number(number, serial) => Value::Number { number: *number, serial: *serial },
            Cell::Date(serial) => Value::Date(*serial),
            Cell::Bool(yes) => Value::Bool(*yes),
            Cell::Error => Value::Error,
        }
    }
}

/// Sends the rows of a sheet, until it ends or nobody listens.
pub(super) fn read(
    bytes: Vec<u8>,
    wanted: Option<&str>,
    rows: &SyncSender<SheetRow>,
) -> Result<(), ImportError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| opaque(&error))?;
    // Days between the two systems that Excel knows.
    let epoch_days = if workbook.has_1904_epoch() { 1462.0 } else { 0.0 };
    let name = sheet_name(&workbook, wanted).ok_or(ImportError::NoSuchSheet)?;
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(|error| opaque(&error))?;
    let mut row = SheetRow { number: 0, cells: Vec::new() };
    while let Some(cell) = reader.next_cell().map_err(|error| opaque(&error))? {
        let (number, column) = cell.get_position();
        let Some(value) = value(cell.get_value(), epoch_days) else { continue };
        if number >= XLSX_ROWS {
            return Err(ImportError::TooManyRows);
        }
        let (number, column) = (u64::from(number) + 1, column as usize);
        if column >= COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        if number != row.number {
            let done = std::mem::replace(&mut row, SheetRow { number, cells: Vec::new() });
            if rows.send(done).is_err() {
                return Ok(());
            }
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Cell::Text(String::new()));
        }
        row.cells[column] = value;
    }
    // Nobody listening is no failure.
    let _ = rows.send(row);
    Ok(())
}

fn sheet_name(workbook: &Xlsx<Cursor<Vec<u8>>>, wanted: Option<&str>) -> Option<String> {
    let fits = |sheet: &&calamine::Sheet| match wanted {
        Some(name) => sheet.name == name,
        None => sheet.visible == SheetVisible::Visible,
    };
    let sheets = workbook.sheets_metadata().iter();
    sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet).find(fits).map(|sheet| sheet.name.clone())
}

/// A cell that is not blank.
fn value(data: &DataRef<'_>, epoch_days: f64) -> Option<Cell> {
    let number = |number: f64| Some(Cell::Number(number, number + epoch_days));
    match data {
        DataRef::Empty => None,
        DataRef::Int(int) => number(*int as f64),
        DataRef::Float(float) => number(*float),
        DataRef::String(text) if text.trim().is_empty() => None,
        DataRef::String(text) => Some(Cell::Text(text.clone())),
        DataRef::SharedString(text) if text.trim().is_empty() => None,
        DataRef::SharedString(text) => Some(Cell::Text((*text).to_owned())),
        DataRef::Bool(yes) => Some(Cell::Bool(*yes)),
        DataRef::DateTime(date) if date.is_datetime() => Some(Cell::Date(date.as_f64() + epoch_days)),
        DataRef::DateTime(duration) => number(duration.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(Cell::Text(text.clone())),
        DataRef::Error(_) => Some(Cell::Error),
    }
}

/// calamine's errors repeat names and values of the file.
fn opaque(error: &XlsxError) -> ImportError {
    match error {
        XlsxError::Password => ImportError::OldExcel,
        _ => ImportError::Workbook,
    }
}
