//! Opens a case: it counts at once, and the hub is told before its first referral.

use meldeverbund_proto::{
    CommandId,
    check::check_case,
    limits::REFERENCE_CHARS,
    node::v1::{OpenCaseRequest, OpenCaseResponse, watch_response::What},
    text,
    v1::Case,
};

use super::{Caller, DeskError, case_row};
use crate::{
    clock::SALT_BYTES,
    node::Node,
    store::{AtHub, CaseCommand, CaseFile, CaseVerb, StoreError, Sums, Tx, Write},
};

pub(super) async fn open_case(
    node: &Node,
    caller: &Caller,
    request: OpenCaseRequest,
) -> Result<OpenCaseResponse, DeskError> {
    let OpenCaseRequest { case, annotation } = request;
    let case = case.ok_or(DeskError::Protocol("`case` is missing"))?;
    check_case(&case).map_err(DeskError::Field)?;
    check_annotation(&annotation)?;
    let now_us = node.clock.now_us();
    let command = OpenCase {
        case,
        command_id: node.random.command_id(now_us),
        salt: node.random.bytes(),
        now_us,
        officer: caller.officer.clone(),
        annotation,
    };
    let (case, sums, stood_already) = node.store.write(command).await?;
    let row = case_row(case, sums);
    if !stood_already {
        node.has_work();
        node.changed();
        node.tell(|| What::Case(row.clone()));
    }
    Ok(OpenCaseResponse { case: Some(row), stood_already })
}

/// Who acts for an officer is a short text.
pub(super) fn check_annotation(annotation: &str) -> Result<(), DeskError> {
    text::check(annotation, REFERENCE_CHARS).map_err(|error| DeskError::Field(error.at("annotation")))
}

#[derive(Debug)]
struct OpenCase {
    case: Case,
    command_id: CommandId,
    salt: [u8; SALT_BYTES],
    now_us: i64,
    officer: String,
    annotation: String,
}

impl Write for OpenCase {
    type Out = (CaseFile, Sums, bool);

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        if let Some(found) = tx.case_by_number(&self.case.number).await? {
            // A case that the hub refused may be corrected; any other stands as it is.
            if found.at_hub != AtHub::Refused {
                let sums = tx.case_sums(found.id).await?;
                return Ok((found, sums, true));
            }
            tx.replace_refused_commands(found.id).await?;
        }
        let id = tx.put_case(&self.case, AtHub::Waiting, self.now_us, &self.officer).await?;
        let command = CaseCommand {
            id: 0,
            command_id: self.command_id,
            salt: self.salt,
            case_file: id,
            verb: CaseVerb::Open,
            reason: String::new(),
            given_us: self.now_us,
            given_by: self.officer.clone(),
            annotation: self.annotation.clone(),
        };
        tx.put_case_command(&command).await?;
        Ok((tx.case_by_id(id).await?, tx.case_sums(id).await?, false))
    }
}
