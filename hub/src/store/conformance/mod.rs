//! Every statement of the store on a fresh database: what it writes, what it reads back, what it refuses: the same
//! suite on both engines.

mod backup;
mod blind;
mod copying;
mod duplicates;
mod entities;
mod figures;
mod late;
mod leases;
mod ledger;
mod liaison;
mod lifecycle;
mod migrating;
mod migrations;
mod opening;
mod order;
mod people;
mod restored;
mod retention;
mod sightings;
mod signatures;
mod statements;
mod tree;
mod tried;
mod under_way;
#[cfg(feature = "console")]
mod upgraded;
mod walks;
mod whole;

use std::path::Path;

use meldeverbund_pgtest::TestDatabase;
use meldeverbund_proto::{
    LinkId,
    leaf::{Kind, Salt, statement_digest},
    v1::{AgencyCard, AgencyKind},
};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::{
    Connection, Database, Engine, NewEvent, Store, Tx,
    engine::{On, Postgres, Sqlite},
    query_scalar,
};
use meldeverbund_domain::AgencyNo;

/// Makes each of these tests two: one on each engine.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(crate::store::Engine::Sqlite).await;
                }
            )*
        }

        mod on_postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(crate::store::Engine::Postgres).await;
                }
            )*
        }
    };
}
use on_both;

/// Whether a statement of a transaction that goes on fails: without a savepoint, one of the engines would let no other
/// follow.
macro_rules! fails {
    ($tx:ident, $statement:expr) => {{
        super::run_all($tx.reading(), "SAVEPOINT tried").await;
        let failed = $statement.await.is_err();
        super::run_all($tx.reading(), "ROLLBACK TO SAVEPOINT tried").await;
        failed
    }};
}
use fails;

/// A database of its own, gone with the test.
struct Fixture {
    store: Store,
    connection: Connection,
    place: Place,
}

/// Where a test's database is.
enum Place {
    Folder(TempDir),
    Server(TestDatabase),
}

impl Place {
    fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Folder(tempfile::tempdir().unwrap()),
            Engine::Postgres => Self::Server(TestDatabase::new()),
        }
    }

    fn database(&self) -> Database {
        match self {
            Self::Folder(folder) => Database::File(folder.path().join("hub.sqlite")),
            Self::Server(server) => server.url().parse().unwrap(),
        }
    }

    /// A connection to the database as it is, whatever its schema.
    async fn connect(&self) -> Connection {
        match self.database() {
            Database::File(path) => Sqlite::at(&path).unwrap().writer().await.unwrap(),
            Database::Server(options) => Postgres::at(&options).writer().await.unwrap(),
        }
    }
}

impl Fixture {
    async fn new(engine: Engine) -> Self {
        let place = Place::new(engine);
        let store = Store::open(place.database()).await.unwrap();
        let connection = store.writer().await.unwrap();
        Self { store, connection, place }
    }

    async fn begin(&mut self) -> Tx<'_> {
        Tx::begin(&mut self.connection, 1_000).await.unwrap()
    }

    /// Every row of every table as text.
    async fn dump(&self) -> Vec<String> {
        let mut reader = self.store.reader().await.unwrap();
        let (tables, row) = match reader.engine() {
            Engine::Sqlite => (
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1",
                "SELECT group_concat('quote(' || name || ')', ' || ''|'' || ') FROM pragma_table_info($1)",
            ),
            Engine::Postgres => (
                "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
                "SELECT $1 || '::TEXT'",
            ),
        };
        let tables: Vec<String> = query_scalar(tables).fetch_all(&mut reader).await.unwrap();
        let mut lines = Vec::new();
        for table in tables {
            let row: String = query_scalar(row).bind(&table).fetch_one(&mut reader).await.unwrap();
            let sql = format!("SELECT '{table} ' || {row} FROM {table} ORDER BY 1");
            lines.extend(query_scalar::<String>(sql).fetch_all(&mut reader).await.unwrap());
        }
        lines
    }

    fn database(&self) -> &Database {
        self.store.database()
    }

    /// The folder of a database that is a file.
    fn folder(&self) -> &Path {
        let Place::Folder(folder) = &self.place else { panic!("a server has no folder") };
        folder.path()
    }

    /// A database's file.
    fn path(&self) -> &Path {
        self.database().file().unwrap()
    }
}

/// Statements one after the other; bytes are written `x'00'`.
async fn run_all(connection: &mut Connection, statements: &str) {
    let done = match connection.on().await.unwrap() {
        On::Sqlite(on) => sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(on)
            .await
            .map(|done| done.rows_affected()),
        On::Postgres(on) => {
            let statements = AssertSqlSafe(statements.replace("x'", "'\\x"));
            sqlx::raw_sql(statements).execute(on).await.map(|done| done.rows_affected())
        }
    };
    done.unwrap();
}

fn card(agency: &str) -> AgencyCard {
    AgencyCard {
        agency_id: agency.into(),
        name: format!("Office {agency}"),
        contact: format!("duty@{agency}.example"),
        kind: AgencyKind::StateOffice.into(),
    }
}

fn link(n: u16) -> LinkId {
    let mut bytes = [7; 32];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    LinkId::from_bytes(bytes)
}

fn event(statement: &[u8]) -> NewEvent<'_> {
    let salt = Salt::from_random([9; 32]);
    NewEvent {
        kind: Kind::Referral,
        agency: AgencyNo(1),
        salt,
        statement,
        statement_digest: statement_digest(&salt, statement),
        decision: b"decision".to_vec(),
    }
}
