//! A liaison officer asks a batch blindly: it is counted and recorded, and then evaluated.

use meldeverbund_blind::{BlindError, BlindedElements};
use meldeverbund_proto::{
    AgencyId,
    merkle::Span,
    statement::QueryMode,
    v1::{EvaluateRequest, EvaluateResponse, Receipt, Refusal, RefusalCode},
};
use prost::Message as _;
use rand::{SeedableRng as _, rngs::StdRng};

use super::{Blind, is_evaluated, off_line};
use crate::{
    flow::{
        Command, Failure, Hub, Lane, Officer, Verdict,
        admit::caller,
        liaison::question::{Question, Recorded, one_leaf, read_count, read_ids, read_purpose},
    },
    store::{BlindEpochRow, Tx, blind_budget},
};

/// One batch, ready to be counted and recorded.
#[derive(Debug)]
pub struct CountBlind {
    question: Question,
    epoch: u32,
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
        let (id, salt) = read_ids("query_id", &query_id, &salt, &instance_id)?;
        let purpose = read_purpose(purpose, blind.liaison())?;
        let count = read_count("blinded_elements", blinded_elements.len())?;
        let elements = BlindedElements::read(&blinded_elements).map_err(|error| malformed(&error))?;
        let body = EvaluateRequest { epoch, blinded_elements, ..EvaluateRequest::default() }.encode_to_vec();
        let mode = QueryMode::Blind;
        let question = Question { caller, officer, id, salt, purpose, mode, count, body };
        Ok((Self { question, epoch, per_day: blind.settings().elements_per_day }, elements))
    }
}

impl Command for CountBlind {
    type Verdict = Counted;

    fn lane(&self) -> Lane {
        self.question.lane()
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Counted, Failure> {
        let question = &self.question;
        let agency = caller(tx, &question.caller).await?.agency;
        agency.may_ask()?;
        let known = question.known(tx, &agency).await?;
        let now_us = tx.now_us();
        let epoch = evaluated(&BlindEpochRow::live(tx.reading()).await?, self.epoch, now_us)?;
        let mut budget = blind_budget(tx.reading(), agency.no).await?;
        let recorded = match known {
            Some(known) => known,
            None => {
                budget = budget.and(question.count, now_us, self.per_day)?;
                tx.put_blind_budget(agency.no, budget).await?;
                question.record(tx, &agency).await?
            }
        };
        let Recorded { leaf, at_us } = recorded;
        let left = budget.left(now_us, self.per_day);
        Ok(Counted { leaf, recorded_at_us: at_us, left, epoch, receipt: None })
    }
}

impl Verdict for Counted {
    fn unproven(&self) -> Option<Span> {
        one_leaf(self.leaf, self.receipt.as_ref())
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
