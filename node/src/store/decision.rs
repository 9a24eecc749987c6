//! Decisions on their way to the hub: durable before the officer sees "accepted", sent in lanes, answered once.

use std::collections::HashSet;

use meldeverbund_proto::{
    CommandId,
    v1::{DecideRequest, decide_request::Decision},
};
use prost::Message as _;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, bulk, signed, unsigned};
use crate::decision::{Lane, must_keep_order};

/// A decision that is taken.
#[derive(Debug, Clone)]
pub struct NewDecision {
    /// The name of the decision's field.
    pub what: &'static str,
    /// Only the hub can say whether it may be done.
    pub needs_hub: bool,
    /// In which lane it goes.
    pub lane: Lane,
    /// Now.
    pub given_us: i64,
    /// The officer.
    pub given_by: String,
    /// Who acted for the officer, in words.
    pub annotation: String,
    /// What is sent, at most 1,000 targets each; at least one.
    pub batches: Vec<NewBatch>,
}

/// What is sent as one; it never changes, so that sent again it is the same bytes.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Its id.
    pub command_id: CommandId,
    /// The message, salt included.
    pub request: DecideRequest,
}

/// A batch that the hub has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentDecision {
    /// Its row.
    pub id: i64,
    /// The decision's row.
    pub decision: i64,
    /// Its id.
    pub command_id: CommandId,
    /// How many targets it has.
    pub target_count: u64,
    /// Only the hub can say whether it may be done.
    pub needs_hub: bool,
    /// The hub had it, and lost it.
    pub again: bool,
}

impl Tx {
    /// Writes a decision with its batches and answers its row. What it overtakes and must not goes along with it.
    pub async fn put_decision(&mut self, new: &NewDecision) -> Result<i64, StoreError> {
        let targets: usize = new.batches.iter().map(|batch| batch.request.target_ids.len()).sum();
        let done = sqlx::query(
            "/* put_decision */ INSERT INTO decision (what, needs_hub, target_count, given_us, given_by, annotation)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(new.what)
        .bind(new.needs_hub)
        .bind(signed(targets as u64))
        .bind(new.given_us)
        .bind(&new.given_by)
        .bind(&new.annotation)
        .execute(self.conn())
        .await?;
        let decision = done.last_insert_rowid();
        self.keep_order(new).await?;
        bulk::run(
            self.conn(),
            "/* put_decision */ INSERT INTO decision_batch (decision, command_id, lane, state, needs_hub, target_count,
               request)",
            7,
            "",
            &new.batches,
            |query, batch| {
                query
                    .bind(decision)
                    .bind(batch.command_id.as_bytes().to_vec())
                    .bind(new.lane as i64)
                    .bind(1)
                    .bind(new.needs_hub)
                    .bind(signed(batch.request.target_ids.len() as u64))
                    .bind(batch.request.encode_to_vec())
            },
        )
        .await?;
        Ok(decision)
    }

    /// Brings waiting batches of later lanes forward that share a target with `new` and must come before it.
    async fn keep_order(&mut self, new: &NewDecision) -> Result<(), StoreError> {
        let Some(later) = new.batches.first().and_then(|batch| batch.request.decision.as_ref()) else {
            return Ok(());
        };
        let waiting: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "/* keep_order */ SELECT id, request FROM decision_batch WHERE state = 1 AND lane > ?",
        )
        .bind(new.lane as i64)
        .fetch_all(self.conn())
        .await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let targets: HashSet<&str> =
            new.batches.iter().flat_map(|batch| &batch.request.target_ids).map(String::as_str).collect();
        for (id, bytes) in waiting {
            let request = request(&bytes)?;
            let earlier = |decision: &Decision| must_keep_order(decision, later);
            let shared = || request.target_ids.iter().any(|id| targets.contains(id.as_str()));
            if request.decision.as_ref().is_some_and(earlier) && shared() {
                sqlx::query("/* keep_order */ UPDATE decision_batch SET lane = ? WHERE id = ?")
                    .bind(new.lane as i64)
                    .bind(id)
                    .execute(self.conn())
                    .await?;
            }
        }
        Ok(())
    }

    /// Batches that may be sent, by lane, oldest first.
    /// What is handed in again goes one by one, each after the answer to the one before.
    pub async fn unsent_decisions(&mut self, limit: usize) -> Result<Vec<UnsentDecision>, StoreError> {
        if self.targets_are_reopened().await? {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "/* unsent_decisions */ SELECT id, decision, command_id, target_count, needs_hub, lane FROM decision_batch
             WHERE state = 1 ORDER BY lane, id LIMIT ?",
        )
        .bind(signed(limit as u64))
        .fetch_all(self.conn())
        .await?;
        let mut unsent: Vec<UnsentDecision> = rows.iter().map(unsent).collect::<Result<_, _>>()?;
        if unsent.first().is_some_and(|first| first.again) {
            unsent.truncate(1);
        }
        Ok(unsent)
    }

    /// The message of a batch, as it is sent.
    pub async fn decision_request(&mut self, batch: i64) -> Result<DecideRequest, StoreError> {
        let bytes: Vec<u8> =
            sqlx::query_scalar("/* decision_request */ SELECT request FROM decision_batch WHERE id = ?")
                .bind(batch)
                .fetch_one(self.conn())
                .await?;
        request(&bytes)
    }

    /// Notes that batches that need the hub are about to be sent: from here on each is sent until its outcome is
    /// known. Answers those that may go: one that was given up meanwhile may not.
    pub async fn about_to_send(&mut self, batches: &[i64], now_us: i64) -> Result<Vec<i64>, StoreError> {
        let mut going = Vec::with_capacity(batches.len());
        for batch in batches {
            let done = sqlx::query(
                "/* about_to_send */ UPDATE decision_batch SET sent_us = coalesce(sent_us, ?) WHERE id = ? AND state = 1",
            )
            .bind(now_us)
            .bind(batch)
            .execute(self.conn())
            .await?;
            if done.rows_affected() == 1 {
                going.push(*batch);
            }
        }
        Ok(going)
    }

    /// Gives up what needs the hub and was not sent, of one decision or of all; answers the decisions it concerns.
    pub async fn give_up_unsent(&mut self, decision: Option<i64>) -> Result<Vec<i64>, StoreError> {
        let mut given_up: Vec<i64> = sqlx::query_scalar(
            "/* give_up_unsent */ UPDATE decision_batch SET state = 4
             WHERE state = 1 AND needs_hub AND sent_us IS NULL AND (? IS NULL OR decision = ?) RETURNING decision",
        )
        .bind(decision)
        .bind(decision)
        .fetch_all(self.conn())
        .await?;
        given_up.dedup();
        Ok(given_up)
    }
}

pub(super) fn request(bytes: &[u8]) -> Result<DecideRequest, StoreError> {
    DecideRequest::decode(bytes).map_err(|_| StoreError::Damaged("decision_batch.request"))
}

pub(super) fn command_id(row: &SqliteRow) -> Result<CommandId, StoreError> {
    let id: Vec<u8> = row.try_get("command_id")?;
    id.try_into().map(CommandId::from_bytes).map_err(|_| StoreError::Damaged("command_id"))
}

fn unsent(row: &SqliteRow) -> Result<UnsentDecision, StoreError> {
    Ok(UnsentDecision {
        id: row.try_get("id")?,
        decision: row.try_get("decision")?,
        command_id: command_id(row)?,
        target_count: unsigned(row.try_get("target_count")?),
        needs_hub: row.try_get("needs_hub")?,
        again: row.try_get::<i64, _>("lane")? < 0,
    })
}
