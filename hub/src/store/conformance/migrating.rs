//! Migrations have limits of their own, and what stops one leaves nothing half-done.

use std::time::Duration;

use meldeverbund_pgtest::Cluster;
use tokio::time::Instant;

use super::{Place, run_all};
use crate::store::{
    Database, Engine, OpenError, SCHEMA_VERSION, SchemaError, Store, engine::Postgres, query_as,
    query_scalar, schema,
};

/// Far more than a migration waits for a table, and less than any other statement is worked on.
const SOON: Duration = Duration::from_secs(20);

/// Each statement that makes or changes a table notes the limits under which it runs.
const WITNESS: &str = "\
    CREATE TABLE public.limits (statement TEXT NOT NULL, lock TEXT NOT NULL);
    CREATE FUNCTION public.witness() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.limits VALUES (current_setting('statement_timeout'), current_setting('lock_timeout'));
    END $$;
    CREATE EVENT TRIGGER witness ON ddl_command_start EXECUTE FUNCTION public.witness();";

#[tokio::test]
async fn the_limits_of_others_do_not_reach_them() {
    let cluster = Cluster::start();
    // Neither those of the role, nor those in the address.
    let url = format!("{}?options=-c%20statement_timeout%3D1", cluster.url("postgres"));
    let database: Database = url.parse().unwrap();
    let Database::Server(options) = &database else { unreachable!("it is a server's") };
    let mut connection = Postgres::at(options).writer().await.unwrap();
    let tiny =
        "ALTER ROLE meldeverbund SET statement_timeout = 1; ALTER ROLE meldeverbund SET lock_timeout = 1";
    run_all(&mut connection, tiny).await;
    run_all(&mut connection, WITNESS).await;
    assert!(Store::migrate(&database).await.unwrap());
    let limits: Vec<(String, String)> = query_as("SELECT DISTINCT statement, lock FROM public.limits")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(limits, [("6h".to_owned(), "2s".to_owned())]);

    // Who goes on with the connection has its own again.
    run_all(&mut connection, "CREATE DATABASE other").await;
    let other = cluster.url("other").parse::<Database>().unwrap();
    let Database::Server(options) = &other else { unreachable!("it is a server's") };
    let mut migrating = Postgres::at(options).writer().await.unwrap();
    assert!(schema::migrate(&mut migrating).await.unwrap());
    let usual = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')";
    let usual: (String, String) = query_as(usual).fetch_one(&mut migrating).await.unwrap();
    assert_eq!(usual, ("1min".to_owned(), "10s".to_owned()));
}

#[tokio::test]
async fn a_table_that_somebody_reads_is_not_waited_for_and_nothing_is_half_done() {
    let place = Place::new(Engine::Postgres);
    let mut connection = place.connect().await;
    schema::migrate_to(&mut connection, 8).await.unwrap();
    let mut reading = place.connect().await;
    run_all(&mut reading, "BEGIN; SELECT count(*) FROM life").await;
    let begun = Instant::now();
    let error = Store::migrate(&place.database()).await.unwrap_err();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    let OpenError::Schema { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(source, SchemaError::Locked(_)), "{source:?}");
    assert!(source.to_string().contains("can be run again"), "{source}");
    // The ninth makes its tables before it changes this one.
    let reached = "SELECT max(version) FROM _sqlx_migrations";
    assert_eq!(query_scalar::<i64>(reached).fetch_one(&mut connection).await.unwrap(), 8);
    let made =
        "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'page_view'";
    assert_eq!(query_scalar::<i64>(made).fetch_one(&mut connection).await.unwrap(), 0);
    run_all(&mut connection, "UPDATE life SET centre = 1").await;

    run_all(&mut reading, "COMMIT").await;
    assert!(Store::migrate(&place.database()).await.unwrap());
    assert_eq!(query_scalar::<i64>(reached).fetch_one(&mut connection).await.unwrap(), SCHEMA_VERSION);
}
