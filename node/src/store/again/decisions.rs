//! Decisions whose leaves the hub lost wait again, behind the submissions, for the ids that their targets have then.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::v1::{DecideRequest, Decided, decide_request::Decision};
use prost::Message as _;

use super::{
    AGAIN_LANE, NewEpoch,
    plan::{Fact, LostBatch, plan},
    target_id,
};
use crate::{
    clock::{Random, SALT_BYTES},
    decision::Lane,
    store::{NewBatch, NewDecision, StoreError, Tx, decision::request, signed},
};

impl Tx {
    pub(super) async fn decisions_again(&mut self, new: &NewEpoch, last_us: i64) -> Result<(), StoreError> {
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
