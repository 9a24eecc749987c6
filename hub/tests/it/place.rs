//! Where a test's hub keeps its database: in a file beside its other files, or on a server.

use std::path::Path;

use meldeverbund_hub::store::Database;
use meldeverbund_pgtest::TestDatabase;

/// Runs every test whose hub may have either engine on PostgreSQL (`postgres`) and not on SQLite (`sqlite`, or not set).
const ENGINE: &str = "MELDEVERBUND_TEST_ENGINE";

/// Where a hub's database is; on a server, it goes with this.
pub(crate) struct Place(Option<TestDatabase>);

impl Place {
    /// How often a long race is run: on a server, where each of its statements is a message, a tenth of the times.
    pub(crate) fn times(times: u64) -> u64 {
        if matches!(std::env::var(ENGINE).as_deref(), Ok("postgres")) { times.div_ceil(10) } else { times }
    }

    /// On the engine that the tests are run on.
    pub(crate) fn chosen() -> Self {
        match std::env::var(ENGINE).as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::file(),
            Ok("postgres") => Self::server(),
            Ok(other) => panic!("{ENGINE} is {other:?}, and must be sqlite or postgres"),
        }
    }

    /// On a server: for what is about several hubs.
    pub(crate) fn server() -> Self {
        Self(Some(TestDatabase::new()))
    }

    /// A user of the server who has no rights yet: his name, and where the database is to him.
    pub(crate) fn guest(&self) -> (String, Database) {
        let (name, url) = self.0.as_ref().expect("a file has no users").guest();
        (name, url.parse().unwrap())
    }

    /// In a file: for what is about files.
    pub(crate) fn file() -> Self {
        Self(None)
    }

    /// Where it is, for a hub with its files in this folder.
    pub(crate) fn database(&self, folder: &Path) -> Database {
        match &self.0 {
            None => folder.join("hub.sqlite").into(),
            Some(server) => server.url().parse().unwrap(),
        }
    }

    /// The setting that says so; a file stands where it does by default.
    pub(crate) fn setting(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |server| format!("database = \"{}\"", server.url()))
    }
}
