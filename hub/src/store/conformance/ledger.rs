//! Leaves, commands, feeds, and how far nodes have followed.

use std::time::Duration;

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    CommandId, InstanceId,
    leaf::{Kind, Leaf, Salt, decision_digest, statement_digest},
};

use super::{Fixture, card, event, fails, on_both};
use crate::store::{
    AgencyRow, CommandRow, Engine, EventRow, FeedKind, FeedRow, Heard, InstanceRow, NewCommand, NewFeedRow,
    StoreError, query, query_as,
};

async fn leaves_follow_each_other_and_commit_to_what_was_said(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(tx.append(&[event(b"a"), event(b"b")]).await.unwrap(), 0);
    assert_eq!(tx.append(&[]).await.unwrap(), 2);
    assert_eq!(tx.append(&[event(b"c")]).await.unwrap(), 2);
    assert_eq!(tx.next_leaf(), 3);
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let rows = EventRow::range(&mut reader, 1, 2).await.unwrap();
    let found: Vec<_> = rows.iter().map(|row| (row.leaf_index, row.statement.as_slice())).collect();
    assert_eq!(found, [(1, &b"b"[..]), (2, b"c")]);
    let salt = Salt::from_random([9; 32]);
    assert_eq!((rows[0].salt, rows[0].decision.as_slice()), (salt, &b"decision"[..]));
    assert_eq!(EventRow::range(&mut reader, 3, 9).await.unwrap(), []);

    const SQL: &str = "SELECT kind, recorded_at_us, agency_no, leaf_hash FROM event WHERE leaf_index = 2";
    let row: (i64, i64, i64, Vec<u8>) = query_as(SQL).fetch_one(&mut reader).await.unwrap();
    let leaf = Leaf {
        kind: Kind::Referral,
        time_us: 1_000,
        statement: statement_digest(&salt, b"c"),
        decision: decision_digest(&salt, b"decision"),
    };
    assert_eq!(row, (1, 1_000, 1, leaf.hash().to_vec()));
}

async fn redacted_leaves_are_left_out_and_keep_their_place(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.append(&[event(b"a"), event(b"b"), event(b"c")]).await.unwrap();
    let redact = "UPDATE event SET salt = NULL, statement = NULL, decision = NULL WHERE leaf_index = 1";
    query(redact).execute(tx.writing()).await.unwrap();
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let rows = EventRow::range(&mut reader, 0, 3).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.leaf_index).collect::<Vec<_>>(), [0, 2]);
}

async fn commands_are_known_by_agency_and_id(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let command = |agency| NewCommand {
        agency: AgencyNo(agency),
        id: CommandId::from_bytes([3; 16]),
        digest: [4; 32],
        first_leaf: 5,
        leaf_count: 6,
        verdict: vec![7],
    };
    let mut tx = fixture.begin().await;
    tx.remember(command(1)).await.unwrap();
    tx.remember(NewCommand { digest: [8; 32], ..command(2) }).await.unwrap();
    let known =
        CommandRow { digest: [4; 32], recorded_at_us: 1_000, first_leaf: 5, leaf_count: 6, verdict: vec![7] };
    assert_eq!(tx.command(AgencyNo(1), CommandId::from_bytes([3; 16])).await.unwrap(), Some(known));
    assert_eq!(tx.command(AgencyNo(3), CommandId::from_bytes([3; 16])).await.unwrap(), None);
    assert_eq!(tx.command(AgencyNo(1), CommandId::from_bytes([4; 16])).await.unwrap(), None);
    assert!(fails!(tx, tx.remember(command(1))), "an id stands for one command");
    tx.commit().await.unwrap();
}

async fn other_hubs_on_a_server_are_told_with_the_commit(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for agency in ["de-nw-lka", "de-by-lka", "de-sn-lka"] {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let listener = fixture.store.listener().await.unwrap();
    for (agencies, commits) in [(&[2, 1][..], false), (&[3, 1, 3], true), (&[2], true)] {
        let mut tx = fixture.begin().await;
        for agency in agencies {
            let (agency, kind) = (AgencyNo(*agency), FeedKind::CaseOpened);
            let news = NewFeedRow { agency, kind, first_leaf: 8, leaf_count: 9, body: vec![1] };
            tx.tell(news).await.unwrap();
        }
        if commits {
            tx.commit().await.unwrap();
        } else {
            tx.roll_back().await.unwrap();
        }
    }
    // A file has nobody to listen to.
    assert_eq!(listener.is_some(), engine == Engine::Postgres);
    let Some(mut listener) = listener else { return };
    let mut heard = Vec::new();
    for _ in 0..3 {
        let next = tokio::time::timeout(Duration::from_secs(30), listener.next());
        heard.push(next.await.expect("the server tells").unwrap());
    }
    heard[..2].sort_by_key(|heard| format!("{heard:?}"));
    assert_eq!(heard, [1, 3, 2].map(|agency| Heard::Grown(AgencyNo(agency))), "what was undone is not told");
}

async fn feeds_have_no_gap_and_end_where_the_agency_says(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for agency in ["de-nw-lka", "de-by-lka"] {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    let kinds = [
        FeedKind::CaseOpened,
        FeedKind::CaseClosed,
        FeedKind::ReferralsRecorded,
        FeedKind::TargetsJoined,
        FeedKind::TargetsChanged,
    ];
    for kind in kinds {
        let news = NewFeedRow { agency: AgencyNo(1), kind, first_leaf: 8, leaf_count: 9, body: vec![1] };
        tx.tell(news.clone()).await.unwrap();
        if kind == FeedKind::CaseClosed {
            tx.tell(NewFeedRow { agency: AgencyNo(2), ..news }).await.unwrap();
        }
    }
    let nobody =
        NewFeedRow { agency: AgencyNo(3), kind: kinds[0], first_leaf: 0, leaf_count: 0, body: Vec::new() };
    let told = tx.commit().await.unwrap().told;
    assert_eq!(told, [1, 2].map(AgencyNo), "both are woken");

    let mut tx = fixture.begin().await;
    assert!(tx.tell(nobody).await.is_err());
    tx.roll_back().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let rows = FeedRow::after(&mut reader, AgencyNo(1), 1, 2).await.unwrap();
    let row = |sequence, kind| FeedRow {
        sequence,
        kind,
        recorded_at_us: 1_000,
        first_leaf: 8,
        leaf_count: 9,
        body: vec![1],
    };
    assert_eq!(rows, [row(2, kinds[1]), row(3, kinds[2])]);
    assert_eq!(FeedRow::after(&mut reader, AgencyNo(1), 4, 2).await.unwrap(), [row(5, kinds[4])]);
    assert_eq!(FeedRow::after(&mut reader, AgencyNo(1), 5, 2).await.unwrap(), []);
    assert_eq!(AgencyRow::feed_sequence(&mut reader, AgencyNo(1)).await.unwrap(), 5);
    assert_eq!(AgencyRow::feed_sequence(&mut reader, AgencyNo(2)).await.unwrap(), 1);
    drop(reader);

    let strange = "UPDATE feed SET kind = 77 WHERE agency_no = 2";
    query(strange).execute(&mut fixture.connection).await.unwrap();
    let rows = FeedRow::after(&mut fixture.store.reader().await.unwrap(), AgencyNo(2), 0, 1).await;
    assert!(matches!(rows, Err(StoreError::Value { column: "feed.kind" })));
}

async fn nodes_never_go_back(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let (one, other) = (InstanceId::from_bytes([1; 16]), InstanceId::from_bytes([2; 16]));
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    tx.acknowledge(AgencyNo(1), one, 7).await.unwrap();
    tx.acknowledge(AgencyNo(1), other, 2).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = crate::store::Tx::begin(&mut fixture.connection, 2_000).await.unwrap();
    tx.acknowledge(AgencyNo(1), one, 3).await.unwrap();
    tx.acknowledge(AgencyNo(1), other, 5).await.unwrap();
    tx.commit().await.unwrap();
    let rows = InstanceRow::all(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    let row = |instance, acknowledged| InstanceRow {
        agency_id: "de-nw-lka".into(),
        instance,
        acknowledged,
        feed_sequence: 0,
        seen_at_us: 2_000,
    };
    assert_eq!(rows, [row(one, 7), row(other, 5)]);
}

on_both!(
    leaves_follow_each_other_and_commit_to_what_was_said,
    redacted_leaves_are_left_out_and_keep_their_place,
    commands_are_known_by_agency_and_id,
    other_hubs_on_a_server_are_told_with_the_commit,
    feeds_have_no_gap_and_end_where_the_agency_says,
    nodes_never_go_back,
);
