//! Checks rows and composes submissions, before any lock is taken and off the runtime's threads.

use std::sync::Arc;

use meldeverbund_proto::{
    check::check_referral,
    limits::{LINK_BYTES, MESSAGE_BYTES, REFERRALS_PER_SUBMISSION},
    node::v1::{ReferFinish, ReferRow, ReferRows, RowProblem, refer_request::Step, refer_row::Content},
    v1::{Referral, Refusal},
};
use prost::Message as _;

use crate::{
    clock::SALT_BYTES,
    desk::DeskError,
    node::Node,
    store::{LinkKey, NewReferral, Rejected},
};

/// Rows of one message: as many as one submission takes.
const ROWS: usize = REFERRALS_PER_SUBMISSION;

/// Bytes of the referrals of one submission: with ids and lengths it stays below the hub's limit of a message.
const SUBMISSION_BYTES: usize = MESSAGE_BYTES / 4 * 3;

/// A step that is ready to be written.
pub(super) enum Prepared {
    /// Rows.
    Rows(Chunk),
    /// The end.
    Finish(ReferFinish),
    /// The caller went away.
    Gone,
}

/// Rows that are ready to be written.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Rows taken before.
    pub(super) before: u64,
    /// How many rows these are.
    pub(super) rows: usize,
    /// Those that are no referral.
    pub(super) rejected: Vec<Rejected>,
    /// The others, as they will be sent.
    pub(super) submissions: Vec<Composed>,
}

/// The referrals of one submission.
#[derive(Debug)]
pub(super) struct Composed {
    /// Its id.
    pub(super) submission_id: meldeverbund_proto::CommandId,
    /// When it was composed.
    pub(super) composed_us: i64,
    /// Whether one of them is urgent.
    pub(super) urgent: bool,
    /// The referrals.
    pub(super) referrals: Vec<NewReferral>,
}

/// Prepares a step.
pub(super) async fn prepare(node: Arc<Node>, step: Option<Step>) -> Result<Prepared, DeskError> {
    match step {
        None => Ok(Prepared::Gone),
        Some(Step::Begin(_)) => Err(DeskError::Protocol("`begin` comes once")),
        Some(Step::Finish(finish)) => Ok(Prepared::Finish(finish)),
        Some(Step::Rows(rows)) => {
            let work = tokio::task::spawn_blocking(move || check_rows(&node, rows));
            let chunk = work.await.map_err(|error| DeskError::Store(error.into()))??;
            Ok(Prepared::Rows(chunk))
        }
    }
}

/// Checks rows, composes the good ones, keeps the reason of the others.
fn check_rows(node: &Node, ReferRows { first_row, rows }: ReferRows) -> Result<Chunk, DeskError> {
    check_shape(first_row, &rows)?;
    let count = rows.len();
    let now_us = node.clock.now_us();
    let mut salts = vec![0; count * SALT_BYTES];
    node.random.fill(&mut salts);
    let mut rejected = Vec::new();
    let mut submissions: Vec<Composed> = Vec::new();
    let mut open_bytes = 0;
    for ((row, salt), number) in rows.into_iter().zip(salts.chunks_exact(SALT_BYTES)).zip(first_row..) {
        match check_row(row, number)? {
            Ok(Checked { line, link_key, host, mut referral }) => {
                referral.salt = salt.to_vec();
                let urgent = !referral.urgency_reason.is_empty();
                let message = referral.encode_to_vec();
                open_bytes += message.len();
                if submissions.is_empty() || open_bytes > SUBMISSION_BYTES {
                    open_bytes = message.len();
                    submissions.push(Composed {
                        submission_id: node.random.command_id(now_us),
                        composed_us: now_us,
                        urgent: false,
                        referrals: Vec::with_capacity(count),
                    });
                }
                let open = submissions.last_mut().expect("one was pushed if there was none");
                open.urgent |= urgent;
                open.referrals.push(NewReferral { row: number, line, link_key, host, message });
            }
            Err(row) => rejected.push(row),
        }
    }
    Ok(Chunk { before: first_row - 1, rows: count, rejected, submissions })
}

/// A row that is a referral.
pub(super) struct Checked {
    pub(super) line: u64,
    pub(super) link_key: LinkKey,
    pub(super) host: String,
    pub(super) referral: Referral,
}

/// Checks one row.
pub(super) fn check_row(row: ReferRow, number: u64) -> Result<Result<Checked, Rejected>, DeskError> {
    let ReferRow { line, content } = row;
    let (input, refusal) = match content {
        None => return Err(DeskError::Protocol("a row without content")),
        Some(Content::Problem(RowProblem { input, refusal })) => {
            (input, refusal.unwrap_or_else(|| Refusal::missing("link")))
        }
        Some(Content::Referral(referral)) => match check_referral(&referral) {
            Ok(link) => {
                let (link_key, host) = (LinkKey::of(link.id()), link.host().to_owned());
                return Ok(Ok(Checked { line, link_key, host, referral }));
            }
            Err(refusal) => (referral.link, refusal),
        },
    };
    let input = input[..input.floor_char_boundary(LINK_BYTES)].replace(char::is_control, " ");
    Ok(Err(Rejected { row: number, line, input, refusal }))
}

/// The rules of one message.
pub(super) fn check_shape(first_row: u64, rows: &[ReferRow]) -> Result<(), DeskError> {
    if first_row == 0 {
        return Err(DeskError::Protocol("rows are counted from 1"));
    }
    if rows.is_empty() || rows.len() > ROWS {
        return Err(DeskError::Protocol("a message has 1 to 1,000 rows"));
    }
    Ok(())
}
