//! The values of a bulk insert: one after the other on SQLite, column by column on PostgreSQL.

use std::marker::PhantomData;

use sqlx::{Arguments as _, AssertSqlSafe, sqlite::SqliteArguments};

#[cfg(feature = "postgres")]
use super::columns::Columns;
use super::{Connection, Engine, On};
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

    /// Runs the statement with them, which says where their rows come from; how many rows it touched.
    pub(in crate::store) async fn run(
        self,
        text: impl FnOnce(Option<&str>) -> String,
        connection: &mut Connection,
    ) -> Result<u64, StoreError> {
        #[cfg(feature = "postgres")]
        let most = connection.waits(super::PATIENCE);
        match (self, connection.on()?) {
            (Self::Sqlite(arguments, _), On::Sqlite(on)) => {
                let text = AssertSqlSafe(text(None));
                Ok(sqlx::query_with(text, arguments).execute(on).await?.rows_affected())
            }
            #[cfg(feature = "postgres")]
            (Self::Postgres(columns), On::Postgres(on)) => {
                let (selected, arguments) = columns.selected();
                let done = sqlx::query_with(AssertSqlSafe(text(Some(&selected))), arguments).execute(on);
                let done = super::in_time(most, done).await;
                Ok(connection.noting(done)?.rows_affected())
            }
            #[cfg(feature = "postgres")]
            _ => unreachable!("values are collected for the connection that they are written on"),
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
