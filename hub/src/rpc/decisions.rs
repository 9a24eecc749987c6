//! `DecisionService`: a stream of decisions in, an answer to each out.

use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use meldeverbund_proto::{
    AgencyId,
    v1::{DecideRequest, DecideResponse, decide_response, decision_service_server::DecisionService},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Officers, Persons, Rates,
    caller::{admitted, peer},
    officer::Verified,
    persons::Doing,
    status::{refusal, refused, status},
};
use crate::{
    clock::now_us,
    flow::{Decide, Failure, Hub},
};

/// Takes decisions.
#[derive(Debug, Clone)]
pub struct Decisions {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Who verifies officers' tokens.
    pub officers: Officers,
    /// What a person must decide.
    pub persons: Persons,
    /// Unanswered decisions on one stream before no more are read.
    pub in_flight: usize,
    /// Ends the streams after what they have read.
    pub stop: CancellationToken,
}

#[tonic::async_trait]
impl DecisionService for Decisions {
    type DecideStream = Pin<Box<dyn Stream<Item = Result<DecideResponse, Status>> + Send>>;

    async fn decide(
        &self,
        request: Request<Streaming<DecideRequest>>,
    ) -> Result<Response<Self::DecideStream>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        admitted(&self.hub, &caller).await.map_err(status)?;
        let now_us = now_us(self.hub.clock());
        let verified = self.officers.if_any(request.metadata(), &caller, now_us).await;
        let verified = verified.map_err(|refusal| refused(&refusal))?;
        let service = self.clone();
        let answers = request
            .into_inner()
            .take_until(self.stop.clone().cancelled_owned())
            .map(move |request| {
                let (service, caller, verified) = (service.clone(), caller.clone(), verified.clone());
                async move { Ok(service.answer(caller, verified, request?).await) }
            })
            .buffered(self.in_flight);
        Ok(Response::new(Box::pin(answers)))
    }
}

impl Decisions {
    /// Answers one decision, in its own task: a caller who goes away does not drop it halfway.
    async fn answer(
        self,
        caller: AgencyId,
        verified: Option<Verified>,
        request: DecideRequest,
    ) -> DecideResponse {
        let command_id = request.command_id.clone();
        let task = tokio::spawn(async move {
            self.rates.count(&caller)?;
            let (target_ids, policies) = (self.hub.store().target_ids().clone(), self.hub.policies().clone());
            let (doing, now_us) = (Doing::decision(&request), now_us(self.hub.clock()));
            let person = self.persons.behind(&caller, doing, verified.as_ref(), now_us);
            let command = Decide::parse(caller, request, self.hub.statement_keys(), target_ids, policies)?;
            self.hub.run(command.by(person)).await
        });
        let result = match task.await.unwrap_or(Err(Failure::panicked())) {
            Ok(decided) => {
                metrics::counter!("meldeverbund_decisions_total").increment(decided.answers.len() as u64);
                decide_response::Result::Decided(decided)
            }
            Err(failure) => decide_response::Result::Refused(refusal(failure)),
        };
        DecideResponse { command_id, result: Some(result) }
    }
}
