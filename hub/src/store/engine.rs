//! The engine's own words: column types, connections. SQLite today; the other engine's arm goes beside it.

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

/// The engine that the statements run on.
pub(super) type Engine = Sqlite;

/// A connection to it.
pub type Connection = SqliteConnection;

/// A connection for reading: it sees every acknowledged write.
pub type Reader = PoolConnection<Sqlite>;

/// The schema's placeholders in this engine's words.
pub(super) const WORDS: [(&str, &str); 2] = [("{blob}", "BLOB"), ("{without_rowid}", "WITHOUT ROWID")];

/// How a write transaction begins: with the write lock, so that it never fails halfway for want of it.
pub(super) const BEGIN: &str = "/* begin */ BEGIN IMMEDIATE";
