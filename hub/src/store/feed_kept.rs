//! Up to where each agency's feed was kept when an epoch began: a cursor is an epoch and a sequence.

use meldeverbund_domain::AgencyNo;

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_scalar},
    rows::expect_rows,
};

/// Up to where of what an agency was told in this epoch its feed was kept; none: all of it.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn feed_kept(
    connection: &mut Connection,
    agency: AgencyNo,
    epoch: u32,
) -> Result<Option<i64>, StoreError> {
    const SQL: &str =
        "/* feed_kept::after */ SELECT min(sequence) FROM feed_kept WHERE agency_no = $1 AND epoch > $2";
    query_scalar(SQL).bind(agency.0).bind(i64::from(epoch)).fetch_one(connection).await
}

impl Tx<'_> {
    /// Notes that an epoch begins with the agencies' feeds as they are.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn keep_feeds(&mut self, epoch: u32) -> Result<(), StoreError> {
        const SQL: &str = "/* feed_kept::keep_all */ INSERT INTO feed_kept (agency_no, epoch, sequence) \
                           SELECT agency_no, $1, feed_sequence FROM agency";
        self.advance_feeds().await?;
        query(SQL).bind(i64::from(epoch)).execute(self.writing()).await?;
        Ok(())
    }

    /// Notes that nothing is kept of what this agency was told before this epoch: its registration itself was lost.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn keep_no_feed(&mut self, agency: AgencyNo, epoch: u32) -> Result<(), StoreError> {
        const SQL: &str = "/* feed_kept::keep_none */ INSERT INTO feed_kept (agency_no, epoch, sequence) \
                           VALUES ($1, $2, 0)";
        let done = query(SQL).bind(agency.0).bind(i64::from(epoch)).execute(self.writing()).await?;
        expect_rows("feed_kept::keep_none", done, 1)
    }
}
