//! Answers, looks, outcomes, complaints, and the next round.

use meldeverbund_proto::v1::{Outcome, Refusal, RefusalCode};

use super::{Context, must_be_open, must_be_quiet, nothing};
use crate::life::{State, Takedown};

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

pub(super) fn complain(mut state: State) -> Result<State, Refusal> {
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

/// The next round of the same target; its owner stays responsible.
pub(super) fn reopen(state: State) -> Result<State, Refusal> {
    if !matches!(state.life.takedown, Takedown::Closed { .. }) {
        return Err(Refusal::of(RefusalCode::RoundOpen, "the round is open"));
    }
    Ok(state.next_round())
}

/// Ends the round.
pub(super) fn end(state: &mut State, outcome: Outcome) {
    state.life.takedown = Takedown::Closed { outcome: outcome.into() };
    state.life.silent_since_us = None;
}
