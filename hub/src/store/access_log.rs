//! The access log as it is read, and erased.

use meldeverbund_domain::{AgencyNo, liaison::DAY_US};
use meldeverbund_proto::statement::QueryMode;

use super::{
    QueryRow, StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    liaison_queries::COLUMNS,
    rows::expect_rows,
};

/// A reading of the access log, which is logged itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// When, microseconds since 1970 UTC.
    pub at_us: i64,
    /// Who read.
    pub reader: String,
    /// Why.
    pub reason: String,
    /// What was searched for; a link is not told.
    pub asked_for: String,
    /// How many questions were found.
    pub found: i64,
}

/// A question as the log shows it: who, when, why and how many, without what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedRow {
    /// Its leaf.
    pub leaf: i64,
    /// Who asked.
    pub agency: AgencyNo,
    /// When, microseconds since 1970 UTC.
    pub at_us: i64,
    /// Whose token the officer had.
    pub issuer: String,
    /// The officer, as the token names them.
    pub officer: String,
    /// For which purpose.
    pub purpose: String,
    /// In which case of the body.
    pub case_number: String,
    /// What the officer said beside it.
    pub reason: String,
    /// Whether the hub did not learn what was asked.
    pub is_blind: bool,
    /// How many selectors.
    pub selectors: i64,
}

impl QueryRow {
    /// The questions of a time that begins and ends so (µs since 1970 UTC), behind a leaf, in their order, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn between(
        connection: &mut Connection,
        from_us: i64,
        until_us: i64,
        after_leaf: i64,
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* access_log::between */ SELECT {COLUMNS} FROM liaison_query \
             WHERE leaf_index > $3 AND recorded_at_us >= $1 AND recorded_at_us < $2 ORDER BY leaf_index LIMIT $4"
        );
        query_as(sql).bind(from_us).bind(until_us).bind(after_leaf).bind(most).fetch_all(connection).await
    }
}

impl AskedRow {
    /// The questions of a time that begins so (µs since 1970 UTC) and ends before this place (time and leaf), the newest first,
    /// at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn before(
        connection: &mut Connection,
        from_us: i64,
        (at_us, leaf): (i64, i64),
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* access_log::before */ SELECT leaf_index, agency_no, recorded_at_us, issuer, officer, purpose, \
             case_number, reason, mode, selectors FROM liaison_query WHERE recorded_at_us >= $1 \
             AND recorded_at_us <= $2 AND (recorded_at_us < $2 OR leaf_index < $3) \
             ORDER BY recorded_at_us DESC, leaf_index DESC LIMIT $4";
        query_as(SQL).bind(from_us).bind(at_us).bind(leaf).bind(most).fetch_all(connection).await
    }
}

impl FromRow for AskedRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            leaf: row.try_get(0)?,
            agency: AgencyNo(row.try_get(1)?),
            at_us: row.try_get(2)?,
            issuer: row.try_get(3)?,
            officer: row.try_get(4)?,
            purpose: row.try_get(5)?,
            case_number: row.try_get(6)?,
            reason: row.try_get(7)?,
            is_blind: row.try_get::<i64>(8)? == QueryMode::Blind as i64,
            selectors: row.try_get(9)?,
        })
    }
}

impl ReadRow {
    /// The newest readings, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn newest(connection: &mut Connection, most: i64) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* access_log::reads */ SELECT at_us, reader, reason, asked_for, found FROM access_read \
                           ORDER BY read_no DESC LIMIT $1";
        let rows: Vec<(i64, String, String, String, i64)> =
            query_as(SQL).bind(most).fetch_all(connection).await?;
        let read =
            |(at_us, reader, reason, asked_for, found)| Self { at_us, reader, reason, asked_for, found };
        Ok(rows.into_iter().map(read).collect())
    }
}

impl Tx<'_> {
    /// Notes that somebody has read the access log.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_read(
        &mut self,
        reader: &str,
        reason: &str,
        asked_for: &str,
        found: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* access_log::note_read */ INSERT INTO access_read (read_no, at_us, reader, reason, asked_for, found) \
                           SELECT coalesce(max(r.read_no), 0) + 1, $1, $2, $3, $4, $5 FROM access_read r";
        let now_us = self.now_us();
        let query = query(SQL).bind(now_us).bind(reader).bind(reason).bind(asked_for).bind(found);
        expect_rows("access_log::note_read", query.execute(self.writing()).await?, 1)
    }

    /// Erases log data of liaison that is older than this (µs since 1970 UTC), of each table at most so many rows; how many went.
    /// A disclosure that is not answered stays.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn erase_liaison(&mut self, before_us: i64, most: i64) -> Result<u64, StoreError> {
        const QUERIES: &str = "/* access_log::erase_queries */ DELETE FROM liaison_query WHERE leaf_index IN \
             (SELECT q.leaf_index FROM liaison_query q WHERE q.recorded_at_us < $1 ORDER BY q.recorded_at_us LIMIT $2)";
        const ANNOUNCEMENTS: &str = "/* access_log::erase_announcements */ DELETE FROM announcement WHERE leaf_index IN \
             (SELECT n.leaf_index FROM announcement n WHERE n.recorded_at_us < $1 ORDER BY n.leaf_index LIMIT $2)";
        const DISCLOSURES: &str = "/* access_log::erase_disclosures */ DELETE FROM disclosure WHERE leaf_index IN \
             (SELECT d.leaf_index FROM disclosure d WHERE d.recorded_at_us < $1 AND d.answered_at_us <> 0 \
             ORDER BY d.leaf_index LIMIT $2)";
        const SIGNALS: &str = "/* access_log::erase_signals */ DELETE FROM liaison_signal WHERE at_us < $1";
        const READS: &str = "/* access_log::erase_reads */ DELETE FROM access_read WHERE at_us < $1";
        let mut erased = 0;
        for sql in [QUERIES, ANNOUNCEMENTS, DISCLOSURES] {
            erased += query(sql).bind(before_us).bind(most).execute(self.writing()).await?;
        }
        for sql in [SIGNALS, READS] {
            erased += query(sql).bind(before_us).execute(self.writing()).await?;
        }
        erased += self.forget_walks(before_us.div_euclid(DAY_US), most).await?;
        Ok(erased)
    }
}
