//! Restricts what was released.

use meldeverbund_proto::{
    limits::NOTE_CHARS,
    node::v1::{RestrictDisclosureRequest, RestrictDisclosureResponse},
    v1::{self, Disclosure, disclosure_service_client::DisclosureServiceClient},
};

use super::{
    call::{carrying, command, keep, required},
    request_disclosure::check_fields,
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
    let disclosure = keep_answer(node, answer.disclosure).await?;
    Ok(RestrictDisclosureResponse { disclosure: Some(disclosure) })
}

/// Keeps the disclosure as the hub's answer has it; the feed tells of it as well, and later.
pub(super) async fn keep_answer(
    node: &Node,
    disclosure: Option<Disclosure>,
) -> Result<Disclosure, DeskError> {
    let disclosure = disclosure.ok_or(DeskError::HubContract)?;
    let told_us = node.clock.now_us() - node.line.borrow().clock_ahead_us;
    let disclosures = vec![disclosure.clone()];
    node.store.write(Disclosures { disclosures, agencies: Vec::new(), told_us }).await?;
    node.changed();
    Ok(disclosure)
}
