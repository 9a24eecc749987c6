//! What an agency said with a decision, in its own words: the texts of its fields, in their order.

use meldeverbund_proto::v1::{Release, decide_request::Decision};

/// The texts of a decision, each with its field's name; empty ones are left out.
pub(super) fn words(decision: &Decision) -> String {
    let said = texts(decision);
    let said = said.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(field, text)| format!("{field}: {text}")).collect::<Vec<_>>().join("; ")
}

fn texts(decision: &Decision) -> Vec<(&'static str, &str)> {
    match decision {
        Decision::Assess(one) => vec![
            ("finding", one.finding().as_str_name()),
            ("offence class", one.offence_class().as_str_name()),
            ("means of collection", &one.means_of_collection),
            ("reference", &one.reference),
        ],
        Decision::SecureEvidence(one) => vec![("custodian", &one.custodian), ("reference", &one.reference)],
        Decision::SettleProviderData(one) => {
            vec![("state", one.state().as_str_name()), ("reference", &one.reference), ("reason", &one.reason)]
        }
        Decision::Release(one) => release(one),
        Decision::Confirm(one) => vec![("gate", one.gate().as_str_name())],
        Decision::WithdrawGate(one) => vec![("gate", one.gate().as_str_name()), ("reason", &one.reason)],
        Decision::PlaceHold(one) => vec![
            ("reason", one.reason().as_str_name()),
            ("authority", &one.authority),
            ("reference", &one.reference),
            ("note", &one.note),
            ("on behalf of", &one.on_behalf_of),
        ],
        Decision::RenewHold(one) => vec![("reason", &one.reason)],
        Decision::LiftHold(one) => vec![("reason", &one.reason)],
        Decision::Consent(one) => vec![("for", &one.agency_id), ("reason", &one.reason)],
        Decision::ReturnGrant(one) => vec![("reason", &one.reason)],
        Decision::Intend(one) => vec![
            ("kind", one.kind().as_str_name()),
            ("force", one.force().as_str_name()),
            ("legal basis", &one.legal_basis),
            ("on behalf of", &one.on_behalf_of),
            ("recipient", &one.recipient),
            ("channel", &one.channel),
            ("file reference", &one.file_reference),
        ],
        Decision::ReportSent(one) => vec![("reference", &one.reference)],
        Decision::ReportFailed(one) => vec![("reason", &one.reason)],
        Decision::ResolveIntent(one) => {
            vec![("found", if one.was_sent { "sent" } else { "not sent" }), ("reason", &one.reason)]
        }
        Decision::ReportIncident(one) => {
            vec![("recipient", &one.recipient), ("reference", &one.reference), ("reason", &one.reason)]
        }
        Decision::ReportElsewhere(one) => {
            let notified = one.notified.as_ref();
            let text =
                |field: fn(&meldeverbund_proto::v1::NotifiedElsewhere) -> &str| notified.map_or("", field);
            vec![("by", text(|one| &one.by)), ("reference", text(|one| &one.reference))]
        }
        Decision::ReportAnswer(one) => {
            vec![("answer", one.answer().as_str_name()), ("reference", &one.reference)]
        }
        Decision::ReportCheck(one) => vec![("result", one.result().as_str_name()), ("means", &one.means)],
        Decision::CloseRound(one) => vec![("outcome", one.outcome().as_str_name()), ("reason", &one.reason)],
        Decision::ReportComplaint(one) => vec![("by", &one.by), ("reference", &one.reference)],
        Decision::SettleComplaint(one) => {
            vec![("complaint", if one.upheld { "upheld" } else { "not upheld" }), ("reason", &one.reason)]
        }
        Decision::ReopenRound(one) => vec![("means", &one.means)],
        Decision::DeclineOwnership(one) => vec![("reason", &one.reason)],
        Decision::OfferOwnership(one) => vec![("to", &one.agency_id), ("reason", &one.reason)],
        Decision::AnswerOffer(one) => {
            vec![("offer", if one.accepted { "taken" } else { "refused" }), ("reason", &one.reason)]
        }
        Decision::WithdrawOffer(one) => vec![("reason", &one.reason)],
        Decision::DisputeOwnership(one) => vec![("should own it", &one.agency_id), ("reason", &one.reason)],
        Decision::WithdrawDispute(one) => vec![("reason", &one.reason)],
        Decision::AssignOwner(one) => vec![
            ("to", &one.agency_id),
            ("basis", one.basis().as_str_name()),
            ("decider", &one.decider),
            ("reference", &one.reference),
        ],
        Decision::WithdrawReferral(one) => vec![("reason", &one.reason)],
        Decision::Overrule(one) => {
            vec![("agency", &one.agency_id), ("reason", &one.reason), ("reference", &one.reference)]
        }
        Decision::AdoptGates(_) | Decision::RequestGrant(_) | Decision::AcceptOwnership(_) => Vec::new(),
    }
}

fn release(release: &Release) -> Vec<(&'static str, &str)> {
    vec![
        ("authority", &release.authority),
        ("person", &release.person),
        ("prosecutor's number", &release.prosecutor_reference),
        ("conditions", &release.conditions),
        ("not needed", &release.not_needed_reason),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use meldeverbund_proto::v1::{PlaceHold, RequestGrant};

    #[test]
    fn texts_stand_in_the_order_of_their_fields_and_empty_ones_are_left_out() {
        let hold = PlaceHold { authority: "Dezernat 42".into(), note: "raid".into(), ..PlaceHold::default() };
        let said = words(&Decision::PlaceHold(hold));
        assert_eq!(said, "reason: HOLD_REASON_UNSPECIFIED; authority: Dezernat 42; note: raid");
        assert_eq!(words(&Decision::RequestGrant(RequestGrant {})), "");
    }
}
