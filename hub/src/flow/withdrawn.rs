//! Links that an agency has withdrawn, and that have become names of a target since.

use std::collections::HashSet;

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::statement::ReferralDecision;

use crate::store::{Connection, StoreError, names_once_bound, referrals_of};

/// The names of these targets that the agency itself once handed in and has withdrawn, each with its target: of what became of
/// them it was not told while it had no part in it.
pub(super) async fn names_withdrawn(
    connection: &mut Connection,
    agency: AgencyNo,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(TargetNo, TargetNo)>, StoreError> {
    const DECISION: StoreError = StoreError::Value { column: "event.decision" };
    let names = names_once_bound(connection, agency, targets).await?;
    if names.is_empty() {
        return Ok(names);
    }
    let numbers = names.iter().map(|(name, _)| *name);
    let mut own = HashSet::new();
    for (name, link, decision) in referrals_of(connection, agency, numbers).await? {
        let referral = ReferralDecision::decode(&decision).map_err(|_| DECISION)?;
        own.extend((referral.link.as_bytes()[..] == link).then_some(name));
    }
    Ok(names.into_iter().filter(|(name, _)| own.contains(name)).collect())
}
