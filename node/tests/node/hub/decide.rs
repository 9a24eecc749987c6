//! The hub's services of the lifecycle, and their faults.

use meldeverbund_proto::v1::{
    DecideRequest, DecideResponse, ExplainTargetRequest, ExplainTargetResponse, Refusal, RefusalCode,
    RuleTrace, ShowTargetsRequest, ShowTargetsResponse, Stage, TimelineEntry, decide_response,
    decision_service_server::DecisionService, target_service_server::TargetService,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{
    FakeHub, Fault,
    decisions::fresh,
    services::{Answers, refused},
    state::card,
};

#[async_trait]
impl DecisionService for FakeHub {
    type DecideStream = Answers<DecideResponse>;

    async fn decide(
        &self,
        request: Request<Streaming<DecideRequest>>,
    ) -> Result<Response<Self::DecideStream>, Status> {
        let mut requests = request.into_inner();
        let (answers, stream) = mpsc::channel(64);
        let hub = self.clone();
        let epoch = hub.life();
        tokio::spawn(async move {
            let mut bell = hub.bell.subscribe();
            loop {
                let request = tokio::select! {
                    request = requests.message() => request,
                    _ = bell.changed() => {
                        if hub.life() != epoch {
                            let _ = answers.send(Err(Status::unavailable("the hub is gone"))).await;
                            return;
                        }
                        continue;
                    }
                };
                let Ok(Some(request)) = request else { return };
                if !hub.answer_decision(request, &answers).await {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

impl FakeHub {
    /// Answers one decision as the script says; false: the line is broken.
    async fn answer_decision(
        &self,
        request: DecideRequest,
        answers: &mpsc::Sender<Result<DecideResponse, Status>>,
    ) -> bool {
        let broken = Status::unavailable("the line broke");
        let fault = if request.dry_run { Fault::None } else { self.next_decision_fault() };
        if !request.dry_run {
            self.state.lock().unwrap().decisions.read.push(request.clone());
            self.ring();
        }
        match &fault {
            Fault::LoseRequest => {
                let _ = answers.send(Err(broken)).await;
                return false;
            }
            Fault::Status(code) => {
                let _ = answers.send(Err(Status::new(*code, "no"))).await;
                return false;
            }
            Fault::Hold => {
                let (mut gate, mut bell) = (self.gate.subscribe(), self.bell.subscribe());
                let epoch = self.life();
                loop {
                    tokio::select! {
                        _ = gate.changed() => break,
                        _ = bell.changed() => {
                            if self.life() != epoch {
                                let _ = answers.send(Err(broken)).await;
                                return false;
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        let result = match &fault {
            Fault::Refuse(refusal) => decide_response::Result::Refused(refusal.clone()),
            _ => {
                let mut state = self.state.lock().unwrap();
                let mut decided = state.decide(&request);
                if matches!(fault, Fault::Vanish) {
                    // In the same instant: what was recorded is told to nobody before the hub is back.
                    self.dies();
                }
                drop(state);
                if matches!(fault, Fault::ShortAnswer) {
                    decided.answers.pop();
                }
                decide_response::Result::Decided(decided)
            }
        };
        self.ring();
        if matches!(fault, Fault::Vanish) {
            self.vanish();
        }
        if matches!(fault, Fault::LoseAnswer | Fault::Vanish) {
            let _ = answers.send(Err(broken)).await;
            return false;
        }
        let response = DecideResponse { command_id: request.command_id, result: Some(result) };
        answers.send(Ok(response)).await.is_ok()
    }
}

#[async_trait]
impl TargetService for FakeHub {
    async fn show_targets(
        &self,
        request: Request<ShowTargetsRequest>,
    ) -> Result<Response<ShowTargetsResponse>, Status> {
        let mut state = self.state.lock().unwrap();
        let ids = request.into_inner().target_ids;
        state.asked.extend(ids.iter().cloned());
        let decisions = &state.decisions;
        let known = ids.iter().filter(|id| decisions.targets.contains(*id));
        let view = |id: &String| decisions.views.get(id).cloned().unwrap_or_else(|| fresh(id));
        let agencies = vec![card("de-nw-lka"), card("de-by-lka")];
        Ok(Response::new(ShowTargetsResponse {
            targets: known.map(view).collect(),
            agencies,
            ..Default::default()
        }))
    }

    async fn explain_target(
        &self,
        request: Request<ExplainTargetRequest>,
    ) -> Result<Response<ExplainTargetResponse>, Status> {
        let ExplainTargetRequest { target_id, at_leaf } = request.into_inner();
        let state = self.state.lock().unwrap();
        if !state.targets.values().any(|(id, _)| *id == target_id) {
            return Err(refused(&Refusal::of(RefusalCode::TargetUnknown, "is unknown")));
        }
        let entry = TimelineEntry {
            leaf_index: at_leaf,
            recorded_at_us: 1_800_000_000_000_000,
            agency_id: "de-nw-lka".into(),
            what: "referral".into(),
            round: 1,
            stage: Stage::Referred.into(),
            owner_agency_id: "de-nw-lka".into(),
            ..TimelineEntry::default()
        };
        let rule = RuleTrace { rule: "first_seised".into(), fits: true, reason: "it was first".into() };
        Ok(Response::new(ExplainTargetResponse {
            owner_agency_id: "de-nw-lka".into(),
            owner_basis: meldeverbund_proto::v1::OwnerBasis::FirstSeised.into(),
            responsibility: meldeverbund_proto::v1::Responsibility::Confirmed.into(),
            rules: vec![rule],
            timeline: vec![entry],
            agencies: vec![card("de-nw-lka")],
        }))
    }
}
