//! XARF v4 reports (JSON): one object, an array of them, or one a line.

mod items;
mod profile;

use serde_json::Value as Json;

use super::{
    ImportError, Row, Rows, Unit,
    columns::ColumnName,
    encoding::Encoding,
    format::Shape,
    limits::XARF_ITEM_BYTES,
    lines::Lines,
    reason::{Reason, RowError},
    source::TextReader,
};
use items::Items;

/// The rows of XARF reports, and what their numbers count.
pub(super) fn rows(reader: TextReader, shape: Shape) -> (Rows, Unit) {
    if shape.one_a_line {
        // JSON is UTF-8 (RFC 8259, 8.1); other sets are not guessed.
        let lines = Lines::with_limit(reader, Some(Encoding::Utf8), XARF_ITEM_BYTES, Reason::ItemTooLong);
        (Box::new(LineReports { lines }), Unit::Line)
    } else {
        (Box::new(Reports { items: Items::new(reader) }), Unit::Report)
    }
}

fn row(number: u64, text: Result<&str, Reason>) -> Row {
    let json = text.map(serde_json::from_str::<Json>);
    let outcome = match json {
        Ok(Ok(Json::Object(report))) => profile::draft(&report),
        Ok(_) => Err(Reason::Json.into()),
        Err(reason) => Err(RowError::from(reason)),
    };
    Row::new(number, outcome)
}

/// A report's member as errors name it.
fn member(path: &str) -> Option<ColumnName> {
    Some(ColumnName::new(path, 0)).filter(|name| matches!(name, ColumnName::Named(_)))
}

struct LineReports {
    lines: Lines<TextReader>,
}

impl Iterator for LineReports {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.lines.next_line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error.into())),
            };
            match line.text {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => return Some(Ok(row(line.number, Ok(&text)))),
                Err(reason) => return Some(Ok(row(line.number, Err(reason)))),
            }
        }
    }
}

struct Reports {
    items: Items<TextReader>,
}

impl Iterator for Reports {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = match self.items.next_item() {
            Ok(item) => item?,
            Err(error) => return Some(Err(error)),
        };
        let text = item
            .bytes
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| Reason::Encoding(Encoding::Utf8)));
        Some(Ok(row(item.number, text.as_deref().map_err(|reason| *reason))))
    }
}
