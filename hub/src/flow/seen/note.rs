//! Somebody is about to see targets.

use meldeverbund_proto::TargetId;

use super::super::{Command, Failure, Lane, Session};
use crate::store::{PageViewRow, Tx};

/// Notes that a person is about to see a page. One row, in the transaction of whatever else waits; no leaf: it decides
/// nothing, and it is erased.
#[derive(Debug)]
pub struct NoteView(PageViewRow);

impl NoteView {
    /// The person of this session is about to see this page, with these targets on it.
    pub fn new(session: &Session, page: &str, shown: Vec<TargetId>) -> Self {
        let roles: Vec<_> = session.roles.iter().map(|role| role.as_str()).collect();
        Self(PageViewRow {
            // Both are given where it is written.
            no: 0,
            at_us: 0,
            agency_id: session.agency.to_string(),
            issuer: session.issuer.clone(),
            officer: session.subject.clone(),
            roles: roles.join(" "),
            page: page.to_owned(),
            shown,
        })
    }
}

impl Command for NoteView {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        Ok(tx.note_view(&self.0).await?)
    }
}
