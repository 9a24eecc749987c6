//! Certificates that nodes have shown.

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
};

/// A certificate as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    /// Whose node.
    pub agency_id: String,
    /// The node's name.
    pub node: String,
    /// The issuer's number for it, hexadecimal.
    pub serial: String,
    /// The public key's fingerprint.
    pub public_key: String,
    /// Valid up to this instant, microseconds since 1970 UTC.
    pub not_after_us: i64,
    /// When it was shown first.
    pub first_seen_us: i64,
    /// When it was shown last, to the hour.
    pub seen_at_us: i64,
}

impl FromRow for CertificateRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            agency_id: row.try_get(0)?,
            node: row.try_get(1)?,
            serial: row.try_get(2)?,
            public_key: row.try_get(3)?,
            not_after_us: row.try_get(4)?,
            first_seen_us: row.try_get(5)?,
            seen_at_us: row.try_get(6)?,
        })
    }
}

impl CertificateRow {
    /// All of them, by agency and node, the one that lasts longest first.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* certificates::all */ SELECT a.agency_id, k.node, k.serial, k.public_key, k.not_after_us, \
             k.first_seen_us, k.seen_at_us FROM certificate k JOIN agency a ON a.agency_no = k.agency_no \
             ORDER BY a.agency_no, k.node, k.not_after_us DESC, k.serial";
        query_as(SQL).fetch_all(connection).await
    }
}

impl Tx<'_> {
    /// Notes that a certificate is shown now; false if its agency is not registered.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_certificate(&mut self, row: &CertificateRow) -> Result<bool, StoreError> {
        const SQL: &str = "/* certificates::note */ INSERT INTO certificate \
             (agency_no, node, serial, public_key, not_after_us, first_seen_us, seen_at_us) \
             SELECT a.agency_no, $2, $3, $4, $5, $6, $6 FROM agency a WHERE a.agency_id = $1 \
             ON CONFLICT (agency_no, node, serial) DO UPDATE SET seen_at_us = excluded.seen_at_us";
        let now_us = self.now_us();
        let query = query(SQL).bind(&row.agency_id).bind(&row.node).bind(&row.serial);
        let query = query.bind(&row.public_key).bind(row.not_after_us).bind(now_us);
        Ok(query.execute(self.writing()).await? == 1)
    }
}
