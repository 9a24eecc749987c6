//! The rules of a decision's fields.

use super::{check_enum, check_text};
use crate::{
    AgencyId, CaseNumber, CommandId, TargetId,
    ids::IdError,
    limits::{
        CARD_CHARS, NOTE_CHARS, PLATFORM_CHARS, PROSECUTOR_REFERENCE_CHARS, REASON_CHARS, REFERENCE_CHARS,
        TARGETS_PER_DECISION,
    },
    text::TextError,
    v1::{
        AnswerCode, CheckResult, DecideRequest, Finding, GateKind, HoldReason, NoticeForce, NoticeKind,
        OffenceClass, Outcome, OwnerBasis, ProviderDataState, Refusal, RefusalCode, ReleaseForm,
        ReleaseScope, decide_request::Decision,
    },
};

/// Checks officer, targets and the decision's own fields, and gives the targets.
///
/// # Errors
/// The first field that breaks its rule.
pub fn check_decision(request: &DecideRequest) -> Result<Vec<TargetId>, Refusal> {
    required("officer", &request.officer, REFERENCE_CHARS)?;
    let targets = check_targets(&request.target_ids)?;
    let decision = request.decision.as_ref().ok_or_else(|| Refusal::missing("decision"))?;
    check_fields(decision, targets.len()).map_err(|refusal| refusal.within(name(decision)))?;
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
    let mut seen = std::collections::HashSet::with_capacity(ids.len());
    let parse = |(i, id): (usize, &String)| {
        let field = || format!("target_ids[{i}]");
        let id: TargetId =
            id.parse().map_err(|error: IdError| Refusal::invalid(field(), error.to_string()))?;
        if seen.insert(id) { Ok(id) } else { Err(Refusal::invalid(field(), "stands there twice")) }
    };
    ids.iter().enumerate().map(parse).collect()
}

/// The decision's name: that of its field in the contract.
pub fn name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Assess(_) => "assess",
        Decision::SecureEvidence(_) => "secure_evidence",
        Decision::SettleProviderData(_) => "settle_provider_data",
        Decision::Release(_) => "release",
        Decision::Confirm(_) => "confirm",
        Decision::WithdrawGate(_) => "withdraw_gate",
        Decision::AdoptGates(_) => "adopt_gates",
        Decision::PlaceHold(_) => "place_hold",
        Decision::RenewHold(_) => "renew_hold",
        Decision::LiftHold(_) => "lift_hold",
        Decision::Consent(_) => "consent",
        Decision::RequestGrant(_) => "request_grant",
        Decision::ReturnGrant(_) => "return_grant",
        Decision::Intend(_) => "intend",
        Decision::ReportSent(_) => "report_sent",
        Decision::ReportFailed(_) => "report_failed",
        Decision::ResolveIntent(_) => "resolve_intent",
        Decision::ReportIncident(_) => "report_incident",
        Decision::ReportElsewhere(_) => "report_elsewhere",
        Decision::ReportAnswer(_) => "report_answer",
        Decision::ReportCheck(_) => "report_check",
        Decision::CloseRound(_) => "close_round",
        Decision::ReportComplaint(_) => "report_complaint",
        Decision::SettleComplaint(_) => "settle_complaint",
        Decision::ReopenRound(_) => "reopen_round",
        Decision::AcceptOwnership(_) => "accept_ownership",
        Decision::DeclineOwnership(_) => "decline_ownership",
        Decision::OfferOwnership(_) => "offer_ownership",
        Decision::AnswerOffer(_) => "answer_offer",
        Decision::WithdrawOffer(_) => "withdraw_offer",
        Decision::DisputeOwnership(_) => "dispute_ownership",
        Decision::WithdrawDispute(_) => "withdraw_dispute",
        Decision::AssignOwner(_) => "assign_owner",
        Decision::WithdrawReferral(_) => "withdraw_referral",
        Decision::Overrule(_) => "overrule",
    }
}

fn check_fields(decision: &Decision, targets: usize) -> Result<(), Refusal> {
    match decision {
        Decision::Assess(one) => {
            let finding = chosen::<Finding>("finding", one.finding)?;
            let class = check_enum::<OffenceClass>("offence_class", one.offence_class)?;
            if finding == Finding::Unlawful && class == OffenceClass::Unspecified {
                return Err(Refusal::missing("offence_class"));
            }
            if !one.automatic {
                required("means_of_collection", &one.means_of_collection, REASON_CHARS)?;
            }
            check_text("means_of_collection", &one.means_of_collection, REASON_CHARS)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)
        }
        Decision::SecureEvidence(one) => {
            instant("secured_at_us", one.secured_at_us)?;
            required("custodian", &one.custodian, REFERENCE_CHARS)?;
            if !matches!(one.container_sha256.len(), 0 | 32) {
                return Err(Refusal::invalid("container_sha256", "must be exactly 32 bytes, or none"));
            }
            check_text("reference", &one.reference, REFERENCE_CHARS)
        }
        Decision::SettleProviderData(one) => {
            let state = chosen::<ProviderDataState>("state", one.state)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)?;
            if state == ProviderDataState::NotNeeded {
                required("reason", &one.reason, REASON_CHARS)?;
            }
            check_text("reason", &one.reason, REASON_CHARS)
        }
        Decision::Release(one) => check_release(one),
        Decision::Confirm(one) => chosen::<GateKind>("gate", one.gate).map(drop),
        Decision::WithdrawGate(one) => {
            chosen::<GateKind>("gate", one.gate)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::AdoptGates(one) => {
            one.gates.iter().try_for_each(|gate| chosen::<GateKind>("gates", *gate).map(drop))
        }
        Decision::PlaceHold(one) => {
            let reason = chosen::<HoldReason>("reason", one.reason)?;
            required("authority", &one.authority, REFERENCE_CHARS)?;
            optional_instant("until_us", one.until_us)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)?;
            if reason == HoldReason::Other {
                required("note", &one.note, NOTE_CHARS)?;
            }
            check_text("note", &one.note, NOTE_CHARS)?;
            check_text("on_behalf_of", &one.on_behalf_of, REFERENCE_CHARS)
        }
        Decision::RenewHold(one) => {
            optional_id("hold_id", &one.hold_id)?;
            optional_instant("until_us", one.until_us)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::LiftHold(one) => {
            optional_id("hold_id", &one.hold_id)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::Consent(one) => {
            if !one.agency_id.is_empty() {
                agency("agency_id", &one.agency_id)?;
                required("reason", &one.reason, REASON_CHARS)?;
            }
            check_text("reason", &one.reason, REASON_CHARS)
        }
        Decision::RequestGrant(_) | Decision::AcceptOwnership(_) => Ok(()),
        Decision::ReturnGrant(one) => check_text("reason", &one.reason, REASON_CHARS),
        Decision::Intend(one) => {
            chosen::<NoticeKind>("kind", one.kind)?;
            chosen::<NoticeForce>("force", one.force)?;
            if one.fences.len() != targets {
                return Err(Refusal::invalid("fences", "must have one entry per target"));
            }
            required("legal_basis", &one.legal_basis, PLATFORM_CHARS)?;
            check_text("on_behalf_of", &one.on_behalf_of, REFERENCE_CHARS)?;
            required("recipient", &one.recipient, CARD_CHARS)?;
            required("channel", &one.channel, PLATFORM_CHARS)?;
            required("file_reference", &one.file_reference, REFERENCE_CHARS)
        }
        Decision::ReportSent(one) => {
            id("intent_id", &one.intent_id)?;
            instant("sent_at_us", one.sent_at_us)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)
        }
        Decision::ReportFailed(one) => {
            id("intent_id", &one.intent_id)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::ResolveIntent(one) => {
            id("intent_id", &one.intent_id)?;
            optional_instant("sent_at_us", one.sent_at_us)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::ReportIncident(one) => {
            instant("sent_at_us", one.sent_at_us)?;
            required("recipient", &one.recipient, CARD_CHARS)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::ReportElsewhere(one) => {
            let notified = one.notified.as_ref().ok_or_else(|| Refusal::missing("notified"))?;
            super::referral::check_notified(notified).map_err(|refusal| refusal.within("notified"))
        }
        Decision::ReportAnswer(one) => {
            chosen::<AnswerCode>("answer", one.answer)?;
            instant("answered_at_us", one.answered_at_us)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)
        }
        Decision::ReportCheck(one) => {
            chosen::<CheckResult>("result", one.result)?;
            instant("checked_at_us", one.checked_at_us)?;
            required("means", &one.means, REFERENCE_CHARS)
        }
        Decision::CloseRound(one) => {
            chosen::<Outcome>("outcome", one.outcome)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::ReportComplaint(one) => {
            required("by", &one.by, REFERENCE_CHARS)?;
            instant("received_at_us", one.received_at_us)?;
            check_text("reference", &one.reference, REFERENCE_CHARS)
        }
        Decision::SettleComplaint(one) => required("reason", &one.reason, REASON_CHARS),
        Decision::ReopenRound(one) => {
            instant("seen_at_us", one.seen_at_us)?;
            required("means", &one.means, REFERENCE_CHARS)
        }
        Decision::DeclineOwnership(one) => required("reason", &one.reason, REASON_CHARS),
        Decision::OfferOwnership(one) => {
            agency("agency_id", &one.agency_id)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::AnswerOffer(one) => {
            if !one.accepted {
                required("reason", &one.reason, REASON_CHARS)?;
            }
            check_text("reason", &one.reason, REASON_CHARS)
        }
        Decision::WithdrawOffer(one) => check_text("reason", &one.reason, REASON_CHARS),
        Decision::DisputeOwnership(one) => {
            agency("agency_id", &one.agency_id)?;
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::WithdrawDispute(one) => check_text("reason", &one.reason, REASON_CHARS),
        Decision::AssignOwner(one) => {
            agency("agency_id", &one.agency_id)?;
            match check_enum::<OwnerBasis>("basis", one.basis)? {
                OwnerBasis::Agreement | OwnerBasis::Assignment | OwnerBasis::Prosecutor => {}
                _ => {
                    let reason = "must be an agreement, an assignment or a prosecutor's decision";
                    return Err(Refusal::invalid("basis", reason));
                }
            }
            required("decider", &one.decider, REFERENCE_CHARS)?;
            required("reference", &one.reference, REFERENCE_CHARS)
        }
        Decision::WithdrawReferral(one) => {
            if !one.case_number.is_empty() {
                let number: Result<CaseNumber, TextError> = one.case_number.parse();
                number.map_err(|error| error.at("case_number"))?;
            }
            required("reason", &one.reason, REASON_CHARS)
        }
        Decision::Overrule(one) => {
            agency("agency_id", &one.agency_id)?;
            required("reason", &one.reason, REASON_CHARS)?;
            required("reference", &one.reference, REFERENCE_CHARS)
        }
    }
}

fn check_release(release: &crate::v1::Release) -> Result<(), Refusal> {
    let needed = release.not_needed_reason.is_empty();
    if needed {
        required("authority", &release.authority, REFERENCE_CHARS)?;
        required("person", &release.person, REFERENCE_CHARS)?;
        chosen::<ReleaseForm>("form", release.form)?;
        let scope = chosen::<ReleaseScope>("scope", release.scope)?;
        if scope == ReleaseScope::Period && release.until_us == 0 {
            return Err(Refusal::missing("until_us"));
        }
    }
    check_text("authority", &release.authority, REFERENCE_CHARS)?;
    check_text("person", &release.person, REFERENCE_CHARS)?;
    check_text("prosecutor_reference", &release.prosecutor_reference, PROSECUTOR_REFERENCE_CHARS)?;
    check_enum::<ReleaseForm>("form", release.form)?;
    check_enum::<ReleaseScope>("scope", release.scope)?;
    optional_instant("until_us", release.until_us)?;
    check_text("conditions", &release.conditions, NOTE_CHARS)?;
    check_text("not_needed_reason", &release.not_needed_reason, REASON_CHARS)
}

fn required(field: &str, value: &str, most_chars: usize) -> Result<(), Refusal> {
    if value.trim().is_empty() {
        return Err(Refusal::missing(field));
    }
    check_text(field, value, most_chars)
}

/// An enum that must have been chosen: 0 is never sent.
fn chosen<E: TryFrom<i32>>(field: &str, value: i32) -> Result<E, Refusal> {
    if value == 0 { Err(Refusal::missing(field)) } else { check_enum(field, value) }
}

fn instant(field: &str, at_us: i64) -> Result<(), Refusal> {
    if at_us == 0 { Err(Refusal::missing(field)) } else { optional_instant(field, at_us) }
}

fn optional_instant(field: &str, at_us: i64) -> Result<(), Refusal> {
    if at_us < 0 { Err(Refusal::invalid(field, "lies before 1970")) } else { Ok(()) }
}

fn id(field: &str, text: &str) -> Result<(), Refusal> {
    let id: Result<CommandId, IdError> = text.parse();
    id.map(drop).map_err(|error| Refusal::invalid(field, error.to_string()))
}

fn optional_id(field: &str, text: &str) -> Result<(), Refusal> {
    if text.is_empty() { Ok(()) } else { id(field, text) }
}

fn agency(field: &str, text: &str) -> Result<(), Refusal> {
    let id: Result<AgencyId, IdError> = text.parse();
    id.map(drop).map_err(|error| Refusal::invalid(field, error.to_string()))
}
