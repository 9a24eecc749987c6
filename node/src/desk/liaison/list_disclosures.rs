//! Disclosures: of the hub where it can be reached, else as last told.

use meldeverbund_proto::{
    CommandId,
    node::v1::{ListDisclosuresRequest, ListDisclosuresResponse},
    v1::{
        self, AgencyCard, Disclosure, Refusal, disclosure_service_client::DisclosureServiceClient,
        liaison_service_client::LiaisonServiceClient,
    },
};
use tonic::Request;

use super::{
    call::{limit, look},
    rows::cards,
};
use crate::{config::Role, desk::DeskError, liaison::Token, node::Node, sync::Disclosures};

pub(super) async fn list_disclosures(
    node: &Node,
    token: Option<&Token>,
    request: ListDisclosuresRequest,
) -> Result<ListDisclosuresResponse, DeskError> {
    let limit = limit(request.limit)?;
    let id = match request.disclosure_id.trim() {
        "" => None,
        text => {
            let why = "is not a disclosure's id";
            Some(
                text.parse::<CommandId>()
                    .map_err(|_| DeskError::Field(Refusal::invalid("disclosure_id", why)))?,
            )
        }
    };
    let asked_hub = match (node.config.role, token) {
        (Role::Office, _) => asked(node, request.answered || id.is_some(), limit).await?,
        (Role::Liaison, Some(token)) => own(node, token, limit).await?,
        (Role::Liaison, None) => None,
    };
    let as_of_now = asked_hub.is_some();
    if let Some((disclosures, agencies)) = asked_hub {
        let told_us = node.clock.now_us() - node.line.borrow().clock_ahead_us;
        node.store.write(Disclosures { disclosures, agencies, told_us }).await?;
        node.changed();
    }
    let mut tx = node.store.read().await?;
    let disclosures = match id {
        Some(id) => vec![tx.disclosure(id).await?.ok_or(DeskError::NothingKnown)?],
        None => tx.disclosures(request.answered, limit).await?,
    };
    let named =
        disclosures.iter().flat_map(|one| [one.asking_agency_id.as_str(), one.asked_agency_id.as_str()]);
    let agencies = cards(&mut tx, named).await?;
    Ok(ListDisclosuresResponse { disclosures, agencies, asked_hub: as_of_now })
}

/// What the hub lists; none: it is away.
type Listed = Option<(Vec<Disclosure>, Vec<AgencyCard>)>;

async fn asked(node: &Node, answered: bool, limit: u32) -> Result<Listed, DeskError> {
    let answer = look(node, async |channel| {
        let request = v1::ListAskedRequest { answered, limit };
        DisclosureServiceClient::new(channel).list_asked(request).await
    });
    Ok(answer.await?.map(|answer| (answer.disclosures, answer.agencies)))
}

async fn own(node: &Node, token: &Token, limit: u32) -> Result<Listed, DeskError> {
    let answer = look(node, async |channel| {
        let request = v1::ListDisclosuresRequest { disclosure_id: String::new(), limit };
        let mut request = Request::new(request);
        token.put(request.metadata_mut());
        LiaisonServiceClient::new(channel).list_disclosures(request).await
    });
    Ok(answer.await?.map(|answer| (answer.disclosures, answer.agencies)))
}
