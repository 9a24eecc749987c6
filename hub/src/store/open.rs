//! Opening the database, making it on the first start.

use rand::RngExt as _;
#[cfg(feature = "postgres")]
use sqlx::PgPool;
use sqlx::SqlitePool;

#[cfg(feature = "postgres")]
use super::engine::{Postgres, WRITER_PATIENCE};
use super::{
    Database, Listener, Reader, SchemaError, StoreError, TargetIds,
    engine::{Connection, Engine, Sqlite, query, query_as},
    head, lives,
    moved::Moved,
    schema, visibility, whole,
};

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be used, or the server does not let us in.
    #[error("cannot open the database {database}")]
    Open {
        /// Where it is.
        database: Database,
        /// Why.
        source: sqlx::Error,
    },
    /// Its schema is not ours.
    #[error("the database {database} does not fit")]
    Schema {
        /// Where it is.
        database: Database,
        /// Why.
        source: SchemaError,
    },
    /// It goes on elsewhere.
    #[error("the database {database} {mark}")]
    Moved {
        /// Where it is.
        database: Database,
        /// Where it went.
        mark: Moved,
    },
    /// A first read failed.
    #[error("cannot read the database")]
    Read(#[from] StoreError),
}

/// The database: where it is, and the connections that read it.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    on: On,
    target_ids: TargetIds,
}

#[derive(Debug, Clone)]
enum On {
    Sqlite(Sqlite, SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(Postgres, PgPool),
}

impl Store {
    /// Opens the database, and makes its schema if it is not there.
    ///
    /// # Errors
    /// If the file or the server cannot be used, or a newer version wrote it.
    pub async fn open(database: impl Into<Database>) -> Result<Self, OpenError> {
        let database = database.into();
        let failed = |source| OpenError::Open { database: database.clone(), source };
        let on = match &database {
            Database::File(path) => {
                let sqlite = Sqlite::at(path).map_err(|error| failed(error.into()))?;
                let mut writer = sqlite.writer().await.map_err(failed)?;
                let target_ids = make(&database, &mut writer).await?;
                let readers = sqlite.readers().await.map_err(failed)?;
                (On::Sqlite(sqlite, readers), target_ids)
            }
            #[cfg(feature = "postgres")]
            Database::Server(options) => {
                let postgres = Postgres::at(options);
                let mut writer = postgres.writer().await.map_err(failed)?;
                let target_ids = make(&database, &mut writer).await?;
                let readers = postgres.readers().await.map_err(failed)?;
                (On::Postgres(postgres, readers), target_ids)
            }
        };
        let (on, target_ids) = on;
        Ok(Self { database, on, target_ids })
    }

    /// Brings the database's schema up to this version's; whether there was anything to do.
    ///
    /// # Errors
    /// If the file or the server cannot be used, a newer version wrote it, or who signs in may not change it.
    pub async fn migrate(database: &Database) -> Result<bool, OpenError> {
        let failed = |source| OpenError::Open { database: database.clone(), source };
        let mut writer = match database {
            Database::File(path) => {
                let sqlite = Sqlite::at(path).map_err(|error| failed(error.into()))?;
                sqlite.writer().await.map_err(failed)?
            }
            #[cfg(feature = "postgres")]
            Database::Server(options) => Postgres::at(options).writer().await.map_err(failed)?,
        };
        let migrated = schema::migrate(&mut writer).await;
        migrated.map_err(|source| OpenError::Schema { database: database.clone(), source })
    }

    /// A connection that writes. One process has one: the committer's.
    ///
    /// # Errors
    /// If the database cannot be reached any more.
    pub async fn writer(&self) -> Result<Connection, StoreError> {
        Ok(match &self.on {
            On::Sqlite(sqlite, _) => sqlite.writer().await?,
            #[cfg(feature = "postgres")]
            On::Postgres(postgres, _) => postgres.committer().await?.within(WRITER_PATIENCE),
        })
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// If none is free in time.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match &self.on {
            On::Sqlite(_, readers) => readers.acquire().await?.into(),
            #[cfg(feature = "postgres")]
            On::Postgres(_, readers) => readers.acquire().await?.into(),
        })
    }

    /// A connection of its own that reads the database as it is now, whatever is written meanwhile.
    ///
    /// # Errors
    /// If the database cannot be reached any more.
    pub(crate) async fn snapshot(&self) -> Result<Connection, StoreError> {
        let mut connection = match &self.on {
            On::Sqlite(sqlite, _) => sqlite.reader().await?,
            #[cfg(feature = "postgres")]
            On::Postgres(postgres, _) => postgres.reader().await?,
        };
        whole::begin(&mut connection).await?;
        Ok(connection)
    }

    /// Hears of what other hubs have written; nobody to listen to where the database is a file.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn listener(&self) -> Result<Option<Listener>, StoreError> {
        match &self.on {
            On::Sqlite(..) => Ok(None),
            #[cfg(feature = "postgres")]
            On::Postgres(postgres, _) => Ok(Some(Listener::new(postgres.listener().await?).await?)),
        }
    }

    /// Empties the write-ahead log; waits for readers, and keeps writers out while it runs. A server sees to its own.
    pub(crate) async fn truncate_log(connection: &mut Connection) -> Result<(), StoreError> {
        // Somebody who reads for long, as a backup does, is not waited for: it would be in vain, and everybody waits behind it.
        if connection.engine() == Engine::Sqlite && Self::is_moved(connection).await? {
            query("/* store::truncate_log */ PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
        }
        Ok(())
    }

    /// Empties the write-ahead log, where older forms of changed rows stand; false if somebody who reads kept it from being
    /// emptied. On a server they go when it clears up, see docs/hub.md.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget_log(&self) -> Result<bool, StoreError> {
        const SQL: &str = "/* store::forget_log */ PRAGMA wal_checkpoint(TRUNCATE)";
        match &self.on {
            On::Sqlite(sqlite, _) => {
                let (busy, ..): (i64, i64, i64) =
                    query_as(SQL).fetch_one(&mut sqlite.writer().await?).await?;
                Ok(busy == 0)
            }
            #[cfg(feature = "postgres")]
            On::Postgres(..) => Ok(true),
        }
    }

    /// Moves what it can of the write-ahead log into the database; keeps nobody out. A server sees to its own.
    pub(crate) async fn checkpoint(connection: &mut Connection) -> Result<(), StoreError> {
        if connection.engine() == Engine::Sqlite {
            query("/* store::checkpoint */ PRAGMA wal_checkpoint(PASSIVE)").execute(connection).await?;
        }
        Ok(())
    }

    /// Moves what it can of the write-ahead log; whether that was all of it, because nobody reads what was there before.
    async fn is_moved(connection: &mut Connection) -> Result<bool, StoreError> {
        const SQL: &str = "/* store::moved */ PRAGMA wal_checkpoint(PASSIVE)";
        let (_, frames, moved): (i64, i64, i64) = query_as(SQL).fetch_one(connection).await?;
        Ok(frames == moved)
    }

    /// Bytes of the write-ahead log; of a server's, none.
    pub(crate) fn log_bytes(&self) -> u64 {
        match &self.on {
            On::Sqlite(sqlite, _) => sqlite.log_bytes(),
            #[cfg(feature = "postgres")]
            On::Postgres(..) => 0,
        }
    }

    /// The key between targets' numbers and their ids.
    pub fn target_ids(&self) -> &TargetIds {
        &self.target_ids
    }

    /// Where the database is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Closes the reading connections.
    pub async fn close(&self) {
        match &self.on {
            On::Sqlite(_, readers) => readers.close().await,
            #[cfg(feature = "postgres")]
            On::Postgres(_, readers) => readers.close().await,
        }
    }
}

/// Brings the database up to date, whoever made it.
async fn make(database: &Database, writer: &mut Connection) -> Result<TargetIds, OpenError> {
    let migrated = schema::migrate(writer).await;
    migrated.map_err(|source| OpenError::Schema { database: database.clone(), source })?;
    if let Some(mark) = Moved::read(writer).await? {
        return Err(OpenError::Moved { database: database.clone(), mark });
    }
    head::catch_up(writer).await?;
    visibility::catch_up(writer).await?;
    lives::catch_up(writer).await?;
    Ok(TargetIds::load(writer, rand::rng().random()).await?)
}
