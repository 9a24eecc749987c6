//! Closes a case: no more referrals here; the hub is told once all that was handed in has been answered.

use meldeverbund_proto::{
    CommandId,
    check::check_close_reason,
    node::v1::{CloseCaseRequest, CloseCaseResponse, watch_response::What},
    v1::CaseState,
};

use super::{Caller, DeskError, case_row, open_case::check_annotation};
use crate::{
    clock::SALT_BYTES,
    node::Node,
    store::{CaseCommand, CaseFile, CaseVerb, StoreError, Sums, Tx, Write},
};

pub(super) async fn close_case(
    node: &Node,
    caller: &Caller,
    request: CloseCaseRequest,
) -> Result<CloseCaseResponse, DeskError> {
    let CloseCaseRequest { number, reason, annotation } = request;
    check_close_reason(&reason).map_err(DeskError::Field)?;
    check_annotation(&annotation)?;
    let now_us = node.clock.now_us();
    let command = CloseCase {
        number,
        command_id: node.random.command_id(now_us),
        salt: node.random.bytes(),
        now_us,
        officer: caller.officer.clone(),
        reason,
        annotation,
    };
    let (case, sums, closed_already) = node.store.write(command).await?.ok_or(DeskError::CaseUnknown)?;
    let row = case_row(case, sums);
    if !closed_already {
        node.has_work();
        node.changed();
        node.tell(|| What::Case(row.clone()));
    }
    Ok(CloseCaseResponse { case: Some(row), closed_already })
}

#[derive(Debug)]
struct CloseCase {
    number: String,
    command_id: CommandId,
    salt: [u8; SALT_BYTES],
    now_us: i64,
    officer: String,
    reason: String,
    annotation: String,
}

impl Write for CloseCase {
    type Out = Option<(CaseFile, Sums, bool)>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        let Some(found) = tx.case_by_number(&self.number).await? else { return Ok(None) };
        let sums = tx.case_sums(found.id).await?;
        if found.state == CaseState::Closed {
            return Ok(Some((found, sums, true)));
        }
        tx.set_case_state(found.id, CaseState::Closed).await?;
        let command = CaseCommand {
            id: 0,
            command_id: self.command_id,
            salt: self.salt,
            case_file: found.id,
            verb: CaseVerb::Close,
            reason: self.reason.clone(),
            given_us: self.now_us,
            given_by: self.officer.clone(),
            annotation: self.annotation.clone(),
        };
        tx.put_case_command(&command).await?;
        Ok(Some((tx.case_by_id(found.id).await?, sums, false)))
    }
}
