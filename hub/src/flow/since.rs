//! Whether somebody has decided on a target since it was looked at: who decides on what is no longer so, overwrites nothing.

use meldeverbund_domain::TargetNo;
use meldeverbund_proto::v1::{Refusal, RefusalCode};

use crate::store::{Connection, StoreError, newest_leaves, resolved};

/// The newest leaf that decided on a target, or on the one that it is a name of; 0: none did.
pub(super) async fn newest_leaf(connection: &mut Connection, target: TargetNo) -> Result<i64, StoreError> {
    let (numbers, _) = resolved(connection, &[target]).await?;
    let leaves = newest_leaves(connection, numbers.into_iter().chain([target])).await?;
    Ok(leaves.into_values().max().unwrap_or(0))
}

/// Somebody else was quicker.
pub(super) fn changed_since(field: &str) -> Refusal {
    Refusal::at(RefusalCode::ChangedSince, field, "it was decided on since it was looked at")
}
