//! The file: made once, kept apart, refused where it does not fit.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[tokio::test]
async fn a_store_keeps_its_id_and_its_agency() {
    let Fixture { folder, store, random } = fixture().await;
    let path = folder.path().join("node.sqlite");
    let id = store.instance_id();
    store.check_writable().await.unwrap();
    assert!(store.disk().unwrap().store_bytes > 0);
    store.close().await;
    let again = Store::open(&path, &agency(), &clock(), &random).await.unwrap();
    assert_eq!(again.instance_id(), id);
    again.close().await;
    assert_eq!(Store::inspect(&path, &agency()).await.unwrap(), migrate::LATEST);

    let other: AgencyId = "de-by-lka".parse().unwrap();
    let refused = Store::open(&path, &other, &clock(), &random).await.unwrap_err();
    assert!(matches!(refused, StoreError::OtherAgency { .. }));
    assert!(matches!(Store::inspect(&path, &other).await.unwrap_err(), StoreError::OtherAgency { .. }));
}

#[tokio::test]
async fn nobody_else_reads_the_files() {
    let Fixture { folder, store, random: _ } = fixture().await;
    store.begin().await.commit().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_store_of_a_later_version_is_left_alone() {
    let Fixture { folder, store, random } = fixture().await;
    let mut tx = store.begin().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'later', TRUE, X'00', 1)",
    )
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await;
    store.close().await;
    let path = folder.path().join("node.sqlite");
    let refused = Store::open(&path, &agency(), &clock(), &random).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 999, .. }), "{refused:?}");
    let refused = Store::inspect(&path, &agency()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 999, .. }), "{refused:?}");
}

#[tokio::test]
async fn what_is_not_committed_was_never_there() {
    let Fixture { store, .. } = fixture().await;
    let mut tx = store.begin().await;
    tx.put_case(&case("ST/1"), AtHub::Waiting, 1, "").await.unwrap();
    drop(tx);
    assert!(store.read().await.unwrap().case_by_number("ST/1").await.unwrap().is_none());
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_and_a_reader_cannot_write() {
    #[derive(Debug)]
    struct Half;
    impl Write for Half {
        type Out = ();
        async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
            tx.put_case(&case("ST/1"), AtHub::Waiting, 1, "").await?;
            Err(StoreError::Damaged("on purpose"))
        }
    }
    let Fixture { store, .. } = fixture().await;
    assert!(store.write(Half).await.is_err());
    let mut reader = store.read().await.unwrap();
    assert!(reader.case_by_number("ST/1").await.unwrap().is_none());
    assert!(reader.put_case(&case("ST/1"), AtHub::Waiting, 1, "").await.is_err());
}

/// A store of the version before keeps its receipts, and a command may have one that was given up beside the one that counts.
#[tokio::test]
async fn receipts_of_the_third_schema_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let options = options.create_if_missing(true).foreign_keys(false);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    migrate::run_up_to(&pool, 3).await.unwrap();
    sqlx::query(
        "INSERT INTO receipt (id, command_id, kind, submission, recorded_us, first_leaf, leaf_count, epoch, size, state, note,
           before, after, statements, decisions) VALUES (7, X'01', 1, 5, 9, 3, 2, 1, 5, 3, 'note', X'', X'', X'', X'')",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let store = Store::open(&path, &agency(), &clock(), &Random::seeded(1)).await.unwrap();
    let mut tx = store.begin().await;
    let again = |id: i64, state: i64| {
        sqlx::query(
            "INSERT INTO receipt (id, command_id, kind, submission, recorded_us, first_leaf, leaf_count, epoch, size, state, note,
               before, after, statements, decisions) VALUES (?, X'01', 1, 5, 9, 3, 2, 2, 5, ?, 'note', X'', X'', X'', X'')",
        )
        .bind(id)
        .bind(state)
    };
    again(8, 1).execute(tx.conn()).await.unwrap();
    assert!(again(9, 1).execute(tx.conn()).await.is_err(), "one receipt of a command counts");
    let held: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, state FROM receipt ORDER BY id").fetch_all(tx.conn()).await.unwrap();
    assert_eq!(held, [(7, 3), (8, 1)]);
    tx.commit().await;
}

/// A store of before names was told of a merge that one of its targets is gone, and keeps the joins of both: the hub is asked for
/// what it has become, and for nothing else.
#[tokio::test]
async fn what_a_store_of_the_fifth_schema_took_for_gone_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let options = options.create_if_missing(true).foreign_keys(false);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    migrate::run_up_to(&pool, 5).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO agency (id, agency_id, name, contact, kind) VALUES (1, 'de-nw-lka', '', '', 1), (2, 'de-by-lka', '', '', 1);
         INSERT INTO target (id, target_id, owner, basis, stage, round, role, told_us) VALUES
           (1, X'01010101010101010101010101010101', 1, 1, 1, 1, 1, 30),
           (2, X'02020202020202020202020202020202', NULL, 0, 0, 0, 0, 30);
         INSERT INTO answer (referral, verdict, target) VALUES (1, 1, 1), (2, 1, 2);
         INSERT INTO target_joined (target, agency, joined_us) VALUES (1, 2, 21), (2, 2, 22);",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let store = Store::open(&path, &agency(), &clock(), &Random::seeded(1)).await.unwrap();
    let mut tx = store.begin().await;
    let [a, b] = [1, 2].map(|n| TargetId::from_bytes([n; 16]));
    assert_eq!(tx.untold_targets(0, 10).await.unwrap(), [(2, b)]);
    tx.keep_names(&[], &[(b, a)], 40).await.unwrap();
    let joined = |card: Option<TargetCard>| card.map(|card| card.joined);
    assert_eq!(joined(tx.target(a).await.unwrap()), Some(vec![("de-by-lka".to_owned(), 21)]));
    assert!(tx.untold_targets(0, 10).await.unwrap().is_empty());
    // And what it kept of both is of both again.
    tx.keep_names(&[a, b], &[], 50).await.unwrap();
    assert_eq!(joined(tx.target(b).await.unwrap()), Some(vec![("de-by-lka".to_owned(), 22)]));
    tx.commit().await;
}
