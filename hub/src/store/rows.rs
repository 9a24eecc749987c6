//! Bulk inserts. SQLite takes rows quickest as bare `?` of a statement that it has prepared already, so rows go in
//! chunks of a few fixed sizes: whatever the batch, at most [`CHUNKS`] statements a table are ever prepared. PostgreSQL
//! takes each column as one array, or as the one number that all rows have.

use super::{
    StoreError,
    engine::{Connection, Engine, Values},
};

/// Rows of one statement on SQLite, largest first. 256 rows of 8 columns stay far below the engine's 32,766 parameters.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

/// Rows of one statement on PostgreSQL: the largest submission in one, and what is larger in messages of some megabytes.
const ARRAY: usize = 4_096;

/// The values of one row, in the order of its columns.
pub(super) trait NewRow {
    /// The table and its columns.
    const INTO: &'static str;
    /// How many columns.
    const COLUMNS: usize;
    /// What follows the values: what happens to a row that is there already. Empty: that is an error.
    const CONFLICT: &'static str = "";
    /// Binds the values.
    fn bind<'r>(&'r self, values: &mut Values<'r>);
}

/// Inserts all rows. On a server many of them are still being written when the caller goes on: what follows on the connection comes
/// behind them, and fails if they did.
pub(super) async fn insert<R: NewRow>(connection: &mut Connection, rows: &[R]) -> Result<(), StoreError> {
    let engine = connection.engine();
    let mut rest = rows;
    while !rest.is_empty() {
        let size = match engine {
            Engine::Sqlite => CHUNKS.into_iter().find(|size| *size <= rest.len()).unwrap_or(1),
            Engine::Postgres => rest.len().min(ARRAY),
        };
        let (chunk, after) = rest.split_at(size);
        let mut values = Values::new(engine, R::COLUMNS);
        chunk.iter().for_each(|row| row.bind(&mut values));
        let text = |selected: Option<&str>| match selected {
            None => listed::<R>(size),
            Some(columns) => selecting::<R>(columns),
        };
        values.insert(connection, (R::INTO, size as u64), text).await?;
        rest = after;
    }
    Ok(())
}

/// Checks that a write touched as many rows as it must.
pub(super) fn expect_rows(statement: &'static str, rows: u64, expected: u64) -> Result<(), StoreError> {
    if rows == expected { Ok(()) } else { Err(StoreError::Rows { statement, rows, expected }) }
}

fn listed<R: NewRow>(rows: usize) -> String {
    let row = format!("({})", vec!["?"; R::COLUMNS].join(","));
    format!("/* insert */ INSERT INTO {} VALUES {} {}", R::INTO, vec![row; rows].join(","), R::CONFLICT)
}

fn selecting<R: NewRow>(columns: &str) -> String {
    format!("/* insert_arrays */ INSERT INTO {} SELECT {columns} {}", R::INTO, R::CONFLICT)
}
