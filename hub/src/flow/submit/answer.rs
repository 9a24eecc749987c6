//! What the sender is told: the verdict, and beside it how things stand now.

use std::collections::HashMap;

use meldeverbund_domain::{
    Agency, Target, TargetNo, life::State, referral::Decision, referral::role, view::Viewer,
};
use meldeverbund_proto::{
    AgencyId, LinkId,
    v1::{ReferralAnswer, Refusal, Role, SubmissionAccepted, Verdict},
};

use super::{prepare::Item, verdict::StoredVerdict};
use crate::store::{AgencyRow, CommandRow, StoreError, TargetIds};

/// What the answers of a batch have in common.
pub(super) struct Answers<'a> {
    pub(super) agencies: &'a [AgencyRow],
    pub(super) agency: &'a Agency,
    pub(super) target_ids: &'a TargetIds,
}

impl Answers<'_> {
    /// The answer to a submission that was decided just now.
    pub(super) fn first(
        &self,
        now_us: i64,
        first_leaf: i64,
        items: &[Item],
        decisions: &[Decision],
    ) -> Result<SubmissionAccepted, StoreError> {
        let mut left = decisions.iter();
        let answers = items.iter().map(|item| match item {
            Item::Refused(refusal) => Ok(refused(refusal)),
            Item::Prepared(prepared) => {
                let decision = left.next().expect("there is a decision on each referral that is not refused");
                let role = role(&decision.target, self.agency.no);
                self.one(decision.verdict, &decision.target, decision.name, prepared.link, role)
            }
        });
        let answers = answers.collect::<Result<Vec<_>, _>>()?;
        Ok(self.accepted(answers, now_us, first_leaf, decisions.len() as u64, false))
    }

    /// The answer to a submission that was decided before.
    pub(super) fn repeated(
        &self,
        known: &CommandRow,
        verdict: &StoredVerdict,
        states: &HashMap<TargetNo, State>,
        names: &HashMap<TargetNo, TargetNo>,
        mut links: impl Iterator<Item = LinkId>,
    ) -> Result<SubmissionAccepted, StoreError> {
        let missing = StoreError::Value { column: "command.verdict" };
        // Its target may be another name by now.
        let now = |number: TargetNo| names.get(&number).copied().unwrap_or(number);
        let answers = verdict.items.iter().map(|item| match &item.refusal {
            Some(refusal) => Ok(refused(refusal)),
            None => match (states.get(&now(TargetNo(item.target_no))), links.next()) {
                (Some(state), Some(link)) => {
                    let role = Viewer::of(self.agency, state).role();
                    self.one(item.verdict(), &state.target, TargetNo(item.target_no), link, role)
                }
                _ => Err(StoreError::Value { column: "command.verdict" }),
            },
        });
        let answers = answers.collect::<Result<Vec<_>, _>>()?;
        let leaf_count = u64::try_from(known.leaf_count).map_err(|_| missing)?;
        Ok(self.accepted(answers, known.recorded_at_us, known.first_leaf, leaf_count, true))
    }

    fn one(
        &self,
        verdict: Verdict,
        target: &Target,
        own: TargetNo,
        link: LinkId,
        role: Role,
    ) -> Result<ReferralAnswer, StoreError> {
        let owner = owner(self.agencies, target)?;
        Ok(answer(verdict, target, (own, link), &owner.agency.id, role, self.target_ids))
    }

    fn accepted(
        &self,
        answers: Vec<ReferralAnswer>,
        recorded_at_us: i64,
        first_leaf: i64,
        leaf_count: u64,
        repeated: bool,
    ) -> SubmissionAccepted {
        let named = |row: &&AgencyRow| answers.iter().any(|a| a.owner_agency_id == row.card.agency_id);
        let owners = self.agencies.iter().filter(named).map(|row| row.card.clone()).collect();
        let first_leaf_index = first_leaf.cast_unsigned();
        SubmissionAccepted {
            answers,
            owners,
            recorded_at_us,
            first_leaf_index,
            leaf_count,
            repeated,
            receipt: None,
        }
    }
}

/// One referral's answer, stage and role as of now; `own` is the link's own number.
pub(crate) fn answer(
    verdict: Verdict,
    target: &Target,
    (own, link): (TargetNo, LinkId),
    owner: &AgencyId,
    role: Role,
    target_ids: &TargetIds,
) -> ReferralAnswer {
    ReferralAnswer {
        verdict: verdict.into(),
        target_id: target_ids.id(target.no).to_string(),
        link_id: link.as_bytes().to_vec(),
        owner_agency_id: owner.to_string(),
        owner_basis: target.ownership.basis.into(),
        stage: target.stage.into(),
        round: target.round,
        role: role.into(),
        refusal: None,
        name_id: if own == target.no { String::new() } else { target_ids.id(own).to_string() },
    }
}

/// The agency that is responsible for a target.
pub(crate) fn owner<'a>(agencies: &'a [AgencyRow], target: &Target) -> Result<&'a AgencyRow, StoreError> {
    let owner = agencies.iter().find(|row| row.agency.no == target.ownership.owner);
    owner.ok_or(StoreError::Value { column: "target.owner_no" })
}

fn refused(refusal: &Refusal) -> ReferralAnswer {
    ReferralAnswer {
        verdict: Verdict::Refused.into(),
        refusal: Some(refusal.clone()),
        ..ReferralAnswer::default()
    }
}
