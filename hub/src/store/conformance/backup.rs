//! Copies of a database file, which one of the engines has.

use std::time::Duration;

use super::{Engine, Fixture, event};
use crate::store::{Head, Store, StoreError, backup};

/// Less than what is waited for a lock.
const BRIEFLY: Duration = Duration::from_secs(5);

async fn append(fixture: &mut Fixture, statement: &[u8]) {
    let mut tx = fixture.begin().await;
    tx.append(&[event(statement)]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_copy_is_of_one_instant_and_nothing_stands_beside_it() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    append(&mut fixture, b"one").await;
    let (folder, from) = (tempfile::tempdir().unwrap(), fixture.path().to_owned());
    let copy = folder.path().join("copy");
    // Somebody else is in the middle of a write.
    let mut tx = fixture.begin().await;
    tx.append(&[event(b"two")]).await.unwrap();
    backup::copy(&from, copy.to_str().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(backup::copy(&from, copy.to_str().unwrap()).await.is_err(), "not over another one");

    let mut still = backup::still(&copy).await.unwrap();
    assert_eq!(backup::damage(&mut still).await.unwrap(), None);
    assert!(backup::fits(&mut still).await.unwrap());
    assert_eq!(Head::read(&mut still).await.unwrap().size(), 1);
    assert!(super::query_scalar::<i64>("DELETE FROM head RETURNING id").fetch_one(&mut still).await.is_err());
    drop(still);
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(files.collect::<Vec<_>>(), ["copy"]);
}

#[tokio::test]
async fn damage_and_another_schema_are_seen() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    append(&mut fixture, &[7; 20_000]).await;
    let copy = fixture.path().with_extension("copy");
    backup::copy(fixture.path(), copy.to_str().unwrap()).await.unwrap();
    let whole = std::fs::read(&copy).unwrap();
    let (cut, mut other) = (&whole[..whole.len() - 4_096], whole.clone());
    other[4 * 4_096..5 * 4_096].fill(0xff);
    for damaged in [cut, &other] {
        std::fs::write(&copy, damaged).unwrap();
        let found = backup::damage(&mut backup::still(&copy).await.unwrap()).await;
        assert!(!matches!(found, Ok(None)), "{} bytes", damaged.len());
    }
    std::fs::write(&copy, "no database, but long enough to be looked at as one".repeat(100)).unwrap();
    let found = async { backup::damage(&mut backup::still(&copy).await?).await };
    assert!(matches!(found.await, Err(StoreError::Engine(_))));
    super::run_all(&mut fixture.connection, "DELETE FROM _sqlx_migrations WHERE version > 1").await;
    assert!(!backup::fits(&mut fixture.connection).await.unwrap());
}

#[tokio::test]
async fn whoever_reads_for_long_keeps_nobody_waiting() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let reading = fixture.store.snapshot().await.unwrap();
    append(&mut fixture, b"one").await;
    let grown = fixture.store.log_bytes();
    let emptied = Store::truncate_log(&mut fixture.connection);
    tokio::time::timeout(BRIEFLY, emptied).await.expect("not in vain").unwrap();
    assert_eq!(fixture.store.log_bytes(), grown);
    drop(reading);
}
