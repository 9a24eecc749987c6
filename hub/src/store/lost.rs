//! Checkpoints that this ledger's key has signed and this database does not continue, as nodes showed them.

use meldeverbund_domain::AgencyNo;

use super::{
    CheckpointRow, StoreError, Tx, checkpoints,
    engine::{Connection, query, query_as},
};

impl CheckpointRow {
    /// The newest one that was lost, of this epoch or a later one.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn newest_lost(
        connection: &mut Connection,
        from_epoch: u32,
    ) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* lost::newest */ SELECT epoch, size, root, note FROM lost_checkpoint \
                           WHERE epoch >= $1 ORDER BY epoch DESC, size DESC LIMIT 1";
        let query = query_as(SQL).bind(i64::from(from_epoch));
        let row: Option<checkpoints::Stored> = query.fetch_optional(connection).await?;
        row.map(checkpoints::read).transpose()
    }
}

impl Tx<'_> {
    /// Notes a lost checkpoint that an agency's node has shown; false if it is known.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_lost(&mut self, row: &CheckpointRow, shown_by: AgencyNo) -> Result<bool, StoreError> {
        const SQL: &str = "/* lost::note */ INSERT INTO lost_checkpoint \
             (epoch, size, root, note, agency_no, shown_at_us) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (epoch, size) DO NOTHING";
        let query = query(SQL).bind(i64::from(row.epoch)).bind(row.size.cast_signed());
        let query = query.bind(&row.root[..]).bind(&row.note).bind(shown_by.0).bind(self.now_us());
        Ok(query.execute(self.writing()).await? == 1)
    }
}
