//! Setting, confirming, withdrawing and adopting gates. Each record belongs to the agency that made it (I8).

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, must_be_open, nothing};
use crate::{
    AgencyNo,
    conditions::Gate,
    life::{Assessment, Evidence, Finding, Gates, ProviderData, Record, Release, Second, State},
};

pub(super) fn assess(
    mut state: State,
    finding: Finding,
    automatic: bool,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    may_set(&state, context)?;
    let records = &mut state.life.gates.assessments;
    let own = records.iter().find(|record| record.by == context.actor.no);
    if automatic && own.is_some_and(|record| !record.what.automatic) {
        return Err(nothing("a suggestion does not replace the assessment that stands"));
    }
    let second = if automatic { Second::Settled } else { second(Gate::Assessed, context) };
    put(records, Record { second, ..record(Gate::Assessed, Assessment { finding, automatic }, context) });
    if state.owner() == context.actor.no && !automatic {
        state.life.gates.one_sided[Gate::Assessed as usize] = false;
    }
    Ok(state)
}

pub(super) fn secure_evidence(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    may_set(&state, context)?;
    put(&mut state.life.gates.evidence, record(Gate::Evidence, Evidence, context));
    set_by(&mut state, Gate::Evidence, context);
    Ok(state)
}

pub(super) fn settle_provider_data(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    may_set(&state, context)?;
    put(&mut state.life.gates.provider_data, record(Gate::ProviderData, ProviderData, context));
    set_by(&mut state, Gate::ProviderData, context);
    Ok(state)
}

pub(super) fn release(
    mut state: State,
    until_us: Option<i64>,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    if until_us.is_some_and(|until| until <= context.now_us) {
        return Err(Refusal::invalid("release.until_us", "lies in the past"));
    }
    state.life.gates.release = Some(record(Gate::Released, Release { until_us, run_out: false }, context));
    Ok(state)
}

pub(super) fn confirm(mut state: State, gate: Gate, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    let gates = &mut state.life.gates;
    let second = match gate {
        Gate::Assessed => own(&mut gates.assessments, context).map(|record| &mut record.second),
        Gate::Evidence => own(&mut gates.evidence, context).map(|record| &mut record.second),
        Gate::ProviderData => own(&mut gates.provider_data, context).map(|record| &mut record.second),
        Gate::Released => own(gates.release.as_mut_slice(), context).map(|record| &mut record.second),
    };
    let second = second.ok_or_else(not_yours)?;
    match second {
        Second::Settled => Err(nothing("this record waits for nobody")),
        Second::Awaited { first } if first == context.officer => Err(same_officer()),
        Second::Awaited { .. } => {
            *second = Second::Settled;
            Ok(state)
        }
    }
}

/// Four eyes are two people.
pub fn same_officer() -> Refusal {
    Refusal::of(RefusalCode::FourEyes, "the officer who made the record does not confirm it")
}

/// The leaf of the agency's record that a confirmation of this gate is about; none: it has none that waits.
pub fn awaiting(state: &State, gate: Gate, agency: AgencyNo) -> Option<i64> {
    fn waits<T>(records: &[Record<T>], agency: AgencyNo) -> Option<i64> {
        records.iter().find(|record| record.by == agency && !record.is_settled()).map(|record| record.leaf)
    }
    let gates = &state.life.gates;
    match gate {
        Gate::Assessed => waits(&gates.assessments, agency),
        Gate::Evidence => waits(&gates.evidence, agency),
        Gate::ProviderData => waits(&gates.provider_data, agency),
        Gate::Released => waits(gates.release.as_slice(), agency),
    }
}

pub(super) fn withdraw(mut state: State, gate: Gate, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    let gates = &mut state.life.gates;
    let actor = context.actor.no;
    let gone = match gate {
        Gate::Assessed => take(&mut gates.assessments, actor),
        Gate::Evidence => take(&mut gates.evidence, actor),
        Gate::ProviderData => take(&mut gates.provider_data, actor),
        Gate::Released => gates.release.take_if(|record| record.by == actor).is_some(),
    };
    if gone { Ok(state) } else { Err(not_yours()) }
}

pub(super) fn adopt(mut state: State, which: &[Gate], context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    let all = [Gate::Assessed, Gate::Evidence, Gate::ProviderData];
    let which = if which.is_empty() { &all } else { which };
    if which.contains(&Gate::Released) {
        return Err(Refusal::invalid("adopt_gates.gates", "a release is never adopted; it is always new"));
    }
    let mut adopted = false;
    for gate in which {
        adopted |= std::mem::take(&mut state.life.gates.unadopted[*gate as usize]);
        adopted |= std::mem::take(&mut state.life.gates.one_sided[*gate as usize]);
    }
    if !adopted {
        return Err(nothing("no gate waits to be adopted"));
    }
    if which.contains(&Gate::Assessed) {
        adopt_assessment(&mut state.life.gates, context);
    }
    Ok(state)
}

/// The adopted assessment becomes the new owner's own, in the place of a suggestion that it may have had.
fn adopt_assessment(gates: &mut Gates, context: &Context<'_>) {
    let mut own = gates.assessments.iter().filter(|record| record.by == context.actor.no);
    let has_own = own.any(|record| !record.what.automatic);
    let counting = gates.assessments.iter().find(|record| record.counts()).map(|record| record.what);
    if let (false, Some(what)) = (has_own, counting) {
        put(&mut gates.assessments, record(Gate::Assessed, what, context));
    }
}

/// Removes what an agency recorded on the target; it is no longer bound, or overruled.
pub(super) fn remove_records(gates: &mut Gates, of: AgencyNo) -> bool {
    let mut gone = take(&mut gates.assessments, of);
    gone |= take(&mut gates.evidence, of);
    gone |= take(&mut gates.provider_data, of);
    gone | gates.release.take_if(|record| record.by == of).is_some()
}

fn may_set(state: &State, context: &Context<'_>) -> Result<(), Refusal> {
    must_be_open(state)?;
    context.must_be_bound(state)
}

fn record<T>(gate: Gate, what: T, context: &Context<'_>) -> Record<T> {
    Record { by: context.actor.no, leaf: context.leaf, what, second: second(gate, context) }
}

fn second(gate: Gate, context: &Context<'_>) -> Second {
    if context.policy.needs_second(gate) {
        Second::Awaited { first: context.officer.to_owned() }
    } else {
        Second::Settled
    }
}

/// The owner's own record needs no adoption.
fn set_by(state: &mut State, gate: Gate, context: &Context<'_>) {
    if state.owner() == context.actor.no {
        state.life.gates.unadopted[gate as usize] = false;
        state.life.gates.one_sided[gate as usize] = false;
    }
}

/// An agency's record replaces the one it had: that is how it is corrected.
fn put<T>(records: &mut Vec<Record<T>>, record: Record<T>) {
    records.retain(|old| old.by != record.by);
    records.push(record);
}

fn take<T>(records: &mut Vec<Record<T>>, of: AgencyNo) -> bool {
    let before = records.len();
    records.retain(|record| record.by != of);
    records.len() < before
}

/// The agency's record; of several, which only a merge makes, one that waits.
fn own<'a, T>(records: &'a mut [Record<T>], context: &Context<'_>) -> Option<&'a mut Record<T>> {
    let own = records.iter_mut().filter(|record| record.by == context.actor.no);
    own.min_by_key(|record| record.is_settled())
}

fn not_yours() -> Refusal {
    Refusal::of(RefusalCode::NotYourRecord, "your agency has no record of this gate")
}

#[cfg(test)]
mod tests;
