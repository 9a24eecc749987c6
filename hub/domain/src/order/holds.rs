//! Holds: placed by any bound agency, changed by the one that placed them, in force until a person acts.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, gates::remove_records, must_be_open, nothing};
use crate::{
    AgencyNo, AgencyState,
    life::{Hold, HoldId, State},
    policy::{HOLD_MOST_DAYS, days_us},
};

pub(super) fn place(
    mut state: State,
    until_us: Option<i64>,
    on_behalf: bool,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    if on_behalf {
        context.must_be_central()?;
    } else if !context.actor.is_central() {
        context.must_be_bound(&state)?;
    }
    let until_us = end(until_us, "place_hold.until_us", context)?;
    let (id, by, leaf) = (HoldId(context.command), context.actor.no, context.leaf);
    state.life.holds.push(Hold { id, by, leaf, until_us, lapsed: false });
    Ok(state)
}

pub(super) fn renew(
    mut state: State,
    hold: Option<HoldId>,
    until_us: Option<i64>,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    let until_us = end(until_us, "renew_hold.until_us", context)?;
    let mut renewed = false;
    for own in state.life.holds.iter_mut().filter(|one| is_meant(one, hold, context.actor.no)) {
        (own.until_us, own.lapsed, renewed) = (until_us, false, true);
    }
    if renewed { Ok(state) } else { Err(none()) }
}

pub(super) fn lift(mut state: State, hold: Option<HoldId>, context: &Context<'_>) -> Result<State, Refusal> {
    let before = state.life.holds.len();
    state.life.holds.retain(|one| !is_meant(one, hold, context.actor.no));
    if state.life.holds.len() < before { Ok(state) } else { Err(none()) }
}

/// The central office sets aside what an agency recorded that cannot act itself (I8).
pub(super) fn overrule(mut state: State, of: AgencyNo, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_be_central()?;
    let maker = context.agencies.iter().find(|agency| agency.no == of);
    if maker.is_some_and(|agency| agency.state == AgencyState::Active) {
        let reason = "this agency is not suspended; only it changes its records";
        return Err(Refusal::of(RefusalCode::NotYourRecord, reason));
    }
    let before = state.life.holds.len();
    state.life.holds.retain(|hold| hold.by != of);
    let mut changed = state.life.holds.len() < before;
    changed |= remove_records(&mut state.life.gates, of);
    if state.open_windows().any(|interest| interest.agency == of) {
        state.life.consented.push(of);
        changed = true;
    }
    if changed { Ok(state) } else { Err(nothing("this agency has no record here")) }
}

fn is_meant(hold: &Hold, id: Option<HoldId>, by: AgencyNo) -> bool {
    hold.by == by && id.is_none_or(|id| id == hold.id)
}

fn end(until_us: Option<i64>, field: &str, context: &Context<'_>) -> Result<i64, Refusal> {
    let Some(until_us) = until_us else {
        return Ok(context.now_us + days_us(context.policy.terms.hold_days.min(HOLD_MOST_DAYS)));
    };
    if until_us <= context.now_us {
        return Err(Refusal::invalid(field, "lies in the past"));
    }
    if until_us > context.now_us + days_us(HOLD_MOST_DAYS) {
        return Err(Refusal::invalid(field, "is more than 18 months away"));
    }
    Ok(until_us)
}

fn none() -> Refusal {
    Refusal::of(RefusalCode::NotYourRecord, "your agency has no such hold here")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BE, BKA, BY, Bench, HOLD, NW};
    use crate::{life::Takedown, order::Order, policy::hours_us};
    use meldeverbund_proto::v1::RefusalCode;

    fn until(bench: &Bench, hours: u32) -> Option<i64> {
        Some(bench.now_us + hours_us(hours))
    }

    #[test]
    fn a_hold_has_the_policys_term_or_another_of_at_most_18_months() {
        let mut bench = Bench::new();
        let most = HOLD_MOST_DAYS * 24;
        bench.ok(BY, HOLD);
        assert_eq!(bench.state.life.holds[0].until_us, bench.now_us + days_us(90));
        let place = |until_us| Order::PlaceHold { until_us, on_behalf: false };
        bench.ok(BY, place(until(&bench, most)));
        bench.no(RefusalCode::FieldInvalid, BY, place(until(&bench, most).map(|us| us + 1)));
        bench.no(RefusalCode::FieldInvalid, BY, place(until(&bench, 0)));
        bench.policy.terms.hold_days = 1_000;
        bench.ok(BY, HOLD);
        assert_eq!(bench.state.life.holds[2].until_us, bench.now_us + days_us(HOLD_MOST_DAYS));
        let renew = |until_us| Order::RenewHold { hold: None, until_us };
        bench.no(RefusalCode::FieldInvalid, BY, renew(until(&bench, most).map(|us| us + 1)));
        bench.no(RefusalCode::FieldInvalid, BY, renew(until(&bench, 0)));
    }

    #[test]
    fn who_may_place_one() {
        let mut bench = Bench::new();
        bench.ok(BKA, HOLD);
        bench.ok(BKA, Order::PlaceHold { until_us: None, on_behalf: true });
        bench.no(RefusalCode::NotPermitted, NW, Order::PlaceHold { until_us: None, on_behalf: true });
        bench.no(RefusalCode::TargetUnknown, BE, HOLD);
        bench.ok(NW, Order::OfferOwnership { to: BE });
        bench.no(RefusalCode::TargetUnknown, BE, HOLD);
        let disputed = bench.clone().then(BY, Order::DisputeOwnership { claimed: BY });
        disputed.then(BY, HOLD);
    }

    #[test]
    fn each_is_its_makers() {
        let mut bench = Bench::new().then(BY, HOLD).then(BY, HOLD).then(NW, HOLD);
        let [first, second, nws] = [0, 1, 2].map(|n| bench.state.life.holds[n].id);
        bench.no(RefusalCode::NotYourRecord, BY, Order::LiftHold { hold: Some(nws) });
        bench.no(RefusalCode::NotYourRecord, BKA, Order::LiftHold { hold: None });
        bench.no(RefusalCode::NotYourRecord, BY, Order::RenewHold { hold: Some(nws), until_us: None });
        let until_us = until(&bench, 5);
        bench.ok(BY, Order::RenewHold { hold: Some(second), until_us });
        let renewed = bench.state.life.holds.iter().filter(|hold| Some(hold.until_us) == until_us);
        assert_eq!(renewed.map(|hold| hold.id).collect::<Vec<_>>(), [second]);
        bench.ok(BY, Order::LiftHold { hold: Some(first) });
        bench.no(RefusalCode::NotYourRecord, BY, Order::LiftHold { hold: Some(first) });
        bench.ok(BY, Order::LiftHold { hold: None });
        assert_eq!(bench.state.life.holds.iter().map(|hold| hold.id).collect::<Vec<_>>(), [nws]);
    }

    #[test]
    fn a_hold_suspends_a_grant_and_is_recorded_beside_a_notice_under_way() {
        let mut bench = Bench::granted().then(BY, HOLD);
        assert!(matches!(bench.state.life.takedown, Takedown::Granted(_)));
        let intend = bench.intend(crate::life::NoticeKind::First);
        bench.no(RefusalCode::HoldInForce, NW, intend.clone());
        bench.ok(BY, Order::LiftHold { hold: None });
        bench.ok(NW, intend);
        bench.ok(BY, HOLD);
        assert!(matches!(bench.state.life.takedown, Takedown::UnderWay(_)));
        let intent = bench.intent();
        bench.ok(NW, Order::ReportFailed { intent });
        bench.ok(NW, Order::ResolveIntent { intent, sent_us: None });
        bench.no(RefusalCode::HoldInForce, NW, Order::RequestGrant);
    }

    #[test]
    fn only_a_suspended_agencys_records_are_overruled_and_by_the_central_office_alone() {
        let mut bench = Bench::new().then(BY, HOLD).then(BY, Order::SecureEvidence).then(NW, HOLD);
        bench.no(RefusalCode::NotYourRecord, BKA, Order::Overrule { of: BY });
        bench.suspend(BY);
        bench.suspend(BE);
        bench.no(RefusalCode::NotPermitted, NW, Order::Overrule { of: BY });
        bench.no(RefusalCode::NothingToDo, BKA, Order::Overrule { of: BE });
        bench.ok(BKA, Order::Overrule { of: BY });
        assert_eq!(bench.state.life.holds.iter().map(|hold| hold.by).collect::<Vec<_>>(), [NW]);
        assert!(bench.state.life.gates.evidence.is_empty());
        assert_eq!(bench.state.open_windows().count(), 0);
        bench.no(RefusalCode::NothingToDo, BKA, Order::Overrule { of: BY });
    }
}
