//! The two engines behind one text of SQL: which one it is, is known at the connection and nowhere above.
//!
//! A statement is written once; what the engines say differently stands in it as a word (`{integers $1}`), see [`words`].
//! The server's engine is built in with the feature `postgres`.

mod bulk;
#[cfg(feature = "postgres")]
mod columns;
mod connection;
mod database;
mod deadline;
#[cfg(feature = "postgres")]
mod line;
#[cfg(feature = "postgres")]
mod migrating;
mod passing;
#[cfg(feature = "postgres")]
mod postgres;
mod query;
mod row;
mod sqlite;
mod values;
mod words;

pub use connection::{Connection, Reader};
pub use database::{Database, DatabaseError};
pub use query::{Query, Reading, query, query_as, query_scalar};
pub use row::{FromColumn, FromRow, Row};
pub use values::Value;

pub(super) use bulk::Values;
pub(super) use connection::On;
pub(super) use deadline::COMMIT_DEADLINE;
#[cfg(feature = "postgres")]
pub(super) use deadline::WRITER_PATIENCE;
#[cfg(feature = "postgres")]
pub(super) use migrating::{Stopped, migrate};
pub(super) use passing::{is_locked, is_passing};
#[cfg(feature = "postgres")]
pub(super) use postgres::Postgres;
pub(super) use sqlite::Sqlite;
pub(super) use words::in_words;

pub(super) use self::deadline::PATIENCE;
#[cfg(feature = "postgres")]
pub(super) use self::deadline::in_time;

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file on this machine.
    Sqlite,
    /// A server that several hubs may share.
    Postgres,
}
