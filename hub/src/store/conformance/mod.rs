//! Every statement of the store on a fresh database: what it writes, what it reads back, what it refuses. A second
//! engine runs the same suite.

mod entities;
mod leases;
mod ledger;
mod lifecycle;
mod migrations;
mod opening;
mod order;
mod restored;
mod retention;
mod signatures;
mod statements;
mod tree;
mod whole;

use std::path::Path;

use meldeverbund_proto::{
    LinkId,
    leaf::{Kind, Salt, statement_digest},
    v1::{AgencyCard, AgencyKind},
};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::{Connection, NewEvent, Store, Tx};
use meldeverbund_domain::AgencyNo;

/// A database of its own, gone with the test.
struct Fixture {
    folder: TempDir,
    store: Store,
    connection: Connection,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hub.sqlite")).await.unwrap();
        let connection = store.writer().await.unwrap();
        Self { folder, store, connection }
    }

    async fn begin(&mut self) -> Tx<'_> {
        Tx::begin(&mut self.connection, 1_000).await.unwrap()
    }

    /// Every row of every table as text.
    async fn dump(&self) -> Vec<String> {
        let mut reader = self.store.reader().await.unwrap();
        let mut lines = Vec::new();
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
                .fetch_all(&mut *reader)
                .await
                .unwrap();
        for table in tables {
            let columns: String = sqlx::query_scalar(
                "SELECT group_concat('quote(' || name || ')', ' || ''|'' || ') FROM pragma_table_info($1)",
            )
            .bind(&table)
            .fetch_one(&mut *reader)
            .await
            .unwrap();
            let sql = AssertSqlSafe(format!("SELECT '{table} ' || {columns} FROM {table} ORDER BY 1"));
            lines.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(&mut *reader).await.unwrap());
        }
        lines
    }

    fn path(&self) -> &Path {
        self.store.path()
    }
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
