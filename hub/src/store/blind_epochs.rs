//! Epochs of blind questions, and how much agencies have had evaluated.

use meldeverbund_domain::{AgencyNo, blind::Budget};

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    rows::expect_rows,
};

/// An epoch of blind questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindEpochRow {
    /// Its number, from 1.
    pub epoch: u32,
    /// Its public key.
    pub public_key: [u8; 32],
    /// What makes its key, together with the seed; none: it is over.
    pub nonce: Option<[u8; 32]>,
    /// SHA-256 of its filter.
    pub filter_digest: [u8; 32],
    /// Entries of the filter.
    pub entries: i64,
    /// Its leaf.
    pub leaf: i64,
    /// When it took office, microseconds since 1970 UTC.
    pub from_us: i64,
    /// Until when it is evaluated, microseconds since 1970 UTC; none: it is in office.
    pub until_us: Option<i64>,
    /// The newest increment; 0: there is none.
    pub newest_increment: u32,
    /// Tags that came with increments.
    pub added: i64,
    /// Referrals before this leaf are in the filter or in an increment.
    pub seen_leaf: i64,
}

const COLUMNS: &str = "epoch, public_key, nonce, filter_digest, entries, leaf_index, from_us, until_us, newest_increment, \
                       added, seen_leaf";

impl FromRow for BlindEpochRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let bytes = |column: &str| exactly(row.try_get(column)?);
        let number = |column: &str| small(row.try_get(column)?);
        Ok(Self {
            epoch: number("epoch")?,
            public_key: bytes("public_key")?,
            nonce: row.try_get::<Option<&[u8]>>("nonce")?.map(exactly).transpose()?,
            filter_digest: bytes("filter_digest")?,
            entries: row.try_get("entries")?,
            leaf: row.try_get("leaf_index")?,
            from_us: row.try_get("from_us")?,
            until_us: row.try_get("until_us")?,
            newest_increment: number("newest_increment")?,
            added: row.try_get("added")?,
            seen_leaf: row.try_get("seen_leaf")?,
        })
    }
}

impl BlindEpochRow {
    /// The epochs that are not over, the newest first.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn live(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* blind_epochs::live */ SELECT {COLUMNS} FROM blind_epoch WHERE nonce IS NOT NULL ORDER BY epoch DESC"
        );
        query_as(sql).fetch_all(connection).await
    }

    /// The newest epoch, over or not.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn newest(connection: &mut Connection) -> Result<Option<Self>, StoreError> {
        let sql = format!(
            "/* blind_epochs::newest */ SELECT {COLUMNS} FROM blind_epoch ORDER BY epoch DESC LIMIT 1"
        );
        query_as(sql).fetch_optional(connection).await
    }
}

/// What an agency has had evaluated.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn blind_budget(
    connection: &mut Connection,
    agency: AgencyNo,
) -> Result<Budget, StoreError> {
    const SQL: &str = "/* blind_epochs::spent */ SELECT day, elements FROM blind_spent WHERE agency_no = $1";
    let row: Option<(i64, i64)> = query_as(SQL).bind(agency.0).fetch_optional(connection).await?;
    Ok(row.map(|(day, elements)| Budget { day, elements }).unwrap_or_default())
}

impl Tx<'_> {
    /// Puts an epoch in office.
    ///
    /// # Errors
    /// If the engine fails, or there is one with this number.
    pub async fn put_blind_epoch(&mut self, row: &BlindEpochRow) -> Result<(), StoreError> {
        let sql = format!(
            "/* blind_epochs::put */ INSERT INTO blind_epoch ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let query = query(sql).bind(i64::from(row.epoch)).bind(&row.public_key[..]);
        let query = query.bind(row.nonce.as_ref().map(|nonce| &nonce[..])).bind(&row.filter_digest[..]);
        let query = query.bind(row.entries).bind(row.leaf).bind(row.from_us).bind(row.until_us);
        let query = query.bind(i64::from(row.newest_increment)).bind(row.added).bind(row.seen_leaf);
        expect_rows("blind_epochs::put", query.execute(self.writing()).await?, 1)
    }

    /// Says until when epochs that are in office are still evaluated; how many were.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_blind_epochs(&mut self, until_us: i64) -> Result<u64, StoreError> {
        const SQL: &str =
            "/* blind_epochs::end */ UPDATE blind_epoch SET until_us = $1 WHERE until_us IS NULL";
        query(SQL).bind(until_us).execute(self.writing()).await
    }

    /// Ends all epochs now, also the one in office; how many there were.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_all_blind_epochs(&mut self) -> Result<u64, StoreError> {
        const SQL: &str =
            "/* blind_epochs::end_all */ UPDATE blind_epoch SET until_us = $1 WHERE nonce IS NOT NULL";
        let now_us = self.now_us();
        query(SQL).bind(now_us).execute(self.writing()).await
    }

    /// Forgets the nonce, and with it the key, of epochs that are evaluated no more; how many there were.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget_blind_keys(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "/* blind_epochs::forget_keys */ UPDATE blind_epoch SET nonce = NULL \
                           WHERE nonce IS NOT NULL AND until_us <= $1";
        let now_us = self.now_us();
        query(SQL).bind(now_us).execute(self.writing()).await
    }

    /// Notes that referrals before this leaf are in an epoch's set, with so many tags in increments up to this one.
    ///
    /// # Errors
    /// If the engine fails, or there is no such epoch.
    pub async fn put_blind_seen(
        &mut self,
        epoch: u32,
        seen_leaf: i64,
        newest_increment: u32,
        added: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* blind_epochs::seen */ UPDATE blind_epoch \
                           SET seen_leaf = $2, newest_increment = $3, added = $4 WHERE epoch = $1";
        let query = query(SQL).bind(i64::from(epoch)).bind(seen_leaf);
        let query = query.bind(i64::from(newest_increment)).bind(added);
        expect_rows("blind_epochs::seen", query.execute(self.writing()).await?, 1)
    }

    /// Notes what an agency has had evaluated.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_blind_budget(&mut self, agency: AgencyNo, budget: Budget) -> Result<(), StoreError> {
        const SQL: &str = "/* blind_epochs::put_spent */ INSERT INTO blind_spent (agency_no, day, elements) \
             VALUES ($1, $2, $3) ON CONFLICT (agency_no) DO UPDATE SET day = excluded.day, elements = excluded.elements";
        let query = query(SQL).bind(agency.0).bind(budget.day).bind(budget.elements);
        expect_rows("blind_epochs::put_spent", query.execute(self.writing()).await?, 1)
    }
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], sqlx::Error> {
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn small(number: i64) -> Result<u32, sqlx::Error> {
    number.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
