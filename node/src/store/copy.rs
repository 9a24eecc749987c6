//! Copies of the store: made while a daemon works on it, examined, and put to work under an id of their own.

use std::path::Path;

use meldeverbund_proto::{AgencyId, InstanceId};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{StoreError, migrate, open::pool, unsigned};

/// What a copy says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Whose it is.
    pub agency: String,
    /// The id of the store that it was copied from.
    pub instance: InstanceId,
    /// Its schema.
    pub schema: i64,
    /// How far the hub's feed was applied.
    pub feed_cursor: u64,
    /// Referrals that the hub had not answered.
    pub unanswered_referrals: u64,
    /// Parts of decisions that the hub had not answered.
    pub unanswered_decisions: u64,
}

/// A copy is put to work.
#[derive(Debug, Clone, Copy)]
pub struct TakeOver {
    /// Its id from now on: the hub must not take it for the store that it was copied from.
    pub instance: InstanceId,
    /// When the copy was made.
    pub backup_us: i64,
    /// Now.
    pub now_us: i64,
}

/// Writes a consistent copy of the store at `from` into the empty file `to`, beside a daemon that goes on writing.
///
/// # Errors
/// If SQLite cannot read the one or write the other.
pub async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let to = to.to_str().ok_or(StoreError::Damaged("a path that is no text"))?;
    let reader = pool(from, 1, true).await?;
    let done = sqlx::query("/* copy */ VACUUM INTO ?").bind(to).execute(&reader).await;
    reader.close().await;
    done?;
    Ok(())
}

/// Looks at a copy without leaving a trace, from its first page to its last.
///
/// # Errors
/// If it is damaged, or of a later version of the program.
pub async fn examine(path: &Path) -> Result<Examined, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
    let mut copy = options.disable_statement_logging().connect().await?;
    let examined = look(&mut copy).await;
    copy.close().await?;
    examined
}

async fn look(copy: &mut SqliteConnection) -> Result<Examined, StoreError> {
    let found: Vec<String> =
        sqlx::query_scalar("/* examine */ PRAGMA integrity_check(1)").fetch_all(&mut *copy).await?;
    if found != ["ok"] {
        return Err(StoreError::Damaged("SQLite finds pages that do not fit together"));
    }
    let schema = migrate::schema(&mut *copy).await?;
    let (agency, instance, cursor): (String, Vec<u8>, i64) =
        sqlx::query_as("/* examine */ SELECT agency_id, instance_id, feed_cursor FROM meta WHERE one = 1")
            .fetch_one(&mut *copy)
            .await?;
    let (referrals, decisions): (i64, i64) = sqlx::query_as(
        "/* examine */ SELECT (SELECT coalesce(sum(referral_count), 0) FROM submission WHERE state <> 2),
           (SELECT count(*) FROM decision_batch WHERE state IN (1, 3))",
    )
    .fetch_one(&mut *copy)
    .await?;
    let instance = instance.try_into().map_err(|_| StoreError::Damaged("instance_id is not 16 bytes"))?;
    Ok(Examined {
        agency,
        instance: InstanceId::from_bytes(instance),
        schema,
        feed_cursor: unsigned(cursor),
        unanswered_referrals: unsigned(referrals),
        unanswered_decisions: unsigned(decisions),
    })
}

/// Brings a copy up to date and gives it an id of its own.
///
/// # Errors
/// If SQLite fails; it can be tried again.
pub async fn take_over(path: &Path, new: TakeOver) -> Result<(), StoreError> {
    let writer = pool(path, 1, false).await?;
    migrate::run(&writer).await?;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(
        "/* take_over */ INSERT INTO restored (restored_us, backup_us, former_instance)
         SELECT ?, ?, instance_id FROM meta WHERE one = 1",
    )
    .bind(new.now_us)
    .bind(new.backup_us)
    .execute(&mut *tx)
    .await?;
    sqlx::query("/* take_over */ UPDATE meta SET instance_id = ?, handed_over_us = NULL WHERE one = 1")
        .bind(new.instance.as_bytes().to_vec())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    writer.close().await;
    Ok(())
}

/// Ends the work on a store for good: its work goes on elsewhere. Once more changes nothing. Answers since when.
///
/// # Errors
/// If it belongs to another agency, or SQLite fails.
pub async fn hand_over(path: &Path, agency: &AgencyId, now_us: i64) -> Result<i64, StoreError> {
    super::Store::inspect(path, agency).await?;
    let writer = pool(path, 1, false).await?;
    migrate::run(&writer).await?;
    let since = sqlx::query_scalar(
        "/* hand_over */ UPDATE meta SET handed_over_us = coalesce(handed_over_us, ?) WHERE one = 1
         RETURNING handed_over_us",
    )
    .bind(now_us)
    .fetch_one(&writer)
    .await?;
    writer.close().await;
    Ok(since)
}

impl super::Tx {
    /// When the store was last put back from a backup, and when that was made.
    pub async fn last_restored(&mut self) -> Result<Option<(i64, i64)>, StoreError> {
        let last = sqlx::query_as(
            "/* last_restored */ SELECT restored_us, backup_us FROM restored ORDER BY id DESC LIMIT 1",
        );
        Ok(last.fetch_optional(self.conn()).await?)
    }
}
