//! Why is this whose? A target's history, and what each rule said, at any instant of the past.

use std::collections::BTreeSet;

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    order::unknown,
    rules::{Question, choose},
    view::Viewer,
};
use meldeverbund_proto::{
    AgencyId, TargetId,
    check::decision_name,
    ids::IdError,
    leaf::Kind,
    statement::{DecisionStatement, ReferralDecision},
    v1::{
        DecisionRecord, ExplainTargetRequest, ExplainTargetResponse, Refusal, Responsibility, RuleTrace,
        Stage, TargetRecord, TimelineEntry, Verdict,
    },
};
use prost::Message as _;

use super::{
    Failure, Views, admit, policies,
    states::{Members, origin, states},
    views::DEADLINE,
};
use crate::store::{Connection, EventRow, StoreError, leaves};

/// Entries of one answer; a target with more is told up to there.
const TIMELINE_ENTRIES: i64 = 1_000;

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
    let target = views.target_ids.number(id).ok_or_else(unknown)?;
    let members = Members::read(connection, &views.policies).await?;
    let state = states(connection, &members, &[target]).await?.remove(&target).ok_or_else(unknown)?;
    if Viewer::of(&viewer, &state) == Viewer::Stranger {
        return Err(unknown().into());
    }
    let at_leaf = match request.at_leaf {
        0 => i64::MAX,
        leaf => i64::try_from(leaf).unwrap_or(i64::MAX),
    };
    let mut teller = Teller { connection, members: &members, viewer: viewer.no, id };
    let timeline = teller.timeline(target, at_leaf).await?;
    let last = timeline.last().ok_or_else(unknown)?.clone();
    let rules = teller.rules(target, &timeline, at_leaf).await?;
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

struct Teller<'a> {
    connection: &'a mut Connection,
    members: &'a Members,
    viewer: AgencyNo,
    id: TargetId,
}

impl Teller<'_> {
    async fn timeline(&mut self, target: TargetNo, at_leaf: i64) -> Result<Vec<TimelineEntry>, StoreError> {
        let mut timeline: Vec<TimelineEntry> = Vec::new();
        for leaf in leaves(self.connection, target, at_leaf, TIMELINE_ENTRIES).await? {
            let Some(event) = EventRow::range(self.connection, leaf, 1).await?.pop() else { continue };
            timeline.extend(self.entry(&event)?);
        }
        Ok(timeline)
    }

    fn entry(&self, event: &EventRow) -> Result<Option<TimelineEntry>, StoreError> {
        const DECISION: StoreError = StoreError::Value { column: "event.decision" };
        if event.kind == Kind::Referral {
            let decision = ReferralDecision::decode(&event.decision).map_err(|_| DECISION)?;
            return Ok(Some(self.referral(event, &decision)));
        }
        let record = DecisionRecord::decode(&event.decision[..]).map_err(|_| DECISION)?;
        let of_target = |one: &&TargetRecord| one.target_id == self.id.as_bytes();
        let Some(record) = record.targets.iter().find(of_target) else { return Ok(None) };
        let (what, detail) = self.said(event)?;
        Ok(Some(TimelineEntry {
            leaf_index: event.leaf_index.cast_unsigned(),
            recorded_at_us: event.recorded_at_us,
            agency_id: self.members.id(event.agency),
            what,
            round: record.round,
            stage: record.stage,
            owner_agency_id: record.owner_agency_id.clone(),
            owner_basis: record.owner_basis,
            responsibility: record.responsibility,
            detail,
        }))
    }

    fn referral(&self, event: &EventRow, decision: &ReferralDecision) -> TimelineEntry {
        TimelineEntry {
            leaf_index: event.leaf_index.cast_unsigned(),
            recorded_at_us: event.recorded_at_us,
            agency_id: self.members.id(event.agency),
            what: "referral".into(),
            round: decision.round,
            stage: match decision.verdict {
                Verdict::New | Verdict::Reopened => Stage::Referred.into(),
                _ => Stage::Unspecified.into(),
            },
            owner_agency_id: decision.owner.to_string(),
            owner_basis: decision.basis.into(),
            responsibility: Responsibility::Unspecified.into(),
            detail: String::new(),
        }
    }

    /// What was said, and, to whoever said it, in which words.
    fn said(&self, event: &EventRow) -> Result<(String, String), StoreError> {
        if event.kind == Kind::Deadline {
            return Ok((DEADLINE.into(), String::new()));
        }
        let unreadable = |_| StoreError::Value { column: "event.statement" };
        let request = DecisionStatement::decode(&event.statement).map_err(unreadable)?;
        let Some(decision) = &request.decision else { return Ok((String::new(), String::new())) };
        let own = event.agency == self.viewer;
        let detail = if own { format!("{}: {decision:?}", request.officer) } else { String::new() };
        Ok((decision_name(decision).to_owned(), detail))
    }

    /// What each rule says to the target as it was opened, by the policy that was in force.
    async fn rules(
        &mut self,
        target: TargetNo,
        timeline: &[TimelineEntry],
        at_leaf: i64,
    ) -> Result<Vec<RuleTrace>, StoreError> {
        let changed = |pair: &&[TimelineEntry]| pair[0].owner_agency_id != pair[1].owner_agency_id;
        let last = timeline.windows(2).filter(changed).last().map(|pair| &pair[1]).or(timeline.first());
        let Some(last) = last else { return Ok(Vec::new()) };
        let named_at = i64::try_from(last.leaf_index).unwrap_or(i64::MAX).min(at_leaf);
        let policy = policies::at(self.connection, named_at).await?;
        let origin = origin(self.connection, target).await?;
        let mut bound = Vec::new();
        let mut declined = Vec::new();
        for entry in timeline.iter().filter(|entry| entry.leaf_index <= last.leaf_index) {
            let Some(agency) = self.members.by_id(&entry.agency_id).map(|row| row.agency.no) else {
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
            agencies: &self.members.agencies,
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
}
