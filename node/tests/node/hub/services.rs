//! The hub's services.

use std::pin::Pin;

use meldeverbund_proto::v1::{
    AcknowledgeRequest, AcknowledgeResponse, AgencyCard, CloseCaseRequest, CloseCaseResponse, FollowRequest,
    FollowResponse, OpenCaseRequest, OpenCaseResponse, Refusal, ReportReconciledRequest,
    ReportReconciledResponse, SubmitRequest, SubmitResponse, WhoAmIRequest, WhoAmIResponse,
    agency_service_server::AgencyService, case_service_server::CaseService, feed_service_server::FeedService,
    referral_service_server::ReferralService, submit_response,
};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming, async_trait};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{FakeHub, Fault, state::card};

pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A refusal as the hub sends it.
pub(crate) fn refused(refusal: &Refusal) -> Status {
    let mut details = ErrorDetails::with_error_info(
        refusal.code().as_str_name(),
        "meldeverbund",
        std::collections::HashMap::new(),
    );
    if !refusal.field.is_empty() {
        details.add_bad_request_violation(&refusal.field, &refusal.reason);
    }
    if refusal.retry_after_ms > 0 {
        details.set_retry_info(Some(std::time::Duration::from_millis(refusal.retry_after_ms)));
    }
    Status::with_error_details(tonic::Code::FailedPrecondition, &refusal.reason, details)
}

#[async_trait]
impl AgencyService for FakeHub {
    async fn who_am_i(&self, _: Request<WhoAmIRequest>) -> Result<Response<WhoAmIResponse>, Status> {
        let (agency, epoch) = {
            let state = self.state.lock().unwrap();
            (AgencyCard { kind: state.kind, ..card(&state.agency) }, state.log_epoch)
        };
        Ok(Response::new(WhoAmIResponse {
            agency: Some(agency),
            node: "main".into(),
            hub_time_us: 1_800_000_000_000_000,
            hub_version: "0.0.0".into(),
            limits: None,
            epoch,
            reconciled: true,
        }))
    }

    async fn report_reconciled(
        &self,
        request: Request<ReportReconciledRequest>,
    ) -> Result<Response<ReportReconciledResponse>, Status> {
        self.state.lock().unwrap().reconciled.push(request.get_ref().epoch);
        self.ring();
        Ok(Response::new(ReportReconciledResponse {}))
    }
}

#[async_trait]
impl CaseService for FakeHub {
    async fn open_case(
        &self,
        request: Request<OpenCaseRequest>,
    ) -> Result<Response<OpenCaseResponse>, Status> {
        let request = request.into_inner();
        let case = request.case.clone().unwrap();
        let opened = self.state.lock().unwrap().open(&request.command_id, &request.encode_to_vec(), &case);
        self.ring();
        let (case, state, stood_already) = opened.map_err(|refusal| refused(&refusal))?;
        Ok(Response::new(OpenCaseResponse { case: Some(case), state: state.into(), stood_already }))
    }

    async fn close_case(
        &self,
        request: Request<CloseCaseRequest>,
    ) -> Result<Response<CloseCaseResponse>, Status> {
        let request = request.into_inner();
        let closed =
            self.state.lock().unwrap().close(&request.command_id, &request.encode_to_vec(), &request.number);
        self.ring();
        closed.map_err(|refusal| refused(&refusal))?;
        Ok(Response::new(CloseCaseResponse { closed_already: false }))
    }
}

#[async_trait]
impl ReferralService for FakeHub {
    type SubmitStream = Answers<SubmitResponse>;

    async fn submit(
        &self,
        request: Request<Streaming<SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStream>, Status> {
        let mut requests = request.into_inner();
        // Reading is not held up by answering: the test sees how much a node sends unanswered.
        let (read, mut pending) = mpsc::channel(64);
        let (answers, stream) = mpsc::channel(64);
        let hub = self.clone();
        hub.state.lock().unwrap().unanswered = 0;
        let epoch = hub.life();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                {
                    let mut state = hub.state.lock().unwrap();
                    state.read.push(request.submission_id.clone());
                    state.unanswered += 1;
                    state.most_unanswered = state.most_unanswered.max(state.unanswered);
                }
                hub.ring();
                if read.send(request).await.is_err() {
                    return;
                }
            }
        });
        let hub = self.clone();
        tokio::spawn(async move {
            let mut late: Option<SubmitResponse> = None;
            let mut bell = hub.bell.subscribe();
            loop {
                let request = tokio::select! {
                    request = pending.recv() => request,
                    _ = bell.changed() => {
                        if hub.life() != epoch {
                            let _ = answers.send(Err(Status::unavailable("the hub is gone"))).await;
                            return;
                        }
                        continue;
                    }
                };
                let Some(request) = request else { return };
                if !hub.answer(request, &mut late, &answers).await {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

impl FakeHub {
    /// Answers one submission as the script says; false: the line is broken.
    async fn answer(
        &self,
        request: SubmitRequest,
        late: &mut Option<SubmitResponse>,
        answers: &mpsc::Sender<Result<SubmitResponse, Status>>,
    ) -> bool {
        let fault = self.next_fault();
        let broken = Status::unavailable("the line broke");
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
                let mut gate = self.gate.subscribe();
                gate.changed().await.unwrap();
            }
            _ => {}
        }
        let result = match &fault {
            Fault::Refuse(refusal) => submit_response::Result::Refused(refusal.clone()),
            _ => match self.state.lock().unwrap().record(&request) {
                Ok(mut accepted) => {
                    if matches!(fault, Fault::ShortAnswer) {
                        accepted.answers.pop();
                    }
                    submit_response::Result::Accepted(accepted)
                }
                Err(refusal) => submit_response::Result::Refused(refusal),
            },
        };
        self.ring();
        if matches!(fault, Fault::LoseAnswer) {
            let _ = answers.send(Err(broken)).await;
            return false;
        }
        let response = SubmitResponse { submission_id: request.submission_id, result: Some(result) };
        if matches!(fault, Fault::Late) && late.is_none() {
            *late = Some(response);
            return true;
        }
        self.state.lock().unwrap().unanswered -= 1;
        let mut whole = answers.send(Ok(response)).await.is_ok();
        if let Some(response) = late.take() {
            self.state.lock().unwrap().unanswered -= 1;
            whole = answers.send(Ok(response)).await.is_ok();
        }
        self.ring();
        whole
    }
}

#[async_trait]
impl FeedService for FakeHub {
    type FollowStream = Answers<FollowResponse>;

    async fn follow(&self, request: Request<FollowRequest>) -> Result<Response<Self::FollowStream>, Status> {
        let request = request.into_inner();
        let epoch = {
            let mut state = self.state.lock().unwrap();
            if let Some(refusal) = &state.refuse_follow {
                return Err(refused(refusal));
            }
            state.follows.push(request.after_sequence);
            state.shown.push(request.newest_checkpoint);
            self.life()
        };
        self.ring();
        let (events, stream) = mpsc::channel(4);
        let hub = self.clone();
        tokio::spawn(async move {
            let mut bell = hub.bell.subscribe();
            let mut sent = hub
                .state
                .lock()
                .unwrap()
                .feed
                .iter()
                .take_while(|e| e.sequence <= request.after_sequence)
                .count();
            loop {
                bell.mark_unchanged();
                let (next, now) = {
                    let state = hub.state.lock().unwrap();
                    (state.feed.get(sent).cloned(), hub.life())
                };
                if now != epoch {
                    let _ = events.send(Err(Status::unavailable("the hub is gone"))).await;
                    return;
                }
                let whole = match next {
                    Some(event) => {
                        sent += 1;
                        events.send(Ok(event)).await.is_ok()
                    }
                    None => tokio::select! {
                        changed = bell.changed() => changed.is_ok(),
                        () = events.closed() => false,
                    },
                };
                if !whole {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Result<Response<AcknowledgeResponse>, Status> {
        let mut state = self.state.lock().unwrap();
        if request.get_ref().sequence < state.acknowledged {
            state.broken.push("an acknowledgement went back".into());
        }
        state.acknowledged = request.get_ref().sequence;
        drop(state);
        self.ring();
        Ok(Response::new(AcknowledgeResponse {}))
    }
}
