//! What an officer reads when the desk does not do it, and what can be done then.

use meldeverbund_proto::v1::RefusalCode;

use super::DeskError;
use crate::text::{self, Lang, say};

impl DeskError {
    /// The sentence for the officer.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::NotAnOfficer { uid, file } => {
                let lines = format!(
                    "[[officers]]\nuid = {uid}\nname = \"{}\"",
                    say(lang, "Vorname Name", "First Last")
                );
                say(
                    lang,
                    format!(
                        "Ihr Konto (uid {uid}) ist keiner Person zugeordnet. In {file} gehört:\n\n{lines}\n"
                    ),
                    format!(
                        "Your account (uid {uid}) is not mapped to a person. Add to {file}:\n\n{lines}\n"
                    ),
                )
            }
            Self::NoPeer => say(
                lang,
                "Das Betriebssystem sagt nicht, wer anfragt.".into(),
                "The operating system does not say who is asking.".into(),
            ),
            Self::Field(refusal) | Self::Unknown(refusal) => text::refusal(lang, refusal),
            Self::CaseUnknown => say(
                lang,
                "Diesen Vorgang gibt es hier nicht. Zuerst anlegen: meldeverbund-node case open NUMMER"
                    .into(),
                "There is no such case here. Open it first: meldeverbund-node case open NUMBER".into(),
            ),
            Self::CaseClosed => say(
                lang,
                "Der Vorgang ist geschlossen und nimmt keine Linkmeldungen mehr an.".into(),
                "The case is closed and takes no more referrals.".into(),
            ),
            Self::HandInUnknown => say(
                lang,
                "Diese Einreichung gibt es hier nicht.".into(),
                "There is no such hand-in here.".into(),
            ),
            Self::HandInElsewhere => say(
                lang,
                "Dieselbe Liste wird gerade schon eingereicht.".into(),
                "The same list is being handed in right now.".into(),
            ),
            Self::DiskFull { free_bytes } => {
                let free = text::bytes(lang, *free_bytes);
                say(
                    lang,
                    format!(
                        "Auf dem Datenträger des Knotens sind nur noch {free} frei; es wird nichts mehr angenommen."
                    ),
                    format!("Only {free} are left on the node's disk; nothing more is taken."),
                )
            }
            Self::NotALink(error) => say(
                lang,
                format!("Das ist weder ein Link noch ein Löschobjekt: {error}."),
                format!("This is neither a link nor a target: {error}."),
            ),
            Self::NothingKnown => {
                say(lang, "Dieser Knoten weiß davon nichts.".into(), "This node knows nothing of it.".into())
            }
            Self::NothingSelected => say(
                lang,
                "Kein Löschobjekt passt zu dieser Auswahl.".into(),
                "No target fits this selection.".into(),
            ),
            Self::DecisionUnknown => say(
                lang,
                "Diese Entscheidung gibt es hier nicht. Liste: meldeverbund-node decisions".into(),
                "There is no such decision here. List: meldeverbund-node decisions".into(),
            ),
            Self::LeafUnknown => say(
                lang,
                "So weit hat dieser Knoten das Nachweisbuch noch nicht geprüft. Stand: meldeverbund-node ledger status"
                    .into(),
                "This node has not verified the ledger that far. How it stands: meldeverbund-node ledger status"
                    .into(),
            ),
            Self::AlarmUnknown => say(
                lang,
                "Kein solcher Alarm ist offen. Liste: meldeverbund-node ledger alarm list".into(),
                "No such alarm is open. List: meldeverbund-node ledger alarm list".into(),
            ),
            Self::Ledger(why) => say(
                lang,
                format!("Das Nachweisbuch lässt sich nicht lesen: {why}."),
                format!("The ledger cannot be read: {why}."),
            ),
            Self::NotLiaison => say(
                lang,
                "Das geht nur am Knoten einer Verbindungsstelle (role = \"liaison\" in node.toml).".into(),
                "Only a liaison body's node can do this (role = \"liaison\" in node.toml).".into(),
            ),
            Self::NotOffice => say(
                lang,
                "Eine Verbindungsstelle fragt ab; sie meldet und entscheidet nichts.".into(),
                "A liaison body asks; it hands in and decides nothing.".into(),
            ),
            Self::Token(error) => say(
                lang,
                "Sie sind nicht angemeldet: Ein Token gehört in eine Datei (--token-file) oder nach MELDEVERBUND_TOKEN."
                    .into(),
                format!("You are not signed in ({error}): name it with --token-file or in MELDEVERBUND_TOKEN."),
            ),
            Self::QuestionUnknown => say(
                lang,
                "Diese Abfrage gibt es hier nicht. Liste: meldeverbund-node query list".into(),
                "There is no such question here. List: meldeverbund-node query list".into(),
            ),
            Self::QuestionIncomplete => say(
                lang,
                "Diese Abfrage wurde abgebrochen, bevor alle Zeilen übernommen waren; derselbe Befehl setzt sie fort."
                    .into(),
                "This question broke off before all its rows were taken; the same command goes on with it.".into(),
            ),
            Self::NotAHit => say(
                lang,
                "Diese Zeile ist kein Treffer einer offenen Abfrage.".into(),
                "This row is not a hit of an open question.".into(),
            ),
            Self::Hub(refusal) if refusal.code() == RefusalCode::OfficerUnknown => {
                let why = text::refusal(lang, refusal);
                say(
                    lang,
                    format!(
                        "Der Hub lehnt ab: {why}. Melden Sie sich an (meldeverbund-node sign-in) und geben Sie denselben \
                         Befehl noch einmal."
                    ),
                    format!(
                        "The hub refuses: {why}. Sign in (meldeverbund-node sign-in) and give the same command once more."
                    ),
                )
            }
            Self::Hub(refusal) => {
                let why = text::refusal(lang, refusal);
                say(lang, format!("Der Hub lehnt ab: {why}"), format!("The hub refuses: {why}"))
            }
            Self::Blind(error) => say(
                lang,
                format!(
                    "Die blinde Antwort des Hubs ist nicht bewiesen; sie zählt nicht. Bitte der Zentralstelle melden ({error})."
                ),
                format!("The hub's blind answer is not proven and does not count. Please tell the central office ({error})."),
            ),
            Self::BlindSet(error) => {
                let why = crate::sync::chain(error);
                say(
                    lang,
                    format!("Die Menge für blinde Abfragen ist nicht zu haben: {why}."),
                    format!("The set for blind questions cannot be had: {why}."),
                )
            }
            Self::HubContract => say(
                lang,
                "Der Hub antwortet anders, als vereinbart ist.".into(),
                "The hub answers something that the contract does not allow.".into(),
            ),
            Self::OutcomeUnknown => say(
                lang,
                "Die Verbindung brach ab, bevor der Hub geantwortet hat. Derselbe Befehl noch einmal zählt als derselbe."
                    .into(),
                "The line broke before the hub answered. The same command once more counts as the same.".into(),
            ),
            Self::HubAway => say(
                lang,
                "Das geht nur mit dem Hub, und der ist gerade nicht erreichbar. Es wurde nichts vorgemerkt; bitte \
                 wiederholen, wenn die Verbindung steht (meldeverbund-node status)."
                    .into(),
                "This needs the hub, which cannot be reached at the moment. Nothing was queued; repeat it when the \
                 line is up (meldeverbund-node status)."
                    .into(),
            ),
            Self::Protocol(what) => say(
                lang,
                format!("Unzulässiger Aufruf: {what}."),
                format!("The call breaks the protocol: {what}."),
            ),
            Self::Stopping => {
                say(lang, "Der Knoten wird gerade beendet.".into(), "The node is stopping.".into())
            }
            Self::Store(error) => say(
                lang,
                format!(
                    "Der Datenbestand des Knotens ist gestört ({error}); Näheres steht im Protokoll des Dienstes."
                ),
                format!("The node's store failed ({error}); the service's log says more."),
            ),
        }
    }
}
