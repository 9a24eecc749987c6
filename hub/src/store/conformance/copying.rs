//! A copy of a file's database on a server: every table is copied, and every row of it arrives as it was.

use std::{collections::BTreeMap, time::Duration};

use super::{Engine, Fixture, Place, run_all};
use crate::store::{
    Moved, OpenError, SCHEMA_VERSION, Store, StoreError,
    copying::{self, Held, TABLES},
    query_as, query_scalar,
    schema::migrate_to,
};

#[tokio::test]
async fn every_table_of_the_schema_is_copied() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut fixture = Fixture::new(engine).await;
        let mut found = copying::tables(&mut fixture.connection).await.unwrap();
        found.retain(|table| table != "_sqlx_migrations");
        let mut listed = TABLES.to_vec();
        listed.sort_unstable();
        assert_eq!(found, listed, "{engine:?}: a new table is added to `copying::TABLES`");
        // With one table more or less in the schema than in the list, nothing is copied.
        assert_eq!(copying::fits(&mut fixture.connection).await.unwrap(), Some(true), "{engine:?}");
        run_all(&mut fixture.connection, "CREATE TABLE new (id BIGINT NOT NULL PRIMARY KEY)").await;
        assert_eq!(copying::fits(&mut fixture.connection).await.unwrap(), Some(false), "{engine:?}");
    }
}

/// Only what this version would make, and nothing in it, is gone on with; whatever else is there is somebody's.
#[tokio::test]
async fn what_is_half_made_is_told_from_what_is_used_or_another_versions() {
    let made = async |statements: &str, schema| {
        let place = Place::new(Engine::Postgres);
        let mut connection = place.connect().await;
        if schema > 0 {
            migrate_to(&mut connection, schema).await.unwrap();
        }
        run_all(&mut connection, statements).await;
        copying::fits(&mut connection).await.unwrap()
    };
    let agency = "INSERT INTO agency (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence) \
                  VALUES (1, 'de-nw-lka', 'NW', 'duty', 1, 0, 1000, 0)";
    let newer = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES ({}, 'newer', true, '', 0)",
        SCHEMA_VERSION + 1
    );
    let other = "UPDATE _sqlx_migrations SET checksum = '' WHERE version = 3";
    for (statements, schema, expected) in [
        ("SELECT 1", 0, None),
        ("SELECT 1", 4, None),
        ("SELECT 1", SCHEMA_VERSION, Some(true)),
        (agency, 4, Some(false)),
        (agency, SCHEMA_VERSION, Some(true)),
        (other, 4, Some(false)),
        (&newer, SCHEMA_VERSION, Some(false)),
        (&newer, 4, Some(false)),
        ("CREATE TABLE own (id BIGINT)", 4, Some(false)),
        ("CREATE TABLE own (id BIGINT)", 0, Some(false)),
    ] {
        assert_eq!(made(statements, schema).await, expected, "{schema}: {statements}");
    }
}

/// An answer that does not come in time is not taken for the next one's.
#[tokio::test]
async fn a_table_that_does_not_answer_ends_the_copy_and_its_connection() {
    let (mut file, server) = (Fixture::new(Engine::Sqlite).await, Fixture::new(Engine::Postgres).await);
    fill(&mut file).await;
    let mut locking = server.place.connect().await;
    run_all(&mut locking, "BEGIN; LOCK TABLE agency IN SHARE MODE").await;
    let mut to = server.place.connect().await.within(Duration::from_secs(2));
    assert!(copying::begin(&mut to).await.unwrap());
    let copied = copying::copy(&mut file.connection, &mut to, &mut |_| {}).await;
    assert!(matches!(copied, Err(StoreError::Late)), "{copied:?}");
    run_all(&mut locking, "ROLLBACK").await;
    let next = copying::tables(&mut to).await;
    assert!(matches!(next, Err(StoreError::Late)), "{next:?}");
}

/// How many rows [`fill`] makes.
fn rows_of(table: &str) -> usize {
    if ["head", "compared"].contains(&table) { 1 } else { 2 }
}

/// A row in every table, with the largest and the smallest of everything.
async fn fill(fixture: &mut Fixture) {
    run_all(&mut fixture.connection, "DELETE FROM head; DELETE FROM compared").await;
    for table in TABLES {
        let columns = "SELECT group_concat(name, ', ') FROM pragma_table_info($1)";
        let columns: String =
            query_scalar(columns).bind(table).fetch_one(&mut fixture.connection).await.unwrap();
        let row = |integer: &str, text: &str, bytes: &str, null: bool| {
            let sql = format!(
                "SELECT group_concat(CASE WHEN {null} AND \"notnull\" = 0 THEN 'NULL' WHEN name = 'id' THEN '1' \
                 WHEN type = 'BIGINT' THEN '{integer}' WHEN type = 'TEXT' THEN '{text}' ELSE '{bytes}' END, ', ') \
                 FROM pragma_table_info('{table}')"
            );
            query_scalar::<String>(sql)
        };
        let rows = [
            row("9223372036854775807", "''Ä\u{1F30D}''", "x''00ff27''", false),
            row("-9223372036854775808", "''''", "x''''", true),
        ];
        for values in rows.into_iter().take(rows_of(table)) {
            let values = values.fetch_one(&mut fixture.connection).await.unwrap();
            run_all(&mut fixture.connection, &format!("INSERT INTO {table} ({columns}) VALUES ({values})"))
                .await;
        }
    }
}

/// Rows as the engines write them alike: tables of schemas are each database's own.
async fn alike(fixture: &Fixture) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut reader = fixture.store.reader().await.unwrap();
    for table in TABLES {
        let columns = match reader.engine() {
            Engine::Sqlite => {
                "SELECT name, CASE type WHEN 'BLOB' THEN 'CASE WHEN ' || name || ' IS NOT NULL THEN hex(' || name || ') END' \
                 ELSE 'CAST(' || name || ' AS TEXT)' END FROM pragma_table_info($1) ORDER BY name"
            }
            Engine::Postgres => {
                "SELECT column_name::TEXT, CASE data_type WHEN 'bytea' THEN 'encode(' || column_name || ', ''hex'')' \
                 ELSE 'CAST(' || column_name || ' AS TEXT)' END FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = $1 ORDER BY column_name::TEXT COLLATE \"C\""
            }
        };
        let columns: Vec<(String, String)> =
            query_as(columns).bind(table).fetch_all(&mut reader).await.unwrap();
        for (column, text) in columns {
            let sql = format!("SELECT coalesce(lower({text}), 'null') FROM {table}");
            let mut values: Vec<String> = query_scalar(sql).fetch_all(&mut reader).await.unwrap();
            values.sort_unstable();
            lines.push(format!("{table}.{column} {values:?}"));
        }
    }
    lines
}

#[tokio::test]
async fn every_row_arrives_as_it_was() {
    let (mut file, mut server) = (Fixture::new(Engine::Sqlite).await, Fixture::new(Engine::Postgres).await);
    fill(&mut file).await;
    assert!(copying::begin(&mut server.connection).await.unwrap());
    let before = Held::look(&mut server.connection).await.unwrap();
    assert_eq!(before.something(), None, "a database that was opened is empty all the same");
    let mut rows = BTreeMap::new();
    let mut tell = |progress: copying::Progress| {
        rows.insert(progress.table, progress.rows);
    };
    copying::copy(&mut file.connection, &mut server.connection, &mut tell).await.unwrap();
    copying::analyze(&mut server.connection).await.unwrap();
    let held = Held::look(&mut server.connection).await.unwrap();
    assert_eq!(held.differs(&Held::look(&mut file.connection).await.unwrap()), None);
    assert!(held.something().is_some());
    copying::commit(&mut server.connection).await.unwrap();
    // Two tables have a row of their own from the beginning.
    let begun = |table| u64::from(["meta", "liaison_progress"].contains(&table));
    let expected = |table| begun(table) + rows_of(table) as u64;
    assert!(rows.iter().all(|(table, rows)| *rows == expected(table)), "{rows:?}");
    assert_eq!(rows.len(), TABLES.len());
    for (there, here) in alike(&server).await.into_iter().zip(alike(&file).await) {
        assert_eq!(there, here);
    }
}

#[tokio::test]
async fn many_rows_arrive_in_pieces() {
    let (mut file, mut server) = (Fixture::new(Engine::Sqlite).await, Fixture::new(Engine::Postgres).await);
    let rows = "WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 9000) \
                INSERT INTO history SELECT n, n * 2 FROM n; \
                INSERT INTO policy VALUES (1, hex(zeroblob(3000000))); INSERT INTO policy VALUES (2, 'b')";
    run_all(&mut file.connection, rows).await;
    assert!(copying::begin(&mut server.connection).await.unwrap());
    let mut told = Vec::new();
    let mut tell = |progress: copying::Progress| told.push((progress.table, progress.rows));
    copying::copy(&mut file.connection, &mut server.connection, &mut tell).await.unwrap();
    let of = |table: &str| -> Vec<_> {
        told.iter().filter(|(told, _)| *told == table).map(|(_, rows)| *rows).collect()
    };
    assert_eq!(of("history"), [4_096, 8_192, 9_000]);
    assert_eq!(of("policy"), [1, 2], "bytes count as well");
    let held = Held::look(&mut server.connection).await.unwrap();
    assert_eq!(held.differs(&Held::look(&mut file.connection).await.unwrap()), None);
    // What is missing is seen, wherever it is, and what a hub does by merely being there weighs nothing.
    run_all(&mut server.connection, "DELETE FROM history WHERE target_no = 7").await;
    let less = Held::look(&mut server.connection).await.unwrap();
    assert_eq!((held.differs(&less), held.was_written(&less)), (Some("history"), Some("history")));
    run_all(
        &mut server.connection,
        "INSERT INTO history VALUES (7, 14); INSERT INTO lease VALUES ('a', x'', 1, 1, 1)",
    )
    .await;
    let there = Held::look(&mut server.connection).await.unwrap();
    assert_eq!((held.differs(&there), held.was_written(&there)), (Some("lease"), None));
    run_all(&mut server.connection, "UPDATE head SET next_leaf = 1").await;
    let grown = Held::look(&mut server.connection).await.unwrap();
    assert_eq!(held.was_written(&grown), Some("head"));
}

#[tokio::test]
async fn a_marked_database_is_not_opened() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let (path, database) = (fixture.path().to_owned(), fixture.database().clone());
    assert!(copying::alone(&path).await.unwrap().is_none(), "somebody has it open");
    for mark in [Moved::Moving("postgres://there".into()), Moved::Gone("postgres://there".into())] {
        Moved::put(Some(&mark), &mut fixture.connection).await.unwrap();
        assert_eq!(copying::mark(&mut fixture.connection).await.unwrap(), Some(mark.clone()));
        let error = Store::open(&database).await.err().unwrap();
        assert!(matches!(&error, OpenError::Moved { mark: found, .. } if *found == mark), "{error:?}");
        assert!(error.to_string().contains("postgres://there"));
    }
    Moved::put(None, &mut fixture.connection).await.unwrap();
    Store::open(&database).await.unwrap().close().await;
    fixture.store.close().await;
    drop(fixture.connection);
    let alone = copying::alone(&path).await.unwrap().unwrap();
    assert!(copying::alone(&path).await.unwrap().is_none(), "it is held as long as the connection stands");
    drop(alone);

    let mut server = Fixture::new(Engine::Postgres).await;
    assert!(copying::begin(&mut server.connection).await.unwrap());
    copying::give_up(&mut server.connection).await.unwrap();
    assert_eq!(copying::mark(&mut server.connection).await.unwrap(), Some(Moved::GivenUp));
    assert!(!copying::begin(&mut server.connection).await.unwrap(), "nobody can take its head any more");
    assert!(copying::server(&database).await.unwrap().is_none());
    let there = server.database();
    copying::make(there).await.unwrap();
    assert!(copying::server(there).await.unwrap().is_some());
}
