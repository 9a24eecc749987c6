//! Ownership: proposed, accepted, declined, offered, disputed, decided. At every step exactly one owner (I1).

use meldeverbund_proto::v1::{OwnerBasis, Refusal, RefusalCode};

use super::{Context, gates::remove_records, must_be_open, must_be_quiet};
use crate::{
    AgencyNo, AgencyState, CaseNo,
    life::{Interest, Responsibility, State, Takedown, Window},
    policy::hours_us,
    rules::{Question, choose, fallback},
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
    must_be_open(&state)?;
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

/// The next rule names the owner, who is asked to accept.
#[must_use]
pub fn next_owner(mut state: State, context: &Context<'_>) -> State {
    let former = state.owner();
    state.life.declined.push(former);
    let origin = state.origin.clone().unwrap_or_default();
    let opener = (!state.life.taken_over).then_some(former);
    let bound: Vec<_> = opener.into_iter().chain(state.interests.iter().map(|one| one.agency)).collect();
    let question = Question {
        origin: &origin,
        bound: &bound,
        declined: &state.life.declined,
        agencies: context.agencies,
        now_us: context.now_us,
    };
    let (owned, _) = choose(context.policy, &question);
    change_owner(state, owned, proposed(context), context)
}

/// What a suspended agency owns falls to the fallback; a notice under way keeps its owner until a person has resolved it.
/// The same state comes back if nothing falls.
#[must_use]
pub fn fall_back(state: State, context: &Context<'_>) -> State {
    let owner = context.agencies.iter().find(|agency| agency.no == state.owner());
    let is_suspended = owner.is_none_or(|agency| agency.state == AgencyState::Suspended);
    let bound: Vec<_> = state.interests.iter().map(|interest| interest.agency).collect();
    let next = fallback(context.policy, context.agencies, &bound);
    let waits = must_be_open(&state).and_then(|()| must_be_quiet(&state)).is_err();
    if !is_suspended || waits || next == state.owner() {
        return state;
    }
    let owned = Ownership { owner: next, basis: OwnerBasis::Fallback };
    change_owner(state, owned, proposed(context), context).staged(context.policy, context.now_us)
}

/// Gives the target to another owner: a live grant ends, the gates wait to be adopted, the release is new, and the former
/// owner stays what its case makes it.
#[must_use]
pub fn change_owner(
    mut state: State,
    owned: Ownership,
    responsibility: Responsibility,
    context: &Context<'_>,
) -> State {
    let former = state.owner();
    end_grant(&mut state);
    state.life.responsibility = responsibility;
    state.life.declined.retain(|agency| *agency != owned.owner);
    state.target.ownership = owned;
    if former == owned.owner {
        return state;
    }
    if !state.life.taken_over && !state.interests.iter().any(|interest| interest.agency == former) {
        let (joined_leaf, window) = (context.leaf, Window::NotBegun);
        state.interests.push(Interest { agency: former, joined_leaf, window });
    }
    state.life.taken_over = true;
    state.life.gates.release = None;
    state.life.gates.unadopted = [true; 3];
    state
}

pub(super) fn proposed(context: &Context<'_>) -> Responsibility {
    Responsibility::Proposed { accept_by_us: context.now_us + hours_us(context.policy.terms.accept_hours) }
}

pub(super) fn dispute_by_us(context: &Context<'_>) -> i64 {
    context.now_us + hours_us(context.policy.terms.dispute_hours)
}

/// A dispute that is withdrawn leaves things as they were: nobody has accepted what was only proposed.
fn undisputed(was_proposed: bool, context: &Context<'_>) -> Responsibility {
    if was_proposed { proposed(context) } else { Responsibility::Confirmed }
}

fn end_grant(state: &mut State) {
    if let Takedown::Granted(_) = state.life.takedown {
        state.life.takedown = Takedown::Open;
    }
}

fn may_own(agency: AgencyNo, field: &str, context: &Context<'_>) -> Result<(), Refusal> {
    let known = context.agencies.iter().find(|known| known.no == agency);
    match known {
        Some(known) if known.may_own().is_ok() => Ok(()),
        Some(known) if known.state == AgencyState::Suspended => {
            Err(Refusal::at(RefusalCode::AgencyUnfit, field, "this agency is suspended"))
        }
        _ => Err(Refusal::at(RefusalCode::AgencyUnfit, field, "this agency may not own targets")),
    }
}

fn ownership_state(reason: &str) -> Refusal {
    Refusal::of(RefusalCode::OwnershipState, reason)
}
