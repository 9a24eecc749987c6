//! Somebody has signed in.

use std::time::{Duration, SystemTime};

use meldeverbund_people::{Attempt, AttemptDigest, Officer, SessionDigest};

use super::{
    super::{Command, Failure, Lane, Verdict},
    SessionLimits,
    session::micros,
};
use crate::store::{LoggedOut, SessionRow, Tx};

/// Hubs behind one address have clocks of their own: a used attempt is remembered for this much longer than it is good.
const SLACK: Duration = Duration::from_secs(5 * 60);

/// Begins a session with an attempt that has succeeded.
#[derive(Debug)]
pub struct BeginSession {
    /// The attempt; it begins no other session.
    pub attempt: AttemptDigest,
    /// A new id's digest: whatever the browser held before is no session of this person (fixation).
    pub digest: SessionDigest,
    /// The session that the browser had until now, which ends.
    pub replaces: Option<SessionDigest>,
    /// Who signed in.
    pub officer: Officer,
    /// How long it lasts.
    pub limits: SessionLimits,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The session has begun.
    Begun,
    /// The attempt has begun a session before.
    UsedBefore,
    /// The issuer has logged the person out in the meantime.
    LoggedOut,
}

impl Verdict for Begun {}

impl Command for BeginSession {
    type Verdict = Begun;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Begun, Failure> {
        if tx.is_used_sign_in(self.attempt.as_bytes()).await? {
            return Ok(Begun::UsedBefore);
        }
        if self.is_logged_out(tx).await? {
            return Ok(Begun::LoggedOut);
        }
        // Here and not in a job of its own: who signs in pays for those who never signed out.
        tx.drop_overdue_sessions().await?;
        tx.drop_overdue_sign_ins().await?;
        let now_us = tx.now_us();
        let remembered_us = now_us.saturating_add(micros(Attempt::term() + SLACK));
        tx.use_sign_in(self.attempt.as_bytes(), remembered_us).await?;
        if let Some(replaced) = &self.replaces {
            tx.end_session(replaced.as_bytes()).await?;
        }
        tx.begin_session(&self.row(now_us)).await?;
        Ok(Begun::Begun)
    }
}

impl BeginSession {
    async fn is_logged_out(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let Officer { issuer, subject, session, .. } = &self.officer;
        if let Some(session) = session
            && tx.logged_out_at(issuer, LoggedOut::Session, session).await?.is_some()
        {
            return Ok(true);
        }
        let person = tx.logged_out_at(issuer, LoggedOut::Person, subject).await?;
        // Who has signed in again since is signed in.
        Ok(person.is_some_and(|at_us| micros_of(self.officer.authenticated_at) <= at_us))
    }

    fn row(&self, now_us: i64) -> SessionRow {
        let roles: Vec<_> = self.officer.roles.iter().map(|role| role.as_str()).collect();
        SessionRow {
            digest: self.digest.as_bytes().to_vec(),
            issuer: self.officer.issuer.clone(),
            subject: self.officer.subject.clone(),
            issuer_session: self.officer.session.clone(),
            agency_id: self.officer.agency.to_string(),
            roles: roles.join(" "),
            proceedings: self.officer.proceedings.to_string(),
            name: self.officer.name.clone(),
            authenticated_at_us: micros_of(self.officer.authenticated_at),
            begun_at_us: now_us,
            seen_at_us: now_us,
            ends_at_us: now_us.saturating_add(micros(self.limits.total)),
        }
    }
}

fn micros_of(at: SystemTime) -> i64 {
    micros(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}
