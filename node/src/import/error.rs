//! Why an input, or one row of it, cannot be read. No text repeats a value of the input: errors are logged, links and
//! case numbers are not.

use std::io;

use super::{
    columns::ColumnName,
    field::Field,
    format::Format,
    limits::{COLUMNS, XLSX_BYTES, XLSX_FILE_BYTES, XLSX_ROWS},
};

/// The input as a whole cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened, or reading it failed.
    #[error("cannot read the input")]
    Io(#[from] io::Error),
    /// Nothing but blank lines.
    #[error("the input is empty")]
    Empty,
    /// An .xls file, or one that a password protects: both have the same outer form.
    #[error(
        "this is an old (.xls) or a password-protected Excel file; save it as .xlsx without a password, or as CSV"
    )]
    OldExcel,
    /// No text, and none of our binary formats.
    #[error("this is neither text nor an Excel file: CSV, XLSX, XARF (JSON) and plain text can be read")]
    Binary,
    /// Columns whose names mean no field.
    #[error("unknown columns: {}; map each with --map 'column=field', or with --map 'column=ignore'", list(.0))]
    UnknownColumns(Vec<ColumnName>),
    /// A table with several columns, and the first row names none of them.
    #[error(
        "the table has no header: put the fields' names into its first row, map its columns by number, or read it as a list with --format text"
    )]
    NoHeader,
    /// No column holds the link.
    #[error("no column holds the link; map one with --map 'column=link'")]
    NoLinkColumn,
    /// Two columns for one field.
    #[error("the columns {0} and {1} both mean {2}; map one of them with --map 'column=ignore'")]
    TwiceTheSame(ColumnName, ColumnName, Field),
    /// `--map` names a column that the table does not have.
    #[error("--map names the column {0}, which the table does not have")]
    NoSuchColumn(ColumnName),
    /// Too many columns.
    #[error("the table has more than {COLUMNS} columns")]
    TooManyColumns,
    /// Too many rows in a sheet.
    #[error("the sheet has more than {XLSX_ROWS} rows")]
    TooManyRows,
    /// The XLSX file is too large.
    #[error("the XLSX file is larger than {} MB; save the sheet as CSV", XLSX_FILE_BYTES >> 20)]
    FileTooLarge,
    /// The XLSX file would take too much room once decompressed.
    #[error("the XLSX file unpacks to more than is allowed ({} MB in all); save the sheet as CSV", XLSX_BYTES >> 20)]
    UnpacksTooLarge,
    /// The XLSX file is damaged, or a part that it needs is absent. The reader's own error is not kept: it repeats
    /// names and values.
    #[error("the XLSX file is damaged or incomplete")]
    Workbook,
    /// `--sheet` names a sheet that the file does not have, or the file has none.
    #[error("the XLSX file has no such sheet")]
    NoSuchSheet,
    /// The JSON text breaks off or is none.
    #[error("the JSON text is broken at line {0}; what comes after it cannot be told apart")]
    BrokenJson(u64),
    /// An option that this format does not have.
    #[error("the option {option} does not go with {format}")]
    OptionMismatch {
        /// The option.
        option: &'static str,
        /// The format.
        format: Format,
    },
}

fn list(columns: &[ColumnName]) -> String {
    columns.iter().map(ColumnName::to_string).collect::<Vec<_>>().join(", ")
}
