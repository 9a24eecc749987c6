//! Copies of a database file: made while hubs write, and looked at without leaving a trace.

use std::path::Path;

use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use super::{
    StoreError,
    engine::{Connection, query, query_scalar},
    schema::is_current,
};

/// Writes what the database file holds at one instant into the empty file `to`, beside hubs that go on writing.
///
/// # Errors
/// If the one cannot be read or the other not be written.
pub(crate) async fn copy(from: &Path, to: &str) -> Result<(), StoreError> {
    // Row by row and not page by page: free pages, where the form of a row before its redaction may stand, stay behind.
    const SQL: &str = "/* backup::copy */ VACUUM INTO $1";
    let mut reader: Connection = options(from).connect().await?.into();
    query(SQL).bind(to).execute(&mut reader).await?;
    Ok(())
}

/// Reads a database file that nobody writes; makes nothing beside it.
///
/// # Errors
/// If it is no database.
pub(crate) async fn still(path: &Path) -> Result<Connection, StoreError> {
    Ok(options(path).immutable(true).connect().await?.into())
}

/// Looks at every page and every index; what is wrong first, if anything is.
///
/// # Errors
/// If so much is wrong that it cannot be looked at.
pub(crate) async fn damage(connection: &mut Connection) -> Result<Option<String>, StoreError> {
    const SQL: &str = "/* backup::damage */ PRAGMA integrity_check(1)";
    let found: String = query_scalar(SQL).fetch_one(connection).await?;
    Ok((found != "ok").then_some(found))
}

/// Whether it is of exactly this version's schema.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn fits(connection: &mut Connection) -> Result<bool, StoreError> {
    is_current(connection).await
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging()
}
