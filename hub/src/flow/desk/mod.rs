//! What the central office's pages ask: reading alone. Each answer fits one state of the database, and finds its rows by key.

mod contests;
mod holds;
mod judged;
mod links;
mod pairs;
mod parties;
mod proceeding;
mod proceedings;
mod releases;
mod search;

use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};

pub(crate) use self::{
    contests::{Contest, ContestsPage, contests},
    holds::{Held, HeldPage, HoldLine, held_targets, holds_of},
    judged::{Happened, JudgedRecord, happened, happened_last, judged_at, newest_judged},
    links::{Name, names},
    pairs::{Pair, pair, waiting_pairs},
    parties::{Party, newest_decision, parties},
    proceeding::{ProceedingPage, ProceedingTarget, proceeding},
    proceedings::{OwnProceeding, Proceeding, ProceedingLine, ProceedingsPage, own_proceeding, proceedings},
    releases::{ReleaseLine, Viewer, WaitingRelease, WaitingReleases, releases_wait, waiting_releases},
    search::{Behind, Found, Row, What, search},
};
use super::{Failure, admit};
use crate::store::{AgencyRow, Connection};

/// The central office that asks; nobody else is answered.
async fn centre(connection: &mut Connection, caller: &AgencyId) -> Result<AgencyRow, Failure> {
    let row = admit(connection, caller).await?;
    if row.agency.is_central() {
        return Ok(row);
    }
    Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may see this").into())
}
