//! A database copied to the other engine: which tables it has, what they are made of, and how far two of them are alike.

use std::path::Path;

use super::{
    Database, Moved, Store, StoreError,
    copying_rows::{Kind, Shape},
    engine::{Connection, Engine, Postgres, Sqlite, query, query_as, query_scalar},
    schema::{is_current, is_half_made},
};

pub use super::copying_rows::Progress;
pub(crate) use super::copying_rows::copy;

/// All tables, each behind those that its rows refer to. Whoever makes a table adds it here: a database with another one is not
/// copied, and a test says so.
pub(crate) const TABLES: [&str; 57] = [
    "head",
    "meta",
    "agency",
    "agency_key",
    "case_file",
    "target",
    "binding",
    "event",
    "command",
    "feed",
    "instance",
    "life",
    "interest",
    "history",
    "acknowledgement",
    "policy",
    "subtree",
    "redaction",
    "checkpoint",
    "cosignature",
    "ledger_key",
    "witness_key",
    "statement_key",
    "envelope",
    "lease",
    "lost_checkpoint",
    "feed_kept",
    "reconciliation",
    "content_hash",
    "liaison_query",
    "liaison_spent",
    "liaison_progress",
    "announcement",
    "disclosure",
    "access_read",
    "liaison_signal",
    "liaison_walk",
    "blind_epoch",
    "blind_piece",
    "blind_increment",
    "blind_spent",
    "alias",
    "host_rules",
    "object_key",
    "likeness",
    "suggestion",
    "compared",
    "session",
    "used_sign_in",
    "logged_out",
    "page_view",
    "person_act",
    "certificate",
    "figure",
    "figure_target",
    "figure_fact",
    "figured",
];

/// Those in which a database has a row from its beginning. The key of one that somebody has only opened belongs to no target.
pub(crate) const FROM_THE_BEGINNING: [&str; 4] = ["head", "meta", "compared", "liaison_progress"];

/// What a hub writes by merely being there; nothing that anybody was promised.
const OF_NO_WEIGHT: [&str; 11] = [
    "lease",
    "checkpoint",
    "cosignature",
    "liaison_progress",
    "compared",
    "likeness",
    "suggestion",
    "certificate",
    "figure",
    "figure_target",
    "figured",
];

/// The list of schemas that ran: each database has its own.
const MIGRATIONS: &str = "_sqlx_migrations";

/// What a database holds, as far as two of them are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// The head's numbers, and the tree.
    head: Option<(i64, i64, i64, i64, i64, Vec<u8>)>,
    /// Rows of each table but the marks of a move.
    rows: Vec<(&'static str, i64)>,
}

impl Held {
    /// Looks.
    pub(crate) async fn look(connection: &mut Connection) -> Result<Self, StoreError> {
        const HEAD: &str = "/* copying::head */ SELECT epoch, next_leaf, next_target, next_case, tree_size, frontier \
                            FROM head WHERE id = 1";
        let head = query_as(HEAD).fetch_optional(connection).await?;
        let mut rows = Vec::with_capacity(TABLES.len());
        for table in &TABLES {
            rows.push((*table, count(connection, table).await?));
        }
        Ok(Self { head, rows })
    }

    /// A table in which something stands that a database has not from its beginning.
    pub(crate) fn something(&self) -> Option<&'static str> {
        let something = |(table, rows): &&(&str, i64)| *rows > 0 && !FROM_THE_BEGINNING.contains(table);
        self.rows.iter().find(something).map(|(table, _)| *table)
    }

    /// The first table, or the head, in which another one is not like this.
    pub(crate) fn differs(&self, other: &Self) -> Option<&'static str> {
        let mut pairs = self.rows.iter().zip(&other.rows);
        let table = pairs.find(|(one, other)| one != other).map(|(one, _)| one.0);
        table.or((self.head != other.head).then_some("head"))
    }

    /// The same, but for what a hub writes by merely being there.
    pub(crate) fn was_written(&self, later: &Self) -> Option<&'static str> {
        let weighed = |held: &Self| {
            let rows = held.rows.iter().filter(|(table, _)| !OF_NO_WEIGHT.contains(table));
            Self { head: held.head.clone(), rows: rows.copied().collect() }
        };
        weighed(self).differs(&weighed(later))
    }
}

/// The rows of a table that are copied and counted: the marks of a move are each database's own.
pub(super) fn condition(table: &str) -> &'static str {
    if table == "meta" { "WHERE name NOT IN ('moving_to', 'moved_to', 'given_up')" } else { "" }
}

/// Opens a file that nobody else has open; none: somebody has.
pub(crate) async fn alone(path: &Path) -> Result<Option<Connection>, StoreError> {
    match Sqlite::alone(path).await {
        Ok(connection) => Ok(Some(connection)),
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == BUSY) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// SQLite's word for a lock that somebody else has.
const BUSY: &str = "5";

/// A connection that writes to a server's database as it is; none: it is no server's.
pub(crate) async fn server(database: &Database) -> Result<Option<Connection>, StoreError> {
    match database {
        Database::Server(options) => Ok(Some(Postgres::at(options).writer().await?)),
        Database::File(_) => Ok(None),
    }
}

/// The mark of a move, if there is one.
pub(crate) async fn mark(connection: &mut Connection) -> Result<Option<Moved>, StoreError> {
    Moved::read(connection).await
}

/// Whether it has exactly this version's tables; `None`: it has none at all, or somebody was interrupted who made them, and nothing
/// stands in those that are there.
pub(crate) async fn fits(connection: &mut Connection) -> Result<Option<bool>, StoreError> {
    let found = tables(connection).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut known = TABLES.map(str::to_owned).to_vec();
    known.push(MIGRATIONS.to_owned());
    known.sort_unstable();
    // Each migration is a transaction of its own. A table of somebody else's, or an earlier version's database that was used, is
    // none of ours to go on with.
    let is_ours = found.iter().all(|table| known.contains(table));
    if is_ours && is_half_made(connection).await? && is_unused(connection, &found).await? {
        return Ok(None);
    }
    Ok(Some(found == known && is_current(connection).await?))
}

/// Whether nothing stands in these tables but what a database has from its beginning.
async fn is_unused(connection: &mut Connection, found: &[String]) -> Result<bool, StoreError> {
    let later = TABLES.into_iter().filter(|table| !FROM_THE_BEGINNING.contains(table));
    for table in later.filter(|table| found.iter().any(|found| found == table)) {
        if count(connection, table).await? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn count(connection: &mut Connection, table: &str) -> Result<i64, StoreError> {
    let sql = format!("/* copying::count */ SELECT count(*) FROM {} {}", table, condition(table));
    query_scalar(sql).fetch_one(connection).await
}

/// The tables that are there, by name.
pub(crate) async fn tables(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    const FILE: &str = "/* copying::file_tables */ SELECT name FROM sqlite_master \
                        WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    const SERVER: &str = "/* copying::server_tables */ SELECT tablename::TEXT FROM pg_tables \
                          WHERE schemaname = current_schema() ORDER BY tablename";
    let sql = if connection.engine() == Engine::Sqlite { FILE } else { SERVER };
    let mut tables: Vec<String> = query_scalar(sql).fetch_all(connection).await?;
    tables.sort_unstable();
    Ok(tables)
}

/// Makes the tables on a server.
pub(crate) async fn make(database: &Database) -> Result<(), super::OpenError> {
    Store::migrate(database).await?;
    Ok(())
}

/// The columns of a table, by name.
pub(super) async fn shape(connection: &mut Connection, table: &'static str) -> Result<Shape, StoreError> {
    const FILE: &str = "/* copying::file_columns */ SELECT name, lower(type) FROM pragma_table_info($1)";
    const SERVER: &str = "/* copying::server_columns */ SELECT column_name::TEXT, data_type::TEXT \
                          FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1";
    let sql = if connection.engine() == Engine::Sqlite { FILE } else { SERVER };
    let columns: Vec<(String, String)> = query_as(sql).bind(table).fetch_all(connection).await?;
    let columns = columns.into_iter().map(|(name, kind)| {
        let kind = match kind.as_str() {
            "bigint" => Kind::Integers,
            "text" => Kind::Texts,
            "blob" | "bytea" => Kind::Bytes,
            _ => return Err(StoreError::Value { column: "a table's columns" }),
        };
        Ok((name, kind))
    });
    // The engines sort names in ways of their own.
    let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
    columns.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Shape { table, columns })
}

/// Begins the one transaction of a copy: until it ends, nobody else writes there, and whoever hangs in an earlier one is waited
/// for. Answers whether there is a head to take.
pub(crate) async fn begin(connection: &mut Connection) -> Result<bool, StoreError> {
    query("/* copying::begin */ {begin}").execute(&mut *connection).await?;
    let taken = query("/* copying::lock */ UPDATE head SET id = 1 WHERE id = 1").execute(connection).await?;
    Ok(taken == 1)
}

/// Fresh statistics, without which a server may read whole tables where it could look a row up.
pub(crate) async fn analyze(connection: &mut Connection) -> Result<(), StoreError> {
    for table in &TABLES {
        query(format!("/* copying::analyze */ ANALYZE {}", *table)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The commit point of a copy. An error leaves the outcome unknown.
pub(crate) async fn commit(connection: &mut Connection) -> Result<(), StoreError> {
    query("/* copying::commit */ COMMIT").execute(connection).await?;
    Ok(())
}

/// Lets nobody ever write to a copy, whoever serves it at this moment: there is no head to take any more.
pub(crate) async fn give_up(connection: &mut Connection) -> Result<(), StoreError> {
    const MARK: &str = "/* copying::given_up */ INSERT INTO meta (name, value) VALUES ('given_up', $1)";
    query("/* copying::behead */ DELETE FROM head").execute(&mut *connection).await?;
    query(MARK).bind(&[][..]).execute(&mut *connection).await?;
    commit(connection).await
}
