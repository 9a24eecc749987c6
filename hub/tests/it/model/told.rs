//! Whom a change concerns: they are told, and nobody else (I7).

use std::{collections::BTreeSet, mem::discriminant};

use meldeverbund_domain::{
    AgencyNo, Target,
    life::{Responsibility, State},
    view::{common, is_told, own_gates},
};

use super::books::Facts;

/// Who is told of what a decision, or a referral, did to a target.
pub(super) fn concerned(before: &State, after: &State, actor: AgencyNo, facts: &Facts) -> BTreeSet<AgencyNo> {
    let mut parties = BTreeSet::from([before.owner(), after.owner()]);
    for state in [before, after] {
        parties.extend(claimants(state));
        parties.extend(state.life.holds.iter().map(|hold| hold.by));
    }
    parties.extend(after.life.consented.iter().filter(|agency| !before.life.consented.contains(agency)));
    let shows = shows(before, after);
    for agency in &facts.agencies {
        if shows || own_gates(before, agency.no) != own_gates(after, agency.no) {
            parties.insert(agency.no);
        }
    }
    let is_central = |agency: &&meldeverbund_domain::Agency| agency.is_central();
    parties.extend(facts.agencies.iter().filter(is_central).map(|agency| agency.no));
    parties.retain(|agency| knows(*agency, before, facts) || knows(*agency, after, facts));
    parties.insert(actor);
    parties
}

/// Who is told of a join besides the owner: who may still object, who holds, and the central office where it is told at all.
pub(super) fn watching(state: &State, actor: AgencyNo, facts: &Facts) -> BTreeSet<AgencyNo> {
    let windows = state.open_windows().map(|interest| interest.agency);
    let holds = state.life.holds.iter().map(|hold| hold.by);
    let central = facts.agencies.iter().filter(|agency| agency.is_central() && is_told(agency, state));
    let mut all: BTreeSet<_> = windows.chain(holds).chain(central.map(|agency| agency.no)).collect();
    all.remove(&actor);
    all.remove(&state.owner());
    all
}

/// Whether the target is the agency's business, by what it is to it.
pub(super) fn knows(agency: AgencyNo, state: &State, facts: &Facts) -> bool {
    facts.agencies.iter().any(|known| known.no == agency && is_told(known, state))
}

/// Whether something has changed that everybody sees who is no stranger.
pub(super) fn shows(before: &State, after: &State) -> bool {
    let seen = |state: &State| {
        let Target { stage, round, ownership, .. } = state.target;
        (stage, round, ownership, discriminant(&state.life.responsibility), common(state))
    };
    seen(before) != seen(after)
}

fn claimants(state: &State) -> Vec<AgencyNo> {
    match state.life.responsibility {
        Responsibility::Offered { to, .. } => vec![to],
        Responsibility::Disputed { by, claimed, .. } => vec![by, claimed],
        Responsibility::Confirmed | Responsibility::Proposed { .. } => Vec::new(),
    }
}
