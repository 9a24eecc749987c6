//! Deadlines: what time alone changes, the same on one hub or five. Nothing is ever sent or released because time passed.

use crate::{
    AgencyNo,
    calendar::{end_of_working_days, land_of},
    life::{NoticeKind, Responsibility, State, Takedown, Trouble, Window},
    order::{Context, next_owner},
    policy::hours_us,
};

/// When the target must be looked at again, microseconds since 1970 UTC; none: only if somebody acts.
pub fn due_us(state: &State, context: &Context<'_>) -> Option<i64> {
    if let Takedown::Closed { .. } = state.life.takedown {
        return holds(state).min();
    }
    let responsibility = match state.life.responsibility {
        Responsibility::Confirmed | Responsibility::Disputed { escalated: true, .. } => None,
        // It waits for the notice that is under way.
        Responsibility::Proposed { .. } if state.life.intent().is_some() => None,
        Responsibility::Proposed { accept_by_us } => Some(accept_by_us),
        Responsibility::Offered { answer_by_us, .. } => Some(answer_by_us),
        Responsibility::Disputed { decide_by_us, .. } => Some(decide_by_us),
    };
    let takedown = match &state.life.takedown {
        Takedown::Granted(grant) => Some(grant.until_us),
        Takedown::UnderWay(intent) => Some(intent.doubt_us),
        Takedown::Notified if state.life.silence_told_us != state.life.silent_since_us => {
            follow_up_us(state, context)
        }
        _ => None,
    };
    let release = state.life.gates.release.as_ref().filter(|record| !record.what.run_out);
    let release = release.and_then(|record| record.what.until_us);
    let windows = state.open_windows().map(|interest| match interest.window {
        // Nobody says when it begins but the agency's node. Whenever that is, it ends no sooner than if it began now.
        Window::NotBegun => earliest_end_us(interest.agency, context),
        Window::Until(end_us) => end_us,
    });
    let matters = state.life.takedown == Takedown::Open && !context.policy.consent_required;
    let windows = windows.filter(|end_us| *end_us > context.now_us && matters);
    // What time has done already, and nobody has said yet.
    let behind = state.stage_at(context.policy, context.now_us) != state.target.stage;
    let unsaid = behind.then_some(context.now_us);
    let times = [responsibility, takedown, release, unsaid].into_iter().flatten();
    times.chain(windows).chain(holds(state)).min()
}

/// When a window would end that begins now.
fn earliest_end_us(agency: AgencyNo, context: &Context<'_>) -> i64 {
    let id = context.agencies.iter().find(|known| known.no == agency).map(|known| known.id.as_str());
    let days = context.policy.terms.window_working_days;
    end_of_working_days(land_of(id.unwrap_or_default()), context.now_us, days)
}

fn holds(state: &State) -> impl Iterator<Item = i64> {
    state.life.holds.iter().filter(|hold| !hold.lapsed).map(|hold| hold.until_us)
}

/// Moves on what is overdue. The same state comes back if nothing is.
#[must_use]
pub fn pass(mut state: State, context: &Context<'_>) -> State {
    let now_us = context.now_us;
    for hold in state.life.holds.iter_mut().filter(|hold| hold.until_us <= now_us) {
        hold.lapsed = true;
    }
    match state.life.takedown {
        // Nothing else runs until the next round begins.
        Takedown::Closed { .. } => return state,
        Takedown::Granted(grant) if grant.until_us <= now_us => state.life.takedown = Takedown::Open,
        Takedown::UnderWay(intent) if intent.doubt_us <= now_us => {
            state.life.takedown = Takedown::Unresolved(intent, Trouble::InDoubt);
        }
        _ => {}
    }
    if is_silent(&state, context) {
        state.life.silence_told_us = state.life.silent_since_us;
    }
    if let Some(release) = &mut state.life.gates.release {
        release.what.run_out = release.what.until_us.is_some_and(|until| until <= now_us);
    }
    let quiet = state.life.intent().is_none();
    state = match state.life.responsibility {
        // A notice under way keeps its owner.
        Responsibility::Proposed { accept_by_us } if accept_by_us <= now_us && quiet => {
            let fallback = state.target.ownership.basis == meldeverbund_proto::v1::OwnerBasis::Fallback;
            if fallback { confirmed(state) } else { next_owner(state, context) }
        }
        Responsibility::Offered { answer_by_us, .. } if answer_by_us <= now_us => confirmed(state),
        Responsibility::Disputed { by, claimed, proposed, decide_by_us, escalated: false }
            if decide_by_us <= now_us =>
        {
            state.life.responsibility =
                Responsibility::Disputed { by, claimed, proposed, decide_by_us, escalated: true };
            state
        }
        _ => state,
    };
    state.staged(context.policy, now_us)
}

/// True if [`pass`] may name another owner by the rules, so that it has to know what they look at.
pub fn may_choose_owner(state: &State, context: &Context<'_>) -> bool {
    matches!(state.life.responsibility, Responsibility::Proposed { accept_by_us } if accept_by_us <= context.now_us)
}

/// True if the provider has been silent for longer than the policy says: the owner is asked to follow up.
pub fn is_silent(state: &State, context: &Context<'_>) -> bool {
    follow_up_us(state, context).is_some_and(|follow_up_us| follow_up_us <= context.now_us)
}

/// When the provider's silence is too long; none: nothing is waited for.
fn follow_up_us(state: &State, context: &Context<'_>) -> Option<i64> {
    let recalled = state.life.thread.last().is_none_or(|notice| notice.kind == NoticeKind::Recall);
    let waits = state.life.takedown == Takedown::Notified && !recalled;
    let since_us = state.life.silent_since_us.filter(|_| waits)?;
    Some(since_us + hours_us(context.policy.terms.silence_hours))
}

fn confirmed(mut state: State) -> State {
    state.life.responsibility = Responsibility::Confirmed;
    state
}

#[cfg(test)]
mod tests;
