//! Rows of a question, and what became of them.

use sqlx::Row as _;

use super::{StoreError, Tx, signed, unsigned};

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedState {
    /// Not answered.
    Waiting = 1,
    /// No reportable hit.
    NoHit = 2,
    /// A hit.
    Hit = 3,
    /// Refused, or not readable.
    Refused = 4,
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuestionRow {
    /// Its number.
    pub row: u64,
    /// Its line in the input.
    pub line: u64,
    /// As it was sent (prost).
    pub selector: Option<Vec<u8>>,
    /// As it was typed, where it could not be read.
    pub text: String,
    /// How it stands.
    pub state: AskedState,
    /// The hit or the refusal (prost).
    pub detail: Vec<u8>,
    /// The id of its batch and its place there.
    pub place: Option<([u8; 16], u32)>,
    /// When the hub recorded the question.
    pub recorded_us: i64,
    /// The set by which it was answered: epoch and increment.
    pub set: Option<(u32, u32)>,
}

impl Tx {
    /// Rows of a question behind `after`, in their order.
    pub async fn question_rows(
        &mut self,
        question: i64,
        after: u64,
        only_hits: bool,
        limit: u32,
    ) -> Result<Vec<StoredQuestionRow>, StoreError> {
        let rows = sqlx::query(
            "/* question_rows */ SELECT r.row, r.line, r.selector, r.text, r.state, r.detail, b.query_id, r.position,
               b.recorded_us, r.epoch, r.increment
             FROM question_row r LEFT JOIN question_batch b ON b.id = r.batch
             WHERE r.question = ? AND r.row > ? AND (NOT ? OR r.state = 3) ORDER BY r.row LIMIT ?",
        )
        .bind(question)
        .bind(signed(after))
        .bind(only_hits)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            const DAMAGED: StoreError = StoreError::Damaged("question_row");
            let small = |value: i64| u32::try_from(value).map_err(|_| DAMAGED);
            let query_id: Option<Vec<u8>> = row.try_get("query_id")?;
            let place = match query_id {
                None => None,
                Some(id) => Some((id.try_into().map_err(|_| DAMAGED)?, small(row.try_get("position")?)?)),
            };
            let set: (Option<i64>, Option<i64>) = (row.try_get("epoch")?, row.try_get("increment")?);
            found.push(StoredQuestionRow {
                row: unsigned(row.try_get("row")?),
                line: unsigned(row.try_get("line")?),
                selector: row.try_get("selector")?,
                text: row.try_get::<Option<String>, _>("text")?.unwrap_or_default(),
                state: state(row.try_get("state")?).ok_or(DAMAGED)?,
                detail: row.try_get::<Option<Vec<u8>>, _>("detail")?.unwrap_or_default(),
                place,
                recorded_us: row.try_get::<Option<i64>, _>("recorded_us")?.unwrap_or(0),
                set: match set {
                    (Some(epoch), Some(increment)) => Some((small(epoch)?, small(increment)?)),
                    _ => None,
                },
            });
        }
        Ok(found)
    }
}

fn state(number: i64) -> Option<AskedState> {
    let states = [AskedState::Waiting, AskedState::NoHit, AskedState::Hit, AskedState::Refused];
    states.into_iter().find(|state| *state as i64 == number)
}
