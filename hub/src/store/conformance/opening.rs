//! Opening a database: made once, brought up to date, never one that is not ours.

use std::time::Duration;

use meldeverbund_domain::TargetNo;

use super::{Fixture, event, on_both};
use crate::store::{Engine, OpenError, SCHEMA_VERSION, SchemaError, Store, query, query_scalar};

async fn the_first_start_makes_it_and_the_next_one_finds_it(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.append(&[event(b"a")]).await.unwrap();
    tx.commit().await.unwrap();
    let (before, id) = (fixture.dump().await, fixture.store.target_ids().id(TargetNo(1)));

    let again = Store::open(fixture.database()).await.unwrap();
    assert_eq!(again.target_ids().id(TargetNo(1)), id, "its key is made once");
    assert_eq!(fixture.dump().await, before, "opening changes nothing");
    let other = Fixture::new(engine).await;
    assert_ne!(other.store.target_ids().id(TargetNo(1)), id, "every database has a key of its own");
}

/// Links stand in it.
#[cfg(unix)]
#[tokio::test]
async fn it_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    fixture.begin().await.commit().await.unwrap();
    for file in ["hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"] {
        let metadata = std::fs::metadata(fixture.folder().join(file)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{file}");
    }
}

async fn it_can_be_opened_while_somebody_writes(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let database = fixture.database().clone();
    let tx = fixture.begin().await;
    let opened = tokio::time::timeout(Duration::from_secs(5), Store::open(database)).await;
    opened.expect("nothing waits for the writer").unwrap();
    tx.roll_back().await.unwrap();
}

async fn a_newer_schema_is_refused_by_name(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                         VALUES ($1, 'newer', (1 = 1), $2, 0)";
    let newer = SCHEMA_VERSION + 1;
    query(NEWER).bind(newer).bind(vec![0]).execute(&mut fixture.connection).await.unwrap();
    let error = Store::open(fixture.database()).await.err().unwrap();
    let OpenError::Schema { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(source, SchemaError::Newer { found } if found == newer), "{source:?}");
    assert!(source.to_string().contains("run the newer version"));
}

async fn a_schema_with_another_text_is_refused(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let sql = "UPDATE _sqlx_migrations SET checksum = $1";
    query(sql).bind(vec![0]).execute(&mut fixture.connection).await.unwrap();
    let error = Store::open(fixture.database()).await.err().unwrap();
    assert!(matches!(error, OpenError::Schema { source: SchemaError::Migrate(_), .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.sqlite");
    std::fs::write(&path, "no database, but long enough to be looked at as one".repeat(100)).unwrap();
    assert!(matches!(Store::open(&path).await, Err(OpenError::Open { .. })));
    let missing = folder.path().join("missing").join("hub.sqlite");
    assert!(matches!(Store::open(&missing).await, Err(OpenError::Open { .. })));
}

#[tokio::test]
async fn readers_cannot_write_and_writers_are_durable() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let mut reader = fixture.store.reader().await.unwrap();
    let written = query("UPDATE head SET next_leaf = 9").execute(&mut reader).await;
    assert!(written.is_err());
    let pragma = async |fixture: &mut Fixture, name: &str| -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        query_scalar(sql).fetch_one(&mut fixture.connection).await.unwrap()
    };
    assert_eq!(pragma(&mut fixture, "journal_mode").await, "wal");
    assert_eq!(pragma(&mut fixture, "synchronous").await, "2", "FULL: an acknowledged write is on the disk");
}

#[tokio::test]
async fn the_log_grows_until_it_is_moved() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let statement = [0; 4096];
    for _ in 0..20 {
        let mut tx = fixture.begin().await;
        tx.append(&[event(&statement)]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let grown = fixture.store.log_bytes();
    assert!(grown > 20 * 4096, "{grown}: no checkpoint by the writer itself");
    Store::checkpoint(&mut fixture.connection).await.unwrap();
    assert_eq!(fixture.store.log_bytes(), grown, "moved, to be written over");
    Store::truncate_log(&mut fixture.connection).await.unwrap();
    assert_eq!(fixture.store.log_bytes(), 0);
    assert!(std::fs::metadata(fixture.path()).unwrap().len() > 20 * 4096);
}

on_both!(
    the_first_start_makes_it_and_the_next_one_finds_it,
    it_can_be_opened_while_somebody_writes,
    a_newer_schema_is_refused_by_name,
    a_schema_with_another_text_is_refused,
);
