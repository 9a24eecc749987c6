//! An issuer says that somebody has signed out (OpenID Connect Back-Channel Logout 1.0).

use std::time::{Duration, SystemTime};

use meldeverbund_people::{Attempt, Logout};

use super::{
    super::{Command, Failure, Lane},
    session::micros,
};
use crate::store::{LoggedOut, Tx};

/// How far an issuer's clock may be behind ours: who signed in here just before the logout is meant by it.
const SLACK: Duration = Duration::from_secs(30);

/// Ends what an issuer logs out.
#[derive(Debug)]
pub struct LogOut(pub Logout);

impl Command for LogOut {
    /// How many sessions ended.
    type Verdict = u64;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Failure> {
        let Logout { issuer, subject, session, issued_at } = &self.0;
        let since = issued_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at_us = micros(since + SLACK);
        // Longer than a sign-in that is under way can take.
        let until_us = tx.now_us().saturating_add(micros(2 * Attempt::term()));
        // Named with its session, a person is signed out of that session alone (section 2.7).
        if let Some(session) = session {
            tx.note_logged_out(issuer, LoggedOut::Session, session, at_us, until_us).await?;
            return Ok(tx.end_sessions_of_issuer_session(issuer, session).await?);
        }
        let Some(subject) = subject else { return Ok(0) };
        tx.note_logged_out(issuer, LoggedOut::Person, subject, at_us, until_us).await?;
        Ok(tx.end_sessions_of_person(issuer, subject, at_us).await?)
    }
}
