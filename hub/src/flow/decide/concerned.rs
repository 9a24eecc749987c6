//! Whom a change concerns: they are told, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{
    Agency, AgencyNo, Target, TargetNo,
    life::{Responsibility, State},
    view::common,
};

use super::{Change, responsibility};

/// The targets of which each agency is to be told.
pub(in crate::flow) fn concerned(
    changes: &[Change],
    actor: AgencyNo,
    agencies: &[Agency],
) -> BTreeMap<AgencyNo, Vec<TargetNo>> {
    let mut told: BTreeMap<AgencyNo, Vec<TargetNo>> = BTreeMap::new();
    for change in changes {
        for agency in parties(change, actor, agencies) {
            told.entry(agency).or_default().push(change.after.target.no);
        }
    }
    told
}

/// Whether something has changed that everybody sees who is no stranger.
pub(in crate::flow) fn shows(change: &Change) -> bool {
    let seen = |state: &State| {
        let Target { stage, round, ownership, .. } = state.target;
        (stage, round, ownership, responsibility(state.life.responsibility), common(state))
    };
    seen(&change.before) != seen(&change.after)
}

/// The owner before and after, to whom it is offered or who should own it, who holds, whose window was closed; and every
/// bound agency, if what everybody sees has changed.
fn parties(change: &Change, actor: AgencyNo, agencies: &[Agency]) -> BTreeSet<AgencyNo> {
    let Change { before, after } = change;
    let mut parties = BTreeSet::from([before.owner(), after.owner()]);
    if agencies.iter().any(|agency| agency.no == actor) {
        parties.insert(actor);
    }
    for state in [before, after] {
        parties.extend(claimants(state));
        parties.extend(state.life.holds.iter().map(|hold| hold.by));
    }
    let closed = after.life.consented.iter().filter(|agency| !before.life.consented.contains(agency));
    parties.extend(closed);
    if shows(change) {
        parties.extend(before.interests.iter().chain(&after.interests).map(|interest| interest.agency));
    }
    let needs_centre = |state: &State| {
        matches!(state.life.responsibility, Responsibility::Disputed { .. }) || state.life.incidents > 0
    };
    if needs_centre(after)
        && (before.life.responsibility, before.life.incidents)
            != (after.life.responsibility, after.life.incidents)
    {
        parties.extend(agencies.iter().filter(|agency| agency.is_central()).map(|agency| agency.no));
    }
    parties
}

fn claimants(state: &State) -> Vec<AgencyNo> {
    match state.life.responsibility {
        Responsibility::Offered { to, .. } => vec![to],
        Responsibility::Disputed { by, claimed, .. } => vec![by, claimed],
        Responsibility::Confirmed | Responsibility::Proposed { .. } => Vec::new(),
    }
}
