//! Asks the owner of a hit for details.

use meldeverbund_proto::{
    CommandId,
    limits::NOTE_CHARS,
    node::v1::{RequestDisclosureRequest, RequestDisclosureResponse},
    statement::DisclosureStep,
    v1::{self, DisclosureField, Refusal, liaison_service_client::LiaisonServiceClient},
};
use prost::Message as _;
use tonic::Request;

use super::{
    call::{command, keep, required},
    step::{Keep, Recorded, Step},
};
use crate::{
    desk::{Caller, DeskError},
    liaison::{Token, named},
    node::Node,
    store::{AskedState, StoredQuestionRow},
};

pub(super) async fn request_disclosure(
    node: &Node,
    caller: &Caller,
    token: &Token,
    request: RequestDisclosureRequest,
) -> Result<RequestDisclosureResponse, DeskError> {
    required("reason", &request.reason, NOTE_CHARS)?;
    check_fields(&request.fields)?;
    let (query_id, position) = hit(node, request.question, request.row).await?;
    let plain = v1::RequestDisclosureRequest {
        instance_id: node.store.instance_id().to_string(),
        query_id: CommandId::from_bytes(query_id).to_string(),
        position,
        fields: request.fields,
        reason: request.reason,
        ..v1::RequestDisclosureRequest::default()
    };
    let full = v1::RequestDisclosureRequest {
        disclosure_id: node.random.command_id(node.clock.now_us()).to_string(),
        salt: node.random.bytes::<32>().to_vec(),
        ..plain.clone()
    };
    let kept = keep(node, caller, "request_disclosure", &plain, &full).await?;
    let message = kept.message.clone();
    let answer = command(node, &kept, async |channel| {
        let mut request = Request::new(message.clone());
        token.put(request.metadata_mut());
        LiaisonServiceClient::new(channel).request_disclosure(request).await
    })
    .await?;
    let v1::RequestDisclosureResponse { agency, due_at_us, leaf_index, receipt, recorded_at_us } = answer;
    let step = step(&kept.message, token);
    let promise = step
        .and_then(|step| step.promise(&node.config.agency, Recorded { leaf_index, recorded_at_us, receipt }));
    let (command, witness) = (kept.id, node.witness_now());
    node.store.write(Keep { told: None, command, promise, witness }).await?;
    Ok(RequestDisclosureResponse { disclosure_id: kept.message.disclosure_id, agency, due_at_us })
}

/// What was sent, as the hub's leaf says it; none: the token does not say in which name the hub records it.
fn step<'s>(said: &'s v1::RequestDisclosureRequest, token: &Token) -> Option<Step<'s>> {
    Some(Step {
        what: DisclosureStep::Asked,
        disclosure: &said.disclosure_id,
        command: &said.disclosure_id,
        salt: &said.salt,
        by: named(token)?,
        body: v1::RequestDisclosureRequest { salt: Vec::new(), ..said.clone() }.encode_to_vec(),
    })
}

/// The batch and the place of a row that was an open hit.
async fn hit(node: &Node, question: u64, row: u64) -> Result<([u8; 16], u32), DeskError> {
    let id = i64::try_from(question).map_err(|_| DeskError::QuestionUnknown)?;
    let mut tx = node.store.read().await?;
    tx.question(id).await?.filter(|found| !found.blind).ok_or(DeskError::QuestionUnknown)?;
    let before = row.checked_sub(1).ok_or(DeskError::NotAHit)?;
    let found = tx.question_rows(id, before, false, 1).await?.into_iter().next();
    match found {
        Some(StoredQuestionRow { row: found, state: AskedState::Hit, place: Some(place), .. })
            if found == row =>
        {
            Ok(place)
        }
        _ => Err(DeskError::NotAHit),
    }
}

/// Fields that this version knows, each once.
pub(super) fn check_fields(fields: &[i32]) -> Result<(), DeskError> {
    for (i, field) in fields.iter().enumerate() {
        let known =
            DisclosureField::try_from(*field).is_ok_and(|field| field != DisclosureField::Unspecified);
        if !known || fields[..i].contains(field) {
            let why = "is not known, or stands there twice";
            return Err(DeskError::Field(Refusal::invalid(format!("fields[{i}]"), why)));
        }
    }
    Ok(())
}
