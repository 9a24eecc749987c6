//! Refusals as sentences.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Lang, say};

/// What a refusal's code means.
pub fn refusal_code(lang: Lang, code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::Unspecified => "–",
        RefusalCode::FieldMissing => say(lang, "Angabe fehlt", "field is missing"),
        RefusalCode::FieldInvalid => say(lang, "Angabe ungültig", "field is invalid"),
        RefusalCode::TooLarge => say(lang, "Angabe zu lang", "field is too long"),
        RefusalCode::LinkInvalid => say(lang, "kein lesbarer Link", "link cannot be read"),
        RefusalCode::LinkScheme => {
            say(lang, "Link ist weder http, https noch ftp", "link is not http, https or ftp")
        }
        RefusalCode::LinkHost => say(lang, "Rechnername im Link ungültig", "link's host is invalid"),
        RefusalCode::ContentForbidden => {
            say(lang, "enthält Inhalt statt eines Verweises", "carries content instead of a reference")
        }
        RefusalCode::CaseUnknown => say(lang, "Vorgang unbekannt", "case is unknown"),
        RefusalCode::CaseClosed => say(lang, "Vorgang geschlossen", "case is closed"),
        RefusalCode::IdConflict => {
            say(lang, "Kennung schon mit anderem Inhalt verwendet", "id was used before with other content")
        }
        RefusalCode::AgencyUnknown => say(lang, "Behörde nicht eingetragen", "agency is not registered"),
        RefusalCode::AgencySuspended => say(lang, "Behörde ausgesetzt", "agency is suspended"),
        RefusalCode::NotPermitted => {
            say(lang, "dieser Art von Behörde nicht erlaubt", "not permitted to this kind of agency")
        }
        RefusalCode::InstanceCloned => say(
            lang,
            "ein zweiter Knoten mit demselben Datenbestand läuft",
            "another node runs on a copy of this store",
        ),
        RefusalCode::RateLimited => say(lang, "schneller als vereinbart", "faster than agreed"),
        RefusalCode::Unavailable => say(lang, "Hub gerade nicht bereit", "hub is not ready at the moment"),
        RefusalCode::Internal => say(lang, "Fehler im Hub", "the hub failed"),
        RefusalCode::TargetUnknown => say(lang, "Löschobjekt unbekannt", "target is unknown"),
        RefusalCode::NotOwner => {
            say(lang, "nur die zuständige Behörde darf das", "only the owner may do this")
        }
        RefusalCode::NotYourRecord => say(lang, "kein eigener Eintrag", "not your own record"),
        RefusalCode::GateMissing => say(lang, "Voraussetzung fehlt", "a gate is not set"),
        RefusalCode::HoldInForce => say(lang, "Löschaufschub in Kraft", "a hold is in force"),
        RefusalCode::HoldLapsed => {
            say(lang, "Löschaufschub abgelaufen, sperrt weiter", "a hold has lapsed and keeps blocking")
        }
        RefusalCode::AssessmentsContradict => {
            say(lang, "Bewertungen widersprechen sich", "assessments contradict each other")
        }
        RefusalCode::WindowOpen => say(lang, "Einwendungsfrist läuft", "an objection window is open"),
        RefusalCode::ConsentRequired => say(lang, "Zustimmung nötig", "consent is required"),
        RefusalCode::NotifiedAlready => {
            say(lang, "Anbieter schon benachrichtigt", "provider is notified already")
        }
        RefusalCode::GrantLive => say(lang, "Versandberechtigung besteht schon", "a grant is live"),
        RefusalCode::NoGrant => say(lang, "keine Versandberechtigung", "there is no grant"),
        RefusalCode::FenceStale => say(lang, "Versandberechtigung überholt", "the fence is stale"),
        RefusalCode::UnderWay => say(lang, "Anbietermitteilung unterwegs", "a notice is under way"),
        RefusalCode::RoundClosed => say(lang, "Durchgang beendet", "the round is closed"),
        RefusalCode::RoundOpen => say(lang, "Durchgang läuft", "the round is open"),
        RefusalCode::FourEyes => say(lang, "Vier-Augen-Prinzip", "a second officer is needed"),
        RefusalCode::OwnershipState => say(
            lang,
            "bei diesem Stand der Zuständigkeit nicht möglich",
            "not in this state of the ownership",
        ),
        RefusalCode::OwnCause => say(lang, "nicht in eigener Sache", "not in its own cause"),
        RefusalCode::Disputed => say(lang, "Zuständigkeit strittig", "the ownership is disputed"),
        RefusalCode::NothingToDo => say(lang, "nichts zu tun", "nothing to do"),
        RefusalCode::OutcomeUnfit => say(lang, "Ergebnis passt nicht", "the outcome does not fit"),
        RefusalCode::AgencyUnfit => {
            say(lang, "Behörde kommt nicht in Betracht", "the agency does not qualify")
        }
        RefusalCode::NotAccepted => {
            say(lang, "Zuständigkeit nicht angenommen", "the ownership is not accepted")
        }
        RefusalCode::SignatureMissing => say(lang, "Unterschrift fehlt", "signature is missing"),
        RefusalCode::SignatureInvalid => say(lang, "Unterschrift ungültig", "signature is invalid"),
        RefusalCode::Retired => say(lang, "Aufbewahrung beendet", "retention has ended"),
        RefusalCode::NotReconciled => {
            say(lang, "nach Wiederherstellung noch nicht abgeglichen", "not reconciled after a restore")
        }
        RefusalCode::OfficerUnknown => {
            say(lang, "Anmeldung fehlt oder gilt hier nicht", "not signed in, or not as this asks for")
        }
        RefusalCode::PurposeUnknown => say(lang, "Zweck unbekannt", "purpose unknown"),
        RefusalCode::NoHit => say(lang, "kein meldbarer Treffer", "no reportable hit"),
        RefusalCode::BudgetSpent => say(lang, "Tageskontingent verbraucht", "today's budget is spent"),
        RefusalCode::BlindOff => {
            say(lang, "blinde Abfragen nicht freigegeben", "blind questions are not permitted")
        }
        RefusalCode::EpochOver => say(lang, "Abfragezeitraum abgelaufen", "the epoch is over"),
        RefusalCode::DisclosureUnknown => say(lang, "Auskunftsersuchen unbekannt", "no such disclosure"),
        RefusalCode::DisclosureState => {
            say(lang, "Auskunftsersuchen ist schon beantwortet", "the disclosure is answered already")
        }
        RefusalCode::ChangedSince => say(lang, "inzwischen anders entschieden", "decided on meanwhile"),
    }
}

/// A refusal in one line: what it means, the field, and the exact reason.
pub fn refusal(lang: Lang, refusal: &Refusal) -> String {
    let mut text = String::from(refusal_code(lang, refusal.code()));
    if !refusal.field.is_empty() {
        text.push_str(&format!(" ({})", refusal.field));
    }
    if !refusal.reason.is_empty() {
        text.push_str(&format!(": {}", refusal.reason));
    }
    text
}
