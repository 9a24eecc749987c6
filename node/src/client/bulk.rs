//! Many decisions of one kind at the desk: each over the targets of one provider, or of one answer, several at once.

use futures::{Stream, StreamExt as _, stream};
use meldeverbund_proto::node::v1::{
    DecideDone, DecideRequest, DecidedTarget, ReportDecisionRequest, Selection, decide_request::Decision,
    decide_response::Step,
};
use tonic::Status;

use super::DeskClient;

/// Targets of one call, so that it stays far below the desk's limit of a message. The node makes messages of at most
/// 1,000 targets of it.
pub const TARGETS: usize = 50_000;

/// Calls under way at once. Each waits for its own answer and tells at most ten times a second; one after the other,
/// the decisions of thousands of providers would take minutes.
const WINDOW: usize = 32;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The caller's own number of it.
    pub key: usize,
    /// Its targets, at most [`TARGETS`].
    pub target_ids: Vec<String>,
    /// What is decided.
    pub decision: Decision,
}

/// What became of one call.
#[derive(Debug)]
pub struct Called {
    /// The call's number.
    pub key: usize,
    /// How many targets it had.
    pub targets: usize,
    /// The last word; an error that names its reason: nothing of it was taken.
    pub outcome: Result<DecideDone, Status>,
}

/// Decides all of them, several at once; tells in their order.
pub fn decide_all(
    desk: &DeskClient,
    calls: impl IntoIterator<Item = Call>,
    dry_run: bool,
    annotation: &str,
) -> impl Stream<Item = Called> {
    let one = move |call: Call| {
        let (mut desk, annotation) = (desk.clone(), annotation.to_owned());
        async move {
            let Call { key, target_ids, decision } = call;
            let targets = target_ids.len();
            let selection = Some(Selection { target_ids, ..Selection::default() });
            let request = DecideRequest { selection, dry_run, annotation, decision: Some(decision) };
            Called { key, targets, outcome: decide(&mut desk, request).await }
        }
    };
    stream::iter(calls).map(one).buffered(WINDOW)
}

/// Decides, and waits for the last word.
///
/// # Errors
/// If the desk refuses, or breaks off.
pub async fn decide(desk: &mut DeskClient, request: DecideRequest) -> Result<DecideDone, Status> {
    let mut answers = desk.decide(request).await?.into_inner();
    loop {
        match answers.message().await?.and_then(|answer| answer.step) {
            Some(Step::Done(done)) => return Ok(done),
            Some(Step::Accepted(_) | Step::Progress(_)) => {}
            None => return Err(Status::unavailable("the daemon broke off")),
        }
    }
}

/// What became of each target of a decision, without referrals.
///
/// # Errors
/// If there is no such decision.
pub async fn report(desk: &mut DeskClient, decision: u64) -> Result<Vec<DecidedTarget>, Status> {
    let request = ReportDecisionRequest { decision, with_referrals: false };
    let mut pages = desk.report_decision(request).await?.into_inner();
    let mut targets = Vec::new();
    while let Some(page) = pages.message().await? {
        targets.extend(page.targets);
    }
    Ok(targets)
}
