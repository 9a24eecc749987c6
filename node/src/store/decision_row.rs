//! Decisions with what became of them.

use meldeverbund_proto::{
    CommandId,
    v1::{DecideRequest, Decided, Refusal},
};
use prost::Message as _;
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{
    StoreError, Tx,
    case_file::refusal,
    decision::{command_id, request},
    unsigned,
};

/// Where a batch is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// The hub has not answered.
    Waiting,
    /// Answered target by target.
    Answered,
    /// Refused as a whole; waits for a person.
    Refused,
    /// Given up: the line broke before it was sent.
    GivenUp,
}

/// A decision with what became of its targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Its row.
    pub id: i64,
    /// The name of the decision's field.
    pub what: String,
    /// Only the hub can say whether it may be done.
    pub needs_hub: bool,
    /// How many targets it has.
    pub targets: u64,
    /// When it was given.
    pub given_us: i64,
    /// The officer.
    pub given_by: String,
    /// Who acted for the officer, in words.
    pub annotation: String,
    /// Targets that the hub has not answered.
    pub waiting: u64,
    /// Of them, those of batches that were sent.
    pub under_way: u64,
    /// Targets on which it took effect.
    pub taken: u64,
    /// Targets that the hub refused.
    pub refused: u64,
    /// Targets of batches that the hub refused as a whole.
    pub held_up: u64,
    /// Targets of batches that were given up.
    pub given_up: u64,
    /// When the hub last answered.
    pub answered_us: Option<i64>,
}

/// A batch that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedBatch {
    /// Its id.
    pub command_id: CommandId,
    /// How many targets it has.
    pub targets: u64,
    /// Why.
    pub refusal: Refusal,
    /// When.
    pub refused_us: i64,
}

/// A batch with what was sent and what was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBatch {
    /// Its row.
    pub id: i64,
    /// What is sent.
    pub request: DecideRequest,
    /// Where it is on its way.
    pub state: BatchState,
    /// What was answered.
    pub decided: Option<Decided>,
    /// Why it was refused as a whole.
    pub refusal: Option<Refusal>,
}

const ROWS: &str = "SELECT d.id, d.what, d.needs_hub, d.target_count, d.given_us, d.given_by, d.annotation, \
     sum(CASE WHEN b.state = 1 THEN b.target_count ELSE 0 END) AS waiting, \
     sum(CASE WHEN b.state = 1 AND b.sent_us IS NOT NULL THEN b.target_count ELSE 0 END) AS under_way, \
     sum(b.taken) AS taken, \
     sum(CASE WHEN b.state = 2 THEN b.target_count - b.taken ELSE 0 END) AS refused, \
     sum(CASE WHEN b.state = 3 THEN b.target_count ELSE 0 END) AS held_up, \
     sum(CASE WHEN b.state = 4 THEN b.target_count ELSE 0 END) AS given_up, max(b.answered_us) AS answered_us \
     FROM decision d CROSS JOIN decision_batch b ON b.decision = d.id";

impl Tx {
    /// One decision.
    pub async fn decision(&mut self, id: i64) -> Result<Option<DecisionRow>, StoreError> {
        let sql = format!("/* decision */ {ROWS} WHERE d.id = ? GROUP BY d.id");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(self.conn()).await?;
        row.as_ref().map(decision_row).transpose()
    }

    /// Decisions before `before`, newest first; only those that wait or were refused as a whole if `open`.
    pub async fn decisions(
        &mut self,
        open: bool,
        before: i64,
        limit: u32,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        let only =
            if open { "AND d.id IN (SELECT decision FROM decision_batch WHERE state IN (1, 3))" } else { "" };
        let sql =
            format!("/* decisions */ {ROWS} WHERE d.id < ? {only} GROUP BY d.id ORDER BY d.id DESC LIMIT ?");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(before).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(decision_row).collect()
    }

    /// Batches of a decision that the hub refused as a whole, oldest first.
    pub async fn refused_batches(
        &mut self,
        decision: i64,
        limit: u32,
    ) -> Result<Vec<RefusedBatch>, StoreError> {
        let rows = sqlx::query(
            "/* refused_batches */ SELECT command_id, target_count, refusal_code, refusal_field, refusal_reason,
               answered_us FROM decision_batch WHERE decision = ? AND state = 3 ORDER BY id LIMIT ?",
        )
        .bind(decision)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(refused_batch).collect()
    }

    /// A decision's batches after the row `after`, in order.
    pub async fn batches(
        &mut self,
        decision: i64,
        after: i64,
        limit: u32,
    ) -> Result<Vec<StoredBatch>, StoreError> {
        let rows = sqlx::query(
            "/* batches */ SELECT id, request, state, decided, refusal_code, refusal_field, refusal_reason
             FROM decision_batch WHERE decision = ? AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(decision)
        .bind(after)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(stored_batch).collect()
    }

    /// How many batches wait for the hub, targets in them, and how many batches wait for a person.
    pub async fn waiting_decisions(&mut self) -> Result<(u64, u64, u64), StoreError> {
        let (batches, targets): (i64, i64) = sqlx::query_as(
            "/* waiting_decisions */ SELECT count(*), coalesce(sum(target_count), 0) FROM decision_batch WHERE state = 1",
        )
        .fetch_one(self.conn())
        .await?;
        let refused: i64 =
            sqlx::query_scalar("/* waiting_decisions */ SELECT count(*) FROM decision_batch WHERE state = 3")
                .fetch_one(self.conn())
                .await?;
        Ok((unsigned(batches), unsigned(targets), unsigned(refused)))
    }
}

fn decision_row(row: &SqliteRow) -> Result<DecisionRow, StoreError> {
    let count = |column| row.try_get::<i64, _>(column).map(unsigned);
    Ok(DecisionRow {
        id: row.try_get("id")?,
        what: row.try_get("what")?,
        needs_hub: row.try_get("needs_hub")?,
        targets: count("target_count")?,
        given_us: row.try_get("given_us")?,
        given_by: row.try_get("given_by")?,
        annotation: row.try_get("annotation")?,
        waiting: count("waiting")?,
        under_way: count("under_way")?,
        taken: count("taken")?,
        refused: count("refused")?,
        held_up: count("held_up")?,
        given_up: count("given_up")?,
        answered_us: row.try_get("answered_us")?,
    })
}

fn refused_batch(row: &SqliteRow) -> Result<RefusedBatch, StoreError> {
    Ok(RefusedBatch {
        command_id: command_id(row)?,
        targets: unsigned(row.try_get("target_count")?),
        refusal: refusal(row)?.ok_or(StoreError::Damaged("decision_batch.refusal_code"))?,
        refused_us: row.try_get::<Option<i64>, _>("answered_us")?.unwrap_or(0),
    })
}

fn stored_batch(row: &SqliteRow) -> Result<StoredBatch, StoreError> {
    let bytes: Vec<u8> = row.try_get("request")?;
    let decided: Option<Vec<u8>> = row.try_get("decided")?;
    let decode = |bytes: Vec<u8>| {
        Decided::decode(&bytes[..]).map_err(|_| StoreError::Damaged("decision_batch.decided"))
    };
    Ok(StoredBatch {
        id: row.try_get("id")?,
        request: request(&bytes)?,
        state: match row.try_get::<i64, _>("state")? {
            1 => BatchState::Waiting,
            2 => BatchState::Answered,
            3 => BatchState::Refused,
            4 => BatchState::GivenUp,
            _ => return Err(StoreError::Damaged("decision_batch.state")),
        },
        decided: decided.map(decode).transpose()?,
        refusal: refusal(row)?,
    })
}
