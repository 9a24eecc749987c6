//! What agencies have asked of series of links on a day.

use meldeverbund_domain::{AgencyNo, liaison::Walk};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query},
    rows::{NewRow, insert},
};

/// Digest of what stands around the number of a link.
pub type Stem = [u8; 32];

/// What an agency has asked of one series on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkRow {
    /// Which day, counted since 1970 (UTC).
    pub day: i64,
    /// Whose questions.
    pub agency: AgencyNo,
    /// Which series.
    pub stem: Stem,
    /// The numbers.
    pub walk: Walk,
}

/// A row as it is written.
struct Written<'w>(&'w WalkRow, Vec<u8>);

impl NewRow for Written<'_> {
    const INTO: &'static str = "liaison_walk (day, agency_no, stem, runs)";
    const COLUMNS: usize = 4;
    const CONFLICT: &'static str = "ON CONFLICT (day, agency_no, stem) DO UPDATE SET runs = excluded.runs";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let Self(WalkRow { day, agency, stem, .. }, runs) = self;
        values.add(*day).add(agency.0).add(&stem[..]).add(&runs[..]);
    }
}

impl WalkRow {
    /// What the agency has asked of these series on that day, as far as it has.
    ///
    /// # Errors
    /// If the engine fails, or what it has are not the runs of a walk.
    pub async fn of(
        connection: &mut Connection,
        day: i64,
        agency: AgencyNo,
        stems: impl IntoIterator<Item = Stem>,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* liaison_walks::of */ SELECT liaison_walk.stem, liaison_walk.runs FROM {byte_strings $1} {join} liaison_walk \
                           ON liaison_walk.day = $2 AND liaison_walk.agency_no = $3 AND liaison_walk.stem = {bytes j.value}";
        let rows = query(SQL).bind_all(stems).bind(day).bind(agency.0).fetch_all(connection).await?;
        let read = |row: &super::engine::Row| {
            let (stem, runs): (&[u8], &[u8]) = (row.try_get("stem")?, row.try_get("runs")?);
            let stem = stem.try_into().map_err(|_| StoreError::Value { column: "liaison_walk.stem" })?;
            let walk = Walk::from_bytes(runs).ok_or(StoreError::Value { column: "liaison_walk.runs" })?;
            Ok(Self { day, agency, stem, walk })
        };
        rows.iter().map(read).collect()
    }
}

impl Tx<'_> {
    /// Keeps what agencies have asked of series, each once.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_walks(&mut self, rows: &[WalkRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let written: Vec<_> = rows.iter().map(|row| Written(row, row.walk.to_bytes())).collect();
        insert(self.writing(), &written).await
    }

    /// Forgets days before this one, at most so many rows; how many went.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget_walks(&mut self, before_day: i64, most: i64) -> Result<u64, StoreError> {
        const SQL: &str = "/* liaison_walks::forget */ DELETE FROM liaison_walk WHERE (day, agency_no, stem) IN \
                           (SELECT day, agency_no, stem FROM liaison_walk WHERE day < $1 \
                           ORDER BY day, agency_no, stem LIMIT $2)";
        query(SQL).bind(before_day).bind(most).execute(self.writing()).await
    }
}
