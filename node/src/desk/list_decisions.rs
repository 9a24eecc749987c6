//! Lists decisions with what became of them.

use meldeverbund_proto::node::v1::{ListDecisionsRequest, ListDecisionsResponse};

use super::{DeskError, decision_row};
use crate::node::Node;

/// Rows of a page if the caller does not say.
const PAGE: u32 = 100;

/// Rows of the largest page.
const LARGEST_PAGE: u32 = 1_000;

pub(super) async fn list_decisions(
    node: &Node,
    request: ListDecisionsRequest,
) -> Result<ListDecisionsResponse, DeskError> {
    let ListDecisionsRequest { only_open, page_size, before } = request;
    let size = if page_size == 0 { PAGE } else { page_size.min(LARGEST_PAGE) };
    let before = if before == 0 { i64::MAX } else { i64::try_from(before).unwrap_or(i64::MAX) };
    let mut tx = node.store.read().await?;
    let mut decisions = Vec::new();
    for row in tx.decisions(only_open, before, size).await? {
        decisions.push(decision_row(&mut tx, row).await?);
    }
    Ok(ListDecisionsResponse { decisions })
}
