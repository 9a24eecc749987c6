//! The write transaction: all or nothing, one order for every writer, a time that never goes back.

use std::time::Duration;

use meldeverbund_domain::{AgencyNo, AgencyState, CaseNo, Target, TargetNo, liaison::Visibility, life::Life};
use meldeverbund_proto::{CommandId, InstanceId, v1::Case};

use super::{Fixture, card, event, link, on_both};
use crate::store::{
    AgencyRow, Connection, Counts, Engine, EventRow, FeedKind, InterestRow, LedgerKeyRow, LifeRow,
    NewCommand, NewFeedRow, StoreError, Tx, query, query_scalar,
};

/// Writes with every statement that writes.
async fn write_everything(tx: &mut Tx<'_>) {
    let agency = tx.add_agency(&card("de-nw-lka")).await.unwrap();
    tx.put_agency_state(agency, AgencyState::Suspended).await.unwrap();
    tx.put_key(&[1; 32], agency, "main").await.unwrap();
    tx.drop_key(&[2; 32]).await.unwrap();
    let case = tx.open_case(agency, &Case { number: "1/26".into(), ..Case::default() }).await.unwrap();
    tx.close_case(case).await.unwrap();
    let opened = Target::opened(tx.next_target(), agency);
    tx.open_targets([(link(1), opened, 0)], TargetNo(opened.no.0 + 1)).await.unwrap();
    tx.bind(agency, case, [(opened.no, 0, Visibility::default())]).await.unwrap();
    let first_leaf = tx.append(&[event(b"a"), event(b"b")]).await.unwrap();
    let (id, digest) = (CommandId::from_bytes([1; 16]), [1; 32]);
    tx.remember(NewCommand { agency, id, digest, first_leaf, leaf_count: 2, verdict: Vec::new() })
        .await
        .unwrap();
    let (kind, body) = (FeedKind::CaseOpened, Vec::new());
    tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count: 2, body }).await.unwrap();
    tx.acknowledge(agency, InstanceId::from_bytes([1; 16]), 1).await.unwrap();
    tx.put_given_away(agency, None).await.unwrap();
    tx.put_targets([opened.reopened()]).await.unwrap();
    tx.put_lives(&[LifeRow::new(opened.no, Some(5), &Life::default())]).await.unwrap();
    let interest =
        |agency| InterestRow { target: opened.no, agency, joined_leaf: first_leaf, seised_leaf: first_leaf };
    tx.add_interests(&[interest(AgencyNo(8)), interest(AgencyNo(9))]).await.unwrap();
    tx.drop_interests(AgencyNo(8), [opened.no]).await.unwrap();
    tx.note_history(first_leaf, [opened.no]).await.unwrap();
    tx.put_policy(first_leaf, "").await.unwrap();
    tx.put_ledger_key(&LedgerKeyRow { vkey: "a".into(), since_leaf: first_leaf }).await.unwrap();
    tx.bind(agency, CaseNo(9), [(opened.no, first_leaf, Visibility::default())]).await.unwrap();
    tx.unbind(agency, Some(CaseNo(9)), [opened.no]).await.unwrap();
}

async fn what_is_rolled_back_leaves_nothing(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let before = fixture.dump().await;
    let mut tx = fixture.begin().await;
    write_everything(&mut tx).await;
    tx.roll_back().await.unwrap();
    assert_eq!(fixture.dump().await, before);

    // The connection goes on, and the numbers were not spent.
    let mut tx = fixture.begin().await;
    assert_eq!((tx.next_leaf(), tx.next_target()), (0, TargetNo(1)));
    write_everything(&mut tx).await;
    tx.commit().await.unwrap();
    let after = fixture.dump().await;
    assert_eq!(after.len(), before.len() + 16, "{after:#?}");
    let mut tx = fixture.begin().await;
    assert_eq!((tx.next_leaf(), tx.next_target()), (2, TargetNo(2)));
    assert_eq!(tx.open_case(AgencyNo(1), &Case::default()).await.unwrap(), CaseNo(2));
}

async fn a_lost_connection_leaves_nothing(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let before = fixture.dump().await;
    let mut lost = fixture.store.writer().await.unwrap();
    let mut tx = Tx::begin(&mut lost, 1_000).await.unwrap();
    write_everything(&mut tx).await;
    drop(tx);
    drop(lost);
    assert_eq!(fixture.dump().await, before);
    fixture.begin().await.roll_back().await.unwrap();
}

async fn what_writes_is_counted_and_what_reads_is_not(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.agencies().await.unwrap();
    tx.agency(&"de-nw-lka".parse().unwrap()).await.unwrap();
    tx.case(AgencyNo(1), "1").await.unwrap();
    tx.targets([link(1)]).await.unwrap();
    tx.targets_by_number([TargetNo(1)]).await.unwrap();
    tx.bindings(AgencyNo(1), CaseNo(1), [TargetNo(1)]).await.unwrap();
    tx.own_bindings(AgencyNo(1), [TargetNo(1)]).await.unwrap();
    tx.owned_targets(AgencyNo(1), TargetNo(0), TargetNo(9), 1).await.unwrap();
    tx.due_targets(1).await.unwrap();
    tx.command(AgencyNo(1), CommandId::from_bytes([1; 16])).await.unwrap();
    assert_eq!(tx.writes(), 0);
    let mut before = 0;
    let mut grown = |tx: &Tx<'_>| std::mem::replace(&mut before, tx.writes()) < tx.writes();
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    assert!(grown(&tx));
    tx.put_agency_state(AgencyNo(1), AgencyState::Suspended).await.unwrap();
    assert!(grown(&tx));
    tx.put_key(&[1; 32], AgencyNo(1), "main").await.unwrap();
    assert!(grown(&tx));
    tx.drop_key(&[1; 32]).await.unwrap();
    assert!(grown(&tx));
    tx.open_case(AgencyNo(1), &Case::default()).await.unwrap();
    assert!(grown(&tx));
    tx.close_case(CaseNo(1)).await.unwrap();
    assert!(grown(&tx));
    tx.open_targets([], TargetNo(1)).await.unwrap();
    assert!(grown(&tx));
    tx.bind(AgencyNo(1), CaseNo(1), [(TargetNo(1), 1, Visibility::default())]).await.unwrap();
    assert!(grown(&tx));
    tx.unbind(AgencyNo(1), None, [TargetNo(1)]).await.unwrap();
    assert!(grown(&tx));
    tx.put_given_away(AgencyNo(1), None).await.unwrap();
    assert!(grown(&tx));
    tx.open_targets([(link(1), Target::opened(TargetNo(1), AgencyNo(1)), 0)], TargetNo(2)).await.unwrap();
    assert!(grown(&tx));
    tx.put_targets([Target::opened(TargetNo(1), AgencyNo(2))]).await.unwrap();
    assert!(grown(&tx));
    tx.put_lives(&[LifeRow::new(TargetNo(1), None, &Life::default())]).await.unwrap();
    assert!(grown(&tx));
    tx.add_interests(&[InterestRow {
        target: TargetNo(1),
        agency: AgencyNo(2),
        joined_leaf: 0,
        seised_leaf: 0,
    }])
    .await
    .unwrap();
    assert!(grown(&tx));
    tx.drop_interests(AgencyNo(2), [TargetNo(1)]).await.unwrap();
    assert!(grown(&tx));
    tx.note_history(0, [TargetNo(1)]).await.unwrap();
    assert!(grown(&tx));
    tx.put_policy(0, "").await.unwrap();
    assert!(grown(&tx));
    tx.put_ledger_key(&LedgerKeyRow { vkey: "a".into(), since_leaf: 0 }).await.unwrap();
    assert!(grown(&tx));
    tx.begin_epoch(2, 7);
    assert!(grown(&tx));
    tx.append(&[event(b"a")]).await.unwrap();
    assert!(grown(&tx));
    tx.acknowledge(AgencyNo(1), InstanceId::from_bytes([1; 16]), 1).await.unwrap();
    assert!(grown(&tx));
    let (kind, body) = (FeedKind::CaseOpened, Vec::new());
    tx.tell(NewFeedRow { agency: AgencyNo(1), kind, first_leaf: 0, leaf_count: 0, body }).await.unwrap();
    assert!(grown(&tx));
    let (agency, id, digest) = (AgencyNo(1), CommandId::from_bytes([1; 16]), [0; 32]);
    tx.remember(NewCommand { agency, id, digest, first_leaf: 0, leaf_count: 0, verdict: Vec::new() })
        .await
        .unwrap();
    assert!(grown(&tx));
}

async fn a_reader_sees_what_was_committed_and_nothing_before(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let store = fixture.store.clone();
    let agencies = async || AgencyRow::all(&mut store.reader().await.unwrap()).await.unwrap().len();
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    assert_eq!(agencies().await, 0);
    tx.commit().await.unwrap();
    let mut readers = Vec::new();
    for _ in 0..4 {
        readers.push(store.reader().await.unwrap());
        let seen = AgencyRow::all(readers.last_mut().unwrap()).await.unwrap().len();
        assert_eq!(seen, 1, "through whichever connection");
    }
}

async fn time_does_not_go_back_with_the_clock(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut times = Vec::new();
    for now_us in [5_000, 4_000, 6_000, -1, 0] {
        let mut tx = Tx::begin(&mut fixture.connection, now_us).await.unwrap();
        times.push(tx.now_us());
        tx.append(&[event(b"a")]).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(times, [5_000, 5_001, 6_000, 6_001, 6_002]);
    const SQL: &str = "SELECT recorded_at_us FROM event ORDER BY leaf_index";
    let stored: Vec<i64> = query_scalar(SQL).fetch_all(&mut fixture.connection).await.unwrap();
    assert_eq!(stored, times);
}

/// Two connections are to the engine what two processes are.
async fn two_writers_keep_one_order(engine: Engine) {
    const EACH: i64 = 100;
    let fixture = Fixture::new(engine).await;
    let writer = |mut connection: Connection, name: &'static [u8]| async move {
        for n in 0..EACH {
            let mut tx = Tx::begin(&mut connection, n).await.unwrap();
            let next = tx.next_leaf();
            assert_eq!(tx.append(&[event(name), event(name)]).await.unwrap(), next);
            tx.commit().await.unwrap();
        }
    };
    let other = fixture.store.writer().await.unwrap();
    let other = tokio::spawn(writer(other, b"other"));
    tokio::spawn(writer(fixture.connection, b"one")).await.unwrap();
    other.await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let rows = EventRow::range(&mut reader, 0, 10 * EACH).await.unwrap();
    assert!(rows.iter().map(|row| row.leaf_index).eq(0..4 * EACH));
    let whole = rows.chunks(2).all(|pair| pair[0].statement == pair[1].statement);
    assert!(whole, "a transaction's leaves stand together");
}

#[tokio::test]
async fn a_locked_or_full_database_is_a_passing_trouble() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let mut other = fixture.store.writer().await.unwrap();
    query("PRAGMA busy_timeout = 0").execute(&mut other).await.unwrap();
    let tx = fixture.begin().await;
    let error = Tx::begin(&mut other, 0).await.err().unwrap();
    assert!(error.is_passing(), "{error:?}");
    tx.roll_back().await.unwrap();

    query("PRAGMA max_page_count = 1").execute(&mut other).await.unwrap();
    let mut tx = Tx::begin(&mut other, 0).await.unwrap();
    let many: Vec<_> = std::iter::repeat_n(event(&[0; 4096]), 256).collect();
    let error = tx.append(&many).await.err().unwrap();
    assert!(error.is_passing(), "{error:?}");
    // SQLite itself may have ended the transaction; either way nothing of it stays.
    let _ = tx.roll_back().await;
    let counts = Counts::read(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    assert_eq!(counts.leaves, 0);
    let error = StoreError::Engine(sqlx::Error::RowNotFound);
    assert!(!error.is_passing(), "a missing row is no passing trouble");
}

async fn a_transaction_that_cannot_take_the_head_is_abandoned(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    query("DELETE FROM head").execute(&mut fixture.connection).await.unwrap();
    assert!(Tx::begin(&mut fixture.connection, 0).await.is_err());
    // Nothing is left open: another connection can write at once.
    let mut other = fixture.store.writer().await.unwrap();
    if engine == Engine::Sqlite {
        query("PRAGMA busy_timeout = 0").execute(&mut other).await.unwrap();
    }
    query("INSERT INTO head (id, next_leaf, next_target, next_case, last_time_us) VALUES (1, 0, 1, 1, 0)")
        .execute(&mut other)
        .await
        .unwrap();
    fixture.begin().await.commit().await.unwrap();
    tokio::time::timeout(Duration::from_secs(1), fixture.begin()).await.unwrap().commit().await.unwrap();
}

async fn a_head_that_is_gone_at_the_end_is_noticed(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    query("DELETE FROM head").execute(tx.writing()).await.unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Rows { statement: "tx::advance", .. })));
}

on_both!(
    what_is_rolled_back_leaves_nothing,
    a_lost_connection_leaves_nothing,
    what_writes_is_counted_and_what_reads_is_not,
    a_reader_sees_what_was_committed_and_nothing_before,
    time_does_not_go_back_with_the_clock,
    two_writers_keep_one_order,
    a_transaction_that_cannot_take_the_head_is_abandoned,
    a_head_that_is_gone_at_the_end_is_noticed,
);
