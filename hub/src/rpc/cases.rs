//! `CaseService`.

use meldeverbund_proto::v1::{
    CloseCaseRequest, CloseCaseResponse, OpenCaseRequest, OpenCaseResponse, case_service_server::CaseService,
};
use tonic::{Request, Response, Status};

use super::{
    Rates,
    caller::peer,
    status::{refused, status},
};
use crate::flow::{CloseCase, Hub, OpenCase};

/// Opens and closes cases.
#[derive(Debug, Clone)]
pub struct Cases {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
}

#[tonic::async_trait]
impl CaseService for Cases {
    async fn open_case(
        &self,
        request: Request<OpenCaseRequest>,
    ) -> Result<Response<OpenCaseResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let command = OpenCase::parse(caller, request.into_inner()).map_err(|refusal| refused(&refusal))?;
        Ok(Response::new(self.hub.run(command).await.map_err(status)?))
    }

    async fn close_case(
        &self,
        request: Request<CloseCaseRequest>,
    ) -> Result<Response<CloseCaseResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let command = CloseCase::parse(caller, request.into_inner()).map_err(|refusal| refused(&refusal))?;
        Ok(Response::new(self.hub.run(command).await.map_err(status)?))
    }
}
