//! The hub's liaison services: who asks, what was asked under which id, and what becomes of it.

use std::collections::{HashMap, VecDeque};

use meldeverbund_proto::v1::{
    AnnounceRequest, AnnounceResponse, AnnouncementChanged, AnswerDisclosureRequest,
    AnswerDisclosureResponse, DisclosedValue, Disclosure, DisclosureChanged, DisclosureState, Hit,
    ListAnnouncementsRequest, ListAnnouncementsResponse, ListAskedRequest, ListAskedResponse,
    ListDisclosuresRequest, ListDisclosuresResponse, NoHit, QueryAnswered, QueryRequest, QueryResponse,
    Refusal, RefusalCode, RequestDisclosureRequest, RequestDisclosureResponse, RestrictDisclosureRequest,
    RestrictDisclosureResponse, SelectorAnswer, disclosure_service_server::DisclosureService,
    follow_response::Event, liaison_service_server::LiaisonService, query_response, selector,
    selector_answer,
};
use meldeverbund_proto::{CanonicalLink, statement::DisclosureStep};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::{
    FakeHub, Fault,
    liaison_leaves::{OFFICER, Step, announcement, promise},
    services::{Answers, refused},
    state::card,
};

/// The token that the hub takes; its middle part names issuer and subject, as of every token.
pub(crate) const TOKEN: &str =
    "head.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJvZmZpY2VyLTcifQ.signature";

/// When everything happens.
pub(super) const NOW_US: i64 = 1_800_000_000_000_000;

/// The hub's memory of liaison.
#[derive(Debug, Default)]
pub(crate) struct Liaison {
    /// Hits by canonical link.
    pub(crate) hits: HashMap<String, Hit>,
    /// Questions by id, as they came, in their order.
    pub(crate) queries: Vec<(String, Vec<u8>)>,
    /// What happens to the next questions.
    pub(crate) faults: VecDeque<Fault>,
    /// Commands by id, as they came: announcements, disclosures, answers, restrictions.
    pub(crate) commands: Vec<(String, Vec<u8>)>,
    /// Whether the next command is recorded and its answer lost.
    pub(crate) lose_answer: bool,
    /// Whether answering and restricting a disclosure takes a person.
    pub(crate) takes_a_person: bool,
    /// Disclosures that the caller is asked for, or asked for.
    pub(crate) disclosures: Vec<Disclosure>,
    /// Whether hits name nobody, so that nobody is told who is asked.
    pub(crate) unnamed: bool,
}

pub(super) fn signed_in<T>(request: &Request<T>) -> Result<(), Status> {
    let token = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
    if token == Some(&format!("Bearer {TOKEN}")) {
        return Ok(());
    }
    Err(refused(&Refusal::of(RefusalCode::OfficerUnknown, "the token is not taken")))
}

impl FakeHub {
    fn person<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let takes_a_person = self.state.lock().unwrap().liaison.takes_a_person;
        if takes_a_person || request.metadata().contains_key("authorization") {
            signed_in(request)?;
        }
        Ok(())
    }

    /// What happens to the next questions, in order.
    pub(crate) fn script_queries(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().liaison.faults.extend(faults);
    }

    fn query_answer(&self, request: &QueryRequest) -> QueryAnswered {
        let mut state = self.state.lock().unwrap();
        let state = &mut *state;
        let bytes = request.encode_to_vec();
        let known = state.liaison.queries.iter().find(|(id, _)| *id == request.query_id);
        let repeated = known.is_some();
        if known.is_some_and(|(_, known)| *known != bytes) {
            state.broken.push("a question's id came with other content".into());
        }
        if !repeated {
            state.liaison.queries.push((request.query_id.clone(), bytes));
        }
        let answer = |selector: &meldeverbund_proto::v1::Selector| {
            let hit = match &selector.selector {
                Some(selector::Selector::Link(link)) => {
                    let link = CanonicalLink::parse(link).unwrap().into_string();
                    state.liaison.hits.get(&link).cloned()
                }
                _ => None,
            };
            let answer = match hit {
                Some(hit) => selector_answer::Answer::Hit(hit),
                None => selector_answer::Answer::NoHit(NoHit {}),
            };
            SelectorAnswer { answer: Some(answer) }
        };
        let mut answered = QueryAnswered {
            answers: request.selectors.iter().map(answer).collect(),
            agencies: vec![card("de-by-lka")],
            recorded_at_us: NOW_US,
            leaf_index: 7,
            repeated,
            receipt: None,
        };
        if let Some(ledger) = &mut state.ledger {
            promise(ledger, &state.agency, request, &mut answered);
        }
        answered
    }

    /// Records a command once; an error: the line breaks behind it.
    fn command(&self, id: &str, bytes: Vec<u8>) -> Result<(), Status> {
        let mut state = self.state.lock().unwrap();
        let known = state.liaison.commands.iter().find(|(known, _)| known == id).cloned();
        match known {
            None => state.liaison.commands.push((id.to_owned(), bytes)),
            Some((_, known)) if known != bytes => {
                state.broken.push("a command's id came with other content".into());
            }
            Some(_) => {}
        }
        if std::mem::take(&mut state.liaison.lose_answer) {
            return Err(Status::unavailable("the line broke"));
        }
        Ok(())
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Disclosure)) -> Result<Disclosure, Status> {
        let mut state = self.state.lock().unwrap();
        let found = state.liaison.disclosures.iter_mut().find(|one| one.disclosure_id == id);
        let found = found
            .ok_or_else(|| refused(&Refusal::of(RefusalCode::DisclosureUnknown, "no such disclosure")))?;
        change(found);
        let disclosure = found.clone();
        let event = DisclosureChanged { disclosure: Some(disclosure.clone()), agencies: Vec::new() };
        state.append(Some(Event::DisclosureChanged(event)));
        drop(state);
        self.ring();
        Ok(disclosure)
    }
}

#[async_trait]
impl LiaisonService for FakeHub {
    type QueryStream = Answers<QueryResponse>;

    async fn query(
        &self,
        request: Request<Streaming<QueryRequest>>,
    ) -> Result<Response<Self::QueryStream>, Status> {
        signed_in(&request)?;
        let mut requests = request.into_inner();
        let (answers, stream) = mpsc::channel(64);
        let hub = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                let fault = hub.state.lock().unwrap().liaison.faults.pop_front().unwrap_or(Fault::None);
                let result = match fault {
                    Fault::LoseRequest => {
                        let _ = answers.send(Err(Status::unavailable("the line broke"))).await;
                        return;
                    }
                    Fault::LoseAnswer => {
                        hub.query_answer(&request);
                        let _ = answers.send(Err(Status::unavailable("the line broke"))).await;
                        return;
                    }
                    Fault::Refuse(refusal) => query_response::Result::Refused(refusal),
                    Fault::Hold => {
                        hub.query_answer(&request);
                        hub.ring();
                        hub.gate.subscribe().changed().await.unwrap();
                        return;
                    }
                    _ => query_response::Result::Answered(hub.query_answer(&request)),
                };
                hub.ring();
                let response = QueryResponse { query_id: request.query_id, result: Some(result) };
                if answers.send(Ok(response)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn announce(
        &self,
        request: Request<AnnounceRequest>,
    ) -> Result<Response<AnnounceResponse>, Status> {
        signed_in(&request)?;
        let request = request.into_inner();
        self.command(&request.announcement_id, request.encode_to_vec())?;
        let mut state = self.state.lock().unwrap();
        let agency = state.agency.clone();
        let answer = match &mut state.ledger {
            Some(ledger) => announcement(ledger, &agency, &request),
            None => AnnounceResponse { recorded_at_us: NOW_US, leaf_index: 8, receipt: None },
        };
        Ok(Response::new(answer))
    }

    async fn list_announcements(
        &self,
        _: Request<ListAnnouncementsRequest>,
    ) -> Result<Response<ListAnnouncementsResponse>, Status> {
        Err(Status::unimplemented("the node keeps what the feed tells"))
    }

    async fn request_disclosure(
        &self,
        request: Request<RequestDisclosureRequest>,
    ) -> Result<Response<RequestDisclosureResponse>, Status> {
        signed_in(&request)?;
        let request = request.into_inner();
        self.command(&request.disclosure_id, request.encode_to_vec())?;
        let named = !self.state.lock().unwrap().liaison.unnamed;
        let step = Step {
            what: DisclosureStep::Asked,
            disclosure: &request.disclosure_id,
            command: &request.disclosure_id,
            by: OFFICER,
            salt: &request.salt,
            body: RequestDisclosureRequest { salt: Vec::new(), ..request.clone() }.encode_to_vec(),
        };
        let (leaf_index, recorded_at_us, receipt) = step.record(&mut self.state.lock().unwrap());
        let asked = Disclosure {
            disclosure_id: request.disclosure_id,
            query_id: request.query_id,
            position: request.position,
            asking_agency_id: "eu-europol".into(),
            reason: request.reason,
            fields: request.fields,
            asked_agency_id: if named { "de-by-lka".into() } else { String::new() },
            state: DisclosureState::Asked.into(),
            asked_at_us: NOW_US,
            due_at_us: NOW_US + 1,
            ..Disclosure::default()
        };
        self.state.lock().unwrap().liaison.disclosures.push(asked);
        Ok(Response::new(RequestDisclosureResponse {
            agency: named.then(|| card("de-by-lka")),
            due_at_us: NOW_US + 1,
            leaf_index,
            receipt,
            recorded_at_us,
        }))
    }

    async fn list_disclosures(
        &self,
        request: Request<ListDisclosuresRequest>,
    ) -> Result<Response<ListDisclosuresResponse>, Status> {
        signed_in(&request)?;
        let disclosures = self.state.lock().unwrap().liaison.disclosures.clone();
        let agencies = vec![card("de-by-lka"), card("eu-europol")];
        Ok(Response::new(ListDisclosuresResponse { disclosures, agencies }))
    }
}

#[async_trait]
impl DisclosureService for FakeHub {
    async fn list_asked(&self, _: Request<ListAskedRequest>) -> Result<Response<ListAskedResponse>, Status> {
        let disclosures = self.state.lock().unwrap().liaison.disclosures.clone();
        Ok(Response::new(ListAskedResponse { disclosures, agencies: vec![card("eu-europol")] }))
    }

    async fn answer_disclosure(
        &self,
        request: Request<AnswerDisclosureRequest>,
    ) -> Result<Response<AnswerDisclosureResponse>, Status> {
        self.person(&request)?;
        let request = request.into_inner();
        let lost = self.command(&request.command_id, request.encode_to_vec());
        let step = Step {
            what: DisclosureStep::Answered,
            disclosure: &request.disclosure_id,
            command: &request.command_id,
            by: ("", &request.officer),
            salt: &request.salt,
            body: AnswerDisclosureRequest { salt: Vec::new(), ..request.clone() }.encode_to_vec(),
        };
        let (leaf_index, recorded_at_us, receipt) = step.record(&mut self.state.lock().unwrap());
        let AnswerDisclosureRequest { disclosure_id, values, reason, .. } = request;
        let disclosure = self.change(&disclosure_id, |one| {
            let state = if values.is_empty() { DisclosureState::Refused } else { DisclosureState::Released };
            (one.state, one.values, one.answer) = (state.into(), values, reason);
            one.answered_at_us = NOW_US;
        })?;
        lost?;
        Ok(Response::new(AnswerDisclosureResponse {
            disclosure: Some(disclosure),
            receipt,
            leaf_index,
            recorded_at_us,
        }))
    }

    async fn restrict_disclosure(
        &self,
        request: Request<RestrictDisclosureRequest>,
    ) -> Result<Response<RestrictDisclosureResponse>, Status> {
        self.person(&request)?;
        let request = request.into_inner();
        self.command(&request.command_id, request.encode_to_vec())?;
        let step = Step {
            what: DisclosureStep::Restricted,
            disclosure: &request.disclosure_id,
            command: &request.command_id,
            by: ("", &request.officer),
            salt: &request.salt,
            body: RestrictDisclosureRequest { salt: Vec::new(), ..request.clone() }.encode_to_vec(),
        };
        let (leaf_index, recorded_at_us, receipt) = step.record(&mut self.state.lock().unwrap());
        let fields = request.fields;
        let disclosure = self.change(&request.disclosure_id, |one| {
            for value in
                one.values.iter_mut().filter(|value| fields.is_empty() || fields.contains(&value.field))
            {
                *value = DisclosedValue { field: value.field, text: String::new(), restricted: true };
            }
        })?;
        Ok(Response::new(RestrictDisclosureResponse {
            disclosure: Some(disclosure),
            receipt,
            leaf_index,
            recorded_at_us,
        }))
    }
}

/// An announcement that somebody else made.
pub(crate) fn announced(announcement: meldeverbund_proto::v1::Announcement) -> Event {
    Event::AnnouncementChanged(AnnouncementChanged {
        announcement: Some(announcement),
        agency: Some(card("eu-europol")),
    })
}
