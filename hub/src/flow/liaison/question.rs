//! A batch of questions as it is recorded, open or blind: one leaf and one row of the access log, whatever the answer.

use meldeverbund_domain::{Agency, liaison::Settings};
use meldeverbund_proto::{
    AgencyId, CaseNumber, CommandId,
    leaf::{Digest, Kind, Salt, statement_digest},
    limits::{REASON_CHARS, SELECTORS_PER_QUERY},
    merkle::Span,
    statement::{LiaisonQueryStatement, QueryMode, content_digest},
    text::{self, TextError},
    v1::{Purpose, Receipt, Refusal, RefusalCode},
};

use super::Officer;
use crate::{
    flow::{
        Failure, Lane,
        once::{append_one, parse_id, parse_instance, parse_salt, replay},
    },
    store::{NewCommand, QueryRow, Tx},
};

/// What a person asks about by hand and waits for; more comes from a file.
const INTERACTIVE: usize = 10;

/// The verdict on every question: that it was recorded. The answer is as of when it is read.
pub(super) const RECORDED: [u8; 1] = [1];

/// Who asks what for, and what stays of what is asked.
#[derive(Debug)]
pub(in crate::flow) struct Question {
    pub(in crate::flow) caller: AgencyId,
    pub(in crate::flow) officer: Officer,
    pub(in crate::flow) id: CommandId,
    pub(in crate::flow) salt: Salt,
    pub(in crate::flow) purpose: Purpose,
    pub(in crate::flow) mode: QueryMode,
    pub(in crate::flow) count: usize,
    /// As it came; what the access log keeps of an open one, and nothing of a blind one.
    pub(in crate::flow) body: Vec<u8>,
}

/// A question that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) struct Recorded {
    /// Its leaf.
    pub(in crate::flow) leaf: i64,
    /// When, microseconds since 1970 UTC.
    pub(in crate::flow) at_us: i64,
}

impl Question {
    /// Its lane.
    pub(in crate::flow) fn lane(&self) -> Lane {
        if self.count <= INTERACTIVE { Lane::Interactive } else { Lane::Bulk }
    }

    /// The question if it was recorded before.
    pub(in crate::flow) async fn known(
        &self,
        tx: &mut Tx<'_>,
        agency: &Agency,
    ) -> Result<Option<Recorded>, Failure> {
        let (_, digest) = self.statement();
        let Some(known) = replay(tx, agency.no, self.id, &digest).await? else { return Ok(None) };
        if QueryRow::by_id(tx.reading(), agency.no, self.id).await?.is_none() {
            let reason = "this was asked long ago; what is logged of it went when its retention ended";
            return Err(Refusal::of(RefusalCode::Retired, reason).into());
        }
        Ok(Some(Recorded { leaf: known.first_leaf, at_us: known.recorded_at_us }))
    }

    /// Records it.
    pub(in crate::flow) async fn record(
        &self,
        tx: &mut Tx<'_>,
        agency: &Agency,
    ) -> Result<Recorded, Failure> {
        let (statement, digest) = self.statement();
        let leaf = append_one(tx, Kind::LiaisonQuery, agency.no, self.salt, &statement).await?;
        let at_us = tx.now_us();
        let is_open = self.mode == QueryMode::Open;
        tx.log_query(&QueryRow {
            leaf,
            agency: agency.no,
            id: self.id,
            recorded_at_us: at_us,
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            mode: self.mode,
            selectors: i64::try_from(self.count).expect("a batch is capped"),
            body: if is_open { self.body.clone() } else { Vec::new() },
        })
        .await?;
        let (agency, id, verdict) = (agency.no, self.id, RECORDED.to_vec());
        tx.remember(NewCommand { agency, id, digest, first_leaf: leaf, leaf_count: 1, verdict }).await?;
        Ok(Recorded { leaf, at_us })
    }

    /// The statement, and its salted digest.
    fn statement(&self) -> (Vec<u8>, Digest) {
        let mut statement = Vec::new();
        LiaisonQueryStatement {
            agency: self.caller.to_string(),
            query: *self.id.as_bytes(),
            issuer: self.officer.issuer.clone(),
            officer: self.officer.subject.clone(),
            purpose: self.purpose.clone(),
            mode: self.mode,
            count: self.count as u64,
            content: content_digest(&self.salt, &self.body),
        }
        .encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        (statement, digest)
    }
}

/// Ids and salt of a request of liaison: its own id, and the store that sends it.
pub(in crate::flow) fn read_ids(
    field: &str,
    id: &str,
    salt: &[u8],
    instance: &str,
) -> Result<(CommandId, Salt), Refusal> {
    let read = (parse_id(field, id)?, parse_salt("salt", salt)?);
    parse_instance(instance)?;
    Ok(read)
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

/// How much is asked in one batch: something, and no more than one may have.
pub(in crate::flow) fn read_count(field: &str, count: usize) -> Result<usize, Refusal> {
    match count {
        0 => Err(Refusal::missing(field)),
        1..=SELECTORS_PER_QUERY => Ok(count),
        _ => {
            let reason = format!("has more than {SELECTORS_PER_QUERY} entries");
            Err(Refusal::at(RefusalCode::TooLarge, field, reason))
        }
    }
}

/// The one leaf of an answer that has no receipt yet.
pub(in crate::flow) fn one_leaf(leaf: i64, receipt: Option<&Receipt>) -> Option<Span> {
    let begin = leaf.cast_unsigned();
    receipt.is_none().then_some(Span { begin, end: begin + 1 })
}
