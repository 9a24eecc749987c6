//! A server that does not answer: nobody waits without end, and what became of the commit is found out later.

use std::time::Duration;

use meldeverbund_pgtest::Cluster;

use super::{card, run_all};
use crate::store::{AgencyRow, Database, Store, StoreError, Tx};

/// Far less than any other statement is waited for, and more than a COMMIT.
const ENOUGH: Duration = Duration::from_secs(40);

/// Nobody answers to this name, so that COMMIT waits for ever.
const GONE: &str = "synchronous_standby_names = 'gone'\n";

#[tokio::test]
async fn a_commit_without_an_answer_is_given_up_and_its_outcome_is_found_later() {
    let cluster = Cluster::start_with(GONE);
    // What is prepared does not wait for the standby.
    let url = format!("{}?options=-c%20synchronous_commit%3Dlocal", cluster.url("postgres"));
    let store = Store::open(url.parse::<Database>().unwrap()).await.unwrap();
    let mut connection = store.writer().await.unwrap();
    run_all(&mut connection, "SET synchronous_commit = on").await;
    let mut tx = Tx::begin(&mut connection, 1_000).await.unwrap();
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let error =
        tokio::time::timeout(ENOUGH, tx.commit()).await.expect("COMMIT is not waited for").unwrap_err();
    assert!(matches!(error, StoreError::Late), "{error:?}");
    assert!(error.is_passing());
    // The answer may still come on this line: nobody takes it for another one's.
    assert!(matches!(Tx::begin(&mut connection, 1_000).await, Err(StoreError::Late)));

    let mut other = store.writer().await.unwrap();
    run_all(&mut other, "ALTER SYSTEM SET synchronous_standby_names = ''").await;
    run_all(&mut other, "SELECT pg_reload_conf()").await;
    // Whoever takes the head next comes after it, and sees that it was written.
    let mut tx = Tx::begin(&mut other, 1_000).await.unwrap();
    assert_eq!(AgencyRow::all(tx.reading()).await.unwrap().len(), 1);
    tx.roll_back().await.unwrap();
    store.close().await;
}
