//! Whom an epoch after a restore waits for: agencies that have not handed in again yet what was lost.

use meldeverbund_domain::AgencyNo;

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as, query_scalar},
    rows::expect_rows,
};

/// What liaison bodies are in `agency.kind`: they hand in nothing.
const LIAISON: i64 = 3;

/// The active agencies that this epoch still waits for, in the order in which they were registered.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn awaited(
    connection: &mut Connection,
    epoch: u32,
) -> Result<Vec<(AgencyNo, String)>, StoreError> {
    // A suspended agency can hand in nothing; it is waited for when it is let in again.
    const SQL: &str = "/* reconciliations::awaited */ SELECT r.agency_no, a.agency_id FROM reconciliation r \
         JOIN agency a ON a.agency_no = r.agency_no \
         WHERE r.epoch = $1 AND r.leaf_index IS NULL AND a.suspended = 0 ORDER BY r.agency_no";
    let rows: Vec<(i64, String)> = query_as(SQL).bind(i64::from(epoch)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(no, id)| (AgencyNo(no), id)).collect())
}

/// Whether this epoch waits, or will wait, for this agency.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn is_awaited(
    connection: &mut Connection,
    epoch: u32,
    agency: AgencyNo,
) -> Result<bool, StoreError> {
    const SQL: &str = "/* reconciliations::one */ SELECT count(*) FROM reconciliation \
                       WHERE epoch = $1 AND agency_no = $2 AND leaf_index IS NULL";
    let query = query_scalar::<i64>(SQL).bind(i64::from(epoch)).bind(agency.0);
    Ok(query.fetch_one(connection).await? > 0)
}

impl Tx<'_> {
    /// An epoch begins: it waits for every agency that may have handed something in.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn await_all(&mut self, epoch: u32) -> Result<(), StoreError> {
        const SQL: &str = "/* reconciliations::await_all */ INSERT INTO reconciliation (epoch, agency_no) \
                           SELECT $1, agency_no FROM agency WHERE kind <> $2";
        query(SQL).bind(i64::from(epoch)).bind(LIAISON).execute(self.writing()).await?;
        Ok(())
    }

    /// The epoch waits for this agency too.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn await_one(&mut self, epoch: u32, agency: AgencyNo) -> Result<(), StoreError> {
        const SQL: &str =
            "/* reconciliations::await_one */ INSERT INTO reconciliation (epoch, agency_no) VALUES ($1, $2)";
        let done = query(SQL).bind(i64::from(epoch)).bind(agency.0).execute(self.writing()).await?;
        expect_rows("reconciliations::await_one", done, 1)
    }

    /// This leaf says that the agency has handed in again, or need not.
    ///
    /// # Errors
    /// If the engine fails, or the epoch does not wait for it.
    pub async fn reconcile(&mut self, epoch: u32, agency: AgencyNo, leaf: i64) -> Result<(), StoreError> {
        const SQL: &str = "/* reconciliations::done */ UPDATE reconciliation SET leaf_index = $3 \
                           WHERE epoch = $1 AND agency_no = $2 AND leaf_index IS NULL";
        let query = query(SQL).bind(i64::from(epoch)).bind(agency.0).bind(leaf);
        expect_rows("reconciliations::done", query.execute(self.writing()).await?, 1)
    }
}
