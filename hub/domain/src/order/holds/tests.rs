use super::*;
use crate::{
    life::{Finding, Gates, Takedown},
    order::Order,
    policy::hours_us,
    testing::{BE, BKA, BY, Bench, HOLD, NW},
};

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

#[test]
fn one_record_is_enough_to_be_overruled_and_all_others_stay() {
    let assess = Order::Assess { finding: Finding::Unlawful(1), automatic: false };
    let release = Order::Release { until_us: None };
    let settle = Order::SettleProviderData;
    for (who, order) in
        [(BY, HOLD), (BY, assess), (BY, Order::SecureEvidence), (BY, settle), (NW, HOLD), (NW, release)]
    {
        let mut bench = Bench::new().then(BY, Order::Consent { of: None });
        if who == BY {
            bench.set_gates(NW);
        }
        let before = bench.state.clone();
        bench.ok(who, order.clone());
        bench.suspend(who);
        bench.ok(BKA, Order::Overrule { of: who });
        assert_eq!(bench.state, before, "{who:?} {order:?}");
    }
    let mut bench = Bench::cleared();
    bench.suspend(NW);
    bench.ok(BKA, Order::Overrule { of: NW });
    assert_eq!(bench.state.life.gates, Gates::default());
}
