//! `BlindService`: epochs, their sets, and evaluations.

use std::pin::Pin;

use futures::{Stream, StreamExt as _};
use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId,
    v1::{
        BlindIncrement, EvaluateRequest, EvaluateResponse, FetchSetRequest, FetchSetResponse, Refusal,
        RefusalCode, ShowEpochsRequest, ShowEpochsResponse, blind_service_server::BlindService,
        fetch_set_response,
    },
};
use rand::RngExt as _;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::{
    Officers, Rates,
    caller::peer,
    officer::{LIAISON, Verified},
    status::{refused, status},
};
use crate::{
    clock::now_us,
    flow::{Blind, CountBlind, Failure, Hub, Piece, Set, admit, evaluate_blind, show_blind},
};

/// Answers liaison bodies blindly.
#[derive(Debug, Clone)]
pub struct Blinds {
    /// The hub.
    pub hub: Hub,
    /// The agencies' rates.
    pub rates: Rates,
    /// Who verifies officers' tokens.
    pub officers: Officers,
    /// What evaluates; none: blind questions are off.
    pub blind: Option<Blind>,
    /// Ends the streams.
    pub stop: CancellationToken,
}

#[tonic::async_trait]
impl BlindService for Blinds {
    type FetchSetStream = Pin<Box<dyn Stream<Item = Result<FetchSetResponse, Status>> + Send>>;

    async fn show_epochs(
        &self,
        request: Request<ShowEpochsRequest>,
    ) -> Result<Response<ShowEpochsResponse>, Status> {
        let Asker { agency, blind, .. } = self.asker(&request).await?;
        let epochs = show_blind(&self.hub, &blind, agency).await.map_err(status)?;
        Ok(Response::new(epochs))
    }

    async fn fetch_set(
        &self,
        request: Request<FetchSetRequest>,
    ) -> Result<Response<Self::FetchSetStream>, Status> {
        self.asker(&request).await?;
        let FetchSetRequest { epoch, without_filter, after_increment } = *request.get_ref();
        let set = Set::of(&self.hub, epoch, !without_filter, after_increment).await.map_err(status)?;
        let pieces = futures::stream::try_unfold((set, self.hub.clone()), |(mut set, hub)| async move {
            let next = set.next(&hub).await.map_err(status)?;
            Ok(next.map(|piece| (on_the_wire(piece), (set, hub))))
        });
        Ok(Response::new(Box::pin(pieces.take_until(self.stop.clone().cancelled_owned()))))
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let Asker { caller, verified, blind, .. } = self.asker(&request).await?;
        let (command, elements) = CountBlind::parse(caller, verified.officer, request.into_inner(), &blind)
            .map_err(|refusal| refused(&refusal))?;
        let (hub, random) = (self.hub.clone(), rand::rng().random());
        // In its own task: a caller who goes away does not drop it halfway.
        let task = tokio::spawn(async move { evaluate_blind(&hub, &blind, command, elements, random).await });
        let evaluated = task.await.unwrap_or(Err(Failure::panicked())).map_err(status)?;
        let count = evaluated.evaluated_elements.len() as u64;
        metrics::counter!("meldeverbund_blind_elements_total").increment(count);
        Ok(Response::new(evaluated))
    }
}

/// Who asks, and what answers.
struct Asker {
    caller: AgencyId,
    agency: AgencyNo,
    verified: Verified,
    blind: Blind,
}

impl Blinds {
    /// The caller, which must be a liaison body, its officer, and what answers them.
    async fn asker<T>(&self, request: &Request<T>) -> Result<Asker, Status> {
        let caller = peer(request.extensions())?.agency.clone();
        self.rates.count(&caller).map_err(|refusal| refused(&refusal))?;
        let mut reader = self.hub.reader().await.map_err(status)?;
        let agency = admit(&mut reader, &caller).await.map_err(status)?.agency;
        drop(reader);
        agency.may_ask().map_err(|refusal| refused(&refusal))?;
        let blind = self.blind.clone().ok_or_else(|| {
            let reason = "blind questions are off at this hub: no legal basis is configured";
            refused(&Refusal::of(RefusalCode::BlindOff, reason))
        })?;
        let verified =
            self.officers.of(request.metadata(), &caller, &LIAISON, now_us(self.hub.clock())).await;
        let verified = verified.map_err(|refusal| refused(&refusal))?;
        Ok(Asker { caller, agency: agency.no, verified, blind })
    }
}

fn on_the_wire(piece: Piece) -> FetchSetResponse {
    let piece = match piece {
        Piece::Filter(bytes) => fetch_set_response::Piece::Filter(bytes),
        Piece::Increment(number, tags) => {
            fetch_set_response::Piece::Increment(BlindIncrement { number, tags })
        }
    };
    FetchSetResponse { piece: Some(piece) }
}
