//! Blind questions over the wire: an asker of the tests' own, on the crate that both sides use.

mod agreeing;
mod budget;
mod epochs;
mod oblivious;
mod permitted;

use std::{collections::HashSet, num::NonZeroU32};

use meldeverbund_blind::{Filter, PublicKey, Questions, Selector, Tag, tags_from_bytes};
use meldeverbund_certs::Clock;
use meldeverbund_hub::{flow::see_to_blind, serve::Config};
use meldeverbund_proto::{
    CanonicalLink,
    v1::{
        BlindEpoch, EvaluateRequest, EvaluateResponse, FetchSetRequest, ShowEpochsRequest,
        ShowEpochsResponse, blind_service_client::BlindServiceClient, fetch_set_response::Piece,
    },
};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use tokio_stream::StreamExt as _;
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    harness::{Federation, INSTANCE, Office, salt, uuid},
    liaison::{purpose, token, with_token},
};

/// The legal basis of all tests.
pub(crate) const BASIS: &str = "BKAG § 33";

/// Turns blind questions on; sets grow when a test says so.
pub(crate) fn on(config: &mut Config) {
    config.blind.legal_basis = BASIS.into();
    config.blind.increments_s = NonZeroU32::MAX;
    config.blind.epoch_days = 1;
    config.blind.overlap_hours = 2;
    config.blind.elements_per_day = 100_000;
}

pub(crate) async fn federation() -> Federation {
    Federation::start_with(Clock::system(), on).await
}

/// Brings the sets up to date, and makes the next epoch if it is time to.
pub(crate) async fn turn(federation: &Federation) {
    let (hub, blind) = (federation.server.hub(), federation.server.blind().unwrap());
    assert!(see_to_blind(hub, blind, rand::rng().random()).await.unwrap(), "no other hub is here");
}

pub(crate) fn client(office: &Office) -> BlindServiceClient<Channel> {
    BlindServiceClient::new(office.channel.clone())
}

pub(crate) async fn show(office: &Office) -> Result<ShowEpochsResponse, Status> {
    let request = with_token(ShowEpochsRequest {}, &token(office.agency.as_str()));
    client(office).show_epochs(request).await.map(tonic::Response::into_inner)
}

/// An epoch as an asker has it on its disk.
pub(crate) struct Known {
    pub(crate) epoch: BlindEpoch,
    pub(crate) key: PublicKey,
    pub(crate) filter: Filter,
    pub(crate) added: HashSet<Tag>,
}

impl Known {
    /// Whether the set has a tag.
    pub(crate) fn has(&self, tag: &Tag) -> bool {
        self.filter.contains(tag) || self.added.contains(tag)
    }
}

/// Fetches an epoch's set, and checks it against what was shown of it.
pub(crate) async fn fetch(office: &Office, epoch: &BlindEpoch) -> Result<Known, Status> {
    let request = FetchSetRequest { epoch: epoch.epoch, ..FetchSetRequest::default() };
    let request = with_token(request, &token(office.agency.as_str()));
    let pieces = client(office).fetch_set(request).await?.into_inner();
    let pieces: Vec<_> = pieces.collect::<Result<_, _>>().await?;
    let (mut filter, mut added, mut number) = (Vec::new(), HashSet::new(), 0);
    for piece in pieces {
        match piece.piece.unwrap() {
            Piece::Filter(bytes) => {
                assert!(number == 0 && bytes.len() <= 65_536);
                filter.extend(bytes);
            }
            Piece::Increment(increment) => {
                number += 1;
                assert!(increment.number == number && increment.tags.len() <= 65_536);
                let tags = tags_from_bytes(&increment.tags).unwrap();
                assert!(tags.iter().all(|tag| added.insert(*tag)), "no tag comes twice");
            }
        }
    }
    assert_eq!(number, epoch.newest_increment);
    assert_eq!(Sha256::digest(&filter)[..], epoch.filter_digest);
    let filter = Filter::read(filter).unwrap();
    assert_eq!(filter.entries() + added.len() as u64, epoch.entries);
    let key = PublicKey::from_bytes(&epoch.public_key).unwrap();
    Ok(Known { epoch: epoch.clone(), key, filter, added })
}

/// The newest epoch with its set.
pub(crate) async fn newest(office: &Office) -> Known {
    fetch(office, &show(office).await.unwrap().epochs[0]).await.unwrap()
}

pub(crate) fn request(epoch: u32, questions: &Questions) -> EvaluateRequest {
    EvaluateRequest {
        query_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        purpose: Some(purpose()),
        epoch,
        blinded_elements: questions.elements().iter().map(|element| element.to_vec()).collect(),
    }
}

pub(crate) async fn evaluate(office: &Office, request: EvaluateRequest) -> Result<EvaluateResponse, Status> {
    let request = with_token(request, &token(office.agency.as_str()));
    client(office).evaluate(request).await.map(tonic::Response::into_inner)
}

/// Asks blindly: which of these selectors are hits under this epoch.
pub(crate) async fn ask(office: &Office, known: &Known, selectors: &[Selector]) -> Result<Vec<bool>, Status> {
    let questions = Questions::blind(selectors, &mut rand::rng());
    let answer = evaluate(office, request(known.epoch.epoch, &questions)).await?;
    let tags = questions.finish(&known.key, &answer.evaluated_elements, &answer.proof).unwrap();
    Ok(tags.iter().map(|tag| known.has(tag)).collect())
}

pub(crate) fn link(link: &str) -> Selector {
    Selector::Link(CanonicalLink::parse(link).unwrap().id())
}

/// The refusal's code and when to try again, ms.
pub(crate) fn refusal(status: &Status) -> (String, u128) {
    let details = status.get_error_details();
    let retry = details.retry_info().and_then(|retry| retry.retry_delay).unwrap_or_default();
    (details.error_info().expect("a refusal of the hub").reason.clone(), retry.as_millis())
}
