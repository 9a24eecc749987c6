//! Whose responsibility is disputed, by whom, and with which claim.

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    life::{Responsibility, State, Takedown},
};
use meldeverbund_proto::{
    AgencyId, TargetId,
    leaf::Kind,
    statement::DecisionStatement,
    v1::{TargetView, decide_request::Decision},
};

use super::centre;
use crate::{
    flow::{
        Failure, Views,
        states::{Members, states},
    },
    store::{Connection, EventRow, StoreError, for_centre, newest_leaves_of},
};

/// Targets looked at for one page: what waits for the central office, whatever for.
const LOOKED_AT: i64 = 1_000;
/// Decisions looked at for the one that disputes; a target with more since then shows the dispute without its reason.
const DECISIONS: i64 = 200;

/// A disputed responsibility.
pub(crate) struct Contest {
    /// The target.
    pub(crate) view: TargetView,
    /// Who disputes it.
    pub(crate) by: String,
    /// Who should be responsible.
    pub(crate) claimed: String,
    /// Why, in the words of whoever disputes it; none: a merge made it one, or it is redacted.
    pub(crate) reason: Option<String>,
    /// Since when, microseconds since 1970 UTC.
    pub(crate) since_us: Option<i64>,
    /// Until when it is to be decided, microseconds since 1970 UTC.
    pub(crate) decide_by_us: i64,
    /// True: that has passed.
    pub(crate) escalated: bool,
}

/// A page of them.
pub(crate) struct ContestsPage {
    /// The disputes, in the order in which their targets were opened.
    pub(crate) contests: Vec<Contest>,
    /// The target after which the next page begins; none: this is the last.
    pub(crate) next: Option<String>,
}

/// The disputes after a target, at most so many.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn contests(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    after: Option<TargetId>,
    most: usize,
) -> Result<ContestsPage, Failure> {
    let viewer = centre(connection, caller).await?.agency.no;
    let members = Members::read(connection, &views.policies).await?;
    let after = after.and_then(|id| views.target_ids.number(id)).unwrap_or(TargetNo(0));
    let numbers = for_centre(connection, after, LOOKED_AT).await?;
    let states = states(connection, &members, &numbers).await?;
    let id = |number: TargetNo| views.target_ids.id(number).to_string();
    let full = i64::try_from(numbers.len()).is_ok_and(|read| read == LOOKED_AT);
    let mut next = numbers.last().filter(|_| full).copied().map(id);
    let mut disputed: Vec<_> = numbers
        .iter()
        .filter_map(|number| states.get(number))
        .filter(|state| dispute(state).is_some())
        .collect();
    if disputed.len() > most {
        disputed.truncate(most);
        next = disputed.last().map(|state| id(state.target.no));
    }
    let mut contests = Vec::with_capacity(disputed.len());
    for state in disputed {
        let Some(Responsibility::Disputed { by, claimed, decide_by_us, escalated, .. }) = dispute(state)
        else {
            continue;
        };
        let (seen, _) = views.of(connection, viewer, &[state.target.no]).await?;
        let Some(view) = seen.into_iter().next() else { continue };
        let said = said(connection, state.target.no, by).await?;
        let (reason, since_us) =
            said.map_or((None, None), |(reason, since_us)| (Some(reason), Some(since_us)));
        let (by, claimed) = (members.id(by), members.id(claimed));
        contests.push(Contest { view, by, claimed, reason, since_us, decide_by_us, escalated });
    }
    Ok(ContestsPage { contests, next })
}

fn dispute(state: &State) -> Option<Responsibility> {
    let is_open = !matches!(state.life.takedown, Takedown::Closed { .. });
    let disputed = matches!(state.life.responsibility, Responsibility::Disputed { .. });
    (is_open && disputed).then_some(state.life.responsibility)
}

/// Why this agency disputes it, and since when: a dispute is addressed to the central office, which has it decided. What was said before an
/// earlier dispute was settled, or before a merge brought this one along, is of another.
async fn said(
    connection: &mut Connection,
    target: TargetNo,
    by: AgencyNo,
) -> Result<Option<(String, i64)>, StoreError> {
    let unreadable = |_| StoreError::Value { column: "event.statement" };
    for leaf in newest_leaves_of(connection, target, DECISIONS).await? {
        let Some(event) = EventRow::range(connection, leaf, 1).await?.pop() else { continue };
        match event.kind {
            Kind::Decision => {}
            Kind::Duplicates => return Ok(None),
            _ => continue,
        }
        let request = DecisionStatement::decode(&event.statement).map_err(unreadable)?;
        match request.decision {
            Some(Decision::DisputeOwnership(dispute)) if event.agency == by => {
                return Ok(Some((dispute.reason, event.recorded_at_us)));
            }
            Some(Decision::AssignOwner(_) | Decision::WithdrawDispute(_)) => return Ok(None),
            _ => {}
        }
    }
    Ok(None)
}
