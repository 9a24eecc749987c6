//! Puts refused things back into the queue, unchanged: a person has seen to the reason.

use meldeverbund_proto::{
    CommandId,
    node::v1::{ResendRequest, ResendResponse},
};

use super::DeskError;
use crate::{
    node::Node,
    store::{AtHub, StoreError, Tx, Write},
};

pub(super) async fn resend(node: &Node, request: ResendRequest) -> Result<ResendResponse, DeskError> {
    let ResendRequest { submission_id, case_number, decision } = request;
    let submission = match submission_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| DeskError::Protocol("`submission_id` is not a submission's id"))?),
    };
    let case_number = Some(case_number).filter(|number| !number.is_empty());
    let decision = match decision {
        0 => None,
        number => Some(i64::try_from(number).map_err(|_| DeskError::DecisionUnknown)?),
    };
    let hub_is_there = node.is_connected();
    let resend = Resend { submission, case_number, decision, hub_is_there };
    let put_back = node.store.write(resend).await?.ok_or(DeskError::CaseUnknown)?;
    node.has_work();
    node.changed();
    Ok(put_back)
}

#[derive(Debug)]
struct Resend {
    submission: Option<CommandId>,
    case_number: Option<String>,
    decision: Option<i64>,
    hub_is_there: bool,
}

impl Write for Resend {
    type Out = Option<ResendResponse>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        if let Some(decision) = self.decision {
            let decisions = tx.requeue_decisions(Some(decision), self.hub_is_there).await?;
            return Ok(Some(ResendResponse { decisions, ..ResendResponse::default() }));
        }
        let case_file = match &self.case_number {
            None => None,
            Some(number) => match tx.case_by_number(number).await? {
                None => return Ok(None),
                Some(case) => Some(case.id),
            },
        };
        let submissions = tx.requeue_submissions(self.submission, case_file).await?;
        let mut case_commands = 0;
        if self.submission.is_none() {
            for case in tx.refused_cases(u32::MAX).await? {
                if case.at_hub == AtHub::Refused && case_file.is_none_or(|id| id == case.id) {
                    tx.set_case_at_hub(case.id, AtHub::Waiting).await?;
                }
            }
            case_commands = tx.requeue_case_commands(case_file).await?;
        }
        let everything = self.submission.is_none() && case_file.is_none();
        let decisions = if everything { tx.requeue_decisions(None, self.hub_is_there).await? } else { 0 };
        Ok(Some(ResendResponse { submissions, case_commands, decisions }))
    }
}
