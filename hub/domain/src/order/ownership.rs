//! Ownership: proposed, accepted, declined, offered. At every step exactly one owner (I1).

use meldeverbund_proto::v1::{OwnerBasis, Refusal, RefusalCode};

use super::{
    Context, must_be_open, must_be_quiet,
    succession::{change_owner, next_owner},
};
use crate::{
    AgencyNo, AgencyState,
    life::{Responsibility, State},
    policy::hours_us,
    target::Ownership,
};

pub(super) fn accept(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    let Responsibility::Proposed { .. } = state.life.responsibility else {
        return Err(ownership_state("the ownership is not proposed"));
    };
    state.life.responsibility = Responsibility::Confirmed;
    Ok(state)
}

pub(super) fn decline(state: State, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    let Responsibility::Proposed { .. } = state.life.responsibility else {
        return Err(ownership_state("only a proposed ownership is declined; offer it or dispute it"));
    };
    if state.target.ownership.basis == OwnerBasis::Fallback {
        return Err(ownership_state("the fallback of the members' agreement does not decline"));
    }
    must_be_quiet(&state)?;
    Ok(next_owner(state, context))
}

pub(super) fn offer(mut state: State, to: AgencyNo, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    if to == context.actor.no {
        return Err(Refusal::at(
            RefusalCode::AgencyUnfit,
            "offer_ownership.agency_id",
            "is the owner itself",
        ));
    }
    may_own(to, "offer_ownership.agency_id", context)?;
    let Responsibility::Confirmed = state.life.responsibility else {
        return Err(ownership_state(
            "only a confirmed and undisputed ownership is offered, and once at a time",
        ));
    };
    let answer_by_us = context.now_us + hours_us(context.policy.terms.offer_hours);
    state.life.responsibility = Responsibility::Offered { to, answer_by_us };
    Ok(state)
}

pub(super) fn answer_offer(
    mut state: State,
    accepted: bool,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    // An offer ends with its round: what is offered is open.
    let Responsibility::Offered { to, answer_by_us } = state.life.responsibility else {
        return Err(ownership_state("the ownership is not offered"));
    };
    if to != context.actor.no {
        return Err(ownership_state("the ownership is offered to another agency"));
    }
    if answer_by_us <= context.now_us {
        return Err(ownership_state("the offer has run out"));
    }
    state.life.responsibility = Responsibility::Confirmed;
    if !accepted {
        return Ok(state);
    }
    must_be_quiet(&state)?;
    let former = state.owner();
    let owned = Ownership { owner: to, basis: OwnerBasis::Agreement };
    let mut state = change_owner(state, owned, Responsibility::Confirmed, context);
    // Who gives it away has said that it may be dealt with; a case of its own that joins later has its window.
    if state.open_windows().any(|interest| interest.agency == former) {
        state.life.consented.push(former);
    }
    Ok(state)
}

pub(super) fn withdraw_offer(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_own(&state)?;
    let Responsibility::Offered { .. } = state.life.responsibility else {
        return Err(ownership_state("the ownership is not offered"));
    };
    state.life.responsibility = Responsibility::Confirmed;
    Ok(state)
}

pub(super) fn may_own(agency: AgencyNo, field: &str, context: &Context<'_>) -> Result<(), Refusal> {
    let known = context.agencies.iter().find(|known| known.no == agency);
    match known {
        Some(known) if known.may_own().is_ok() => Ok(()),
        Some(known) if known.state == AgencyState::Suspended => {
            Err(Refusal::at(RefusalCode::AgencyUnfit, field, "this agency is suspended"))
        }
        _ => Err(Refusal::at(RefusalCode::AgencyUnfit, field, "this agency may not own targets")),
    }
}

pub(super) fn ownership_state(reason: &str) -> Refusal {
    Refusal::of(RefusalCode::OwnershipState, reason)
}

#[cfg(test)]
mod tests;
