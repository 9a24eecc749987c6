//! A liaison officer asks for details of a hit.

use meldeverbund_domain::policy::hours_us;
use meldeverbund_proto::{
    AgencyId, CommandId,
    limits::{DISCLOSED_VALUES, NOTE_CHARS},
    statement::{DisclosureStep, QueryMode, content_digest},
    v1::{
        DisclosureField, DisclosureState, HandlingCode, QueryRequest, Refusal, RefusalCode,
        RequestDisclosureRequest,
    },
};
use prost::Message as _;

use super::{Step, Stepped, read_ids, tell};
use crate::{
    flow::{
        Command, Failure, Lane, Policies,
        admit::caller,
        liaison::{Officer, Wanted, look::look},
        once::{parse_id, replay, said},
        states::Members,
    },
    store::{DisclosureRow, QueryRow, StoreError, Tx},
};

/// Asks whoever a hit named, or would name if its handling let it; in that case who asks is not told who is asked.
#[derive(Debug)]
pub struct RequestDisclosure {
    step: Step,
    query: CommandId,
    position: u32,
    request: Vec<u8>,
    policies: Policies,
}

impl RequestDisclosure {
    /// Reads the request.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(
        caller: AgencyId,
        officer: Officer,
        request: RequestDisclosureRequest,
        policies: Policies,
    ) -> Result<Self, Refusal> {
        let (id, salt) =
            read_ids("disclosure_id", &request.disclosure_id, &request.salt, &request.instance_id)?;
        let query = parse_id("query_id", &request.query_id)?;
        if request.fields.len() > DISCLOSED_VALUES {
            let reason = format!("has more than {DISCLOSED_VALUES} entries");
            return Err(Refusal::at(RefusalCode::TooLarge, "fields", reason));
        }
        if request.fields.iter().any(|field| !is_field(*field)) {
            return Err(Refusal::invalid("fields", "has a value that this version does not know"));
        }
        said("reason", &request.reason, NOTE_CHARS)?;
        let position = request.position;
        let request = RequestDisclosureRequest { salt: Vec::new(), ..request }.encode_to_vec();
        let content = content_digest(&salt, &request);
        let Officer { issuer, subject } = officer;
        let (what, disclosure) = (DisclosureStep::Asked, id);
        let step = Step { caller, id, salt, issuer, officer: subject, what, disclosure, content };
        Ok(Self { step, query, position, request, policies })
    }
}

impl Command for RequestDisclosure {
    type Verdict = Stepped;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Stepped, Failure> {
        let agency = caller(tx, &self.step.caller).await?.agency;
        agency.may_ask()?;
        let (statement, digest) = self.step.statement();
        if let Some(known) = replay(tx, agency.no, self.step.id, &digest).await? {
            return Stepped::again(&known);
        }
        if DisclosureRow::by_id(tx.reading(), self.step.id).await?.is_some() {
            // Another agency's: its id is not one that anybody else makes by chance.
            return Err(Refusal::of(RefusalCode::IdConflict, "this id was used before").into());
        }
        // Hidden, withdrawn, never there, referred since, another body's question, asked blindly: one answer.
        let Some(question) = QueryRow::by_id(tx.reading(), agency.no, self.query).await? else {
            return Err(no_hit().into());
        };
        let wanted = self.wanted(&question)?;
        let next_target = tx.next_target();
        let sightings = look(tx.reading(), &[wanted], question.leaf, next_target).await?;
        let mut hits = sightings.iter().flatten().filter_map(|one| Some((one.target.no, one.reportable()?)));
        let (target, reportable) = hits.next().ok_or_else(no_hit)?;

        let members = Members::in_force(tx, &self.policies).await?;
        let now_us = tx.now_us();
        let term_us = hours_us(members.policy.liaison.disclosure_hours);
        let leaf = self.step.record(tx, agency.no, (statement, digest), None).await?;
        let row = DisclosureRow {
            leaf,
            id: self.step.id,
            agency: agency.no,
            asked: reportable.contact,
            is_named: reportable.handling != HandlingCode::H3,
            target,
            recorded_at_us: now_us,
            due_us: now_us + term_us,
            look_us: Some(now_us + term_us / 2),
            reminded: false,
            escalated: false,
            issuer: self.step.issuer.clone(),
            officer: self.step.officer.clone(),
            request: self.request.clone(),
            purpose: question.purpose.encode_to_vec(),
            state: DisclosureState::Asked,
            answered_at_us: 0,
            answered_by: String::new(),
            answer: Vec::new(),
        };
        tx.add_disclosure(&row).await?;
        tell(tx, &row, [row.asked]).await?;
        Ok(Stepped::now(tx, leaf, leaf))
    }
}

impl RequestDisclosure {
    /// What the question asked about at this place.
    fn wanted(&self, question: &QueryRow) -> Result<Wanted, Failure> {
        const BODY: StoreError = StoreError::Value { column: "liaison_query.body" };
        if question.mode == QueryMode::Blind {
            return Err(no_hit().into());
        }
        let asked = QueryRequest::decode(&question.body[..]).map_err(|_| BODY)?;
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        let selector = asked.selectors.get(position).ok_or_else(no_hit)?;
        match Wanted::read(selector, position) {
            Wanted::Refused(_) => Err(no_hit().into()),
            wanted => Ok(wanted),
        }
    }
}

/// Whether this is the number of a field.
pub(super) fn is_field(field: i32) -> bool {
    DisclosureField::try_from(field).is_ok_and(|field| field != DisclosureField::Unspecified)
}

fn no_hit() -> Refusal {
    Refusal::of(RefusalCode::NoHit, "there is no reportable hit of yours at this place")
}
