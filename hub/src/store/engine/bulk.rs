//! The values of a bulk insert: one after the other on SQLite, column by column on PostgreSQL.

use sqlx::{Arguments as _, AssertSqlSafe, postgres::PgArguments, sqlite::SqliteArguments};

use super::{Connection, Engine, On, PATIENCE, in_time};
use crate::store::StoreError;

/// One value of one row.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Cell<'r> {
    Integer(Option<i64>),
    Text(&'r str),
    Bytes(&'r [u8]),
}

/// Collects the values of a statement, row by row.
pub(in crate::store) enum Values<'r> {
    /// One after the other.
    Sqlite(SqliteArguments),
    /// Each to its column.
    Postgres { columns: Vec<Column<'r>>, next: usize, width: usize },
}

/// A column of many rows.
pub(in crate::store) enum Column<'r> {
    Integers(Vec<Option<i64>>),
    Texts(Vec<&'r str>),
    Bytes(Vec<&'r [u8]>),
}

impl<'r> Values<'r> {
    /// None yet; rows will have so many columns.
    pub(in crate::store) fn new(engine: Engine, width: usize) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(SqliteArguments::default()),
            Engine::Postgres => Self::Postgres { columns: Vec::with_capacity(width), next: 0, width },
        }
    }

    /// Binds one value.
    pub(in crate::store) fn add(&mut self, value: impl Into<Cell<'r>>) -> &mut Self {
        let cell = value.into();
        match self {
            Self::Sqlite(arguments) => match cell {
                Cell::Integer(value) => arguments.add(value),
                Cell::Text(value) => arguments.add(value),
                Cell::Bytes(value) => arguments.add(value),
            }
            .expect("integers, texts and byte strings always encode"),
            Self::Postgres { columns, next, width } => {
                match columns.get_mut(*next) {
                    Some(column) => column.push(cell),
                    None => columns.push(Column::beginning_with(cell)),
                }
                *next = (*next + 1) % *width;
            }
        }
        self
    }

    /// Runs the statement with them; how many rows it touched.
    pub(in crate::store) async fn run(
        self,
        text: String,
        connection: &mut Connection,
    ) -> Result<u64, StoreError> {
        let text = AssertSqlSafe(text);
        match (self, connection.on()?) {
            (Self::Sqlite(arguments), On::Sqlite(on)) => {
                Ok(sqlx::query_with(text, arguments).execute(on).await?.rows_affected())
            }
            (Self::Postgres { columns, .. }, On::Postgres(on)) => {
                let mut arguments = PgArguments::default();
                columns.into_iter().for_each(|column| column.bind(&mut arguments));
                let done = in_time(PATIENCE, sqlx::query_with(text, arguments).execute(on)).await;
                Ok(connection.noting(done)?.rows_affected())
            }
            _ => unreachable!("values are collected for the connection that they are written on"),
        }
    }
}

impl<'r> Column<'r> {
    fn beginning_with(cell: Cell<'r>) -> Self {
        match cell {
            Cell::Integer(value) => Self::Integers(vec![value]),
            Cell::Text(value) => Self::Texts(vec![value]),
            Cell::Bytes(value) => Self::Bytes(vec![value]),
        }
    }

    fn push(&mut self, cell: Cell<'r>) {
        match (self, cell) {
            (Self::Integers(values), Cell::Integer(value)) => values.push(value),
            (Self::Texts(values), Cell::Text(value)) => values.push(value),
            (Self::Bytes(values), Cell::Bytes(value)) => values.push(value),
            _ => unreachable!("each row binds the same kinds in the same order"),
        }
    }

    fn bind(self, arguments: &mut PgArguments) {
        let bound = match self {
            Self::Integers(values) => arguments.add(values),
            Self::Texts(values) => arguments.add(values),
            Self::Bytes(values) => arguments.add(values),
        };
        bound.expect("a chunk of rows is far below the gigabyte that a value may have");
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Cell<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl<'r> From<&'r str> for Cell<'r> {
    fn from(value: &'r str) -> Self {
        Self::Text(value)
    }
}

impl<'r> From<&'r [u8]> for Cell<'r> {
    fn from(value: &'r [u8]) -> Self {
        Self::Bytes(value)
    }
}
