//! `ReferralService`: a stream of submissions in, an answer to each out.

use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use meldeverbund_proto::{
    AgencyId,
    v1::{SubmitRequest, SubmitResponse, referral_service_server::ReferralService, submit_response},
};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Rates,
    caller::{admitted, peer},
    status::{refusal, status},
};
use crate::flow::{Failure, Hub, Submit};

/// Takes submissions.
#[derive(Debug, Clone)]
pub struct Referrals {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Unanswered submissions on one stream before no more are read.
    pub in_flight: usize,
    /// Ends the streams after what they have read.
    pub stop: CancellationToken,
}

#[tonic::async_trait]
impl ReferralService for Referrals {
    type SubmitStream = Pin<Box<dyn Stream<Item = Result<SubmitResponse, Status>> + Send>>;

    async fn submit(
        &self,
        request: Request<Streaming<SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStream>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        admitted(&self.hub, &caller).await.map_err(status)?;
        let service = self.clone();
        let answers = request
            .into_inner()
            .take_until(self.stop.clone().cancelled_owned())
            .map(move |request| {
                let (service, caller) = (service.clone(), caller.clone());
                async move { Ok(service.answer(caller, request?).await) }
            })
            .buffered(self.in_flight);
        Ok(Response::new(Box::pin(answers)))
    }
}

impl Referrals {
    /// Answers one submission. It runs in its own task: a caller who goes away does not drop it halfway, and the
    /// submissions of one stream are made ready beside each other.
    async fn answer(self, caller: AgencyId, request: SubmitRequest) -> SubmitResponse {
        let submission_id = request.submission_id.clone();
        let task = tokio::spawn(async move {
            self.rates.count(&caller)?;
            let (target_ids, policies) = (self.hub.store().target_ids().clone(), self.hub.policies().clone());
            let keys = self.hub.statement_keys().clone();
            // A large one takes milliseconds, for which everybody else on this thread would wait.
            let parse = move || Submit::parse(caller, &request, &keys, target_ids, policies);
            let command = spawn_blocking(parse).await.map_err(|_| Failure::panicked())??;
            self.hub.run(command).await
        });
        let outcome = task.await.unwrap_or(Err(Failure::panicked()));
        let result = match outcome {
            Ok(accepted) => {
                metrics::counter!("meldeverbund_referrals_total").increment(accepted.answers.len() as u64);
                submit_response::Result::Accepted(accepted)
            }
            Err(failure) => submit_response::Result::Refused(refusal(failure)),
        };
        SubmitResponse { submission_id, result: Some(result) }
    }
}
