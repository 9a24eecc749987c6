//! Hands in a list: rows are checked, stored, and only then called taken.
//!
//! While one chunk is being written the next one is being checked; the caller waits for neither, only for its turn.

mod begin;
mod dry_run;
mod prepare;
mod take;

use std::sync::Arc;

use futures::StreamExt as _;
use meldeverbund_proto::node::v1::{
    ReferBegin, ReferFinish, ReferFinished, ReferRequest, ReferResponse, ReferTaken, refer_request,
    refer_response, watch_response::What,
};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use self::{
    begin::{Begin, begin},
    prepare::{Chunk, Prepared, prepare},
    take::{Finish, Take, Taken},
};
use super::{Caller, DeskError, hand_in_row};
use crate::node::Node;

/// Chunks that are checked while others are written, and written together if they are ready: an index in random order
/// is written once for all of them.
const TOGETHER: usize = 4;

type Responses = mpsc::Sender<Result<ReferResponse, Status>>;

/// Answers one call to its end; a caller that goes away ends it after the chunk in hand.
pub(super) async fn refer(
    node: Arc<Node>,
    caller: Caller,
    requests: Streaming<ReferRequest>,
    responses: Responses,
) {
    if let Err(error) = converse(&node, &caller, requests, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn converse(
    node: &Arc<Node>,
    caller: &Caller,
    mut requests: Streaming<ReferRequest>,
    responses: &Responses,
) -> Result<(), DeskError> {
    let begin_request = match next_step(&mut requests).await? {
        Some(refer_request::Step::Begin(begin)) => begin,
        _ => return Err(DeskError::Protocol("a hand-in starts with `begin`")),
    };
    if begin_request.dry_run {
        return dry_run::dry_run(node, begin_request, requests, responses).await;
    }
    let (begun, hand_in) = begin(node, caller, begin_request).await?;
    let finished_already = begun.finished_already;
    answer(responses, refer_response::Step::Begun(begun)).await;
    if finished_already {
        return Ok(());
    }
    take_rows(node, &hand_in, requests, responses).await
}

/// Takes rows until the caller ends the hand-in or goes away.
async fn take_rows(
    node: &Arc<Node>,
    hand_in: &Begin,
    requests: Streaming<ReferRequest>,
    responses: &Responses,
) -> Result<(), DeskError> {
    let mut steps = requests
        .map(|request| prepare(Arc::clone(node), request.ok().and_then(|request| request.step)))
        .buffered(TOGETHER)
        .ready_chunks(TOGETHER);
    while let Some(ready) = steps.next().await {
        let mut chunks = Vec::with_capacity(ready.len());
        let mut last = None;
        for step in ready {
            match step {
                Ok(Prepared::Rows(chunk)) => chunks.push(chunk),
                other => {
                    last = Some(other);
                    break;
                }
            }
        }
        // What came before an end or an error is taken first.
        if !chunks.is_empty() {
            take(node, hand_in, chunks, responses).await?;
        }
        match last.transpose()? {
            None | Some(Prepared::Rows(_)) => {}
            Some(Prepared::Finish(end)) => return finish(node, hand_in, end, responses).await,
            Some(Prepared::Gone) => return Ok(()),
        }
    }
    Ok(())
}

/// Makes chunks durable, then says so.
async fn take(
    node: &Node,
    hand_in: &Begin,
    chunks: Vec<Chunk>,
    responses: &Responses,
) -> Result<(), DeskError> {
    check_disk(node)?;
    let taken = node.store.write(Take { hand_in: *hand_in, chunks }).await?;
    let (rows_taken, rejected) = match taken {
        Taken::Rows { rows_taken, rejected } => (rows_taken, rejected),
        Taken::OutOfOrder => return Err(DeskError::HandInElsewhere),
        Taken::CaseClosed => return Err(DeskError::CaseClosed),
    };
    node.has_work();
    node.changed();
    answer(responses, refer_response::Step::Taken(ReferTaken { rows_taken, rejected })).await;
    Ok(())
}

async fn finish(
    node: &Node,
    hand_in: &Begin,
    ReferFinish { rows }: ReferFinish,
    responses: &Responses,
) -> Result<(), DeskError> {
    let now_us = node.clock.now_us();
    let done = node.store.write(Finish { hand_in: hand_in.id, rows, now_us }).await?;
    let done = hand_in_row(done.ok_or(DeskError::Protocol("`finish` counts other rows than were taken"))?);
    node.changed();
    node.tell(|| What::HandIn(done.clone()));
    answer(responses, refer_response::Step::Finished(ReferFinished { hand_in: Some(done) })).await;
    Ok(())
}

/// The next step; none if the caller went away.
async fn next_step(requests: &mut Streaming<ReferRequest>) -> Result<Option<refer_request::Step>, DeskError> {
    match requests.message().await {
        Ok(Some(request)) => request.step.map(Some).ok_or(DeskError::Protocol("a message without a step")),
        Ok(None) | Err(_) => Ok(None),
    }
}

/// A caller that went away needs no answer; what was taken stays taken.
async fn answer(responses: &Responses, step: refer_response::Step) {
    let _ = responses.send(Ok(ReferResponse { step: Some(step) })).await;
}

/// Refuses while the disk is nearly full.
pub(super) fn check_disk(node: &Node) -> Result<(), DeskError> {
    let free_bytes = node.store.disk().map_err(crate::store::StoreError::from)?.free_bytes;
    if free_bytes < node.config.desk.min_free_mib.saturating_mul(1 << 20) {
        return Err(DeskError::DiskFull { free_bytes });
    }
    Ok(())
}

/// The fields of `begin` that have a rule.
fn check_begin(begin: &ReferBegin) -> Result<(), DeskError> {
    /// SHA-256.
    const DIGEST_BYTES: usize = 32;
    /// The longest file name of common file systems.
    const SOURCE_NAME_BYTES: usize = 255;
    if begin.digest.len() != DIGEST_BYTES {
        return Err(DeskError::Protocol("`digest` is not 32 bytes"));
    }
    if begin.source_name.len() > SOURCE_NAME_BYTES {
        return Err(DeskError::Protocol("`source_name` is longer than 255 bytes"));
    }
    if begin.source_name.contains(char::is_control) {
        return Err(DeskError::Protocol("`source_name` has a control character"));
    }
    super::open_case::check_annotation(&begin.annotation)
}
