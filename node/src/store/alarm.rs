//! What the witness found wrong: kept with its evidence until a person has seen it.

use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, unsigned};
use crate::witness::AlarmKind;

/// Something that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlarm {
    /// What is wrong.
    pub kind: AlarmKind,
    /// Sizes and indices; nothing of a case.
    pub detail: String,
    /// What this node had verified, as a note; may be empty.
    pub known: String,
    /// What it was shown, as a note; may be empty.
    pub shown: String,
}

/// An alarm as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAlarm {
    /// Its number.
    pub id: u64,
    /// What is wrong.
    pub alarm: NewAlarm,
    /// When.
    pub raised_us: i64,
    /// When a person has seen it.
    pub acknowledged_us: Option<i64>,
    /// Who.
    pub acknowledged_by: String,
    /// What that person says of it.
    pub acknowledged_why: String,
}

impl NewAlarm {
    /// An alarm with both notes as evidence.
    pub fn new(kind: AlarmKind, detail: impl Into<String>, known: &str, shown: &str) -> Self {
        Self { kind, detail: detail.into(), known: known.to_owned(), shown: shown.to_owned() }
    }

    /// What makes two alarms one.
    fn digest(&self, parts: &[&str]) -> Vec<u8> {
        let kind = (self.kind as i64).to_be_bytes();
        let mut hash = Sha256::new_with_prefix(kind);
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().to_vec()
    }
}

impl Tx {
    /// Raises an alarm; false: the same one is waiting for a person already.
    pub async fn raise(&mut self, alarm: &NewAlarm, now_us: i64) -> Result<bool, StoreError> {
        let digest = alarm.digest(&[&alarm.detail, &alarm.known, &alarm.shown]);
        self.raise_as(alarm, digest, now_us).await
    }

    /// Raises an alarm unless one of its kind waits for a person for the same reason already: what is wrong with each of a
    /// thousand answers is told once.
    pub async fn raise_once(
        &mut self,
        alarm: &NewAlarm,
        reason: &str,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        self.raise_as(alarm, alarm.digest(&[reason]), now_us).await
    }

    async fn raise_as(&mut self, alarm: &NewAlarm, digest: Vec<u8>, now_us: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* raise */ INSERT INTO alarm (kind, notice, raised_us, detail, evidence_known, evidence_shown, digest)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(alarm.kind as i64)
        .bind(alarm.kind.is_notice())
        .bind(now_us)
        .bind(&alarm.detail)
        .bind(&alarm.known)
        .bind(&alarm.shown)
        .bind(digest)
        .execute(self.conn())
        .await?;
        let raised = done.rows_affected() == 1;
        if raised {
            tracing::warn!(kind = alarm.kind.name(), detail = alarm.detail, "ledger.alarm");
        }
        Ok(raised)
    }

    /// Alarms that nobody has seen; while there is one this node vouches for nothing.
    pub async fn open_alarms(&mut self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "/* open_alarms */ SELECT count(*) FROM alarm WHERE acknowledged_us IS NULL AND notice = 0",
        )
        .fetch_one(self.conn())
        .await?;
        Ok(unsigned(count))
    }

    /// Alarms and notices, newest first; those that nobody has seen, or all.
    pub async fn alarms(&mut self, all: bool, limit: u32) -> Result<Vec<StoredAlarm>, StoreError> {
        let rows = sqlx::query(
            "/* alarms */ SELECT id, kind, raised_us, detail, evidence_known, evidence_shown, acknowledged_us,
               acknowledged_by, acknowledged_why FROM alarm
             WHERE ? OR acknowledged_us IS NULL ORDER BY id DESC LIMIT ?",
        )
        .bind(all)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(alarm).collect()
    }

    /// A person has seen an alarm, or all; answers how many that were.
    pub async fn acknowledge_alarms(
        &mut self,
        id: Option<i64>,
        by: &str,
        why: &str,
        now_us: i64,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* acknowledge_alarms */ UPDATE alarm SET acknowledged_us = ?, acknowledged_by = ?, acknowledged_why = ?
             WHERE acknowledged_us IS NULL AND (? IS NULL OR id = ?)",
        )
        .bind(now_us)
        .bind(by)
        .bind(why)
        .bind(id)
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }
}

fn alarm(row: &SqliteRow) -> Result<StoredAlarm, StoreError> {
    let kind = AlarmKind::from_number(row.try_get("kind")?).ok_or(StoreError::Damaged("alarm.kind"))?;
    Ok(StoredAlarm {
        id: unsigned(row.try_get("id")?),
        alarm: NewAlarm {
            kind,
            detail: row.try_get("detail")?,
            known: row.try_get("evidence_known")?,
            shown: row.try_get("evidence_shown")?,
        },
        raised_us: row.try_get("raised_us")?,
        acknowledged_us: row.try_get("acknowledged_us")?,
        acknowledged_by: row.try_get::<Option<String>, _>("acknowledged_by")?.unwrap_or_default(),
        acknowledged_why: row.try_get::<Option<String>, _>("acknowledged_why")?.unwrap_or_default(),
    })
}
