//! The agencies' statement keys: registered, revoked from a leaf on; never removed, the ledger's signatures name them.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId,
    note::{KeyId, VerifierKey},
};

use super::{
    StoreError, Tx,
    engine::{Connection, Row, query},
    rows::expect_rows,
};

/// A registered statement key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementKeyRow {
    /// Whose it is.
    pub agency: AgencyId,
    /// The public key with its name.
    pub vkey: VerifierKey,
    /// The leaf that registered it.
    pub since_leaf: i64,
    /// From which leaf on its signatures do not count; none: it is not revoked.
    pub revoked_leaf: Option<i64>,
}

impl StatementKeyRow {
    /// Whether the key's signature on this leaf counts: the key was registered before the leaf and not revoked by then. A
    /// leaf bounds it and no date does, because a date can be claimed and a leaf cannot.
    pub fn counts_at(&self, leaf_index: i64) -> bool {
        self.since_leaf < leaf_index && self.revoked_leaf.is_none_or(|revoked| leaf_index < revoked)
    }

    /// The agency's keys, revoked ones too, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails, or a key is none that this version knows.
    pub async fn of(connection: &mut Connection, agency: &AgencyId) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* statement_keys::of */ SELECT a.agency_id, s.vkey, s.since_leaf, s.revoked_leaf \
             FROM agency a JOIN statement_key s ON s.agency_no = a.agency_no WHERE a.agency_id = $1 ORDER BY s.since_leaf";
        let rows = query(SQL).bind(agency.as_str()).fetch_all(connection).await?;
        rows.iter().map(read).collect()
    }

    /// All keys, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails, or a key is none that this version knows.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* statement_keys::all */ SELECT a.agency_id, s.vkey, s.since_leaf, s.revoked_leaf \
             FROM statement_key s JOIN agency a ON a.agency_no = s.agency_no ORDER BY s.since_leaf";
        query(SQL).fetch_all(connection).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<StatementKeyRow, StoreError> {
    let value = |column| StoreError::Value { column };
    let (agency, vkey): (&str, &str) = (row.try_get("agency_id")?, row.try_get("vkey")?);
    Ok(StatementKeyRow {
        agency: agency.parse().map_err(|_| value("agency.agency_id"))?,
        vkey: vkey.parse().map_err(|_| value("statement_key.vkey"))?,
        since_leaf: row.try_get("since_leaf")?,
        revoked_leaf: row.try_get("revoked_leaf")?,
    })
}

/// A key's id as the wire and the tables write it: 8 lower-case hexadecimal digits.
pub(crate) fn key_id_text(key_id: KeyId) -> String {
    format!("{key_id:08x}")
}

impl Tx<'_> {
    /// Registers a statement key with the leaf that says so.
    ///
    /// # Errors
    /// If the engine fails, or the agency has a key of this id.
    pub async fn add_statement_key(
        &mut self,
        agency: AgencyNo,
        vkey: &VerifierKey,
        since_leaf: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* statement_keys::add */ INSERT INTO statement_key (agency_no, key_id, vkey, since_leaf) \
                           VALUES ($1, $2, $3, $4)";
        let query = query(SQL).bind(agency.0).bind(key_id_text(vkey.key_id()));
        let query = query.bind(vkey.to_string()).bind(since_leaf);
        expect_rows("statement_keys::add", query.execute(self.writing()).await?, 1)
    }

    /// Bounds a statement key: its signatures from this leaf on do not count.
    ///
    /// # Errors
    /// If the engine fails, or the agency has no key of this id.
    pub async fn revoke_statement_key(
        &mut self,
        agency: AgencyNo,
        key_id: KeyId,
        from_leaf: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* statement_keys::revoke */ UPDATE statement_key SET revoked_leaf = $3 \
                           WHERE agency_no = $1 AND key_id = $2";
        let query = query(SQL).bind(agency.0).bind(key_id_text(key_id)).bind(from_leaf);
        expect_rows("statement_keys::revoke", query.execute(self.writing()).await?, 1)
    }
}
