//! The agencies' witness keys: a dropped one vouches for nothing any more, and stays to say what it vouched for.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{AgencyId, note::VerifierKey};

use super::{
    StoreError, Tx,
    engine::{Connection, Row, query},
    rows::expect_rows,
};

/// A registered witness key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKeyRow {
    /// Whose it is.
    pub agency: AgencyId,
    /// Its number.
    pub agency_no: AgencyNo,
    /// The public key with its name.
    pub vkey: VerifierKey,
    /// The leaf that registered it.
    pub since_leaf: i64,
    /// The leaf that dropped it; none: it is in use.
    pub dropped_leaf: Option<i64>,
}

impl WitnessKeyRow {
    /// The agency's keys, dropped ones too, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails, or a key is none that this version knows.
    pub async fn of(connection: &mut Connection, agency: &AgencyId) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* witness_keys::of */ SELECT a.agency_id, a.agency_no, w.vkey, w.since_leaf, w.dropped_leaf \
             FROM agency a JOIN witness_key w ON w.agency_no = a.agency_no WHERE a.agency_id = $1 ORDER BY w.since_leaf";
        let rows = query(SQL).bind(agency.as_str()).fetch_all(connection).await?;
        rows.iter().map(read).collect()
    }

    /// All keys, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails, or a key is none that this version knows.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* witness_keys::all */ SELECT a.agency_id, a.agency_no, w.vkey, w.since_leaf, w.dropped_leaf \
             FROM witness_key w JOIN agency a ON a.agency_no = w.agency_no ORDER BY w.since_leaf";
        query(SQL).fetch_all(connection).await?.iter().map(read).collect()
    }
}

impl Tx<'_> {
    /// Registers a witness key with the leaf that says so.
    ///
    /// # Errors
    /// If the engine fails, or the key was registered before.
    pub async fn add_witness_key(
        &mut self,
        agency: AgencyNo,
        vkey: &VerifierKey,
        since_leaf: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* witness_keys::add */ INSERT INTO witness_key (vkey, agency_no, since_leaf) VALUES ($1, $2, $3)";
        let query = query(SQL).bind(vkey.to_string()).bind(agency.0).bind(since_leaf);
        expect_rows("witness_keys::add", query.execute(self.writing()).await?, 1)
    }

    /// Drops a witness key with the leaf that says so.
    ///
    /// # Errors
    /// If the engine fails, or there is no such key in use.
    pub async fn drop_witness_key(
        &mut self,
        vkey: &VerifierKey,
        dropped_leaf: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* witness_keys::drop */ UPDATE witness_key SET dropped_leaf = $2 \
                           WHERE vkey = $1 AND dropped_leaf IS NULL";
        let query = query(SQL).bind(vkey.to_string()).bind(dropped_leaf);
        expect_rows("witness_keys::drop", query.execute(self.writing()).await?, 1)
    }
}

fn read(row: &Row) -> Result<WitnessKeyRow, StoreError> {
    let value = |column| StoreError::Value { column };
    let (agency, vkey): (&str, &str) = (row.try_get("agency_id")?, row.try_get("vkey")?);
    Ok(WitnessKeyRow {
        agency: agency.parse().map_err(|_| value("agency.agency_id"))?,
        agency_no: AgencyNo(row.try_get("agency_no")?),
        vkey: vkey.parse().map_err(|_| value("witness_key.vkey"))?,
        since_leaf: row.try_get("since_leaf")?,
        dropped_leaf: row.try_get("dropped_leaf")?,
    })
}
