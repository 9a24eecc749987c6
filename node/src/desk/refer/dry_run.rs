//! Checks and counts; stores nothing.

use std::{collections::HashSet, sync::Arc};

use meldeverbund_proto::node::v1::{
    ReferBegin, ReferBegun, ReferPreview, ReferRequest, ReferRows, ReferTaken, RejectedRow, RowProblem,
    refer_request, refer_response,
};
use tonic::Streaming;

use super::{
    Responses, answer, check_begin, next_step,
    prepare::{check_row, check_shape},
};
use crate::{desk::DeskError, node::Node, store::LinkKey};

/// Rejected rows that are shown; a file with more is mended before it is looked at again.
const SHOWN: usize = 100;

pub(super) async fn dry_run(
    node: &Arc<Node>,
    begin: ReferBegin,
    mut requests: Streaming<ReferRequest>,
    responses: &Responses,
) -> Result<(), DeskError> {
    check_begin(&begin)?;
    if node.store.read().await?.case_by_number(&begin.case_number).await?.is_none() {
        return Err(DeskError::CaseUnknown);
    }
    answer(responses, refer_response::Step::Begun(ReferBegun::default())).await;
    let mut count = Count::default();
    loop {
        match next_step(&mut requests).await? {
            Some(refer_request::Step::Rows(rows)) => {
                let (counted, fresh) = tokio::task::spawn_blocking(move || count.add(rows))
                    .await
                    .map_err(|error| DeskError::Store(error.into()))??;
                count = counted;
                count.preview.known_here += node.store.read().await?.count_known(&fresh).await?;
                let taken = ReferTaken { rows_taken: count.preview.rows, rejected: count.preview.rejected };
                answer(responses, refer_response::Step::Taken(taken)).await;
            }
            Some(refer_request::Step::Finish(_)) => {
                answer(responses, refer_response::Step::Preview(count.preview)).await;
                return Ok(());
            }
            Some(refer_request::Step::Begin(_)) => return Err(DeskError::Protocol("`begin` comes once")),
            None => return Ok(()),
        }
    }
}

#[derive(Default)]
struct Count {
    preview: ReferPreview,
    /// Keys are enough to tell some millions of links apart, at a quarter of the memory.
    seen: HashSet<LinkKey>,
}

impl Count {
    /// Counts rows; also answers the keys of the valid ones.
    fn add(mut self, ReferRows { first_row, rows }: ReferRows) -> Result<(Self, Vec<LinkKey>), DeskError> {
        check_shape(first_row, &rows)?;
        let mut valid = Vec::with_capacity(rows.len());
        for (row, number) in rows.into_iter().zip(first_row..) {
            self.preview.rows += 1;
            match check_row(row, number)? {
                Ok(checked) => {
                    self.preview.valid += 1;
                    valid.push(checked.link_key);
                    if !self.seen.insert(checked.link_key) {
                        self.preview.repeated += 1;
                    }
                }
                Err(rejected) => {
                    self.preview.rejected += 1;
                    if self.preview.first_rejected.len() < SHOWN {
                        let problem = RowProblem { input: rejected.input, refusal: Some(rejected.refusal) };
                        let row = RejectedRow { line: rejected.line, problem: Some(problem) };
                        self.preview.first_rejected.push(row);
                    }
                }
            }
        }
        Ok((self, valid))
    }
}
