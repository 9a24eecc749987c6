//! What the hub lost when it was restored is handed in again: put back into the queues, and seen to until it is answered.

mod decisions;
mod plan;
mod submissions;
mod targets;

use meldeverbund_proto::TargetId;

use super::{StoreError, Tx, signed, unsigned};
use crate::clock::Random;

/// The lane of what is handed in again: before everything else.
const AGAIN_LANE: i64 = -1;

/// Case commands are dated by this node's clock, which may differ from the hub's; too many of them do no harm.
const CLOCKS_APART_US: i64 = 24 * 3_600 * 1_000_000;

/// An epoch that begins.
#[derive(Debug, Clone)]
pub struct NewEpoch {
    /// Its number.
    pub epoch: u32,
    /// Leaves of before that the hub kept.
    pub kept: u64,
    /// The store's id.
    pub instance: String,
    /// Ids and salts.
    pub random: Random,
    /// Now.
    pub now_us: i64,
}

/// How far an epoch's handing in again has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciliation {
    /// The epoch.
    pub epoch: u32,
    /// Leaves of before that the hub kept.
    pub kept: u64,
    /// When it was verified here.
    pub began_us: i64,
    /// Submissions that are handed in again, and those of them that wait.
    pub submissions: (u64, u64),
    /// Parts of decisions that are handed in again, and those of them that wait.
    pub decisions: (u64, u64),
    /// Case commands that wait.
    pub case_commands: u64,
    /// Of all these, those that the hub refused and that wait for a person.
    pub refused: u64,
    /// Whether decisions know the new ids of targets.
    pub translated: bool,
    /// Whether targets were asked for again.
    pub refreshed: bool,
    /// When the hub was told; none: not yet.
    pub reported_us: Option<i64>,
}

impl Tx {
    /// Puts back into the queues whatever the hub may have lost: what lies behind the leaves that it kept, and what has no
    /// proof of its place and is not older than the last that has. What it has all the same it answers as before.
    pub async fn begin_again(&mut self, new: &NewEpoch) -> Result<(), StoreError> {
        let last_us: i64 = sqlx::query_scalar(
            "/* begin_again */ SELECT coalesce(max(recorded_us), 0) FROM receipt
             WHERE state = 1 AND first_leaf + leaf_count <= ?",
        )
        .bind(signed(new.kept))
        .fetch_one(self.conn())
        .await?;
        let done = sqlx::query(
            "/* begin_again */ INSERT INTO epoch_begun (epoch, kept, last_us, began_us) VALUES (?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(new.epoch)
        .bind(signed(new.kept))
        .bind(last_us)
        .bind(new.now_us)
        .execute(self.conn())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        // The hub may have lost merges: what was merged since stands for itself until it is told again, and is asked for.
        self.part_since(last_us).await?;
        self.submissions_again(new, last_us).await?;
        self.case_commands_again(last_us - CLOCKS_APART_US).await?;
        self.decisions_again(new, last_us).await?;
        // Told of a state that the hub may no longer have: whatever it says next counts. What was told at the very time of the last
        // leaf that is proven may have come after it: while a clock is behind, many leaves have one time.
        sqlx::query("/* begin_again */ UPDATE target SET told_us = 0 WHERE told_us >= ?")
            .bind(last_us)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    async fn case_commands_again(&mut self, since_us: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* case_commands_again */ UPDATE case_command SET state = 1, answered_us = NULL
             WHERE state = 2 AND answered_us >= ?",
        )
        .bind(since_us)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "/* case_commands_again */ UPDATE case_file SET at_hub = 1
             WHERE id IN (SELECT case_file FROM case_command WHERE state = 1 AND verb = 1)",
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// How the newest epoch's handing in again stands; none: no epoch began.
    pub async fn reconciliation(&mut self) -> Result<Option<Reconciliation>, StoreError> {
        let row: Option<(u32, i64, i64, bool, bool, Option<i64>)> = sqlx::query_as(
            "/* reconciliation */ SELECT epoch, kept, began_us, translated_us IS NOT NULL, refreshed_us IS NOT NULL, reported_us
             FROM epoch_begun ORDER BY epoch DESC LIMIT 1",
        )
        .fetch_optional(self.conn())
        .await?;
        let Some((epoch, kept, began_us, translated, refreshed, reported_us)) = row else { return Ok(None) };
        let (submissions, waiting, refused): (i64, i64, i64) = sqlx::query_as(
            "/* reconciliation */ SELECT count(*), coalesce(sum(s.state = 1), 0), coalesce(sum(s.state = 3), 0)
             FROM again_submission g JOIN submission s ON s.id = g.submission",
        )
        .fetch_one(self.conn())
        .await?;
        let (decisions, undecided, unwanted): (i64, i64, i64) = sqlx::query_as(
            "/* reconciliation */ SELECT count(*), coalesce(sum(b.state = 1), 0), coalesce(sum(b.state = 3), 0)
             FROM again_batch g JOIN decision_batch b ON b.id = g.batch",
        )
        .fetch_one(self.conn())
        .await?;
        Ok(Some(Reconciliation {
            epoch,
            kept: unsigned(kept),
            began_us,
            submissions: (unsigned(submissions), unsigned(waiting)),
            decisions: (unsigned(decisions), unsigned(undecided)),
            case_commands: self.waiting_case_commands().await?,
            refused: unsigned(refused + unwanted),
            translated,
            refreshed,
            reported_us,
        }))
    }

    /// The hub was told that all is handed in again for this epoch.
    pub async fn reported(&mut self, epoch: u32, now_us: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* reported */ UPDATE epoch_begun SET reported_us = ? WHERE epoch <= ? AND reported_us IS NULL",
        )
        .bind(now_us)
        .bind(epoch)
        .execute(self.conn())
        .await?;
        for sql in [
            "/* reported */ DELETE FROM again_submission",
            "/* reported */ DELETE FROM again_batch",
            "/* reported */ DELETE FROM again_answer",
        ] {
            sqlx::query(sql).execute(self.conn()).await?;
        }
        Ok(())
    }
}

fn target_id(bytes: Vec<u8>) -> Result<TargetId, StoreError> {
    bytes.try_into().map(TargetId::from_bytes).map_err(|_| StoreError::Damaged("target_id is not 16 bytes"))
}
