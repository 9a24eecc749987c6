//! Holds: whose, until when, and why.

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    life::{Hold, State},
};
use meldeverbund_proto::{
    AgencyId, CommandId, TargetId,
    leaf::Kind,
    statement::DecisionStatement,
    v1::{HoldReason, PlaceHold, Stage, decide_request::Decision},
};

use super::centre;
use crate::{
    flow::{
        Failure, Views,
        states::{Members, states},
    },
    store::{Connection, EventRow, StoreError, for_centre, held, resolved, roots},
};

/// A target with its holds.
pub(crate) struct Held {
    /// The target.
    pub(crate) target: String,
    /// Who is responsible.
    pub(crate) owner: String,
    /// Where its takedown stands.
    pub(crate) stage: Stage,
    /// The holds.
    pub(crate) holds: Vec<HoldLine>,
}

/// A hold.
pub(crate) struct HoldLine {
    /// Its id.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) agency: String,
    /// True: the central office's own.
    pub(crate) is_own: bool,
    /// True: its maker is suspended, so that the central office may set it aside.
    pub(crate) is_orphaned: bool,
    /// Until when, microseconds since 1970 UTC.
    pub(crate) until_us: i64,
    /// True: it has run out, and keeps blocking.
    pub(crate) lapsed: bool,
    /// Why; unspecified: that is redacted.
    pub(crate) reason: HoldReason,
    /// Who decided it.
    pub(crate) authority: String,
    /// For which other body.
    pub(crate) on_behalf_of: String,
}

/// A page of them.
pub(crate) struct HeldPage {
    /// The targets, in the order in which they were opened.
    pub(crate) targets: Vec<Held>,
    /// The target after which the next page begins; none: this is the last.
    pub(crate) next: Option<String>,
}

/// Targets with holds after one of them, at most so many looked at; `lapsed`: those alone that have one that has run out.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn held_targets(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    lapsed: bool,
    after: Option<TargetId>,
    most: i64,
) -> Result<HeldPage, Failure> {
    let viewer = centre(connection, caller).await?.agency.no;
    let after = after.and_then(|id| views.target_ids.number(id)).unwrap_or(TargetNo(0));
    let numbers = match lapsed {
        true => for_centre(connection, after, most).await?,
        false => held(connection, after, most).await?,
    };
    let full = i64::try_from(numbers.len()).is_ok_and(|read| read == most);
    let next = numbers.last().filter(|_| full).map(|number| views.target_ids.id(*number).to_string());
    // What a name has is its target's, which is listed itself.
    let names = roots(connection, numbers.iter().copied()).await?;
    let numbers: Vec<_> = numbers.into_iter().filter(|number| !names.contains_key(number)).collect();
    let mut targets = Vec::new();
    for held in lines(connection, views, viewer, &numbers).await? {
        let wanted = |line: &HoldLine| line.lapsed || !lapsed;
        if held.holds.iter().any(wanted) {
            targets.push(held);
        }
    }
    Ok(HeldPage { targets, next })
}

/// The holds of one target; none: there is no such target.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn holds_of(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    target: TargetId,
) -> Result<Option<Held>, Failure> {
    let viewer = centre(connection, caller).await?.agency.no;
    let Some(number) = views.target_ids.number(target) else { return Ok(None) };
    let (numbers, _) = resolved(connection, &[number]).await?;
    Ok(lines(connection, views, viewer, &numbers).await?.pop())
}

async fn lines(
    connection: &mut Connection,
    views: &Views,
    viewer: AgencyNo,
    numbers: &[TargetNo],
) -> Result<Vec<Held>, StoreError> {
    let members = Members::read(connection, &views.policies).await?;
    let states = states(connection, &members, numbers).await?;
    let mut found = Vec::with_capacity(numbers.len());
    for state in numbers.iter().filter_map(|number| states.get(number)) {
        let State { target, life, .. } = state;
        let mut holds = Vec::with_capacity(life.holds.len());
        for hold in &life.holds {
            let PlaceHold { authority, on_behalf_of, reason, .. } = placed(connection, hold).await?;
            let maker = members.by_no(hold.by);
            holds.push(HoldLine {
                id: CommandId::from_u128(hold.id.0).to_string(),
                agency: members.id(hold.by),
                is_own: hold.by == viewer,
                is_orphaned: maker.is_some_and(|row| row.suspended_at_us.is_some()),
                until_us: hold.until_us,
                lapsed: hold.is_lapsed(views.now_us),
                reason: HoldReason::try_from(reason).unwrap_or_default(),
                authority,
                on_behalf_of,
            });
        }
        found.push(Held {
            target: views.target_ids.id(target.no).to_string(),
            owner: members.id(state.owner()),
            stage: target.stage,
            holds,
        });
    }
    Ok(found)
}

/// What was said when it was placed; nothing where that is redacted.
async fn placed(connection: &mut Connection, hold: &Hold) -> Result<PlaceHold, StoreError> {
    let unreadable = |_| StoreError::Value { column: "event.statement" };
    let event = EventRow::range(connection, hold.leaf, 1).await?.pop();
    let Some(event) = event.filter(|event| event.kind == Kind::Decision) else {
        return Ok(PlaceHold::default());
    };
    match DecisionStatement::decode(&event.statement).map_err(unreadable)?.decision {
        Some(Decision::PlaceHold(placed)) => Ok(placed),
        _ => Ok(PlaceHold::default()),
    }
}
