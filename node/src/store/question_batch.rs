//! Batches of a question: what goes to the hub as one, under an id that stands before the hub sees it.

use meldeverbund_proto::CommandId;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{AskedState, StoreError, Tx, bulk, signed, unsigned};
use crate::clock::SALT_BYTES;

/// Rows that become one batch.
#[derive(Debug, Clone)]
pub struct NewQuestionBatch {
    /// Its id towards the hub.
    pub query_id: CommandId,
    /// The salt of its leaf.
    pub salt: [u8; SALT_BYTES],
    /// The rows, those that cannot be read among them.
    pub rows: Vec<NewQuestionRow>,
}

/// A row as it is taken.
#[derive(Debug, Clone)]
pub struct NewQuestionRow {
    /// Its line in the input.
    pub line: u64,
    /// What was typed, made readable.
    pub content: RowContent,
}

/// What a row holds.
#[derive(Debug, Clone)]
pub enum RowContent {
    /// A selector, as it is sent (prost).
    Selector(Vec<u8>),
    /// What cannot be read, and the refusal that says why (prost).
    Unreadable {
        /// As it was typed.
        text: String,
        /// Why.
        refusal: Vec<u8>,
    },
}

/// A batch without an answer.
#[derive(Debug, Clone)]
pub struct OpenBatch {
    /// Its row.
    pub id: i64,
    /// Its id towards the hub.
    pub query_id: CommandId,
    /// The salt of its leaf.
    pub salt: [u8; SALT_BYTES],
    /// What was blinded, if it was.
    pub blinded: Option<Blinded>,
}

/// A batch that was blinded and not evaluated yet.
#[derive(Clone)]
pub struct Blinded {
    /// Under which epoch's key it is to be evaluated.
    pub epoch: u32,
    /// The elements, 32 bytes each.
    pub elements: Vec<u8>,
    /// What unblinds the answer.
    pub secrets: Vec<u8>,
}

impl std::fmt::Debug for Blinded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blinded").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// The hub's answer to a batch.
#[derive(Debug, Clone)]
pub struct BatchAnswered {
    /// The batch.
    pub batch: i64,
    /// When the hub recorded the question.
    pub recorded_us: i64,
    /// Its leaf.
    pub leaf_index: u64,
    /// The receipt (prost).
    pub receipt: Vec<u8>,
    /// One per selector, in their order.
    pub answers: Vec<RowAnswer>,
    /// The set by which a blind batch was answered: epoch and increment.
    pub set: Option<(u32, u32)>,
}

/// What became of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowAnswer {
    /// How it stands.
    pub state: AskedState,
    /// The hit or the refusal (prost); may be empty.
    pub detail: Vec<u8>,
}

impl Tx {
    /// Takes rows behind the first `before`; false: they do not follow what was taken.
    pub async fn take_question_rows(
        &mut self,
        question: i64,
        before: u64,
        new: &NewQuestionBatch,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* take_question_rows */ UPDATE question SET row_count = row_count + ? WHERE id = ? AND row_count = ?
               AND taken_us IS NULL",
        )
        .bind(signed(new.rows.len() as u64))
        .bind(question)
        .bind(signed(before))
        .execute(self.conn())
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        let asks = new.rows.iter().any(|row| matches!(row.content, RowContent::Selector(_)));
        let batch = if asks { Some(self.put_question_batch(question, new).await?) } else { None };
        let mut position = 0;
        let rows: Vec<_> = (before + 1..)
            .zip(&new.rows)
            .map(|(number, row)| {
                let place = position;
                position += i64::from(matches!(row.content, RowContent::Selector(_)));
                (number, place, row)
            })
            .collect();
        bulk::run(
            self.conn(),
            "/* take_question_rows */ INSERT INTO question_row (question, row, line, batch, position, selector, text,
               state, detail)",
            9,
            "",
            &rows,
            |query, (number, position, row)| {
                let query = query.bind(question).bind(signed(*number)).bind(signed(row.line));
                match &row.content {
                    RowContent::Selector(selector) => query
                        .bind(batch)
                        .bind(*position)
                        .bind(Some(&selector[..]))
                        .bind(None::<&str>)
                        .bind(AskedState::Waiting as i64)
                        .bind(None::<&[u8]>),
                    RowContent::Unreadable { text, refusal } => query
                        .bind(None::<i64>)
                        .bind(0_i64)
                        .bind(None::<&[u8]>)
                        .bind(Some(text.as_str()))
                        .bind(AskedState::Refused as i64)
                        .bind(Some(&refusal[..])),
                }
            },
        )
        .await?;
        Ok(true)
    }

    async fn put_question_batch(&mut self, question: i64, new: &NewQuestionBatch) -> Result<i64, StoreError> {
        let id = sqlx::query_scalar(
            "/* put_question_batch */ INSERT INTO question_batch (question, query_id, salt) VALUES (?, ?, ?) RETURNING id",
        )
        .bind(question)
        .bind(new.query_id.as_bytes().to_vec())
        .bind(new.salt.to_vec())
        .fetch_one(self.conn())
        .await?;
        Ok(id)
    }

    /// Batches of a question behind `after` that have no answer, in their order.
    pub async fn open_question_batches(
        &mut self,
        question: i64,
        after: i64,
        limit: usize,
    ) -> Result<Vec<OpenBatch>, StoreError> {
        let rows = sqlx::query(
            "/* open_question_batches */ SELECT id, query_id, salt, epoch, elements, secrets FROM question_batch
             WHERE question = ? AND id > ? AND answered_us IS NULL ORDER BY id LIMIT ?",
        )
        .bind(question)
        .bind(after)
        .bind(signed(limit as u64))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(open_batch).collect()
    }

    /// The selectors of a batch (prost), in their order.
    pub async fn batch_selectors(&mut self, batch: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = sqlx::query_scalar(
            "/* batch_selectors */ SELECT selector FROM question_row WHERE batch = ? ORDER BY position",
        )
        .bind(batch)
        .fetch_all(self.conn())
        .await?;
        Ok(rows)
    }

    /// Keeps what a batch was blinded to, before the hub sees it.
    pub async fn keep_blinded(
        &mut self,
        batch: i64,
        query_id: CommandId,
        salt: &[u8; SALT_BYTES],
        blinded: &Blinded,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* keep_blinded */ UPDATE question_batch SET query_id = ?, salt = ?, epoch = ?, elements = ?, secrets = ?
             WHERE id = ? AND answered_us IS NULL",
        )
        .bind(query_id.as_bytes().to_vec())
        .bind(salt.to_vec())
        .bind(i64::from(blinded.epoch))
        .bind(&blinded.elements)
        .bind(&blinded.secrets)
        .bind(batch)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Applies an answer; one that has come already changes nothing.
    pub async fn answer_question_batch(
        &mut self,
        answered: &BatchAnswered,
        now_us: i64,
    ) -> Result<(), StoreError> {
        let done = sqlx::query(
            "/* answer_question_batch */ UPDATE question_batch SET recorded_us = ?, leaf_index = ?, answered_us = ?,
               receipt = ?, elements = NULL, secrets = NULL WHERE id = ? AND answered_us IS NULL",
        )
        .bind(answered.recorded_us)
        .bind(signed(answered.leaf_index))
        .bind(now_us)
        .bind(&answered.receipt)
        .bind(answered.batch)
        .execute(self.conn())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        let rows: Vec<_> = (0_i64..).zip(&answered.answers).collect();
        let (batch, set) = (answered.batch, answered.set);
        bulk::run(
            self.conn(),
            "/* answer_question_batch */ UPDATE question_row SET state = v.column3, detail = v.column4, epoch = v.column5,
               increment = v.column6 FROM (",
            6,
            ") v WHERE question_row.batch = v.column1 AND question_row.position = v.column2",
            &rows,
            |query, (position, answer)| {
                query
                    .bind(batch)
                    .bind(*position)
                    .bind(answer.state as i64)
                    .bind(&answer.detail)
                    .bind(set.map(|(epoch, _)| i64::from(epoch)))
                    .bind(set.map(|(_, increment)| i64::from(increment)))
            },
        )
        .await?;
        Ok(())
    }
}

fn open_batch(row: &SqliteRow) -> Result<OpenBatch, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged("question_batch");
    let (query_id, salt): (Vec<u8>, Vec<u8>) = (row.try_get("query_id")?, row.try_get("salt")?);
    let epoch: Option<i64> = row.try_get("epoch")?;
    let blinded = match epoch {
        None => None,
        Some(epoch) => Some(Blinded {
            epoch: u32::try_from(unsigned(epoch)).map_err(|_| DAMAGED)?,
            elements: row.try_get("elements")?,
            secrets: row.try_get("secrets")?,
        }),
    };
    Ok(OpenBatch {
        id: row.try_get("id")?,
        query_id: query_id.try_into().map(CommandId::from_bytes).map_err(|_| DAMAGED)?,
        salt: salt.try_into().map_err(|_| DAMAGED)?,
        blinded,
    })
}
