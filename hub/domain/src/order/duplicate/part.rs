//! One target becomes two again. What happened since the merge stays where it happened.

use meldeverbund_proto::v1::{OwnerBasis, Refusal};

use super::{Apart, Parting, Was, gates, is_open, may_decide, ownership};
use crate::{
    AgencyNo, Target,
    life::{Hold, Interest, Life, Responsibility, State, Takedown, Window},
    order::{
        Context,
        round::end_if_abandoned,
        succession::{change_owner, next_owner, proposed},
    },
};

/// Takes a target out of a whole: what is left of the whole, and the target.
///
/// Later events stay with the whole. What was placed on it since and protects a link (holds, assessments of who is bound,
/// a notice that may have named the link) stands with the target as well: a link is neither deleted too early nor twice.
/// A live grant of either ends: it was given for another thing.
///
/// # Errors
/// If another than the central office asks, or a notice is under way or unresolved.
pub fn part(whole: State, parting: &Parting, context: &Context<'_>) -> Result<(State, State), Refusal> {
    may_decide(&whole, context)?;
    let mut leaves = leaving(&whole, parting, context);
    let mut stays = staying(whole, parting, context);
    for state in [&mut leaves, &mut stays] {
        end_if_abandoned(state);
    }
    let [leaves, stays] = [leaves, stays].map(|state| state.staged(context.policy, context.now_us));
    Ok((stays, leaves))
}

fn staying(mut whole: State, parting: &Parting, context: &Context<'_>) -> State {
    let Parting { apart, later, staying, .. } = parting;
    let gone = &apart.part.life;
    let elsewhere = |was: &Was| was.life.elsewhere;
    let kept = |has: &dyn Fn(&Life) -> bool| {
        !has(gone) || has(&apart.whole.life) || later.iter().any(|was| has(&was.life))
    };
    let life = &mut whole.life;
    life.holds.retain(|hold| kept(&|life| life.holds.iter().any(|known| known.id == hold.id)));
    life.thread.retain(|notice| kept(&|life| life.thread.contains(notice)));
    life.gates = gates::staying(&life.gates, apart, later);
    life.incidents = life.incidents.saturating_sub(gone.incidents);
    // It is taken back only where nobody has said it of the whole since.
    if apart.part_brought_elsewhere(whole.target.round)
        && !elsewhere(&apart.whole)
        && !later.iter().any(elsewhere)
    {
        life.elsewhere = false;
    }
    if !matches!(life.takedown, Takedown::Closed { .. }) {
        life.takedown = if life.thread.is_empty() { Takedown::Open } else { Takedown::Notified };
    }
    if life.thread.is_empty() {
        life.silent_since_us = None;
    }
    let owner = whole.owner();
    let speaks = |state: &State, agency: AgencyNo| {
        let named = match state.life.responsibility {
            Responsibility::Offered { to, .. } => to == agency,
            Responsibility::Disputed { by, claimed, .. } => by == agency || claimed == agency,
            Responsibility::Confirmed | Responsibility::Proposed { .. } => false,
        };
        named || state.has_record_of(agency)
    };
    let stays = |agency: AgencyNo| staying.contains(&agency) || speaks(&whole, agency);
    let interests = whole.interests.iter().filter(|interest| stays(interest.agency)).copied().collect();
    whole.interests = interests;
    let bound: Vec<_> = whole.interests.iter().map(|interest| interest.agency).collect();
    whole.life.consented.retain(|agency| bound.contains(agency));
    owner_of_rest(whole, apart, owner, context)
}

/// The merge made another agency responsible than there was before: it was before, unless somebody else has decided since.
fn owner_of_rest(whole: State, apart: &Apart, owner: AgencyNo, context: &Context<'_>) -> State {
    // A notice that awaits its outcome keeps its owner; nothing runs while a round is closed.
    if whole.life.is_notified() || !is_open(&whole) {
        return whole;
    }
    let as_merged = whole.target.ownership == ownership(apart.owner, apart.basis);
    let may_own =
        |agency: AgencyNo| context.agencies.iter().any(|known| known.no == agency && known.may_own().is_ok());
    let is_bound = whole.interests.iter().any(|interest| interest.agency == owner);
    let before = apart.whole.ownership();
    if as_merged && before.owner != owner && apart.whole.is_open() && may_own(before.owner) {
        change_owner(whole, before, proposed(context), context)
    } else if whole.target.ownership.basis == OwnerBasis::FirstSeised && !is_bound && !whole.is_abandoned() {
        next_owner(whole, context)
    } else {
        whole
    }
}

fn leaving(whole: &State, parting: &Parting, context: &Context<'_>) -> State {
    let Parting { target, apart, going, origin, .. } = parting;
    let was = &apart.part;
    let bound: Vec<_> = going.iter().map(|(agency, _)| *agency).collect();
    let interest = |&(agency, seised_leaf): &(AgencyNo, i64)| Interest {
        agency,
        joined_leaf: context.leaf,
        seised_leaf,
        window: Window::NotBegun,
    };
    let open = was.is_open();
    let life = Life {
        responsibility: was.life.responsibility,
        taken_over: true,
        declined: was.life.declined.clone(),
        gates: if open {
            gates::leaving(&whole.life.gates, &was.life.gates, apart.leaf, &bound)
        } else {
            was.life.gates.clone()
        },
        holds: holds(whole, apart),
        consented: Vec::new(),
        elsewhere: was.life.elsewhere || open && may_have_been_notified(whole, apart),
        takedown: match &was.life.takedown {
            Takedown::Granted(_) => Takedown::Open,
            other => other.clone(),
        },
        thread: was.life.thread.clone(),
        silent_since_us: was.life.silent_since_us,
        silence_told_us: was.life.silence_told_us,
        fence: was.life.fence.max(whole.life.fence),
        incidents: was.life.incidents,
        complaint: was.life.complaint && whole.life.complaint,
        urgent: was.life.urgent || open && whole.life.urgent,
    };
    let target =
        Target { no: *target, round: was.round, stage: whole.target.stage, ownership: was.ownership() };
    let interests: Vec<_> = going.iter().map(interest).collect();
    let state = State { target, life, interests, origin: Some(origin.clone()) };
    owner_of_leaver(state, whole, context)
}

/// Who was responsible is again, and is asked to accept unless it has accepted the whole.
fn owner_of_leaver(mut state: State, whole: &State, context: &Context<'_>) -> State {
    let owner = state.owner();
    if !is_open(&state) {
        return state;
    }
    let may_own = context.agencies.iter().any(|known| known.no == owner && known.may_own().is_ok());
    let is_bound = state.interests.iter().any(|interest| interest.agency == owner);
    let first = state.target.ownership.basis == OwnerBasis::FirstSeised;
    let notified = !state.life.thread.is_empty();
    if !notified && (!may_own || first && !is_bound) && !state.is_abandoned() {
        return next_owner(state, context);
    }
    let accepted =
        whole.owner() == owner && !matches!(whole.life.responsibility, Responsibility::Proposed { .. });
    state.life.responsibility = match state.life.responsibility {
        disputed @ Responsibility::Disputed { by, .. } if state.is_bound(by) => disputed,
        _ if accepted => Responsibility::Confirmed,
        _ => proposed(context),
    };
    state
}

/// The target's own holds as their makers have left them, and those that were placed on the whole since.
fn holds(whole: &State, apart: &Apart) -> Vec<Hold> {
    let own = |hold: &&Hold| apart.part.life.holds.iter().any(|known| known.id == hold.id);
    let goes = |hold: &&Hold| own(hold) || hold.leaf > apart.leaf;
    whole.life.holds.iter().filter(goes).copied().collect()
}

/// A notice that left since, in this round or in one that is over, may have named the target's links.
fn may_have_been_notified(whole: &State, apart: &Apart) -> bool {
    let since = whole.life.thread.iter().any(|notice| notice.leaf > apart.leaf);
    let elsewhere = whole.life.elsewhere && !apart.began_elsewhere();
    since || elsewhere || whole.target.round > apart.round
}
