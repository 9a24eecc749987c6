//! The nodes' stores, and up to where each has applied its feed.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::InstanceId;

use super::{
    StoreError, Tx,
    engine::{Connection, query},
    rows::expect_rows,
};

/// A node's store as the hub knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRow {
    /// Whose node.
    pub agency_id: String,
    /// The store.
    pub instance: InstanceId,
    /// Up to where it has applied the feed.
    pub acknowledged: i64,
    /// The newest row of the agency's feed.
    pub feed_sequence: i64,
    /// When it last acknowledged, microseconds since 1970 UTC.
    pub seen_at_us: i64,
}

impl Tx<'_> {
    /// Notes up to where a node has applied its feed; never goes back.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn acknowledge(
        &mut self,
        agency: AgencyNo,
        instance: InstanceId,
        sequence: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* instances::acknowledge */ INSERT INTO instance \
             (agency_no, instance_id, acknowledged, seen_at_us) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (agency_no, instance_id) DO UPDATE SET \
             acknowledged = CASE WHEN instance.acknowledged > excluded.acknowledged \
                 THEN instance.acknowledged ELSE excluded.acknowledged END, seen_at_us = excluded.seen_at_us";
        let query =
            query(SQL).bind(agency.0).bind(&instance.as_bytes()[..]).bind(sequence).bind(self.now_us());
        expect_rows("instances::acknowledge", query.execute(self.writing()).await?, 1)?;
        self.note_acknowledgement(agency, sequence).await
    }
}

impl InstanceRow {
    /// All nodes' stores.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* instances::all */ SELECT a.agency_id, i.instance_id, i.acknowledged, a.feed_sequence, i.seen_at_us \
             FROM instance i JOIN agency a ON a.agency_no = i.agency_no ORDER BY a.agency_no, i.instance_id";
        let rows = query(SQL).fetch_all(connection).await?;
        rows.iter()
            .map(|row| {
                let id: &[u8] = row.try_get("instance_id")?;
                let id = id.try_into().map_err(|_| StoreError::Value { column: "instance.instance_id" })?;
                Ok(Self {
                    agency_id: row.try_get("agency_id")?,
                    instance: InstanceId::from_bytes(id),
                    acknowledged: row.try_get("acknowledged")?,
                    feed_sequence: row.try_get("feed_sequence")?,
                    seen_at_us: row.try_get("seen_at_us")?,
                })
            })
            .collect()
    }
}
