//! Withdrawals: an agency's cases are bound to the target no longer.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, dispute::undisputed, gates::remove_records, must_be_quiet, succession::next_owner};
use crate::{
    CaseNo,
    life::{Responsibility, State, Takedown},
};

/// Withdraws the agency's cases. The owner's last one names the next owner in the same step; with no binding left the
/// round closes. A notice that is under way or awaits its outcome keeps its owner.
pub(super) fn withdraw_referral(
    mut state: State,
    cases: &[CaseNo],
    left: usize,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    let own = context.actor.no;
    if cases.is_empty() || !state.is_bound(own) {
        return Err(Refusal::of(RefusalCode::NotYourRecord, "none of these cases is bound to the target"));
    }
    if left > 0 {
        return Ok(state);
    }
    if state.life.holds.iter().any(|hold| hold.by == own) {
        return Err(Refusal::of(RefusalCode::HoldInForce, "your agency has a hold here; lift it first"));
    }
    let owns = state.owner() == own;
    let is_open = !matches!(state.life.takedown, Takedown::Closed { .. });
    if owns && is_open {
        must_be_quiet(&state)?;
        if state.life.is_notified() {
            return Err(Refusal::of(
                RefusalCode::UnderWay,
                "a notice awaits its outcome; close the round first",
            ));
        }
    }
    remove_records(&mut state.life.gates, own);
    state.life.consented.retain(|agency| *agency != own);
    state.interests.retain(|interest| interest.agency != own);
    if let Responsibility::Disputed { by, proposed, .. } = state.life.responsibility
        && by == own
    {
        state.life.responsibility = undisputed(proposed, context);
    }
    if !owns {
        return Ok(state);
    }
    state.life.taken_over = true;
    if !is_open {
        // Of a closed round it is the one that was responsible; the next one begins with another.
        state.life.declined.push(own);
        return Ok(state);
    }
    if state.is_abandoned() { Ok(state) } else { Ok(next_owner(state, context)) }
}
