//! A statement with what it is given, run on whichever engine the connection is to.

use std::{borrow::Cow, time::Duration};

#[cfg(feature = "postgres")]
use sqlx::postgres::PgArguments;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr, sqlite::SqliteArguments};

#[cfg(feature = "postgres")]
use super::in_time;
use super::{Connection, Engine, FromColumn, FromRow, On, PATIENCE, Row, Value, in_words};
use crate::store::StoreError;

/// A statement that answers with rows.
#[derive(Debug)]
#[must_use = "a statement does nothing before it is run"]
pub struct Query<'q> {
    text: Cow<'static, str>,
    values: Vec<Value<'q>>,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file answers or fails"))]
    most: Duration,
}

/// A statement whose rows are read as `T`.
#[derive(Debug)]
#[must_use = "a statement does nothing before it is run"]
pub struct Reading<'q, T> {
    query: Query<'q>,
    read: fn(&Row) -> Result<T, sqlx::Error>,
}

/// A statement; what the engines say differently stands in it as words. Texts are the store's own: nothing that came from
/// elsewhere is ever part of one.
pub fn query<'q>(text: impl Into<Cow<'static, str>>) -> Query<'q> {
    Query { text: text.into(), values: Vec::new(), most: PATIENCE }
}

/// A statement whose rows are read as `T`, column by column.
pub fn query_as<'q, T: FromRow>(text: impl Into<Cow<'static, str>>) -> Reading<'q, T> {
    Reading { query: query(text), read: T::from_row }
}

/// A statement whose rows have one column, read as `T`.
pub fn query_scalar<'q, T: for<'r> FromColumn<'r>>(text: impl Into<Cow<'static, str>>) -> Reading<'q, T> {
    Reading { query: query(text), read: |row| row.try_get(0) }
}

impl<'q> Query<'q> {
    /// Gives the next parameter its value.
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Gives the next parameter a list of numbers (`{integers $1}`) or of byte strings (`{byte_strings $1}`).
    pub fn bind_all<T>(mut self, values: impl IntoIterator<Item = T>) -> Self
    where
        Value<'q>: FromIterator<T>,
    {
        self.values.push(values.into_iter().collect());
        self
    }

    /// How long a server's answer is waited for.
    pub(in crate::store) fn within(self, most: Duration) -> Self {
        Self { most, ..self }
    }

    /// Runs it; how many rows it touched.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn execute(self, connection: &mut Connection) -> Result<u64, StoreError> {
        #[cfg(feature = "postgres")]
        let most = connection.waits(self.most);
        match connection.on().await? {
            On::Sqlite(on) => {
                let (text, values) = self.sqlite();
                Ok(sqlx::query_with(text, values).execute(on).await?.rows_affected())
            }
            #[cfg(feature = "postgres")]
            On::Postgres(on) => {
                let (text, values) = self.postgres();
                let done = in_time(most, sqlx::query_with(text, values).execute(on)).await;
                Ok(connection.noting(done)?.rows_affected())
            }
        }
    }

    /// Runs it; its one row.
    ///
    /// # Errors
    /// If the engine fails, or there is none.
    pub async fn fetch_one(self, connection: &mut Connection) -> Result<Row, StoreError> {
        self.fetch_optional(connection).await?.ok_or(StoreError::Engine(sqlx::Error::RowNotFound))
    }

    /// Runs it; its row, if there is one.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn fetch_optional(self, connection: &mut Connection) -> Result<Option<Row>, StoreError> {
        #[cfg(feature = "postgres")]
        let most = connection.waits(self.most);
        match connection.on().await? {
            On::Sqlite(on) => {
                let (text, values) = self.sqlite();
                Ok(sqlx::query_with(text, values).fetch_optional(on).await?.map(Row::Sqlite))
            }
            #[cfg(feature = "postgres")]
            On::Postgres(on) => {
                let (text, values) = self.postgres();
                let row = in_time(most, sqlx::query_with(text, values).fetch_optional(on)).await;
                Ok(connection.noting(row)?.map(Row::Postgres))
            }
        }
    }

    /// Runs it; all its rows.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn fetch_all(self, connection: &mut Connection) -> Result<Vec<Row>, StoreError> {
        #[cfg(feature = "postgres")]
        let most = connection.waits(self.most);
        match connection.on().await? {
            On::Sqlite(on) => {
                let (text, values) = self.sqlite();
                let rows = sqlx::query_with(text, values).fetch_all(on).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            #[cfg(feature = "postgres")]
            On::Postgres(on) => {
                let (text, values) = self.postgres();
                let rows = in_time(most, sqlx::query_with(text, values).fetch_all(on)).await;
                Ok(connection.noting(rows)?.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    fn sqlite(self) -> (SqlStr, SqliteArguments) {
        let mut arguments = SqliteArguments::default();
        self.values.into_iter().for_each(|value| value.bind_sqlite(&mut arguments));
        (sql(in_words(Engine::Sqlite, self.text)), arguments)
    }

    #[cfg(feature = "postgres")]
    fn postgres(self) -> (SqlStr, PgArguments) {
        let mut arguments = PgArguments::default();
        self.values.into_iter().for_each(|value| value.bind_postgres(&mut arguments));
        (sql(in_words(Engine::Postgres, self.text)), arguments)
    }
}

impl<'q, T> Reading<'q, T> {
    /// Gives the next parameter its value.
    pub fn bind(self, value: impl Into<Value<'q>>) -> Self {
        Self { query: self.query.bind(value), ..self }
    }

    /// Gives the next parameter a list of numbers (`{integers $1}`) or of byte strings (`{byte_strings $1}`).
    pub fn bind_all<V>(self, values: impl IntoIterator<Item = V>) -> Self
    where
        Value<'q>: FromIterator<V>,
    {
        Self { query: self.query.bind_all(values), ..self }
    }

    /// Runs it; its one row.
    ///
    /// # Errors
    /// If the engine fails, or there is none.
    pub async fn fetch_one(self, connection: &mut Connection) -> Result<T, StoreError> {
        Ok((self.read)(&self.query.fetch_one(connection).await?)?)
    }

    /// Runs it; its row, if there is one.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn fetch_optional(self, connection: &mut Connection) -> Result<Option<T>, StoreError> {
        Ok(self.query.fetch_optional(connection).await?.as_ref().map(self.read).transpose()?)
    }

    /// Runs it; all its rows.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn fetch_all(self, connection: &mut Connection) -> Result<Vec<T>, StoreError> {
        let rows = self.query.fetch_all(connection).await?;
        Ok(rows.iter().map(self.read).collect::<Result<_, _>>()?)
    }
}

fn sql(text: Cow<'static, str>) -> SqlStr {
    match text {
        Cow::Borrowed(text) => text.into_sql_str(),
        Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
    }
}
