//! Lives, interests, histories, acknowledgements and policies.

use meldeverbund_domain::{
    AgencyNo, CaseNo, Target, TargetNo,
    liaison::Visibility,
    life::{
        Gates, Hold, HoldId, Intent, IntentId, Life, NoticeKind, NoticeStanding, Record, Release,
        Responsibility, Second, Takedown, Trouble,
    },
};
use meldeverbund_proto::InstanceId;

use super::{Fixture, card, fails, link, on_both};
use crate::store::{
    Engine, FeedKind, InterestRow, LifeRow, NewFeedRow, Store, StoreError, Tx, acknowledged_at, for_centre,
    held as held_after, interests, leaves, lives,
    lives::{catch_up, look_up},
    newest_leaves, newest_leaves_of, newest_policy, opened_leaf, policy_at, query, query_as, query_scalar,
    release_awaits, with_notice,
};

fn held(until_us: i64) -> Life {
    let hold = Hold { id: HoldId(u128::MAX), by: AgencyNo(2), leaf: 3, until_us, lapsed: false };
    Life { holds: vec![hold], fence: u64::MAX, ..Life::default() }
}

async fn lives_are_kept_whole_and_due_ones_come_soonest_first(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let row = |no, due_us| LifeRow::new(TargetNo(no), due_us, &held(no));
    let kept = [row(1, Some(900)), row(2, Some(1_000)), row(3, Some(1_001)), row(4, None), row(5, Some(-1))];
    tx.put_lives(&kept).await.unwrap();
    let due = async |tx: &mut Tx<'_>, most| {
        tx.due_targets(most).await.unwrap().into_iter().map(|no| no.0).collect::<Vec<_>>()
    };
    assert_eq!(due(&mut tx, 9).await, [5, 1, 2], "now is 1,000");
    assert_eq!(due(&mut tx, 2).await, [5, 1]);
    tx.put_lives(&[LifeRow::new(TargetNo(5), None, &Life::default()), row(1, Some(2_000))]).await.unwrap();
    assert_eq!(due(&mut tx, 9).await, [2], "in the place of those that were there");

    let mut found = lives(tx.reading(), [5, 1, 9].map(TargetNo)).await.unwrap();
    found.sort_by_key(|(target, _)| *target);
    assert_eq!(found, [(TargetNo(1), held(1)), (TargetNo(5), Life::default())]);
    let strange = "UPDATE life SET body = $1 WHERE target_no = 1";
    query(strange).bind(r#"{"holds":7}"#).execute(tx.writing()).await.unwrap();
    let unknown = lives(tx.reading(), [TargetNo(1)]).await;
    assert!(matches!(unknown, Err(StoreError::Value { column: "life.body" })));
}

async fn what_the_central_office_may_have_to_see_to_is_found(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let plain = || held(9);
    let lapsed = || {
        let mut life = plain();
        life.holds[0].lapsed = true;
        life
    };
    let (by, claimed) = (AgencyNo(1), AgencyNo(2));
    let responsibility =
        Responsibility::Disputed { by, claimed, proposed: false, decide_by_us: 1, escalated: false };
    let intent = Intent { id: IntentId(1), sender: 1, kind: NoticeKind::First, since_us: 1, doubt_us: 2 };
    let closed = Takedown::Closed { outcome: 1 };
    let lives = [
        plain(),
        lapsed(),
        Life { responsibility, ..plain() },
        Life { takedown: Takedown::UnderWay(intent), ..plain() },
        Life { takedown: Takedown::Unresolved(intent, Trouble::Failed), ..plain() },
        Life { incidents: 1, ..plain() },
        Life { responsibility, takedown: closed.clone(), ..plain() },
        Life { takedown: closed, ..lapsed() },
    ];
    let rows = (1..).zip(&lives).map(|(no, life)| LifeRow::new(TargetNo(no), None, life));
    tx.put_lives(&rows.collect::<Vec<_>>()).await.unwrap();
    let found = for_centre(tx.reading(), TargetNo(0), 9).await.unwrap();
    assert_eq!(found, [2, 3, 5, 6, 8].map(TargetNo));
    assert_eq!(for_centre(tx.reading(), TargetNo(2), 2).await.unwrap(), [3, 5].map(TargetNo));
    tx.put_lives(&[LifeRow::new(TargetNo(3), None, &plain())]).await.unwrap();
    assert_eq!(for_centre(tx.reading(), TargetNo(2), 1).await.unwrap(), [TargetNo(5)], "seen to");
}

async fn holds_are_found_whether_they_have_run_out_or_not(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let row = |no, life: &Life| LifeRow::new(TargetNo(no), None, life);
    tx.put_lives(&[row(1, &held(9)), row(2, &Life::default()), row(3, &held(9))]).await.unwrap();
    assert_eq!(held_after(tx.reading(), TargetNo(0), 9).await.unwrap(), [1, 3].map(TargetNo));
    assert_eq!(held_after(tx.reading(), TargetNo(1), 1).await.unwrap(), [TargetNo(3)]);
    tx.put_lives(&[row(3, &Life::default())]).await.unwrap();
    assert_eq!(held_after(tx.reading(), TargetNo(1), 9).await.unwrap(), [], "lifted");
}

async fn releases_that_wait_are_found_by_whose_they_are(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let row = |no, by, second, takedown| {
        let what = Release { until_us: None, run_out: false };
        let release = Some(Record { by: AgencyNo(by), leaf: 1, what, second });
        let gates = Gates { release, ..Gates::default() };
        LifeRow::new(TargetNo(no), None, &Life { gates, takedown, ..Life::default() })
    };
    let waits = || Second::Awaited { first: "A".into() };
    let open = || Takedown::Open;
    let closed = Takedown::Closed { outcome: 1 };
    tx.put_lives(&[
        row(1, 7, waits(), open()),
        row(2, 7, waits(), closed),
        row(3, 7, Second::Settled, open()),
    ])
    .await
    .unwrap();
    tx.put_lives(&[row(4, 8, waits(), open()), row(5, 7, waits(), open())]).await.unwrap();
    let found = release_awaits(tx.reading(), AgencyNo(7), TargetNo(0), 9).await.unwrap();
    assert_eq!(found, [1, 5].map(TargetNo));
    assert_eq!(release_awaits(tx.reading(), AgencyNo(7), TargetNo(1), 9).await.unwrap(), [TargetNo(5)]);
    tx.put_lives(&[row(5, 7, Second::Settled, open())]).await.unwrap();
    assert_eq!(release_awaits(tx.reading(), AgencyNo(7), TargetNo(0), 1).await.unwrap(), [TargetNo(1)]);
    assert_eq!(release_awaits(tx.reading(), AgencyNo(7), TargetNo(1), 9).await.unwrap(), [], "confirmed");
}

async fn the_newest_decision_on_a_target_is_found(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for (leaf, targets) in [(4, [1, 2]), (7, [1, 3]), (9, [3, 4])] {
        tx.note_history(leaf, targets.map(TargetNo)).await.unwrap();
    }
    let found = newest_leaves(tx.reading(), [1, 2, 5].map(TargetNo)).await.unwrap();
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_unstable();
    assert_eq!(found, [(TargetNo(1), 7), (TargetNo(2), 4)]);
    assert_eq!(newest_leaves_of(tx.reading(), TargetNo(3), 9).await.unwrap(), [9, 7]);
    assert_eq!(newest_leaves_of(tx.reading(), TargetNo(1), 1).await.unwrap(), [7]);
}

async fn notices_are_found_by_where_they_stand(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let under_way = |doubt_us| {
        let intent = Intent { id: IntentId(1), sender: 1, kind: NoticeKind::First, since_us: 1, doubt_us };
        Life { takedown: Takedown::UnderWay(intent), ..Life::default() }
    };
    let lives = [under_way(9), under_way(7), Life::default(), under_way(7)];
    let rows = (1..).zip(&lives).map(|(no, life)| LifeRow::new(TargetNo(no), None, life));
    tx.put_lives(&rows.collect::<Vec<_>>()).await.unwrap();
    let found = async |tx: &mut Tx<'_>, after, most| {
        let rows = with_notice(tx.reading(), NoticeStanding::UnderWay, after, most).await.unwrap();
        rows.into_iter().map(|(us, number)| (us, number.0)).collect::<Vec<_>>()
    };
    let first = (0, TargetNo(0));
    assert_eq!(found(&mut tx, first, 9).await, [(7, 2), (7, 4), (9, 1)], "the one that is due first first");
    assert_eq!(found(&mut tx, (7, TargetNo(2)), 1).await, [(7, 4)]);
    tx.put_lives(&[LifeRow::new(TargetNo(2), None, &Life::default())]).await.unwrap();
    assert_eq!(found(&mut tx, first, 9).await, [(7, 4), (9, 1)], "it is over");
    assert_eq!(with_notice(tx.reading(), NoticeStanding::Failed, first, 9).await.unwrap(), []);
    tx.commit().await.unwrap();

    // As an earlier schema left it: looked up when the database is opened.
    query("UPDATE life SET notice = -1, notice_us = 0").execute(&mut fixture.connection).await.unwrap();
    let store = Store::open(fixture.database().clone()).await.unwrap();
    let mut tx = fixture.begin().await;
    assert_eq!(found(&mut tx, first, 9).await, [(7, 4), (9, 1)]);
    let left = "SELECT count(*) FROM life WHERE notice = -1";
    assert_eq!(query_scalar::<i64>(left).fetch_one(tx.reading()).await.unwrap(), 0);
    drop(store);
}

/// Lives that an earlier schema wrote are looked up in slices, and come out as if each had been written by itself.
async fn old_lives_are_looked_up_in_slices(engine: Engine) {
    const COLUMNS: &str =
        "SELECT target_no, due_us, centre, held, notice, notice_us, body FROM life ORDER BY target_no";
    type Row = (i64, Option<i64>, i64, i64, i64, i64, String);
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let life = |no: i64| {
        let intent = Intent {
            id: IntentId(1),
            sender: 1,
            kind: NoticeKind::First,
            since_us: no,
            doubt_us: 9 - no % 7,
        };
        let takedown = match no % 3 {
            0 => Takedown::UnderWay(intent),
            1 => Takedown::Unresolved(intent, Trouble::Failed),
            _ => return held(no),
        };
        Life { takedown, ..held(no) }
    };
    // More than the largest statement of either engine, and a slice that is not full.
    let lives: Vec<_> = (1..=700).map(|no| LifeRow::new(TargetNo(no), Some(no), &life(no))).collect();
    tx.put_lives(&lives).await.unwrap();
    tx.commit().await.unwrap();
    let read = async |fixture: &mut Fixture| -> Vec<Row> {
        query_as(COLUMNS).fetch_all(&mut fixture.connection).await.unwrap()
    };
    let row_by_row = read(&mut fixture).await;
    let old = "UPDATE life SET notice = -1, notice_us = 0 WHERE target_no <> 5";
    query(old).execute(&mut fixture.connection).await.unwrap();

    let first = (i64::MIN, i64::MIN);
    let place = look_up(&mut fixture.connection, first, 300).await.unwrap();
    assert_eq!(place, Some((0, 301)), "behind the one that was looked up before");
    let left = "SELECT count(*) FROM life WHERE notice = -1";
    assert_eq!(query_scalar::<i64>(left).fetch_one(&mut fixture.connection).await.unwrap(), 399);
    // Whoever was interrupted goes on with what is left.
    catch_up(&mut fixture.connection).await.unwrap();
    let looked_up = read(&mut fixture).await;
    let differs = looked_up.iter().zip(&row_by_row).find(|(one, other)| one != other);
    assert_eq!((differs, looked_up.len()), (None, row_by_row.len()));
    assert_eq!(look_up(&mut fixture.connection, first, 300).await.unwrap(), None);
}

async fn interests_come_in_the_order_in_which_they_were_bound(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let row = |target, agency, joined_leaf| InterestRow {
        target: TargetNo(target),
        agency: AgencyNo(agency),
        joined_leaf,
        seised_leaf: joined_leaf,
    };
    tx.add_interests(&[row(1, 3, 7), row(1, 2, 9), row(2, 2, 8), row(3, 2, 1)]).await.unwrap();
    let found = interests(tx.reading(), [2, 1, 9].map(TargetNo)).await.unwrap();
    assert_eq!(found, [row(1, 3, 7), row(2, 2, 8), row(1, 2, 9)]);
    tx.add_interests(&[row(1, 3, 10)]).await.unwrap();
    let found = interests(tx.reading(), [2, 1, 9].map(TargetNo)).await.unwrap();
    assert_eq!(found, [row(2, 2, 8), row(1, 2, 9), row(1, 3, 10)], "each agency once, since it joined last");
    tx.drop_interests(AgencyNo(2), [1, 2].map(TargetNo)).await.unwrap();
    let found = interests(tx.reading(), [1, 2, 3].map(TargetNo)).await.unwrap();
    assert_eq!(found, [row(3, 2, 1), row(1, 3, 10)]);
}

async fn windows_begin_when_a_node_has_seen_the_row(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let us = AgencyNo(1);
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    for first_leaf in [10, 20, 30] {
        let (kind, body) = (FeedKind::ReferralsRecorded, Vec::new());
        tx.tell(NewFeedRow { agency: us, kind, first_leaf, leaf_count: 10, body }).await.unwrap();
    }
    tx.commit().await.unwrap();
    for (at_us, node, sequence) in [(2_000, 1, 1), (3_000, 2, 1), (4_000, 1, 3), (5_000, 2, 2)] {
        let mut tx = Tx::begin(&mut fixture.connection, at_us).await.unwrap();
        tx.acknowledge(us, InstanceId::from_bytes([node; 16]), sequence).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut reader = fixture.store.reader().await.unwrap();
    let mut at = async |agency, leaf| acknowledged_at(&mut reader, AgencyNo(agency), leaf).await.unwrap();
    assert_eq!(at(1, 10).await, Some(2_000), "by whichever node came first");
    assert_eq!(at(1, 19).await, Some(2_000), "a leaf within the batch");
    assert_eq!((at(1, 20).await, at(1, 35).await), (Some(4_000), Some(4_000)));
    assert_eq!((at(1, 9).await, at(2, 10).await), (None, None), "nobody was told");
    drop(reader);
    let mut tx = Tx::begin(&mut fixture.connection, 6_000).await.unwrap();
    let (kind, body) = (FeedKind::ReferralsRecorded, Vec::new());
    tx.tell(NewFeedRow { agency: us, kind, first_leaf: 40, leaf_count: 1, body }).await.unwrap();
    assert_eq!(acknowledged_at(tx.reading(), us, 40).await.unwrap(), None, "told, but not seen");
}

async fn a_history_has_what_opened_bound_and_decided_once_each(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let target = Target::opened(TargetNo(1), AgencyNo(1));
    let other = Target::opened(TargetNo(2), AgencyNo(1));
    tx.open_targets([(link(1), target, 4), (link(2), other, 5)], TargetNo(3)).await.unwrap();
    tx.bind(
        AgencyNo(1),
        CaseNo(1),
        [(TargetNo(1), 4, Visibility::default()), (TargetNo(2), 5, Visibility::default())],
    )
    .await
    .unwrap();
    tx.bind(AgencyNo(2), CaseNo(2), [(TargetNo(1), 6, Visibility::default())]).await.unwrap();
    tx.note_history(7, [1, 2].map(TargetNo)).await.unwrap();
    tx.note_history(9, [TargetNo(1)]).await.unwrap();
    assert!(fails!(tx, tx.note_history(9, [TargetNo(1)])), "a leaf decides once");
    let reading = tx.reading();
    assert_eq!(leaves(reading, TargetNo(1), i64::MAX, 9).await.unwrap(), [4, 6, 7, 9]);
    assert_eq!(leaves(reading, TargetNo(1), 7, 9).await.unwrap(), [4, 6, 7], "up to a leaf");
    assert_eq!(leaves(reading, TargetNo(1), 9, 2).await.unwrap(), [4, 6], "no more than asked");
    assert_eq!(leaves(reading, TargetNo(2), 9, 9).await.unwrap(), [5, 7]);
    assert_eq!(leaves(reading, TargetNo(3), 9, 9).await.unwrap(), [0; 0]);
    assert_eq!(opened_leaf(reading, TargetNo(2)).await.unwrap(), 5);
    assert!(opened_leaf(reading, TargetNo(3)).await.is_err());
}

async fn the_newest_policy_counts_and_older_ones_stay(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(newest_policy(tx.reading()).await.unwrap(), None);
    tx.put_policy(3, "three").await.unwrap();
    tx.put_policy(8, "eight").await.unwrap();
    assert!(fails!(tx, tx.put_policy(8, "again")), "a leaf puts one in force");
    assert_eq!(newest_policy(tx.reading()).await.unwrap(), Some((8, None)));
    let at = async |tx: &mut Tx<'_>, leaf| policy_at(tx.reading(), leaf).await.unwrap();
    assert_eq!(at(&mut tx, 2).await, None);
    assert_eq!(at(&mut tx, 3).await, Some((3, "three".into())));
    assert_eq!(at(&mut tx, 7).await, Some((3, "three".into())));
    assert_eq!(at(&mut tx, 99).await, Some((8, "eight".into())));
}

on_both!(
    lives_are_kept_whole_and_due_ones_come_soonest_first,
    what_the_central_office_may_have_to_see_to_is_found,
    holds_are_found_whether_they_have_run_out_or_not,
    the_newest_decision_on_a_target_is_found,
    notices_are_found_by_where_they_stand,
    releases_that_wait_are_found_by_whose_they_are,
    old_lives_are_looked_up_in_slices,
    interests_come_in_the_order_in_which_they_were_bound,
    windows_begin_when_a_node_has_seen_the_row,
    a_history_has_what_opened_bound_and_decided_once_each,
    the_newest_policy_counts_and_older_ones_stay,
);
