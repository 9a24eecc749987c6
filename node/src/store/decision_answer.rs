//! The hub's answers to decisions: applied once, and what they say of the targets.

use meldeverbund_proto::{
    CommandId, TargetId,
    v1::{DecideRequest, Decided, Refusal, Stage, decide_request::Decision},
};
use prost::Message as _;

use super::{StoreError, Tx, bulk, decision::request, signed};

/// The hub's answer to one batch.
#[derive(Debug, Clone)]
pub struct AnsweredBatch {
    /// The batch's row.
    pub batch: i64,
    /// The answer; one answer per target.
    pub decided: Decided,
}

impl Tx {
    /// Applies the hub's answer; applied a second time it changes nothing. Answers the decision's row.
    pub async fn apply_decided(&mut self, answered: &AnsweredBatch) -> Result<Option<i64>, StoreError> {
        let AnsweredBatch { batch, decided } = answered;
        let taken = decided.answers.iter().filter(|answer| answer.refusal.is_none()).count();
        let row: Option<(i64, Vec<u8>, i64)> = sqlx::query_as(
            "/* apply_decided */ UPDATE decision_batch SET state = 2, answered_us = ?, taken = ?, decided = ?,
               refusal_code = NULL, refusal_field = NULL, refusal_reason = NULL
             WHERE id = ? AND state <> 2 RETURNING decision, request, target_count",
        )
        .bind(decided.recorded_at_us)
        .bind(signed(taken as u64))
        // The receipt has a row of its own.
        .bind(Decided { receipt: None, ..decided.clone() }.encode_to_vec())
        .bind(batch)
        .fetch_optional(self.conn())
        .await?;
        let Some((decision, bytes, count)) = row else { return Ok(None) };
        if count != signed(decided.answers.len() as u64) {
            return Err(StoreError::Damaged("answers do not match the decision"));
        }
        self.keep_answered(&request(&bytes)?, decided).await?;
        Ok(Some(decision))
    }

    /// What the answers say of the targets, unless something as late is known: a view says more.
    async fn keep_answered(&mut self, request: &DecideRequest, decided: &Decided) -> Result<(), StoreError> {
        let intended = matches!(request.decision, Some(Decision::Intend(_)));
        let command: Option<CommandId> = request.command_id.parse().ok().filter(|_| intended);
        let mut told = Vec::with_capacity(request.target_ids.len());
        for (id, answer) in request.target_ids.iter().zip(&decided.answers) {
            if answer.stage() != Stage::Unspecified {
                let id: TargetId = id.parse().map_err(|_| StoreError::Damaged("decision_batch.request"))?;
                told.push((id, answer));
            }
        }
        let asked: Vec<TargetId> = told.iter().map(|(id, _)| *id).collect();
        let names = self.resolved(&asked).await?;
        told.iter_mut().for_each(|(id, _)| *id = names.get(id).copied().unwrap_or(*id));
        // A target of which nothing more is told meanwhile does not come back.
        bulk::run(
            self.conn(),
            "/* keep_answered */ UPDATE target SET stage = v.column2, round = v.column3, told_us = v.column4,
               fence = v.column5, intent = coalesce(v.column6, intent) FROM (",
            6,
            ") v WHERE target.target_id = v.column1 AND v.column4 > target.told_us",
            &told,
            |query, (id, answer)| {
                let intent = command.filter(|_| answer.refusal.is_none());
                query
                    .bind(&id.as_bytes()[..])
                    .bind(answer.stage)
                    .bind(i64::from(answer.round))
                    .bind(decided.recorded_at_us)
                    .bind(signed(answer.fence))
                    .bind(intent.map(|id| id.as_bytes().to_vec()))
            },
        )
        .await?;
        Ok(())
    }

    /// The hub has refused a batch as a whole; false: it was answered meanwhile.
    pub async fn decision_refused(
        &mut self,
        batch: i64,
        refusal: &Refusal,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* decision_refused */ UPDATE decision_batch SET state = 3, answered_us = ?, refusal_code = ?,
               refusal_field = ?, refusal_reason = ? WHERE id = ? AND state = 1",
        )
        .bind(now_us)
        .bind(refusal.code)
        .bind(&refusal.field)
        .bind(&refusal.reason)
        .bind(batch)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts refused batches back into the queue, of one decision or of all; those that need the hub only where
    /// `hub_is_there`. Answers how many.
    pub async fn requeue_decisions(
        &mut self,
        decision: Option<i64>,
        hub_is_there: bool,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* requeue_decisions */ UPDATE decision_batch SET state = 1, sent_us = NULL, answered_us = NULL,
               refusal_code = NULL, refusal_field = NULL, refusal_reason = NULL
             WHERE state = 3 AND (? IS NULL OR decision = ?) AND (? OR NOT needs_hub)",
        )
        .bind(decision)
        .bind(decision)
        .bind(hub_is_there)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }
}
