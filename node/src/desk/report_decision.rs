//! What became of each target of a decision, in the order in which they were sent.

use std::sync::Arc;

use meldeverbund_proto::{
    node::v1::{DecidedTarget, ReportDecisionRequest, ReportDecisionResponse},
    v1::decide_request::Decision,
};
use tokio::sync::mpsc;
use tonic::Status;

use super::{
    Caller, DeskError,
    gather_targets::{TARGETS, referrals},
};
use crate::{
    node::Node,
    store::{StoredBatch, Tx},
};

pub(super) type Responses = mpsc::Sender<Result<ReportDecisionResponse, Status>>;

/// Reports until the last target, or until the caller goes away.
pub(super) async fn report_decision(
    node: Arc<Node>,
    caller: Caller,
    request: ReportDecisionRequest,
    responses: Responses,
) {
    if let Err(error) = report(&node, &request, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn report(
    node: &Node,
    request: &ReportDecisionRequest,
    responses: &Responses,
) -> Result<(), DeskError> {
    let decision = i64::try_from(request.decision).map_err(|_| DeskError::DecisionUnknown)?;
    let mut tx = node.store.read().await?;
    tx.decision(decision).await?.ok_or(DeskError::DecisionUnknown)?;
    let mut after = 0;
    // One part after the other: a decision over a seizure does not fit into memory twice.
    while let Some(batch) = tx.batches(decision, after, 1).await?.pop() {
        after = batch.id;
        let targets = targets(batch);
        for page in targets.chunks(TARGETS) {
            let mut page = page.to_vec();
            if request.with_referrals {
                add_referrals(&mut tx, &mut page).await?;
            }
            if responses.send(Ok(ReportDecisionResponse { targets: page })).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn targets(batch: StoredBatch) -> Vec<DecidedTarget> {
    let StoredBatch { request, decided, refusal, .. } = batch;
    let fences = match request.decision {
        Some(Decision::Intend(intend)) => intend.fences,
        _ => Vec::new(),
    };
    let mut answers = decided.map(|decided| decided.answers).unwrap_or_default().into_iter();
    let command_id = request.command_id;
    let target = |(i, target_id): (usize, String)| DecidedTarget {
        target_id,
        command_id: command_id.clone(),
        fence: fences.get(i).copied().unwrap_or(0),
        answer: answers.next(),
        refusal: refusal.clone(),
        referrals: Vec::new(),
    };
    request.target_ids.into_iter().enumerate().map(target).collect()
}

async fn add_referrals(tx: &mut Tx, page: &mut [DecidedTarget]) -> Result<(), DeskError> {
    let ids = page.iter().filter_map(|target| target.target_id.parse().ok()).collect::<Vec<_>>();
    let mut by_target = referrals(tx, &ids).await?;
    for target in page {
        target.referrals = by_target.remove(&target.target_id).unwrap_or_default();
    }
    Ok(())
}
