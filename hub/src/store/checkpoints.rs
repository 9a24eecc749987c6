//! Published checkpoints, and what witnesses say of them.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::leaf::Digest;

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as},
    faults::{Point, around},
    head::epoch_from,
    rows::expect_rows,
};

/// A published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// The log's epoch.
    pub epoch: u32,
    /// How many leaves.
    pub size: u64,
    /// Their root.
    pub root: Digest,
    /// The note as the hub signed it.
    pub note: String,
}

pub(super) type Stored = (i64, i64, Vec<u8>, String);

impl CheckpointRow {
    /// The newest one.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn newest(connection: &mut Connection) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* checkpoints::newest */ SELECT epoch, size, root, note FROM checkpoint \
                           WHERE epoch > 0 ORDER BY epoch DESC, size DESC LIMIT 1";
        let row: Option<Stored> = query_as(SQL).fetch_optional(connection).await?;
        row.map(read).transpose()
    }

    /// The newest ones, the newest first, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn last(connection: &mut Connection, most: u32) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* checkpoints::last */ SELECT epoch, size, root, note FROM checkpoint \
                           WHERE epoch > 0 ORDER BY epoch DESC, size DESC LIMIT $1";
        let rows: Vec<Stored> = query_as(SQL).bind(most).fetch_all(connection).await?;
        rows.into_iter().map(read).collect()
    }

    /// The newest one of an epoch.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn last_of(connection: &mut Connection, epoch: u32) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* checkpoints::last_of */ SELECT epoch, size, root, note FROM checkpoint \
                           WHERE epoch = $1 ORDER BY size DESC LIMIT 1";
        let row: Option<Stored> = query_as(SQL).bind(epoch).fetch_optional(connection).await?;
        row.map(read).transpose()
    }

    /// The one of this epoch and size.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn at(connection: &mut Connection, epoch: u32, size: u64) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* checkpoints::at */ SELECT epoch, size, root, note FROM checkpoint \
                           WHERE epoch = $1 AND size = $2";
        let query = query_as(SQL).bind(i64::from(epoch)).bind(size.cast_signed());
        let row: Option<Stored> = query.fetch_optional(connection).await?;
        row.map(read).transpose()
    }

    /// Those behind this place in the order of epochs and sizes, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn after(
        connection: &mut Connection,
        (epoch, size): (u32, u64),
        most: u32,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* checkpoints::after */ SELECT epoch, size, root, note FROM checkpoint \
                           WHERE (epoch, size) > ($1, $2) ORDER BY epoch, size LIMIT $3";
        let query = query_as(SQL).bind(i64::from(epoch)).bind(size.cast_signed()).bind(i64::from(most));
        let rows: Vec<Stored> = query.fetch_all(connection).await?;
        rows.into_iter().map(read).collect()
    }

    /// The witnesses' signature lines on it, in the order of their agencies.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn cosignatures(
        &self,
        connection: &mut Connection,
    ) -> Result<Vec<(AgencyNo, String)>, StoreError> {
        const SQL: &str = "/* checkpoints::cosignatures */ SELECT agency_no, line FROM cosignature \
                           WHERE epoch = $1 AND size = $2 ORDER BY agency_no";
        let query = query_as(SQL).bind(i64::from(self.epoch)).bind(self.size.cast_signed());
        let rows: Vec<(i64, String)> = query.fetch_all(connection).await?;
        Ok(rows.into_iter().map(|(agency, line)| (AgencyNo(agency), line)).collect())
    }
}

impl Tx<'_> {
    /// Publishes a checkpoint.
    ///
    /// # Errors
    /// If the engine fails, or it is published already.
    pub async fn publish(&mut self, row: &CheckpointRow) -> Result<(), StoreError> {
        const SQL: &str = "/* checkpoints::publish */ INSERT INTO checkpoint (epoch, size, root, note) VALUES ($1, $2, $3, $4)";
        let query = query(SQL).bind(i64::from(row.epoch)).bind(row.size.cast_signed());
        let query = query.bind(&row.root[..]).bind(&row.note);
        let published =
            async { expect_rows("checkpoints::publish", query.execute(self.writing()).await?, 1) };
        around(Point::Publish, published).await
    }

    /// Keeps an agency's word for a published checkpoint; false if it has given it before.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn keep_cosignature(
        &mut self,
        (epoch, size): (u32, u64),
        agency: AgencyNo,
        line: &str,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "/* checkpoints::keep_cosignature */ INSERT INTO cosignature (epoch, size, agency_no, line) \
                           VALUES ($1, $2, $3, $4) ON CONFLICT (epoch, size, agency_no) DO NOTHING";
        let query = query(SQL).bind(i64::from(epoch)).bind(size.cast_signed());
        let query = query.bind(agency.0).bind(line);
        Ok(query.execute(self.writing()).await? == 1)
    }
}

pub(super) fn read((epoch, size, root, note): Stored) -> Result<CheckpointRow, StoreError> {
    let root = root.try_into().map_err(|_| StoreError::Value { column: "checkpoint.root" })?;
    Ok(CheckpointRow { epoch: epoch_from(epoch)?, size: size.cast_unsigned(), root, note })
}
