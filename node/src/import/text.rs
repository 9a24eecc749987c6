//! Lists: one link a line. Blank lines and lines that begin with `#` are skipped.

use super::{
    ImportError, Row, Rows, columns::Columns, format::Shape, lines::Lines, reason::RowError,
    source::TextReader, value::Value,
};

/// The rows of a list.
pub(super) fn rows(reader: TextReader, shape: Shape) -> Rows {
    Box::new(TextRows { lines: Lines::new(reader, shape.encoding), columns: Columns::link_only() })
}

struct TextRows {
    lines: Lines<TextReader>,
    columns: Columns,
}

impl Iterator for TextRows {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next_line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error.into())),
            };
            let outcome = match &line.text {
                Ok(text) if text.trim_start().starts_with('#') => None,
                Ok(text) => self.columns.draft(std::iter::once(Value::Text(text))),
                Err(reason) => Some(Err(RowError::from(*reason))),
            };
            if let Some(outcome) = outcome {
                return Some(Ok(Row::new(line.number, outcome)));
            }
        }
    }
}
