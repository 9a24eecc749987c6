//! The values of a bulk insert: one after the other on SQLite, column by column on PostgreSQL.

use std::marker::PhantomData;

use sqlx::{Arguments as _, AssertSqlSafe, sqlite::SqliteArguments};

use super::{Connection, Engine, On};
#[cfg(feature = "postgres")]
use super::{columns::Columns, line::Write};
use crate::store::{StoreError, rows::expect_rows};

/// One value of one row.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Cell<'r> {
    Integer(Option<i64>),
    Text(&'r str),
    Bytes(&'r [u8]),
}

/// Collects the values of a statement, row by row.
pub(in crate::store) enum Values<'r> {
    /// One after the other; rows are borrowed until the statement has run, as on the other engine.
    Sqlite(SqliteArguments, PhantomData<&'r ()>),
    /// Each to its column.
    #[cfg(feature = "postgres")]
    Postgres(Columns<'r>),
}

impl<'r> Values<'r> {
    /// None yet; rows will have so many columns.
    pub(in crate::store) fn new(engine: Engine, width: usize) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(SqliteArguments::default(), PhantomData),
            #[cfg(feature = "postgres")]
            Engine::Postgres => Self::Postgres(Columns::new(width)),
            #[cfg(not(feature = "postgres"))]
            Engine::Postgres => unreachable!("who takes {width} columns is not built in"),
        }
    }

    /// Binds one value.
    pub(in crate::store) fn add(&mut self, value: impl Into<Cell<'r>>) -> &mut Self {
        let cell = value.into();
        match self {
            Self::Sqlite(arguments, _) => match cell {
                Cell::Integer(value) => arguments.add(value),
                Cell::Text(value) => arguments.add(value),
                Cell::Bytes(value) => arguments.add(value),
            }
            .expect("integers, texts and byte strings always encode"),
            #[cfg(feature = "postgres")]
            Self::Postgres(columns) => columns.add(cell),
        }
        self
    }

    /// Inserts them, so many rows; the statement's text by where its rows come from.
    pub(in crate::store) async fn insert(
        self,
        connection: &mut Connection,
        (into, rows): (&'static str, u64),
        text: impl FnOnce(Option<&str>) -> String,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(arguments, _) => match connection.on().await? {
                On::Sqlite(on) => {
                    let done = sqlx::query_with(AssertSqlSafe(text(None)), arguments).execute(on).await?;
                    expect_rows(into, done.rows_affected(), rows)
                }
                #[cfg(feature = "postgres")]
                On::Postgres(_) => {
                    unreachable!("values are collected for the connection that they are written on")
                }
            },
            #[cfg(feature = "postgres")]
            Self::Postgres(columns) => {
                let (selected, arguments) = columns.selected();
                let most = connection.waits(super::PATIENCE);
                connection.write(Write { text: text(Some(&selected)), arguments, into, rows, most }).await
            }
        }
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
