//! Reads the list in a thread of its own and hands its rows over in chunks; memory stays flat however long it is.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use meldeverbund_proto::{
    limits::{MESSAGE_BYTES, REFERRALS_PER_SUBMISSION},
    node::v1::{
        ReferFinish, ReferRequest, ReferRow, ReferRows, RowProblem, refer_request::Step, refer_row::Content,
    },
    v1::Refusal,
};
use prost::Message as _;
use tokio::sync::mpsc;

use crate::import::{Draft, Import, ImportError, Row};

/// Rows of one message: one submission's worth.
const ROWS: usize = REFERRALS_PER_SUBMISSION;

/// Bytes of one message.
const BYTES: usize = MESSAGE_BYTES / 4 * 3;

/// Hands over the rows after the first `skip`, then the end. A list that breaks off in its middle is handed in up to
/// there; one that could not be *read* to its end stays open, so that the same command goes on.
///
/// # Errors
/// Why the list could not be read to its end.
pub fn hand_over(
    import: Import,
    case: &str,
    skip: u64,
    read_bytes: &AtomicU64,
    requests: &mpsc::Sender<ReferRequest>,
) -> Result<(), ImportError> {
    let mut chunk = Chunk { first_row: skip + 1, rows: Vec::with_capacity(ROWS), bytes: 0 };
    let mut count = 0;
    let mut import = import;
    let mut fault = None;
    while let Some(row) = import.next() {
        match row {
            Ok(row) => {
                count += 1;
                if count > skip && !chunk.push(row, case, requests) {
                    // The daemon ended the call; its own answer says why.
                    return Ok(());
                }
                read_bytes.store(import.read_bytes(), Ordering::Relaxed);
            }
            Err(error @ ImportError::Io(_)) => return Err(error),
            Err(error) => {
                fault = Some(error);
                break;
            }
        }
    }
    if count == 0
        && let Some(error) = fault
    {
        return Err(error);
    }
    if chunk.send(requests) {
        let finish = ReferFinish { rows: count.max(skip) };
        let _ = requests.blocking_send(ReferRequest { step: Some(Step::Finish(finish)) });
    }
    fault.map_or(Ok(()), Err)
}

/// Where reading stands, shared with the progress bar.
pub fn counter() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(0))
}

struct Chunk {
    first_row: u64,
    rows: Vec<ReferRow>,
    bytes: usize,
}

impl Chunk {
    /// Adds a row; false: nobody takes rows any more.
    fn push(&mut self, row: Row, case: &str, requests: &mpsc::Sender<ReferRequest>) -> bool {
        let row = refer_row(row, case);
        let bytes = row.encoded_len();
        let full = self.rows.len() == ROWS || self.bytes + bytes > BYTES;
        if full && !self.send(requests) {
            return false;
        }
        self.bytes += bytes;
        self.rows.push(row);
        true
    }

    fn send(&mut self, requests: &mpsc::Sender<ReferRequest>) -> bool {
        if self.rows.is_empty() {
            return true;
        }
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(ROWS));
        let first_row = self.first_row;
        self.first_row += rows.len() as u64;
        self.bytes = 0;
        let step = Some(Step::Rows(ReferRows { first_row, rows }));
        requests.blocking_send(ReferRequest { step }).is_ok()
    }
}

fn refer_row(Row { line, outcome }: Row, case: &str) -> ReferRow {
    let content = match outcome {
        Ok(draft) => content(draft, case),
        Err(error) => Content::Problem(error.to_problem()),
    };
    ReferRow { line, content: Some(content) }
}

fn content(draft: Draft, case: &str) -> Content {
    if draft.case_number().is_some_and(|named| named != case) {
        let refusal =
            Refusal::invalid("case", "the row names another case than the one it is handed in under");
        return Content::Problem(RowProblem { input: draft.into_unsalted().link, refusal: Some(refusal) });
    }
    Content::Referral(draft.into_unsalted())
}
