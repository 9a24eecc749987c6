//! What would become of a decision: the hub is asked; with the hub away the node estimates.

use meldeverbund_proto::{
    node::v1::{DecideDone, DecisionSummary, DryRunSource},
    v1::{DecideRequest, decide_request::Decision, decide_response},
};
use tokio_stream::iter;
use tonic::Status;

use super::{estimate::estimate, summary::Counting};
use crate::{
    node::Node,
    store::{NewBatch, Selected},
    sync::decisions::client,
};

pub(super) async fn dry_run(
    node: &Node,
    decision: &Decision,
    targets: &[Selected],
    requests: Vec<NewBatch>,
) -> DecideDone {
    let (summary, source) = match ask(node, requests).await {
        Ok(summary) => (summary, DryRunSource::Hub),
        Err(_) => (estimate(decision, targets), DryRunSource::Node),
    };
    let hub = Some(node.hub_line());
    DecideDone { decision: None, summary: Some(summary), dry_run: source.into(), hub }
}

/// Asks the hub over a stream of its own: nothing of it is queued or sent again.
async fn ask(node: &Node, batches: Vec<NewBatch>) -> Result<DecisionSummary, Status> {
    let channel = node.channel().ok_or_else(|| Status::unavailable("the hub is away"))?;
    let requests: Vec<DecideRequest> =
        batches.into_iter().map(|batch| DecideRequest { dry_run: true, ..batch.request }).collect();
    let mut answers = client(node, &channel).decide(iter(requests.clone())).await?.into_inner();
    let mut counting = Counting::default();
    for request in &requests {
        let answer = answers.message().await?.ok_or_else(|| Status::unavailable("the hub broke off"))?;
        if answer.command_id != request.command_id {
            return Err(Status::internal("answers in another order"));
        }
        match answer.result {
            Some(decide_response::Result::Decided(decided)) => counting.decided(request, &decided),
            Some(decide_response::Result::Refused(refusal)) if refusal.code().is_passing() => {
                return Err(Status::unavailable("the hub is busy"));
            }
            Some(decide_response::Result::Refused(refusal)) => {
                counting.refused(&request.target_ids, &refusal);
            }
            None => return Err(Status::internal("an answer without a result")),
        }
    }
    Ok(counting.finish())
}
