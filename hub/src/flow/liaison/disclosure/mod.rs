//! The second step: a liaison officer asks the owner of a hit for details, and the owner releases them field by field.

mod answer;
mod due;
mod list;
mod request;
mod restrict;
mod shown;

use meldeverbund_domain::{Agency, AgencyNo};
use meldeverbund_proto::{
    AgencyId, CommandId,
    leaf::{Digest, Kind, Salt, statement_digest},
    merkle::Span,
    statement::{DisclosureStatement, DisclosureStep},
    v1::{Receipt, Refusal, RefusalCode},
};

pub(in crate::flow) use self::shown::changed;
pub use self::{
    answer::AnswerDisclosure,
    due::SeeToDisclosures,
    list::{disclosure_now, disclosure_requested, disclosures_asked, disclosures_of},
    request::RequestDisclosure,
    restrict::RestrictDisclosure,
};
use super::question::{one_leaf, read_ids};
use crate::{
    flow::{Failure, Verdict, once::append_one},
    store::{CommandRow, DisclosureRow, FeedKind, NewCommand, NewFeedRow, StoreError, Tx},
};

/// A step is recorded.
#[derive(Debug, Clone)]
pub struct Stepped {
    /// Its leaf.
    pub leaf: i64,
    /// When, microseconds since 1970 UTC: its leaf's time.
    pub recorded_at_us: i64,
    /// The disclosure's own leaf.
    pub disclosure: i64,
    /// Proof of the step's leaf.
    pub receipt: Option<Receipt>,
}

impl Verdict for Stepped {
    fn unproven(&self) -> Option<Span> {
        one_leaf(self.leaf, self.receipt.as_ref())
    }

    fn attach(&mut self, receipt: Receipt) {
        self.receipt = Some(receipt);
    }
}

impl Stepped {
    /// One that is recorded just now.
    fn now(tx: &Tx<'_>, leaf: i64, disclosure: i64) -> Self {
        Self { leaf, recorded_at_us: tx.now_us(), disclosure, receipt: None }
    }

    /// One that was recorded before.
    fn again(known: &CommandRow) -> Result<Self, Failure> {
        let disclosure = remembered(&known.verdict)?;
        Ok(Self { leaf: known.first_leaf, recorded_at_us: known.recorded_at_us, disclosure, receipt: None })
    }
}

/// What every step has.
#[derive(Debug)]
struct Step {
    caller: AgencyId,
    id: CommandId,
    salt: Salt,
    issuer: String,
    officer: String,
    what: DisclosureStep,
    disclosure: CommandId,
    content: Digest,
}

impl Step {
    /// The statement, and its salted digest.
    fn statement(&self) -> (Vec<u8>, Digest) {
        let mut statement = Vec::new();
        DisclosureStatement {
            agency: self.caller.to_string(),
            disclosure: *self.disclosure.as_bytes(),
            issuer: self.issuer.clone(),
            officer: self.officer.clone(),
            step: self.what,
            command: *self.id.as_bytes(),
            content: self.content,
        }
        .encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        (statement, digest)
    }

    /// Appends the step's leaf, and remembers the command with the disclosure that it is about.
    async fn record(
        &self,
        tx: &mut Tx<'_>,
        agency: AgencyNo,
        (statement, digest): (Vec<u8>, Digest),
        disclosure: Option<i64>,
    ) -> Result<i64, Failure> {
        let leaf = append_one(tx, Kind::Disclosure, agency, self.salt, &statement).await?;
        let verdict = disclosure.unwrap_or(leaf).to_be_bytes().to_vec();
        tx.remember(NewCommand { agency, id: self.id, digest, first_leaf: leaf, leaf_count: 1, verdict })
            .await?;
        Ok(leaf)
    }
}

/// The disclosure that a remembered step was about.
fn remembered(verdict: &[u8]) -> Result<i64, Failure> {
    let bytes = verdict.try_into().map_err(|_| StoreError::Value { column: "command.verdict" })?;
    Ok(i64::from_be_bytes(bytes))
}

/// Tells these agencies that a disclosure has come or changed.
async fn tell(
    tx: &mut Tx<'_>,
    row: &DisclosureRow,
    agencies: impl IntoIterator<Item = AgencyNo>,
) -> Result<(), Failure> {
    let agencies: std::collections::BTreeSet<_> = agencies.into_iter().collect();
    for agency in agencies {
        let (kind, first_leaf, body) = (FeedKind::DisclosureChanged, row.leaf, Vec::new());
        tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count: 1, body }).await?;
    }
    Ok(())
}

/// Who hears of a step: who asks, who is asked, who takes it, and the central office once it was escalated.
async fn involved(
    tx: &mut Tx<'_>,
    row: &DisclosureRow,
    acting: AgencyNo,
) -> Result<Vec<AgencyNo>, StoreError> {
    let mut involved = vec![row.agency, row.asked, acting];
    if row.escalated {
        let agencies = tx.agencies().await?.into_iter().map(|row| row.agency);
        involved.extend(agencies.filter(Agency::is_central).map(|agency| agency.no));
    }
    Ok(involved)
}

fn unknown() -> Refusal {
    Refusal::of(RefusalCode::DisclosureUnknown, "there is no such disclosure, or it is none of yours")
}
