//! The calls of the desk: who calls, then the call's own file.

use std::{pin::Pin, sync::Arc};

use meldeverbund_proto::node::v1::{self as m, desk_service_server::DeskService};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{
    Caller, DeskError, Officers, acknowledge_alarm, close_case, decide, explain_target, export_ledger,
    follow_hand_in, gather_targets, liaison, list_cases, list_decisions, list_links, list_targets, officer,
    open_case, prove_link, refer, report_decision, report_hand_in, resend, show_leaf, show_ledger, show_link,
    status, watch,
};
use crate::node::Node;

/// Answers that are made before the caller takes them.
pub(super) const ANSWERS_AHEAD: usize = 4;

/// The desk.
#[derive(Debug, Clone)]
pub struct Desk {
    pub(super) node: Arc<Node>,
    officers: Arc<Officers>,
    stop: CancellationToken,
}

pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Desk {
    /// The desk of a node; calls that only look end when `stop` is cancelled.
    pub fn new(node: Arc<Node>, stop: CancellationToken) -> Self {
        let officers = Arc::new(Officers::new(&node.config));
        Self { node, officers, stop }
    }

    /// Who calls; logged under no name: the records hold it.
    pub(super) fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        self.officers.caller(request).map_err(|error| {
            tracing::warn!(reason = error.reason(), "desk.refused");
            error.into_status(officer::lang(request))
        })
    }

    /// Who calls for something that a liaison body's node does not do.
    fn office<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let caller = self.caller(request)?;
        liaison::office(&self.node).map_err(|error| error.into_status(caller.lang))?;
        Ok(caller)
    }

    pub(super) fn until_stop<T: Send + 'static>(
        &self,
        answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
    ) -> Response<Answers<T>> {
        let stop = self.stop.clone().cancelled_owned();
        Response::new(Box::pin(futures::StreamExt::take_until(answers, stop)))
    }
}

/// One answer, or a status in the caller's language.
pub(super) fn answer<T>(caller: &Caller, result: Result<T, DeskError>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|error| error.into_status(caller.lang))
}

#[async_trait]
impl DeskService for Desk {
    type ReferStream = Answers<m::ReferResponse>;
    type FollowHandInStream = Answers<m::FollowHandInResponse>;
    type ReportHandInStream = Answers<m::ReportHandInResponse>;
    type DecideStream = Answers<m::DecideResponse>;
    type ReportDecisionStream = Answers<m::ReportDecisionResponse>;
    type GatherTargetsStream = Answers<m::GatherTargetsResponse>;
    type WatchStream = Answers<m::WatchResponse>;
    type ExportLedgerStream = Answers<m::ExportLedgerResponse>;

    async fn open_case(
        &self,
        request: Request<m::OpenCaseRequest>,
    ) -> Result<Response<m::OpenCaseResponse>, Status> {
        let caller = self.office(&request)?;
        answer(&caller, open_case::open_case(&self.node, &caller, request.into_inner()).await)
    }

    async fn close_case(
        &self,
        request: Request<m::CloseCaseRequest>,
    ) -> Result<Response<m::CloseCaseResponse>, Status> {
        let caller = self.office(&request)?;
        answer(&caller, close_case::close_case(&self.node, &caller, request.into_inner()).await)
    }

    async fn list_cases(
        &self,
        request: Request<m::ListCasesRequest>,
    ) -> Result<Response<m::ListCasesResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, list_cases::list_cases(&self.node, request.into_inner()).await)
    }

    async fn refer(
        &self,
        request: Request<Streaming<m::ReferRequest>>,
    ) -> Result<Response<Self::ReferStream>, Status> {
        let caller = self.office(&request)?;
        if self.stop.is_cancelled() {
            return Err(DeskError::Stopping.into_status(caller.lang));
        }
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        tokio::spawn(refer::refer(Arc::clone(&self.node), caller, request.into_inner(), responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn follow_hand_in(
        &self,
        request: Request<m::FollowHandInRequest>,
    ) -> Result<Response<Self::FollowHandInStream>, Status> {
        let caller = self.caller(&request)?;
        let hand_in = request.into_inner().hand_in;
        let (responses, answers) = mpsc::channel(1);
        tokio::spawn(follow_hand_in::follow_hand_in(Arc::clone(&self.node), caller, hand_in, responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn report_hand_in(
        &self,
        request: Request<m::ReportHandInRequest>,
    ) -> Result<Response<Self::ReportHandInStream>, Status> {
        let caller = self.caller(&request)?;
        let hand_in = request.into_inner().hand_in;
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        tokio::spawn(report_hand_in::report_hand_in(Arc::clone(&self.node), caller, hand_in, responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn status(
        &self,
        request: Request<m::StatusRequest>,
    ) -> Result<Response<m::StatusResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, status::status(&self.node, &caller).await)
    }

    async fn list_links(
        &self,
        request: Request<m::ListLinksRequest>,
    ) -> Result<Response<m::ListLinksResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, list_links::list_links(&self.node, request.into_inner()).await)
    }

    async fn show_link(
        &self,
        request: Request<m::ShowLinkRequest>,
    ) -> Result<Response<m::ShowLinkResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, show_link::show_link(&self.node, request.into_inner()).await)
    }

    async fn watch(&self, request: Request<m::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.caller(&request)?;
        Ok(self.until_stop(watch::watch(Arc::clone(&self.node))))
    }

    async fn decide(
        &self,
        request: Request<m::DecideRequest>,
    ) -> Result<Response<Self::DecideStream>, Status> {
        let caller = self.office(&request)?;
        if self.stop.is_cancelled() {
            return Err(DeskError::Stopping.into_status(caller.lang));
        }
        let (responses, answers) = mpsc::channel(1);
        tokio::spawn(decide::decide(Arc::clone(&self.node), caller, request.into_inner(), responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn list_decisions(
        &self,
        request: Request<m::ListDecisionsRequest>,
    ) -> Result<Response<m::ListDecisionsResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, list_decisions::list_decisions(&self.node, request.into_inner()).await)
    }

    async fn report_decision(
        &self,
        request: Request<m::ReportDecisionRequest>,
    ) -> Result<Response<Self::ReportDecisionStream>, Status> {
        let caller = self.caller(&request)?;
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        let (node, request) = (Arc::clone(&self.node), request.into_inner());
        tokio::spawn(report_decision::report_decision(node, caller, request, responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn list_targets(
        &self,
        request: Request<m::ListTargetsRequest>,
    ) -> Result<Response<m::ListTargetsResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, list_targets::list_targets(&self.node, request.into_inner()).await)
    }

    async fn gather_targets(
        &self,
        request: Request<m::GatherTargetsRequest>,
    ) -> Result<Response<Self::GatherTargetsStream>, Status> {
        let caller = self.caller(&request)?;
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        let (node, request) = (Arc::clone(&self.node), request.into_inner());
        tokio::spawn(gather_targets::gather_targets(node, caller, request, responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn explain_target(
        &self,
        request: Request<m::ExplainTargetRequest>,
    ) -> Result<Response<m::ExplainTargetResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, explain_target::explain_target(&self.node, request.into_inner()).await)
    }

    async fn resend(
        &self,
        request: Request<m::ResendRequest>,
    ) -> Result<Response<m::ResendResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, resend::resend(&self.node, request.into_inner()).await)
    }

    async fn show_ledger(
        &self,
        request: Request<m::ShowLedgerRequest>,
    ) -> Result<Response<m::ShowLedgerResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, show_ledger::show_ledger(&self.node, request.into_inner()).await)
    }

    async fn show_leaf(
        &self,
        request: Request<m::ShowLeafRequest>,
    ) -> Result<Response<m::ShowLeafResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, show_leaf::show_leaf(&self.node, request.into_inner()).await)
    }

    async fn prove_link(
        &self,
        request: Request<m::ProveLinkRequest>,
    ) -> Result<Response<m::ProveLinkResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, prove_link::prove_link(&self.node, request.into_inner()).await)
    }

    async fn export_ledger(
        &self,
        request: Request<m::ExportLedgerRequest>,
    ) -> Result<Response<Self::ExportLedgerStream>, Status> {
        let caller = self.caller(&request)?;
        let (responses, answers) = mpsc::channel(ANSWERS_AHEAD);
        tokio::spawn(export_ledger::export_ledger(Arc::clone(&self.node), caller, responses));
        Ok(self.until_stop(ReceiverStream::new(answers)))
    }

    async fn acknowledge_alarm(
        &self,
        request: Request<m::AcknowledgeAlarmRequest>,
    ) -> Result<Response<m::AcknowledgeAlarmResponse>, Status> {
        let caller = self.caller(&request)?;
        answer(&caller, acknowledge_alarm::acknowledge_alarm(&self.node, &caller, request.into_inner()).await)
    }
}
