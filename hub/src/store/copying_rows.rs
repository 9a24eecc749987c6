//! The rows of a copy: read from a file as they come, written to a server column by column, each value of its column's kind.

use futures::TryStreamExt as _;
use sqlx::{Arguments as _, AssertSqlSafe, Row as _, postgres::PgArguments, sqlite::SqliteRow};

use super::{
    StoreError,
    copying::{FROM_THE_BEGINNING, TABLES, condition, shape},
    engine::{Connection, On, PATIENCE, in_time, query},
};

/// Rows of one statement.
const ROWS: usize = 4_096;

/// Bytes of one statement, about: signed batches have 32 KiB each.
const BYTES: usize = 4 * 1024 * 1024;

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: &'static str,
    /// Its rows so far.
    pub rows: u64,
    /// Whether these are all.
    pub is_done: bool,
}

/// A table's columns, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) table: &'static str,
    pub(super) columns: Vec<(String, Kind)>,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integers,
    Texts,
    Bytes,
}

/// Copies every table within the transaction that is open on `to`.
pub(crate) async fn copy(
    from: &mut Connection,
    to: &mut Connection,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), StoreError> {
    // What a database has from its beginning.
    for table in &FROM_THE_BEGINNING {
        query(format!("/* copying::clear */ DELETE FROM {}", *table)).execute(&mut *to).await?;
    }
    for table in TABLES {
        let found = shape(from, table).await?;
        if found != shape(to, table).await? {
            return Err(StoreError::Value { column: "a table's columns" });
        }
        let rows = copy_table(&found, from, to, tell).await?;
        tell(Progress { table, rows, is_done: true });
    }
    Ok(())
}

async fn copy_table(
    shape: &Shape,
    from: &mut Connection,
    to: &mut Connection,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, StoreError> {
    let table = shape.table;
    let read =
        format!("/* copying::rows */ SELECT {} FROM {} {}", shape.names(), shape.table, condition(table));
    let On::Sqlite(from) = from.on().await? else { unreachable!("a copy is made from a file") };
    let mut rows = sqlx::query(AssertSqlSafe(read)).fetch(from);
    let (mut chunk, mut copied) = (Chunk::new(shape), 0);
    while let Some(row) = rows.try_next().await? {
        chunk.add(&row)?;
        if chunk.is_full() {
            copied += chunk.write(shape, to).await?;
            chunk = Chunk::new(shape);
            tell(Progress { table, rows: copied, is_done: false });
        }
    }
    Ok(copied + chunk.write(shape, to).await?)
}

impl Shape {
    fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }

    fn arrays(&self) -> String {
        let kinds = self.columns.iter().map(|(_, kind)| match kind {
            Kind::Integers => "BIGINT",
            Kind::Texts => "TEXT",
            Kind::Bytes => "BYTEA",
        });
        let arrays: Vec<_> = (1..).zip(kinds).map(|(n, kind)| format!("unnest(${n}::{kind}[])")).collect();
        arrays.join(", ")
    }
}

/// Rows that are written at once.
struct Chunk {
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

enum Column {
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Chunk {
    fn new(shape: &Shape) -> Self {
        let columns = shape.columns.iter().map(|(_, kind)| match kind {
            Kind::Integers => Column::Integers(Vec::new()),
            Kind::Texts => Column::Texts(Vec::new()),
            Kind::Bytes => Column::Bytes(Vec::new()),
        });
        Self { columns: columns.collect(), rows: 0, bytes: 0 }
    }

    /// A value of another kind than its column's, which a file would let pass, is an error.
    fn add(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        self.rows += 1;
        for (place, column) in self.columns.iter_mut().enumerate() {
            self.bytes += match column {
                Column::Integers(values) => {
                    values.push(row.try_get(place)?);
                    size_of::<i64>()
                }
                Column::Texts(values) => {
                    values.push(row.try_get(place)?);
                    values.last().and_then(Option::as_ref).map_or(0, String::len)
                }
                Column::Bytes(values) => {
                    values.push(row.try_get(place)?);
                    values.last().and_then(Option::as_ref).map_or(0, Vec::len)
                }
            };
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    async fn write(self, shape: &Shape, to: &mut Connection) -> Result<u64, StoreError> {
        if self.rows == 0 {
            return Ok(0);
        }
        let text = format!(
            "/* copying::insert */ INSERT INTO {} ({}) SELECT {}",
            shape.table,
            shape.names(),
            shape.arrays()
        );
        let mut arguments = PgArguments::default();
        for column in self.columns {
            let bound = match column {
                Column::Integers(values) => arguments.add(values),
                Column::Texts(values) => arguments.add(values),
                Column::Bytes(values) => arguments.add(values),
            };
            bound.map_err(sqlx::Error::Encode)?;
        }
        let most = to.waits(PATIENCE);
        let On::Postgres(on) = to.on().await? else { unreachable!("a copy is made on a server") };
        let written = in_time(most, sqlx::query_with(AssertSqlSafe(text), arguments).execute(on)).await;
        Ok(to.noting(written)?.rows_affected())
    }
}
