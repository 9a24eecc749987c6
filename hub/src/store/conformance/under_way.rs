//! Large writes: on a server they are under way while the caller goes on.

use std::{ops::Range, time::Duration};

use meldeverbund_domain::{AgencyNo, Target, TargetNo};
use meldeverbund_proto::LinkId;
use tokio::time::{sleep, timeout};

use super::{Fixture, link, on_both, run_all};
use crate::store::{Connection, Engine, StoreError, Tx, query_scalar};

/// Links of a write that goes on.
const LARGE: u16 = 500;

/// Nobody comes within this time who waits for a lock that is held.
const A_MOMENT: Duration = Duration::from_millis(200);

/// How long an answer is waited for.
const TIME_OF_AN_ANSWER: Duration = Duration::from_secs(2);

/// Far more than the server takes to read a message.
const ENOUGH: Duration = Duration::from_secs(20);

on_both!(what_fails_is_met_before_the_commit);

fn rows(numbers: Range<u16>) -> impl Iterator<Item = (LinkId, Target, i64)> {
    numbers.map(|n| (link(n), Target::opened(TargetNo(n.into()), AgencyNo(1)), n.into()))
}

async fn open(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.open_targets(rows(1..LARGE), TargetNo(LARGE.into())).await
}

/// Nobody writes a target until this connection ends its transaction.
async fn lock(fixture: &Fixture) -> Connection {
    let mut other = fixture.place.connect().await;
    run_all(&mut other, "BEGIN; LOCK TABLE target IN SHARE MODE").await;
    other
}

/// Somebody waits for the lock.
async fn waited_for(other: &mut Connection) {
    const SQL: &str = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'target'::regclass";
    while query_scalar::<i64>(SQL).fetch_one(other).await.unwrap() == 0 {
        sleep(Duration::from_millis(5)).await;
    }
}

/// The first link is opened a second time.
async fn fail(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let twice = rows(1..LARGE).chain(rows(1..2));
    tx.open_targets(twice, TargetNo(LARGE.into())).await
}

async fn what_fails_is_met_before_the_commit(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let before = fixture.dump().await;
    let mut tx = fixture.begin().await;
    let written = fail(&mut tx).await.and(tx.written().await);
    let Err(StoreError::Engine(sqlx::Error::Database(error))) = written else { panic!("{written:?}") };
    assert!(error.is_unique_violation(), "what failed is said, and not what failed because of it: {error}");
    tx.roll_back().await.unwrap();

    let mut tx = fixture.begin().await;
    let _ = fail(&mut tx).await;
    tx.roll_back().await.expect("whatever became of it");
    assert_eq!(fixture.dump().await, before);

    let mut tx = fixture.begin().await;
    if fail(&mut tx).await.is_ok() {
        tx.commit().await.expect_err("nobody has asked before");
        run_all(&mut fixture.connection, "ROLLBACK").await;
    } else {
        tx.roll_back().await.unwrap();
    }
    assert_eq!(fixture.dump().await, before);

    let mut tx = fixture.begin().await;
    open(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    assert_eq!(tx.targets((1..LARGE).map(link)).await.unwrap().len(), usize::from(LARGE - 1));
}

#[tokio::test]
async fn who_sends_it_goes_on_and_what_follows_comes_behind_it() {
    let mut fixture = Fixture::new(Engine::Postgres).await;
    let mut other = lock(&fixture).await;
    let mut tx = fixture.begin().await;
    timeout(ENOUGH, open(&mut tx)).await.expect("it is not waited for").unwrap();
    timeout(ENOUGH, waited_for(&mut other)).await.expect("the server has it");
    timeout(A_MOMENT, tx.targets([link(1)])).await.expect_err("it is waited for");
    run_all(&mut other, "COMMIT").await;
    // Who has stopped waiting has taken nothing away.
    assert_eq!(tx.targets([link(1)]).await.unwrap().len(), 1);
    tx.roll_back().await.unwrap();

    run_all(&mut other, "BEGIN; LOCK TABLE target IN SHARE MODE").await;
    let mut tx = fixture.begin().await;
    open(&mut tx).await.unwrap();
    run_all(&mut other, "COMMIT").await;
    tx.roll_back().await.unwrap();
    let mut tx = fixture.begin().await;
    assert_eq!(tx.targets([link(1)]).await.unwrap(), [], "what was under way is undone");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_missed_by_what_follows() {
    let fixture = Fixture::new(Engine::Postgres).await;
    let mut other = lock(&fixture).await;
    let mut connection = fixture.store.writer().await.unwrap().within(TIME_OF_AN_ANSWER);
    let mut tx = Tx::begin(&mut connection, 1_000).await.unwrap();
    open(&mut tx).await.unwrap();
    let committed = tx.commit().await.map(drop);
    assert!(matches!(committed, Err(StoreError::Late)), "{committed:?}");
    run_all(&mut other, "COMMIT").await;
    // The answer may come now, and is nobody's.
    let next = Tx::begin(&mut connection, 1_000).await.map(drop);
    assert!(matches!(next, Err(StoreError::Late)), "{next:?}");
}
