//! The hub's own keys, each since its leaf; the newest signs.

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as},
    rows::expect_rows,
};

/// A key that is, or was, in office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerKeyRow {
    /// The verifier key (C2SP signed-note).
    pub vkey: String,
    /// The leaf that put it in office.
    pub since_leaf: i64,
}

impl LedgerKeyRow {
    /// All of them, the newest last.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        const SQL: &str =
            "/* ledger_keys::all */ SELECT vkey, since_leaf FROM ledger_key ORDER BY since_leaf";
        let rows: Vec<(String, i64)> = query_as(SQL).fetch_all(connection).await?;
        Ok(rows.into_iter().map(|(vkey, since_leaf)| Self { vkey, since_leaf }).collect())
    }
}

impl Tx<'_> {
    /// Puts a key in office.
    ///
    /// # Errors
    /// If the engine fails, or the key was in office before.
    pub async fn put_ledger_key(&mut self, key: &LedgerKeyRow) -> Result<(), StoreError> {
        const SQL: &str = "/* ledger_keys::put */ INSERT INTO ledger_key (vkey, since_leaf) VALUES ($1, $2)";
        let query = query(SQL).bind(&key.vkey).bind(key.since_leaf);
        expect_rows("ledger_keys::put", query.execute(self.writing()).await?, 1)
    }
}
