//! SQLite: one file, one writer at a time, readers beside it.

use std::{
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

#[cfg(feature = "postgres")]
use sqlx::sqlite::SqliteLockingMode;
use sqlx::{
    ConnectOptions as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::Connection;

/// Readers beside the one writer: enough for every follower to read while another waits for the disk.
const READERS: u32 = 8;

/// How long a statement waits for a lock that another process has (a command line beside the running hub).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long somebody who is about to end is waited for.
#[cfg(feature = "postgres")]
const ALONE_TIMEOUT: Duration = Duration::from_secs(2);

/// The writer's page cache, KiB: keeps the upper levels of ten million random keys in memory.
const WRITER_CACHE_KIB: u32 = 96 * 1024;

/// A database file.
#[derive(Debug, Clone)]
pub(in crate::store) struct Sqlite(PathBuf);

impl Sqlite {
    /// The file, made, its owner's alone, if it is not there.
    pub(in crate::store) fn at(path: &Path) -> io::Result<Self> {
        make_private(path)?;
        Ok(Self(path.to_owned()))
    }

    /// A connection that writes.
    pub(in crate::store) async fn writer(&self) -> Result<Connection, sqlx::Error> {
        let options = self
            .options()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(false)
            // What is redacted is overwritten with zeros, not only taken out of the tables.
            .pragma("secure_delete", "1")
            .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
            // Checkpoints run off the writer, see flow::checkpoint.
            .pragma("wal_autocheckpoint", "0");
        Ok(options.connect().await?.into())
    }

    /// A connection that nobody else has one beside: an error (busy) if somebody has.
    #[cfg(feature = "postgres")]
    pub(in crate::store) async fn alone(path: &Path) -> Result<Connection, sqlx::Error> {
        let options = Self(path.to_owned())
            .options()
            .busy_timeout(ALONE_TIMEOUT)
            .locking_mode(SqliteLockingMode::Exclusive)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "1");
        let mut connection = options.connect().await?;
        // The lock comes with the first look, and stays with the connection.
        sqlx::query("/* sqlite::alone */ BEGIN EXCLUSIVE").execute(&mut connection).await?;
        sqlx::query("/* sqlite::release */ COMMIT").execute(&mut connection).await?;
        Ok(connection.into())
    }

    /// A connection of its own that reads.
    pub(in crate::store) async fn reader(&self) -> Result<Connection, sqlx::Error> {
        Ok(self.options().read_only(true).connect().await?.into())
    }

    /// Connections that read.
    pub(in crate::store) async fn readers(&self) -> Result<SqlitePool, sqlx::Error> {
        let options = self.options().read_only(true);
        SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await
    }

    /// Bytes of the write-ahead log.
    pub(in crate::store) fn log_bytes(&self) -> u64 {
        let mut log = self.0.clone().into_os_string();
        log.push("-wal");
        std::fs::metadata(log).map_or(0, |metadata| metadata.len())
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new().filename(&self.0).busy_timeout(BUSY_TIMEOUT).disable_statement_logging()
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
