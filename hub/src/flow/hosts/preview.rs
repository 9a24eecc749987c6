//! What rules would do to the links that are there: read only, and without a promise, as nothing is merged by them.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{TargetNo, hosts::HostRules};
use meldeverbund_proto::{
    CanonicalLink,
    leaf::Kind,
    statement::{ReferralDecision, ReferralStatement},
    v1::Verdict,
};
use serde::Serialize;

use crate::store::{Connection, KeptRow, StoreError, TargetIds, resolved};

/// Referrals that are read at once.
const PAGE: i64 = 1_000;

/// What the rules would find.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Group {
    /// Targets to which links lead that have a key.
    pub(crate) targets: usize,
    /// How many there would be.
    pub(crate) would_be: usize,
    /// Those that would be one, by the key.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
}

/// Tries rules on all referrals that are still readable.
///
/// # Errors
/// If the engine fails, or a stored value is none that this version knows.
pub(crate) async fn preview(
    connection: &mut Connection,
    target_ids: &TargetIds,
    rules: &HostRules,
    at_us: i64,
) -> Result<Group, StoreError> {
    const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
    const DECISION: StoreError = StoreError::Value { column: "event.decision" };
    let mut by_key: BTreeMap<String, BTreeSet<TargetNo>> = BTreeMap::new();
    let mut first = 0;
    loop {
        let page = KeptRow::of_kinds(connection, &[Kind::Referral], first, i64::MAX, PAGE).await?;
        let Some(last) = page.last() else { break };
        first = last.event.leaf_index + 1;
        let (mut keys, mut numbers) = (Vec::new(), Vec::new());
        for row in &page {
            let decision = ReferralDecision::decode(&row.event.decision).map_err(|_| DECISION)?;
            if decision.verdict == Verdict::AlreadyYours {
                continue;
            }
            let (_, referral) =
                ReferralStatement::decode(&row.event.statement, &row.event.salt).map_err(|_| STATEMENT)?;
            let link = CanonicalLink::parse(&referral.link).map_err(|_| STATEMENT)?;
            let known = rules.may_know(link.host());
            let key = known.then(|| rules.key(&link, at_us)).flatten();
            if let (Some(key), Some(number)) = (key, target_ids.number(decision.target)) {
                keys.push(key);
                numbers.push(number);
            }
        }
        let (_, names) = resolved(connection, &numbers).await?;
        for (key, number) in keys.into_iter().zip(numbers) {
            by_key.entry(key).or_default().insert(names.get(&number).copied().unwrap_or(number));
        }
    }
    let targets: BTreeSet<_> = by_key.values().flatten().collect();
    let (targets, would_be) = (targets.len(), by_key.len());
    let groups = by_key.into_iter().filter(|(_, targets)| targets.len() > 1);
    let id = |target: &TargetNo| target_ids.id(*target).to_string();
    let groups = groups.map(|(key, targets)| (key, targets.iter().map(id).collect())).collect();
    Ok(Group { targets, would_be: would_be.min(targets), groups })
}
