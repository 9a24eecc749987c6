//! Holds: placed by any bound agency, changed by the one that placed them, in force until a person acts.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, gates::remove_records, must_be_open, nothing};
use crate::{
    AgencyNo, AgencyState,
    life::{Hold, HoldId, State},
    policy::{HOLD_MOST_DAYS, days_us},
};

pub(super) fn place(
    mut state: State,
    until_us: Option<i64>,
    on_behalf: bool,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    if on_behalf {
        context.must_be_central()?;
    } else if !context.actor.is_central() {
        context.must_be_bound(&state)?;
    }
    let until_us = end(until_us, "place_hold.until_us", context)?;
    let (id, by, leaf) = (HoldId(context.command), context.actor.no, context.leaf);
    state.life.holds.push(Hold { id, by, leaf, until_us, lapsed: false });
    Ok(state)
}

pub(super) fn renew(
    mut state: State,
    hold: Option<HoldId>,
    until_us: Option<i64>,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    let until_us = end(until_us, "renew_hold.until_us", context)?;
    let mut renewed = false;
    for own in state.life.holds.iter_mut().filter(|one| is_meant(one, hold, context.actor.no)) {
        (own.until_us, own.lapsed, renewed) = (until_us, false, true);
    }
    if renewed { Ok(state) } else { Err(none()) }
}

pub(super) fn lift(mut state: State, hold: Option<HoldId>, context: &Context<'_>) -> Result<State, Refusal> {
    let before = state.life.holds.len();
    state.life.holds.retain(|one| !is_meant(one, hold, context.actor.no));
    if state.life.holds.len() < before { Ok(state) } else { Err(none()) }
}

/// The central office sets aside what an agency recorded that cannot act itself (I8).
pub(super) fn overrule(mut state: State, of: AgencyNo, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_be_central()?;
    let maker = context.agencies.iter().find(|agency| agency.no == of);
    if maker.is_some_and(|agency| agency.state == AgencyState::Active) {
        let reason = "this agency is not suspended; only it changes its records";
        return Err(Refusal::of(RefusalCode::NotYourRecord, reason));
    }
    let before = state.life.holds.len();
    state.life.holds.retain(|hold| hold.by != of);
    let mut changed = state.life.holds.len() < before;
    changed |= remove_records(&mut state.life.gates, of);
    if state.open_windows().any(|interest| interest.agency == of) {
        state.life.consented.push(of);
        changed = true;
    }
    if changed { Ok(state) } else { Err(nothing("this agency has no record here")) }
}

fn is_meant(hold: &Hold, id: Option<HoldId>, by: AgencyNo) -> bool {
    hold.by == by && id.is_none_or(|id| id == hold.id)
}

fn end(until_us: Option<i64>, field: &str, context: &Context<'_>) -> Result<i64, Refusal> {
    let Some(until_us) = until_us else {
        return Ok(context.now_us + days_us(context.policy.terms.hold_days.min(HOLD_MOST_DAYS)));
    };
    if until_us <= context.now_us {
        return Err(Refusal::invalid(field, "lies in the past"));
    }
    if until_us > context.now_us + days_us(HOLD_MOST_DAYS) {
        return Err(Refusal::invalid(field, "is more than 18 months away"));
    }
    Ok(until_us)
}

fn none() -> Refusal {
    Refusal::of(RefusalCode::NotYourRecord, "your agency has no such hold here")
}

#[cfg(test)]
mod tests;
