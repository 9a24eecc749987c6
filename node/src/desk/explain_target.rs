//! Why a target's owner is or was responsible, and what happened: the hub knows, the node asks it.

use meldeverbund_proto::{
    TargetId,
    node::v1::{ExplainTargetRequest, ExplainTargetResponse},
    v1::{self, Refusal, target_service_client::TargetServiceClient},
};
use tonic::Status;

use super::{DeskError, selection::target_of, show_link::known_target};
use crate::{node::Node, sync::refusal_of};

pub(super) async fn explain_target(
    node: &Node,
    request: ExplainTargetRequest,
) -> Result<ExplainTargetResponse, DeskError> {
    let mut tx = node.store.read().await?;
    // The hub says who may know of a target that is named by its id; a link is looked up here alone.
    let id = match request.link_or_target.trim().parse::<TargetId>() {
        Ok(id) => id,
        Err(_) => target_of(&mut tx, &request.link_or_target).await?.ok_or(DeskError::NothingKnown)?.0,
    };
    let last_told = known_target(&mut tx, id).await?;
    let mut agencies = tx.agencies().await?;
    // The hub is asked over a line that may be long: no look at the store waits with it.
    drop(tx);
    let explanation = ask(node, id.to_string(), request.at_leaf).await?;
    if explanation.is_none() && last_told.is_none() {
        return Err(DeskError::NothingKnown);
    }
    let hub = Some(node.hub_line());
    match &explanation {
        Some(explanation) => agencies.clone_from(&explanation.agencies),
        None => agencies.retain(|card| {
            last_told.as_ref().is_some_and(|target| {
                target.owner_agency_id == card.agency_id
                    || target.joined.iter().any(|joined| joined.agency_id == card.agency_id)
            })
        }),
    }
    Ok(ExplainTargetResponse { target_id: id.to_string(), explanation, hub, last_told, agencies })
}

/// None: the hub is away.
async fn ask(
    node: &Node,
    target_id: String,
    at_leaf: u64,
) -> Result<Option<v1::ExplainTargetResponse>, DeskError> {
    let Some(channel) = node.channel() else { return Ok(None) };
    let request = v1::ExplainTargetRequest { target_id, at_leaf };
    match TargetServiceClient::new(channel).explain_target(request).await {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) => match lasting(&status) {
            Some(refusal) => Err(DeskError::Unknown(refusal)),
            None => Ok(None),
        },
    }
}

/// The hub's refusal, if asking again would not help.
fn lasting(status: &Status) -> Option<Refusal> {
    refusal_of(status).filter(|refusal| !refusal.code().is_passing())
}
