//! The tables, step by step; a step that has landed never changes.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _, SqliteExecutor, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use super::StoreError;

const STEPS: [(&str, &str); 8] = [
    ("first", include_str!("migrations/0001_first.sql")),
    ("decisions", include_str!("migrations/0002_decisions.sql")),
    ("ledger", include_str!("migrations/0003_ledger.sql")),
    ("return", include_str!("migrations/0004_return.sql")),
    ("liaison", include_str!("migrations/0005_liaison.sql")),
    ("names", include_str!("migrations/0006_names.sql")),
    ("joined", include_str!("migrations/0007_joined.sql")),
    ("steps", include_str!("migrations/0008_steps.sql")),
];

/// The latest schema that this program knows.
pub const LATEST: i64 = 8;

/// Brings the tables up to date.
pub(super) async fn run(pool: &SqlitePool) -> Result<(), StoreError> {
    run_up_to(pool, STEPS.len()).await
}

/// Brings the tables up to date with the first so many steps.
pub(super) async fn run_up_to(pool: &SqlitePool, count: usize) -> Result<(), StoreError> {
    let steps = STEPS.iter().take(count).zip(1..).map(|((name, sql), version)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    });
    match Migrator::with_migrations(steps.collect()).run(pool).await {
        Err(MigrateError::VersionMissing(found)) => Err(StoreError::Newer { found, known: LATEST }),
        other => Ok(other?),
    }
}

/// The store's schema, if this program knows it.
pub(super) async fn schema(reader: impl SqliteExecutor<'_>) -> Result<i64, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar("/* schema */ SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(reader)
            .await?;
    let found = found.unwrap_or(0);
    if found > LATEST { Err(StoreError::Newer { found, known: LATEST }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_schema_is_the_last_step() {
        assert_eq!(usize::try_from(LATEST).unwrap(), STEPS.len());
    }
}
