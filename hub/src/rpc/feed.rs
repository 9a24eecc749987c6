//! `FeedService`: what concerns an agency, in order, and on with it as it comes.

use std::{pin::Pin, time::Duration};

use futures::Stream;
use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId, InstanceId,
    ids::IdError,
    v1::{
        AcknowledgeRequest, AcknowledgeResponse, FollowRequest, FollowResponse, Refusal,
        feed_service_server::FeedService,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{
    Rates,
    caller::peer,
    status::{refused, status},
};
use crate::flow::{Acknowledge, Failure, Hub, LiveInstance, admit, learn, place, read_feed};

/// Events read ahead of the receiver.
const READ_AHEAD: usize = 2;

/// How often a quiet feed is read without a bell: the safety net, and how soon a suspension ends a stream.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Serves the feeds.
#[derive(Debug, Clone)]
pub struct Feeds {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Ends the streams.
    pub stop: CancellationToken,
}

#[tonic::async_trait]
impl FeedService for Feeds {
    type FollowStream = Pin<Box<dyn Stream<Item = Result<FollowResponse, Status>> + Send>>;

    async fn follow(&self, request: Request<FollowRequest>) -> Result<Response<Self::FollowStream>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        let FollowRequest { instance_id, boot_id, after_sequence, epoch, newest_checkpoint } =
            request.into_inner();
        let instance = parse_uuid("instance_id", &instance_id).map_err(|refusal| refused(&refusal))?;
        parse_uuid("boot_id", &boot_id).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.reader().await.map_err(status)?;
        let row = admit(&mut reader, &caller).await.map_err(status)?;
        drop(reader);
        learn(&self.hub, &caller, &newest_checkpoint).await.map_err(status)?;
        let after = place(&self.hub, &row, epoch, after_sequence).await.map_err(status)?;
        let agency = row.agency.no;
        let place =
            self.hub.instances().enter(agency, instance, &boot_id).map_err(|refusal| refused(&refusal))?;
        let (events, stream) = mpsc::channel(READ_AHEAD);
        let follower =
            Follower { hub: self.hub.clone(), caller, agency, instance, after, events, _place: place };
        tokio::spawn(follower.run(self.stop.clone()));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Result<Response<AcknowledgeResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let command = Acknowledge::parse(caller, request.get_ref()).map_err(|refusal| refused(&refusal))?;
        self.hub.run(command).await.map_err(status)?;
        Ok(Response::new(AcknowledgeResponse {}))
    }
}

struct Follower {
    hub: Hub,
    caller: AgencyId,
    agency: AgencyNo,
    instance: InstanceId,
    after: i64,
    events: mpsc::Sender<Result<FollowResponse, Status>>,
    _place: LiveInstance,
}

impl Follower {
    async fn run(mut self, stop: CancellationToken) {
        let mut bell = self.hub.bell(self.agency);
        loop {
            bell.borrow_and_update();
            let page = match self.page().await {
                Ok(page) => page,
                Err(failure) => {
                    // Whoever follows learns why; if he is gone, nobody need.
                    let _ = self.events.send(Err(status(failure))).await;
                    return;
                }
            };
            let quiet = page.is_empty();
            for event in page {
                self.after = event.sequence.cast_signed();
                if stop
                    .run_until_cancelled(self.events.send(Ok(event)))
                    .await
                    .is_none_or(|sent| sent.is_err())
                {
                    return;
                }
            }
            if quiet {
                tokio::select! {
                    // A closed bell means that the hub ends; the stop follows.
                    _ = bell.changed() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    () = self.events.closed() => return,
                    () = stop.cancelled() => return,
                }
            }
        }
    }

    async fn page(&self) -> Result<Vec<FollowResponse>, Failure> {
        // A view is read in several statements: between two of them an agency may join or decide.
        let mut reader = self.hub.still().await?;
        admit(&mut reader, &self.caller).await?;
        let views = self.hub.views();
        Ok(read_feed(&mut reader, &views, self.agency, self.instance, self.after).await?)
    }
}

fn parse_uuid(field: &str, text: &str) -> Result<InstanceId, Refusal> {
    text.parse().map_err(|error: IdError| Refusal::invalid(field, error.to_string()))
}
