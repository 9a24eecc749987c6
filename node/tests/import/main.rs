//! An officer's files, as they come, into referral rows.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod columns;
mod docs;
mod encodings;
mod fields;
mod properties;
mod rows;
mod sample;
mod text;
mod workbook;
mod xarf;
mod xlsx;
mod xlsx_refused;

use std::io::Cursor;

use meldeverbund_node::import::{Format, Import, ImportError, Options, Row, Source, open};
use meldeverbund_proto::v1::Referral;

/// Opens bytes with options.
fn import_with(bytes: impl Into<Vec<u8>>, options: &Options) -> Result<Import, ImportError> {
    open(Source::reader(Cursor::new(bytes.into())), options)
}

/// Opens bytes without options.
fn import(bytes: impl Into<Vec<u8>>) -> Result<Import, ImportError> {
    import_with(bytes, &Options::default())
}

fn of_format(format: Format) -> Options {
    Options { format: Some(format), ..Options::default() }
}

/// All rows of an input that breaks off nowhere.
fn rows(bytes: impl Into<Vec<u8>>) -> Vec<Row> {
    import(bytes).unwrap().collect::<Result<_, _>>().unwrap()
}

/// All referrals of an input whose rows are all good.
fn referrals(bytes: impl Into<Vec<u8>>) -> Vec<Referral> {
    rows(bytes).into_iter().map(|row| row.outcome.unwrap().into_unsalted()).collect()
}

/// The link of each row by its line, or its error.
fn outcomes(bytes: impl Into<Vec<u8>>) -> Vec<(u64, Result<String, String>)> {
    let short = |row: Row| {
        let link = row.outcome.map(|draft| draft.into_unsalted().link).map_err(|error| error.to_string());
        (row.line, link)
    };
    rows(bytes).into_iter().map(short).collect()
}

/// The error that opening gives.
#[track_caller]
fn refused(bytes: impl Into<Vec<u8>>, options: &Options) -> String {
    match import_with(bytes, options) {
        Ok(import) => panic!("the input was opened as {}", import.format()),
        Err(error) => error.to_string(),
    }
}

fn link(link: &str) -> Result<String, String> {
    Ok(link.to_owned())
}

fn error(text: &str) -> Result<String, String> {
    Err(text.to_owned())
}
