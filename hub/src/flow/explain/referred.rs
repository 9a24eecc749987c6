//! What a referral made of a target: its leaf says who is responsible, and what was told before, how firmly.

use meldeverbund_proto::{
    statement::ReferralDecision,
    v1::{OwnerBasis, Responsibility, Stage, TimelineEntry, Verdict},
};

use crate::store::EventRow;

/// What was told before an event.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) entry: Option<&'a TimelineEntry>,
    /// Whether who was responsible had withdrawn.
    pub(super) owner_withdrew: bool,
}

/// What a referral made of the target, as its leaf and the entry before say it.
pub(super) fn referral(
    event: &EventRow,
    by: String,
    decision: &ReferralDecision,
    before: Before<'_>,
) -> (TimelineEntry, bool) {
    let owner = decision.owner.as_str();
    let asked =
        |is_confirmed| if is_confirmed { Responsibility::Confirmed } else { Responsibility::Proposed };
    let stays = before.entry.filter(|last| last.owner_agency_id == owner && !before.owner_withdrew);
    let (stage, responsibility) = match (decision.verdict, before.entry, stays) {
        (Verdict::New, ..) => (Stage::Referred.into(), asked(owner == by).into()),
        // A dispute is to be decided anew: nobody is late with it.
        (Verdict::Reopened, _, Some(last)) if last.responsibility() == Responsibility::Escalated => {
            (Stage::Referred.into(), Responsibility::Disputed.into())
        }
        (Verdict::Reopened, _, Some(last)) => (Stage::Referred.into(), last.responsibility),
        (Verdict::Reopened, ..) => {
            let first_seised = decision.basis == OwnerBasis::FirstSeised;
            (Stage::Referred.into(), asked(owner == by && first_seised).into())
        }
        // One that only joins says nothing of stage and firmness: they stay as they were.
        (_, Some(last), _) => (last.stage, last.responsibility),
        (_, None, _) => (Stage::Unspecified.into(), asked(owner == by).into()),
    };
    let entry = TimelineEntry {
        leaf_index: event.leaf_index.cast_unsigned(),
        recorded_at_us: event.recorded_at_us,
        agency_id: by,
        what: "referral".into(),
        round: decision.round,
        stage,
        owner_agency_id: decision.owner.to_string(),
        owner_basis: decision.basis.into(),
        responsibility,
        detail: String::new(),
    };
    (entry, decision.verdict != Verdict::Reopened && before.owner_withdrew)
}
