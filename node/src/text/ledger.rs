//! The ledger in words.

use super::{Lang, say};

/// What the witness found, and what it means.
pub fn ledger_alarm(lang: Lang, kind: &str) -> &'static str {
    match kind {
        "fork" => say(
            lang,
            "Der Hub zeigt ein anderes Nachweisbuch als zuvor: Die Geschichte wurde geändert",
            "The hub shows another ledger than before: history was changed",
        ),
        "behind" => say(
            lang,
            "Das Neueste, das der Hub zeigt, ist älter als das zuvor Gezeigte",
            "The newest that the hub shows is older than what it showed before",
        ),
        "receipt" => say(lang, "Eine Eingangsbestätigung beweist nichts", "A receipt proves nothing"),
        "no_receipt" => say(
            lang,
            "Der Hub hat ohne Eingangsbestätigung geantwortet",
            "The hub answered without a receipt",
        ),
        "missing_leaf" => say(
            lang,
            "Zugesagtes steht nicht im veröffentlichten Nachweisbuch",
            "What was promised is not in the published ledger",
        ),
        "signature" => {
            say(lang, "Ein Prüfpunkt ist nicht gültig unterschrieben", "A checkpoint is not validly signed")
        }
        "epoch" => say(
            lang,
            "Eine neue Epoche steht nicht zu dem, was bezeugt war",
            "A new epoch does not own up to what was witnessed",
        ),
        "key" => say(
            lang,
            "Der Hub unterschreibt mit einem Schlüssel, für den kein bekannter einsteht",
            "The hub signs with a key that no known key vouches for",
        ),
        "epoch_began" => say(
            lang,
            "Eine neue Epoche des Nachweisbuchs hat begonnen (nach einer Wiederherstellung)",
            "A new epoch of the ledger began (after a restore)",
        ),
        "key_changed" => say(lang, "Der Schlüssel des Hubs hat gewechselt", "The hub's key has changed"),
        _ => say(lang, "Unbekannt", "Unknown"),
    }
}

/// Why a referral is not proven.
pub fn proof_state(lang: Lang, state: &str) -> &'static str {
    match state {
        "waiting" => say(lang, "der Hub hat noch nicht geantwortet", "the hub has not answered yet"),
        "refused" => say(lang, "abgelehnt, also ohne Blatt", "refused, so there is no leaf"),
        "no_receipt" => say(
            lang,
            "ohne Eingangsbestätigung: beantwortet, bevor es welche gab, oder von einem anderen Knoten",
            "without a receipt: answered before there were any, or handed in at another node",
        ),
        "unchecked" => say(
            lang,
            "noch nicht prüfbar: Der Schlüssel des Hubs ist nicht bekannt",
            "not checkable yet: the hub's key is not known",
        ),
        "given_up" => say(
            lang,
            "eine spätere Epoche hat das Blatt nicht übernommen",
            "a later epoch did not keep the leaf",
        ),
        _ => say(lang, "NICHT BEWIESEN: siehe ledger alarm list", "NOT PROVEN: see ledger alarm list"),
    }
}
