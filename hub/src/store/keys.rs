//! Public keys of nodes whose administration issues no certificates with the federation's names.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::AgencyId;

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as},
    rows::expect_rows,
};

/// A registered public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280).
    pub fingerprint: [u8; 32],
    /// Whose it is.
    pub agency: AgencyId,
    /// The node's name.
    pub node: String,
}

impl KeyRow {
    /// All registered keys.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* keys::all */ SELECT k.fingerprint, a.agency_id, k.node \
                           FROM agency_key k JOIN agency a ON a.agency_no = k.agency_no ORDER BY k.fingerprint";
        let rows: Vec<(Vec<u8>, String, String)> = query_as(SQL).fetch_all(connection).await?;
        rows.into_iter()
            .map(|(fingerprint, agency, node)| {
                let value = |column| StoreError::Value { column };
                let fingerprint = fingerprint.try_into().map_err(|_| value("agency_key.fingerprint"))?;
                Ok(Self { fingerprint, agency: agency.parse().map_err(|_| value("agency.agency_id"))?, node })
            })
            .collect()
    }
}

impl Tx<'_> {
    /// Registers a public key; one that is registered already passes to this agency and node.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_key(
        &mut self,
        fingerprint: &[u8; 32],
        agency: AgencyNo,
        node: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* keys::put */ INSERT INTO agency_key (fingerprint, agency_no, node) VALUES ($1, $2, $3) \
                           ON CONFLICT (fingerprint) DO UPDATE SET agency_no = excluded.agency_no, node = excluded.node";
        let query = query(SQL).bind(&fingerprint[..]).bind(agency.0).bind(node);
        expect_rows("keys::put", query.execute(self.writing()).await?, 1)
    }

    /// Forgets a public key; false if it was not registered.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn drop_key(&mut self, fingerprint: &[u8; 32]) -> Result<bool, StoreError> {
        const SQL: &str = "/* keys::drop */ DELETE FROM agency_key WHERE fingerprint = $1";
        let done = query(SQL).bind(&fingerprint[..]).execute(self.writing()).await?;
        Ok(done == 1)
    }
}
