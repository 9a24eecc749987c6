//! Bare SQL on the cluster: one table with the hub's unique key, in the fastest form that was found.

use meldeverbund_pgtest::Cluster;
use meldeverbund_proto::CanonicalLink;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::time::Instant;

use crate::common::workload::BATCH;

/// Lets the server write as much log as the benchmark does, and finish it: one that has been at work writes into files that are
/// there.
pub(crate) async fn warm_up(cluster: &Cluster) {
    let mut connection = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    let fill = "CREATE TABLE warm AS SELECT n, repeat(md5(n::TEXT), 30) FROM generate_series(1, 2000000) n";
    for statement in [fill, "DROP TABLE warm", "CHECKPOINT"] {
        connection.execute(statement).await.unwrap();
    }
}

/// A table of links, and a connection to it.
pub(crate) struct Bare(PgConnection);

impl Bare {
    /// Makes an empty database of this name, and connects to it.
    pub(crate) async fn make(cluster: &Cluster, name: &str) -> PgConnection {
        let mut first = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
        first.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))).await.unwrap();
        PgConnection::connect(&cluster.url(name)).await.unwrap()
    }

    /// An empty table in a database of its own.
    pub(crate) async fn start(cluster: &Cluster, name: &str) -> Self {
        let mut connection = Self::make(cluster, name).await;
        let table = "CREATE TABLE link (link_id BYTEA NOT NULL PRIMARY KEY)";
        connection.execute(table).await.unwrap();
        Self(connection)
    }

    /// Adds so many links that nobody hands in.
    pub(crate) async fn grow(&mut self, targets: u64) {
        let fill = "INSERT INTO link SELECT sha256(('filled ' || n)::BYTEA) FROM generate_series(1, $1) n";
        sqlx::query(fill).bind(targets.cast_signed()).execute(&mut self.0).await.unwrap();
        self.0.execute("VACUUM ANALYZE link").await.unwrap();
        self.0.execute("CHECKPOINT").await.unwrap();
    }

    /// Links a second, a batch a commit.
    pub(crate) async fn intake(&mut self, links: &[Vec<String>]) -> f64 {
        let ids = |batch: &Vec<String>| {
            batch.iter().map(|link| CanonicalLink::parse(link).unwrap().id().as_bytes().to_vec()).collect()
        };
        let batches: Vec<Vec<Vec<u8>>> = links.iter().map(ids).collect();
        let started = Instant::now();
        for batch in &batches {
            let insert = sqlx::query("INSERT INTO link SELECT unnest($1::BYTEA[])").bind(batch);
            assert_eq!(insert.execute(&mut self.0).await.unwrap().rows_affected(), BATCH as u64);
        }
        (batches.len() * BATCH) as f64 / started.elapsed().as_secs_f64()
    }
}
