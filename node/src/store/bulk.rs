//! Many rows in few statements.
//!
//! A statement takes a power of two of rows: so any number of rows is written by statements that are prepared once.
//! Bare `?` only: numbered parameters make SQLite look each one up by name.

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use super::StoreError;

/// Rows of the largest statement: 256 rows of 12 columns stay far below SQLite's 32,766 parameters.
const LARGEST: usize = 256;

/// A prepared statement with its parameters.
pub(super) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Runs `before VALUES (?, …), … after` over all rows; answers the number of affected rows.
pub(super) async fn run<R>(
    conn: &mut SqliteConnection,
    before: &'static str,
    columns: usize,
    after: &'static str,
    rows: &[R],
    bind: impl for<'q> Fn(Bound<'q>, &'q R) -> Bound<'q>,
) -> Result<u64, StoreError> {
    let mut affected = 0;
    let mut rest = rows;
    while !rest.is_empty() {
        let size = size_of(rest.len());
        let (now, later) = rest.split_at(size);
        let sql = statement(before, columns, size, after);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for row in now {
            query = bind(query, row);
        }
        affected += query.execute(&mut *conn).await?.rows_affected();
        rest = later;
    }
    Ok(affected)
}

/// The largest statement that `rows` fill.
fn size_of(rows: usize) -> usize {
    if rows >= LARGEST { LARGEST } else { 1 << rows.ilog2() }
}

fn statement(before: &str, columns: usize, rows: usize, after: &str) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("{before} VALUES {} {after}", vec![row.as_str(); rows].join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_falls_into_few_sizes() {
        let mut sizes = Vec::new();
        let mut rest = 1_000;
        while rest > 0 {
            sizes.push(size_of(rest));
            rest -= size_of(rest);
        }
        assert_eq!(sizes, [256, 256, 256, 128, 64, 32, 8]);
        assert_eq!(
            statement("INSERT INTO t (a, b)", 2, 2, "RETURNING a"),
            "INSERT INTO t (a, b) VALUES (?,?),(?,?) RETURNING a"
        );
    }
}
