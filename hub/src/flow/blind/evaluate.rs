//! A liaison officer asks a batch blindly: it is counted and recorded, and then evaluated.

use meldeverbund_blind::{BlindError, BlindedElements};
use meldeverbund_proto::{
    AgencyId, CommandId, InstanceId,
    ids::IdError,
    leaf::{Digest, Kind, Salt, statement_digest},
    limits::SELECTORS_PER_QUERY,
    merkle::Span,
    statement::{LiaisonQueryStatement, QueryMode, content_digest},
    v1::{EvaluateRequest, EvaluateResponse, Purpose, Receipt, Refusal, RefusalCode},
};
use prost::Message as _;
use rand::{SeedableRng as _, rngs::StdRng};

use super::{Blind, is_evaluated, off_line};
use crate::{
    flow::{
        Command, Failure, Hub, Lane, Officer, Verdict,
        admit::caller,
        liaison::{RECORDED, read_purpose},
        once::{append_one, parse_id, parse_salt, replay},
    },
    store::{BlindEpochRow, NewCommand, QueryRow, Tx, blind_budget},
};

/// Elements that a person asks about by hand and waits for; more come from a file.
const INTERACTIVE_ELEMENTS: usize = 10;

/// One batch, ready to be counted and recorded.
#[derive(Debug)]
pub struct CountBlind {
    caller: AgencyId,
    officer: Officer,
    id: CommandId,
    salt: Salt,
    purpose: Purpose,
    epoch: u32,
    count: usize,
    content: Digest,
    per_day: u32,
}

/// The batch is counted and recorded.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Its leaf.
    pub leaf: i64,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// How much of the day's budget is left.
    pub left: i64,
    /// The epoch that it is evaluated under.
    pub epoch: BlindEpochRow,
    /// Proof of its leaf.
    pub receipt: Option<Receipt>,
}

impl CountBlind {
    /// Reads a batch, and the elements that are to be evaluated.
    ///
    /// # Errors
    /// The field for which the batch is refused.
    pub fn parse(
        caller: AgencyId,
        officer: Officer,
        request: EvaluateRequest,
        blind: &Blind,
    ) -> Result<(Self, BlindedElements), Refusal> {
        let EvaluateRequest { query_id, salt, instance_id, purpose, epoch, blinded_elements } = request;
        let id = parse_id("query_id", &query_id)?;
        let salt = parse_salt("salt", &salt)?;
        let instance = instance_id.parse::<InstanceId>();
        instance.map_err(|error: IdError| Refusal::invalid("instance_id", error.to_string()))?;
        let purpose = read_purpose(purpose, blind.liaison())?;
        let count = blinded_elements.len();
        if count == 0 {
            return Err(Refusal::missing("blinded_elements"));
        }
        if count > SELECTORS_PER_QUERY {
            let reason = format!("has more than {SELECTORS_PER_QUERY} entries");
            return Err(Refusal::at(RefusalCode::TooLarge, "blinded_elements", reason));
        }
        let elements = BlindedElements::read(&blinded_elements).map_err(|error| malformed(&error))?;
        let body = EvaluateRequest { epoch, blinded_elements, ..EvaluateRequest::default() }.encode_to_vec();
        let content = content_digest(&salt, &body);
        let per_day = blind.settings().elements_per_day;
        Ok((Self { caller, officer, id, salt, purpose, epoch, count, content, per_day }, elements))
    }

    fn statement(&self) -> Vec<u8> {
        let mut statement = Vec::new();
        LiaisonQueryStatement {
            agency: self.caller.to_string(),
            query: *self.id.as_bytes(),
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            mode: QueryMode::Blind,
            count: self.count as u64,
            content: self.content,
        }
        .encode(&mut statement);
        statement
    }
}

impl Command for CountBlind {
    type Verdict = Counted;

    fn lane(&self) -> Lane {
        if self.count <= INTERACTIVE_ELEMENTS { Lane::Interactive } else { Lane::Bulk }
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Counted, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_ask()?;
        let statement = self.statement();
        let digest = statement_digest(&self.salt, &statement);
        let known = replay(tx, agency.no, self.id, &digest).await?;
        let now_us = tx.now_us();
        let epoch = evaluated(&BlindEpochRow::live(tx.reading()).await?, self.epoch, now_us)?;
        let budget = blind_budget(tx.reading(), agency.no).await?;
        if let Some(known) = known {
            let (leaf, recorded_at_us) = (known.first_leaf, known.recorded_at_us);
            let left = budget.left(now_us, self.per_day);
            return Ok(Counted { leaf, recorded_at_us, left, epoch, receipt: None });
        }
        let spent = budget.and(self.count, now_us, self.per_day)?;
        let leaf = append_one(tx, Kind::LiaisonQuery, agency.no, self.salt, &statement).await?;
        tx.put_blind_budget(agency.no, spent).await?;
        tx.log_query(&QueryRow {
            leaf,
            agency: agency.no,
            id: self.id,
            recorded_at_us: now_us,
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            mode: QueryMode::Blind,
            selectors: i64::try_from(self.count).expect("a batch is capped"),
            body: Vec::new(),
        })
        .await?;
        let (agency, id, verdict) = (agency.no, self.id, RECORDED.to_vec());
        tx.remember(NewCommand { agency, id, digest, first_leaf: leaf, leaf_count: 1, verdict }).await?;
        let left = spent.left(now_us, self.per_day);
        Ok(Counted { leaf, recorded_at_us: now_us, left, epoch, receipt: None })
    }
}

impl Verdict for Counted {
    fn unproven(&self) -> Option<Span> {
        let begin = self.leaf.cast_unsigned();
        self.receipt.is_none().then_some(Span { begin, end: begin + 1 })
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}

/// Counts and records a batch, and then evaluates it. A batch that comes again costs nothing again; its proof is another one,
/// and as good.
///
/// # Errors
/// If the batch is refused, or the database fails: nothing of it is evaluated then.
pub async fn evaluate_blind(
    hub: &Hub,
    blind: &Blind,
    command: CountBlind,
    elements: BlindedElements,
    random: [u8; 32],
) -> Result<EvaluateResponse, Failure> {
    let Counted { recorded_at_us, left, epoch, receipt, .. } = hub.run(command).await?;
    let key = blind.key(&epoch)?;
    let evaluated = off_line(move || key.evaluate(&elements, &mut StdRng::from_seed(random))).await?;
    Ok(EvaluateResponse {
        evaluated_elements: evaluated.elements.iter().map(|element| element.to_vec()).collect(),
        proof: evaluated.proof.to_vec(),
        budget_left: u64::try_from(left).unwrap_or(0),
        recorded_at_us,
        receipt,
    })
}

/// The epoch with this number, if it is evaluated.
pub(super) fn evaluated(live: &[BlindEpochRow], epoch: u32, now_us: i64) -> Result<BlindEpochRow, Refusal> {
    let row = live.iter().find(|row| row.epoch == epoch && is_evaluated(row, now_us));
    let reason = "is not one that can be asked; fetch the newest";
    row.cloned().ok_or_else(|| Refusal::at(RefusalCode::EpochOver, "epoch", reason))
}

fn malformed(error: &BlindError) -> Refusal {
    let field = match error {
        BlindError::Element { position } => format!("blinded_elements[{position}]"),
        _ => "blinded_elements".to_owned(),
    };
    Refusal::invalid(field, "must be a serialised element of ristretto255 other than the identity")
}
