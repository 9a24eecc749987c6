//! The two engines behind one text of SQL: which one it is, is known at the connection and nowhere above.
//!
//! A statement is written once; what the engines say differently stands in it as a word (`{integers $1}`), see [`words`].

mod bulk;
mod connection;
mod database;
mod deadline;
mod passing;
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
pub(super) use passing::is_passing;
pub(super) use postgres::{COMMIT_DEADLINE, Postgres};
pub(super) use sqlite::Sqlite;
pub(super) use words::in_words;

use self::deadline::{PATIENCE, in_time};

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file on this machine.
    Sqlite,
    /// A server that several hubs may share.
    Postgres,
}
