//! Decisions by name and number: those of their fields in the contract.

use crate::v1::decide_request::Decision;

/// The decision's name: that of its field in the contract.
pub fn decision_name(decision: &Decision) -> &'static str {
    decision_by_number(decision_number(decision)).expect("every decision has its name in the table")
}

/// The name of the decision with this number.
pub fn decision_by_number(number: u8) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// The decision's number: that of its field in the contract.
pub fn decision_number(decision: &Decision) -> u8 {
    match decision {
        Decision::Assess(_) => 10,
        Decision::SecureEvidence(_) => 11,
        Decision::SettleProviderData(_) => 12,
        Decision::Release(_) => 13,
        Decision::Confirm(_) => 14,
        Decision::WithdrawGate(_) => 15,
        Decision::AdoptGates(_) => 16,
        Decision::PlaceHold(_) => 20,
        Decision::RenewHold(_) => 21,
        Decision::LiftHold(_) => 22,
        Decision::Consent(_) => 23,
        Decision::RequestGrant(_) => 30,
        Decision::ReturnGrant(_) => 31,
        Decision::Intend(_) => 32,
        Decision::ReportSent(_) => 33,
        Decision::ReportFailed(_) => 34,
        Decision::ResolveIntent(_) => 35,
        Decision::ReportIncident(_) => 36,
        Decision::ReportElsewhere(_) => 37,
        Decision::ReportAnswer(_) => 40,
        Decision::ReportCheck(_) => 41,
        Decision::CloseRound(_) => 42,
        Decision::ReportComplaint(_) => 43,
        Decision::SettleComplaint(_) => 44,
        Decision::ReopenRound(_) => 45,
        Decision::AcceptOwnership(_) => 50,
        Decision::DeclineOwnership(_) => 51,
        Decision::OfferOwnership(_) => 52,
        Decision::AnswerOffer(_) => 53,
        Decision::WithdrawOffer(_) => 54,
        Decision::DisputeOwnership(_) => 55,
        Decision::WithdrawDispute(_) => 56,
        Decision::AssignOwner(_) => 57,
        Decision::WithdrawReferral(_) => 58,
        Decision::Overrule(_) => 59,
    }
}

/// Decisions by the number of their field in the contract; neither changes.
const NAMES: [(u8, &str); 35] = [
    (10, "assess"),
    (11, "secure_evidence"),
    (12, "settle_provider_data"),
    (13, "release"),
    (14, "confirm"),
    (15, "withdraw_gate"),
    (16, "adopt_gates"),
    (20, "place_hold"),
    (21, "renew_hold"),
    (22, "lift_hold"),
    (23, "consent"),
    (30, "request_grant"),
    (31, "return_grant"),
    (32, "intend"),
    (33, "report_sent"),
    (34, "report_failed"),
    (35, "resolve_intent"),
    (36, "report_incident"),
    (37, "report_elsewhere"),
    (40, "report_answer"),
    (41, "report_check"),
    (42, "close_round"),
    (43, "report_complaint"),
    (44, "settle_complaint"),
    (45, "reopen_round"),
    (50, "accept_ownership"),
    (51, "decline_ownership"),
    (52, "offer_ownership"),
    (53, "answer_offer"),
    (54, "withdraw_offer"),
    (55, "dispute_ownership"),
    (56, "withdraw_dispute"),
    (57, "assign_owner"),
    (58, "withdraw_referral"),
    (59, "overrule"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DESCRIPTORS;
    use prost::Message as _;

    #[test]
    fn names_and_numbers_are_the_contracts() {
        let set = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
        let mut files = set.file.iter();
        let file = files.find(|file| file.name() == "meldeverbund/v1/decision.proto").unwrap();
        let request = file.message_type.iter().find(|message| message.name() == "DecideRequest").unwrap();
        let choices = request.field.iter().filter(|field| field.oneof_index.is_some());
        let stated: Vec<_> =
            choices.map(|field| (u8::try_from(field.number()).unwrap(), field.name())).collect();
        assert_eq!(stated, NAMES);
    }
}
