//! Whom a change concerns: they are told, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{
    Agency, AgencyNo, Target, TargetNo,
    life::{Responsibility, State},
    view::{common, is_told, own_gates},
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

/// The owner before and after, to whom it is offered or who should own it, who holds, whose window was closed, whose record
/// is another or none any more; and whoever has a part in it, if what everybody sees has changed. The central office sees
/// all there is of a target: it is told of each change from the first that makes the target its business to the one that
/// ends that.
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
    let shows = shows(change);
    let sees = |agency: &&Agency| shows || own_gates(before, agency.no) != own_gates(after, agency.no);
    parties.extend(agencies.iter().filter(sees).map(|agency| agency.no));
    parties.extend(agencies.iter().filter(|agency| agency.is_central()).map(|agency| agency.no));
    let told = |no: AgencyNo| {
        let agency = agencies.iter().find(|agency| agency.no == no);
        agency.is_some_and(|agency| is_told(agency, before) || is_told(agency, after))
    };
    // A stranger that is only named is told nothing (I7).
    parties.retain(|agency| *agency == actor || told(*agency));
    parties
}

fn claimants(state: &State) -> Vec<AgencyNo> {
    match state.life.responsibility {
        Responsibility::Offered { to, .. } => vec![to],
        Responsibility::Disputed { by, claimed, .. } => vec![by, claimed],
        Responsibility::Confirmed | Responsibility::Proposed { .. } => Vec::new(),
    }
}
