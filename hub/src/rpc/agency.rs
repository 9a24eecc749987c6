//! `AgencyService`: how the hub sees the caller.

use meldeverbund_proto::{
    leaf::Salt,
    limits::{LINK_BYTES, MESSAGE_BYTES, REFERRALS_PER_SUBMISSION},
    v1::{
        Limits, ReportReconciledRequest, ReportReconciledResponse, WhoAmIRequest, WhoAmIResponse,
        agency_service_server::AgencyService,
    },
};
use rand::RngExt as _;
use tonic::{Request, Response, Status};

use super::{
    Rates,
    caller::peer,
    status::{refused, status},
};
use crate::{
    clock::now_us,
    flow::{Hub, ReportReconciled, admit, reconciled},
};

/// Tells agencies how the hub sees them.
#[derive(Debug, Clone)]
pub struct Agencies {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Unanswered submissions on one stream before no more are read.
    pub in_flight: u32,
}

#[tonic::async_trait]
impl AgencyService for Agencies {
    async fn who_am_i(&self, request: Request<WhoAmIRequest>) -> Result<Response<WhoAmIResponse>, Status> {
        let peer = peer(request.extensions())?;
        let mut reader = self.hub.reader().await.map_err(status)?;
        let row = admit(&mut reader, &peer.agency).await.map_err(status)?;
        let (epoch, reconciled) = reconciled(&mut reader, row.agency.no).await.map_err(status)?;
        let constant = |value: usize| u32::try_from(value).expect("limits are far below 4 billion");
        Ok(Response::new(WhoAmIResponse {
            agency: Some(row.card),
            node: peer.node.to_string(),
            hub_time_us: now_us(self.hub.clock()),
            hub_version: env!("CARGO_PKG_VERSION").into(),
            limits: Some(Limits {
                referrals_per_submission: constant(REFERRALS_PER_SUBMISSION),
                message_bytes: constant(MESSAGE_BYTES),
                link_bytes: constant(LINK_BYTES),
                submissions_in_flight: self.in_flight,
            }),
            epoch,
            reconciled,
        }))
    }

    async fn report_reconciled(
        &self,
        request: Request<ReportReconciledRequest>,
    ) -> Result<Response<ReportReconciledResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let salt = Salt::from_random(rand::rng().random());
        let command = ReportReconciled { caller, epoch: request.get_ref().epoch, salt };
        self.hub.run(command).await.map_err(status)?;
        Ok(Response::new(ReportReconciledResponse {}))
    }
}
