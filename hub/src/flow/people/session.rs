//! A session as its pages see it.

use std::{collections::BTreeSet, time::Duration};

use meldeverbund_people::{Proceedings, Role, SessionDigest};
use meldeverbund_proto::AgencyId;

use super::super::Failure;
use crate::store::{Connection, SessionRow, StoreError};

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without being used.
    pub idle: Duration,
    /// At all.
    pub total: Duration,
}

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it is known by.
    pub digest: [u8; 32],
    /// Who vouched for the person.
    pub issuer: String,
    /// The issuer's name for the person.
    pub subject: String,
    /// The person's agency.
    pub agency: AgencyId,
    /// What the person may be. A role that this version does not know is none.
    pub roles: BTreeSet<Role>,
    /// The person's own proceedings. What this version cannot read is none.
    pub proceedings: Proceedings,
    /// The person's name for people.
    pub name: Option<String>,
    /// When the person proved to be that person, microseconds since 1970 UTC.
    pub authenticated_at_us: i64,
    /// When the session began.
    pub begun_at_us: i64,
    /// When it was used last, to the minute.
    pub seen_at_us: i64,
    /// When it ends unless it is used.
    pub idle_at_us: i64,
    /// When it ends at the latest.
    pub ends_at_us: i64,
}

/// How often the use of a session is written down: often enough for every idle limit, seldom enough for the writer.
const TOUCH_US: i64 = 60 * 1_000_000;

impl Default for SessionLimits {
    /// Half an hour away from the desk, and a shift with overtime.
    fn default() -> Self {
        Self { idle: Duration::from_secs(30 * 60), total: Duration::from_secs(10 * 3600) }
    }
}

impl Session {
    /// Whether it is time to write down that it is used.
    pub fn is_to_be_touched(&self, now_us: i64) -> bool {
        now_us.saturating_sub(self.seen_at_us) >= TOUCH_US
    }
}

/// The session with this digest; none if there is none or its time is over.
///
/// # Errors
/// If the database fails.
pub async fn session(
    connection: &mut Connection,
    digest: &SessionDigest,
    limits: &SessionLimits,
    now_us: i64,
) -> Result<Option<Session>, Failure> {
    let row = SessionRow::by_digest(connection, digest.as_bytes()).await?;
    Ok(row.map(|row| read(row, limits)).transpose()?.filter(|session| is_live(session, now_us)))
}

/// A person's sessions that are live, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn sessions_of(
    connection: &mut Connection,
    person: &Session,
    limits: &SessionLimits,
    now_us: i64,
) -> Result<Vec<Session>, Failure> {
    let rows = SessionRow::of_person(connection, &person.issuer, &person.subject).await?;
    let sessions = rows.into_iter().map(|row| read(row, limits)).collect::<Result<Vec<_>, _>>()?;
    Ok(sessions.into_iter().filter(|session| is_live(session, now_us)).collect())
}

fn is_live(session: &Session, now_us: i64) -> bool {
    now_us < session.ends_at_us && now_us < session.idle_at_us
}

fn read(row: SessionRow, limits: &SessionLimits) -> Result<Session, StoreError> {
    let broken = |column| StoreError::Value { column };
    Ok(Session {
        digest: row.digest.try_into().map_err(|_| broken("session.digest"))?,
        agency: row.agency_id.parse().map_err(|_| broken("session.agency_id"))?,
        roles: row.roles.split(' ').filter_map(|name| name.parse().ok()).collect(),
        proceedings: row.proceedings.parse().unwrap_or_default(),
        issuer: row.issuer,
        subject: row.subject,
        name: row.name,
        authenticated_at_us: row.authenticated_at_us,
        begun_at_us: row.begun_at_us,
        seen_at_us: row.seen_at_us,
        idle_at_us: row.seen_at_us.saturating_add(micros(limits.idle)),
        // Limits that were tightened count for sessions that began before.
        ends_at_us: row.ends_at_us.min(row.begun_at_us.saturating_add(micros(limits.total))),
    })
}

pub(super) fn micros(term: Duration) -> i64 {
    i64::try_from(term.as_micros()).unwrap_or(i64::MAX)
}
