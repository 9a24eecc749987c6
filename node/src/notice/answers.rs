//! The closed list of a provider's answers, as the letter offers and the form takes them.

use meldeverbund_proto::v1::AnswerCode;

use crate::import::table::folded;

/// One answer.
pub(super) struct Answer {
    pub(super) code: AnswerCode,
    /// The words that the letter asks for.
    pub(super) words: &'static str,
    /// What they mean.
    pub(super) means: &'static str,
    /// Other words that are taken, compared without case, blanks and punctuation.
    also: &'static [&'static str],
}

/// All of them, in the order of the letter.
pub(super) const ANSWERS: [Answer; 5] = [
    Answer {
        code: AnswerCode::Actioned,
        words: "gelöscht",
        means: "Sie haben den Inhalt entfernt oder den Zugang zu ihm gesperrt.",
        also: &["entfernt", "gesperrt", "actioned", "deleted", "removed"],
    },
    Answer {
        code: AnswerCode::NotOurs,
        words: "nicht unser Angebot",
        means: "Der Link führt nicht zu Ihrem Dienst.",
        also: &["nicht unser", "not ours"],
    },
    Answer {
        code: AnswerCode::NoAction,
        words: "keine Maßnahme",
        means: "Sie haben den Link geprüft und entfernen den Inhalt nicht.",
        also: &["no action"],
    },
    Answer {
        code: AnswerCode::AlreadyDown,
        words: "bereits entfernt",
        means: "Der Inhalt war nicht mehr vorhanden, als Sie dieses Schreiben erhielten.",
        also: &["bereits gelöscht", "already down"],
    },
    Answer {
        code: AnswerCode::NeedMoreInformation,
        words: "Rückfrage",
        means: "Sie benötigen weitere Angaben; bitte nennen Sie sie in der Spalte „remark“.",
        also: &["need more information"],
    },
];

/// The answer that a cell gives, if it is one of the list.
pub(super) fn code(cell: &str) -> Option<AnswerCode> {
    let wanted = folded(cell);
    let fits = |name: &&str| folded(name) == wanted;
    ANSWERS
        .iter()
        .find(|answer| fits(&answer.words) || answer.also.iter().any(fits))
        .map(|answer| answer.code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        let mut seen = BTreeSet::new();
        for answer in &ANSWERS {
            for name in [answer.words].iter().chain(answer.also) {
                assert!(seen.insert(folded(name)), "{name}");
                assert_eq!(code(name), Some(answer.code), "{name}");
            }
        }
        for number in 1..=5 {
            let wanted = AnswerCode::try_from(number).unwrap();
            assert!(ANSWERS.iter().any(|answer| answer.code == wanted), "{wanted:?}");
        }
    }

    #[test]
    fn the_document_lists_them() {
        let document = include_str!("../../../docs/notices.md");
        for answer in &ANSWERS {
            let row =
                document.lines().find(|line| line.starts_with(&format!("| `{}` |", answer.words))).unwrap();
            assert!(
                row.contains(&format!("`{}`", answer.code.as_str_name().trim_start_matches("ANSWER_CODE_")))
            );
            assert!(answer.also.iter().all(|word| row.contains(&format!("`{word}`"))), "{row}");
        }
    }

    #[test]
    fn words_are_compared_without_case_blanks_and_punctuation() {
        for (cell, answer) in [
            (" GELÖSCHT. ", AnswerCode::Actioned),
            ("Geloescht", AnswerCode::Actioned),
            ("NOT_OURS", AnswerCode::NotOurs),
            ("keine massnahme", AnswerCode::NoAction),
            ("Rückfrage!", AnswerCode::NeedMoreInformation),
        ] {
            assert_eq!(code(cell), Some(answer), "{cell}");
        }
        for cell in ["", "ja", "erledigt", "nicht gelöscht", "gelöscht?nein"] {
            assert_eq!(code(cell), None, "{cell}");
        }
    }
}
