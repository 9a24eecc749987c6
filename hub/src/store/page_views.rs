//! The access log of views: who saw which targets at the console.

use meldeverbund_proto::TargetId;

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    rows::expect_rows,
};

/// A page that somebody saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageViewRow {
    /// Its place among the views that are kept.
    pub no: i64,
    /// When, microseconds since 1970 UTC.
    pub at_us: i64,
    /// The person's agency.
    pub agency_id: String,
    /// Who vouches for the person.
    pub issuer: String,
    /// The issuer's name for the person.
    pub officer: String,
    /// Roles' names, with blanks between them.
    pub roles: String,
    /// The page's name.
    pub page: String,
    /// The targets that stood on it.
    pub shown: Vec<TargetId>,
}

impl FromRow for PageViewRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let shown: &[u8] = row.try_get(7)?;
        let (ids, rest) = shown.as_chunks();
        if !rest.is_empty() {
            return Err(sqlx::Error::Decode("page_view.shown holds no ids".into()));
        }
        Ok(Self {
            no: row.try_get(0)?,
            at_us: row.try_get(1)?,
            agency_id: row.try_get(2)?,
            issuer: row.try_get(3)?,
            officer: row.try_get(4)?,
            roles: row.try_get(5)?,
            page: row.try_get(6)?,
            shown: ids.iter().map(|id| TargetId::from_bytes(*id)).collect(),
        })
    }
}

impl PageViewRow {
    /// The views of a time that begins so (µs since 1970 UTC) and ends before this place (time and number), the newest first,
    /// at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn before(
        connection: &mut Connection,
        from_us: i64,
        (at_us, no): (i64, i64),
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* page_views::before */ SELECT view_no, at_us, agency_id, issuer, officer, roles, page, shown \
             FROM page_view WHERE at_us >= $1 AND at_us <= $2 AND (at_us < $2 OR view_no < $3) \
             ORDER BY at_us DESC, view_no DESC LIMIT $4";
        query_as(SQL).bind(from_us).bind(at_us).bind(no).bind(most).fetch_all(connection).await
    }
}

impl Tx<'_> {
    /// Notes what somebody is about to see; its number is given here, and its time is now.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_view(&mut self, view: &PageViewRow) -> Result<(), StoreError> {
        const SQL: &str = "/* page_views::note */ INSERT INTO page_view \
             (view_no, at_us, agency_id, issuer, officer, roles, page, shown) \
             SELECT coalesce(max(r.view_no), 0) + 1, $1, $2, $3, $4, $5, $6, $7 FROM page_view r";
        let PageViewRow { agency_id, issuer, officer, roles, page, shown, .. } = view;
        let shown: Vec<u8> = shown.iter().flat_map(|id| *id.as_bytes()).collect();
        let now_us = self.now_us();
        let query = query(SQL).bind(now_us).bind(agency_id).bind(issuer).bind(officer);
        let query = query.bind(roles).bind(page).bind(shown);
        expect_rows("page_views::note", query.execute(self.writing()).await?, 1)
    }

    /// Erases views that are older than this (µs since 1970 UTC), the oldest first, at most so many; how many went.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn erase_views(&mut self, before_us: i64, most: i64) -> Result<u64, StoreError> {
        const SQL: &str = "/* page_views::erase */ DELETE FROM page_view WHERE view_no IN \
             (SELECT v.view_no FROM page_view v WHERE v.at_us < $1 ORDER BY v.at_us LIMIT $2)";
        query(SQL).bind(before_us).bind(most).execute(self.writing()).await
    }
}
