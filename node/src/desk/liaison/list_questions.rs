//! The questions that were asked here: the asker's own access log.

use meldeverbund_proto::node::v1::{ListQuestionsRequest, ListQuestionsResponse};

use super::{call::limit, rows::question};
use crate::{desk::DeskError, node::Node};

pub(super) async fn list_questions(
    node: &Node,
    request: ListQuestionsRequest,
) -> Result<ListQuestionsResponse, DeskError> {
    let questions = node.store.read().await?.questions(limit(request.limit)?).await?;
    Ok(ListQuestionsResponse { questions: questions.into_iter().map(question).collect() })
}
