//! Lists the cases.

use meldeverbund_proto::node::v1::{ListCasesRequest, ListCasesResponse};

use super::{DeskError, case_row};
use crate::node::Node;

pub(super) async fn list_cases(
    node: &Node,
    request: ListCasesRequest,
) -> Result<ListCasesResponse, DeskError> {
    let cases = node.store.read().await?.cases(request.with_closed).await?;
    Ok(ListCasesResponse { cases: cases.into_iter().map(|(case, sums)| case_row(case, sums)).collect() })
}
