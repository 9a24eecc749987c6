//! What the hub writes down of what liaison bodies and those whom they ask say, and promises that it has.

use meldeverbund_proto::{
    CommandId,
    leaf::{Kind, Salt},
    statement::{
        AnnouncementStatement, DisclosureStatement, DisclosureStep, LiaisonQueryStatement, QueryMode,
        content_digest,
    },
    v1::{AnnounceRequest, AnnounceResponse, AnnouncementState, QueryAnswered, QueryRequest, Receipt},
};
use prost::Message as _;

use super::{Ledger, State, liaison::NOW_US};

/// In whose name the hub records questions: issuer and subject.
pub(super) const OFFICER: (&str, &str) = ("https://id.example", "officer-7");

/// Writes the question down, and promises that it has.
pub(super) fn promise(
    ledger: &mut Ledger,
    agency: &str,
    request: &QueryRequest,
    answered: &mut QueryAnswered,
) {
    let salt = Salt::from_slice(&request.salt).unwrap();
    let body = QueryRequest { selectors: request.selectors.clone(), ..QueryRequest::default() };
    let mut statement = Vec::new();
    LiaisonQueryStatement {
        agency: agency.to_owned(),
        query: *request.query_id.parse::<CommandId>().unwrap().as_bytes(),
        issuer: OFFICER.0.into(),
        officer: OFFICER.1.into(),
        purpose: request.purpose.clone().unwrap(),
        mode: QueryMode::Open,
        count: request.selectors.len() as u64,
        content: content_digest(&salt, &body.encode_to_vec()),
    }
    .encode(&mut statement);
    let (first, time_us) = (ledger.size(), ledger.next_us());
    let kind = (Kind::LiaisonQuery, agency);
    let decision = ledger.append_at(time_us, kind, &request.salt, &statement, b"");
    answered.recorded_at_us = time_us.cast_signed();
    answered.leaf_index = first;
    answered.receipt = ledger.receipt(first, vec![decision]);
}

/// Writes an announcement down, and promises that it has.
pub(super) fn announcement(ledger: &mut Ledger, agency: &str, request: &AnnounceRequest) -> AnnounceResponse {
    let salt = Salt::from_slice(&request.salt).unwrap();
    let body = AnnounceRequest { salt: Vec::new(), ..request.clone() };
    let mut statement = Vec::new();
    AnnouncementStatement {
        agency: agency.to_owned(),
        announcement: *request.announcement_id.parse::<CommandId>().unwrap().as_bytes(),
        issuer: OFFICER.0.into(),
        officer: OFFICER.1.into(),
        purpose: request.purpose.clone().unwrap(),
        kind: request.kind(),
        state: AnnouncementState::Received,
        content: content_digest(&salt, &body.encode_to_vec()),
    }
    .encode(&mut statement);
    let (first, time_us) = (ledger.size(), ledger.next_us());
    let decision = ledger.append_at(time_us, (Kind::Announcement, agency), &request.salt, &statement, b"");
    AnnounceResponse {
        recorded_at_us: time_us.cast_signed(),
        leaf_index: first,
        receipt: ledger.receipt(first, vec![decision]),
    }
}

/// A step of a disclosure: who takes it, and what is said.
pub(super) struct Step<'s> {
    pub(super) what: DisclosureStep,
    pub(super) disclosure: &'s str,
    pub(super) command: &'s str,
    pub(super) by: (&'s str, &'s str),
    pub(super) salt: &'s [u8],
    pub(super) body: Vec<u8>,
}

impl Step<'_> {
    /// Writes it down, and promises that it has: leaf, time and receipt.
    pub(super) fn record(self, state: &mut State) -> (u64, i64, Option<Receipt>) {
        let Some(ledger) = &mut state.ledger else { return (9, NOW_US, None) };
        let id = |text: &str| *text.parse::<CommandId>().unwrap().as_bytes();
        let salt = Salt::from_slice(self.salt).unwrap();
        let mut statement = Vec::new();
        DisclosureStatement {
            agency: state.agency.clone(),
            disclosure: id(self.disclosure),
            issuer: self.by.0.into(),
            officer: self.by.1.into(),
            step: self.what,
            command: id(self.command),
            content: content_digest(&salt, &self.body),
        }
        .encode(&mut statement);
        let (first, time_us) = (ledger.size(), ledger.next_us());
        let kind = (Kind::Disclosure, state.agency.as_str());
        let decision = ledger.append_at(time_us, kind, self.salt, &statement, b"");
        (first, time_us.cast_signed(), ledger.receipt(first, vec![decision]))
    }
}
