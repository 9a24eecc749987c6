//! Opens the store, makes it on first start, and runs reads and writes.

use std::{
    fs,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use meldeverbund_proto::{AgencyId, InstanceId};
use sqlx::{
    ConnectOptions as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Meta, StoreError, Tx, Write, migrate};
use crate::clock::{Clock, Random};

/// Readers at once: the officers of one office and the sender.
const READERS: u32 = 4;

/// Page cache of the writer: the indexes of a seizure of 310,000 links fit.
const WRITER_CACHE_KIB: u32 = 32 * 1024;

/// Page cache of a reader: it starts over after each write, so a large one is never filled.
const READER_CACHE_KIB: u32 = 4 * 1024;

/// Pages in the log before they are copied back: fewer copies of the same page during a seizure, 16 MiB at most.
const CHECKPOINT_PAGES: u32 = 4_096;

/// Rows that SQLite's thread reads ahead: a whole submission, so that the threads change places once.
const ROWS_AHEAD: usize = 1_024;

/// How long a read or write waits for its turn before it fails; a turn takes milliseconds.
const TURN: Duration = Duration::from_secs(60);

/// The node's store.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    meta: Meta,
}

impl Store {
    /// Opens the store at `path` for `agency`; makes it if there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn open(
        path: &Path,
        agency: &AgencyId,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, StoreError> {
        // SQLite gives its log files the mode of the main file: nobody else reads links.
        fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let writer = pool(path, 1, false).await?;
        migrate::run(&writer).await?;
        let meta = Meta::load_or_make(&writer, agency, clock, random).await?;
        fill_in_hosts(&writer).await?;
        let readers = pool(path, READERS, true).await?;
        Ok(Self { path: path.to_owned(), writer, readers, meta })
    }

    /// Looks at a store without changing it; answers its schema.
    ///
    /// # Errors
    /// If this program, running for `agency`, could not work with it.
    pub async fn inspect(path: &Path, agency: &AgencyId) -> Result<i64, StoreError> {
        fs::File::open(path)?;
        let reader = pool(path, 1, true).await?;
        let schema = migrate::schema(&reader).await?;
        let owner = Meta::agency(&reader).await?;
        reader.close().await;
        if owner != agency.as_str() {
            return Err(StoreError::OtherAgency { found: owner, expected: agency.to_string() });
        }
        Ok(schema)
    }

    /// The store's own id, made with it.
    pub fn instance_id(&self) -> InstanceId {
        self.meta.instance_id
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A consistent look at the store.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(Tx(self.readers.begin().await?))
    }

    /// Runs a write in a transaction of its own, to its end even if the caller goes away; durable when this returns.
    ///
    /// # Errors
    /// If SQLite fails; nothing of the write is in the store then.
    pub async fn write<W: Write>(&self, write: W) -> Result<W::Out, StoreError> {
        let writer = self.writer.clone();
        tokio::spawn(async move {
            let mut tx = Tx(writer.begin_with("BEGIN IMMEDIATE").await?);
            let out = write.run(&mut tx).await?;
            tx.0.commit().await?;
            Ok(out)
        })
        .await?
    }

    /// Whether the store can be written at the moment.
    ///
    /// # Errors
    /// If SQLite cannot write.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("/* check_writable */ UPDATE meta SET one = 1 WHERE one = 1").execute(&mut *tx).await?;
        tx.rollback().await?;
        Ok(())
    }

    /// Lets running writes end and closes the files.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
impl Store {
    /// A write by hand.
    pub(super) async fn begin(&self) -> Tx {
        Tx(self.writer.begin_with("BEGIN IMMEDIATE").await.unwrap())
    }

    /// How SQLite goes about a query.
    pub(super) async fn plan(&self, sql: &'static str) -> String {
        let rows: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(&self.writer)
                .await
                .unwrap();
        rows.into_iter().map(|(_, _, _, step)| step + "\n").collect()
    }
}

/// Brings rows of the first schema up to date, page by page; of a store that is up to date it reads one index entry.
async fn fill_in_hosts(writer: &SqlitePool) -> Result<(), StoreError> {
    loop {
        let mut tx = Tx(writer.begin_with("BEGIN IMMEDIATE").await?);
        let more = tx.fill_in_hosts().await?;
        tx.0.commit().await?;
        if !more {
            return Ok(());
        }
    }
}

pub(super) async fn pool(path: &Path, connections: u32, read_only: bool) -> Result<SqlitePool, StoreError> {
    let cache_kib = if read_only { READER_CACHE_KIB } else { WRITER_CACHE_KIB };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(read_only)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .row_buffer_size(ROWS_AHEAD)
        .pragma("cache_size", format!("-{cache_kib}"))
        // What a statement may have to take back stays in memory: as a file it costs more than the statement.
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(TURN)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(pool)
}
