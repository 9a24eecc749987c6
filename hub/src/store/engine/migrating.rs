//! Migrations on a server: they may work for long, but nobody waits for long because they wait.

use std::time::Duration;

use sqlx::{
    Executor as _, PgConnection,
    migrate::{Migrate as _, MigrateError, Migrator},
};

/// How long the server works on one statement of a migration: an index over a hundred million rows takes an hour.
pub(in crate::store) const MIGRATION_STATEMENT_TIMEOUT: Duration = Duration::from_secs(6 * 3_600);

/// How long all of them are waited for: a server that is gone without a word is noticed at last.
const MIGRATION_PATIENCE: Duration = MIGRATION_STATEMENT_TIMEOUT.saturating_mul(2);

/// How long a migration waits for a table. Whoever comes for it after that waits behind the migration, and those are all hubs that
/// run. Longer than the second after which the server takes a table away from its own clearing up.
pub(in crate::store) const MIGRATION_LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long somebody waits who finds another one migrating: nobody waits behind him, and a small database is ready by then.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Migrations did not run.
#[derive(Debug)]
pub(in crate::store) enum Stopped {
    /// Somebody else migrates.
    AnotherAtWork(MigrateError),
    /// One of them failed.
    Failed(MigrateError),
    /// The server does not answer.
    Late,
}

/// Runs them with limits of their own, whatever those of the role or of the connection are; the connection's come back.
pub(in crate::store) async fn migrate(migrator: Migrator, on: &mut PgConnection) -> Result<(), Stopped> {
    let done = tokio::time::timeout(MIGRATION_PATIENCE, in_turn(migrator, on, TURN_TIMEOUT)).await;
    done.unwrap_or(Err(Stopped::Late))
}

async fn in_turn(mut migrator: Migrator, on: &mut PgConnection, turn: Duration) -> Result<(), Stopped> {
    // The turn is the migrator's own lock, which it would wait for with the limit of tables.
    migrator.set_locking(false);
    limit(on, turn).await?;
    let done = match on.lock().await {
        Ok(()) => with_the_turn(&migrator, on).await,
        Err(error) => Err(match &error {
            MigrateError::Execute(cause) if super::is_locked(cause) => Stopped::AnotherAtWork(error),
            _ => Stopped::Failed(error),
        }),
    };
    // Also where nothing was done: whoever goes on with this connection has its limits.
    done.and(usual(on).await)
}

/// Migrates, and gives the turn back whatever came of it.
async fn with_the_turn(migrator: &Migrator, on: &mut PgConnection) -> Result<(), Stopped> {
    let migrated = match limit(on, MIGRATION_LOCK_TIMEOUT).await {
        Ok(()) => migrator.run_direct(None, on, false).await.map_err(Stopped::Failed),
        Err(stopped) => Err(stopped),
    };
    migrated.and(on.unlock().await.map_err(Stopped::Failed))
}

async fn limit(on: &mut PgConnection, lock: Duration) -> Result<(), Stopped> {
    const SQL: &str = "/* migrating::limit */ SELECT set_config('statement_timeout', $1, false), \
                       set_config('lock_timeout', $2, false)";
    let ms = |limit: Duration| limit.as_millis().to_string();
    let limited = sqlx::query(SQL).bind(ms(MIGRATION_STATEMENT_TIMEOUT)).bind(ms(lock)).execute(on).await;
    limited.map_err(|error| Stopped::Failed(error.into()))?;
    Ok(())
}

/// The connection's own limits.
async fn usual(on: &mut PgConnection) -> Result<(), Stopped> {
    const SQL: &str = "/* migrating::usual */ RESET statement_timeout; RESET lock_timeout";
    on.execute(SQL).await.map_err(|error| Stopped::Failed(error.into()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use meldeverbund_pgtest::Cluster;
    use sqlx::ConnectOptions as _;

    use super::*;

    #[tokio::test]
    async fn who_comes_second_is_told_so_and_may_come_again() {
        let cluster = Cluster::start();
        let options: sqlx::postgres::PgConnectOptions = cluster.url("postgres").parse().unwrap();
        let (mut first, mut second) = (options.connect().await.unwrap(), options.connect().await.unwrap());
        first.lock().await.unwrap();
        let none = || Migrator::with_migrations(Vec::new());
        let soon = Duration::from_millis(200);
        let stopped = in_turn(none(), &mut second, soon).await;
        assert!(matches!(stopped, Err(Stopped::AnotherAtWork(_))), "{stopped:?}");
        let shown = "SHOW lock_timeout";
        let limit: (String,) = sqlx::query_as(shown).fetch_one(&mut second).await.unwrap();
        assert_eq!(limit.0, "0", "the connection has its own limits again");
        first.unlock().await.unwrap();
        in_turn(none(), &mut second, soon).await.unwrap();
        in_turn(none(), &mut first, soon).await.unwrap();
    }
}
