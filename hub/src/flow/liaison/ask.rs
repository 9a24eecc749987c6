//! A liaison officer asks a batch of questions: it is recorded, whatever the answer.

use std::sync::Arc;

use meldeverbund_domain::{TargetNo, liaison::Settings};
use meldeverbund_proto::{
    AgencyId, CaseNumber, CommandId, InstanceId,
    ids::IdError,
    leaf::{Digest, Kind, Salt, statement_digest},
    limits::{REASON_CHARS, SELECTORS_PER_QUERY},
    merkle::Span,
    statement::{LiaisonQueryStatement, QueryMode, content_digest},
    text::{self, TextError},
    v1::{Purpose, QueryRequest, Receipt, Refusal, RefusalCode},
};
use prost::Message as _;

use super::{Officer, Wanted};
use crate::{
    flow::{
        Command, Failure, Lane, Verdict,
        admit::caller,
        once::{append_one, parse_id, parse_salt, replay},
    },
    store::{NewCommand, QueryRow, Tx},
};

/// Selectors that a person asks about by hand and waits for; more come from a file.
const INTERACTIVE_SELECTORS: usize = 10;

/// One batch of questions, ready to be recorded.
#[derive(Debug)]
pub struct Ask {
    caller: AgencyId,
    officer: Officer,
    id: CommandId,
    salt: Salt,
    purpose: Purpose,
    count: usize,
    body: Vec<u8>,
    content: Digest,
    settings: Arc<Settings>,
}

/// The question is recorded.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its leaf.
    pub leaf: i64,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// True: it was recorded before.
    pub repeated: bool,
    /// The number that the next new target gets.
    pub next_target: TargetNo,
    /// Proof of its leaf.
    pub receipt: Option<Receipt>,
}

impl Ask {
    /// Reads a batch, and what is to be looked up for it. A selector that breaks its rule is refused by itself; what concerns the
    /// whole batch refuses it as a whole.
    ///
    /// # Errors
    /// The field for which the whole batch is refused.
    pub fn parse(
        caller: AgencyId,
        officer: Officer,
        request: QueryRequest,
        settings: &Arc<Settings>,
    ) -> Result<(Self, Vec<Wanted>), Refusal> {
        let QueryRequest { query_id, salt, instance_id, purpose, selectors } = request;
        let id = parse_id("query_id", &query_id)?;
        let salt = parse_salt("salt", &salt)?;
        let instance = instance_id.parse::<InstanceId>();
        instance.map_err(|error: IdError| Refusal::invalid("instance_id", error.to_string()))?;
        let purpose = read_purpose(purpose, settings)?;
        if selectors.is_empty() {
            return Err(Refusal::missing("selectors"));
        }
        if selectors.len() > SELECTORS_PER_QUERY {
            let reason = format!("has more than {SELECTORS_PER_QUERY} entries");
            return Err(Refusal::at(RefusalCode::TooLarge, "selectors", reason));
        }
        let wanted: Vec<_> =
            selectors.iter().enumerate().map(|(position, one)| Wanted::read(one, position)).collect();
        let count = selectors.len();
        let body = QueryRequest { selectors, ..QueryRequest::default() }.encode_to_vec();
        let content = content_digest(&salt, &body);
        let settings = Arc::clone(settings);
        Ok((Self { caller, officer, id, salt, purpose, count, body, content, settings }, wanted))
    }
}

impl Command for Ask {
    type Verdict = Asked;

    fn lane(&self) -> Lane {
        if self.count <= INTERACTIVE_SELECTORS { Lane::Interactive } else { Lane::Bulk }
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_ask()?;
        let next_target = tx.next_target();
        let mut statement = Vec::new();
        LiaisonQueryStatement {
            agency: self.caller.to_string(),
            query: *self.id.as_bytes(),
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            mode: QueryMode::Open,
            count: self.count as u64,
            content: self.content,
        }
        .encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        if let Some(known) = replay(tx, agency.no, self.id, &digest).await? {
            let (leaf, recorded_at_us) = (known.first_leaf, known.recorded_at_us);
            return Ok(Asked { leaf, recorded_at_us, repeated: true, next_target, receipt: None });
        }
        let selectors = i64::try_from(self.count).expect("a batch is capped");
        let spent = tx.spent(agency.no).await?.and(selectors, tx.now_us(), &self.settings)?;
        let leaf = append_one(tx, Kind::LiaisonQuery, agency.no, self.salt, &statement).await?;
        tx.put_spent(agency.no, spent).await?;
        let recorded_at_us = tx.now_us();
        tx.log_query(&QueryRow {
            leaf,
            agency: agency.no,
            id: self.id,
            recorded_at_us,
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            mode: QueryMode::Open,
            selectors,
            body: self.body.clone(),
        })
        .await?;
        let (agency, id, verdict) = (agency.no, self.id, RECORDED.to_vec());
        tx.remember(NewCommand { agency, id, digest, first_leaf: leaf, leaf_count: 1, verdict }).await?;
        Ok(Asked { leaf, recorded_at_us, repeated: false, next_target, receipt: None })
    }
}

/// The verdict on every question: that it was recorded. The answer is as of when it is read.
pub(in crate::flow) const RECORDED: [u8; 1] = [1];

impl Verdict for Asked {
    fn unproven(&self) -> Option<Span> {
        let begin = self.leaf.cast_unsigned();
        self.receipt.is_none().then_some(Span { begin, end: begin + 1 })
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}

/// Why it is asked; every field by its rule.
pub(in crate::flow) fn read_purpose(
    purpose: Option<Purpose>,
    settings: &Settings,
) -> Result<Purpose, Refusal> {
    let purpose = purpose.ok_or_else(|| Refusal::missing("purpose"))?;
    let Purpose { code, case_number, reason } = &purpose;
    if code.is_empty() {
        return Err(Refusal::missing("purpose.code"));
    }
    if !settings.is_purpose(code) {
        let known = settings.purposes.join(", ");
        let reason = format!("is not one of this hub's purposes: {known}");
        return Err(Refusal::at(RefusalCode::PurposeUnknown, "purpose.code", reason));
    }
    let number = case_number.parse::<CaseNumber>();
    number.map_err(|error: TextError| error.at("purpose.case_number"))?;
    text::check(reason, REASON_CHARS).map_err(|error| error.at("purpose.reason"))?;
    Ok(purpose)
}
