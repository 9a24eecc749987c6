//! The words around the letter's text: references, subject, and what stands before the list.

use super::german;
use crate::{
    notice::{Force, Kind, Package, Sender, links},
    text::{Lang, count},
};

/// Date, references, and whom to ask.
pub(super) fn facts(sender: &Sender) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Datum", german(sender.date)), ("Aktenzeichen", sender.file_reference.clone())];
    if !sender.on_behalf_of.is_empty() {
        facts.push(("Im Auftrag von", sender.on_behalf_of.clone()));
    }
    if !sender.officer.is_empty() {
        facts.push(("Bearbeitung", sender.officer.clone()));
    }
    facts.push(("Erreichbarkeit", sender.agency.contact.clone()));
    facts.push(("E-Mail", sender.agency.email.clone()));
    facts.push(("Antwort erbeten bis", german(sender.reply_by)));
    facts
}

/// The subject: what, about how much. A recall does not repeat what it takes back.
pub(super) fn subject(package: &Package) -> String {
    let sender = &package.sender;
    let links = links_of(package);
    let (what, of_ours) = match sender.force {
        Force::Request { .. } => ("Löschanregung", "unsere Löschanregung"),
        Force::Order { .. } => ("Anordnung der Löschung", "unsere Anordnung der Löschung"),
    };
    match &sender.kind {
        Kind::First => format!("{what} – strafbare Inhalte in Ihrem Angebot ({links})"),
        Kind::Reminder { first_on: _ } => {
            format!("Erinnerung an {of_ours} – strafbare Inhalte in Ihrem Angebot ({links})")
        }
        Kind::Recall { first_on, reason: _ } => {
            format!("Rücknahme: {of_ours} vom {} ({links})", german(*first_on))
        }
    }
}

/// What stands before the list of links.
pub(super) fn list_note(package: &Package) -> String {
    if package.items.len() > package.letter_links {
        format!(
            "Die Liste umfasst {} und ist hier nicht abgedruckt. Sie steht vollständig in der Anlage {}.",
            links_of(package),
            links::NAME
        )
    } else {
        "Die Links sind hier entschärft wiedergegeben (hxxp statt http, Punkte des Servernamens in Klammern, unsichtbare \
         Zeichen als Prozentfolge). „Kennung“ ist das Zeichen, unter dem Sie antworten."
            .into()
    }
}

pub(super) fn links_of(package: &Package) -> String {
    number_of_links(package.items.len())
}

/// `1 Link`, `3 Links`, `310.199 Links`.
pub(super) fn number_of_links(links: usize) -> String {
    let number = count(Lang::De, links as u64);
    if links == 1 { format!("{number} Link") } else { format!("{number} Links") }
}
