//! A place of its own for each test, in the one cluster of its process: a user who owns a schema of the same name and nothing
//! else. To whoever signs in as that user it is a database; a real one takes most of a second to be made.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, postgres::PgConnectOptions};

use crate::Cluster;

/// An empty database to whoever signs in as its user, gone with the test.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
}

impl TestDatabase {
    /// Makes one.
    ///
    /// # Panics
    /// If the server programs are missing or fail.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let made = run(format!("CREATE ROLE {name} LOGIN; CREATE SCHEMA {name} AUTHORIZATION {name}"));
        made.expect("the cluster makes a user with a schema");
        Self { name }
    }

    /// Where it is, to somebody who owns nothing in it and has no rights but those that its owner grants him: his name, and the
    /// address.
    ///
    /// # Panics
    /// If the server fails.
    #[must_use]
    pub fn guest(&self) -> (String, String) {
        let (name, guest) = (&self.name, format!("{}_guest", self.name));
        let made = run(format!("CREATE ROLE {guest} LOGIN; ALTER ROLE {guest} SET search_path = {name}"));
        made.expect("the cluster makes a user");
        let url = cluster().url_of(&guest, "postgres");
        (guest, url)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        cluster().url_of(&self.name, "postgres")
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // It goes with the cluster at the latest.
        let name = &self.name;
        let _ = run(format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{name}'; \
             DROP OWNED BY {name}; DROP ROLE {name}; DROP ROLE IF EXISTS {name}_guest"
        ));
    }
}

/// The process's cluster.
fn cluster() -> &'static Cluster {
    // Never dropped: its warden ends it with the process.
    static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);
    &CLUSTER
}

/// A statement, and where its outcome goes.
type Job = (String, mpsc::Sender<Result<(), sqlx::Error>>);

/// Runs a statement on the cluster, whatever the caller is in the middle of: a test's own runtime, or its end.
fn run(statement: String) -> Result<(), sqlx::Error> {
    static CLERK: LazyLock<mpsc::Sender<Job>> = LazyLock::new(clerk);
    let (outcome, told) = mpsc::channel();
    CLERK.send((statement, outcome)).expect("the clerk lives as long as the process");
    told.recv().expect("the clerk answers")
}

fn clerk() -> mpsc::Sender<Job> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let options: PgConnectOptions = cluster().url("postgres").parse().expect("an address");
    thread::spawn(move || {
        runtime.block_on(async {
            let mut connection = options.connect().await.expect("the cluster runs");
            for (statement, outcome) in jobs {
                let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.map(drop);
                // Whoever asked is waiting.
                let _ = outcome.send(done);
            }
        });
    });
    sender
}
