//! Decides on a selection: durable first, then told as the hub answers; what needs the hub never waits for it.

mod compose;
mod dry_run;
mod estimate;
mod summary;

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    check::{check_decision, decision_name},
    node::v1::{
        DecideAccepted, DecideDone, DecideProgress, DecideRequest, DecideResponse, decide_response::Step,
        watch_response::What,
    },
    v1::{self, AgencyCard, decide_request::Decision},
};
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::Status;

use self::{compose::compose, summary::summary};
use super::{Caller, DeskError, decision_row, open_case::check_annotation, selection::select};
use crate::{
    decision::{Lane, needs_hub},
    node::Node,
    store::{DecisionRow, NewDecision, Selected, StoreError, Tx, Write},
    sync::decisions::GiveUp,
};

/// Smallest pause between two messages: a person's eye needs no more.
const PAUSE: Duration = Duration::from_millis(100);

/// Owners that an answer names: more telephone numbers help nobody.
const OWNERS: usize = 20;

pub(super) type Responses = mpsc::Sender<Result<DecideResponse, Status>>;

/// Answers one call to its end; a decision that was accepted goes on without its caller.
pub(super) async fn decide(node: Arc<Node>, caller: Caller, request: DecideRequest, responses: Responses) {
    if let Err(error) = converse(&node, &caller, request, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn converse(
    node: &Arc<Node>,
    caller: &Caller,
    request: DecideRequest,
    responses: &Responses,
) -> Result<(), DeskError> {
    let DecideRequest { selection, dry_run, annotation, decision } = request;
    check_annotation(&annotation)?;
    let decision = contract(decision)?;
    let mut tx = node.store.read().await?;
    let targets = select(&mut tx, selection).await?;
    let owners = owners(&mut tx, &targets).await?;
    drop(tx);
    let requests = {
        let (node, decision, officer) = (Arc::clone(node), decision.clone(), caller.officer.clone());
        let targets = targets.clone();
        let work = tokio::task::spawn_blocking(move || compose(&node, &decision, &officer, &targets));
        work.await.map_err(|error| DeskError::Store(error.into()))?
    };
    // One part stands for all: they differ in their targets alone.
    let first = requests.first().ok_or(DeskError::NothingSelected)?;
    check_decision(&first.request).map_err(DeskError::Field)?;
    if dry_run {
        let done = dry_run::dry_run(node, &decision, &targets, requests).await;
        send(responses, Step::Done(done)).await;
        return Ok(());
    }
    if needs_hub(&decision) && !node.is_connected() {
        return Err(DeskError::HubAway);
    }
    let count = requests.iter().map(|batch| batch.request.target_ids.len()).sum();
    let new = NewDecision {
        what: decision_name(&decision),
        needs_hub: needs_hub(&decision),
        lane: Lane::of(&decision, count),
        given_us: node.clock.now_us(),
        given_by: caller.officer.clone(),
        annotation,
        batches: requests,
    };
    let row = node.store.write(Take(new)).await?;
    node.has_work();
    node.changed();
    let id = row.id;
    let shown = decision_row(&mut node.store.read().await?, row).await?;
    node.tell(|| What::Decision(shown.clone()));
    let hub = Some(node.hub_line());
    send(responses, Step::Accepted(DecideAccepted { decision: Some(shown), owners, hub })).await;
    follow(node, id, responses).await
}

/// Tells how far the hub has answered, until nothing more comes by itself or the caller goes away.
async fn follow(node: &Node, id: i64, responses: &Responses) -> Result<(), DeskError> {
    let (mut changes, mut line) = (node.changes(), node.line.subscribe());
    loop {
        changes.mark_unchanged();
        line.mark_unchanged();
        let is_connected = node.is_connected();
        // Nobody decided it for later: what was not sent before the line broke is not sent after it.
        if !is_connected && !node.store.write(GiveUp { decision: Some(id) }).await?.is_empty() {
            node.changed();
        }
        let mut tx = node.store.read().await?;
        let row = tx.decision(id).await?.ok_or(DeskError::DecisionUnknown)?;
        let hub = Some(node.hub_line());
        if row.waiting == 0 || !is_connected {
            let summary = Some(summary(&mut tx, id).await?);
            let decision = Some(decision_row(&mut tx, row).await?);
            send(responses, Step::Done(DecideDone { decision, summary, dry_run: 0, hub })).await;
            return Ok(());
        }
        let decision = Some(decision_row(&mut tx, row).await?);
        drop(tx);
        send(responses, Step::Progress(DecideProgress { decision, hub })).await;
        tokio::select! {
            _ = changes.changed() => {}
            _ = line.changed() => {}
            () = responses.closed() => return Ok(()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The decision in the words of the hub's contract: the fields are the same, number by number.
fn contract(
    decision: Option<meldeverbund_proto::node::v1::decide_request::Decision>,
) -> Result<Decision, DeskError> {
    let bare = DecideRequest { decision, ..DecideRequest::default() }.encode_to_vec();
    v1::DecideRequest::decode(&bare[..])
        .ok()
        .and_then(|request| request.decision)
        .ok_or(DeskError::Protocol("a request without a decision"))
}

/// Who is responsible for the targets.
async fn owners(tx: &mut Tx, targets: &[Selected]) -> Result<Vec<AgencyCard>, StoreError> {
    let mut rows: Vec<i64> = targets.iter().filter_map(|target| target.owner).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.truncate(OWNERS);
    tx.agencies_of(&rows).await
}

/// A caller that went away needs no answer; what was taken stays taken.
async fn send(responses: &Responses, step: Step) {
    let _ = responses.send(Ok(DecideResponse { step: Some(step) })).await;
}

/// Makes a decision durable.
#[derive(Debug)]
struct Take(NewDecision);

impl Write for Take {
    type Out = DecisionRow;

    async fn run(&self, tx: &mut Tx) -> Result<DecisionRow, StoreError> {
        let id = tx.put_decision(&self.0).await?;
        // Commit point: from here on the decision is the node's, whatever becomes of the caller.
        tx.decision(id).await?.ok_or(StoreError::Damaged("a decision is gone"))
    }
}
