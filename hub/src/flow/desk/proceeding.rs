//! One of a prosecutor's own proceedings, with its targets and what was released.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, TargetNo, conditions::Gate, life::State};
use meldeverbund_people::Proceedings;
use meldeverbund_proto::{
    AgencyId, TargetId,
    leaf::Kind,
    statement::DecisionStatement,
    v1::{GateState, Release, TargetView, decide_request::Decision},
};

use super::{
    centre,
    links::link,
    proceedings::{Proceeding, bound, find, is_open},
};
use crate::{
    flow::{
        Failure, Views, noted,
        states::{Members, states},
    },
    store::{Connection, EventRow, StoreError, newest_leaves, noted as noted_targets},
};

/// A page of a proceeding.
pub(crate) struct ProceedingPage {
    /// Which.
    pub(crate) proceeding: Proceeding,
    /// Its targets, in the order in which their links were first handed in.
    pub(crate) targets: Vec<ProceedingTarget>,
    /// The id after which the next page begins; none: this is the last.
    pub(crate) next: Option<String>,
}

/// A target of a proceeding.
pub(crate) struct ProceedingTarget {
    /// As the central office sees it.
    pub(crate) view: TargetView,
    /// The links of this page that lead to it; none: it is redacted.
    pub(crate) links: Vec<Option<String>>,
    /// The newest leaf that decided on it; 0: none did.
    pub(crate) seen: i64,
    /// Its release; none: there is none.
    pub(crate) release: Option<ReleaseLine>,
    /// True: this office may release it.
    pub(crate) can_be_released: bool,
    /// True: there is a release of this office's to revoke.
    pub(crate) can_be_revoked: bool,
}

/// A release.
pub(crate) struct ReleaseLine {
    /// Whether it counts.
    pub(crate) state: GateState,
    /// Whose it is.
    pub(crate) agency: String,
    /// Until when, microseconds since 1970 UTC; none: without an end.
    pub(crate) until_us: Option<i64>,
    /// Its leaf.
    pub(crate) leaf: i64,
    /// When and in whose words; this office's own alone, and none where that is redacted.
    pub(crate) said: Option<(i64, Release)>,
}

/// The targets of the person's proceeding, behind one of them and at most so many links looked at; none: there is no such
/// proceeding, or it is not the person's own.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn proceeding(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    own: &Proceedings,
    (no, after): (i64, Option<TargetId>),
    most: usize,
) -> Result<Option<ProceedingPage>, Failure> {
    let office = centre(connection, caller).await?.agency.no;
    let Some(row) = find(connection, office, own, no).await? else { return Ok(None) };
    let from = after.and_then(|id| views.target_ids.number(id)).unwrap_or(TargetNo(0));
    // One more than is shown: whether there is a next page.
    let asked = i64::try_from(most + 1).unwrap_or(i64::MAX);
    let mut numbers = noted_targets(connection, noted::OWN_CASE, noted::case(row.no), from, asked).await?;
    let has_next = numbers.len() > most;
    numbers.truncate(most);
    let next = numbers.last().filter(|_| has_next).map(|number| views.target_ids.id(*number).to_string());
    let (bound, names) = bound(connection, office, row.no, &numbers).await?;
    let mut links: HashMap<TargetNo, Vec<Option<String>>> = HashMap::new();
    let mut roots = Vec::new();
    for number in numbers {
        let root = names.get(&number).copied().unwrap_or(number);
        if !bound.contains(&root) {
            continue;
        }
        let found = links.entry(root).or_insert_with(|| {
            roots.push(root);
            Vec::new()
        });
        found.push(link(connection, number).await?);
    }
    let targets = Reading { connection, views, office }.targets(&roots, links).await?;
    Ok(Some(ProceedingPage { proceeding: row.into(), targets, next }))
}

struct Reading<'a> {
    connection: &'a mut Connection,
    views: &'a Views,
    office: AgencyNo,
}

impl Reading<'_> {
    async fn targets(
        &mut self,
        roots: &[TargetNo],
        mut links: HashMap<TargetNo, Vec<Option<String>>>,
    ) -> Result<Vec<ProceedingTarget>, StoreError> {
        let members = Members::read(self.connection, &self.views.policies).await?;
        let states = states(self.connection, &members, roots).await?;
        let (seen, _) = self.views.of(self.connection, self.office, roots).await?;
        let mut shown: HashMap<String, TargetView> =
            seen.into_iter().map(|view| (view.target_id.clone(), view)).collect();
        let newest = newest_leaves(self.connection, roots.iter().copied()).await?;
        // One decision released many targets: its words are read once.
        let mut said = HashMap::new();
        let mut targets = Vec::with_capacity(roots.len());
        for root in roots {
            let view = shown.remove(&self.views.target_ids.id(*root).to_string());
            let Some((state, view)) = states.get(root).zip(view) else { continue };
            let release = self.release(&members, state, &mut said).await?;
            let own = state.life.gates.release.as_ref().is_some_and(|record| record.by == self.office);
            targets.push(ProceedingTarget {
                view,
                links: links.remove(root).unwrap_or_default(),
                seen: newest.get(root).copied().unwrap_or(0),
                release,
                can_be_released: is_open(state) && state.owner() == self.office,
                can_be_revoked: is_open(state) && own,
            });
        }
        Ok(targets)
    }

    async fn release(
        &mut self,
        members: &Members,
        state: &State,
        said: &mut HashMap<i64, Option<(i64, Release)>>,
    ) -> Result<Option<ReleaseLine>, StoreError> {
        let Some(record) = &state.life.gates.release else { return Ok(None) };
        let own = record.by == self.office;
        if own && !said.contains_key(&record.leaf) {
            said.insert(record.leaf, words(self.connection, record.leaf).await?);
        }
        Ok(Some(ReleaseLine {
            state: Gate::Released.state(state, self.views.now_us),
            agency: members.id(record.by),
            until_us: record.what.until_us,
            leaf: record.leaf,
            said: said.get(&record.leaf).filter(|_| own).cloned().flatten(),
        }))
    }
}

/// When a release was recorded, and what was said; none: it is redacted.
async fn words(connection: &mut Connection, leaf: i64) -> Result<Option<(i64, Release)>, StoreError> {
    let unreadable = |_| StoreError::Value { column: "event.statement" };
    let event = EventRow::range(connection, leaf, 1).await?.pop();
    let Some(event) = event.filter(|event| event.kind == Kind::Decision) else { return Ok(None) };
    Ok(match DecisionStatement::decode(&event.statement).map_err(unreadable)?.decision {
        Some(Decision::Release(release)) => Some((event.recorded_at_us, release)),
        _ => None,
    })
}
