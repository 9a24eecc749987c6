//! Records of two targets put together, and taken apart: none is changed by another than who made it (I8).

use super::{Apart, Was};
use crate::{
    AgencyNo,
    conditions::Gate,
    life::{Assessment, Gates, Record, Release, State},
};
use meldeverbund_proto::v1::GateState;

/// The three gates that more than one agency may set.
const SHARED: [Gate; 3] = [Gate::Assessed, Gate::Evidence, Gate::ProviderData];

/// All records of both; set is what both had, under the one owner that both had.
pub(super) fn united(one: &State, other: &State, owner: AgencyNo, now_us: i64) -> Gates {
    let (a, b) = (&one.life.gates, &other.life.gates);
    let same_owner = one.owner() == owner && other.owner() == owner;
    let mut gates = Gates {
        assessments: assessments(&a.assessments, &b.assessments),
        evidence: records(&a.evidence, &b.evidence),
        provider_data: records(&a.provider_data, &b.provider_data),
        release: if same_owner { release(a, b) } else { None },
        unadopted: std::array::from_fn(|n| !same_owner || a.unadopted[n] || b.unadopted[n]),
        one_sided: [false; 3],
    };
    for (n, gate) in SHARED.into_iter().enumerate() {
        let both_set = [one, other].iter().all(|state| gate.state(state, now_us) == GateState::Set);
        gates.one_sided[n] = !(same_owner && both_set) && has_record(&gates, gate);
    }
    gates
}

/// Records of one side of a merge whose other side's round was closed: they say nothing of the other.
pub(super) fn alone(state: &State, owner: AgencyNo) -> Gates {
    let mut gates = state.life.gates.clone();
    gates.release = None;
    if state.owner() != owner {
        gates.unadopted = [true; 3];
    }
    mark_all(&mut gates);
    gates
}

/// What stays of a whole's records when a target leaves it that was merged into it.
pub(super) fn staying(whole: &Gates, apart: &Apart, later: &[Was]) -> Gates {
    let kept = |leaf: i64, of: fn(&Gates) -> Vec<i64>| {
        let has = |was: &Was| of(&was.life.gates).contains(&leaf);
        !has(&apart.part) || has(&apart.whole) || later.iter().any(has)
    };
    let mut gates = whole.clone();
    gates.assessments.retain(|record| kept(record.leaf, |gates| leaves(&gates.assessments)));
    gates.evidence.retain(|record| kept(record.leaf, |gates| leaves(&gates.evidence)));
    gates.provider_data.retain(|record| kept(record.leaf, |gates| leaves(&gates.provider_data)));
    gates
}

/// The records that a target takes along: its own, as their makers have left them, and what was said since of the whole
/// by those who are bound to it. All of it has to be looked at again.
pub(super) fn leaving(whole: &Gates, was: &Gates, since: i64, bound: &[AgencyNo]) -> Gates {
    let mut gates = Gates {
        assessments: taken(&whole.assessments, &was.assessments, since, bound),
        evidence: taken(&whole.evidence, &was.evidence, since, bound),
        provider_data: taken(&whole.provider_data, &was.provider_data, since, bound),
        release: None,
        unadopted: was.unadopted,
        one_sided: [false; 3],
    };
    mark_all(&mut gates);
    gates
}

fn taken<T: Clone>(whole: &[Record<T>], was: &[Record<T>], since: i64, bound: &[AgencyNo]) -> Vec<Record<T>> {
    let own = leaves(was);
    let goes =
        |record: &&Record<T>| own.contains(&record.leaf) || record.leaf > since && bound.contains(&record.by);
    whole.iter().filter(goes).cloned().collect()
}

fn mark_all(gates: &mut Gates) {
    for (n, gate) in SHARED.into_iter().enumerate() {
        gates.one_sided[n] = has_record(gates, gate);
    }
}

fn has_record(gates: &Gates, gate: Gate) -> bool {
    match gate {
        Gate::Assessed => !gates.assessments.is_empty(),
        Gate::Evidence => !gates.evidence.is_empty(),
        Gate::ProviderData => !gates.provider_data.is_empty(),
        Gate::Released => gates.release.is_some(),
    }
}

/// One record an agency: a settled one, else the newer.
fn records<T: Clone>(one: &[Record<T>], other: &[Record<T>]) -> Vec<Record<T>> {
    let mut all: Vec<Record<T>> = Vec::new();
    for record in one.iter().chain(other) {
        match all.iter_mut().find(|known| known.by == record.by) {
            None => all.push(record.clone()),
            Some(known) if rank(record) > rank(known) => *known = record.clone(),
            Some(_) => {}
        }
    }
    all.sort_by_key(|record| record.leaf);
    all
}

/// One an agency and finding: who found two things different is not made to have found one of them. A suggestion goes
/// where the same agency has assessed.
fn assessments(one: &[Record<Assessment>], other: &[Record<Assessment>]) -> Vec<Record<Assessment>> {
    let has_assessed =
        |agency| one.iter().chain(other).any(|record| record.by == agency && !record.what.automatic);
    let mut all: Vec<Record<Assessment>> = Vec::new();
    for record in one.iter().chain(other) {
        if record.what.automatic && has_assessed(record.by) {
            continue;
        }
        match all.iter_mut().find(|known| (known.by, known.what) == (record.by, record.what)) {
            None => all.push(record.clone()),
            Some(known) if rank(record) > rank(known) => *known = record.clone(),
            Some(_) => {}
        }
    }
    all.sort_by_key(|record| record.leaf);
    all
}

fn rank<T>(record: &Record<T>) -> (bool, i64) {
    (record.is_settled(), record.leaf)
}

/// Released is what was released on both sides, until the sooner end.
fn release(one: &Gates, other: &Gates) -> Option<Record<Release>> {
    let (one, other) = (one.release.clone()?, other.release.as_ref()?);
    if one.by != other.by || !one.is_settled() || !other.is_settled() {
        return None;
    }
    let until_us = [one.what.until_us, other.what.until_us].into_iter().flatten().min();
    Some(Record { what: Release { until_us, run_out: false }, ..one })
}

fn leaves<T>(records: &[Record<T>]) -> Vec<i64> {
    records.iter().map(|record| record.leaf).collect()
}
