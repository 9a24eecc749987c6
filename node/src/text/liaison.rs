//! Liaison in words.

use meldeverbund_proto::{
    node::v1::AskedState,
    v1::{AnnouncementKind, AnnouncementState, DisclosureField, DisclosureState, HandlingCode},
};

use super::{Lang, say};

/// What no hit means, and what it does not.
pub fn no_hit(lang: Lang) -> &'static str {
    say(lang, "kein meldbarer Treffer, keine Unbedenklichkeit", "no reportable hit, not a clearance")
}

/// How a row of a question stands.
pub fn asked_state(lang: Lang, state: AskedState) -> &'static str {
    match state {
        AskedState::Unspecified => "–",
        AskedState::Waiting => say(lang, "wartet", "waiting"),
        AskedState::NoHit => no_hit(lang),
        AskedState::Hit => say(lang, "Treffer", "hit"),
        AskedState::Refused => say(lang, "abgelehnt", "refused"),
    }
}

/// What a handling code allows.
pub fn handling(lang: Lang, code: HandlingCode) -> &'static str {
    match code {
        HandlingCode::Unspecified | HandlingCode::H0 => "H0",
        HandlingCode::H1 => say(
            lang,
            "H1: kein Beweismittel ohne Erlaubnis der zuständigen Behörde",
            "H1: not as evidence without the owner's permission",
        ),
        HandlingCode::H2 => say(
            lang,
            "H2: keine Weitergabe ohne Erlaubnis der zuständigen Behörde",
            "H2: not to be passed on without the owner's permission",
        ),
        HandlingCode::H3 => say(lang, "H3: weitere Auflagen", "H3: other restrictions"),
    }
}

/// Where a disclosure stands.
pub fn disclosure_state(lang: Lang, state: DisclosureState) -> &'static str {
    match state {
        DisclosureState::Unspecified => "–",
        DisclosureState::Asked => say(lang, "wartet auf Antwort", "asked"),
        DisclosureState::Escalated => {
            say(lang, "überfällig, bei der Zentralstelle", "overdue, with the central office")
        }
        DisclosureState::Released => say(lang, "erteilt", "released"),
        DisclosureState::Refused => say(lang, "abgelehnt", "refused"),
    }
}

/// What may be released.
pub fn disclosure_field(lang: Lang, field: DisclosureField) -> &'static str {
    match field {
        DisclosureField::Unspecified => "–",
        DisclosureField::CaseNumber => say(lang, "Vorgangsnummer", "case number"),
        DisclosureField::ProsecutorReference => say(lang, "Aktenzeichen", "prosecutor's number"),
        DisclosureField::Officer => say(lang, "Ansprechperson", "officer"),
        DisclosureField::OffenceClass => say(lang, "Straftatbestand", "offence class"),
        DisclosureField::FoundWhere => say(lang, "Fundort", "where it was found"),
        DisclosureField::FoundAt => say(lang, "Fundzeit", "when it was found"),
        DisclosureField::ContentHashes => say(lang, "Prüfsummen des Inhalts", "content hashes"),
        DisclosureField::Notices => say(lang, "Anbietermitteilungen", "notices"),
        DisclosureField::Uploader => say(lang, "Angaben zum Urheber", "uploader"),
        DisclosureField::Note => say(lang, "Vermerk", "note"),
    }
}

/// What a liaison body announces.
pub fn announcement_kind(lang: Lang, kind: AnnouncementKind) -> &'static str {
    match kind {
        AnnouncementKind::Unspecified => "–",
        AnnouncementKind::IntendedNotice => say(lang, "beabsichtigte Anbietermitteilung", "intended notice"),
        AnnouncementKind::HoldAsked => say(lang, "Bitte um Löschaufschub", "hold asked for"),
    }
}

/// What became of it.
pub fn announcement_state(lang: Lang, state: AnnouncementState) -> &'static str {
    match state {
        AnnouncementState::Unspecified => "–",
        AnnouncementState::Received => say(lang, "liegt der Zentralstelle vor", "the central office has it"),
        AnnouncementState::Done => say(lang, "erledigt", "done"),
        AnnouncementState::Declined => say(lang, "abgelehnt", "declined"),
    }
}
