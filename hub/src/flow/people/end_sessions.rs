//! Somebody signs out, here or everywhere.

use meldeverbund_people::SessionDigest;

use super::super::{Command, Failure, Lane};
use crate::store::Tx;

/// Ends one session.
#[derive(Debug)]
pub struct EndSession(pub SessionDigest);

impl Command for EndSession {
    /// Whether there was one.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        Ok(tx.end_session(self.0.as_bytes()).await?)
    }
}

/// Ends all sessions of a person, on whichever device.
#[derive(Debug)]
pub struct EndSessionsOfPerson {
    /// Who vouches for the person.
    pub issuer: String,
    /// The issuer's name for the person.
    pub subject: String,
}

impl Command for EndSessionsOfPerson {
    /// How many there were.
    type Verdict = u64;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Failure> {
        Ok(tx.end_sessions_of_person(&self.issuer, &self.subject, i64::MAX).await?)
    }
}
