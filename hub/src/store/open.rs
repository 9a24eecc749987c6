//! Opening the database, making it on the first start.

use std::{
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rand::RngExt as _;
use sqlx::{
    ConnectOptions as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Reader, SchemaError, StoreError, TargetIds, engine::Connection, head, schema};

/// Readers beside the one writer: enough for every follower to read while another waits for the disk.
const READERS: u32 = 8;

/// How long a statement waits for a lock that another process has (a command line beside the running hub).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The writer's page cache, KiB: keeps the upper levels of ten million random keys in memory.
const WRITER_CACHE_KIB: u32 = 96 * 1024;

/// The database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file, or its folder, cannot be used.
    #[error("cannot open the database {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// Its schema is not ours.
    #[error("the database {path} does not fit")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SchemaError,
    },
    /// A first read failed.
    #[error("cannot read the database")]
    Read(#[from] StoreError),
}

/// The database: where it is, and the connections that read it.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    readers: SqlitePool,
    target_ids: TargetIds,
}

impl Store {
    /// Opens the database at this path, and makes it if it is not there.
    ///
    /// # Errors
    /// If the file cannot be used, or a newer version wrote it.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Open { path: path.to_owned(), source };
        make_private(path).map_err(|error| failed(error.into()))?;
        let mut writer = writer_options(path).connect().await.map_err(failed)?;
        let migrated = schema::migrate(&mut writer).await;
        migrated.map_err(|source| OpenError::Schema { path: path.to_owned(), source })?;
        head::catch_up(&mut writer).await?;
        let target_ids = TargetIds::load(&mut writer, rand::rng().random()).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(failed)?;
        Ok(Self { path: path.to_owned(), readers, target_ids })
    }

    /// A connection that writes. One process has one: the committer's.
    ///
    /// # Errors
    /// If the file cannot be used any more.
    pub async fn writer(&self) -> Result<Connection, StoreError> {
        Ok(writer_options(&self.path).connect().await?)
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// If none is free in time.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Empties the write-ahead log; waits for readers, and keeps writers out while it runs.
    pub(crate) async fn truncate_log(connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query("/* store::truncate_log */ PRAGMA wal_checkpoint(TRUNCATE)").execute(connection).await?;
        Ok(())
    }

    /// Empties the write-ahead log, where older forms of changed rows stand; false if somebody who reads kept it from being
    /// emptied.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget_log(&self) -> Result<bool, StoreError> {
        const SQL: &str = "/* store::forget_log */ PRAGMA wal_checkpoint(TRUNCATE)";
        let (busy, ..): (i64, i64, i64) = sqlx::query_as(SQL).fetch_one(&mut self.writer().await?).await?;
        Ok(busy == 0)
    }

    /// Moves what it can of the write-ahead log into the database; keeps nobody out.
    pub(crate) async fn checkpoint(connection: &mut Connection) -> Result<(), StoreError> {
        sqlx::query("/* store::checkpoint */ PRAGMA wal_checkpoint(PASSIVE)").execute(connection).await?;
        Ok(())
    }

    /// Bytes of the write-ahead log.
    pub(crate) fn log_bytes(&self) -> u64 {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        std::fs::metadata(log).map_or(0, |metadata| metadata.len())
    }

    /// The key between targets' numbers and their ids.
    pub fn target_ids(&self) -> &TargetIds {
        &self.target_ids
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the reading connections.
    pub async fn close(&self) {
        self.readers.close().await;
    }
}

/// Makes the file, its owner's alone, if it is not there: links stand in it. The engine gives its log the same mode.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).disable_statement_logging()
}

fn writer_options(path: &Path) -> SqliteConnectOptions {
    options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        // What is redacted is overwritten with zeros, not only taken out of the tables.
        .pragma("secure_delete", "1")
        .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
        // Checkpoints run off the writer, see flow::checkpoint.
        .pragma("wal_autocheckpoint", "0")
}
