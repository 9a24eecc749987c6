use super::*;
use crate::{
    life::Interest,
    order::Order,
    policy::days_us,
    testing::{BE, BKA, BY, Bench, HOLD, NW, SN},
};
use meldeverbund_proto::v1::{Outcome, OwnerBasis, RefusalCode, Stage};

fn due_us(bench: &Bench) -> Option<i64> {
    super::due_us(&bench.state, &bench.context(BKA)).map(|due_us| due_us - bench.now_us)
}

/// Waits until what is due is due, after seeing that nothing happens before.
fn wait_for_it(bench: &mut Bench) {
    let wait_us = due_us(bench).unwrap();
    bench.now_us += wait_us - 1;
    let before = bench.state.clone();
    bench.pass();
    assert_eq!(bench.state, before, "not before its time");
    bench.now_us += 1;
    bench.pass();
    assert_ne!(bench.state, before);
}

#[test]
fn nothing_is_due_where_only_people_act() {
    assert_eq!(due_us(&Bench::alone()), None);
    assert_eq!(due_us(&Bench::cleared()), None);
}

#[test]
fn a_silent_provider_is_told_of_once_a_silence() {
    let mut bench = Bench::notified();
    assert_eq!(due_us(&bench), Some(hours_us(48)));
    wait_for_it(&mut bench);
    assert_eq!(
        (bench.state.target.stage, due_us(&bench)),
        (Stage::Notified, None),
        "nothing else has changed"
    );
    // It answers nothing that settles it: the owner is asked again when that is as long ago.
    bench.ok(NW, Order::ReportAnswer { settles: false });
    assert_eq!(due_us(&bench), Some(hours_us(48)));
    bench.ok(NW, Order::ReportAnswer { settles: true });
    assert_eq!(due_us(&bench), None);
}

#[test]
fn nothing_is_waited_for_while_a_reminder_is_under_way_and_after_a_recall() {
    let mut bench = Bench::notified();
    bench.wait_hours(47);
    let reminder = bench.intend(NoticeKind::Reminder);
    bench.ok(NW, reminder);
    bench.wait_hours(1);
    assert!(!is_silent(&bench.state, &bench.context(NW)));
    let sent = bench.sent();
    bench.ok(NW, sent);
    assert_eq!(due_us(&bench), Some(hours_us(48)), "it has its whole time again");
    let recall = bench.intend(NoticeKind::Recall);
    bench.ok(NW, recall);
    let sent = bench.sent();
    bench.ok(NW, sent);
    assert_eq!(due_us(&bench), None);
}

#[test]
fn a_grant_ends_unused() {
    let mut bench = Bench::granted();
    assert_eq!(due_us(&bench), Some(hours_us(48)));
    let fence = bench.state.life.fence;
    wait_for_it(&mut bench);
    assert_eq!((&bench.state.life.takedown, bench.state.target.stage), (&Takedown::Open, Stage::Cleared));
    assert_eq!(bench.state.life.fence, fence);
}

#[test]
fn an_intent_comes_in_doubt_and_stays_so() {
    let mut bench = Bench::under_way();
    assert_eq!(due_us(&bench), Some(hours_us(1)));
    wait_for_it(&mut bench);
    assert!(matches!(bench.state.life.takedown, Takedown::Unresolved(_, Trouble::InDoubt)));
    bench.wait_hours(10_000);
    bench.pass();
    assert!(matches!(bench.state.life.takedown, Takedown::Unresolved(_, Trouble::InDoubt)));
    assert_eq!(due_us(&bench), None);
}

#[test]
fn a_proposal_moves_on_until_the_fallback_has_it() {
    let mut bench = Bench::new();
    bench.join(BE);
    bench.withdraw(NW);
    let may_choose = |bench: &Bench| may_choose_owner(&bench.state, &bench.context(BKA));
    bench.now_us += hours_us(72) - 1;
    assert!(!may_choose(&bench), "the rules are asked only once it is overdue");
    bench.pass();
    assert_eq!(bench.state.owner(), BY);
    bench.now_us += 1;
    assert!(may_choose(&bench));
    bench.pass();
    assert_eq!((bench.state.owner(), bench.state.target.ownership.basis), (BE, OwnerBasis::FirstSeised));
    bench.wait_hours(72);
    bench.pass();
    assert_eq!((bench.state.owner(), bench.state.target.ownership.basis), (BKA, OwnerBasis::Fallback));
    bench.no(RefusalCode::OwnershipState, BKA, Order::DeclineOwnership);
    bench.wait_hours(72);
    bench.pass();
    assert_eq!(bench.state.life.responsibility, Responsibility::Confirmed);
    assert_eq!(bench.state.owner(), BKA);
    assert!(!may_choose(&bench), "what is confirmed is nobody else's");
}

#[test]
fn a_proposal_waits_for_a_notice_under_way() {
    let mut bench = Bench::proposed_to_by().then(BY, Order::ReportIncident { sent_us: 5 });
    let recall = bench.intend(NoticeKind::Recall);
    bench.ok(BY, recall);
    bench.no(RefusalCode::UnderWay, BY, Order::DeclineOwnership);
    bench.wait_hours(100);
    bench.pass();
    assert_eq!(bench.state.owner(), BY);
    assert_eq!(due_us(&bench), None, "a person comes first");
    let intent = bench.intent();
    bench.ok(BY, Order::ResolveIntent { intent, sent_us: None });
    assert!(due_us(&bench).unwrap() < 0);
    bench.pass();
    assert_eq!(bench.state.owner(), BKA);
}

#[test]
fn an_offer_is_void_when_its_time_is_over_swept_or_not() {
    let mut bench = Bench::cleared().then(NW, Order::OfferOwnership { to: BY });
    assert_eq!(due_us(&bench), Some(hours_us(72)));
    let mut late = bench.clone();
    late.wait_hours(72);
    late.no(RefusalCode::OwnershipState, BY, Order::AnswerOffer { accepted: true });
    wait_for_it(&mut bench);
    assert_eq!((bench.state.owner(), bench.state.life.responsibility), (NW, Responsibility::Confirmed));
}

#[test]
fn a_dispute_is_escalated_and_not_decided() {
    let mut bench = Bench::new().then(BY, Order::DisputeOwnership { claimed: BY });
    bench.ok(BY, Order::Consent { of: None });
    assert_eq!(due_us(&bench), Some(hours_us(120)));
    wait_for_it(&mut bench);
    let escalated =
        matches!(bench.state.life.responsibility, Responsibility::Disputed { escalated: true, .. });
    assert!(escalated && bench.state.owner() == NW);
    assert_eq!(due_us(&bench), None);
}

#[test]
fn a_hold_lapses_in_a_closed_round_too() {
    let mut bench = Bench::cleared().then(BY, HOLD);
    wait_for_it(&mut bench);
    assert!(bench.state.life.holds[0].lapsed);
    assert_eq!(due_us(&bench), None);
    bench.ok(BY, Order::RenewHold { hold: None, until_us: None });
    assert!(!bench.state.life.holds[0].lapsed, "renewed it is in force again");
    bench.ok(NW, Order::CloseRound(Outcome::Unresolved));
    assert_eq!(due_us(&bench), Some(hours_us(90 * 24)));
    wait_for_it(&mut bench);
    assert!(bench.state.life.holds[0].lapsed);
}

#[test]
fn only_holds_run_on_while_a_round_is_closed() {
    let mut bench = Bench::new().then(BY, Order::DisputeOwnership { claimed: BY });
    bench.ok(NW, Order::CloseRound(Outcome::Unresolved));
    assert_eq!(due_us(&bench), None);
    bench.wait_hours(500);
    let before = bench.state.clone();
    bench.pass();
    assert_eq!(bench.state, before);
    bench.ok(BY, Order::ReopenRound);
    bench.state.interests[0].window = Window::Until(0);
    assert_eq!(due_us(&bench), Some(hours_us(120)), "the dispute has its whole time again");
}

#[test]
fn a_window_that_has_not_begun_is_looked_at_when_it_could_end_first() {
    let mut bench = Bench::new();
    let days = bench.policy.terms.window_working_days;
    let begun = |from_us| end_of_working_days("by", from_us, days);
    let look_us = bench.now_us + due_us(&bench).unwrap();
    assert_eq!(look_us, begun(bench.now_us));
    // Whenever it begins until then, it ends then or later: nothing is missed.
    for hours in (0..240).filter(|hours| bench.now_us + hours_us(*hours) < look_us) {
        assert!(begun(bench.now_us + hours_us(hours)) >= look_us, "{hours}");
    }
    // It has not begun by then: nothing changes, and the next look is as far away.
    let before = bench.state.clone();
    bench.now_us = look_us;
    bench.pass();
    assert_eq!(bench.state, before);
    assert_eq!(bench.now_us + due_us(&bench).unwrap(), begun(look_us));
    // It has begun one hour before: the look comes when it ends.
    bench.state.interests[0].window = Window::Until(begun(look_us - hours_us(1)));
    assert_eq!(bench.now_us + due_us(&bench).unwrap(), begun(look_us - hours_us(1)));
    // A state office is asked by the holidays of its Land, others by those that all have.
    bench.state.interests[0] = Interest { agency: BKA, window: Window::NotBegun, ..bench.state.interests[0] };
    assert_eq!(bench.now_us + due_us(&bench).unwrap(), end_of_working_days("", look_us, days));
}

#[test]
fn a_window_that_has_not_begun_counts_by_the_holidays_of_its_own_agency() {
    let mut bench = Bench::new();
    // Epiphany, a Monday in 2025, is a holiday in Bavaria and none in North Rhine-Westphalia.
    bench.now_us = days_us(20_090);
    let days = bench.policy.terms.window_working_days;
    let [by, nw] = ["by", "nw"].map(|land| end_of_working_days(land, bench.now_us, days));
    assert_ne!(by, nw);
    assert_eq!(due_us(&bench), Some(by - bench.now_us));
}

#[test]
fn a_window_and_a_release_are_looked_at_when_they_end() {
    let mut bench = Bench::cleared().then(NW, Order::Release { until_us: Some(Bench::alone().now_us + 50) });
    assert_eq!(due_us(&bench), Some(50));
    bench.join(BE);
    bench.state.interests[1].window = Window::Until(bench.now_us + 40);
    bench.pass();
    assert_eq!((due_us(&bench), bench.state.target.stage), (Some(40), Stage::Referred));
    wait_for_it(&mut bench);
    assert_eq!((due_us(&bench), bench.state.target.stage), (Some(10), Stage::Cleared));
    wait_for_it(&mut bench);
    assert_eq!((due_us(&bench), bench.state.target.stage), (None, Stage::Referred));
    assert!(bench.state.life.gates.release.as_ref().unwrap().what.run_out, "noticed, so that it is told");
    bench.policy.consent_required = true;
    bench.state.interests[1].window = Window::Until(bench.now_us + 40);
    assert_eq!(due_us(&bench), None, "silence ends nothing where consent is required");
}

#[test]
fn a_provider_is_silent_until_it_answers_and_after_a_recall_nothing_is_expected() {
    let silent = |bench: &Bench| is_silent(&bench.state, &bench.context(NW));
    let mut bench = Bench::notified();
    bench.now_us += hours_us(48) - 1;
    assert!(!silent(&bench));
    bench.now_us += 1;
    assert!(silent(&bench));
    assert!(!silent(&bench.clone().then(NW, Order::ReportAnswer { settles: true })));
    let mut answered = bench.clone().then(NW, Order::ReportAnswer { settles: false });
    assert!(!silent(&answered));
    answered.wait_hours(48);
    assert!(silent(&answered), "an answer that settles nothing starts the time again");
    let mut looked = bench.clone().then(BY, Order::ReportCheck { available: true });
    assert!(!silent(&looked));
    looked.wait_hours(48);
    assert!(silent(&looked), "so does a look");
    assert!(silent(&bench.clone().then(BY, Order::ReportCheck { available: false })));
    let recall = bench.intend(NoticeKind::Recall);
    bench.ok(NW, recall);
    let sent = bench.sent();
    bench.ok(NW, sent);
    bench.wait_hours(48);
    assert!(!silent(&bench));
}

#[test]
fn what_a_suspended_agency_owns_falls_to_the_fallback() {
    let fall = |bench: &mut Bench| {
        bench.state = crate::order::fall_back(bench.state.clone(), &bench.context(BKA));
    };
    let mut bench = Bench::granted();
    fall(&mut bench);
    assert_eq!(bench.state.owner(), NW, "it is not suspended");
    let mut sending = Bench::under_way();
    sending.suspend(NW);
    fall(&mut sending);
    assert_eq!(sending.state.owner(), NW, "a notice under way keeps its owner");
    bench.policy.ownership.fallback = Some("de-sn-lka".parse().unwrap());
    bench.suspend(NW);
    fall(&mut bench);
    assert_eq!((bench.state.owner(), bench.state.target.ownership.basis), (SN, OwnerBasis::Fallback));
    assert_eq!(bench.state.life.takedown, Takedown::Open, "a transfer ends the grant");
    assert!(bench.state.is_bound(NW));
    let before = bench.state.clone();
    fall(&mut bench);
    assert_eq!(bench.state, before, "it falls once");
    bench.suspend(SN);
    bench.suspend(BKA);
    fall(&mut bench);
    fall(&mut bench);
    assert_eq!(bench.state.owner(), BKA, "never nobody");
}
