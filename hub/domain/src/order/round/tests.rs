use super::*;
use crate::{
    life::{Hold, Life},
    order::Order,
    policy::hours_us,
    testing::{BE, BKA, BY, Bench, HOLD, NW, SN},
};

fn close(outcome: Outcome) -> Order {
    Order::CloseRound(outcome)
}

fn outcome(bench: &Bench) -> Option<Outcome> {
    match bench.state.life.takedown {
        Takedown::Closed { outcome } => Outcome::try_from(outcome).ok(),
        _ => None,
    }
}

#[test]
fn which_outcome_fits() {
    use Outcome::{
        Contested, Gone, GoneBeforeNotice, NotForwardable, NotUnlawful, Refused, Unresolved, Unspecified,
        Withdrawn,
    };
    let always = [NotForwardable, NotUnlawful, Unresolved];
    let before = [GoneBeforeNotice];
    let after = [Gone, Refused];
    let never = [Withdrawn, Contested, Unspecified];
    let elsewhere = Bench::cleared().then(BY, Order::ReportElsewhere);
    for (bench, notified) in
        [(Bench::new(), false), (Bench::granted(), false), (Bench::notified(), true), (elsewhere, true)]
    {
        let (fits, unfit) = if notified { (&after[..], &before[..]) } else { (&before[..], &after[..]) };
        for one in always.iter().chain(fits) {
            let closed = bench.clone().then(NW, close(*one));
            assert_eq!(outcome(&closed), Some(*one));
        }
        for one in never.iter().chain(unfit) {
            bench.clone().no(RefusalCode::OutcomeUnfit, NW, close(*one));
        }
    }
}

#[test]
fn only_the_owner_closes_and_only_what_is_quiet() {
    Bench::notified().no(RefusalCode::NotOwner, BY, close(Outcome::Gone));
    Bench::notified().no(RefusalCode::NotOwner, BKA, close(Outcome::Gone));
    Bench::under_way().no(RefusalCode::UnderWay, NW, close(Outcome::Gone));
    let mut closed = Bench::notified().then(NW, close(Outcome::Gone));
    for order in [
        close(Outcome::Gone),
        Order::Assess { finding: crate::life::Finding::NotUnlawful, automatic: false },
        Order::RequestGrant,
        Order::OfferOwnership { to: BY },
        Order::ReportAnswer { settles: true },
        Order::Consent { of: None },
        HOLD,
    ] {
        closed.no(RefusalCode::RoundClosed, NW, order);
    }
    closed.ok(BY, Order::ReportCheck { available: true });
}

#[test]
fn an_answer_has_a_notice_before_it() {
    Bench::granted().no(RefusalCode::OutcomeUnfit, NW, Order::ReportAnswer { settles: true });
    Bench::notified().no(RefusalCode::NotOwner, BY, Order::ReportAnswer { settles: true });
}

#[test]
fn a_complaint_reopens_the_question_and_not_the_record() {
    let mut bench = Bench::notified().then(BY, Order::ReportComplaint);
    bench.no(RefusalCode::NothingToDo, NW, Order::ReportComplaint);
    bench.no(RefusalCode::OutcomeUnfit, NW, close(Outcome::Gone));
    bench.no(RefusalCode::NotOwner, BY, Order::SettleComplaint { upheld: false });
    bench.ok(NW, Order::SettleComplaint { upheld: false });
    bench.no(RefusalCode::NothingToDo, NW, Order::SettleComplaint { upheld: false });
    bench.ok(NW, close(Outcome::Gone));
    bench.ok(BKA, Order::ReportComplaint);
    assert_eq!(outcome(&bench), Some(Outcome::Gone));
    let dismissed = bench.clone().then(NW, Order::SettleComplaint { upheld: false });
    assert_eq!(outcome(&dismissed), Some(Outcome::Gone));
    let upheld = bench.then(NW, Order::SettleComplaint { upheld: true });
    assert_eq!((outcome(&upheld), upheld.state.life.complaint), (Some(Outcome::Contested), false));
    let mut sending = Bench::under_way().then(BY, Order::ReportComplaint);
    sending.no(RefusalCode::UnderWay, NW, Order::SettleComplaint { upheld: true });
}

#[test]
fn what_goes_on_into_the_next_round() {
    let mut bench = Bench::notified().then(BY, Order::ReportIncident { sent_us: 5 });
    bench.state.life.urgent = true;
    bench.ok(BY, HOLD);
    bench.ok(BY, Order::ReportElsewhere);
    bench.ok(NW, close(Outcome::Gone));
    bench.ok(BY, Order::ReportComplaint);
    let (fence, interests) = (bench.state.life.fence, bench.state.interests.clone());
    bench.no(RefusalCode::TargetUnknown, BE, Order::ReopenRound);
    bench.ok(BY, Order::ReopenRound);
    bench.no(RefusalCode::RoundOpen, BY, Order::ReopenRound);
    assert_eq!((bench.state.target.round, bench.state.owner()), (2, NW));
    assert_eq!(bench.state.interests, interests);
    let holds: Vec<Hold> = bench.state.life.holds.clone();
    assert_eq!(holds.len(), 1);
    let left = Life { holds, fence, incidents: 1, complaint: true, ..Life::default() };
    assert_eq!(bench.state.life, left, "all else begins anew");
}

#[test]
fn who_took_it_over_is_bound_by_its_own_case_alone_in_the_next_round_too() {
    let mut bench = Bench::new().then(NW, Order::OfferOwnership { to: SN });
    bench.ok(SN, Order::AnswerOffer { accepted: true });
    bench.ok(SN, close(Outcome::Unresolved));
    bench.ok(NW, Order::ReopenRound);
    assert_eq!((bench.state.owner(), bench.state.is_bound(SN)), (SN, false));
}

#[test]
fn who_sees_a_round_to_its_end_owns_the_next() {
    let mut bench = Bench::alone().then(NW, Order::OfferOwnership { to: SN });
    bench.ok(SN, Order::AnswerOffer { accepted: true });
    bench.ok(SN, Order::ReportIncident { sent_us: 5 });
    bench.withdraw(NW);
    bench.join(BE);
    bench.ok(SN, close(Outcome::Gone));
    bench.ok(BE, Order::ReopenRound);
    assert_eq!(bench.state.owner(), SN);
}

#[test]
fn an_offer_ends_with_its_round() {
    let mut bench = Bench::cleared().then(NW, Order::OfferOwnership { to: SN });
    bench.ok(NW, close(Outcome::Unresolved));
    assert_eq!(bench.state.life.responsibility, Responsibility::Confirmed);
    assert_eq!(bench.view(SN), None);
}

#[test]
fn what_waits_is_waited_for_anew() {
    let mut proposed = Bench::proposed_to_by().then(BY, close(Outcome::Unresolved));
    proposed.wait_hours(1_000);
    proposed.ok(BY, Order::ReopenRound);
    let accept_by_us = proposed.now_us + hours_us(72);
    assert_eq!(proposed.state.life.responsibility, Responsibility::Proposed { accept_by_us });
    let mut disputed = Bench::new().then(BY, Order::DisputeOwnership { claimed: BY });
    disputed.wait_hours(120);
    disputed.pass();
    disputed.ok(NW, close(Outcome::Unresolved));
    disputed.ok(BY, Order::ReopenRound);
    let decide_by_us = disputed.now_us + hours_us(120);
    let anew =
        Responsibility::Disputed { by: BY, claimed: BY, proposed: false, decide_by_us, escalated: false };
    assert_eq!(disputed.state.life.responsibility, anew);
}

#[test]
fn who_refers_an_abandoned_target_again_is_first_seised_with_it() {
    let mut bench = Bench::alone();
    bench.withdraw(NW);
    bench.join(BE);
    bench.state = next_round(bench.state.clone(), &bench.context(BE));
    assert_eq!((bench.state.owner(), bench.state.target.ownership.basis), (BE, OwnerBasis::FirstSeised));
    assert_eq!(bench.state.life.responsibility, Responsibility::Confirmed, "its own referral");
    assert!(bench.state.is_bound(BE) && !bench.state.is_bound(NW));
    assert_eq!(bench.state.life.gates.unadopted, [false; 3], "there is nothing to adopt");
}
