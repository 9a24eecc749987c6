//! Nothing lost, nothing doubled, whatever the hub and the line do.

use meldeverbund_proto::{
    node::v1::{
        CaseAtHub, CloseCaseRequest, HubLineCause, HubLineState, ListCasesRequest, ResendRequest,
        ShowLinkRequest,
    },
    v1::{
        CaseClosed, CaseState, FollowResponse, RecordedReferral, Redacted, Referral, ReferralAnswer,
        ReferralsRecorded, Refusal, RefusalCode, TargetsJoined, Verdict, follow_response::Event,
    },
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    harness::{CASE, Office, Refer, Running, links},
    hub::{FakeHub, Fault, State},
};

async fn office() -> (Office, FakeHub, Running) {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    (office, hub, node)
}

async fn answered(node: &mut Running) {
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
}

/// The hub has each row once, and the node kept all its promises.
fn check(state: &State, rows: usize) {
    assert_eq!(state.broken, Vec::<String>::new());
    assert_eq!(state.recorded(), rows);
}

#[tokio::test]
async fn what_is_handed_in_is_answered() {
    let (_office, hub, mut node) = office().await;
    let list =
        ["https://a.example/1", "HTTPS://A.example:443/1", "https://theirs.example/", "https://bad.example/"];
    let list: Vec<String> = list.map(str::to_owned).to_vec();
    let hand_in = node.refer("list", &list, 10).await;
    answered(&mut node).await;
    let verdicts: Vec<_> = node.report(hand_in.id).await.iter().map(|row| row.verdict()).collect();
    assert_eq!(verdicts, [Verdict::New, Verdict::AlreadyYours, Verdict::Joined, Verdict::Refused]);
    let totals = node.status().await.totals.unwrap();
    assert_eq!(
        (totals.new, totals.already_yours, totals.joined, totals.refused, totals.waiting),
        (1, 1, 1, 1, 0)
    );
    check(&hub.state.lock().unwrap(), 4);
    node.stop().await;
}

#[tokio::test]
async fn a_lost_request_and_a_lost_answer_cost_only_time() {
    let (_office, hub, mut node) = office().await;
    hub.script([Fault::LoseRequest, Fault::None, Fault::LoseAnswer, Fault::LoseAnswer, Fault::LoseRequest]);
    let hand_in = node.refer("list", &links(60), 10).await;
    answered(&mut node).await;
    assert!(node.report(hand_in.id).await.iter().all(|row| row.verdict() == Verdict::New));
    {
        let state = hub.state.lock().unwrap();
        check(&state, 60);
        assert!(state.read.len() > 6, "something was sent again");
    }
    node.stop().await;
}

#[tokio::test]
async fn any_mixture_of_faults_ends_with_each_row_once() {
    for seed in 0..4 {
        let (_office, hub, mut node) = office().await;
        let mut rng = StdRng::seed_from_u64(seed);
        let fault = |dice: u32| match dice {
            0..4 => Fault::None,
            4 => Fault::LoseRequest,
            5 => Fault::LoseAnswer,
            6 => Fault::Late,
            7 => Fault::Refuse(Refusal::of(RefusalCode::RateLimited, "slower").retry_after_ms(20)),
            _ => Fault::Refuse(Refusal::of(RefusalCode::Unavailable, "not now").retry_after_ms(5)),
        };
        hub.script((0..60).map(|_| fault(rng.random_range(0..9))).collect::<Vec<_>>());
        let hand_in = node.refer("list", &links(400), 10).await;
        answered(&mut node).await;
        let report = node.report(hand_in.id).await;
        assert_eq!(report.len(), 400);
        for (row, line) in report.iter().zip(1..) {
            assert_eq!((row.line, row.verdict()), (line, Verdict::New), "seed {seed}");
        }
        check(&hub.state.lock().unwrap(), 400);
        node.stop().await;
    }
}

#[tokio::test]
async fn no_more_than_a_window_is_unanswered() {
    let (_office, hub, mut node) = office().await;
    hub.script(vec![Fault::Hold; 4]);
    node.refer("list", &links(100), 10).await;
    hub.until(|state| (state.unanswered == 4).then_some(())).await;
    let in_flight = node.until(|status| Some(status.queue.unwrap().in_flight)).await;
    assert_eq!(in_flight, 4);
    for read in 4..8 {
        assert_eq!(hub.state.lock().unwrap().read.len(), read);
        hub.let_go();
        hub.until(|state| (state.read.len() > read).then_some(())).await;
    }
    answered(&mut node).await;
    assert_eq!(hub.state.lock().unwrap().most_unanswered, 4);
    node.stop().await;
}

#[tokio::test]
async fn a_hub_that_restarts_is_found_again() {
    let (_office, hub, mut node) = office().await;
    hub.script([Fault::Hold]);
    node.refer("list", &links(40), 10).await;
    hub.until(|state| (state.unanswered > 0).then_some(())).await;
    hub.down().await;
    let cause = node
        .until(|status| {
            let hub = status.hub.clone().unwrap();
            (hub.state() == HubLineState::Down && hub.cause() == HubLineCause::Unreachable).then_some(hub)
        })
        .await;
    assert!(cause.next_try_at_us > 0 && cause.since_us > 0);
    assert_eq!(node.status().await.queue.unwrap().referrals, 40);
    hub.let_go();
    hub.up();
    answered(&mut node).await;
    check(&hub.state.lock().unwrap(), 40);
    node.stop().await;
}

#[tokio::test]
async fn a_final_refusal_waits_for_a_person() {
    let (_office, hub, mut node) = office().await;
    hub.script([
        Fault::None,
        Fault::Refuse(Refusal::at(RefusalCode::CaseClosed, "case_number", "is closed")),
    ]);
    let hand_in = node.refer("list", &links(30), 10).await;
    let refused =
        node.until(|status| (status.queue.unwrap().referrals == 0).then(|| status.refused.clone())).await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refusal.as_ref().unwrap().code(), RefusalCode::CaseClosed);
    assert_eq!((refused[0].referrals, refused[0].hand_in), (10, hand_in.id));
    assert_eq!(node.status().await.totals.unwrap().waiting, 10);

    let request =
        ResendRequest { submission_id: refused[0].submission_id.clone(), ..ResendRequest::default() };
    assert_eq!(node.desk.resend(request).await.unwrap().into_inner().submissions, 1);
    node.until(|status| (status.totals.unwrap().waiting == 0).then_some(())).await;
    check(&hub.state.lock().unwrap(), 30);
    node.stop().await;
}

#[tokio::test]
async fn a_submission_that_the_hub_chokes_on_holds_up_no_other() {
    for fault in [Fault::Status(tonic::Code::InvalidArgument), Fault::ShortAnswer] {
        let (_office, hub, mut node) = office().await;
        hub.script([fault]);
        node.refer("list", &links(30), 10).await;
        let left = node
            .until(|status| {
                let queue = status.queue.unwrap();
                (queue.referrals == 10 && queue.set_aside == 1).then_some(queue.submissions)
            })
            .await;
        assert_eq!(left, 1);
        node.stop().await;
    }
}

#[tokio::test]
async fn a_clone_sends_nothing() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    hub.state.lock().unwrap().refuse_follow =
        Some(Refusal::of(RefusalCode::InstanceCloned, "another live node"));
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    node.refer("list", &links(3), 10).await;
    let line =
        node.until(|status| status.hub.clone().filter(|hub| hub.state() == HubLineState::Refused)).await;
    assert_eq!(line.refusal.unwrap().code(), RefusalCode::InstanceCloned);
    {
        let state = hub.state.lock().unwrap();
        assert!(state.read.is_empty() && state.cases.is_empty());
    }
    hub.state.lock().unwrap().refuse_follow = None;
    answered(&mut node).await;
    check(&hub.state.lock().unwrap(), 3);
    node.stop().await;
}

#[tokio::test]
async fn a_node_that_the_hub_takes_for_another_agency_sends_nothing() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    hub.state.lock().unwrap().agency = "de-by-lka".into();
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    let cause =
        node.until(|status| status.hub.clone().filter(|hub| hub.state() == HubLineState::Down)).await.cause();
    assert_eq!(cause, HubLineCause::OwnWrongName);
    assert!(hub.state.lock().unwrap().cases.is_empty());
    node.stop().await;
}

#[tokio::test]
async fn a_case_is_told_before_its_referrals_and_closed_after_them() {
    let (_office, hub, mut node) = office().await;
    hub.script([Fault::Hold]);
    node.refer("list", &links(5), 10).await;
    let close = CloseCaseRequest { number: CASE.into(), ..CloseCaseRequest::default() };
    node.desk.close_case(close).await.unwrap();
    hub.until(|state| (state.unanswered == 1).then_some(())).await;
    assert_eq!(hub.state.lock().unwrap().cases[CASE].1, CaseState::Open, "rows under way come first");
    let refused = Refer::begin(&mut node.desk, "more", false).await.err().unwrap();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    hub.let_go();
    hub.until(|state| (state.cases[CASE].1 == CaseState::Closed).then_some(())).await;
    check(&hub.state.lock().unwrap(), 5);
    node.stop().await;
}

#[tokio::test]
async fn a_refused_case_holds_up_its_own_referrals_alone() {
    let office = Office::new();
    let hub = FakeHub::start(office.path());
    hub.state.lock().unwrap().refuse_cases = vec![Refusal::at(RefusalCode::FieldInvalid, "unit", "is odd")];
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    node.until(|status| (status.refused_cases.len() == 1).then_some(())).await;
    node.open_case("other").await;
    node.refer("list", &links(5), 10).await;
    hub.until(|state| state.cases.contains_key("other").then_some(())).await;
    assert_eq!(node.status().await.queue.unwrap().referrals, 5);

    // Opening it once more corrects it.
    node.open_case(CASE).await;
    answered(&mut node).await;
    let cases =
        node.desk.list_cases(ListCasesRequest { with_closed: false }).await.unwrap().into_inner().cases;
    assert!(cases.iter().all(|case| case.at_hub() == CaseAtHub::Open && case.refusal.is_none()));
    check(&hub.state.lock().unwrap(), 5);
    node.stop().await;
}

#[tokio::test]
async fn the_feed_is_applied_once_and_goes_on_after_a_restart() {
    let (office, hub, mut node) = office().await;
    node.refer("list", &links(2), 10).await;
    answered(&mut node).await;
    let target = hub.state.lock().unwrap().targets["https://files.example/0"].0.clone();
    let joined = TargetsJoined {
        agency: Some(crate::hub::card("de-by-lka")),
        target_ids: vec![target.clone(), uuid::Uuid::from_u128(99).to_string()],
    };
    let sequence = hub.tell(Some(Event::TargetsJoined(joined)));
    node.until(|status| (status.feed.as_ref().unwrap().cursor == sequence).then_some(())).await;
    let show = ShowLinkRequest { link_or_target: "hxxps://FILES[.]example/0".into() };
    let shown = node.desk.show_link(show).await.unwrap().into_inner();
    let card = shown.target.unwrap();
    assert_eq!((card.target_id, card.joined.len()), (target, 1));
    assert_eq!(card.joined[0].agency_id, "de-by-lka");
    hub.until(|state| (state.acknowledged == sequence).then_some(())).await;
    node.stop().await;

    let before = hub.state.lock().unwrap().follows.len();
    let node = office.start(hub.dial()).await;
    let from = hub.until(|state| state.follows.get(before).copied()).await;
    assert_eq!(from, sequence);
    node.stop().await;
}

#[tokio::test]
async fn what_cannot_be_applied_is_parked_and_shown() {
    let (_office, hub, mut node) = office().await;
    hub.until(|state| state.cases.contains_key(CASE).then_some(())).await;
    let first = hub.tell(None);
    let lost = ReferralsRecorded {
        submission_id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
        instance_id: node.status().await.instance_id,
        ..ReferralsRecorded::default()
    };
    let second = hub.tell(Some(Event::ReferralsRecorded(lost)));
    let feed = node.until(|status| status.feed.clone().filter(|feed| feed.parked == 2)).await;
    assert_eq!(feed.cursor, second, "the feed goes on");
    // What went when its retention ended is nothing that could not be applied.
    let redacted = Redacted { first_leaf_index: 1, leaf_count: 2 };
    let third = hub.tell(Some(Event::Redacted(redacted)));
    let feed = node.until(|status| status.feed.clone().filter(|feed| feed.cursor == third)).await;
    assert_eq!((feed.parked, feed.first_parked[0].sequence), (2, first));
    assert!(feed.first_parked[1].reason.contains("restored"), "{}", feed.first_parked[1].reason);
    node.stop().await;
}

#[tokio::test]
async fn a_parked_event_is_tried_again_by_the_next_process() {
    let (office, hub, mut node) = office().await;
    hub.until(|state| state.cases.contains_key(CASE).then_some(())).await;
    hub.tell(None);
    hub.tell(Some(Event::CaseClosed(CaseClosed { number: "late".into() })));
    node.until(|status| (status.feed.as_ref().unwrap().parked == 2).then_some(())).await;
    node.open_case("late").await;
    node.until(|status| (status.queue.unwrap().case_commands == 0).then_some(())).await;
    node.stop().await;
    let mut node = office.start(hub.dial()).await;
    let feed = node.until(|status| status.feed.clone().filter(|feed| feed.parked == 1)).await;
    assert!(feed.first_parked[0].reason.contains("kind"));
    let cases =
        node.desk.list_cases(ListCasesRequest { with_closed: true }).await.unwrap().into_inner().cases;
    let late = cases.iter().find(|row| row.case.as_ref().unwrap().number == "late").unwrap();
    assert_eq!(late.at_hub(), CaseAtHub::Closed);
    node.stop().await;
}

#[tokio::test]
async fn a_gap_in_the_feed_is_never_jumped_over() {
    let (_office, hub, mut node) = office().await;
    node.until(|status| (status.feed.as_ref().unwrap().cursor == 1).then_some(())).await;
    hub.tell_raw(FollowResponse { sequence: 9, recorded_at_us: 1, event: None, epoch: 1 });
    node.until(|status| (status.hub.as_ref().unwrap().cause() == HubLineCause::Contract).then_some(())).await;
    assert_eq!(node.status().await.feed.unwrap().cursor, 1);
    node.stop().await;
}

#[tokio::test]
async fn referrals_of_another_node_of_the_agency_are_shown_here() {
    let (_office, hub, mut node) = office().await;
    node.until(|status| (status.feed.as_ref().unwrap().cursor == 1).then_some(())).await;
    let referral =
        Referral { link: "https://else.example/".into(), salt: vec![1; 32], ..Referral::default() };
    let answer = ReferralAnswer {
        verdict: Verdict::Joined.into(),
        target_id: uuid::Uuid::from_u128(5).to_string(),
        owner_agency_id: "de-by-lka".into(),
        stage: 1,
        round: 1,
        role: 2,
        owner_basis: 3,
        ..ReferralAnswer::default()
    };
    let recorded = ReferralsRecorded {
        submission_id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
        instance_id: "919108f7-52d1-4320-9bac-f847db4148a8".into(),
        case_number: CASE.into(),
        referrals: vec![RecordedReferral { referral: Some(referral), answer: Some(answer) }],
        redacted: 0,
    };
    let sequence = hub.tell(Some(Event::ReferralsRecorded(recorded)));
    node.until(|status| (status.feed.as_ref().unwrap().cursor == sequence).then_some(())).await;
    let show = ShowLinkRequest { link_or_target: uuid::Uuid::from_u128(5).to_string() };
    let shown = node.desk.show_link(show).await.unwrap().into_inner();
    assert_eq!(shown.canonical_links, ["https://else.example/"]);
    let row = shown.referrals[0].row.clone().unwrap();
    assert_eq!((row.hand_in, row.verdict(), row.owner_agency_id.as_str()), (0, Verdict::Joined, "de-by-lka"));
    assert_eq!(node.status().await.feed.unwrap().parked, 0);
    node.stop().await;
}

#[tokio::test]
async fn a_node_that_stops_waits_for_what_is_under_way() {
    let (office, hub, mut node) = office().await;
    hub.script([Fault::Hold]);
    node.refer("list", &links(5), 10).await;
    hub.until(|state| (state.unanswered == 1).then_some(())).await;
    let stopped = tokio::spawn(node.stop());
    tokio::task::yield_now().await;
    hub.let_go();
    stopped.await.unwrap();
    let mut node = office.start(hub.dial()).await;
    assert_eq!(node.status().await.queue.unwrap().referrals, 0, "the answer was applied before the end");
    assert_eq!(hub.state.lock().unwrap().read.len(), 1);
    node.stop().await;
}
