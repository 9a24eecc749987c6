//! Restricts what was released.

use meldeverbund_proto::{
    limits::NOTE_CHARS,
    node::v1::{RestrictDisclosureRequest, RestrictDisclosureResponse},
    statement::DisclosureStep,
    v1::{self, Disclosure, disclosure_service_client::DisclosureServiceClient},
};
use prost::Message as _;

use super::{
    call::{carrying, command, keep, required},
    request_disclosure::check_fields,
    step::{Keep, Recorded, Step},
};
use crate::{
    desk::{Caller, DeskError},
    liaison::Token,
    node::Node,
    sync::Disclosures,
};

pub(super) async fn restrict_disclosure(
    node: &Node,
    caller: &Caller,
    token: Option<&Token>,
    request: RestrictDisclosureRequest,
) -> Result<RestrictDisclosureResponse, DeskError> {
    let RestrictDisclosureRequest { disclosure_id, fields, reason } = request;
    required("reason", &reason, NOTE_CHARS)?;
    check_fields(&fields)?;
    let plain = v1::RestrictDisclosureRequest {
        instance_id: node.store.instance_id().to_string(),
        officer: caller.officer.clone(),
        disclosure_id,
        fields,
        reason,
        ..v1::RestrictDisclosureRequest::default()
    };
    let full = v1::RestrictDisclosureRequest {
        command_id: node.random.command_id(node.clock.now_us()).to_string(),
        salt: node.random.bytes::<32>().to_vec(),
        ..plain.clone()
    };
    let kept = keep(node, caller, "restrict_disclosure", &plain, &full).await?;
    let message = kept.message.clone();
    let answer = command(node, &kept, async |channel| {
        DisclosureServiceClient::new(channel).restrict_disclosure(carrying(message.clone(), token)).await
    })
    .await?;
    let v1::RestrictDisclosureResponse { disclosure, receipt, leaf_index, recorded_at_us } = answer;
    let said = &kept.message;
    let body = v1::RestrictDisclosureRequest { salt: Vec::new(), ..said.clone() }.encode_to_vec();
    let ids = (said.disclosure_id.as_str(), said.command_id.as_str());
    let step = Step::of_office(DisclosureStep::Restricted, ids, &said.salt, &said.officer, body);
    let recorded = Recorded { leaf_index, recorded_at_us, receipt };
    let disclosure = keep_answer(node, kept.id, disclosure, (step, recorded)).await?;
    Ok(RestrictDisclosureResponse { disclosure: Some(disclosure) })
}

/// Keeps the disclosure as the hub's answer has it, and what the hub promises by it; the feed tells of the disclosure as well, and later.
pub(super) async fn keep_answer(
    node: &Node,
    command: i64,
    disclosure: Option<Disclosure>,
    (step, recorded): (Step<'_>, Recorded),
) -> Result<Disclosure, DeskError> {
    let disclosure = disclosure.ok_or(DeskError::HubContract)?;
    let promise = step.promise(&node.config.agency, recorded);
    let told_us = node.clock.now_us() - node.line.borrow().clock_ahead_us;
    let disclosures = vec![disclosure.clone()];
    let told = Some(Disclosures { disclosures, agencies: Vec::new(), told_us });
    node.store.write(Keep { told, command, promise, witness: node.witness_now() }).await?;
    node.changed();
    Ok(disclosure)
}
