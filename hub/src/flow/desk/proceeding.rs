//! One of a prosecutor's own proceedings, with its targets and what was released.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_people::Proceedings;
use meldeverbund_proto::{AgencyId, TargetId, v1::TargetView};

use super::{
    centre,
    links::link,
    proceedings::{Proceeding, bound, find, is_open},
    releases::{ReleaseLine, Releases, Viewer},
};
use crate::{
    flow::{
        Failure, Views, noted,
        states::{Members, states},
    },
    store::{Connection, StoreError, newest_leaves, noted as noted_targets},
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
    /// True: a release of this office's waits for a second person, and whoever looks may be that.
    pub(crate) can_be_confirmed: bool,
}

/// The targets of the person's proceeding, behind one of them and at most so many links looked at; none: there is no such
/// proceeding, or it is not the person's own.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn proceeding(
    connection: &mut Connection,
    views: &Views,
    (caller, viewer): (&AgencyId, &Viewer),
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
    let targets = Reading { connection, views, office, viewer }.targets(&roots, links).await?;
    Ok(Some(ProceedingPage { proceeding: row.into(), targets, next }))
}

struct Reading<'a> {
    connection: &'a mut Connection,
    views: &'a Views,
    office: AgencyNo,
    viewer: &'a Viewer,
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
        let mut releases = Releases::new(self.office, self.viewer, self.views.now_us);
        let mut targets = Vec::with_capacity(roots.len());
        for root in roots {
            let view = shown.remove(&self.views.target_ids.id(*root).to_string());
            let Some((state, view)) = states.get(root).zip(view) else { continue };
            let release = releases.line(self.connection, &members, state).await?;
            let own = state.life.gates.release.as_ref().is_some_and(|record| record.by == self.office);
            targets.push(ProceedingTarget {
                view,
                links: links.remove(root).unwrap_or_default(),
                seen: newest.get(root).copied().unwrap_or(0),
                can_be_released: is_open(state) && state.owner() == self.office,
                can_be_revoked: is_open(state) && own,
                can_be_confirmed: is_open(state)
                    && own
                    && release.as_ref().is_some_and(ReleaseLine::is_for_viewer),
                release,
            });
        }
        Ok(targets)
    }
}
