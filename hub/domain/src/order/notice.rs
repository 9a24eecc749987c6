//! Notices: intended first, then sent, failed or in doubt. What went out is a fact, however it came about.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{
    Context,
    grant::{is_of_earlier_epoch, must_not_be_notified},
    must_be_open, must_be_quiet, nothing,
};
use crate::{
    conditions::Conditions,
    life::{Intent, IntentId, Notice, NoticeKind, State, Takedown, Trouble},
    policy::minutes_us,
};

/// Everything is asked again that the grant asked, in the same transaction (I2).
pub(super) fn intend(
    mut state: State,
    kind: NoticeKind,
    fence: u64,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    must_be_quiet(&state)?;
    if kind == NoticeKind::First && is_of_earlier_epoch(fence, context.epoch) {
        let reason = "the ledger was restored since this grant; request it anew";
        return Err(Refusal::of(RefusalCode::FenceStale, reason));
    }
    match (kind, &state.life.takedown) {
        (NoticeKind::First, Takedown::Granted(grant)) if grant.until_us <= context.now_us => {
            return Err(Refusal::of(RefusalCode::NoGrant, "the grant has ended unused"));
        }
        (NoticeKind::First, Takedown::Granted(_)) => must_not_be_notified(&state)?,
        (NoticeKind::First, _) if state.life.is_notified() => must_not_be_notified(&state)?,
        (NoticeKind::Reminder | NoticeKind::Recall, _) if !state.life.thread.is_empty() => {}
        _ => return Err(Refusal::of(RefusalCode::NoGrant, "there is no live grant, and no thread")),
    }
    if fence != state.life.fence {
        return Err(Refusal::of(RefusalCode::FenceStale, "the fence is not that of the newest grant"));
    }
    // A recall takes nothing down: it needs no condition.
    if kind != NoticeKind::Recall {
        Conditions::of(&state, context.policy, context.now_us).require()?;
    }
    let since_us = context.now_us;
    let doubt_us = since_us + minutes_us(context.policy.terms.intent_minutes);
    let (id, sender) = (IntentId(context.command), context.instance);
    state.life.takedown = Takedown::UnderWay(Intent { id, sender, kind, since_us, doubt_us });
    Ok(state)
}

/// Only the sender that intended it says that it has left; a late word of its own ends a doubt. Where it has said the
/// contrary before, a person resolves it.
pub(super) fn sent(
    state: State,
    intent: IntentId,
    sent_us: i64,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    let intent = own_intent(&state, intent, context)?;
    if let Takedown::Unresolved(_, Trouble::Failed) = state.life.takedown {
        let reason = "it is recorded that this notice could not be sent; resolve it";
        return Err(Refusal::of(RefusalCode::UnderWay, reason));
    }
    Ok(left(state, intent.kind, sent_us, context))
}

pub(super) fn failed(mut state: State, intent: IntentId, context: &Context<'_>) -> Result<State, Refusal> {
    let intent = own_intent(&state, intent, context)?;
    state.life.takedown = Takedown::Unresolved(intent, Trouble::Failed);
    Ok(state)
}

/// Leaving *failed* or *in doubt* takes a person's recorded decision; nothing is sent again by itself.
pub(super) fn resolve(
    mut state: State,
    id: IntentId,
    sent_us: Option<i64>,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    if !context.actor.is_central() {
        context.must_own(&state)?;
    }
    let Takedown::Unresolved(intent, _) = state.life.takedown else {
        return Err(nothing("no notice failed or is in doubt"));
    };
    if intent.id != id {
        return Err(Refusal::at(
            RefusalCode::NothingToDo,
            "resolve_intent.intent_id",
            "is not the unresolved one",
        ));
    }
    if let Some(sent_us) = sent_us {
        return Ok(left(state, intent.kind, sent_us, context));
    }
    state.life.takedown = if state.life.thread.is_empty() { Takedown::Open } else { Takedown::Notified };
    Ok(state)
}

/// Never refused and never hidden.
pub(super) fn incident(mut state: State, sent_us: i64, context: &Context<'_>) -> Result<State, Refusal> {
    state.life.incidents += 1;
    if matches!(state.life.takedown, Takedown::Closed { .. }) {
        return Ok(state);
    }
    let pending = state.life.intent().copied();
    let trouble = match &state.life.takedown {
        Takedown::Unresolved(_, trouble) => Some(*trouble),
        _ => None,
    };
    let mut state = left(state, NoticeKind::Incident, sent_us, context);
    // A notice that is under way besides stays so.
    match (pending, trouble) {
        (Some(intent), None) => state.life.takedown = Takedown::UnderWay(intent),
        (Some(intent), Some(trouble)) => state.life.takedown = Takedown::Unresolved(intent, trouble),
        (None, _) => {}
    }
    Ok(state)
}

/// An ordinary fact that any bound agency may know; it blocks a first notice.
pub(super) fn elsewhere(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_be_party(&state)?;
    if state.life.elsewhere {
        return Err(nothing("it is recorded already that the provider was notified elsewhere"));
    }
    state.life.elsewhere = true;
    if let Takedown::Granted(_) = state.life.takedown {
        state.life.takedown = Takedown::Open;
    }
    Ok(state)
}

fn own_intent(state: &State, id: IntentId, context: &Context<'_>) -> Result<Intent, Refusal> {
    context.must_own(state)?;
    let intent = state.life.intent().filter(|intent| intent.id == id).copied();
    let intent = intent.ok_or_else(|| nothing("this notice is not under way"))?;
    if intent.sender != context.instance {
        let reason =
            "another node intended this notice; only that one reports on it, or a person resolves it";
        return Err(Refusal::of(RefusalCode::NotYourRecord, reason));
    }
    Ok(intent)
}

fn left(mut state: State, kind: NoticeKind, sent_us: i64, context: &Context<'_>) -> State {
    state.life.thread.push(Notice { kind, leaf: context.leaf, sent_us });
    state.life.silent_since_us = Some(context.now_us);
    state.life.takedown = Takedown::Notified;
    state
}

#[cfg(test)]
mod tests;
