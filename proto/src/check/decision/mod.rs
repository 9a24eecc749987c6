//! The rules of a decision's fields, one file a subject.

mod fields;
mod gates;
mod holds;
mod names;
mod notices;
mod ownership;
mod round;
#[cfg(test)]
mod testing;

use std::collections::HashSet;

pub use names::{decision_by_number, decision_name, decision_number};

use self::fields::required;
use crate::{
    TargetId,
    ids::IdError,
    limits::{REFERENCE_CHARS, TARGETS_PER_DECISION},
    v1::{DecideRequest, Refusal, RefusalCode, decide_request::Decision},
};

/// Checks officer, targets and the decision's own fields, and gives the targets.
///
/// # Errors
/// The first field that breaks its rule.
pub fn check_decision(request: &DecideRequest) -> Result<Vec<TargetId>, Refusal> {
    required("officer", &request.officer, REFERENCE_CHARS)?;
    let targets = check_targets(&request.target_ids)?;
    let decision = request.decision.as_ref().ok_or_else(|| Refusal::missing("decision"))?;
    check_fields(decision, targets.len()).map_err(|refusal| refusal.within(decision_name(decision)))?;
    Ok(targets)
}

fn check_targets(ids: &[String]) -> Result<Vec<TargetId>, Refusal> {
    if ids.is_empty() {
        return Err(Refusal::missing("target_ids"));
    }
    if ids.len() > TARGETS_PER_DECISION {
        let reason = format!("has more than {TARGETS_PER_DECISION} entries");
        return Err(Refusal::at(RefusalCode::TooLarge, "target_ids", reason));
    }
    let mut seen = HashSet::with_capacity(ids.len());
    let parse = |(i, id): (usize, &String)| {
        let field = || format!("target_ids[{i}]");
        let id: TargetId =
            id.parse().map_err(|error: IdError| Refusal::invalid(field(), error.to_string()))?;
        if seen.insert(id) { Ok(id) } else { Err(Refusal::invalid(field(), "stands there twice")) }
    };
    ids.iter().enumerate().map(parse).collect()
}

fn check_fields(decision: &Decision, targets: usize) -> Result<(), Refusal> {
    match decision {
        Decision::Assess(one) => gates::assess(one),
        Decision::SecureEvidence(one) => gates::secure_evidence(one),
        Decision::SettleProviderData(one) => gates::settle_provider_data(one),
        Decision::Release(one) => gates::release(one),
        Decision::Confirm(one) => gates::confirm(one),
        Decision::WithdrawGate(one) => gates::withdraw(one),
        Decision::AdoptGates(one) => gates::adopt(one),
        Decision::PlaceHold(one) => holds::place(one),
        Decision::RenewHold(one) => holds::renew(one),
        Decision::LiftHold(one) => holds::lift(one),
        Decision::Consent(one) => holds::consent(one),
        Decision::RequestGrant(_) | Decision::AcceptOwnership(_) => Ok(()),
        Decision::ReturnGrant(one) => notices::give_back(one),
        Decision::Intend(one) => notices::intend(one, targets),
        Decision::ReportSent(one) => notices::sent(one),
        Decision::ReportFailed(one) => notices::failed(one),
        Decision::ResolveIntent(one) => notices::resolve(one),
        Decision::ReportIncident(one) => notices::incident(one),
        Decision::ReportElsewhere(one) => notices::elsewhere(one),
        Decision::ReportAnswer(one) => round::answer(one),
        Decision::ReportCheck(one) => round::check(one),
        Decision::CloseRound(one) => round::close(one),
        Decision::ReportComplaint(one) => round::complain(one),
        Decision::SettleComplaint(one) => round::settle(one),
        Decision::ReopenRound(one) => round::reopen(one),
        Decision::DeclineOwnership(one) => ownership::decline(one),
        Decision::OfferOwnership(one) => ownership::offer(one),
        Decision::AnswerOffer(one) => ownership::answer_offer(one),
        Decision::WithdrawOffer(one) => ownership::withdraw_offer(one),
        Decision::DisputeOwnership(one) => ownership::dispute(one),
        Decision::WithdrawDispute(one) => ownership::withdraw_dispute(one),
        Decision::AssignOwner(one) => ownership::assign(one),
        Decision::WithdrawReferral(one) => ownership::withdraw_referral(one),
        Decision::Overrule(one) => ownership::overrule(one),
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::request, *};
    use crate::v1::{AcceptOwnership, RequestGrant};

    fn good() -> DecideRequest {
        request(Decision::RequestGrant(RequestGrant {}))
    }

    fn target(n: usize) -> String {
        TargetId::from_u128(n as u128).to_string()
    }

    #[test]
    fn its_targets_are_given_back_in_their_order() {
        let three = DecideRequest { target_ids: [3, 1, 2].map(target).into(), ..good() };
        assert_eq!(check_decision(&three), Ok([3, 1, 2].map(TargetId::from_u128).into()));
        let most = (0..TARGETS_PER_DECISION).map(target).collect();
        assert!(check_decision(&DecideRequest { target_ids: most, ..good() }).is_ok());
        let accepts = request(Decision::AcceptOwnership(AcceptOwnership {}));
        assert!(check_decision(&accepts).is_ok());
    }

    #[test]
    fn each_field_is_named_when_it_breaks_its_rule() {
        type Broken<'a> = (fn(&mut DecideRequest), &'a str, RefusalCode);
        let broken: [Broken; 8] = [
            (|r| r.officer = " ".into(), "officer", RefusalCode::FieldMissing),
            (|r| r.officer = "x".repeat(REFERENCE_CHARS + 1), "officer", RefusalCode::TooLarge),
            (|r| r.officer = "data:a/b,c".into(), "officer", RefusalCode::ContentForbidden),
            (|r| r.target_ids.clear(), "target_ids", RefusalCode::FieldMissing),
            (
                |r| r.target_ids = (0..=TARGETS_PER_DECISION).map(target).collect(),
                "target_ids",
                RefusalCode::TooLarge,
            ),
            (|r| r.target_ids.push("7".into()), "target_ids[1]", RefusalCode::FieldInvalid),
            (|r| r.target_ids = vec![target(1); 2], "target_ids[1]", RefusalCode::FieldInvalid),
            (|r| r.decision = None, "decision", RefusalCode::FieldMissing),
        ];
        for (breaks, field, code) in broken {
            let mut request = good();
            breaks(&mut request);
            let refusal = check_decision(&request).unwrap_err();
            assert_eq!((refusal.field.as_str(), refusal.code()), (field, code));
        }
    }
}
