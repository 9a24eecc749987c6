//! Why is this whose? A target's history, and what each rule said, at any instant of the past.

mod redacted;
mod referred;
mod timeline;
mod words;

use std::collections::BTreeSet;

use meldeverbund_domain::{
    TargetNo,
    order::unknown,
    rules::{Question, choose},
    view::Viewer,
};
use meldeverbund_proto::{
    AgencyId, TargetId,
    ids::IdError,
    v1::{ExplainTargetRequest, ExplainTargetResponse, Refusal, RuleTrace, TimelineEntry},
};

use self::timeline::{Part, Teller, seen_by_co_interested};
use super::{
    Failure, Views, admit, policies,
    states::{Members, known_origin, states},
};
#[cfg(feature = "console")]
use crate::store::EventRow;
use crate::store::{Connection, StoreError, TargetIds, alias};
#[cfg(feature = "console")]
use meldeverbund_domain::AgencyNo;

/// Tells a target's history to an agency that may see it.
///
/// # Errors
/// If the agency may not see it, or the engine fails.
pub async fn explain(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    request: &ExplainTargetRequest,
) -> Result<ExplainTargetResponse, Failure> {
    let viewer = admit(connection, caller).await?.agency;
    let id: Result<TargetId, IdError> = request.target_id.parse();
    let id = id.map_err(|error| Refusal::invalid("target_id", error.to_string()))?;
    let asked = views.target_ids.number(id).ok_or_else(unknown)?;
    let parts = parts(connection, &views.target_ids, asked).await?;
    let target = parts.last().map_or(asked, |part| part.target);
    let members = Members::read(connection, &views.policies).await?;
    let state = states(connection, &members, &[target]).await?.remove(&target).ok_or_else(unknown)?;
    if Viewer::of(&viewer, &state) == Viewer::Stranger {
        return Err(unknown().into());
    }
    let at_leaf = match request.at_leaf {
        0 => i64::MAX,
        leaf => i64::try_from(leaf).unwrap_or(i64::MAX),
    };
    let mut teller = Teller { connection: &mut *connection, members: &members, viewer: viewer.no };
    let timeline = teller.timeline(&state, &parts, at_leaf).await?;
    let last = timeline.last().ok_or_else(unknown)?.clone();
    let rules = rules(connection, &members, target, &timeline, at_leaf).await?;
    let relation = Viewer::of(&viewer, &state);
    let timeline = if relation == Viewer::Owner || viewer.is_central() {
        timeline
    } else {
        seen_by_co_interested(timeline, viewer.id.as_str())
    };
    let named: BTreeSet<&str> =
        timeline.iter().flat_map(|entry| [entry.agency_id.as_str(), &entry.owner_agency_id]).collect();
    let cards = members.rows.iter().filter(|row| named.contains(row.card.agency_id.as_str()));
    let agencies = cards.map(|row| row.card.clone()).collect();
    Ok(ExplainTargetResponse {
        owner_agency_id: last.owner_agency_id,
        owner_basis: last.owner_basis,
        responsibility: last.responsibility,
        rules,
        timeline,
        agencies,
    })
}

/// What an event says, and, to whoever said it, in which words.
#[cfg(feature = "console")]
pub(super) fn said_at(
    connection: &mut Connection,
    members: &Members,
    viewer: AgencyNo,
    event: &EventRow,
) -> Result<(String, String), StoreError> {
    Teller { connection, members, viewer }.said(event)
}

/// What is told of a number: its own history up to where it became another name of a target, then that one's.
async fn parts(
    connection: &mut Connection,
    target_ids: &TargetIds,
    asked: TargetNo,
) -> Result<Vec<Part>, StoreError> {
    let (mut parts, mut target, mut from_leaf) = (Vec::new(), asked, 0);
    loop {
        let next = alias(connection, target).await?;
        let to_leaf = next.as_ref().map_or(i64::MAX, |alias| alias.since_leaf - 1);
        parts.push(Part { target, id: target_ids.id(target), from_leaf, to_leaf });
        let Some(next) = next else { return Ok(parts) };
        (target, from_leaf) = (next.into, next.since_leaf);
    }
}

/// What each rule says to the target as it was opened, by the policy that was in force.
async fn rules(
    connection: &mut Connection,
    members: &Members,
    target: TargetNo,
    timeline: &[TimelineEntry],
    at_leaf: i64,
) -> Result<Vec<RuleTrace>, StoreError> {
    let changed = |pair: &&[TimelineEntry]| pair[0].owner_agency_id != pair[1].owner_agency_id;
    let last = timeline.windows(2).rfind(changed).map(|pair| &pair[1]).or(timeline.first());
    let Some(last) = last else { return Ok(Vec::new()) };
    let named_at = i64::try_from(last.leaf_index).unwrap_or(i64::MAX).min(at_leaf);
    let policy = policies::at(connection, named_at).await?;
    // What they looked at is redacted: they cannot be asked again.
    let Some(origin) = known_origin(connection, target).await? else { return Ok(Vec::new()) };
    let mut bound = Vec::new();
    let mut declined = Vec::new();
    for entry in timeline.iter().filter(|entry| entry.leaf_index <= last.leaf_index) {
        let Some(agency) = members.by_id(&entry.agency_id).map(|row| row.agency.no) else {
            continue;
        };
        match entry.what.as_str() {
            "referral" if !bound.contains(&agency) => bound.push(agency),
            "decline_ownership" | "withdraw_referral" => declined.push(agency),
            _ => {}
        }
    }
    let question = Question {
        origin: &origin,
        bound: &bound,
        declined: &declined,
        agencies: &members.agencies,
        now_us: last.recorded_at_us,
    };
    let (_, traces) = choose(&policy, &question);
    let rules = traces.into_iter().map(|trace| RuleTrace {
        rule: trace.rule.to_owned(),
        fits: trace.named.is_some(),
        reason: trace.reason,
    });
    Ok(rules.collect())
}
