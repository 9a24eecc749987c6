//! Rows become a batch with its query id and salt, durable before the hub sees one of them.

use meldeverbund_proto::{
    limits::{MESSAGE_BYTES, SELECTORS_PER_QUERY},
    node::v1::{AskRow, AskRows},
};
use prost::Message as _;

use crate::{
    desk::DeskError,
    liaison::selector,
    node::Node,
    store::{NewQuestionBatch, NewQuestionRow, RowContent, StoreError, Tx, Write},
};

/// Characters of an unreadable row that are kept for the report.
const SHOWN_CHARS: usize = 200;

/// Bytes of one batch's selectors: a thousand of the longest links would not go into one message.
const BATCH_BYTES: usize = MESSAGE_BYTES * 3 / 4;

/// Rows that are ready to be written.
pub(super) struct TakeRows {
    question: i64,
    before: u64,
    batches: Vec<NewQuestionBatch>,
}

impl TakeRows {
    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.batches.iter().map(|batch| batch.rows.len() as u64).sum()
    }
}

/// Reads rows; what cannot be read stands in the report and is not sent.
pub(super) fn prepare(node: &Node, question: i64, rows: AskRows) -> Result<TakeRows, DeskError> {
    let AskRows { first_row, rows } = rows;
    if rows.is_empty() || rows.len() > SELECTORS_PER_QUERY {
        return Err(DeskError::Protocol("`rows` are not 1 to 1,000"));
    }
    let before = first_row.checked_sub(1).ok_or(DeskError::Protocol("`first_row` counts from 1"))?;
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for row in rows.into_iter().map(read) {
        let more = match &row.content {
            RowContent::Selector(selector) => selector.len(),
            RowContent::Unreadable { .. } => 0,
        };
        if bytes + more > BATCH_BYTES {
            batches.push(new_batch(node, std::mem::take(&mut batch)));
            bytes = 0;
        }
        bytes += more;
        batch.push(row);
    }
    batches.push(new_batch(node, batch));
    Ok(TakeRows { question, before, batches })
}

fn new_batch(node: &Node, rows: Vec<NewQuestionRow>) -> NewQuestionBatch {
    let query_id = node.random.command_id(node.clock.now_us());
    NewQuestionBatch { query_id, salt: node.random.bytes(), rows }
}

fn read(AskRow { line, text }: AskRow) -> NewQuestionRow {
    let content = match selector(&text) {
        Ok(selector) => RowContent::Selector(selector.encode_to_vec()),
        Err(error) => RowContent::Unreadable {
            text: text.chars().filter(|letter| !letter.is_control()).take(SHOWN_CHARS).collect(),
            refusal: error.refusal().encode_to_vec(),
        },
    };
    NewQuestionRow { line, content }
}

impl Write for TakeRows {
    /// False: they do not follow those that were taken.
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let mut before = self.before;
        for batch in &self.batches {
            if !tx.take_question_rows(self.question, before, batch).await? {
                return Ok(false);
            }
            before += batch.rows.len() as u64;
        }
        Ok(true)
    }
}

/// All rows are taken.
pub(super) struct Finish {
    pub(super) question: i64,
    pub(super) rows: u64,
    pub(super) now_us: i64,
}

impl Write for Finish {
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        tx.question_is_taken(self.question, self.rows, self.now_us).await
    }
}
