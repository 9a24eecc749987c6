use super::*;
use crate::{
    order::Order,
    policy::GateName,
    testing::{BE, BKA, BY, Bench, HOLD, NW},
};

fn missing(bench: &Bench) -> Vec<RefusalCode> {
    let missing = Conditions::of(&bench.state, &bench.policy, bench.now_us).into_missing();
    missing.iter().map(Refusal::code).collect()
}

fn gate(bench: &Bench, gate: Gate) -> GateState {
    gate.state(&bench.state, bench.now_us)
}

fn assess(finding: Finding, automatic: bool) -> Order {
    Order::Assess { finding, automatic }
}

#[test]
fn every_single_gate_is_needed() {
    assert_eq!(missing(&Bench::cleared()), []);
    let words = ["assessed and labelled", "evidence secured", "provider data", "released"];
    for (one, words) in Gate::ALL.into_iter().zip(words) {
        let bench = Bench::cleared().then(NW, Order::WithdrawGate(one));
        assert_eq!(gate(&bench, one), GateState::Unspecified);
        let refusal = Refusal::of(RefusalCode::GateMissing, format!("the gate `{words}` is not set"));
        let conditions = Conditions::of(&bench.state, &bench.policy, bench.now_us);
        assert_eq!(conditions.into_missing(), [refusal]);
    }
}

#[test]
fn the_first_that_is_missing_refuses_and_all_are_told() {
    let mut bench = Bench::new();
    bench.ok(BY, HOLD);
    let mut all = vec![RefusalCode::GateMissing; 4];
    all.extend([RefusalCode::HoldInForce, RefusalCode::WindowOpen]);
    assert_eq!(missing(&bench), all);
    let conditions = Conditions::of(&bench.state, &bench.policy, bench.now_us);
    assert!(!conditions.are_met());
    assert_eq!(conditions.require().unwrap_err().code(), RefusalCode::GateMissing);
}

#[test]
fn only_the_owners_own_assessment_counts_and_only_a_persons() {
    let mut bench = Bench::cleared().then(NW, Order::WithdrawGate(Gate::Assessed));
    bench.ok(BY, assess(Finding::Unlawful(1), false));
    assert_eq!(gate(&bench, Gate::Assessed), GateState::Unspecified, "another's");
    bench.ok(NW, assess(Finding::Unlawful(1), true));
    assert_eq!(gate(&bench, Gate::Assessed), GateState::Suggested);
    assert_eq!(missing(&bench), [RefusalCode::GateMissing]);
    bench.ok(NW, assess(Finding::NotUnlawful, false));
    bench.ok(BY, Order::WithdrawGate(Gate::Assessed));
    assert_eq!(missing(&bench), [RefusalCode::GateMissing], "what is not unlawful is not taken down");
    bench.ok(NW, assess(Finding::Unlawful(1), false));
    assert_eq!(missing(&bench), []);
    bench.no(RefusalCode::NothingToDo, NW, assess(Finding::NotUnlawful, true));
}

#[test]
fn assessments_contradict_when_findings_differ_and_count() {
    let bench = Bench::cleared();
    let differs = |finding, automatic| {
        let bench = bench.clone().then(BY, assess(finding, automatic));
        missing(&bench) == [RefusalCode::AssessmentsContradict]
    };
    assert!(differs(Finding::NotUnlawful, false));
    assert!(differs(Finding::Unlawful(2), false), "another offence");
    assert!(!differs(Finding::Unlawful(1), false));
    assert!(!differs(Finding::NotUnlawful, true), "a program's word contradicts nobody");
    let mut awaited = bench.clone();
    awaited.policy.four_eyes = vec![GateName::Assessed];
    awaited.ok(BY, assess(Finding::NotUnlawful, false));
    assert_eq!(missing(&awaited), [], "one officer's word is no assessment yet");
    awaited.officer = "Zweit";
    awaited.ok(BY, Order::Confirm(Gate::Assessed));
    assert_eq!(missing(&awaited), [RefusalCode::AssessmentsContradict]);
}

#[test]
fn evidence_and_provider_data_are_any_bound_agencys() {
    let mut bench = Bench::cleared();
    for (one, order) in
        [(Gate::Evidence, Order::SecureEvidence), (Gate::ProviderData, Order::SettleProviderData)]
    {
        bench.ok(NW, Order::WithdrawGate(one));
        bench.no(RefusalCode::TargetUnknown, BKA, order.clone());
        bench.ok(BY, order);
        assert_eq!(missing(&bench), []);
    }
}

#[test]
fn four_eyes_gate_by_gate() {
    let names = [GateName::Assessed, GateName::Evidence, GateName::ProviderData, GateName::Released];
    for (name, one) in names.into_iter().zip(Gate::ALL) {
        let mut bench = Bench::new();
        bench.policy.four_eyes = vec![name];
        bench.set_gates(NW);
        bench.ok(BY, Order::Consent { of: None });
        assert_eq!(gate(&bench, one), GateState::Unconfirmed);
        assert_eq!(missing(&bench), [RefusalCode::FourEyes], "{one:?}");
        bench.no(RefusalCode::FourEyes, NW, Order::Confirm(one));
        bench.officer = "Zweit";
        bench.no(RefusalCode::NotYourRecord, BY, Order::Confirm(one));
        bench.ok(NW, Order::Confirm(one));
        assert_eq!(missing(&bench), []);
        bench.no(RefusalCode::NothingToDo, NW, Order::Confirm(one));
    }
}

#[test]
fn a_release_runs_out() {
    let mut bench = Bench::cleared();
    let until_us = Some(bench.now_us + 10);
    bench.no(RefusalCode::FieldInvalid, NW, Order::Release { until_us: Some(bench.now_us) });
    bench.ok(NW, Order::Release { until_us });
    bench.now_us += 9;
    assert_eq!(missing(&bench), []);
    bench.now_us += 1;
    assert_eq!(gate(&bench, Gate::Released), GateState::RunOut);
    assert_eq!(missing(&bench), [RefusalCode::GateMissing]);
    bench.no(RefusalCode::NotOwner, BY, Order::Release { until_us: None });
}

#[test]
fn holds_block_in_force_and_lapsed() {
    let mut bench = Bench::cleared().then(BY, HOLD);
    assert_eq!(missing(&bench), [RefusalCode::HoldInForce]);
    bench.wait_hours(90 * 24);
    assert_eq!(missing(&bench), [RefusalCode::HoldLapsed], "swept or not");
    bench.pass();
    assert_eq!(missing(&bench), [RefusalCode::HoldLapsed]);
    bench.ok(NW, HOLD);
    assert_eq!(missing(&bench), [RefusalCode::HoldInForce], "one of two is in force");
    bench.ok(NW, Order::LiftHold { hold: None });
    bench.ok(BY, Order::LiftHold { hold: None });
    assert_eq!(missing(&bench), []);
}

#[test]
fn windows_are_open_until_their_end_or_consent() {
    let mut bench = Bench::cleared();
    bench.join(BE);
    assert_eq!(missing(&bench), [RefusalCode::WindowOpen], "it has not begun");
    bench.state.interests[1].window = Window::Until(bench.now_us + 1);
    assert_eq!(missing(&bench), [RefusalCode::WindowOpen]);
    bench.now_us += 1;
    assert_eq!(missing(&bench), []);
    bench.policy.consent_required = true;
    assert_eq!(missing(&bench), [RefusalCode::ConsentRequired], "silence is no consent");
    bench.no(RefusalCode::ConsentRequired, BKA, Order::Consent { of: Some(BE) });
    bench.ok(BE, Order::Consent { of: Some(BE) });
    assert_eq!(missing(&bench), []);
}

#[test]
fn a_window_is_its_agencys_or_the_central_offices_to_shorten() {
    let mut bench = Bench::cleared();
    bench.join(BE);
    bench.no(RefusalCode::NotPermitted, NW, Order::Consent { of: Some(BE) });
    bench.no(RefusalCode::NothingToDo, NW, Order::Consent { of: None });
    bench.no(RefusalCode::NothingToDo, BY, Order::Consent { of: None });
    bench.ok(BKA, Order::Consent { of: Some(BE) });
    assert_eq!(missing(&bench), []);
}

#[test]
fn the_owner_has_accepted_undisputed() {
    let mut bench = Bench::proposed_to_by();
    bench.set_gates(BY);
    assert_eq!(missing(&bench), [RefusalCode::NotAccepted]);
    bench.ok(BY, Order::AcceptOwnership);
    bench.ok(BY, Order::OfferOwnership { to: NW });
    assert_eq!(missing(&bench), [], "who offers it is responsible until somebody accepts");
    bench.ok(BY, Order::DisputeOwnership { claimed: NW });
    assert_eq!(missing(&bench), [RefusalCode::Disputed]);
}
