//! `LiaisonService`: a stream of questions in, an answer to each out, each at a tick.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{Stream, StreamExt as _};
use meldeverbund_domain::liaison::Settings;
use meldeverbund_proto::{
    AgencyId,
    v1::{
        AnnounceRequest, AnnounceResponse, ListAnnouncementsRequest, ListAnnouncementsResponse,
        ListDisclosuresRequest, ListDisclosuresResponse, QueryAnswered, QueryRequest, QueryResponse, Refusal,
        RefusalCode, RequestDisclosureRequest, RequestDisclosureResponse,
        liaison_service_server::LiaisonService, query_response,
    },
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Officers, Rates,
    caller::peer,
    officer::{LIAISON, Verified},
    status::{refusal, refused, status},
    streams::Streams,
    tick::leave,
};
use crate::{
    clock::now_us,
    flow::{
        Announce, Ask, Failure, Hub, RequestDisclosure, admit, announcements_of, answer_liaison,
        disclosure_requested, disclosures_of,
    },
};

/// Answers liaison bodies.
#[derive(Debug, Clone)]
pub struct Liaison {
    hub: Hub,
    rates: Rates,
    officers: Officers,
    settings: Arc<Settings>,
    /// Unanswered batches on one stream before no more are read.
    in_flight: usize,
    streams: Streams,
    stop: CancellationToken,
}

impl Liaison {
    /// Answers with this hub. A stream is not read on while `in_flight` of its batches are unanswered; `stop` ends the streams
    /// after what they have read.
    pub fn new(
        hub: Hub,
        rates: Rates,
        officers: Officers,
        settings: Settings,
        in_flight: usize,
        stop: CancellationToken,
    ) -> Self {
        let (settings, streams) = (Arc::new(settings), Streams::default());
        Self { hub, rates, officers, settings, in_flight, streams, stop }
    }
}

#[tonic::async_trait]
impl LiaisonService for Liaison {
    type QueryStream = Pin<Box<dyn Stream<Item = Result<QueryResponse, Status>> + Send>>;

    async fn query(
        &self,
        request: Request<Streaming<QueryRequest>>,
    ) -> Result<Response<Self::QueryStream>, Status> {
        let (caller, verified) = self.officer(&request).await?;
        let open = self.streams.open(&caller, self.settings.streams).map_err(|refusal| refused(&refusal))?;
        let service = self.clone();
        let asked = Arc::new(AtomicU64::new(0));
        let answers = request
            .into_inner()
            .take_until(self.stop.clone().cancelled_owned())
            .map(move |request| {
                // The stream is open as long as this is.
                let _open = &open;
                let came = Instant::now();
                let (service, caller) = (service.clone(), caller.clone());
                let (verified, asked) = (verified.clone(), Arc::clone(&asked));
                async move {
                    let answer = service.one(caller, verified, request?, &asked).await;
                    leave(came).await;
                    Ok(answer)
                }
            })
            .buffered(self.in_flight);
        Ok(Response::new(Box::pin(answers)))
    }

    async fn announce(
        &self,
        request: Request<AnnounceRequest>,
    ) -> Result<Response<AnnounceResponse>, Status> {
        let (came, (caller, verified)) = (Instant::now(), self.officer(&request).await?);
        let answer = async {
            self.rates.count(&caller)?;
            let command = Announce::parse(caller, verified.officer, request.into_inner(), &self.settings)?;
            self.hub.run(command).await
        }
        .await;
        leave(came).await;
        answer.map(Response::new).map_err(status)
    }

    async fn list_announcements(
        &self,
        request: Request<ListAnnouncementsRequest>,
    ) -> Result<Response<ListAnnouncementsResponse>, Status> {
        let (caller, _) = self.officer(&request).await?;
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.still().await.map_err(status)?;
        let listed = announcements_of(&mut reader, &caller, request.get_ref()).await;
        Ok(Response::new(listed.map_err(status)?))
    }

    async fn request_disclosure(
        &self,
        request: Request<RequestDisclosureRequest>,
    ) -> Result<Response<RequestDisclosureResponse>, Status> {
        let (came, (caller, verified)) = (Instant::now(), self.officer(&request).await?);
        let answer = async {
            self.rates.count(&caller)?;
            let (request, policies) = (request.into_inner(), self.hub.policies().clone());
            let command = RequestDisclosure::parse(caller, verified.officer, request, policies)?;
            let stepped = self.hub.run(command).await?;
            disclosure_requested(&self.hub, stepped).await
        }
        .await;
        leave(came).await;
        answer.map(Response::new).map_err(status)
    }

    async fn list_disclosures(
        &self,
        request: Request<ListDisclosuresRequest>,
    ) -> Result<Response<ListDisclosuresResponse>, Status> {
        let (caller, _) = self.officer(&request).await?;
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.still().await.map_err(status)?;
        let target_ids = self.hub.store().target_ids();
        let listed = disclosures_of(&mut reader, target_ids, &caller, request.get_ref()).await;
        Ok(Response::new(listed.map_err(status)?))
    }
}

impl Liaison {
    /// The caller's agency, which must be a liaison body, and its officer.
    async fn officer<T>(&self, request: &Request<T>) -> Result<(AgencyId, Verified), Status> {
        let caller = peer(request.extensions())?.agency.clone();
        let mut reader = self.hub.reader().await.map_err(status)?;
        let agency = admit(&mut reader, &caller).await.map_err(status)?.agency;
        drop(reader);
        agency.may_ask().map_err(|refusal| refused(&refusal))?;
        let verified =
            self.officers.of(request.metadata(), &caller, &LIAISON, now_us(self.hub.clock())).await;
        Ok((caller, verified.map_err(|refusal| refused(&refusal))?))
    }

    /// Answers one batch, in its own task: a caller who goes away does not drop it halfway.
    async fn one(
        self,
        caller: AgencyId,
        verified: Verified,
        request: QueryRequest,
        asked: &AtomicU64,
    ) -> QueryResponse {
        let query_id = request.query_id.clone();
        let selectors = request.selectors.len() as u64;
        let before = asked.fetch_add(selectors, Ordering::Relaxed);
        let most = u64::from(self.settings.selectors_per_stream);
        let task = tokio::spawn(async move {
            if before + selectors > most {
                let reason = "this stream has asked as much as one may; open another one";
                return Err(Refusal::of(RefusalCode::TooLarge, reason).into());
            }
            self.answer(caller, &verified, request).await
        });
        let result = match task.await.unwrap_or(Err(Failure::panicked())) {
            Ok(answered) => {
                metrics::counter!("meldeverbund_liaison_selectors_total").increment(selectors);
                query_response::Result::Answered(answered)
            }
            Err(failure) => query_response::Result::Refused(refusal(failure)),
        };
        QueryResponse { query_id, result: Some(result) }
    }

    async fn answer(
        &self,
        caller: AgencyId,
        verified: &Verified,
        request: QueryRequest,
    ) -> Result<QueryAnswered, Failure> {
        self.rates.count(&caller)?;
        verified.still(now_us(self.hub.clock()))?;
        let (command, wanted) = Ask::parse(caller, verified.officer.clone(), request, &self.settings)?;
        let asked = self.hub.run(command).await?;
        answer_liaison(&self.hub, asked, &wanted).await
    }
}
