//! A prosecutor's own proceedings: cases of the central office whose reference the person's login service names.
//!
//! What is somebody else's is answered exactly like what there is not.

use std::collections::{HashMap, HashSet};

use meldeverbund_domain::{
    AgencyNo, CaseNo, TargetNo,
    conditions::Gate,
    life::{State, Takedown},
};
use meldeverbund_people::Proceedings;
use meldeverbund_proto::{
    AgencyId,
    v1::{Case, GateState},
};

use super::centre;
use crate::{
    flow::{
        Failure, Views, noted,
        states::{Members, states},
    },
    store::{
        Connection, ProceedingRow, StoreError, bound_to_case, noted as noted_targets, proceeding_at,
        proceedings_between, resolved,
    },
};

/// Links of a proceeding that its line in the list counts. What has more says so.
const COUNTED: usize = 100;

/// A proceeding.
pub(crate) struct Proceeding {
    /// What its address calls it: its number in the store, which says nothing of it.
    pub(crate) no: i64,
    /// What it says.
    pub(crate) case: Case,
    /// True: it is closed.
    pub(crate) is_closed: bool,
}

/// A proceeding that a person names as an own one.
#[derive(Debug, Clone)]
pub(crate) struct OwnProceeding {
    /// What the person's login service names as own.
    pub(crate) own: Proceedings,
    /// What its address calls it.
    pub(crate) no: i64,
}

/// A proceeding in the list.
pub(crate) struct ProceedingLine {
    /// Which.
    pub(crate) proceeding: Proceeding,
    /// Its targets, as far as they were counted.
    pub(crate) targets: usize,
    /// Those of them that wait for a release which this office gives.
    pub(crate) waiting: usize,
    /// True: there are more.
    pub(crate) has_more: bool,
}

/// A page of them.
pub(crate) struct ProceedingsPage {
    /// By their references.
    pub(crate) lines: Vec<ProceedingLine>,
    /// Behind which the next page begins; none: this is the last.
    pub(crate) next: Option<i64>,
}

/// The person's proceedings behind this one, at most so many.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn proceedings(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    own: &Proceedings,
    after: Option<i64>,
    most: usize,
) -> Result<ProceedingsPage, Failure> {
    let office = centre(connection, caller).await?.agency.no;
    let after = match after {
        Some(no) => find(connection, office, own, no).await?.map(|row| (row.key, row.no)),
        None => None,
    };
    let mut rows: Vec<ProceedingRow> = Vec::new();
    for (from, to) in own.ranges() {
        let behind = match &after {
            Some((key, _)) if *key >= to => continue,
            Some((key, no)) if *key >= from => (key.as_str(), *no),
            _ => (from.as_str(), CaseNo(0)),
        };
        // One more than is shown: whether there is a next page.
        let left = i64::try_from((most + 1).saturating_sub(rows.len())).unwrap_or(0);
        if left == 0 {
            break;
        }
        let found = proceedings_between(connection, office, behind, &to, left).await?;
        for no in found {
            rows.extend(find(connection, office, own, no.0).await?);
        }
    }
    let has_next = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| has_next).map(|row| row.no.0);
    let lines = count(connection, views, office, rows).await?;
    Ok(ProceedingsPage { lines, next })
}

/// The proceeding, if it is the office's and the person's own.
pub(super) async fn find(
    connection: &mut Connection,
    office: AgencyNo,
    own: &Proceedings,
    no: i64,
) -> Result<Option<ProceedingRow>, StoreError> {
    let row = proceeding_at(connection, CaseNo(no)).await?;
    Ok(row.filter(|row| row.agency == office && own.owns(&row.case.prosecutor_reference)))
}

/// The targets of these links to which the case is bound now.
pub(super) async fn bound(
    connection: &mut Connection,
    office: AgencyNo,
    case: CaseNo,
    links: &[TargetNo],
) -> Result<(HashSet<TargetNo>, HashMap<TargetNo, TargetNo>), StoreError> {
    let (targets, names) = resolved(connection, links).await?;
    let bound = bound_to_case(connection, office, case, targets).await?;
    Ok((bound.into_iter().collect(), names))
}

/// The person's proceeding; none: there is no such proceeding, or it is not the person's own.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn own_proceeding(
    connection: &mut Connection,
    caller: &AgencyId,
    claimed: &OwnProceeding,
) -> Result<Option<Proceeding>, Failure> {
    let office = centre(connection, caller).await?.agency.no;
    let OwnProceeding { own, no } = claimed;
    Ok(find(connection, office, own, *no).await?.map(Proceeding::from))
}

impl OwnProceeding {
    /// Whether it is the person's own, and all of these targets are of it now; none stands for an id that names no target.
    pub(in crate::flow) async fn has_all(
        &self,
        connection: &mut Connection,
        office: AgencyNo,
        targets: &[Option<TargetNo>],
    ) -> Result<bool, StoreError> {
        let numbers: Option<Vec<_>> = targets.iter().copied().collect();
        let Some((row, numbers)) = find(connection, office, &self.own, self.no).await?.zip(numbers) else {
            return Ok(false);
        };
        let (bound, names) = bound(connection, office, row.no, &numbers).await?;
        let root = |number: &TargetNo| names.get(number).copied().unwrap_or(*number);
        Ok(numbers.iter().all(|number| bound.contains(&root(number))))
    }
}

/// Whether the target waits for a release that this office gives.
pub(super) fn waits(state: &State, office: AgencyNo, now_us: i64) -> bool {
    is_open(state) && state.owner() == office && Gate::Released.state(state, now_us) != GateState::Set
}

pub(super) fn is_open(state: &State) -> bool {
    !matches!(state.life.takedown, Takedown::Closed { .. })
}

impl From<ProceedingRow> for Proceeding {
    fn from(row: ProceedingRow) -> Self {
        Self { no: row.no.0, case: row.case, is_closed: row.is_closed }
    }
}

async fn count(
    connection: &mut Connection,
    views: &Views,
    office: AgencyNo,
    rows: Vec<ProceedingRow>,
) -> Result<Vec<ProceedingLine>, StoreError> {
    let most = i64::try_from(COUNTED + 1).expect("a hundred and one");
    let mut counted = Vec::with_capacity(rows.len());
    let mut all = Vec::new();
    for row in rows {
        let mut links =
            noted_targets(connection, noted::OWN_CASE, noted::case(row.no), TargetNo(0), most).await?;
        let has_more = links.len() > COUNTED;
        links.truncate(COUNTED);
        let (targets, _) = bound(connection, office, row.no, &links).await?;
        all.extend(targets.iter().copied());
        counted.push((row, targets, has_more));
    }
    all.sort_unstable();
    all.dedup();
    let members = Members::read(connection, &views.policies).await?;
    let states = states(connection, &members, &all).await?;
    let waits =
        |target: &&TargetNo| states.get(*target).is_some_and(|state| waits(state, office, views.now_us));
    let line = |(row, targets, has_more): (ProceedingRow, HashSet<TargetNo>, bool)| ProceedingLine {
        proceeding: row.into(),
        waiting: targets.iter().filter(waits).count(),
        targets: targets.len(),
        has_more,
    };
    Ok(counted.into_iter().map(line).collect())
}
