//! The hub's blind service: epochs, sets and evaluations, some of them wrong on purpose.

use meldeverbund_blind::{
    BlindedElements, EpochKey, FilterBuilder, Selector, Tag, filter::ONE_FALSE_HIT_IN, tags_to_bytes,
};
use meldeverbund_proto::{
    CanonicalLink,
    v1::{
        BlindEpoch, BlindIncrement, EvaluateRequest, EvaluateResponse, FetchSetRequest, FetchSetResponse,
        Refusal, RefusalCode, ShowEpochsRequest, ShowEpochsResponse, blind_service_server::BlindService,
        fetch_set_response::Piece,
    },
};
use prost::Message as _;
use rand::{SeedableRng as _, rngs::StdRng};
use sha2::{Digest as _, Sha256};
use tokio_stream::iter;
use tonic::{Request, Response, Status, async_trait};

use super::{
    FakeHub,
    liaison::signed_in,
    services::{Answers, refused},
};

/// The hub's memory of blind questions.
#[derive(Debug, Default)]
pub(crate) struct Blind {
    /// Epochs that can be asked, the newest first.
    pub(crate) epochs: Vec<u32>,
    /// Links of the filter.
    pub(crate) filter: Vec<String>,
    /// Links of the increments.
    pub(crate) increments: Vec<Vec<String>>,
    /// Evaluations by id, as they came.
    pub(crate) evaluated: Vec<(String, Vec<u8>)>,
    /// What goes wrong with the next evaluations.
    pub(crate) wrong: Vec<Wrong>,
    /// How often a filter was sent, and how many increments.
    pub(crate) sent: (usize, usize),
    /// An evaluation is answered when so many have come.
    pub(crate) together: usize,
}

/// What goes wrong with an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is made under another epoch's key.
    Key,
    /// Two answers change places.
    Swapped,
    /// It is recorded, and the line breaks.
    LoseAnswer,
}

fn key(epoch: u32) -> EpochKey {
    EpochKey::derive(&[1; 32], &[2; 32], epoch)
}

fn tags(epoch: u32, links: &[String]) -> Vec<Tag> {
    let tag = |link: &String| key(epoch).tag(&Selector::Link(CanonicalLink::parse(link).unwrap().id()));
    links.iter().map(tag).collect()
}

fn filter(epoch: u32, links: &[String]) -> Vec<u8> {
    let mut builder = FilterBuilder::default();
    tags(epoch, links).iter().for_each(|tag| builder.add(tag));
    builder.finish().0
}

#[async_trait]
impl BlindService for FakeHub {
    type FetchSetStream = Answers<FetchSetResponse>;

    async fn show_epochs(
        &self,
        request: Request<ShowEpochsRequest>,
    ) -> Result<Response<ShowEpochsResponse>, Status> {
        signed_in(&request)?;
        let state = self.state.lock().unwrap();
        let blind = &state.blind;
        let epoch = |number: &u32| BlindEpoch {
            epoch: *number,
            public_key: key(*number).public().to_bytes().to_vec(),
            until_us: i64::MAX,
            entries: (blind.filter.len() + blind.increments.iter().map(Vec::len).sum::<usize>()) as u64,
            one_false_hit_in: ONE_FALSE_HIT_IN,
            newest_increment: u32::try_from(blind.increments.len()).unwrap(),
            filter_digest: Sha256::digest(filter(*number, &blind.filter)).to_vec(),
            ..BlindEpoch::default()
        };
        Ok(Response::new(ShowEpochsResponse {
            epochs: blind.epochs.iter().map(epoch).collect(),
            legal_basis: "Test Act".into(),
            budget_per_day: 1_000,
            budget_left: 900,
        }))
    }

    async fn fetch_set(
        &self,
        request: Request<FetchSetRequest>,
    ) -> Result<Response<Self::FetchSetStream>, Status> {
        signed_in(&request)?;
        let FetchSetRequest { epoch, without_filter, after_increment } = request.into_inner();
        let mut state = self.state.lock().unwrap();
        let blind = &mut state.blind;
        let mut pieces = Vec::new();
        if !without_filter {
            blind.sent.0 += 1;
            pieces.extend(filter(epoch, &blind.filter).chunks(7).map(|piece| Piece::Filter(piece.to_vec())));
        }
        for (number, links) in (1..).zip(&blind.increments).skip(after_increment as usize) {
            blind.sent.1 += 1;
            let tags = tags_to_bytes(tags(epoch, links));
            pieces.push(Piece::Increment(BlindIncrement { number, tags }));
        }
        let pieces = pieces.into_iter().map(|piece| Ok(FetchSetResponse { piece: Some(piece) }));
        Ok(Response::new(Box::pin(iter(pieces.collect::<Vec<_>>()))))
    }

    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        signed_in(&request)?;
        let request = request.into_inner();
        let (wrong, together) = {
            let mut state = self.state.lock().unwrap();
            if !state.blind.epochs.contains(&request.epoch) {
                return Err(refused(&Refusal::of(RefusalCode::EpochOver, "the epoch is over")));
            }
            let bytes = request.encode_to_vec();
            match state.blind.evaluated.iter().find(|(id, _)| *id == request.query_id) {
                None => state.blind.evaluated.push((request.query_id.clone(), bytes)),
                Some((_, known)) if *known == bytes => {}
                Some(_) => state.broken.push("a blind question's id came with other content".into()),
            }
            let together = state.blind.together;
            let wrong = if state.blind.wrong.is_empty() { None } else { Some(state.blind.wrong.remove(0)) };
            (wrong, together)
        };
        self.ring();
        self.until(|state| (state.blind.evaluated.len() >= together).then_some(())).await;
        let key = key(request.epoch + u32::from(wrong == Some(Wrong::Key)));
        let elements = BlindedElements::read(&request.blinded_elements).unwrap();
        let mut evaluated = key.evaluate(&elements, &mut StdRng::seed_from_u64(7));
        match wrong {
            Some(Wrong::LoseAnswer) => return Err(Status::unavailable("the line broke")),
            Some(Wrong::Swapped) => evaluated.elements.swap(0, 1),
            Some(Wrong::Key) | None => {}
        }
        Ok(Response::new(EvaluateResponse {
            evaluated_elements: evaluated.elements.iter().map(|element| element.to_vec()).collect(),
            proof: evaluated.proof.to_vec(),
            budget_left: 800,
            recorded_at_us: 1_800_000_000_000_000,
            receipt: None,
        }))
    }
}
