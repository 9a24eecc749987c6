//! Ownership, withdrawals, and records that are set aside.

use super::fields::{agency, required};
use crate::{
    CaseNumber,
    check::{check_enum, check_text},
    limits::{REASON_CHARS, REFERENCE_CHARS},
    text::TextError,
    v1::{
        AnswerOffer, AssignOwner, DeclineOwnership, DisputeOwnership, OfferOwnership, Overrule, OwnerBasis,
        Refusal, WithdrawDispute, WithdrawOffer, WithdrawReferral,
    },
};

pub(super) fn decline(DeclineOwnership { reason }: &DeclineOwnership) -> Result<(), Refusal> {
    required("reason", reason, REASON_CHARS)
}

pub(super) fn offer(OfferOwnership { agency_id, reason }: &OfferOwnership) -> Result<(), Refusal> {
    agency("agency_id", agency_id)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn answer_offer(AnswerOffer { accepted, reason }: &AnswerOffer) -> Result<(), Refusal> {
    if !accepted {
        required("reason", reason, REASON_CHARS)?;
    }
    check_text("reason", reason, REASON_CHARS)
}

pub(super) fn withdraw_offer(WithdrawOffer { reason }: &WithdrawOffer) -> Result<(), Refusal> {
    check_text("reason", reason, REASON_CHARS)
}

pub(super) fn dispute(DisputeOwnership { agency_id, reason }: &DisputeOwnership) -> Result<(), Refusal> {
    agency("agency_id", agency_id)?;
    required("reason", reason, REASON_CHARS)
}

pub(super) fn withdraw_dispute(WithdrawDispute { reason }: &WithdrawDispute) -> Result<(), Refusal> {
    check_text("reason", reason, REASON_CHARS)
}

pub(super) fn assign(assign: &AssignOwner) -> Result<(), Refusal> {
    let AssignOwner { agency_id, basis, decider, reference } = assign;
    agency("agency_id", agency_id)?;
    match check_enum::<OwnerBasis>("basis", *basis)? {
        OwnerBasis::Agreement | OwnerBasis::Assignment | OwnerBasis::Prosecutor => {}
        _ => {
            let reason = "must be an agreement, an assignment or a prosecutor's decision";
            return Err(Refusal::invalid("basis", reason));
        }
    }
    required("decider", decider, REFERENCE_CHARS)?;
    required("reference", reference, REFERENCE_CHARS)
}

pub(super) fn withdraw_referral(
    WithdrawReferral { case_number, reason }: &WithdrawReferral,
) -> Result<(), Refusal> {
    if !case_number.is_empty() {
        let number: Result<CaseNumber, TextError> = case_number.parse();
        number.map_err(|error| error.at("case_number"))?;
    }
    required("reason", reason, REASON_CHARS)
}

pub(super) fn overrule(Overrule { agency_id, reason, reference }: &Overrule) -> Result<(), Refusal> {
    agency("agency_id", agency_id)?;
    required("reason", reason, REASON_CHARS)?;
    required("reference", reference, REFERENCE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::{super::testing::Rules, *};
    use crate::{
        limits::CASE_NUMBER_CHARS,
        v1::{RefusalCode as Code, decide_request::Decision},
    };

    #[test]
    fn offers() {
        let rules = Rules::new(DeclineOwnership { reason: "r".into() }, Decision::DeclineOwnership);
        rules.refuses("decline_ownership.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("decline_ownership.reason", REASON_CHARS, |one| &mut one.reason);

        let good = OfferOwnership { agency_id: "de-by-lka".into(), reason: "r".into() };
        let rules = Rules::new(good, Decision::OfferOwnership);
        rules.refuses("offer_ownership.agency_id", Code::FieldInvalid, |one| one.agency_id.clear());
        rules.refuses("offer_ownership.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("offer_ownership.reason", REASON_CHARS, |one| &mut one.reason);

        let rules = Rules::new(AnswerOffer { accepted: true, reason: String::new() }, Decision::AnswerOffer);
        rules.refuses("answer_offer.reason", Code::FieldMissing, |one| one.accepted = false);
        rules.too_long("answer_offer.reason", REASON_CHARS, |one| &mut one.reason);

        let rules = Rules::new(WithdrawOffer::default(), Decision::WithdrawOffer);
        rules.too_long("withdraw_offer.reason", REASON_CHARS, |one| &mut one.reason);
    }

    #[test]
    fn disputes() {
        let good = DisputeOwnership { agency_id: "de-by-lka".into(), reason: "r".into() };
        let rules = Rules::new(good, Decision::DisputeOwnership);
        rules.refuses("dispute_ownership.agency_id", Code::FieldInvalid, |one| one.agency_id.clear());
        rules.refuses("dispute_ownership.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("dispute_ownership.reason", REASON_CHARS, |one| &mut one.reason);
        let rules = Rules::new(WithdrawDispute::default(), Decision::WithdrawDispute);
        rules.too_long("withdraw_dispute.reason", REASON_CHARS, |one| &mut one.reason);

        let good = AssignOwner {
            agency_id: "de-by-lka".into(),
            basis: OwnerBasis::Assignment.into(),
            decider: "GStA".into(),
            reference: "1 AR 1/26".into(),
        };
        let rules = Rules::new(good, Decision::AssignOwner);
        rules.takes(|one| one.basis = OwnerBasis::Agreement.into());
        rules.takes(|one| one.basis = OwnerBasis::Prosecutor.into());
        rules.refuses("assign_owner.agency_id", Code::FieldInvalid, |one| one.agency_id.clear());
        for basis in [0, OwnerBasis::FirstSeised.into(), OwnerBasis::Fallback.into(), 77] {
            rules.refuses("assign_owner.basis", Code::FieldInvalid, |one| one.basis = basis);
        }
        rules.refuses("assign_owner.decider", Code::FieldMissing, |one| one.decider.clear());
        rules.too_long("assign_owner.decider", REFERENCE_CHARS, |one| &mut one.decider);
        rules.refuses("assign_owner.reference", Code::FieldMissing, |one| one.reference.clear());
        rules.too_long("assign_owner.reference", REFERENCE_CHARS, |one| &mut one.reference);
    }

    #[test]
    fn withdrawals_and_overruled_records() {
        let good = WithdrawReferral { case_number: "1/26".into(), reason: "r".into() };
        let rules = Rules::new(good, Decision::WithdrawReferral);
        rules.takes(|one| one.case_number.clear());
        rules.refuses("withdraw_referral.case_number", Code::FieldInvalid, |one| {
            one.case_number = " 1/26".into();
        });
        rules.too_long("withdraw_referral.case_number", CASE_NUMBER_CHARS, |one| &mut one.case_number);
        rules.refuses("withdraw_referral.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("withdraw_referral.reason", REASON_CHARS, |one| &mut one.reason);

        let good = Overrule { agency_id: "de-by-lka".into(), reason: "r".into(), reference: "1".into() };
        let rules = Rules::new(good, Decision::Overrule);
        rules.refuses("overrule.agency_id", Code::FieldInvalid, |one| one.agency_id.clear());
        rules.refuses("overrule.reason", Code::FieldMissing, |one| one.reason.clear());
        rules.too_long("overrule.reason", REASON_CHARS, |one| &mut one.reason);
        rules.refuses("overrule.reference", Code::FieldMissing, |one| one.reference.clear());
        rules.too_long("overrule.reference", REFERENCE_CHARS, |one| &mut one.reference);
    }
}
