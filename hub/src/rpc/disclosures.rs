//! `DisclosureService`: disclosures as the agency that is asked sees them.

use meldeverbund_proto::v1::{
    AnswerDisclosureRequest, AnswerDisclosureResponse, ListAskedRequest, ListAskedResponse,
    RestrictDisclosureRequest, RestrictDisclosureResponse, disclosure_service_server::DisclosureService,
};
use tonic::{Request, Response, Status};

use super::{
    Rates,
    caller::peer,
    status::{refused, status},
};
use crate::flow::{AnswerDisclosure, Hub, RestrictDisclosure, disclosure_now, disclosures_asked};

/// Asks agencies for details.
#[derive(Debug, Clone)]
pub struct Disclosures {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
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
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let command = AnswerDisclosure::parse(caller.clone(), request.into_inner());
        let stepped = self.hub.run(command.map_err(|refusal| refused(&refusal))?).await.map_err(status)?;
        let disclosure = disclosure_now(&self.hub, &caller, stepped.disclosure).await.map_err(status)?;
        let (disclosure, receipt) = (Some(disclosure), stepped.receipt);
        Ok(Response::new(AnswerDisclosureResponse { disclosure, receipt }))
    }

    async fn restrict_disclosure(
        &self,
        request: Request<RestrictDisclosureRequest>,
    ) -> Result<Response<RestrictDisclosureResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let command = RestrictDisclosure::parse(caller.clone(), request.into_inner());
        let stepped = self.hub.run(command.map_err(|refusal| refused(&refusal))?).await.map_err(status)?;
        let disclosure = disclosure_now(&self.hub, &caller, stepped.disclosure).await.map_err(status)?;
        let (disclosure, receipt) = (Some(disclosure), stepped.receipt);
        Ok(Response::new(RestrictDisclosureResponse { disclosure, receipt }))
    }
}
