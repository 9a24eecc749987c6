//! What two targets become, from the promises: one owner, one grant, no hold lost, gates of both or of none.

use std::collections::BTreeMap;

use meldeverbund_domain::{
    AgencyNo, Ownership, Target as Row,
    conditions::Gate,
    life::{Gates, Grant, Hold, Interest, Life, Record, Responsibility, State, Takedown, Window},
    order::{Apart, Was},
};
use meldeverbund_proto::v1::{GateState, OwnerBasis};

use super::books::{Facts, Target};

pub(super) const HOUR_US: i64 = 3_600_000_000;

/// The target that goes on, the one that is a name from now on, and how both were.
pub(super) fn merged(older: &Target, younger: &Target, facts: &Facts) -> (State, State, Apart) {
    let (one, other) = (&older.state, &younger.state);
    let seised = seised(older, younger);
    let (owned, responsibility) = owner(one, other, &seised, facts);
    let round = round(one, other).max(round(other, one));
    let mut life = life(one, other, owned.owner, responsibility, facts);
    grant(&mut life, [one, other], owned.owner, facts);
    let interests = seised.into_iter().map(|(agency, seised_leaf)| Interest {
        agency,
        joined_leaf: facts.leaf,
        seised_leaf,
        window: Window::NotBegun,
    });
    let target = Row { round, ownership: owned, ..one.target };
    let whole = State { target, life, interests: interests.collect(), origin: None };
    let whole = whole.staged(&facts.policy, facts.now_us);
    let nobody_s = Life {
        takedown: Takedown::Closed { outcome: 0 },
        taken_over: true,
        fence: whole.life.fence,
        ..Life::default()
    };
    let target = Row { ownership: owned, ..other.target };
    let name = State { target, life: nobody_s, interests: Vec::new(), origin: None };
    let apart = Apart {
        leaf: facts.leaf,
        whole: was(one),
        part: was(other),
        owner: owned.owner,
        basis: owned.basis.into(),
        round,
    };
    (whole, name.staged(&facts.policy, facts.now_us), apart)
}

pub(super) fn is_open(state: &State) -> bool {
    !matches!(state.life.takedown, Takedown::Closed { .. })
}

/// Whom the rules name: who was first seised of those who may own it and have not declined, else the central office.
pub(super) fn ruled(
    bound: impl IntoIterator<Item = AgencyNo>,
    declined: &[AgencyNo],
    facts: &Facts,
) -> Ownership {
    let first = bound.into_iter().find(|agency| facts.may_own(*agency) && !declined.contains(agency));
    match first {
        Some(owner) => Ownership { owner, basis: OwnerBasis::FirstSeised },
        None => Ownership { owner: AgencyNo(1), basis: OwnerBasis::Fallback },
    }
}

pub(super) fn asked(facts: &Facts) -> Responsibility {
    let accept_by_us = facts.now_us + i64::from(facts.policy.terms.accept_hours) * HOUR_US;
    Responsibility::Proposed { accept_by_us }
}

fn was(state: &State) -> Was {
    let Ownership { owner, basis } = state.target.ownership;
    Was { round: state.target.round, owner, basis: basis.into(), life: state.life.clone() }
}

/// Everybody who is bound to either, since the first leaf that says so.
fn seised(older: &Target, younger: &Target) -> Vec<(AgencyNo, i64)> {
    let mut first: BTreeMap<AgencyNo, i64> = BTreeMap::new();
    for side in [older, younger] {
        let opener = (!side.state.life.taken_over).then_some((side.state.owner(), side.opened_leaf));
        let others = side.state.interests.iter().map(|interest| (interest.agency, interest.seised_leaf));
        for (agency, leaf) in opener.into_iter().chain(others) {
            let known = first.entry(agency).or_insert(leaf);
            *known = leaf.min(*known);
        }
    }
    let mut all: Vec<_> = first.into_iter().collect();
    all.sort_by_key(|(_, leaf)| *leaf);
    all
}

/// Who decided counts: a prosecutor before an assignment, that before what the agencies agreed, and the rules come last.
fn owner(
    one: &State,
    other: &State,
    seised: &[(AgencyNo, i64)],
    facts: &Facts,
) -> (Ownership, Responsibility) {
    let rank = |state: &State| {
        let waits = matches!(state.life.responsibility, Responsibility::Proposed { .. });
        match state.target.ownership.basis {
            _ if waits || !is_open(state) || !facts.may_own(state.owner()) => 0,
            OwnerBasis::Prosecutor => 3,
            OwnerBasis::Assignment => 2,
            OwnerBasis::Agreement => 1,
            _ => 0,
        }
    };
    let ([a, b], [x, y]) = ([rank(one), rank(other)], [one, other].map(|state| state.target.ownership));
    let owned = if x.owner != y.owner && a == b && a < 2 {
        let sides = [one, other];
        let owns = |agency: &AgencyNo| sides.iter().any(|side| is_open(side) && side.owner() == *agency);
        let declined = sides.iter().flat_map(|side| &side.life.declined).copied();
        let declined: Vec<_> = declined.filter(|agency| !owns(agency)).collect();
        ruled(seised.iter().map(|(agency, _)| *agency), &declined, facts)
    } else if b > a {
        y
    } else {
        x
    };
    let firm = firm([one, other], owned.owner, facts);
    let disputed = [one, other].into_iter().find_map(|state| match state.life.responsibility {
        Responsibility::Disputed { by, claimed, decide_by_us, escalated, .. } if claimed != owned.owner => {
            let proposed = matches!(firm, Responsibility::Proposed { .. });
            Some(Responsibility::Disputed { by, claimed, proposed, decide_by_us, escalated })
        }
        _ => None,
    });
    let of_one_rank = (x.owner != y.owner && a == b && a >= 2).then(|| Responsibility::Disputed {
        by: y.owner,
        claimed: y.owner,
        proposed: false,
        decide_by_us: facts.now_us + i64::from(facts.policy.terms.dispute_hours) * HOUR_US,
        escalated: false,
    });
    (owned, disputed.or(of_one_rank).unwrap_or(firm))
}

/// Who has accepted one of them need not accept again; what is waited for on both sides ends with the sooner end.
fn firm(sides: [&State; 2], owner: AgencyNo, facts: &Facts) -> Responsibility {
    let both_closed = !sides.into_iter().any(is_open);
    let own = sides.into_iter().filter(|side| side.owner() == owner && (both_closed || is_open(side)));
    let own: Vec<_> = own.map(|side| side.life.responsibility).collect();
    let by_us = |responsibility: &Responsibility| match responsibility {
        Responsibility::Proposed { accept_by_us } => Some(*accept_by_us),
        _ => None,
    };
    let was_proposed = |one: &Responsibility| {
        by_us(one).is_some() || matches!(one, Responsibility::Disputed { proposed: true, .. })
    };
    if own.iter().any(|one| !was_proposed(one)) {
        return Responsibility::Confirmed;
    }
    let soonest = own.iter().filter_map(by_us).min();
    soonest.map_or_else(|| asked(facts), |accept_by_us| Responsibility::Proposed { accept_by_us })
}

/// A round that is over is not begun again.
fn round(state: &State, beside: &State) -> u32 {
    state.target.round + u32::from(!is_open(state) && is_open(beside))
}

fn life(one: &State, other: &State, owner: AgencyNo, responsibility: Responsibility, facts: &Facts) -> Life {
    let sides = [one, other];
    // Of what is open and what is over, the open one alone goes on.
    let goes_on = |state: &&State| is_open(state) || !sides.into_iter().any(is_open);
    let rounds: Vec<_> = sides.into_iter().filter(goes_on).collect();
    let mut declined: Vec<AgencyNo> = Vec::new();
    for agency in sides.iter().flat_map(|side| &side.life.declined).filter(|agency| **agency != owner) {
        if !declined.contains(agency) {
            declined.push(*agency);
        }
    }
    let gates = match rounds[..] {
        [open] => {
            let gates = Gates { release: None, ..open.life.gates.clone() };
            let unadopted = if open.owner() == owner { gates.unadopted } else { [true; 3] };
            Gates { unadopted, one_sided: recorded(&gates), ..gates }
        }
        _ if is_open(one) => united(one, other, owner, facts),
        _ => Gates::default(),
    };
    Life {
        responsibility,
        taken_over: true,
        declined,
        gates,
        holds: holds(one, other),
        elsewhere: rounds.iter().any(|side| side.life.elsewhere),
        takedown: if is_open(rounds[0]) { Takedown::Open } else { one.life.takedown.clone() },
        fence: one.life.fence.max(other.life.fence),
        ..Life::default()
    }
}

/// No hold is lost. One that stands on both sides, of one decision, lasts until the later end.
fn holds(one: &State, other: &State) -> Vec<Hold> {
    let mut by_id: BTreeMap<_, Hold> = BTreeMap::new();
    for hold in one.life.holds.iter().chain(&other.life.holds) {
        let known = by_id.entry((hold.leaf, hold.id)).or_insert(*hold);
        known.until_us = known.until_us.max(hold.until_us);
    }
    by_id.into_values().collect()
}

fn united(one: &State, other: &State, owner: AgencyNo, facts: &Facts) -> Gates {
    let (a, b) = (&one.life.gates, &other.life.gates);
    let same_owner = one.owner() == owner && other.owner() == owner;
    let mut gates = Gates {
        assessments: newest(&a.assessments, &b.assessments),
        evidence: newest(&a.evidence, &b.evidence),
        provider_data: newest(&a.provider_data, &b.provider_data),
        release: a.release.clone().filter(|_| same_owner && b.release.is_some()),
        ..Gates::default()
    };
    let has = recorded(&gates);
    for (n, gate) in [Gate::Assessed, Gate::Evidence, Gate::ProviderData].into_iter().enumerate() {
        let set = |state: &State| gate.state(state, facts.now_us) == GateState::Set;
        gates.unadopted[n] = !same_owner || a.unadopted[n] || b.unadopted[n];
        gates.one_sided[n] = has[n] && !(same_owner && set(one) && set(other));
    }
    gates
}

/// Which of the first three gates anybody has said something of.
pub(super) fn recorded(gates: &Gates) -> [bool; 3] {
    [!gates.assessments.is_empty(), !gates.evidence.is_empty(), !gates.provider_data.is_empty()]
}

/// Each agency's newest record, where all say the same and nobody awaits a second officer.
fn newest<T: Clone>(one: &[Record<T>], other: &[Record<T>]) -> Vec<Record<T>> {
    let mut by_agency: BTreeMap<AgencyNo, &Record<T>> = BTreeMap::new();
    for record in one.iter().chain(other) {
        let known = by_agency.entry(record.by).or_insert(record);
        if record.leaf > known.leaf {
            *known = record;
        }
    }
    let mut all: Vec<_> = by_agency.into_values().cloned().collect();
    all.sort_by_key(|record| record.leaf);
    all
}

/// The owner's grant survives, the newer of two; whoever has another fence is fenced off (I2).
fn grant(life: &mut Life, sides: [&State; 2], owner: AgencyNo, facts: &Facts) {
    if life.takedown != Takedown::Open || life.elsewhere || life.responsibility != Responsibility::Confirmed {
        return;
    }
    let live = |side: &State| match side.life.takedown {
        Takedown::Granted(grant) if side.owner() == owner && grant.until_us > facts.now_us => Some(grant),
        _ => None,
    };
    let Some(grant) = sides.into_iter().filter_map(live).max_by_key(|grant| grant.fence) else { return };
    let others = sides.iter().filter(|side| live(side) != Some(grant));
    if others.into_iter().any(|side| side.life.fence >= grant.fence) {
        life.fence = u64::try_from(facts.leaf).unwrap().max(life.fence + 1);
    }
    life.takedown = Takedown::Granted(Grant { fence: life.fence, ..grant });
}
