//! Disputes: raised, withdrawn, and decided by the competent body. None blocks a hold.

use meldeverbund_proto::v1::{OwnerBasis, Refusal, RefusalCode};

use super::{
    Context, must_be_open, must_be_quiet,
    ownership::{may_own, ownership_state},
    succession::{change_owner, end_grant, proposed},
};
use crate::{
    AgencyNo,
    life::{Responsibility, State},
    policy::hours_us,
    target::Ownership,
};

pub(super) fn dispute(mut state: State, claimed: AgencyNo, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_be_bound(&state)?;
    may_own(claimed, "dispute_ownership.agency_id", context)?;
    if claimed == state.owner() {
        let reason = "is the owner already";
        return Err(Refusal::at(RefusalCode::AgencyUnfit, "dispute_ownership.agency_id", reason));
    }
    let proposed = match state.life.responsibility {
        Responsibility::Disputed { .. } => {
            return Err(ownership_state("the ownership is disputed already"));
        }
        Responsibility::Proposed { .. } => true,
        Responsibility::Confirmed | Responsibility::Offered { .. } => false,
    };
    must_be_quiet(&state)?;
    end_grant(&mut state);
    let (by, decide_by_us) = (context.actor.no, dispute_by_us(context));
    state.life.responsibility =
        Responsibility::Disputed { by, claimed, proposed, decide_by_us, escalated: false };
    Ok(state)
}

pub(super) fn withdraw_dispute(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    match state.life.responsibility {
        Responsibility::Disputed { by, proposed, .. } if by == context.actor.no => {
            state.life.responsibility = undisputed(proposed, context);
            Ok(state)
        }
        Responsibility::Disputed { .. } => {
            Err(Refusal::of(RefusalCode::NotYourRecord, "another agency disputes the ownership"))
        }
        _ => Err(ownership_state("the ownership is not disputed")),
    }
}

/// The central office records what the competent body decided; never in its own cause.
pub(super) fn assign(
    state: State,
    to: AgencyNo,
    basis: OwnerBasis,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_be_central()?;
    may_own(to, "assign_owner.agency_id", context)?;
    if !matches!(basis, OwnerBasis::Agreement | OwnerBasis::Assignment | OwnerBasis::Prosecutor) {
        return Err(Refusal::invalid("assign_owner.basis", "is nothing that a competent body decides on"));
    }
    let own = context.actor.no;
    let disputed_by_it = match state.life.responsibility {
        Responsibility::Disputed { by, claimed, .. } => by == own || claimed == own,
        _ => false,
    };
    let own_cause = disputed_by_it || state.owner() == own || to == own;
    // A prosecutor's decision (GVG § 143(3)) is not the central office's.
    if own_cause && basis != OwnerBasis::Prosecutor {
        let reason = "the central office is a party; record the prosecutor's decision";
        return Err(Refusal::of(RefusalCode::OwnCause, reason));
    }
    must_be_quiet(&state)?;
    let owned = Ownership { owner: to, basis };
    if to == state.owner() {
        let mut state = state;
        state.life.responsibility = Responsibility::Confirmed;
        state.target.ownership = owned;
        return Ok(state);
    }
    Ok(change_owner(state, owned, Responsibility::Confirmed, context))
}

pub(super) fn dispute_by_us(context: &Context<'_>) -> i64 {
    context.now_us + hours_us(context.policy.terms.dispute_hours)
}

/// A dispute that is withdrawn leaves things as they were: nobody has accepted what was only proposed.
pub(super) fn undisputed(was_proposed: bool, context: &Context<'_>) -> Responsibility {
    if was_proposed { proposed(context) } else { Responsibility::Confirmed }
}
