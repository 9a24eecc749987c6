//! What leaves say, in the words of figures; of redacted ones what was kept for that.

use std::collections::HashMap;

use meldeverbund_domain::{
    AgencyNo,
    figures::{Act, Change, Ended, Fact, What},
    hosts::HostRules,
};
use meldeverbund_proto::{
    CanonicalLink, CommandId, TargetId,
    leaf::Kind,
    statement::{
        Act as Said, DecisionStatement, DuplicatesStatement, HostRulesStatement, ReferralDecision,
        ReferralStatement,
    },
    v1::{
        CheckResult, DecideRequest, DecisionRecord, Outcome, OwnerBasis, Responsibility, TargetRecord,
        decide_request::Decision,
    },
};
use prost::Message as _;

use crate::{
    flow::hosts::text,
    store::{AgencyRow, Connection, EventRow, StoreError, TargetIds, kept_facts},
};

const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
const DECISION: StoreError = StoreError::Value { column: "event.decision" };
const KEPT: StoreError = StoreError::Value { column: "figure_fact.body" };

/// What a leaf is to the fold.
pub(super) enum Step {
    /// Something that is counted.
    Fact(Fact),
    /// The host rules are these from now on.
    Rules(HostRules),
    /// A leaf that is not what a hub writes: somebody has changed it, as `ledger verify` says. It counts for nothing, so that
    /// everything else goes on being counted.
    Unreadable,
}

/// Reads leaves as steps.
pub(super) struct Facts<'a> {
    target_ids: &'a TargetIds,
    agencies: HashMap<AgencyNo, String>,
}

impl<'a> Facts<'a> {
    pub(super) async fn new(
        connection: &mut Connection,
        target_ids: &'a TargetIds,
    ) -> Result<Self, StoreError> {
        let rows = AgencyRow::all(connection).await?;
        let agencies = rows.into_iter().map(|row| (row.agency.no, row.card.agency_id)).collect();
        Ok(Self { target_ids, agencies })
    }

    /// The steps of these leaves, in their order.
    pub(super) async fn steps(
        &self,
        connection: &mut Connection,
        first: i64,
        count: i64,
    ) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::new();
        for row in kept_facts(connection, first, count).await? {
            let what = serde_json::from_str(&row.body).map_err(|_| KEPT)?;
            let fact = Fact { leaf: row.leaf, at_us: row.recorded_at_us, by: self.agency(row.agency), what };
            steps.push((row.leaf, Step::Fact(fact)));
        }
        for event in EventRow::range(connection, first, count).await? {
            let leaf = event.leaf_index;
            match self.step(&event) {
                Ok(step) => steps.extend(step.map(|step| (leaf, step))),
                Err(StoreError::Value { .. }) => steps.push((leaf, Step::Unreadable)),
                Err(error) => return Err(error),
            }
        }
        steps.sort_by_key(|(leaf, _)| *leaf);
        Ok(steps.into_iter().map(|(_, step)| step).collect())
    }

    fn step(&self, event: &EventRow) -> Result<Option<Step>, StoreError> {
        if event.kind == Kind::HostRules {
            let rules = HostRulesStatement::text_of(&event.statement).map_err(|_| STATEMENT)?;
            return Ok(Some(Step::Rules(text::parse(&rules).map_err(|_| STATEMENT)?)));
        }
        let (leaf, at_us) = (event.leaf_index, event.recorded_at_us);
        let fact = |what| Step::Fact(Fact { leaf, at_us, by: self.agency(event.agency), what });
        Ok(what(event, self.target_ids)?.map(fact))
    }

    fn agency(&self, agency: AgencyNo) -> String {
        self.agencies.get(&agency).cloned().unwrap_or_default()
    }
}

/// What is kept of an event when it is redacted; none: figures do not need it, or it cannot be read and was never counted.
pub(in crate::flow) fn kept_fact(event: &EventRow, target_ids: &TargetIds) -> Option<String> {
    let kept = what(event, target_ids).ok().flatten()?;
    Some(serde_json::to_string(&kept).expect("a fact has no maps with keys other than text"))
}

/// What an event says; none: nothing that is counted.
fn what(event: &EventRow, target_ids: &TargetIds) -> Result<Option<What>, StoreError> {
    match event.kind {
        Kind::Referral => referred(event, target_ids).map(Some),
        Kind::Decision => {
            let request = DecisionStatement::decode(&event.statement).map_err(|_| STATEMENT)?;
            changed(act(&request), event, target_ids)
        }
        Kind::Deadline => changed(Act::Other, event, target_ids),
        Kind::Duplicates => {
            let said = DuplicatesStatement::decode(&event.statement).map_err(|_| STATEMENT)?;
            let pairs = if said.act == Said::Split { said.pairs } else { Vec::new() };
            let pairs = pairs
                .into_iter()
                .filter_map(|(one, other)| Some((target_ids.number(one)?.0, target_ids.number(other)?.0)));
            changed(Act::Duplicates(pairs.collect()), event, target_ids)
        }
        _ => Ok(None),
    }
}

fn referred(event: &EventRow, target_ids: &TargetIds) -> Result<What, StoreError> {
    let decision = ReferralDecision::decode(&event.decision).map_err(|_| DECISION)?;
    let (_, referral) = ReferralStatement::decode(&event.statement, &event.salt).map_err(|_| STATEMENT)?;
    let link = CanonicalLink::parse(&referral.link).map_err(|_| STATEMENT)?;
    let host = link.host().to_owned();
    let domain = link.registrable_domain().filter(|domain| **domain != host).unwrap_or_default().to_owned();
    Ok(What::Referred {
        target: target_ids.number(decision.target).ok_or(DECISION)?.0,
        verdict: decision.verdict.into(),
        round: decision.round,
        owner: decision.owner.to_string(),
        first_seised: decision.basis == OwnerBasis::FirstSeised,
        host,
        domain,
        class: referral.offence_class,
        elsewhere: referral.notified_elsewhere.is_some(),
    })
}

/// Changes of targets; none where all of them were refused.
fn changed(act: Act, event: &EventRow, target_ids: &TargetIds) -> Result<Option<What>, StoreError> {
    let record = DecisionRecord::decode(&event.decision[..]).map_err(|_| DECISION)?;
    let applied = record.targets.iter().filter(|one| one.took_effect());
    let changes = applied.map(|one| change(one, target_ids)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(What::Changed { act, changes }))
}

fn change(record: &TargetRecord, target_ids: &TargetIds) -> Result<Change, StoreError> {
    let number = |id: &[u8]| {
        let id = id.try_into().map(TargetId::from_bytes).map_err(|_| DECISION)?;
        target_ids.number(id).map(|target| target.0).ok_or(DECISION)
    };
    let into = (!record.merged_into.is_empty()).then(|| number(&record.merged_into)).transpose()?;
    Ok(Change {
        target: number(&record.target_id)?,
        round: record.round,
        stage: record.stage,
        owner: record.owner_agency_id.clone(),
        firm: record.responsibility() == Responsibility::Confirmed,
        owner_withdrew: record.owner_withdrew,
        into,
    })
}

fn act(request: &DecideRequest) -> Act {
    let id = |text: &str| text.parse::<CommandId>().ok().map(|id| id.as_u128());
    match &request.decision {
        Some(Decision::Assess(one)) if !one.automatic => Act::Assess(one.offence_class),
        Some(Decision::PlaceHold(_)) => id(&request.command_id).map_or(Act::Other, Act::PlaceHold),
        Some(Decision::LiftHold(one)) => Act::LiftHold(id(&one.hold_id)),
        Some(Decision::Overrule(one)) => Act::Overrule(one.agency_id.clone()),
        Some(Decision::Intend(_)) => Act::Intend,
        Some(Decision::ReportSent(one)) => Act::Sent(one.sent_at_us),
        Some(Decision::ReportIncident(one)) => Act::Sent(one.sent_at_us),
        Some(Decision::ResolveIntent(one)) if one.was_sent => Act::Sent(one.sent_at_us),
        Some(Decision::ResolveIntent(_)) => Act::NotSent,
        Some(Decision::ReportCheck(one)) => match one.result() {
            CheckResult::Gone => Act::Check(true, one.checked_at_us),
            CheckResult::Available => Act::Check(false, one.checked_at_us),
            CheckResult::Unclear | CheckResult::Unspecified => Act::Other,
        },
        Some(Decision::CloseRound(one)) => ended(one.outcome()).map_or(Act::Other, Act::Close),
        Some(Decision::ReportComplaint(_)) => Act::Complain,
        Some(Decision::SettleComplaint(one)) => Act::Settle(one.upheld),
        _ => Act::Other,
    }
}

fn ended(outcome: Outcome) -> Option<Ended> {
    Some(match outcome {
        Outcome::Gone => Ended::Gone,
        Outcome::GoneBeforeNotice => Ended::GoneBefore,
        Outcome::Refused => Ended::Refused,
        Outcome::NotForwardable => Ended::NotForwardable,
        Outcome::NotUnlawful => Ended::NotUnlawful,
        Outcome::Withdrawn => Ended::Withdrawn,
        Outcome::Unresolved => Ended::Unresolved,
        Outcome::Contested => Ended::Contested,
        Outcome::Unspecified => return None,
    })
}
