//! A liaison officer asks a batch of questions: it is counted and recorded, whatever the answer.

use std::sync::Arc;

use meldeverbund_domain::{TargetNo, liaison::Settings};
use meldeverbund_proto::{
    AgencyId,
    merkle::Span,
    statement::QueryMode,
    v1::{QueryRequest, Receipt, Refusal},
};
use prost::Message as _;

use super::{
    Officer, Wanted,
    question::{Question, Recorded, one_leaf, read_count, read_ids, read_purpose},
};
use crate::{
    flow::{Command, Failure, Lane, Verdict, admit::caller},
    store::Tx,
};

/// One batch of questions, ready to be recorded.
#[derive(Debug)]
pub struct Ask {
    question: Question,
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
        let (id, salt) = read_ids("query_id", &query_id, &salt, &instance_id)?;
        let purpose = read_purpose(purpose, settings)?;
        let count = read_count("selectors", selectors.len())?;
        let wanted: Vec<_> =
            selectors.iter().enumerate().map(|(position, one)| Wanted::read(one, position)).collect();
        let body = QueryRequest { selectors, ..QueryRequest::default() }.encode_to_vec();
        let mode = QueryMode::Open;
        let question = Question { caller, officer, id, salt, purpose, mode, count, body };
        Ok((Self { question, settings: Arc::clone(settings) }, wanted))
    }
}

impl Command for Ask {
    type Verdict = Asked;

    fn lane(&self) -> Lane {
        self.question.lane()
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Asked, Failure> {
        let Self { question, settings } = self;
        let agency = caller(tx, &question.caller).await?.agency;
        agency.may_ask()?;
        let next_target = tx.next_target();
        let asked = |Recorded { leaf, at_us }, repeated| Asked {
            leaf,
            recorded_at_us: at_us,
            repeated,
            next_target,
            receipt: None,
        };
        if let Some(known) = question.known(tx, &agency).await? {
            return Ok(asked(known, true));
        }
        let selectors = i64::try_from(question.count).expect("a batch is capped");
        let spent = tx.spent(agency.no).await?.and(selectors, tx.now_us(), settings)?;
        tx.put_spent(agency.no, spent).await?;
        Ok(asked(question.record(tx, &agency).await?, false))
    }
}

impl Verdict for Asked {
    fn unproven(&self) -> Option<Span> {
        one_leaf(self.leaf, self.receipt.as_ref())
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}
