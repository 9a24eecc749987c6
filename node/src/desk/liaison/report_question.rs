//! What became of each row of a question, in the order of its rows.

use std::sync::Arc;

use meldeverbund_proto::node::v1::{AskedRow, ReportQuestionRequest, ReportQuestionResponse};
use tokio::sync::mpsc;
use tonic::Status;

use super::rows::{asked_row, cards, question};
use crate::{
    desk::{Caller, DeskError},
    node::Node,
};

/// Rows of one message, and of one look at the store: a report of any length takes the same memory.
const PAGE: u32 = 500;

pub(super) type Responses = mpsc::Sender<Result<ReportQuestionResponse, Status>>;

/// Reports to the end, or until the caller goes away.
pub(super) async fn report_question(
    node: Arc<Node>,
    caller: Caller,
    request: ReportQuestionRequest,
    responses: Responses,
) {
    if let Err(error) = report(&node, request, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn report(node: &Node, request: ReportQuestionRequest, responses: &Responses) -> Result<(), DeskError> {
    let ReportQuestionRequest { question: number, only_hits } = request;
    let id = i64::try_from(number).map_err(|_| DeskError::QuestionUnknown)?;
    let found = node.store.read().await?.question(id).await?.ok_or(DeskError::QuestionUnknown)?;
    let mut first = Some(question(found));
    let mut after = 0;
    loop {
        let mut tx = node.store.read().await?;
        let stored = tx.question_rows(id, after, only_hits, PAGE).await?;
        let last = stored.last().map(|row| row.row);
        let rows = stored.into_iter().map(asked_row).collect::<Result<Vec<AskedRow>, _>>()?;
        let owners = rows.iter().filter_map(|row| row.hit.as_ref()).map(|hit| hit.owner_agency_id.as_str());
        let agencies = cards(&mut tx, owners).await?;
        drop(tx);
        let page = ReportQuestionResponse { question: first.take(), rows, agencies };
        if page.question.is_none() && page.rows.is_empty() || responses.send(Ok(page)).await.is_err() {
            return Ok(());
        }
        match last {
            Some(row) => after = row,
            None => return Ok(()),
        }
    }
}
