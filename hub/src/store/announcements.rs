//! What liaison bodies announced, and what the central office answered.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{CommandId, v1::AnnouncementState};

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    rows::expect_rows,
};

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementRow {
    /// Its leaf.
    pub leaf: i64,
    /// Who announced it.
    pub agency: AgencyNo,
    /// Its id.
    pub id: CommandId,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose token the officer had.
    pub issuer: String,
    /// The officer, as the token names them.
    pub officer: String,
    /// Where it stands.
    pub state: AnnouncementState,
    /// The request without its salt, in protobuf.
    pub body: Vec<u8>,
    /// The central office's words.
    pub answer: String,
    /// Who answered.
    pub answered_by: String,
    /// When, microseconds since 1970 UTC; 0: not yet.
    pub answered_at_us: i64,
}

const COLUMNS: &str = "leaf_index, agency_no, announcement_id, recorded_at_us, issuer, officer, state, body, answer, answered_by, \
                       answered_at_us";

impl FromRow for AnnouncementRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let state: i32 = row.try_get("state")?;
        Ok(Self {
            leaf: row.try_get("leaf_index")?,
            agency: AgencyNo(row.try_get("agency_no")?),
            id: super::disclosures::id(row, "announcement_id")?,
            recorded_at_us: row.try_get("recorded_at_us")?,
            issuer: row.try_get("issuer")?,
            officer: row.try_get("officer")?,
            state: AnnouncementState::try_from(state)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            body: row.try_get("body")?,
            answer: row.try_get("answer")?,
            answered_by: row.try_get("answered_by")?,
            answered_at_us: row.try_get("answered_at_us")?,
        })
    }
}

impl AnnouncementRow {
    /// The announcement of this leaf.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_leaf(connection: &mut Connection, leaf: i64) -> Result<Option<Self>, StoreError> {
        let sql =
            format!("/* announcements::by_leaf */ SELECT {COLUMNS} FROM announcement WHERE leaf_index = $1");
        query_as(sql).bind(leaf).fetch_optional(connection).await
    }

    /// The announcements with this id: of each liaison body one at the most.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_id(connection: &mut Connection, id: CommandId) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* announcements::by_id */ SELECT {COLUMNS} FROM announcement WHERE announcement_id = $1 ORDER BY leaf_index"
        );
        query_as(sql).bind(&id.as_bytes()[..]).fetch_all(connection).await
    }

    /// Announcements of an agency, or of all; the newest first, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn newest(
        connection: &mut Connection,
        agency: Option<AgencyNo>,
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* announcements::newest */ SELECT {COLUMNS} FROM announcement WHERE (agency_no = $1 OR $1 IS NULL) \
             ORDER BY leaf_index DESC LIMIT $2"
        );
        query_as(sql).bind(agency.map(|agency| agency.0)).bind(most).fetch_all(connection).await
    }
}

impl Tx<'_> {
    /// Keeps an announcement.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn add_announcement(&mut self, row: &AnnouncementRow) -> Result<(), StoreError> {
        let sql = format!(
            "/* announcements::add */ INSERT INTO announcement ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        );
        let query = query(sql).bind(row.leaf).bind(row.agency.0).bind(&row.id.as_bytes()[..]);
        let query =
            query.bind(row.recorded_at_us).bind(&row.issuer).bind(&row.officer).bind(row.state as i32);
        let query = query.bind(&row.body).bind(&row.answer).bind(&row.answered_by).bind(row.answered_at_us);
        expect_rows("announcements::add", query.execute(self.writing()).await?, 1)
    }

    /// Answers an announcement that waits.
    ///
    /// # Errors
    /// If the engine fails, or it does not wait.
    pub async fn answer_announcement(
        &mut self,
        leaf: i64,
        state: AnnouncementState,
        words: &str,
        by: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* announcements::answer */ UPDATE announcement SET state = $2, answer = $3, answered_by = $4, \
                           answered_at_us = $5 WHERE leaf_index = $1 AND answered_at_us = 0";
        let now_us = self.now_us();
        let query = query(SQL).bind(leaf).bind(state as i32).bind(words).bind(by).bind(now_us);
        expect_rows("announcements::answer", query.execute(self.writing()).await?, 1)
    }
}
