use super::*;
use crate::{
    order::Order,
    testing::{BE, BKA, BY, Bench, HOLD, NW},
};
use meldeverbund_proto::v1::{Outcome, Stage};

fn failed() -> Bench {
    let bench = Bench::under_way();
    let intent = bench.intent();
    bench.then(NW, Order::ReportFailed { intent })
}

fn in_doubt() -> Bench {
    let mut bench = Bench::under_way();
    bench.wait_hours(1);
    bench.pass();
    bench
}

fn resolve(bench: &Bench, sent_us: Option<i64>) -> Order {
    Order::ResolveIntent { intent: bench.intent(), sent_us }
}

#[test]
fn one_node_of_an_agency_wins_and_it_alone_reports() {
    let mut bench = Bench::granted();
    let intend = bench.intend(NoticeKind::First);
    bench.ok(NW, intend.clone());
    bench.node = 2;
    bench.no(RefusalCode::UnderWay, NW, intend);
    let sent = bench.sent();
    let intent = bench.intent();
    bench.no(RefusalCode::NotYourRecord, NW, sent.clone());
    bench.no(RefusalCode::NotYourRecord, NW, Order::ReportFailed { intent });
    bench.no(RefusalCode::NotOwner, BY, sent.clone());
    bench.node = 1;
    let other = Order::ReportSent { intent: IntentId(intent.0 + 1), sent_us: 5 };
    bench.no(RefusalCode::NothingToDo, NW, other);
    bench.ok(NW, sent.clone());
    assert_eq!(bench.state.target.stage, Stage::Notified);
    bench.no(RefusalCode::NothingToDo, NW, sent);
}

#[test]
fn the_intent_asks_for_everything_again() {
    let mut bench = Bench::granted();
    let intend = bench.intend(NoticeKind::First);
    bench.no(RefusalCode::NotOwner, BY, intend.clone());
    let mut joined = bench.clone();
    joined.join(BE);
    joined.no(RefusalCode::WindowOpen, NW, intend.clone());
    let mut revoked = bench.clone().then(NW, Order::WithdrawGate(crate::conditions::Gate::Released));
    revoked.no(RefusalCode::GateMissing, NW, intend.clone());
    bench.clone().then(BY, HOLD).no(RefusalCode::HoldInForce, NW, intend.clone());
    bench.no(RefusalCode::NoGrant, NW, Order::Intend { kind: NoticeKind::Reminder, fence: 100 });
    bench.no(RefusalCode::NoGrant, NW, Order::Intend { kind: NoticeKind::Incident, fence: 100 });
    bench.ok(NW, intend);
    Bench::cleared().no(RefusalCode::NoGrant, NW, Order::Intend { kind: NoticeKind::First, fence: 0 });
}

#[test]
fn a_round_has_one_first_notice_and_reminders_in_its_thread() {
    let mut bench = Bench::notified();
    let [first, reminder, recall] =
        [NoticeKind::First, NoticeKind::Reminder, NoticeKind::Recall].map(|kind| bench.intend(kind));
    bench.no(RefusalCode::NotifiedAlready, NW, first);
    bench.no(RefusalCode::FenceStale, NW, Order::Intend { kind: NoticeKind::Reminder, fence: 1 });
    bench.ok(BY, HOLD);
    bench.no(RefusalCode::HoldInForce, NW, reminder);
    bench.ok(NW, recall);
    let sent = bench.sent();
    bench.ok(NW, sent);
    let kinds: Vec<_> = bench.state.life.thread.iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, [NoticeKind::First, NoticeKind::Recall], "a recall takes nothing down");
}

#[test]
fn what_failed_or_is_in_doubt_takes_a_persons_word() {
    for (bench, is_failed) in [(failed(), true), (in_doubt(), false)] {
        let mut bench = bench;
        bench.no(RefusalCode::UnderWay, NW, Order::RequestGrant);
        bench.no(RefusalCode::NotOwner, BY, resolve(&bench, None));
        let wrong = Order::ResolveIntent { intent: IntentId(1), sent_us: None };
        bench.no(RefusalCode::NothingToDo, NW, wrong);
        for who in [NW, BKA] {
            let not_sent = bench.clone().then(who, resolve(&bench, None));
            assert_eq!(not_sent.state.life.takedown, Takedown::Open, "a new grant is needed");
            not_sent.then(NW, Order::RequestGrant);
            let sent = bench.clone().then(who, resolve(&bench, Some(7)));
            assert_eq!((sent.state.life.thread.len(), sent.state.life.thread[0].sent_us), (1, 7));
        }
        let sent = bench.sent();
        if is_failed {
            bench.no(RefusalCode::UnderWay, NW, sent);
        } else {
            bench.ok(NW, sent);
        }
    }
    let mut under_way = Bench::under_way();
    under_way.no(RefusalCode::NothingToDo, NW, resolve(&under_way, None));
}

#[test]
fn a_reminder_that_was_not_sent_leaves_the_thread_as_it_was() {
    let mut bench = Bench::notified();
    let reminder = bench.intend(NoticeKind::Reminder);
    bench.ok(NW, reminder);
    assert_eq!(
        bench.state.target.stage,
        Stage::Notified,
        "the provider knows, whatever is under way besides"
    );
    let intent = bench.intent();
    bench.ok(NW, Order::ReportFailed { intent });
    bench.ok(NW, Order::ResolveIntent { intent, sent_us: None });
    assert_eq!((&bench.state.life.takedown, bench.state.life.thread.len()), (&Takedown::Notified, 1));
}

#[test]
fn an_incident_is_counted_whatever_the_state() {
    let incident = || Order::ReportIncident { sent_us: 5 };
    let granted = Bench::granted().then(BY, incident());
    assert_eq!(granted.state.life.takedown, Takedown::Notified, "the grant is over");
    let under_way = Bench::under_way();
    let sending = under_way.state.life.takedown.clone();
    let mut under_way = under_way.then(BY, incident());
    assert_eq!(under_way.state.life.takedown, sending, "what is under way stays so");
    let intent = under_way.intent();
    under_way.ok(NW, Order::ReportFailed { intent });
    let unresolved = under_way.state.life.takedown.clone();
    under_way.ok(BY, incident());
    assert_eq!((under_way.state.life.takedown, under_way.state.life.incidents), (unresolved, 2));
    let closed = Bench::notified().then(NW, Order::CloseRound(Outcome::Gone)).then(BY, incident());
    assert_eq!((closed.state.life.incidents, closed.state.life.thread.len()), (1, 1));
    let next = closed.then(NW, Order::ReopenRound);
    assert_eq!((next.state.life.incidents, next.state.life.thread.len()), (1, 0), "counted for ever");
}

#[test]
fn notified_elsewhere_blocks_what_has_not_left() {
    let mut bench = Bench::under_way().then(BY, Order::ReportElsewhere);
    bench.no(RefusalCode::NothingToDo, NW, Order::ReportElsewhere);
    let intent = bench.intent();
    bench.ok(NW, Order::ReportFailed { intent });
    bench.ok(NW, Order::ResolveIntent { intent, sent_us: None });
    bench.no(RefusalCode::NotifiedAlready, NW, Order::RequestGrant);
    let mut offered = Bench::new().then(NW, Order::OfferOwnership { to: BE });
    offered.no(RefusalCode::TargetUnknown, BE, Order::ReportElsewhere);
    offered.no(RefusalCode::TargetUnknown, BE, Order::ReportComplaint);
    let mut closed = Bench::notified().then(NW, Order::CloseRound(Outcome::Gone));
    closed.no(RefusalCode::RoundClosed, NW, Order::ReportElsewhere);
}
