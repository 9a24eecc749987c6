//! A connection to one of the engines: one of its own, or one lent by a pool.

use std::ops::{Deref, DerefMut};
#[cfg(feature = "postgres")]
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::{PgConnection, Postgres};
use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use super::Engine;
#[cfg(feature = "postgres")]
use super::line::{Line, Write};
use crate::store::StoreError;

/// Rows of a write that is worth going on meanwhile: a smaller one is done by the time that anything else is, and fails where it was made.
#[cfg(feature = "postgres")]
const LARGE: u64 = 100;

/// A connection.
#[derive(Debug)]
pub struct Connection {
    inner: Inner,
    /// An answer did not come in time: what comes next on this line could be it.
    lost: bool,
    /// How long any answer is waited for at most.
    #[cfg(feature = "postgres")]
    most: Duration,
}

/// A connection for reading: it sees every acknowledged write.
#[derive(Debug)]
pub struct Reader(Connection);

#[derive(Debug)]
enum Inner {
    Sqlite(SqliteConnection),
    SqliteLent(PoolConnection<Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Line),
    #[cfg(feature = "postgres")]
    PostgresLent(PoolConnection<Postgres>),
}

/// The engine's own connection.
pub(in crate::store) enum On<'c> {
    Sqlite(&'c mut SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

impl Connection {
    /// Which engine it is to.
    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Sqlite(_) | Inner::SqliteLent(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Inner::Postgres(_) | Inner::PostgresLent(_) => Engine::Postgres,
        }
    }

    /// The engine's own connection, once all is written that was sent on it; none once an answer did not come in time.
    pub(in crate::store) async fn on(&mut self) -> Result<On<'_>, StoreError> {
        if self.lost {
            return Err(StoreError::Late);
        }
        Ok(match &mut self.inner {
            Inner::Sqlite(connection) => On::Sqlite(connection),
            Inner::SqliteLent(connection) => On::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Inner::Postgres(line) => On::Postgres(line.free().await?),
            #[cfg(feature = "postgres")]
            Inner::PostgresLent(connection) => On::Postgres(connection),
        })
    }

    /// Writes; a large write on a connection of one's own goes on while the caller does, who meets its error with what he does
    /// next on it.
    #[cfg(feature = "postgres")]
    pub(super) async fn write(&mut self, write: Write) -> Result<(), StoreError> {
        if let Inner::Postgres(line) = &mut self.inner
            && write.rows >= LARGE
            && !self.lost
        {
            line.go_on(write).await;
            return Ok(());
        }
        let On::Postgres(on) = self.on().await? else { unreachable!("a write is made for a server") };
        let written = write.run(on).await;
        self.noting(written)
    }

    /// The same; no answer is waited for longer than this.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn within(self, most: Duration) -> Self {
        Self { most, ..self }
    }

    /// How long an answer is waited for on this connection, of so long at most.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn waits(&self, most: Duration) -> Duration {
        most.min(self.most)
    }

    /// Notes whether an answer came in time; without it, nobody uses the connection again.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn noting<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(answer, Err(StoreError::Late)) {
            self.lost = true;
            if let Inner::PostgresLent(connection) = &mut self.inner {
                connection.close_on_drop();
            }
        }
        answer
    }
}

impl From<Inner> for Connection {
    fn from(inner: Inner) -> Self {
        Self {
            inner,
            lost: false,
            #[cfg(feature = "postgres")]
            most: super::PATIENCE,
        }
    }
}

impl From<SqliteConnection> for Connection {
    fn from(connection: SqliteConnection) -> Self {
        Inner::Sqlite(connection).into()
    }
}

#[cfg(feature = "postgres")]
impl From<PgConnection> for Connection {
    fn from(connection: PgConnection) -> Self {
        Inner::Postgres(Line::Free(connection)).into()
    }
}

impl From<PoolConnection<Sqlite>> for Reader {
    fn from(connection: PoolConnection<Sqlite>) -> Self {
        Self(Inner::SqliteLent(connection).into())
    }
}

#[cfg(feature = "postgres")]
impl From<PoolConnection<Postgres>> for Reader {
    fn from(connection: PoolConnection<Postgres>) -> Self {
        Self(Inner::PostgresLent(connection).into())
    }
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
