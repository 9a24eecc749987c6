//! Two targets become one. The older one goes on for both.

use meldeverbund_proto::v1::{Outcome, Refusal};

use super::{Apart, Merge, Side, Was, gates, is_open, may_decide, owner};
use crate::{
    AgencyNo, Target,
    life::{Gates, Grant, Hold, Interest, Life, Notice, Responsibility, State, Takedown, Window},
    order::{
        Context,
        grant::{fence, is_of_earlier_epoch},
        nothing,
        round::end_if_abandoned,
    },
};

/// Merges two targets: holds unite, gates intersect, windows start again, notices of the round join one thread, and of
/// two grants the owner's survives.
///
/// # Errors
/// If another than the central office asks, or a notice of either is under way or unresolved.
pub fn merge(one: Side, other: Side, context: &Context<'_>) -> Result<Merge, Refusal> {
    may_decide(&one.state, context)?;
    may_decide(&other.state, context)?;
    if one.state.target.no == other.state.target.no {
        return Err(nothing("these are one target already"));
    }
    let older_first = one.state.target.no < other.state.target.no;
    let (older, younger) = if older_first { (one, other) } else { (other, one) };
    let bound = bound(&older, &younger);
    let agencies: Vec<_> = bound.iter().map(|(agency, _)| *agency).collect();
    let (owned, responsibility) = owner::owner(&older, &younger, &agencies, context);
    let apart_whole = Was::of(&older.state);
    let apart_part = Was::of(&younger.state);
    let life = life(&older.state, &younger.state, owned.owner, responsibility, context);
    let round = round(&older.state, &younger.state);
    let interest = |(agency, seised_leaf)| Interest {
        agency,
        joined_leaf: context.leaf,
        seised_leaf,
        window: Window::NotBegun,
    };
    let mut whole = State {
        target: Target { round, ownership: owned, ..older.state.target },
        life,
        interests: bound.into_iter().map(interest).collect(),
        origin: older.state.origin.clone(),
    };
    end_if_abandoned(&mut whole);
    let whole = whole.staged(context.policy, context.now_us);
    let apart = Apart {
        leaf: context.leaf,
        whole: apart_whole,
        part: apart_part,
        owner: owned.owner,
        basis: owned.basis.into(),
        round,
    };
    let alias = alias(&younger.state, &whole).staged(context.policy, context.now_us);
    Ok(Merge { whole, alias, apart })
}

/// Another name owns nothing, waits for nothing and is granted nothing.
fn alias(state: &State, whole: &State) -> State {
    let takedown = Takedown::Closed { outcome: Outcome::Unspecified.into() };
    let life = Life { takedown, taken_over: true, fence: whole.life.fence, ..Life::default() };
    let target = Target { ownership: whole.target.ownership, ..state.target };
    State { target, life, interests: Vec::new(), origin: None }
}

/// Everybody who is bound to one of them, each once, in the order in which they were first seised.
fn bound(older: &Side, younger: &Side) -> Vec<(AgencyNo, i64)> {
    let mut all = Vec::new();
    for side in [older, younger] {
        if !side.state.life.taken_over {
            all.push((side.state.owner(), side.opened_leaf));
        }
        all.extend(side.state.interests.iter().map(|interest| (interest.agency, interest.seised_leaf)));
    }
    all.sort_by_key(|(_, leaf)| *leaf);
    let mut once: Vec<(AgencyNo, i64)> = Vec::new();
    for (agency, leaf) in all {
        if once.iter().all(|(known, _)| *known != agency) {
            once.push((agency, leaf));
        }
    }
    once
}

/// Rounds only grow, and a round that is over is not begun again: what is open where the other has ended is a thing that
/// was seen again.
fn round(one: &State, other: &State) -> u32 {
    let after =
        |state: &State, beside: &State| state.target.round + u32::from(!is_open(state) && is_open(beside));
    after(one, other).max(after(other, one))
}

fn life(
    one: &State,
    other: &State,
    owner: AgencyNo,
    responsibility: Responsibility,
    context: &Context<'_>,
) -> Life {
    let (a, b) = (&one.life, &other.life);
    let mut life = Life {
        responsibility,
        taken_over: true,
        declined: declined(one, other, owner),
        holds: holds(a, b),
        fence: a.fence.max(b.fence),
        incidents: a.incidents.saturating_add(b.incidents),
        complaint: a.complaint || b.complaint,
        urgent: a.urgent || b.urgent,
        ..Life::default()
    };
    // What belongs to a round that is over is not part of the one that goes on.
    let rounds: Vec<&State> = match (is_open(one), is_open(other)) {
        (true, false) => vec![one],
        (false, true) => vec![other],
        _ => vec![one, other],
    };
    life.elsewhere = rounds.iter().any(|state| state.life.elsewhere);
    life.thread = thread(&rounds);
    life.silent_since_us = rounds.iter().filter_map(|state| state.life.silent_since_us).min();
    life.gates = match rounds[..] {
        [open] => gates::alone(open, owner),
        _ if is_open(one) => gates::united(one, other, owner, context.now_us),
        _ => Gates::default(),
    };
    life.takedown = match rounds[..] {
        [one, _] if !is_open(one) => one.life.takedown.clone(),
        _ if !life.thread.is_empty() => Takedown::Notified,
        _ => Takedown::Open,
    };
    if life.takedown == Takedown::Open && !life.elsewhere && responsibility == Responsibility::Confirmed {
        grant(&mut life, one, other, owner, context);
    }
    life
}

/// Of two grants the owner's survives, the newer of two of its own. No fence that was given before is as large as its own:
/// whoever has another one is fenced off.
fn grant(life: &mut Life, one: &State, other: &State, owner: AgencyNo, context: &Context<'_>) {
    let live =
        |grant: &Grant| grant.until_us > context.now_us && !is_of_earlier_epoch(grant.fence, context.epoch);
    let of = |state: &State| match state.life.takedown {
        Takedown::Granted(grant) if state.owner() == owner && live(&grant) => Some(grant),
        _ => None,
    };
    let (a, b) = (of(one).map(|grant| (grant, other)), of(other).map(|grant| (grant, one)));
    let Some((grant, beside)) = a.into_iter().chain(b).max_by_key(|(grant, _)| grant.fence) else { return };
    if grant.fence <= beside.life.fence {
        life.fence = fence(life.fence, context);
    }
    life.takedown = Takedown::Granted(Grant { fence: life.fence, ..grant });
}

fn declined(one: &State, other: &State, owner: AgencyNo) -> Vec<AgencyNo> {
    let mut all = one.life.declined.clone();
    all.extend(other.life.declined.iter().filter(|agency| !one.life.declined.contains(agency)));
    all.retain(|agency| *agency != owner);
    all
}

/// One decision may have placed the same hold on both. What has run out on either side has run out.
fn holds(one: &Life, other: &Life) -> Vec<Hold> {
    let mut all = one.holds.clone();
    for hold in &other.holds {
        match all.iter_mut().find(|known| known.id == hold.id && known.by == hold.by) {
            Some(known) => {
                known.lapsed |= hold.lapsed;
                known.until_us = known.until_us.max(hold.until_us);
            }
            None => all.push(*hold),
        }
    }
    all.sort_by_key(|hold| hold.leaf);
    all
}

/// One report may have told of the notices of both.
fn thread(rounds: &[&State]) -> Vec<Notice> {
    let mut all: Vec<Notice> = Vec::new();
    for state in rounds {
        all.extend(
            state
                .life
                .thread
                .iter()
                .filter(|notice| !all.iter().any(|known| known == *notice))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    all.sort_by_key(|notice| notice.leaf);
    all
}
