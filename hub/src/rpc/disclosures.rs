//! `DisclosureService`: disclosures as the agency that is asked sees them.

use meldeverbund_proto::{
    AgencyId,
    v1::{
        AnswerDisclosureRequest, AnswerDisclosureResponse, ListAskedRequest, ListAskedResponse,
        RestrictDisclosureRequest, RestrictDisclosureResponse, disclosure_service_server::DisclosureService,
    },
};
use tonic::{Request, Response, Status};

use super::{
    Officers, Persons, Rates,
    caller::peer,
    persons::Doing,
    status::{refused, status},
};
use crate::{
    clock::now_us,
    flow::{AnswerDisclosure, Hub, Person, RestrictDisclosure, disclosure_now, disclosures_asked},
};

/// Asks agencies for details.
#[derive(Debug, Clone)]
pub struct Disclosures {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Who verifies officers' tokens.
    pub officers: Officers,
    /// What a person must decide.
    pub persons: Persons,
}

#[tonic::async_trait]
impl DisclosureService for Disclosures {
    async fn list_asked(
        &self,
        request: Request<ListAskedRequest>,
    ) -> Result<Response<ListAskedResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.still().await.map_err(status)?;
        let target_ids = self.hub.store().target_ids();
        let listed = disclosures_asked(&mut reader, target_ids, &caller, request.get_ref()).await;
        Ok(Response::new(listed.map_err(status)?))
    }

    async fn answer_disclosure(
        &self,
        request: Request<AnswerDisclosureRequest>,
    ) -> Result<Response<AnswerDisclosureResponse>, Status> {
        let (caller, person) = self.person(&request, Doing::ANSWER_DISCLOSURE).await?;
        let command = AnswerDisclosure::parse(caller.clone(), request.into_inner());
        let command = command.map_err(|refusal| refused(&refusal))?.by(person);
        let stepped = self.hub.run(command).await.map_err(status)?;
        let disclosure = disclosure_now(&self.hub, &caller, stepped.disclosure).await.map_err(status)?;
        Ok(Response::new(AnswerDisclosureResponse {
            disclosure: Some(disclosure),
            receipt: stepped.receipt,
            leaf_index: stepped.leaf.cast_unsigned(),
            recorded_at_us: stepped.recorded_at_us,
        }))
    }

    async fn restrict_disclosure(
        &self,
        request: Request<RestrictDisclosureRequest>,
    ) -> Result<Response<RestrictDisclosureResponse>, Status> {
        let (caller, person) = self.person(&request, Doing::RESTRICT_DISCLOSURE).await?;
        let command = RestrictDisclosure::parse(caller.clone(), request.into_inner());
        let command = command.map_err(|refusal| refused(&refusal))?.by(person);
        let stepped = self.hub.run(command).await.map_err(status)?;
        let disclosure = disclosure_now(&self.hub, &caller, stepped.disclosure).await.map_err(status)?;
        Ok(Response::new(RestrictDisclosureResponse {
            disclosure: Some(disclosure),
            receipt: stepped.receipt,
            leaf_index: stepped.leaf.cast_unsigned(),
            recorded_at_us: stepped.recorded_at_us,
        }))
    }
}

impl Disclosures {
    /// The caller's agency, and who stands behind what it does.
    async fn person<T>(&self, request: &Request<T>, doing: Doing) -> Result<(AgencyId, Person), Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let now_us = now_us(self.hub.clock());
        let verified = self.officers.if_any(request.metadata(), &caller, now_us).await;
        let verified = verified.map_err(|refusal| refused(&refusal))?;
        let person = self.persons.behind(&caller, Some(doing), verified.as_ref(), now_us);
        Ok((caller, person))
    }
}
