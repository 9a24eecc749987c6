//! Bulk inserts. SQLite takes rows quickest as bare `?` of a statement that it has prepared already, so rows go in
//! chunks of a few fixed sizes: whatever the batch, at most [`CHUNKS`] statements a table are ever prepared.

use std::fmt::Write as _;

use sqlx::{Arguments as _, AssertSqlSafe, Encode, Type, sqlite::SqliteArguments};

use super::{
    StoreError,
    engine::{Connection, Engine},
};

/// Rows of one statement, largest first. 256 rows of 8 columns stay far below the engine's 32,766 parameters.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

/// The values of one row, in the order of its columns.
pub(super) trait Row {
    /// The table and its columns.
    const INTO: &'static str;
    /// How many columns.
    const COLUMNS: usize;
    /// What follows the values: what happens to a row that is there already. Empty: that is an error.
    const CONFLICT: &'static str = "";
    /// Binds the values.
    fn bind(&self, values: &mut Values);
}

/// Collects the values of a statement.
#[derive(Default)]
pub(super) struct Values(SqliteArguments);

impl Values {
    /// Binds one value.
    pub(super) fn add<'q, T: Encode<'q, Engine> + Type<Engine>>(&mut self, value: T) -> &mut Self {
        self.0.add(value).expect("integers, texts and byte strings always encode");
        self
    }
}

/// Inserts all rows.
pub(super) async fn insert<R: Row>(connection: &mut Connection, rows: &[R]) -> Result<(), StoreError> {
    let mut rest = rows;
    for size in CHUNKS {
        while rest.len() >= size {
            let (chunk, after) = rest.split_at(size);
            let mut values = Values::default();
            chunk.iter().for_each(|row| row.bind(&mut values));
            let statement = AssertSqlSafe(statement::<R>(size));
            let done = sqlx::query_with(statement, values.0).execute(&mut *connection).await?;
            expect_rows(R::INTO, done.rows_affected(), size as u64)?;
            rest = after;
        }
    }
    Ok(())
}

/// Checks that a write touched as many rows as it must.
pub(super) fn expect_rows(statement: &'static str, rows: u64, expected: u64) -> Result<(), StoreError> {
    if rows == expected { Ok(()) } else { Err(StoreError::Rows { statement, rows, expected }) }
}

/// Numbers as the one parameter of `json_each`.
pub(super) fn json_numbers(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut json = String::from("[");
    for number in numbers {
        if json.len() > 1 {
            json.push(',');
        }
        write!(json, "{number}").expect("writing to a string does not fail");
    }
    json.push(']');
    json
}

/// Byte strings as the one parameter of `json_each`, to be read with `unhex`.
pub(super) fn json_bytes<const N: usize>(values: impl IntoIterator<Item = [u8; N]>) -> String {
    let mut json = String::from("[");
    for value in values {
        json.push_str(if json.len() > 1 { ",\"" } else { "\"" });
        json.push_str(&hex::encode(value));
        json.push('"');
    }
    json.push(']');
    json
}

fn statement<R: Row>(rows: usize) -> String {
    let row = format!("({})", vec!["?"; R::COLUMNS].join(","));
    format!("/* insert */ INSERT INTO {} VALUES {} {}", R::INTO, vec![row; rows].join(","), R::CONFLICT)
}
