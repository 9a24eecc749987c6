//! Names of the contract's values.

use meldeverbund_proto::{
    node::v1::{CaseAtHub, HubLineCause, HubLineState, LinkState},
    v1::{CaseKind, CaseState, OwnerBasis, Role, Stage, Verdict},
};

use super::{Lang, say};

/// A verdict.
pub fn verdict(lang: Lang, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unspecified => "–",
        Verdict::New => say(lang, "neu", "new"),
        Verdict::Joined => say(lang, "beteiligt", "joined"),
        Verdict::AlreadyYours => say(lang, "schon gemeldet", "already yours"),
        Verdict::Reopened => say(lang, "neuer Durchgang", "reopened"),
        Verdict::Refused => say(lang, "abgelehnt", "refused"),
    }
}

/// Where a referral is on its way.
pub fn link_state(lang: Lang, state: LinkState) -> &'static str {
    match state {
        LinkState::Unspecified => "–",
        LinkState::Rejected => say(lang, "nicht angenommen", "rejected"),
        LinkState::Waiting => say(lang, "wartet", "waiting"),
        LinkState::HeldUp => say(lang, "angehalten", "held up"),
        LinkState::Answered => say(lang, "beantwortet", "answered"),
    }
}

/// The verdict, or where the referral is as long as there is none.
pub fn outcome(lang: Lang, state: LinkState, given: Verdict) -> &'static str {
    match state {
        LinkState::Answered => verdict(lang, given),
        other => link_state(lang, other),
    }
}

/// Where the takedown stands.
pub fn stage(lang: Lang, stage: Stage) -> &'static str {
    match stage {
        Stage::Unspecified => "–",
        Stage::Referred => say(lang, "gemeldet", "referred"),
        Stage::Cleared => say(lang, "freigegeben", "cleared"),
        Stage::Granted => say(lang, "Versand erlaubt", "granted"),
        Stage::Notified => say(lang, "Anbieter benachrichtigt", "notified"),
        Stage::Closed => say(lang, "abgeschlossen", "closed"),
    }
}

/// On what an owner's responsibility rests.
pub fn owner_basis(lang: Lang, basis: OwnerBasis) -> &'static str {
    match basis {
        OwnerBasis::Unspecified => "–",
        OwnerBasis::LeadCase => say(lang, "Federführung", "lead case"),
        OwnerBasis::Seat => say(lang, "Sitz (StPO §§ 7–9)", "seat (StPO §§ 7–9)"),
        OwnerBasis::FirstSeised => say(lang, "zuerst befasst (GVG § 143(1))", "first seised (GVG § 143(1))"),
        OwnerBasis::Agreement => say(lang, "Vereinbarung", "agreement"),
        OwnerBasis::Assignment => say(lang, "Zuweisung (BKAG § 36)", "assignment (BKAG § 36)"),
        OwnerBasis::Prosecutor => say(lang, "Staatsanwaltschaft (GVG § 143(3))", "prosecutor (GVG § 143(3))"),
        OwnerBasis::Fallback => say(lang, "Auffangzuständigkeit", "fallback"),
    }
}

/// What this agency is to a target.
pub fn role(lang: Lang, role: Role) -> &'static str {
    match role {
        Role::Unspecified => "–",
        Role::Owner => say(lang, "zuständig", "owner"),
        Role::CoInterested => say(lang, "beteiligt", "co-interested"),
    }
}

/// What a case is kept for.
pub fn case_kind(lang: Lang, kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Unspecified => "–",
        CaseKind::Proceedings => say(lang, "Strafverfahren", "proceedings"),
        CaseKind::DangerPrevention => say(lang, "Gefahrenabwehr", "danger prevention"),
        CaseKind::ProactiveResearch => say(lang, "anlasslose Recherche", "proactive research"),
    }
}

/// Where a case stands.
pub fn case_state(lang: Lang, state: CaseState) -> &'static str {
    match state {
        CaseState::Unspecified => "–",
        CaseState::Open => say(lang, "offen", "open"),
        CaseState::Closed => say(lang, "geschlossen", "closed"),
    }
}

/// Whether the hub knows a case.
pub fn case_at_hub(lang: Lang, at_hub: CaseAtHub) -> &'static str {
    match at_hub {
        CaseAtHub::Unspecified => "–",
        CaseAtHub::Waiting => say(lang, "noch nicht mitgeteilt", "not told yet"),
        CaseAtHub::Open => say(lang, "offen", "open"),
        CaseAtHub::Closed => say(lang, "geschlossen", "closed"),
        CaseAtHub::Refused => say(lang, "abgelehnt", "refused"),
    }
}

/// How the line to the hub stands.
pub fn line_state(lang: Lang, state: HubLineState) -> &'static str {
    match state {
        HubLineState::Unspecified => "–",
        HubLineState::Connecting => say(lang, "wird aufgebaut", "connecting"),
        HubLineState::Connected => say(lang, "verbunden", "connected"),
        HubLineState::Down => say(lang, "unterbrochen", "down"),
        HubLineState::Refused => say(lang, "vom Hub abgewiesen", "refused by the hub"),
    }
}

/// What keeps the line down, as a sentence.
pub fn line_cause(lang: Lang, cause: HubLineCause) -> &'static str {
    match cause {
        HubLineCause::Unspecified => "",
        HubLineCause::Unreachable => {
            say(lang, "Unter der Adresse des Hubs antwortet niemand.", "Nobody answers at the hub's address.")
        }
        HubLineCause::Name => {
            say(lang, "Der Name des Hubs lässt sich nicht auflösen.", "The hub's name cannot be resolved.")
        }
        HubLineCause::Proxy => say(
            lang,
            "Der Proxy lässt die Verbindung nicht durch.",
            "The proxy does not let the node through.",
        ),
        HubLineCause::OwnExpired => {
            say(lang, "Das Zertifikat dieses Knotens ist abgelaufen.", "This node's certificate has expired.")
        }
        HubLineCause::OwnNotYetValid => say(
            lang,
            "Das Zertifikat dieses Knotens gilt noch nicht, oder die Uhr geht falsch.",
            "This node's certificate is not valid yet, or the clock is wrong.",
        ),
        HubLineCause::OwnRevoked => say(
            lang,
            "Das Zertifikat dieses Knotens ist gesperrt.",
            "This node's certificate has been revoked.",
        ),
        HubLineCause::OwnUnknownAuthority => say(
            lang,
            "Der Hub kennt die Stelle nicht, die das Zertifikat dieses Knotens ausgestellt hat.",
            "The hub does not know the authority that issued this node's certificate.",
        ),
        HubLineCause::OwnWrongName => say(
            lang,
            "Der Name im Zertifikat dieses Knotens ist beim Hub nicht bekannt.",
            "The name in this node's certificate names nobody at the hub.",
        ),
        HubLineCause::OwnRefused => say(
            lang,
            "Der Hub nimmt das Zertifikat dieses Knotens nicht an.",
            "The hub does not accept this node's certificate.",
        ),
        HubLineCause::OwnFiles => say(
            lang,
            "Zertifikat, Schlüssel oder Vertrauensanker dieses Knotens sind nicht brauchbar.",
            "This node's certificate, key or trust anchors cannot be used.",
        ),
        HubLineCause::OwnRevocations => say(
            lang,
            "Die Sperrliste für das Zertifikat des Hubs fehlt oder ist überfällig.",
            "The revocation list for the hub's certificate is missing or overdue.",
        ),
        HubLineCause::HubValidity => say(
            lang,
            "Das Zertifikat des Hubs ist abgelaufen oder gilt noch nicht, oder die Uhr geht falsch.",
            "The hub's certificate has expired or is not valid yet, or the clock is wrong.",
        ),
        HubLineCause::HubRevoked => {
            say(lang, "Das Zertifikat des Hubs ist gesperrt.", "The hub's certificate has been revoked.")
        }
        HubLineCause::HubUnknownAuthority => say(
            lang,
            "Das Zertifikat des Hubs stammt von einer Stelle, der dieser Knoten nicht vertraut.",
            "The hub's certificate is from an authority that this node does not trust.",
        ),
        HubLineCause::HubIdentity => say(
            lang,
            "Wer unter der Adresse antwortet, ist nicht der eingetragene Hub.",
            "Whoever answers is not the hub that the configuration names.",
        ),
        HubLineCause::NotAHub => {
            say(lang, "Unter der Adresse antwortet kein Hub.", "Whoever answers at the address is not a hub.")
        }
        HubLineCause::TooManyConnections => say(
            lang,
            "Der Hub nimmt keine weiteren Verbindungen dieser Behörde an.",
            "The hub accepts no further connections of this agency.",
        ),
        HubLineCause::Refusal => say(lang, "Der Hub lehnt ab.", "The hub refuses."),
        HubLineCause::HubBusy => say(
            lang,
            "Der Hub fährt herunter oder kann gerade nicht schreiben.",
            "The hub is shutting down or cannot write at the moment.",
        ),
        HubLineCause::BrokenOff => say(lang, "Die Verbindung brach ab.", "The line broke off."),
        HubLineCause::Contract => say(
            lang,
            "Der Hub antwortet anders, als vereinbart ist; die Programmstände passen nicht zueinander.",
            "The hub answers something that the contract does not allow; the versions do not fit.",
        ),
        HubLineCause::HubBehind => say(
            lang,
            "Das Nachweisbuch des Hubs ist älter als das, was dieser Knoten geprüft hat.",
            "The hub's ledger is behind what this node has verified.",
        ),
        HubLineCause::OwnStore => say(
            lang,
            "Der eigene Datenbestand lässt sich nicht lesen oder schreiben.",
            "This node's own store failed.",
        ),
    }
}
