//! Migrations: append-only, checked against what the database has.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

#[cfg(feature = "postgres")]
use super::engine::{Stopped, migrate as migrate_server};
use super::{
    StoreError,
    engine::{Connection, Engine, On, in_words, is_locked, query_as},
};

/// The schema that this version writes.
pub const SCHEMA_VERSION: i64 = 19;

const MIGRATIONS: [(i64, &str, &str); 19] = [
    (1, "first", include_str!("../../migrations/0001_first.sql")),
    (2, "lifecycle", include_str!("../../migrations/0002_lifecycle.sql")),
    (3, "ledger", include_str!("../../migrations/0003_ledger.sql")),
    (4, "hubs", include_str!("../../migrations/0004_hubs.sql")),
    (5, "liaison", include_str!("../../migrations/0005_liaison.sql")),
    (6, "blind", include_str!("../../migrations/0006_blind.sql")),
    (7, "duplicates", include_str!("../../migrations/0007_duplicates.sql")),
    (8, "people", include_str!("../../migrations/0008_people.sql")),
    (9, "views", include_str!("../../migrations/0009_views.sql")),
    (10, "figures", include_str!("../../migrations/0010_figures.sql")),
    (11, "desk", include_str!("../../migrations/0011_desk.sql")),
    (12, "proceedings", include_str!("../../migrations/0012_proceedings.sql")),
    (13, "upkeep", include_str!("../../migrations/0013_upkeep.sql")),
    (14, "persons", include_str!("../../migrations/0014_persons.sql")),
    (15, "liaison waits", include_str!("../../migrations/0015_liaison_waits.sql")),
    (16, "releases", include_str!("../../migrations/0016_releases.sql")),
    (17, "walks", include_str!("../../migrations/0017_walks.sql")),
    (18, "verdicts", include_str!("../../migrations/0018_verdicts.sql")),
    (19, "silence", include_str!("../../migrations/0019_silence.sql")),
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
    /// Somebody else is changing the schema.
    #[error(
        "another hub or `migrate` is bringing the schema up to date: start again when it is done; this one changed nothing"
    )]
    AnotherAtWork(#[source] MigrateError),
    /// A table that a migration changes is in use.
    #[error(
        "a migration did not get a table that somebody reads or writes: stop the hubs, and end what reads for long (backup, `ledger \
         verify`, a session at the server); what was not finished is undone, and `migrate` can be run again at any time"
    )]
    Locked(#[source] MigrateError),
    /// A migration failed, or one that ran has another text now.
    #[error("migration failed")]
    Migrate(#[from] MigrateError),
    /// The database.
    #[error("the database")]
    Store(#[from] StoreError),
}

/// Brings the schema up to date; whether there was anything to do.
pub(super) async fn migrate(connection: &mut Connection) -> Result<bool, SchemaError> {
    // A hub that serves may have no right to change the schema, and needs none where there is nothing to change.
    if is_current(connection).await? {
        return Ok(false);
    }
    migrate_to(connection, SCHEMA_VERSION).await?;
    Ok(true)
}

/// Brings the schema up to this version.
pub(super) async fn migrate_to(connection: &mut Connection, newest: i64) -> Result<(), SchemaError> {
    let migrator = Migrator::with_migrations(migrations(connection.engine(), newest));
    // Who else does the same at the same time is waited for, on a server by an advisory lock.
    let done = match connection.on().await? {
        On::Sqlite(on) => migrator.run_direct(None, on, false).await,
        #[cfg(feature = "postgres")]
        On::Postgres(on) => match migrate_server(migrator, on).await {
            Ok(()) => Ok(()),
            Err(Stopped::Failed(error)) => Err(error),
            Err(Stopped::AnotherAtWork(error)) => return Err(SchemaError::AnotherAtWork(error)),
            Err(Stopped::Late) => return Err(StoreError::Late.into()),
        },
    };
    done.map_err(|error| match &error {
        MigrateError::VersionMissing(found) => SchemaError::Newer { found: *found },
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) if is_locked(cause) => {
            SchemaError::Locked(error)
        }
        _ => error.into(),
    })
}

/// Whether exactly these migrations have run, with these texts. A database without the list of them has none.
pub(super) async fn is_current(connection: &mut Connection) -> Result<bool, StoreError> {
    let applied = applied(connection).await?.unwrap_or_default();
    let wanted = migrations(connection.engine(), SCHEMA_VERSION);
    Ok(applied.len() == wanted.len() && begins(&wanted, &applied))
}

/// Whether these migrations have begun, with these texts and no other, and were not finished.
#[cfg(feature = "postgres")]
pub(super) async fn is_half_made(connection: &mut Connection) -> Result<bool, StoreError> {
    let Some(applied) = applied(connection).await? else { return Ok(false) };
    let wanted = migrations(connection.engine(), SCHEMA_VERSION);
    Ok(applied.len() < wanted.len() && begins(&wanted, &applied))
}

/// The migrations that have run, and digests of their texts; none: there is no list of them.
async fn applied(connection: &mut Connection) -> Result<Option<Vec<(i64, Vec<u8>)>>, StoreError> {
    const SQL: &str = "/* schema::applied */ SELECT version, checksum FROM _sqlx_migrations \
                       WHERE success = (1 = 1) ORDER BY version";
    match query_as(SQL).fetch_all(connection).await {
        Ok(applied) => Ok(Some(applied)),
        Err(StoreError::Engine(sqlx::Error::Database(_))) => Ok(None),
        Err(error) => Err(error),
    }
}

fn begins(wanted: &[Migration], applied: &[(i64, Vec<u8>)]) -> bool {
    let wanted = wanted.iter().map(|migration| (migration.version, &*migration.checksum));
    applied.iter().zip(wanted).all(|(applied, wanted)| (applied.0, &*applied.1) == wanted)
}

fn migrations(engine: Engine, newest: i64) -> Vec<Migration> {
    let wanted = MIGRATIONS.iter().filter(|(version, ..)| *version <= newest);
    let migrations = wanted.map(|&(version, name, text)| {
        let text = in_words(engine, Cow::Borrowed(text)).into_owned();
        let sql = AssertSqlSafe(text).into_sql_str();
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
    });
    migrations.collect()
}
