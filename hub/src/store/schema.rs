//! Migrations: append-only, checked against what the database has.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::engine::{Connection, WORDS};

/// The schema that this version writes.
pub const SCHEMA_VERSION: i64 = 4;

const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "first", include_str!("../../migrations/0001_first.sql")),
    (2, "lifecycle", include_str!("../../migrations/0002_lifecycle.sql")),
    (3, "ledger", include_str!("../../migrations/0003_ledger.sql")),
    (4, "hubs", include_str!("../../migrations/0004_hubs.sql")),
];

/// The schema cannot be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A newer version of the hub wrote this database.
    #[error(
        "the database has schema {found}, this version knows up to {SCHEMA_VERSION}: run the newer version"
    )]
    Newer {
        /// What it has.
        found: i64,
    },
    /// A migration failed, or one that ran has another text now.
    #[error("migration failed")]
    Migrate(#[from] MigrateError),
}

/// Brings the schema up to date.
pub(super) async fn migrate(connection: &mut Connection) -> Result<(), SchemaError> {
    migrate_to(connection, SCHEMA_VERSION).await
}

/// Brings the schema up to this version.
pub(super) async fn migrate_to(connection: &mut Connection, newest: i64) -> Result<(), SchemaError> {
    let wanted = MIGRATIONS.iter().filter(|(version, ..)| *version <= newest);
    let migrations = wanted.map(|&(version, name, text)| {
        let text = WORDS.iter().fold(text.to_owned(), |text, (word, ours)| text.replace(word, ours));
        let sql = AssertSqlSafe(text).into_sql_str();
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    match migrator.run_direct(None, &mut *connection, false).await {
        Err(MigrateError::VersionMissing(found)) => Err(SchemaError::Newer { found }),
        other => Ok(other?),
    }
}
