//! Every limit of the import, by name. The limits of the fields stand in `meldeverbund_proto::limits`.

/// Bytes of one line, and of one CSV record over several lines: all fields at their limits take about 12,000, so a
/// longer line is a missing line end or an open quotation mark.
pub const LINE_BYTES: usize = 64 * 1024;

/// Bytes of the input that detection looks at: enough for every header line, read before the first row is given.
pub const SNIFF_BYTES: usize = 64 * 1024;

/// Lines that detection compares to tell a table without a header from a list of links.
pub const SNIFF_LINES: usize = 50;

/// Columns of a table: four times the number of fields that exist, with room for columns that are ignored.
pub const COLUMNS: usize = 256;

/// Characters of a column's name that an error repeats; a longer text in a header is no name.
pub const COLUMN_NAME_CHARS: usize = 64;

/// Bytes of an XLSX file: it is held in memory, so that what was checked is what is read; a million links take 30 MB.
pub const XLSX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of all parts of an XLSX file after decompression: a table of 310,199 rows with every column filled takes
/// about 200 MB.
pub const XLSX_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes of an XLSX file's shared strings: they stay in memory while the sheet is read.
pub const XLSX_STRINGS_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of an XLSX file's styles: each style repeats its fonts and formats in memory, and real tables have a few
/// hundred thousand bytes of them.
pub const XLSX_STYLES_BYTES: u64 = 1024 * 1024;

/// Parts of an XLSX file: a workbook with a hundred sheets has about 500.
pub const XLSX_PARTS: usize = 4_096;

/// Bytes between two tags of an XLSX part: a cell holds at most 32,767 characters (Excel's limit), six bytes each
/// when all are escaped.
pub const XLSX_TEXT_BYTES: usize = 256 * 1024;

/// Rows of a sheet (Excel's limit).
pub const XLSX_ROWS: u32 = 1_048_576;

/// Rows that the sheet's reader is ahead of the import.
pub const XLSX_ROWS_AHEAD: usize = 256;

/// Bytes of one XARF report; one that is longer carries content.
pub const XARF_ITEM_BYTES: usize = 1024 * 1024;

/// First year that a time may name: nothing was found on the web before there was one.
pub const FIRST_YEAR: i16 = 1990;

/// Last year that a time may name; later ones are typing errors.
pub const LAST_YEAR: i16 = 2099;
