//! Reads the form that a provider has filled in.
//!
//! Whatever table program it went through: comma, semicolon or tab, UTF-8, UTF-16 or Windows-1252, columns in any order,
//! headers in English or German. A bad row never stops the others.

mod row;

use std::collections::HashMap;

use meldeverbund_proto::{TargetId, limits::NOTE_CHARS, text, v1::AnswerCode};

pub use row::{Answer, Field, Row, RowError, RowReason};

use super::answers;
use crate::import::{
    ImportError, Reason, Source,
    table::{Row as Record, Table, moment},
};

/// The form cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// No table.
    #[error(transparent)]
    Table(#[from] ImportError),
    /// A column that must be there is absent.
    #[error("the form has no column \"{0}\"")]
    NoColumn(Field),
    /// A column is there twice.
    #[error("the form has the column \"{0}\" twice")]
    TwiceTheSame(Field),
}

/// The rows of a filled-in form that answer something; what is left blank is not answered. After an error there are no
/// more.
pub struct Answers {
    table: Option<Table>,
    columns: Vec<Option<Field>>,
    given: HashMap<TargetId, (u64, AnswerCode)>,
}

/// Opens a filled-in form.
///
/// # Errors
/// If it is no table, or `reference` or `answer` is no column of it.
pub fn read(source: Source) -> Result<Answers, FormError> {
    let mut table = Table::open(source)?;
    let (_, header) = table.next_row()?.ok_or(ImportError::Empty)?;
    let header = header.map_err(|_| ImportError::NoHeader)?;
    let columns: Vec<Option<Field>> = header.iter().map(|cell| Field::of_header(cell)).collect();
    for field in Field::ALL {
        match columns.iter().filter(|column| **column == Some(field)).count() {
            0 if matches!(field, Field::Reference | Field::Answer) => return Err(FormError::NoColumn(field)),
            0 | 1 => {}
            _ => return Err(FormError::TwiceTheSame(field)),
        }
    }
    Ok(Answers { table: Some(table), columns, given: HashMap::new() })
}

impl Iterator for Answers {
    type Item = Result<Row, FormError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, record): Record = match self.table.as_mut()?.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => return self.end(None),
                Err(error) => return self.end(Some(error.into())),
            };
            let outcome = match record {
                Ok(cells) => self.answer(line, &cells).transpose(),
                Err(reason) => Some(Err(RowError { field: None, reason: RowReason::Table(reason) })),
            };
            if let Some(outcome) = outcome {
                return Some(Ok(Row { line, outcome }));
            }
        }
    }
}

impl Answers {
    fn end(&mut self, error: Option<FormError>) -> Option<Result<Row, FormError>> {
        self.table = None;
        error.map(Err)
    }

    /// The row's answer; none if nobody has filled it in.
    fn answer(&mut self, line: u64, cells: &[String]) -> Result<Option<Answer>, RowError> {
        let more = cells.iter().skip(self.columns.len());
        if more.clone().any(|cell| !cell.trim().is_empty()) {
            return Err(RowError { field: None, reason: RowReason::Table(Reason::TooManyFields) });
        }
        let cell = |field| {
            let at = self.columns.iter().position(|column| *column == Some(field));
            at.and_then(|at| cells.get(at)).map_or("", |cell| plain(cell))
        };
        let (answer, date, remark) = (cell(Field::Answer), cell(Field::Date), cell(Field::Remark));
        if [answer, date, remark].iter().all(|cell| cell.is_empty()) {
            return Ok(None);
        }
        let target = match cell(Field::Reference) {
            "" => return Err(Field::Reference.is(RowReason::Missing)),
            // A table program may have changed the case; an id has one spelling.
            text => text.to_ascii_lowercase().parse::<TargetId>(),
        };
        let target = target.map_err(|_| Field::Reference.is(RowReason::Reference))?;
        let code = match answer {
            "" => return Err(Field::Answer.is(RowReason::Missing)),
            words => answers::code(words).ok_or(Field::Answer.is(RowReason::Answer))?,
        };
        let at_us = match date {
            "" => None,
            date => Some(moment(date).map_err(|reason| Field::Date.is(RowReason::Table(reason)))?),
        };
        let remark = remark.split(['\r', '\n', '\t']).map(str::trim).filter(|part| !part.is_empty());
        let remark = remark.collect::<Vec<_>>().join(" ");
        text::check(&remark, NOTE_CHARS).map_err(|error| Field::Remark.is(RowReason::Text(error)))?;
        let (first, given) = *self.given.entry(target).or_insert((line, code));
        if given != code {
            return Err(Field::Answer.is(RowReason::Contradicts(first)));
        }
        Ok(Some(Answer { target, code, at_us, remark }))
    }
}

/// A cell without blanks around it and without the apostrophe of a guarded one.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').map_or(cell, str::trim)
}
