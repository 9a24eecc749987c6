//! `TargetService`.

use meldeverbund_proto::v1::{
    ExplainTargetRequest, ExplainTargetResponse, ShowTargetsRequest, ShowTargetsResponse,
    target_service_server::TargetService,
};
use tonic::{Request, Response, Status};

use super::{
    Rates,
    caller::peer,
    status::{refused, status},
};
use crate::flow::{Hub, explain, show};

/// Shows targets.
#[derive(Debug, Clone)]
pub struct Targets {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
}

#[tonic::async_trait]
impl TargetService for Targets {
    async fn show_targets(
        &self,
        request: Request<ShowTargetsRequest>,
    ) -> Result<Response<ShowTargetsResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.still().await.map_err(status)?;
        let shown = show(&mut reader, &self.hub.views(), &caller, request.get_ref()).await;
        Ok(Response::new(shown.map_err(status)?))
    }

    async fn explain_target(
        &self,
        request: Request<ExplainTargetRequest>,
    ) -> Result<Response<ExplainTargetResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.still().await.map_err(status)?;
        let explained = explain(&mut reader, &self.hub.views(), &caller, request.get_ref()).await;
        Ok(Response::new(explained.map_err(status)?))
    }
}
