//! Asks: rows are stored with their query ids, only then sent, and their answers stored as they come.

mod begin;
mod blind;
mod lines;
mod open;
mod progress;
mod promise;
mod take;

use std::sync::Arc;

use meldeverbund_proto::node::v1::{
    AskBegun, AskDone, AskFinish, AskRequest, AskResponse, AskTaken, ask_request, ask_response,
};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use self::{
    begin::{begin, resume},
    take::{Finish, prepare},
};
use super::rows;
use crate::{
    desk::{Caller, DeskError, refer::check_disk},
    liaison::Token,
    node::Node,
    store::StoredQuestion,
};

type Responses = mpsc::Sender<Result<AskResponse, Status>>;

/// Answers one call to its end; a caller that goes away takes the token along, and what is not answered waits for the next one.
pub(super) async fn ask(
    node: Arc<Node>,
    caller: Caller,
    token: Token,
    requests: Streaming<AskRequest>,
    responses: Responses,
) {
    if let Err(error) = converse(&node, &caller, &token, requests, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn converse(
    node: &Arc<Node>,
    caller: &Caller,
    token: &Token,
    mut requests: Streaming<AskRequest>,
    responses: &Responses,
) -> Result<(), DeskError> {
    let question = match next_step(&mut requests).await? {
        Some(ask_request::Step::Begin(begun)) => {
            let question = begin(node, caller, begun).await?;
            tell(responses, begun_step(&question)).await;
            let Some(question) = take_rows(node, question, requests, responses).await? else { return Ok(()) };
            question
        }
        Some(ask_request::Step::Resume(resumed)) => {
            let question = resume(node, resumed.question).await?;
            tell(responses, begun_step(&question)).await;
            question
        }
        Some(_) => return Err(DeskError::Protocol("a question starts with `begin` or `resume`")),
        None => return Ok(()),
    };
    let Some(end) = lines::answer(node, &question, token, responses).await? else { return Ok(()) };
    let done = node.store.read().await?.question(question.id).await?.ok_or(DeskError::QuestionUnknown)?;
    tell(responses, ask_response::Step::Done(AskDone { question: Some(rows::question(done)), ..end })).await;
    Ok(())
}

/// Takes rows until the caller has sent them all; none: it went away.
async fn take_rows(
    node: &Arc<Node>,
    mut question: StoredQuestion,
    mut requests: Streaming<AskRequest>,
    responses: &Responses,
) -> Result<Option<StoredQuestion>, DeskError> {
    loop {
        match next_step(&mut requests).await? {
            Some(ask_request::Step::Rows(rows)) => {
                check_disk(node)?;
                let taken = prepare(node, question.id, rows)?;
                let count = taken.count();
                if !node.store.write(taken).await? {
                    return Err(DeskError::Protocol("rows do not follow those that were taken"));
                }
                question.row_count += count;
                tell(responses, ask_response::Step::Taken(AskTaken { rows_taken: question.row_count })).await;
            }
            Some(ask_request::Step::Finish(AskFinish { rows })) => {
                let finish = Finish { question: question.id, rows, now_us: node.clock.now_us() };
                if !node.store.write(finish).await? {
                    return Err(DeskError::Protocol("`finish` counts other rows than were taken"));
                }
                node.changed();
                return Ok(Some(question));
            }
            Some(_) => return Err(DeskError::Protocol("a question has one `begin`")),
            None => return Ok(None),
        }
    }
}

fn begun_step(question: &StoredQuestion) -> ask_response::Step {
    ask_response::Step::Begun(AskBegun {
        question: question.id.unsigned_abs(),
        rows_taken: question.row_count,
    })
}

/// The next step; none if the caller went away.
async fn next_step(requests: &mut Streaming<AskRequest>) -> Result<Option<ask_request::Step>, DeskError> {
    match requests.message().await {
        Ok(Some(request)) => request.step.map(Some).ok_or(DeskError::Protocol("a message without a step")),
        Ok(None) | Err(_) => Ok(None),
    }
}

/// A caller that went away needs no answer; what was taken stays taken.
async fn tell(responses: &Responses, step: ask_response::Step) {
    let _ = responses.send(Ok(AskResponse { step: Some(step) })).await;
}
