//! Names of what happens to targets between referral and outcome.

use meldeverbund_proto::v1::{AnswerCode, DueKind, GateState, Outcome, Responsibility};

use super::{Lang, say};

/// The conditions of a grant, in the order of a view.
pub const GATES: [(&str, &str); 4] = [
    ("Bewertung", "assessment"),
    ("Beweissicherung", "evidence"),
    ("Anbieterdaten", "provider data"),
    ("Freigabe", "release"),
];

/// What is due.
pub fn due(lang: Lang, kind: DueKind) -> &'static str {
    match kind {
        DueKind::Unspecified => "–",
        DueKind::AnswerProposal => {
            say(lang, "Zuständigkeit annehmen oder ablehnen", "accept or decline the ownership")
        }
        DueKind::AnswerOffer => say(lang, "Abgabe übernehmen oder ablehnen", "take or refuse the offer"),
        DueKind::AnswerWindow => say(lang, "zustimmen oder Löschaufschub setzen", "consent or place a hold"),
        DueKind::RenewHold => say(lang, "Löschaufschub verlängern oder aufheben", "renew or lift the hold"),
        DueKind::SetGates => say(lang, "Voraussetzungen schaffen", "set the gates"),
        DueKind::RequestGrant => say(lang, "Versandberechtigung anfordern", "ask for the grant"),
        DueKind::SendNotice => say(lang, "Anbieter benachrichtigen", "notify the provider"),
        DueKind::ResolveIntent => {
            say(lang, "klären, ob die Anbietermitteilung hinausging", "find out whether the notice has left")
        }
        DueKind::FollowUp => say(lang, "nachsehen oder erinnern", "look again or remind"),
        DueKind::SettleComplaint => say(lang, "Beschwerde beantworten", "answer the complaint"),
        DueKind::DecideDispute => say(lang, "Zuständigkeitsstreit klären", "have the dispute decided"),
    }
}

/// The verbs that do what is due.
pub fn due_verb(kind: DueKind) -> &'static str {
    match kind {
        DueKind::Unspecified => "",
        DueKind::AnswerProposal => "own accept | own decline",
        DueKind::AnswerOffer => "own answer-offer",
        DueKind::AnswerWindow => "own consent | hold place",
        DueKind::RenewHold => "hold renew | hold lift",
        DueKind::SetGates => "gate assess | evidence | provider-data | release",
        DueKind::RequestGrant => "grant request",
        DueKind::SendNotice => "notice intend",
        DueKind::ResolveIntent => "notice resolve",
        DueKind::FollowUp => "outcome check | notice remind",
        DueKind::SettleComplaint => "outcome settle",
        DueKind::DecideDispute => "own withdraw-dispute",
    }
}

/// Where a gate's record stands.
pub fn gate_state(lang: Lang, state: GateState) -> &'static str {
    match state {
        GateState::Unspecified => say(lang, "fehlt", "missing"),
        GateState::Set => say(lang, "liegt vor", "set"),
        GateState::Unconfirmed => say(lang, "noch nicht bestätigt", "not confirmed yet"),
        GateState::NotAdopted => say(lang, "noch nicht übernommen", "not adopted yet"),
        GateState::Contradicted => say(lang, "Bewertungen widersprechen sich", "contradicted"),
        GateState::RunOut => say(lang, "abgelaufen", "run out"),
        GateState::Suggested => say(lang, "nur automatischer Vorschlag", "only suggested by a program"),
    }
}

/// How firm an ownership is.
pub fn responsibility(lang: Lang, responsibility: Responsibility) -> &'static str {
    match responsibility {
        Responsibility::Unspecified => "–",
        Responsibility::Confirmed => say(lang, "angenommen", "confirmed"),
        Responsibility::Proposed => say(lang, "vorgeschlagen", "proposed"),
        Responsibility::Offered => say(lang, "zur Abgabe angeboten", "offered"),
        Responsibility::Disputed => say(lang, "strittig", "disputed"),
        Responsibility::Escalated => say(lang, "strittig, Frist abgelaufen", "disputed beyond the deadline"),
    }
}

/// What a provider answers.
pub fn answer(lang: Lang, answer: AnswerCode) -> &'static str {
    match answer {
        AnswerCode::Unspecified => "–",
        AnswerCode::Actioned => say(lang, "gelöscht oder gesperrt", "actioned"),
        AnswerCode::NotOurs => say(lang, "nicht unser Angebot", "not ours"),
        AnswerCode::NoAction => say(lang, "keine Maßnahme", "no action"),
        AnswerCode::AlreadyDown => say(lang, "bereits entfernt", "already down"),
        AnswerCode::NeedMoreInformation => say(lang, "Rückfrage", "need more information"),
    }
}

/// How a round ended.
pub fn round_outcome(lang: Lang, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unspecified => "–",
        Outcome::Gone => say(lang, "gelöscht", "gone"),
        Outcome::GoneBeforeNotice => say(lang, "vor jeder Mitteilung gelöscht", "gone before any notice"),
        Outcome::Refused => say(lang, "vom Anbieter abgelehnt", "refused by the provider"),
        Outcome::NotForwardable => say(lang, "nicht zustellbar", "not forwardable"),
        Outcome::NotUnlawful => say(lang, "nicht rechtswidrig", "not unlawful"),
        Outcome::Withdrawn => say(lang, "zurückgezogen", "withdrawn"),
        Outcome::Unresolved => say(lang, "ohne Ergebnis", "unresolved"),
        Outcome::Contested => say(lang, "Beschwerde erfolgreich", "contested"),
    }
}

/// What was decided; by the name of the decision's field in the contract, `referral` or `deadline`.
pub fn decision(lang: Lang, what: &str) -> &'static str {
    let (_, de, en) = DECISIONS.iter().find(|(name, ..)| *name == what).copied().unwrap_or(("", "?", "?"));
    say(lang, de, en)
}

const DECISIONS: &[(&str, &str, &str)] = &[
    ("referral", "Linkmeldung", "referral"),
    ("deadline", "Frist abgelaufen", "deadline passed"),
    ("changed", "andere beteiligte Behörde", "another co-interested agency"),
    ("assess", "Bewertung", "assessment"),
    ("secure_evidence", "Beweissicherung", "evidence secured"),
    ("settle_provider_data", "Anbieterdaten", "provider data"),
    ("release", "Freigabe", "release"),
    ("confirm", "Bestätigung (Vier-Augen-Prinzip)", "confirmation (four eyes)"),
    ("withdraw_gate", "Rücknahme einer Voraussetzung", "gate withdrawn"),
    ("adopt_gates", "Übernahme der Voraussetzungen", "gates adopted"),
    ("place_hold", "Löschaufschub", "hold"),
    ("renew_hold", "Verlängerung des Löschaufschubs", "hold renewed"),
    ("lift_hold", "Aufhebung des Löschaufschubs", "hold lifted"),
    ("consent", "Zustimmung", "consent"),
    ("request_grant", "Anforderung der Versandberechtigung", "grant requested"),
    ("return_grant", "Rückgabe der Versandberechtigung", "grant returned"),
    ("intend", "Anbietermitteilung angekündigt", "notice intended"),
    ("report_sent", "Anbietermitteilung versandt", "notice sent"),
    ("report_failed", "Versand gescheitert", "notice failed"),
    ("resolve_intent", "Verbleib der Mitteilung geklärt", "notice resolved"),
    ("report_incident", "Mitteilung ohne Ankündigung", "notice without an intent"),
    ("report_elsewhere", "anderweitig benachrichtigt", "notified elsewhere"),
    ("report_answer", "Antwort des Anbieters", "provider's answer"),
    ("report_check", "Verfügbarkeitsprüfung", "check"),
    ("close_round", "Durchgang beendet", "round closed"),
    ("report_complaint", "Beschwerde", "complaint"),
    ("settle_complaint", "Beschwerde beantwortet", "complaint settled"),
    ("reopen_round", "neuer Durchgang", "round reopened"),
    ("accept_ownership", "Zuständigkeit angenommen", "ownership accepted"),
    ("decline_ownership", "Zuständigkeit abgelehnt", "ownership declined"),
    ("offer_ownership", "Abgabe angeboten", "ownership offered"),
    ("answer_offer", "Antwort auf die Abgabe", "offer answered"),
    ("withdraw_offer", "Abgabe zurückgezogen", "offer withdrawn"),
    ("dispute_ownership", "Zuständigkeit bestritten", "ownership disputed"),
    ("withdraw_dispute", "Bestreiten zurückgezogen", "dispute withdrawn"),
    ("assign_owner", "Zuständigkeit entschieden", "owner assigned"),
    ("withdraw_referral", "Vorgang zurückgezogen", "referral withdrawn"),
    ("overrule", "Einträge aufgehoben", "records overruled"),
];

#[cfg(test)]
mod tests {
    use meldeverbund_proto::v1::DecideRequest;

    use super::*;

    /// An empty message in each field that a request may have.
    #[test]
    fn every_decision_of_the_contract_has_a_name() {
        let mut named = 0;
        for field in 10..=99 {
            let mut bytes = Vec::new();
            prost::encoding::encode_key(field, prost::encoding::WireType::LengthDelimited, &mut bytes);
            prost::encoding::encode_varint(0, &mut bytes);
            let request: DecideRequest = prost::Message::decode(&bytes[..]).unwrap();
            if let Some(found) = request.decision {
                let name = meldeverbund_proto::check::decision_name(&found);
                assert_ne!(decision(Lang::De, name), "?", "{name}");
                named += 1;
            }
        }
        assert_eq!(
            named,
            DECISIONS.len() - 3,
            "all but the referral, the deadline, and what may not be named"
        );
    }
}
