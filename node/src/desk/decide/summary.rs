//! What became of a decision's targets, reason by reason.

use std::collections::HashMap;

use meldeverbund_proto::{
    node::v1::{DecisionSummary, RefusedTargets},
    v1::{DecideRequest, Decided, Refusal, TargetAnswer},
};

use crate::store::{StoreError, Tx};

/// Parts that are read at once: each has at most 1,000 targets.
const PAGE: u32 = 32;

/// Targets that are named for each reason.
const NAMED: usize = 10;

/// Counts answers, reason by reason.
#[derive(Debug, Default)]
pub(super) struct Counting {
    summary: DecisionSummary,
    refused: HashMap<(i32, String, String), RefusedTargets>,
}

/// The summary of a decision as far as it was answered.
pub(super) async fn summary(tx: &mut Tx, decision: i64) -> Result<DecisionSummary, StoreError> {
    let (mut counting, mut after) = (Counting::default(), 0);
    loop {
        let batches = tx.batches(decision, after, PAGE).await?;
        let Some(last) = batches.last() else { return Ok(counting.finish()) };
        after = last.id;
        for batch in &batches {
            match (&batch.decided, &batch.refusal) {
                (Some(decided), _) => counting.decided(&batch.request, decided),
                (None, Some(refusal)) => counting.refused(&batch.request.target_ids, refusal),
                (None, None) => counting.summary.targets += batch.request.target_ids.len() as u64,
            }
        }
    }
}

impl Counting {
    /// Counts an answered part.
    pub(super) fn decided(&mut self, request: &DecideRequest, decided: &Decided) {
        for (id, answer) in request.target_ids.iter().zip(&decided.answers) {
            match &answer.refusal {
                Some(refusal) => self.refused(std::slice::from_ref(id), refusal),
                None => self.taken(answer),
            }
        }
    }

    fn taken(&mut self, answer: &TargetAnswer) {
        let summary = &mut self.summary;
        summary.targets += 1;
        summary.taken += 1;
        if answer.under_way_since_us != 0 {
            let since = answer.under_way_since_us;
            let earlier = summary.under_way_since_us;
            summary.under_way += 1;
            summary.under_way_since_us = if earlier == 0 { since } else { earlier.min(since) };
        }
    }

    /// Counts targets on which nothing was changed.
    pub(super) fn refused(&mut self, target_ids: &[String], refusal: &Refusal) {
        self.summary.targets += target_ids.len() as u64;
        let key = (refusal.code, refusal.field.clone(), refusal.reason.clone());
        let group = self.refused.entry(key).or_insert_with(|| RefusedTargets {
            refusal: Some(refusal.clone()),
            ..RefusedTargets::default()
        });
        group.targets += target_ids.len() as u64;
        let room = NAMED.saturating_sub(group.target_ids.len());
        group.target_ids.extend(target_ids.iter().take(room).cloned());
    }

    /// Counts targets on which it would take effect.
    pub(super) fn would_take(&mut self) {
        self.summary.targets += 1;
        self.summary.taken += 1;
    }

    /// The summary, the most frequent reason first.
    pub(super) fn finish(self) -> DecisionSummary {
        let Self { mut summary, refused } = self;
        summary.refused = refused.into_values().collect();
        summary.refused.sort_by(|one, other| {
            let order = other.targets.cmp(&one.targets);
            order.then_with(|| one.target_ids.cmp(&other.target_ids))
        });
        summary
    }
}
