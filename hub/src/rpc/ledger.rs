//! `LedgerService`: witnesses follow what is published, and vouch for it.

use std::{pin::Pin, time::Duration};

use futures::{Stream, StreamExt as _};
use meldeverbund_proto::{
    AgencyId,
    v1::{
        ProveConsistencyRequest, ProveConsistencyResponse, Refusal, WitnessBegin, WitnessRequest,
        WitnessResponse, ledger_service_server::LedgerService, witness_request::Step,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Rates,
    caller::{admitted, peer},
    status::{refused, status},
};
use crate::flow::{Failure, Hub, cosign, learn, prove_consistency, witness};

/// Checkpoints ahead of the witness: only the newest is of interest.
const READ_AHEAD: usize = 1;

/// How often is looked without a bell: what another hub on the same database publishes, and how soon a suspension ends a
/// stream.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Serves witnesses.
#[derive(Debug, Clone)]
pub struct Ledgers {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Ends the streams.
    pub stop: CancellationToken,
}

#[tonic::async_trait]
impl LedgerService for Ledgers {
    type WitnessStream = Pin<Box<dyn Stream<Item = Result<WitnessResponse, Status>> + Send>>;

    async fn witness(
        &self,
        request: Request<Streaming<WitnessRequest>>,
    ) -> Result<Response<Self::WitnessStream>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        admitted(&self.hub, &caller).await.map_err(status)?;
        let (answers, stream) = mpsc::channel(READ_AHEAD);
        let said = request.into_inner();
        let witness = Witness {
            ledgers: self.clone(),
            caller,
            verified: (0, 0),
            told: String::new(),
            answers: answers.clone(),
        };
        tokio::spawn(async move {
            if let Err(status) = witness.run(said).await {
                // Whoever witnesses learns why; if he is gone, nobody need.
                let _ = answers.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn prove_consistency(
        &self,
        request: Request<ProveConsistencyRequest>,
    ) -> Result<Response<ProveConsistencyResponse>, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        admitted(&self.hub, &caller).await.map_err(status)?;
        let mut reader = self.hub.reader().await.map_err(status)?;
        let proofs = prove_consistency(&mut reader, request.get_ref()).await.map_err(status)?;
        Ok(Response::new(proofs))
    }
}

struct Witness {
    ledgers: Ledgers,
    caller: AgencyId,
    /// Epoch and size of what the witness has verified, or was told with its proof.
    verified: (u32, u64),
    told: String,
    answers: mpsc::Sender<Result<WitnessResponse, Status>>,
}

impl Witness {
    async fn run(mut self, mut said: Streaming<WitnessRequest>) -> Result<(), Status> {
        let stop = self.ledgers.stop.clone();
        let Some(Some(first)) = stop.run_until_cancelled(said.next()).await else { return Ok(()) };
        let Some(Step::Begin(WitnessBegin { epoch, size, newest_checkpoint })) = first?.step else {
            return Err(refused(&Refusal::missing("begin")));
        };
        learn(&self.ledgers.hub, &self.caller, &newest_checkpoint).await.map_err(status)?;
        self.verified = (u32::try_from(epoch).unwrap_or(u32::MAX), size);
        let mut published = self.ledgers.hub.ledger().published();
        loop {
            published.borrow_and_update();
            self.look().await?;
            tokio::select! {
                // A closed bell means that the hub ends; the stop follows.
                _ = published.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                said = said.next() => match said {
                    Some(said) => self.hear(said?).await?,
                    None => return Ok(()),
                },
                () = self.answers.closed() => return Ok(()),
                () = stop.cancelled() => return Ok(()),
            }
        }
    }

    /// Tells what is new.
    async fn look(&mut self) -> Result<(), Status> {
        admitted(&self.ledgers.hub, &self.caller).await.map_err(status)?;
        let mut reader = self.ledgers.hub.reader().await.map_err(status)?;
        let next = witness(&mut reader, self.verified, &self.told).await.map_err(status)?;
        drop(reader);
        let Some((place, answer)) = next else { return Ok(()) };
        self.told.clone_from(&answer.checkpoint);
        // What lies behind what the witness knows proves nothing of it: its own place stays.
        self.verified = self.verified.max(place);
        // Whoever is gone is noticed by the caller.
        let _ = self.answers.send(Ok(answer)).await;
        Ok(())
    }

    /// Takes a cosignature, in its own task: a witness who goes away does not drop it halfway.
    async fn hear(&self, said: WitnessRequest) -> Result<(), Status> {
        let Some(Step::Cosignature(cosignature)) = said.step else {
            return Err(refused(&Refusal::missing("cosignature")));
        };
        self.ledgers.rates.count(&self.caller).map_err(|refusal| refused(&refusal))?;
        let (hub, caller) = (self.ledgers.hub.clone(), self.caller.clone());
        let task = tokio::spawn(async move { cosign(&hub, &caller, cosignature).await });
        let new = task.await.unwrap_or(Err(Failure::panicked())).map_err(status)?;
        if new {
            metrics::counter!("meldeverbund_cosignatures_total").increment(1);
        }
        Ok(())
    }
}
