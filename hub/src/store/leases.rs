//! Leases: which hub does which job.

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as},
    rows::expect_rows,
};

/// Who does a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRow {
    /// The job.
    pub name: String,
    /// The hub's process, 16 random bytes.
    pub holder: Vec<u8>,
    /// Grows whenever another hub takes the job over.
    pub fence: i64,
    /// Grows with everything that the holder says of it.
    pub renewals: i64,
    /// Until when, in the ledger's time, microseconds since 1970 UTC.
    pub until_us: i64,
}

const COLUMNS: &str = "name, holder, fence, renewals, until_us";

type Stored = (String, Vec<u8>, i64, i64, i64);

impl LeaseRow {
    /// All of them.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        let sql = format!("/* leases::all */ SELECT {COLUMNS} FROM lease ORDER BY name");
        let rows: Vec<Stored> = query_as(sql).fetch_all(connection).await?;
        Ok(rows.into_iter().map(read).collect())
    }
}

impl Tx<'_> {
    /// Who does this job; none: nobody ever did.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn lease(&mut self, name: &str) -> Result<Option<LeaseRow>, StoreError> {
        let sql = format!("/* leases::by_name */ SELECT {COLUMNS} FROM lease WHERE name = $1");
        let query = query_as(sql).bind(name);
        let row: Option<Stored> = query.fetch_optional(self.reading()).await?;
        Ok(row.map(read))
    }

    /// Writes who does a job.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_lease(&mut self, row: &LeaseRow) -> Result<(), StoreError> {
        const SQL: &str = "/* leases::put */ INSERT INTO lease (name, holder, fence, renewals, until_us) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, \
             fence = excluded.fence, renewals = excluded.renewals, until_us = excluded.until_us";
        let query = query(SQL).bind(&row.name).bind(&row.holder).bind(row.fence);
        let query = query.bind(row.renewals).bind(row.until_us);
        expect_rows("leases::put", query.execute(self.writing()).await?, 1)
    }

    /// Ends a holder's lease of a job now; false if it is not its own any more.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_lease(&mut self, name: &str, holder: &[u8]) -> Result<bool, StoreError> {
        const SQL: &str = "/* leases::end */ UPDATE lease SET until_us = $3, renewals = renewals + 1 \
             WHERE name = $1 AND holder = $2 AND until_us > $3";
        let query = query(SQL).bind(name).bind(holder).bind(self.now_us());
        Ok(query.execute(self.writing()).await? == 1)
    }
}

fn read((name, holder, fence, renewals, until_us): Stored) -> LeaseRow {
    LeaseRow { name, holder, fence, renewals, until_us }
}
