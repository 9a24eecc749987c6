//! Finds what a suspended agency owns, each target once, in slices by number: the writer is never kept for long.

use meldeverbund_domain::{AgencyNo, TargetNo, policy::hours_us};

use super::SWEEP_TARGETS;
use crate::{
    flow::states::Members,
    store::{StoreError, Tx},
};

/// Numbers that one sweep looks through: some ten milliseconds of the writer's time.
const SLICE_NUMBERS: i64 = 50_000;

/// A slice of a suspended agency's targets.
pub(super) struct Slice {
    agency: AgencyNo,
    /// Its open targets in the slice.
    pub(super) targets: Vec<TargetNo>,
    /// Where the next slice begins; none: this was the last.
    reached: Option<TargetNo>,
}

impl Slice {
    /// The next slice of the first agency whose time is over and of which there is one. What is opened, reopened or
    /// decided on later has a row that says when it is due.
    pub(super) async fn next(tx: &mut Tx<'_>, members: &Members) -> Result<Option<Self>, StoreError> {
        let over_us = tx.now_us() - hours_us(members.policy.terms.suspended_hours);
        let is_over = |at_us: Option<i64>| at_us.is_some_and(|at_us| at_us <= over_us);
        let mut rows = members.rows.iter().filter(|row| is_over(row.suspended_at_us));
        let next = rows.find_map(|row| row.given_away_to.map(|from| (row.agency.no, from)));
        let Some((agency, from)) = next else { return Ok(None) };
        let last = tx.next_target().0 - 1;
        let end = last.min(from.0 + SLICE_NUMBERS);
        let most = i64::try_from(SWEEP_TARGETS).expect("a small number");
        let targets = tx.owned_targets(agency, from, TargetNo(end), most).await?;
        let full = targets.last().filter(|_| targets.len() == SWEEP_TARGETS);
        let reached = full.map_or(end, |target| target.0);
        Ok(Some(Self { agency, targets, reached: (reached < last).then_some(TargetNo(reached)) }))
    }

    /// Notes that the slice was looked at.
    pub(super) async fn done(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.put_given_away(self.agency, self.reached).await
    }
}
