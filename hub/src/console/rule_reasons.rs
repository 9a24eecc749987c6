//! Why a rule of ownership fits or not, in the reader's language. The rules say it in English, for the wire and the command line.

use meldeverbund_web::Texts;

/// What the rules say, and the text for it.
const SAID: [(&str, &str); 12] = [
    ("no rule names an owner", "rule-because-none"),
    ("the referral proposes nobody", "rule-because-nobody-proposed"),
    ("the referral proposes it", "rule-because-proposed"),
    ("no lead case in force is about this host, provider or platform", "rule-because-no-lead"),
    ("it leads the case for this matter", "rule-because-lead"),
    ("the suspect's Land is not known", "rule-because-no-suspect"),
    ("the host's provider is not known", "rule-because-no-provider"),
    ("the provider has no seat in a Land", "rule-because-no-seat"),
    ("no agreement is about this host, provider or platform", "rule-because-no-agreement"),
    ("no bound agency is left that has not declined and may own it", "rule-because-nobody-left"),
    ("it was first seised with it", "rule-because-first"),
    ("it has declined", "rule-because-declined"),
];

/// Of an agency that a rule names and that cannot be responsible.
const UNFIT: [(&str, &str); 2] = [
    ("it is not registered", "rule-because-unknown"),
    ("it is suspended, or a liaison body", "rule-because-unfit"),
];

/// How sentences with a name in them begin.
const NAMED: [(&str, &str); 2] =
    [("agreement ", "rule-because-agreement"), ("the seat is in ", "rule-because-seat")];

/// What a rule said; none: this version has no words for it.
pub(super) fn said(t: Texts<'_>, reason: &str) -> Option<String> {
    let known = SAID.iter().chain(&UNFIT).find(|(known, _)| *known == reason);
    let named = || NAMED.iter().find_map(|(begins, key)| Some((key, reason.strip_prefix(begins)?)));
    known.map(|(_, key)| t.say(key)).or_else(|| named().map(|(key, name)| t.name(key, name)))
}

#[cfg(test)]
mod tests {
    use meldeverbund_web::{Catalogue, Language};

    use super::{
        super::{ENGLISH, GERMAN},
        *,
    };

    /// Every sentence of the rules has its words, which are the same in English.
    #[test]
    fn whatever_the_rules_say_has_words() {
        let catalogue = Catalogue::new(GERMAN, ENGLISH).unwrap();
        let (german, english) = (catalogue.texts(Language::German), catalogue.texts(Language::English));
        let source = include_str!("../../domain/src/rules.rs");
        let (_, rules) = source.split_once("pub fn choose(").unwrap();
        let (rules, _) = rules.split_once("fn always()").unwrap();
        let literals = rules.split('"').skip(1).step_by(2).filter(|literal| literal.contains(' '));
        let mut sentences = 0;
        for literal in literals {
            let reason = literal.replace("{}", "7/26").replace("{land}", "7/26");
            assert_eq!(said(english, &reason).as_deref(), Some(reason.as_str()));
            assert_ne!(said(german, &reason).unwrap(), reason);
            sentences += 1;
        }
        assert!(sentences >= SAID.len() + UNFIT.len() + NAMED.len(), "{sentences}");
        assert_eq!(said(german, "something new"), None);
    }
}
