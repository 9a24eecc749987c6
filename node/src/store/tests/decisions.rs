//! Decisions: what is sent first, what is answered once, what is given up; and the work list.

use meldeverbund_proto::v1::{
    Assess, DecideRequest, Decided, Due, DueKind, GateKind, HoldView, PlaceHold, RequestGrant, TargetAnswer,
    TargetView, WithdrawGate, decide_request::Decision,
};

use super::*;
use crate::decision::{Lane, needs_hub};

fn target(n: u8) -> TargetId {
    TargetId::from_bytes([n; 16])
}

impl Fixture {
    fn decision(&self, decision: &Decision, targets: &[u8]) -> NewDecision {
        let batch = |targets: &[u8]| {
            let command_id = self.random.command_id(1_000_000);
            let request = DecideRequest {
                command_id: command_id.to_string(),
                salt: self.random.bytes::<32>().to_vec(),
                target_ids: targets.iter().map(|n| target(*n).to_string()).collect(),
                decision: Some(decision.clone()),
                ..DecideRequest::default()
            };
            NewBatch { command_id, request }
        };
        NewDecision {
            what: meldeverbund_proto::check::decision_name(decision),
            needs_hub: needs_hub(decision),
            lane: Lane::of(decision, targets.len() * 100),
            given_us: 10,
            given_by: "Erika Muster".into(),
            annotation: String::new(),
            batches: targets.chunks(2).map(batch).collect(),
        }
    }
}

fn assess() -> Decision {
    Decision::Assess(Assess::default())
}

fn answer(stage: Stage, fence: u64) -> TargetAnswer {
    TargetAnswer { stage: stage.into(), round: 1, fence, ..TargetAnswer::default() }
}

fn told(n: u8, stage: Stage, due: &[(DueKind, i64)]) -> ToldView {
    let due = due.iter().map(|(kind, by_us)| Due { kind: (*kind).into(), by_us: *by_us });
    let view = TargetView {
        target_id: target(n).to_string(),
        role: Role::Owner.into(),
        stage: stage.into(),
        round: 1,
        due: due.collect(),
        ..TargetView::default()
    };
    ToldView { target_id: target(n), owner: None, intent: None, view }
}

#[tokio::test]
async fn holds_go_first_and_a_withdrawal_takes_along_what_it_withdraws() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let bulk = tx.put_decision(&fixture.decision(&assess(), &[1, 2, 3, 4])).await.unwrap();
    let hold = Decision::PlaceHold(PlaceHold::default());
    let hold = tx.put_decision(&fixture.decision(&hold, &[4])).await.unwrap();
    let order = |unsent: Vec<UnsentDecision>| unsent.iter().map(|batch| batch.decision).collect::<Vec<_>>();
    assert_eq!(order(tx.unsent_decisions(9).await.unwrap()), [hold, bulk, bulk]);
    let withdraw =
        Decision::WithdrawGate(WithdrawGate { gate: GateKind::Assessed.into(), reason: "wrong".into() });
    let withdraw = tx.put_decision(&fixture.decision(&withdraw, &[4])).await.unwrap();
    let unsent = tx.unsent_decisions(9).await.unwrap();
    assert_eq!(
        order(unsent.clone()),
        [bulk, hold, withdraw, bulk],
        "the second half of the assessment goes along"
    );
    let first = tx.decision_request(unsent[0].id).await.unwrap();
    assert_eq!(first.target_ids, [target(3).to_string(), target(4).to_string()]);
}

#[tokio::test]
async fn an_answer_counts_once_and_moves_the_targets() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let known = [1, 2].map(|number| told(number, Stage::Referred, &[]));
    tx.keep_views(known.into(), 50).await.unwrap();
    let decision = tx.put_decision(&fixture.decision(&assess(), &[1, 2])).await.unwrap();
    let batch = tx.unsent_decisions(1).await.unwrap()[0].id;
    let mut refused = answer(Stage::Referred, 0);
    refused.refusal = Some(refusal());
    let decided = Decided {
        answers: vec![answer(Stage::Granted, 7), refused],
        recorded_at_us: 100,
        ..Decided::default()
    };
    let answered = AnsweredBatch { batch, decided };
    assert_eq!(tx.apply_decided(&answered).await.unwrap(), Some(decision));
    assert_eq!(tx.apply_decided(&answered).await.unwrap(), None);
    let row = tx.decision(decision).await.unwrap().unwrap();
    assert_eq!((row.taken, row.refused, row.waiting, row.answered_us), (1, 1, 0, Some(100)));
    let selected = tx.select(&TargetFilter::default()).await.unwrap();
    assert_eq!(selected.iter().map(|target| target.fence).collect::<Vec<_>>(), [7, 0]);
    // A view of the same instant says more, a later answer of an older one less.
    tx.keep_views(vec![told(1, Stage::Notified, &[])], 100).await.unwrap();
    let later = tx.put_decision(&fixture.decision(&assess(), &[1])).await.unwrap();
    let batch = tx.unsent_decisions(1).await.unwrap()[0].id;
    let decided =
        Decided { answers: vec![answer(Stage::Cleared, 0)], recorded_at_us: 100, ..Decided::default() };
    assert_eq!(tx.apply_decided(&AnsweredBatch { batch, decided }).await.unwrap(), Some(later));
    assert_eq!(tx.target(target(1)).await.unwrap().unwrap().stage, Stage::Notified as i32);
    assert_eq!(tx.decisions(false, i64::MAX, 1).await.unwrap()[0].id, later);
    assert!(tx.decisions(true, i64::MAX, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_needs_the_hub_is_given_up_unless_it_was_sent() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let queued = tx.put_decision(&fixture.decision(&assess(), &[1])).await.unwrap();
    let grant = Decision::RequestGrant(RequestGrant {});
    let grant = tx.put_decision(&fixture.decision(&grant, &[1, 2, 3])).await.unwrap();
    let first = tx.unsent_decisions(9).await.unwrap().into_iter().find(|batch| batch.needs_hub).unwrap();
    assert_eq!(tx.about_to_send(&[first.id], 20).await.unwrap(), [first.id]);
    assert_eq!(tx.give_up_unsent(None).await.unwrap(), [grant]);
    let row = tx.decision(grant).await.unwrap().unwrap();
    assert_eq!((row.waiting, row.under_way, row.given_up), (2, 2, 1));
    assert_eq!(tx.decision(queued).await.unwrap().unwrap().waiting, 1);
    assert!(tx.about_to_send(&[first.id + 1], 20).await.unwrap().is_empty(), "given up is given up");

    assert!(tx.decision_refused(first.id, &refusal(), 30).await.unwrap());
    assert!(!tx.decision_refused(first.id, &refusal(), 30).await.unwrap());
    assert_eq!(tx.refused_batches(grant, 9).await.unwrap()[0].refusal.code(), RefusalCode::CaseClosed);
    assert_eq!(tx.requeue_decisions(None, false).await.unwrap(), 0, "never queued for later");
    assert_eq!(tx.requeue_decisions(Some(grant), true).await.unwrap(), 1);
    assert_eq!(tx.give_up_unsent(Some(grant)).await.unwrap(), [grant]);
    assert_eq!(tx.waiting_decisions().await.unwrap(), (1, 1, 0));
}

#[tokio::test]
async fn the_work_list_is_in_the_order_of_what_is_due() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let mut urgent = told(4, Stage::Referred, &[(DueKind::SetGates, 500)]);
    urgent.view.urgent = true;
    let mut held = told(3, Stage::Referred, &[(DueKind::RenewHold, 300), (DueKind::SetGates, 0)]);
    held.view.holds = vec![HoldView { lapsed: true, ..HoldView::default() }];
    let late = told(2, Stage::Cleared, &[(DueKind::RequestGrant, 100)]);
    tx.keep_views(vec![told(1, Stage::Closed, &[]), late, held, urgent], 50).await.unwrap();
    let ids = |rows: Vec<WorkRow>| rows.iter().map(|row| row.target_id.as_bytes()[0]).collect::<Vec<_>>();
    let all = tx.work(&WorkFilter::default(), WorkPlace::START, 9).await.unwrap();
    let place = WorkPlace::parse(&all[1].place.to_string()).unwrap();
    assert_eq!(ids(all), [4, 3, 2, 1]);
    assert_eq!(ids(tx.work(&WorkFilter::default(), place, 9).await.unwrap()), [2, 1]);
    let due = WorkFilter { only_due: true, ..WorkFilter::default() };
    assert_eq!(ids(tx.work(&due, WorkPlace::START, 9).await.unwrap()), [4, 3, 2]);
    let renew = WorkFilter { due: vec![DueKind::RenewHold], ..WorkFilter::default() };
    assert_eq!(ids(tx.work(&renew, WorkPlace::START, 9).await.unwrap()), [3]);
    let held = WorkFilter { held: true, stage: Some(Stage::Referred.into()), ..WorkFilter::default() };
    assert_eq!(ids(tx.work(&held, WorkPlace::START, 9).await.unwrap()), [3]);
    // What was told before an answer leaves its stage alone; what is due is a view's alone to say.
    tx.keep_views(vec![told(4, Stage::Closed, &[])], 49).await.unwrap();
    assert_eq!(ids(tx.work(&due, WorkPlace::START, 9).await.unwrap()), [3, 2]);
    let closed = WorkFilter { stage: Some(Stage::Closed.into()), ..WorkFilter::default() };
    assert_eq!(ids(tx.work(&closed, WorkPlace::START, 9).await.unwrap()), [1], "not the fourth");
}

#[tokio::test]
async fn each_filter_selects_what_it_says() {
    let fixture = fixture().await;
    let mut tx = fixture.store.begin().await;
    let owner = tx.keep_agency(&card("de-nw-lka")).await.unwrap();
    let place = fixture.hand_in(&mut tx, "1/26").await;
    let links = ["https://a.example/1", "https://b.example/2", "https://b.example:8443/3"];
    let (submission, _) = fixture.submit(&mut tx, place, false, &links).await;
    let answers = (1..=3).map(|n| accepted(Verdict::New, n, owner)).collect();
    tx.apply_answers(&Answered { submission, answers, recorded_us: 20 }).await.unwrap();
    let other = fixture.hand_in(&mut tx, "2/26").await;
    let (submission, _) = fixture.submit(&mut tx, other, false, &["https://a.example/4"]).await;
    let answers = vec![accepted(Verdict::New, 4, owner)];
    tx.apply_answers(&Answered { submission, answers, recorded_us: 20 }).await.unwrap();
    tx.keep_views(vec![told(2, Stage::Cleared, &[(DueKind::RequestGrant, 0)])], 30).await.unwrap();

    let all = TargetFilter::default();
    for (filter, fits) in [
        (all.clone(), &[1, 2, 3, 4][..]),
        (TargetFilter { case_file: Some(place.0), ..all.clone() }, &[1, 2, 3]),
        (TargetFilter { hand_in: Some(other.1), ..all.clone() }, &[4]),
        (TargetFilter { host: Some("b.example".into()), ..all.clone() }, &[2, 3]),
        (TargetFilter { host: Some("a.example".into()), case_file: Some(other.0), ..all.clone() }, &[4]),
        (TargetFilter { stage: Some(Stage::Cleared.into()), ..all.clone() }, &[2]),
        (TargetFilter { role: Some(Role::CoInterested.into()), ..all.clone() }, &[]),
        (TargetFilter { due: Some(DueKind::SetGates), ..all.clone() }, &[1, 3, 4]),
        (TargetFilter { only: Some(vec![1, 4]), ..all }, &[1, 4]),
    ] {
        let found: Vec<u8> =
            tx.select(&filter).await.unwrap().iter().map(|found| found.target_id.as_bytes()[0]).collect();
        assert_eq!(found, fits, "{filter:?}");
    }
    let by_host = WorkFilter { host: Some("b.example".into()), ..WorkFilter::default() };
    let rows = tx.work(&by_host, WorkPlace::START, 9).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].links, [("https://b.example/2".to_owned(), "1/26".to_owned())]);
    let by_case = WorkFilter { case_number: Some("2/26".into()), only_due: true, ..WorkFilter::default() };
    assert_eq!(tx.work(&by_case, WorkPlace::START, 9).await.unwrap()[0].due, [DueKind::SetGates]);
}

#[tokio::test]
async fn rows_of_the_first_schema_get_their_hosts() {
    let Fixture { store, folder, random } = fixture().await;
    let fixture = Fixture { store, folder, random };
    let mut tx = fixture.store.begin().await;
    let place = fixture.hand_in(&mut tx, "1/26").await;
    fixture.submit(&mut tx, place, false, &["https://a.example/1", "https://b.example/2"]).await;
    sqlx::query("UPDATE referral SET host = NULL").execute(tx.conn()).await.unwrap();
    assert!(!tx.fill_in_hosts().await.unwrap());
    let hosts: Vec<String> =
        sqlx::query_scalar("SELECT h.name FROM referral r JOIN host h ON h.id = r.host ORDER BY r.id")
            .fetch_all(tx.conn())
            .await
            .unwrap();
    assert_eq!(hosts, ["a.example", "b.example"]);
}
