//! What the hub lost when it was restored is handed in again: put back into the queues, and seen to until it is answered.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::{
    TargetId,
    v1::{DecideRequest, Decided, Verdict, decide_request::Decision},
};
use prost::Message as _;

use super::{
    NewBatch, NewDecision, StoreError, Tx,
    again_plan::{Fact, LostBatch, plan},
    decision::request,
    signed, unsigned,
};
use crate::{
    clock::{Random, SALT_BYTES},
    decision::Lane,
};

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
        self.submissions_again(new, last_us).await?;
        self.case_commands_again(last_us - CLOCKS_APART_US).await?;
        self.decisions_again(new, last_us).await?;
        // Told of a state that the hub no longer has: whatever it says next counts.
        sqlx::query("/* begin_again */ UPDATE target SET told_us = 0 WHERE told_us > ?")
            .bind(last_us)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    async fn submissions_again(&mut self, new: &NewEpoch, last_us: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* submissions_again */ INSERT OR REPLACE INTO again_submission (submission, epoch)
             SELECT s.id, ? FROM submission s LEFT JOIN receipt r ON r.submission = s.id AND r.state <> 3
             WHERE s.state = 2 AND CASE WHEN r.id IS NULL THEN s.answered_us >= ?
               ELSE r.epoch < ? AND r.first_leaf + r.leaf_count > ? END",
        )
        .bind(new.epoch)
        .bind(last_us)
        .bind(new.epoch)
        .bind(signed(new.kept))
        .execute(self.conn())
        .await?;
        let counts: Vec<(i64, i64, i64)> = sqlx::query_as(
            "/* submissions_again */ SELECT s.hand_in, a.verdict, count(*) FROM again_submission g
             JOIN submission s ON s.id = g.submission JOIN answer a
               ON a.referral >= s.first_referral AND a.referral < s.first_referral + s.referral_count
             WHERE g.epoch = ? AND s.state = 2 AND s.hand_in IS NOT NULL GROUP BY 1, 2",
        )
        .bind(new.epoch)
        .fetch_all(self.conn())
        .await?;
        for (hand_in, verdict, count) in counts {
            self.uncount(hand_in, verdict, count).await?;
        }
        for sql in [
            "/* submissions_again */ INSERT OR IGNORE INTO again_answer (referral, target_id)
             SELECT a.referral, t.target_id FROM again_submission g JOIN submission s ON s.id = g.submission
             JOIN answer a ON a.referral >= s.first_referral AND a.referral < s.first_referral + s.referral_count
             JOIN target t ON t.id = a.target WHERE g.epoch = ? AND s.state = 2",
            "/* submissions_again */ DELETE FROM answer WHERE referral IN (SELECT a.referral FROM again_submission g
             JOIN submission s ON s.id = g.submission JOIN answer a
               ON a.referral >= s.first_referral AND a.referral < s.first_referral + s.referral_count
             WHERE g.epoch = ? AND s.state = 2)",
        ] {
            sqlx::query(sql).bind(new.epoch).execute(self.conn()).await?;
        }
        sqlx::query(
            "/* submissions_again */ UPDATE submission SET state = 1, lane = ?, answered_us = NULL
             WHERE state = 2 AND id IN (SELECT submission FROM again_submission WHERE epoch = ?)",
        )
        .bind(AGAIN_LANE)
        .bind(new.epoch)
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

    async fn decisions_again(&mut self, new: &NewEpoch, last_us: i64) -> Result<(), StoreError> {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "/* decisions_again */ SELECT b.id, b.request, b.decided FROM decision_batch b
             LEFT JOIN receipt r ON r.batch = b.id AND r.state <> 3
             WHERE b.state = 2 AND b.taken > 0
               AND CASE WHEN r.id IS NULL THEN b.answered_us >= ?
                 ELSE r.epoch < ? AND r.first_leaf + r.leaf_count > ? END ORDER BY b.id",
        )
        .bind(last_us)
        .bind(new.epoch)
        .bind(signed(new.kept))
        .fetch_all(self.conn())
        .await?;
        let mut lost = Vec::with_capacity(rows.len());
        for (id, bytes, decided) in rows {
            let decided =
                Decided::decode(&decided[..]).map_err(|_| StoreError::Damaged("decision_batch.decided"))?;
            lost.push(LostBatch { id, request: request(&bytes)?, decided });
        }
        let plan = plan(lost);
        for batch in plan.again {
            // It was sent once, so it does not count as given up when the line breaks.
            sqlx::query(
                "/* decisions_again */ UPDATE decision_batch SET state = 1, sent_us = coalesce(sent_us, ?), answered_us = NULL,
                   taken = 0, decided = NULL WHERE id = ?",
            )
            .bind(new.now_us)
            .bind(batch)
            .execute(self.conn())
            .await?;
            self.batch_again(batch, new.epoch).await?;
        }
        for fact in plan.facts {
            let decision = self.put_decision(&told(new, fact)).await?;
            let batches: Vec<i64> =
                sqlx::query_scalar("/* decisions_again */ SELECT id FROM decision_batch WHERE decision = ?")
                    .bind(decision)
                    .fetch_all(self.conn())
                    .await?;
            for batch in batches {
                self.batch_again(batch, new.epoch).await?;
            }
        }
        Ok(())
    }

    /// Of one lane, in the order in which they were taken: what rests on something comes after it.
    async fn batch_again(&mut self, batch: i64, epoch: u32) -> Result<(), StoreError> {
        sqlx::query("/* batch_again */ UPDATE decision_batch SET lane = ? WHERE id = ?")
            .bind(AGAIN_LANE)
            .bind(batch)
            .execute(self.conn())
            .await?;
        sqlx::query("/* batch_again */ INSERT OR REPLACE INTO again_batch (batch, epoch) VALUES (?, ?)")
            .bind(batch)
            .bind(epoch)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    async fn uncount(&mut self, hand_in: i64, verdict: i64, count: i64) -> Result<(), StoreError> {
        let column = |of: Verdict| if verdict == i64::from(of as i32) { count } else { 0 };
        sqlx::query(
            "/* uncount */ UPDATE hand_in SET new = new - ?, joined = joined - ?, already_yours = already_yours - ?,
               reopened = reopened - ?, refused = refused - ? WHERE id = ?",
        )
        .bind(column(Verdict::New))
        .bind(column(Verdict::Joined))
        .bind(column(Verdict::AlreadyYours))
        .bind(column(Verdict::Reopened))
        .bind(column(Verdict::Refused))
        .bind(hand_in)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Whether decisions have to wait: their targets may be opened anew, under other ids.
    pub async fn targets_are_reopened(&mut self) -> Result<bool, StoreError> {
        let open: i64 = sqlx::query_scalar(
            "/* targets_are_reopened */ SELECT count(*) FROM epoch_begun WHERE translated_us IS NULL",
        )
        .fetch_one(self.conn())
        .await?;
        Ok(open > 0)
    }

    /// Gives decisions that are handed in again the ids that their targets have now. What changes by that is another
    /// content, and gets an id of its own.
    pub async fn translate_again(&mut self, random: &Random, now_us: i64) -> Result<(), StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "/* translate_again */ SELECT o.target_id, t.target_id FROM again_answer o JOIN answer a ON a.referral = o.referral
             JOIN target t ON t.id = a.target ORDER BY o.referral DESC",
        )
        .fetch_all(self.conn())
        .await?;
        let mut now: HashMap<String, String> = HashMap::new();
        for (before, after) in rows {
            now.insert(target_id(before)?.to_string(), target_id(after)?.to_string());
        }
        let waiting: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "/* translate_again */ SELECT b.id, b.request FROM decision_batch b JOIN again_batch g ON g.batch = b.id
             WHERE b.state = 1 ORDER BY b.id",
        )
        .fetch_all(self.conn())
        .await?;
        for (id, bytes) in waiting {
            let before = request(&bytes)?;
            let mut seen = HashSet::new();
            let ids = before.target_ids.iter().map(|id| now.get(id).unwrap_or(id).clone());
            let target_ids: Vec<String> = ids.filter(|id| seen.insert(id.clone())).collect();
            if target_ids == before.target_ids {
                continue;
            }
            let command_id = random.command_id(now_us);
            let after = DecideRequest {
                command_id: command_id.to_string(),
                salt: random.bytes::<SALT_BYTES>().to_vec(),
                target_ids,
                ..before
            };
            sqlx::query(
                "/* translate_again */ UPDATE decision_batch SET command_id = ?, target_count = ?, request = ? WHERE id = ?",
            )
            .bind(command_id.as_bytes().to_vec())
            .bind(signed(after.target_ids.len() as u64))
            .bind(after.encode_to_vec())
            .bind(id)
            .execute(self.conn())
            .await?;
        }
        sqlx::query(
            "/* translate_again */ UPDATE epoch_begun SET translated_us = ? WHERE translated_us IS NULL",
        )
        .bind(now_us)
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

    /// Targets of which nothing is known for certain since the hub was restored, after one of them.
    pub async fn untold_targets(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, TargetId)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "/* untold_targets */ SELECT id, target_id FROM target WHERE told_us = 0 AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(|(row, id)| Ok((row, target_id(id)?))).collect()
    }

    /// Which of these nothing was told of meanwhile.
    pub async fn still_untold(&mut self, ids: &[TargetId]) -> Result<HashSet<TargetId>, StoreError> {
        let mut untold = HashSet::new();
        for id in ids {
            let found: Option<i64> = sqlx::query_scalar(
                "/* still_untold */ SELECT 1 FROM target WHERE target_id = ? AND told_us = 0",
            )
            .bind(&id.as_bytes()[..])
            .fetch_optional(self.conn())
            .await?;
            untold.extend(found.map(|_| *id));
        }
        Ok(untold)
    }

    /// The targets were asked for again.
    pub async fn refreshed(&mut self, now_us: i64) -> Result<(), StoreError> {
        sqlx::query("/* refreshed */ UPDATE epoch_begun SET refreshed_us = ? WHERE refreshed_us IS NULL")
            .bind(now_us)
            .execute(self.conn())
            .await?;
        Ok(())
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

/// The decision that tells a fact.
fn told(new: &NewEpoch, fact: Fact) -> NewDecision {
    let Fact { officer, target_ids, incident } = fact;
    let command_id = new.random.command_id(new.now_us);
    let request = DecideRequest {
        command_id: command_id.to_string(),
        salt: new.random.bytes::<SALT_BYTES>().to_vec(),
        instance_id: new.instance.clone(),
        officer: officer.clone(),
        target_ids,
        dry_run: false,
        signature: None,
        decision: Some(Decision::ReportIncident(incident)),
    };
    NewDecision {
        what: "report_incident",
        needs_hub: false,
        lane: Lane::First,
        given_us: new.now_us,
        given_by: officer,
        annotation: format!("epoch {}", new.epoch),
        batches: vec![NewBatch { command_id, request }],
    }
}
