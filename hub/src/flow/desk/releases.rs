//! Releases: in whose words, until when, whether they count; and the office's own that wait for a second person.

use std::collections::HashMap;

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    conditions::Gate,
    life::{Second, State},
};
use meldeverbund_proto::{
    AgencyId, TargetId,
    leaf::Kind,
    statement::DecisionStatement,
    v1::{GateState, Release, TargetView, decide_request::Decision},
};

use super::{centre, links::examples, proceedings::is_open};
use crate::{
    flow::{
        Failure, Person, Views,
        states::{Members, states},
    },
    store::{Connection, EventRow, StoreError, newest_leaves, release_awaits, roots},
};

/// Whoever looks at releases: as the access log names them, and as a record that they make does.
pub(crate) struct Viewer {
    pub(crate) person: Person,
    pub(crate) officer: String,
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
    /// True: whoever looks gave it.
    pub(crate) is_of_viewer: bool,
}

/// A target whose release waits for a second person.
pub(crate) struct WaitingRelease {
    /// As the central office sees it.
    pub(crate) view: TargetView,
    /// Links that lead to it, some of them where there are many; none: it is redacted.
    pub(crate) links: Vec<Option<String>>,
    /// How many there are.
    pub(crate) link_count: usize,
    /// The newest leaf that decided on it.
    pub(crate) seen: i64,
    /// What waits.
    pub(crate) release: ReleaseLine,
}

/// A page of them.
pub(crate) struct WaitingReleases {
    /// In the order in which the targets were opened.
    pub(crate) targets: Vec<WaitingRelease>,
    /// The target after which the next page begins; none: this is the last.
    pub(crate) next: Option<String>,
}

impl ReleaseLine {
    /// Whether whoever looks may be the second person that it waits for.
    pub(crate) fn is_for_viewer(&self) -> bool {
        self.state == GateState::Unconfirmed && !self.is_of_viewer
    }

    /// Whether whoever looks gave it, and waits for somebody else.
    pub(crate) fn is_own_waiting(&self) -> bool {
        self.state == GateState::Unconfirmed && self.is_of_viewer
    }
}

/// The office's releases that wait, after a target, at most so many targets looked at.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn waiting_releases(
    connection: &mut Connection,
    views: &Views,
    (caller, viewer): (&AgencyId, &Viewer),
    after: Option<TargetId>,
    most: i64,
) -> Result<WaitingReleases, Failure> {
    let office = centre(connection, caller).await?.agency.no;
    let after = after.and_then(|id| views.target_ids.number(id)).unwrap_or(TargetNo(0));
    let mut numbers = release_awaits(connection, office, after, most).await?;
    let full = i64::try_from(numbers.len()).is_ok_and(|read| read == most);
    let next = numbers.last().filter(|_| full).map(|number| views.target_ids.id(*number).to_string());
    // What a name has is its target's, which is listed itself.
    let names = roots(connection, numbers.iter().copied()).await?;
    numbers.retain(|number| !names.contains_key(number));
    let members = Members::read(connection, &views.policies).await?;
    let states = states(connection, &members, &numbers).await?;
    let (seen, _) = views.of(connection, office, &numbers).await?;
    let mut shown: HashMap<String, TargetView> =
        seen.into_iter().map(|view| (view.target_id.clone(), view)).collect();
    let newest = newest_leaves(connection, numbers.iter().copied()).await?;
    let mut releases = Releases::new(office, viewer, views.now_us);
    let mut targets = Vec::with_capacity(numbers.len());
    for number in numbers {
        let view = shown.remove(&views.target_ids.id(number).to_string());
        let Some((state, view)) = states.get(&number).zip(view) else { continue };
        let Some(release) = releases.line(connection, &members, state).await? else { continue };
        if release.state != GateState::Unconfirmed || !is_open(state) {
            continue;
        }
        let (links, link_count) = examples(connection, number).await?;
        let seen = newest.get(&number).copied().unwrap_or(0);
        targets.push(WaitingRelease { view, links, link_count, seen, release });
    }
    Ok(WaitingReleases { targets, next })
}

/// Whether a release of the office's waits for a second person.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn releases_wait(connection: &mut Connection, caller: &AgencyId) -> Result<bool, Failure> {
    let office = centre(connection, caller).await?.agency.no;
    // No other name of a target waits for anything, and nothing that is closed: the first one is listed.
    Ok(!release_awaits(connection, office, TargetNo(0), 1).await?.is_empty())
}

/// Reads releases for one page.
pub(super) struct Releases<'a> {
    office: AgencyNo,
    viewer: &'a Viewer,
    now_us: i64,
    /// One decision released many targets: its words, and whether whoever looks took it, are read once.
    said: HashMap<i64, (Option<(i64, Release)>, bool)>,
}

impl<'a> Releases<'a> {
    pub(super) fn new(office: AgencyNo, viewer: &'a Viewer, now_us: i64) -> Self {
        Self { office, viewer, now_us, said: HashMap::new() }
    }

    /// The target's release; none: there is none.
    pub(super) async fn line(
        &mut self,
        connection: &mut Connection,
        members: &Members,
        state: &State,
    ) -> Result<Option<ReleaseLine>, StoreError> {
        let Some(record) = &state.life.gates.release else { return Ok(None) };
        let leaf = record.leaf;
        let own = record.by == self.office;
        if own && !self.said.contains_key(&leaf) {
            let stood_behind = self.viewer.person.stood_behind(connection, leaf).await?;
            self.said.insert(leaf, (words(connection, leaf).await?, stood_behind));
        }
        let known = self.said.get(&leaf).filter(|_| own);
        let by_name =
            matches!(&record.second, Second::Awaited { first } if own && *first == self.viewer.officer);
        Ok(Some(ReleaseLine {
            state: Gate::Released.state(state, self.now_us),
            agency: members.id(record.by),
            until_us: record.what.until_us,
            leaf,
            said: known.and_then(|(said, _)| said.clone()),
            is_of_viewer: by_name || known.is_some_and(|(_, stood_behind)| *stood_behind),
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
