//! When the sweep is to look at a target: at its own deadlines, and when a suspended owner's time is over.

use meldeverbund_domain::{
    deadlines,
    life::State,
    order::{Context, fall_back},
    policy::hours_us,
};

use super::states::Members;

/// When the target must be looked at again, microseconds since 1970 UTC; none: only if somebody acts.
pub(super) fn due_us(state: &State, context: &Context<'_>, members: &Members) -> Option<i64> {
    let falls = falls_us(state, context, members).map(|falls_us| falls_us.max(context.now_us));
    deadlines::due_us(state, context).into_iter().chain(falls).min()
}

/// When the target falls to the fallback because its owner is suspended; none: it does not, or not before somebody acts
/// (a notice is under way, the round is closed, there is nobody else).
pub(super) fn falls_us(state: &State, context: &Context<'_>, members: &Members) -> Option<i64> {
    let suspended_at_us = members.by_no(state.owner())?.suspended_at_us?;
    let falls = fall_back(state.clone(), context) != *state;
    falls.then(|| suspended_at_us + hours_us(members.policy.terms.suspended_hours))
}
