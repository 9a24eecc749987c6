//! Liaison bodies: what they are told, what they are not, and who learns of it.

mod again;
mod announcing;
mod asking;
mod desk;
mod disclosures;
mod issuer;
mod late;
mod limits;
mod merged;
mod misuse;
mod permitted;
mod same_time;
mod table;
mod told;
mod unnamed;
mod verbs;

use meldeverbund_proto::v1::{
    AgencyKind, ContentHash, Hit, Purpose, QueryAnswered, QueryRequest, QueryResponse, Referral, Refusal,
    Selector, SubmitRequest, liaison_service_client::LiaisonServiceClient, query_response, selector,
    selector_answer::Answer,
};
use tokio_stream::StreamExt as _;
use tonic::{Request, Status, transport::Channel};

use crate::harness::{Federation, INSTANCE, Office, batch, referral, salt, uuid};

pub(crate) const EUROPOL: &str = "eu-europol";

/// A token of this agency's officer that does not run out.
pub(crate) fn token(agency: &str) -> String {
    format!("{agency} liaison {}", i64::MAX)
}

/// A registered liaison body, connected.
pub(crate) async fn europol(federation: &Federation) -> Office {
    federation.register(EUROPOL, AgencyKind::Liaison).await;
    federation.connect(EUROPOL, "main").await
}

pub(crate) fn client(office: &Office) -> LiaisonServiceClient<Channel> {
    LiaisonServiceClient::new(office.channel.clone()).max_decoding_message_size(8 << 20)
}

/// A call with a token.
pub(crate) fn with_token<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

pub(crate) fn purpose() -> Purpose {
    Purpose { code: "prevention".into(), case_number: "EU-7/26".into(), reason: "JIT".into() }
}

pub(crate) fn question(selectors: Vec<Selector>) -> QueryRequest {
    QueryRequest {
        query_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        purpose: Some(purpose()),
        selectors,
    }
}

pub(crate) fn link(link: &str) -> Selector {
    Selector { selector: Some(selector::Selector::Link(link.into())) }
}

pub(crate) fn content(hash: &ContentHash) -> Selector {
    Selector { selector: Some(selector::Selector::ContentHash(hash.clone())) }
}

/// Asks batches on one stream and collects their answers.
pub(crate) async fn ask_all(
    office: &Office,
    requests: Vec<QueryRequest>,
) -> Result<Vec<QueryResponse>, Status> {
    let request = with_token(tokio_stream::iter(requests), &token(office.agency.as_str()));
    client(office).query(request).await?.into_inner().collect::<Result<Vec<_>, _>>().await
}

/// Asks one batch, which must be answered.
pub(crate) async fn ask(office: &Office, request: QueryRequest) -> QueryAnswered {
    answered(ask_all(office, vec![request]).await.unwrap().pop().unwrap())
}

pub(crate) fn answered(response: QueryResponse) -> QueryAnswered {
    match response.result.unwrap() {
        query_response::Result::Answered(answered) => answered,
        query_response::Result::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

pub(crate) fn not_answered(response: QueryResponse) -> Refusal {
    match response.result.unwrap() {
        query_response::Result::Answered(answered) => panic!("answered {}", answered.answers.len()),
        query_response::Result::Refused(refusal) => refusal,
    }
}

/// What was answered to each selector; none: no hit.
pub(crate) fn hits(answered: &QueryAnswered) -> Vec<Option<Hit>> {
    let hit = |answer: &Answer| match answer {
        Answer::Hit(hit) => Some(hit.clone()),
        Answer::NoHit(_) => None,
        Answer::Refused(refusal) => panic!("refused: {refusal:?}"),
    };
    answered.answers.iter().map(|one| hit(one.answer.as_ref().unwrap())).collect()
}

/// A batch of one referral that was changed first.
pub(crate) fn referring(case: &str, link: &str, change: impl FnOnce(&mut Referral)) -> SubmitRequest {
    let mut referral = referral(link);
    change(&mut referral);
    SubmitRequest { referrals: vec![referral], ..batch(case, &[]) }
}
