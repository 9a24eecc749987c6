//! Answers, looks, outcomes, complaints, and the next round.

use meldeverbund_proto::v1::{Outcome, OwnerBasis, Refusal, RefusalCode};

use super::{
    Context,
    dispute::dispute_by_us,
    must_be_open, must_be_quiet, nothing,
    succession::{next_owner, proposed},
};
use crate::life::{Responsibility, State, Takedown};

pub(super) fn answer(mut state: State, settles: bool, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    if !state.life.is_notified() {
        return Err(Refusal::of(RefusalCode::OutcomeUnfit, "no notice is recorded that could be answered"));
    }
    // An answer that settles nothing leaves the owner with something to do: it stays due.
    state.life.silent_since_us = if settles { None } else { Some(context.now_us) };
    Ok(state)
}

pub(super) fn check(mut state: State, available: bool, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_be_bound(&state)?;
    if available && state.life.is_notified() && !matches!(state.life.takedown, Takedown::Closed { .. }) {
        state.life.silent_since_us = Some(context.now_us);
    }
    Ok(state)
}

pub(super) fn close(mut state: State, outcome: Outcome, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    must_be_quiet(&state)?;
    let notified = state.life.is_notified();
    let unfit = match outcome {
        Outcome::Gone | Outcome::Refused if !notified => Some("no notice is recorded"),
        Outcome::GoneBeforeNotice if notified => Some("a notice is recorded"),
        Outcome::Withdrawn => Some("a round ends as withdrawn when its last case is withdrawn"),
        Outcome::Contested => Some("a round ends as contested when a complaint is upheld"),
        Outcome::Unspecified => Some("is required"),
        _ => None,
    };
    if let Some(reason) = unfit {
        return Err(Refusal::at(RefusalCode::OutcomeUnfit, "close_round.outcome", reason));
    }
    if state.life.complaint {
        return Err(Refusal::of(RefusalCode::OutcomeUnfit, "answer the open complaint first"));
    }
    end(&mut state, outcome);
    Ok(state)
}

pub(super) fn complain(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_be_party(&state)?;
    if state.life.complaint {
        return Err(nothing("a complaint is open already"));
    }
    state.life.complaint = true;
    Ok(state)
}

pub(super) fn settle_complaint(
    mut state: State,
    upheld: bool,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    context.must_own(&state)?;
    if !state.life.complaint {
        return Err(nothing("no complaint is open"));
    }
    if upheld {
        must_be_quiet(&state)?;
        end(&mut state, Outcome::Contested);
    }
    state.life.complaint = false;
    Ok(state)
}

pub(super) fn reopen(state: State, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_be_party(&state)?;
    if !matches!(state.life.takedown, Takedown::Closed { .. }) {
        return Err(Refusal::of(RefusalCode::RoundOpen, "the round is open"));
    }
    if state.is_abandoned() {
        let reason = "no case is bound to the target any more; refer the link anew";
        return Err(Refusal::of(RefusalCode::RoundClosed, reason));
    }
    Ok(next_round(state, context))
}

/// The next round of the same target, with whoever saw it again among the interests. Its owner stays responsible, unless
/// it has withdrawn since; what the ownership waits for is waited for anew, as nothing ran while the round was closed.
#[must_use]
pub fn next_round(mut state: State, context: &Context<'_>) -> State {
    if state.owner_withdrew() {
        state = next_owner(state, context);
        if state.owner() == context.actor.no && state.target.ownership.basis == OwnerBasis::FirstSeised {
            state.life.responsibility = Responsibility::Confirmed;
        }
    }
    let mut state = state.next_round();
    match &mut state.life.responsibility {
        Responsibility::Confirmed | Responsibility::Offered { .. } => {}
        waiting @ Responsibility::Proposed { .. } => *waiting = proposed(context),
        Responsibility::Disputed { decide_by_us, escalated, .. } => {
            (*decide_by_us, *escalated) = (dispute_by_us(context), false);
        }
    }
    state
}

/// Ends the round; an offer ends with it.
pub(super) fn end(state: &mut State, outcome: Outcome) {
    state.life.takedown = Takedown::Closed { outcome: outcome.into() };
    state.life.silent_since_us = None;
    if let Responsibility::Offered { .. } = state.life.responsibility {
        state.life.responsibility = Responsibility::Confirmed;
    }
}

/// With no binding left the round closes as withdrawn, once no notice is under way or awaits its outcome; and its owner
/// has no more to do with the next one.
pub(super) fn end_if_abandoned(state: &mut State) {
    if !state.is_abandoned() {
        return;
    }
    if must_be_open(state).is_ok() && must_be_quiet(state).is_ok() && !state.life.is_notified() {
        end(state, Outcome::Withdrawn);
    }
    if must_be_open(state).is_err() && !state.owner_withdrew() {
        state.life.declined.push(state.owner());
    }
}

#[cfg(test)]
mod tests;
