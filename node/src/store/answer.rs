//! The hub's verdicts: one transaction applies a submission's answers as a whole.

use std::collections::HashMap;

use meldeverbund_proto::{
    TargetId,
    v1::{Refusal, Role, Verdict},
};

use super::{StoreError, Target, Tx, bulk, signed};

/// The answer to one referral.
#[derive(Debug, Clone)]
pub struct NewAnswer {
    /// What became of it.
    pub verdict: Verdict,
    /// The target as of now, without a role where this agency has no part in it any more; none if refused.
    pub target: Option<Target>,
    /// The id under which the link itself stands, where that is another name of the target.
    pub name: Option<TargetId>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

/// The answers to one submission.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The submission's row.
    pub submission: i64,
    /// One per referral, in order.
    pub answers: Vec<NewAnswer>,
    /// When the hub recorded it.
    pub recorded_us: i64,
}

/// By the id under which a link stands: the target that goes on for it, and that id where it is a name.
type Places = HashMap<TargetId, (TargetId, Option<TargetId>)>;

impl Tx {
    /// Applies answers and tells the hand-in's row; applied a second time they change nothing.
    pub async fn apply_answers(&mut self, answered: &Answered) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64, i64, Option<i64>)> = sqlx::query_as(
            "/* apply_answers */ UPDATE submission SET state = 2, answered_us = ?, refusal_code = NULL,
               refusal_field = NULL, refusal_reason = NULL
             WHERE id = ? AND state <> 2 RETURNING first_referral, referral_count, hand_in",
        )
        .bind(answered.recorded_us)
        .bind(answered.submission)
        .fetch_optional(self.conn())
        .await?;
        let Some((first, count, hand_in)) = row else { return Ok(None) };
        if count != signed(answered.answers.len() as u64) {
            return Err(StoreError::Damaged("answers do not match the submission"));
        }
        let placed = self.placed(answered).await?;
        let targets = answered.answers.iter().filter_map(|answer| answer.target);
        // What the feed has told to be a name of another target since is none any more.
        let targets = targets
            .filter(|target| placed.get(&target.target_id).is_none_or(|(now, _)| *now == target.target_id));
        // Of that in which this agency has no part any more nothing else is told, and nothing else is kept.
        let (foreign, own): (Vec<_>, Vec<_>) = targets.partition(|target| target.role == Role::Unspecified);
        self.keep_targets(own, answered.recorded_us).await?;
        self.keep_ids(&foreign.iter().map(|target| target.target_id).collect::<Vec<_>>()).await?;
        self.put_answers(first, &answered.answers, &placed).await?;
        if let Some(hand_in) = hand_in {
            self.count_answers(hand_in, answered).await?;
        }
        Ok(hand_in)
    }

    /// Where links lead by now, by the ids under which they stand: only those that stand under a name, or under what the feed
    /// has told to be one.
    async fn placed(&mut self, answered: &Answered) -> Result<Places, StoreError> {
        // What was told to be a name, and stands for itself by an answer as late, has been parted since. A name goes on with its
        // target, told or not, and so may have the time of an answer recorded together with this one.
        let own = answered.answers.iter().filter(|answer| answer.name.is_none());
        let own = own.filter_map(|answer| answer.target.filter(|target| target.role != Role::Unspecified));
        let own: Vec<_> = own.map(|target| target.target_id).collect();
        let named = self.names_told(&own).await?.into_iter();
        let parted: Vec<_> =
            named.filter(|(_, told_us)| *told_us <= answered.recorded_us).map(|(name, _)| name).collect();
        self.keep_names(&parted, &[], answered.recorded_us).await?;
        let mut placed = Places::new();
        let told = answered.answers.iter().filter_map(|answer| answer.target.map(|target| target.target_id));
        for (name, target) in self.resolved(&told.collect::<Vec<_>>()).await? {
            placed.insert(name, (target, Some(name)));
        }
        for NewAnswer { target, name, .. } in &answered.answers {
            if let (Some(target), Some(name)) = (target, name)
                && !placed.contains_key(name)
            {
                placed.insert(*name, self.place(*name, target.target_id, answered.recorded_us).await?);
            }
        }
        Ok(placed)
    }

    async fn put_answers(
        &mut self,
        first: i64,
        answers: &[NewAnswer],
        placed: &Places,
    ) -> Result<(), StoreError> {
        let numbered: Vec<(i64, &NewAnswer)> = (first..).zip(answers).collect();
        bulk::run(
            self.conn(),
            "/* put_answers */ INSERT INTO answer (referral, verdict, target, code, field, reason, name)
             SELECT v.column1, v.column2, t.id, v.column4, v.column5, v.column6, v.column7 FROM (",
            7,
            ") v LEFT JOIN target t ON t.target_id = v.column3",
            &numbered,
            |query, (id, answer)| {
                let refusal = answer.refusal.as_ref();
                let told = answer.target.map(|target| target.target_id);
                let placed = answer.name.or(told).and_then(|own| placed.get(&own).copied());
                let (target, name) = placed.map_or((told, None), |(target, name)| (Some(target), name));
                query
                    .bind(id)
                    .bind(answer.verdict as i32)
                    .bind(target.map(|target| target.as_bytes().to_vec()))
                    .bind(refusal.map(|refusal| refusal.code))
                    .bind(refusal.map(|refusal| refusal.field.as_str()))
                    .bind(refusal.map(|refusal| refusal.reason.as_str()))
                    .bind(name.map(|name| name.as_bytes().to_vec()))
            },
        )
        .await?;
        Ok(())
    }

    async fn count_answers(&mut self, hand_in: i64, answered: &Answered) -> Result<(), StoreError> {
        let count = |verdict| signed(answered.answers.iter().filter(|a| a.verdict == verdict).count() as u64);
        sqlx::query(
            "/* count_answers */ UPDATE hand_in SET new = new + ?, joined = joined + ?,
               already_yours = already_yours + ?, reopened = reopened + ?, refused = refused + ?, answered_us = ?
             WHERE id = ?",
        )
        .bind(count(Verdict::New))
        .bind(count(Verdict::Joined))
        .bind(count(Verdict::AlreadyYours))
        .bind(count(Verdict::Reopened))
        .bind(count(Verdict::Refused))
        .bind(answered.recorded_us)
        .bind(hand_in)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
