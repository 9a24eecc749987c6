use super::*;
use crate::{
    life::Responsibility,
    order::Order,
    testing::{BE, BY, Bench, NW},
};
use meldeverbund_proto::v1::{GateState, OwnerBasis};

fn assess(finding: Finding, automatic: bool) -> Order {
    Order::Assess { finding, automatic }
}

fn gates(bench: &Bench) -> [GateState; 4] {
    Gate::ALL.map(|gate| gate.state(&bench.state, bench.now_us))
}

/// NW has set everything and then given the target to BY.
fn handed_over() -> Bench {
    let bench = Bench::cleared().then(NW, Order::OfferOwnership { to: BY });
    bench.then(BY, Order::AnswerOffer { accepted: true })
}

#[test]
fn a_record_is_corrected_by_its_agency_alone() {
    let mut bench = Bench::cleared();
    bench.ok(NW, assess(Finding::Unlawful(2), false));
    assert_eq!(bench.state.life.gates.assessments.len(), 1, "it replaces the one that was there");
    assert_eq!(bench.state.life.gates.assessments[0].what.finding, Finding::Unlawful(2));
    for gate in Gate::ALL {
        bench.no(RefusalCode::NotYourRecord, BY, Order::WithdrawGate(gate));
        bench.no(RefusalCode::NotYourRecord, BY, Order::Confirm(gate));
    }
    bench.ok(BY, Order::SecureEvidence);
    assert_eq!(bench.state.life.gates.evidence.len(), 2, "beside, not instead");
    bench.ok(NW, Order::WithdrawGate(Gate::Evidence));
    assert_eq!(bench.state.life.gates.evidence[0].by, BY);
}

#[test]
fn a_corrected_record_waits_for_a_second_officer_again() {
    let mut bench = Bench::cleared();
    bench.policy.four_eyes = vec![crate::policy::GateName::Assessed];
    bench.ok(NW, assess(Finding::Unlawful(1), false));
    assert_eq!(gates(&bench)[0], GateState::Unconfirmed);
    bench.ok(BY, assess(Finding::Unlawful(1), true));
    bench.no(RefusalCode::NothingToDo, BY, Order::Confirm(Gate::Assessed));
}

#[test]
fn after_a_transfer_gates_are_adopted_or_set_anew() {
    let waiting =
        [GateState::NotAdopted, GateState::NotAdopted, GateState::NotAdopted, GateState::Unspecified];
    let set = [GateState::Set, GateState::Set, GateState::Set, GateState::Unspecified];
    let mut bench = handed_over();
    assert_eq!(gates(&bench), waiting);
    bench.no(RefusalCode::NotOwner, NW, Order::AdoptGates(Vec::new()));
    bench.no(RefusalCode::FieldInvalid, BY, Order::AdoptGates(vec![Gate::Released]));
    let mut adopted = bench.clone().then(BY, Order::AdoptGates(Vec::new()));
    assert_eq!(gates(&adopted), set);
    adopted.no(RefusalCode::NothingToDo, BY, Order::AdoptGates(Vec::new()));
    let own = adopted.state.life.gates.assessments.iter().filter(|record| record.by == BY);
    assert_eq!(own.count(), 1, "what is adopted is a record of one's own");
    bench.ok(BY, Order::AdoptGates(vec![Gate::Evidence]));
    assert_eq!(gates(&bench), [waiting[0], set[1], waiting[2], waiting[3]]);
    bench.ok(BY, Order::SettleProviderData);
    bench.ok(BY, assess(Finding::Unlawful(1), false));
    assert_eq!(gates(&bench), set);
}

#[test]
fn anothers_record_after_the_transfer_is_adopted_too() {
    let mut bench = handed_over();
    bench.join(BE);
    bench.ok(BE, Order::SecureEvidence);
    assert_eq!(gates(&bench)[1], GateState::NotAdopted);
}

#[test]
fn a_suggestion_is_no_reason_not_to_adopt() {
    let mut bench = handed_over().then(BY, assess(Finding::Unlawful(1), true));
    assert_eq!(gates(&bench)[0], GateState::Suggested);
    bench.ok(BY, Order::AdoptGates(Vec::new()));
    assert_eq!(gates(&bench)[0], GateState::Set);
    let own = handed_over().then(BY, assess(Finding::NotUnlawful, false));
    let own = own.then(BY, Order::AdoptGates(Vec::new()));
    assert_eq!(gates(&own)[0], GateState::Contradicted, "one's own word stays");
}

#[test]
fn what_a_confirmation_is_about_is_the_own_record_that_waits() {
    let mut bench = Bench::cleared();
    let about =
        |bench: &Bench, agency| Gate::ALL.map(|gate| super::awaiting(&bench.state, gate, agency).is_some());
    assert_eq!(about(&bench, NW), [false; 4], "nothing waits");
    bench.policy.four_eyes = vec![crate::policy::GateName::Evidence, crate::policy::GateName::Released];
    bench.ok(NW, Order::SecureEvidence);
    bench.ok(NW, Order::Release { until_us: None });
    assert_eq!(about(&bench, NW), [false, true, false, true]);
    assert_eq!(about(&bench, BY), [false; 4], "of another agency's nothing is said");
    let leaf = bench.state.life.gates.release.as_ref().map(|record| record.leaf);
    assert_eq!(super::awaiting(&bench.state, Gate::Released, NW), leaf);
}

#[test]
fn an_adopted_assessment_needs_its_second_officer() {
    let mut bench = handed_over();
    bench.policy.four_eyes = vec![crate::policy::GateName::Assessed];
    bench.ok(BY, Order::AdoptGates(vec![Gate::Assessed]));
    assert_eq!(gates(&bench)[0], GateState::Unconfirmed);
}

#[test]
fn a_decided_owner_begins_like_one_that_took_over() {
    let assign = Order::AssignOwner { to: BY, basis: OwnerBasis::Prosecutor };
    let bench = Bench::cleared().then(crate::testing::BKA, assign);
    assert_eq!(bench.state.life.responsibility, Responsibility::Confirmed);
    assert_eq!(gates(&bench)[3], GateState::Unspecified, "the release is always new");
    assert!(bench.state.open_windows().any(|window| window.agency == NW), "it has not consented");
}
