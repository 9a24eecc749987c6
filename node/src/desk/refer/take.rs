//! Writes chunks: their rows, their submissions and the count of rows become durable together.

use meldeverbund_proto::v1::CaseState;

use super::{begin::Begin, prepare::Chunk};
use crate::store::{HandIn, NewSubmission, StoreError, Tx, Write};

/// Takes chunks that follow each other: together they cost far less than one by one.
#[derive(Debug)]
pub(super) struct Take {
    pub(super) hand_in: Begin,
    pub(super) chunks: Vec<Chunk>,
}

/// What became of the chunks.
pub(super) enum Taken {
    /// They are durable; the totals of the hand-in.
    Rows {
        /// Rows so far.
        rows_taken: u64,
        /// Of them rejected.
        rejected: u64,
    },
    /// One does not follow the last row that was taken; those before it are durable.
    OutOfOrder,
    /// The case was closed meanwhile.
    CaseClosed,
}

impl Write for Take {
    type Out = Taken;

    async fn run(&self, tx: &mut Tx) -> Result<Taken, StoreError> {
        let Self { hand_in: Begin { id, case_file }, chunks } = self;
        if tx.case_by_id(*case_file).await?.state != CaseState::Open {
            return Ok(Taken::CaseClosed);
        }
        for chunk in chunks {
            if !tx.count_rows(*id, chunk.before, chunk.rows, chunk.rejected.len()).await? {
                // Nothing of the earlier chunks has a reason to stay out.
                return Ok(Taken::OutOfOrder);
            }
            tx.keep_rejected(*id, &chunk.rejected).await?;
            for composed in &chunk.submissions {
                let submission = NewSubmission {
                    submission_id: composed.submission_id,
                    case_file: *case_file,
                    hand_in: Some(*id),
                    composed_us: composed.composed_us,
                    urgent: composed.urgent,
                    referrals: &composed.referrals,
                };
                tx.put_submission(&submission).await?;
            }
        }
        let sums = tx.hand_in(*id).await?.ok_or(StoreError::Damaged("a hand-in is gone"))?.sums;
        // Commit point: from here on the rows are the node's, whatever becomes of the caller.
        Ok(Taken::Rows { rows_taken: sums.rows, rejected: sums.rejected })
    }
}

/// All rows are taken.
#[derive(Debug)]
pub(super) struct Finish {
    pub(super) hand_in: i64,
    pub(super) rows: u64,
    pub(super) now_us: i64,
}

impl Write for Finish {
    type Out = Option<HandIn>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        if !tx.finish_hand_in(self.hand_in, self.rows, self.now_us).await? {
            return Ok(None);
        }
        tx.hand_in(self.hand_in).await
    }
}
