//! Attempts to sign in that have succeeded, and what issuers logged out while others were under way.

use super::{
    StoreError, Tx,
    engine::{query, query_scalar},
};

/// What an issuer logs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedOut {
    /// One of its own sessions.
    Session,
    /// A person, wherever signed in.
    Person,
}

impl LoggedOut {
    fn code(self) -> i64 {
        match self {
            Self::Session => 0,
            Self::Person => 1,
        }
    }
}

impl Tx<'_> {
    /// Uses an attempt up; false if it was before. Remembered until the given time.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn use_sign_in(&mut self, digest: &[u8; 32], until_us: i64) -> Result<bool, StoreError> {
        const SQL: &str = "/* sign_ins::use */ INSERT INTO used_sign_in (digest, until_us) VALUES ($1, $2) \
                           ON CONFLICT (digest) DO NOTHING";
        Ok(query(SQL).bind(digest).bind(until_us).execute(self.writing()).await? == 1)
    }

    /// Whether an attempt was used up.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn is_used_sign_in(&mut self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        const SQL: &str = "/* sign_ins::is_used */ SELECT until_us FROM used_sign_in WHERE digest = $1";
        let until_us: Option<i64> = query_scalar(SQL).bind(digest).fetch_optional(self.reading()).await?;
        Ok(until_us.is_some())
    }

    /// Notes that an issuer has logged out a session or a person at this time.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_logged_out(
        &mut self,
        issuer: &str,
        what: LoggedOut,
        name: &str,
        at_us: i64,
        until_us: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* sign_ins::note_logged_out */ INSERT INTO logged_out \
             (issuer, kind, name, at_us, until_us) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (issuer, kind, name) \
             DO UPDATE SET at_us = excluded.at_us, until_us = excluded.until_us WHERE logged_out.at_us < excluded.at_us";
        let query = query(SQL).bind(issuer).bind(what.code()).bind(name).bind(at_us).bind(until_us);
        query.execute(self.writing()).await?;
        Ok(())
    }

    /// When an issuer has logged this out last, if that was a moment ago.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn logged_out_at(
        &mut self,
        issuer: &str,
        what: LoggedOut,
        name: &str,
    ) -> Result<Option<i64>, StoreError> {
        const SQL: &str = "/* sign_ins::logged_out_at */ SELECT at_us FROM logged_out \
                           WHERE issuer = $1 AND kind = $2 AND name = $3";
        let query = query_scalar(SQL).bind(issuer).bind(what.code()).bind(name);
        query.fetch_optional(self.reading()).await
    }

    /// Forgets used attempts and logouts whose time is over.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn drop_overdue_sign_ins(&mut self) -> Result<(), StoreError> {
        const USED: &str = "/* sign_ins::drop_used */ DELETE FROM used_sign_in WHERE until_us <= $1";
        const LOGGED_OUT: &str =
            "/* sign_ins::drop_logged_out */ DELETE FROM logged_out WHERE until_us <= $1";
        let now_us = self.now_us();
        query(USED).bind(now_us).execute(self.writing()).await?;
        query(LOGGED_OUT).bind(now_us).execute(self.writing()).await?;
        Ok(())
    }
}
