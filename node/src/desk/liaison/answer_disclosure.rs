//! The owner's answer: field by field, or a refusal with its reason.

use meldeverbund_proto::{
    limits::NOTE_CHARS,
    node::v1::{AnswerDisclosureRequest, AnswerDisclosureResponse},
    statement::DisclosureStep,
    v1::{self, disclosure_service_client::DisclosureServiceClient},
};
use prost::Message as _;

use super::{
    call::{carrying, command, keep, optional, required},
    request_disclosure::check_fields,
    restrict_disclosure::keep_answer,
    step::{Recorded, Step},
};
use crate::{
    desk::{Caller, DeskError},
    liaison::Token,
    node::Node,
};

pub(super) async fn answer_disclosure(
    node: &Node,
    caller: &Caller,
    token: Option<&Token>,
    request: AnswerDisclosureRequest,
) -> Result<AnswerDisclosureResponse, DeskError> {
    let AnswerDisclosureRequest { disclosure_id, values, reason } = request;
    if values.is_empty() {
        required("reason", &reason, NOTE_CHARS)?;
    } else {
        optional("reason", &reason, NOTE_CHARS)?;
        check_fields(&values.iter().map(|value| value.field).collect::<Vec<_>>())?;
        for (i, value) in values.iter().enumerate() {
            required(&format!("values[{i}].text"), &value.text, NOTE_CHARS)?;
        }
    }
    let plain = v1::AnswerDisclosureRequest {
        instance_id: node.store.instance_id().to_string(),
        officer: caller.officer.clone(),
        disclosure_id,
        values,
        reason,
        ..v1::AnswerDisclosureRequest::default()
    };
    let full = v1::AnswerDisclosureRequest {
        command_id: node.random.command_id(node.clock.now_us()).to_string(),
        salt: node.random.bytes::<32>().to_vec(),
        ..plain.clone()
    };
    let kept = keep(node, caller, "answer_disclosure", &plain, &full).await?;
    let message = kept.message.clone();
    let answer = command(node, &kept, async |channel| {
        DisclosureServiceClient::new(channel).answer_disclosure(carrying(message.clone(), token)).await
    })
    .await?;
    let v1::AnswerDisclosureResponse { disclosure, receipt, leaf_index, recorded_at_us } = answer;
    let said = &kept.message;
    let body = v1::AnswerDisclosureRequest { salt: Vec::new(), ..said.clone() }.encode_to_vec();
    let ids = (said.disclosure_id.as_str(), said.command_id.as_str());
    let step = Step::of_office(DisclosureStep::Answered, ids, &said.salt, &said.officer, body);
    let recorded = Recorded { leaf_index, recorded_at_us, receipt };
    let disclosure = keep_answer(node, kept.id, disclosure, (step, recorded)).await?;
    Ok(AnswerDisclosureResponse { disclosure: Some(disclosure) })
}
