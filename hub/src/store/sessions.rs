//! Sessions of people: each known by a digest, none by what the browser holds.

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    rows::expect_rows,
};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Of the id that the browser holds.
    pub digest: Vec<u8>,
    /// Who vouched for the person.
    pub issuer: String,
    /// The issuer's name for the person.
    pub subject: String,
    /// The issuer's own session.
    pub issuer_session: Option<String>,
    /// The agency that the issuer belongs to.
    pub agency_id: String,
    /// Roles' names, with blanks between them.
    pub roles: String,
    /// References of the person's own proceedings, one a line.
    pub proceedings: String,
    /// The person's name for people.
    pub name: Option<String>,
    /// When the person proved to be that person.
    pub authenticated_at_us: i64,
    /// When the session began.
    pub begun_at_us: i64,
    /// When it was used last, roughly.
    pub seen_at_us: i64,
    /// When it ends at the latest.
    pub ends_at_us: i64,
}

const COLUMNS: &str = "digest, issuer, subject, issuer_session, agency_id, roles, proceedings, name, \
                       authenticated_at_us, begun_at_us, seen_at_us, ends_at_us";

impl FromRow for SessionRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            digest: row.try_get(0)?,
            issuer: row.try_get(1)?,
            subject: row.try_get(2)?,
            issuer_session: row.try_get(3)?,
            agency_id: row.try_get(4)?,
            roles: row.try_get(5)?,
            proceedings: row.try_get(6)?,
            name: row.try_get(7)?,
            authenticated_at_us: row.try_get(8)?,
            begun_at_us: row.try_get(9)?,
            seen_at_us: row.try_get(10)?,
            ends_at_us: row.try_get(11)?,
        })
    }
}

impl SessionRow {
    /// The session with this digest, whether it has ended by time or not.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_digest(
        connection: &mut Connection,
        digest: &[u8; 32],
    ) -> Result<Option<Self>, StoreError> {
        let sql = format!("/* sessions::by_digest */ SELECT {COLUMNS} FROM session WHERE digest = $1");
        query_as(sql).bind(digest).fetch_optional(connection).await
    }

    /// A person's sessions, the newest first.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn of_person(
        connection: &mut Connection,
        issuer: &str,
        subject: &str,
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* sessions::of_person */ SELECT {COLUMNS} FROM session WHERE issuer = $1 AND subject = $2 \
             ORDER BY begun_at_us DESC, digest"
        );
        query_as(sql).bind(issuer).bind(subject).fetch_all(connection).await
    }
}

impl Tx<'_> {
    /// Begins a session.
    ///
    /// # Errors
    /// If there is one with this digest, or the engine fails.
    pub async fn begin_session(&mut self, row: &SessionRow) -> Result<(), StoreError> {
        let sql = format!(
            "/* sessions::begin */ INSERT INTO session ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        let query = query(sql).bind(&row.digest).bind(&row.issuer).bind(&row.subject);
        let query = query.bind(row.issuer_session.as_deref()).bind(&row.agency_id).bind(&row.roles);
        let query = query
            .bind(&row.proceedings)
            .bind(row.name.as_deref())
            .bind(row.authenticated_at_us)
            .bind(row.begun_at_us);
        let query = query.bind(row.seen_at_us).bind(row.ends_at_us);
        expect_rows("sessions::begin", query.execute(self.writing()).await?, 1)
    }

    /// Notes that a session is being used now; false if it is gone, or was used later.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn touch_session(&mut self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        const SQL: &str = "/* sessions::touch */ UPDATE session SET seen_at_us = $2 \
                           WHERE digest = $1 AND seen_at_us < $2";
        let query = query(SQL).bind(digest).bind(self.now_us());
        Ok(query.execute(self.writing()).await? == 1)
    }

    /// Ends one session; false if there is none.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_session(&mut self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        const SQL: &str = "/* sessions::end */ DELETE FROM session WHERE digest = $1";
        Ok(query(SQL).bind(digest).execute(self.writing()).await? == 1)
    }

    /// Ends a person's sessions that began up to this time; how many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_sessions_of_person(
        &mut self,
        issuer: &str,
        subject: &str,
        begun_until_us: i64,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "/* sessions::end_of_person */ DELETE FROM session \
                           WHERE issuer = $1 AND subject = $2 AND begun_at_us <= $3";
        query(SQL).bind(issuer).bind(subject).bind(begun_until_us).execute(self.writing()).await
    }

    /// Ends what an issuer's own session has begun here; how many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_sessions_of_issuer_session(
        &mut self,
        issuer: &str,
        issuer_session: &str,
    ) -> Result<u64, StoreError> {
        const SQL: &str = "/* sessions::end_of_issuer_session */ DELETE FROM session \
                           WHERE issuer = $1 AND issuer_session = $2";
        query(SQL).bind(issuer).bind(issuer_session).execute(self.writing()).await
    }

    /// Ends every session; how many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn end_all_sessions(&mut self) -> Result<u64, StoreError> {
        query("/* sessions::end_all */ DELETE FROM session").execute(self.writing()).await
    }

    /// Removes sessions whose time is over; how many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn drop_overdue_sessions(&mut self) -> Result<u64, StoreError> {
        const SQL: &str = "/* sessions::drop_overdue */ DELETE FROM session WHERE ends_at_us <= $1";
        let query = query(SQL).bind(self.now_us());
        query.execute(self.writing()).await
    }
}
