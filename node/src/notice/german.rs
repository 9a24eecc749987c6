//! The German sentences of what keeps a notice from being written or an answer from being read. As little as the English
//! ones do they repeat a link, a name or a reference.

use meldeverbund_proto::{LinkError, text::TextError};

use super::{
    PlanError, WriteError,
    answer::{FormError, RowError, RowReason},
};
use crate::{
    import::Reason,
    text::{Lang, refusal_code},
};

impl PlanError {
    /// The error as a German sentence.
    pub fn german(&self) -> String {
        match self {
            Self::NoItems => "es gibt keinen Link, über den zu unterrichten wäre".to_owned(),
            Self::Text { field, error } => format!("{field} {}", text(*error)),
            Self::Email => "agency.email ist keine E-Mail-Adresse".to_owned(),
            Self::ReplyBeforeDate => "die Antwortfrist endet vor dem Datum des Schreibens".to_owned(),
            Self::DecisionAfterDate => "die Entscheidung ist nach dem Schreiben datiert".to_owned(),
            Self::Time => "der Zeitpunkt liegt außerhalb der Jahre, die sich angeben lassen".to_owned(),
            Self::OneRecipient { providers } => {
                format!(
                    "ein einzelner Empfänger ist genannt, die Links gehören aber zu {providers} Anbietern"
                )
            }
            Self::Link { target, error } => format!("der Link des Löschobjekts {target}: {}", link(*error)),
            Self::NotAssessed { target } => format!(
                "das Löschobjekt {target} hat keinen Straftatbestand: eine Mitteilung sagt, warum ein Inhalt \
                 rechtswidrig ist"
            ),
            Self::AccessHint { target, error } => {
                format!("der Zugangshinweis des Löschobjekts {target} {}", text(*error))
            }
        }
    }
}

impl WriteError {
    /// The error as a German sentence.
    pub fn german(&self) -> String {
        match self {
            Self::Exists => {
                "den Ordner gibt es schon; Mitteilungen werden nie über andere geschrieben".to_owned()
            }
            Self::Unfinished => {
                "neben dem Ordner liegt ein unfertiger (.part): ein anderer Export läuft oder wurde \
                                 abgebrochen"
                    .to_owned()
            }
            Self::NoName => "der Pfad endet nicht mit dem Namen eines Ordners".to_owned(),
            Self::Io(error) => {
                format!("die Mitteilungen lassen sich nicht schreiben, nichts blieb zurück: {error}")
            }
        }
    }
}

impl FormError {
    /// The error as a German sentence.
    pub fn german(&self) -> String {
        match self {
            Self::Table(error) => error.german(),
            Self::NoColumn(field) => format!("dem Formular fehlt die Spalte „{field}“"),
            Self::TwiceTheSame(field) => format!("das Formular hat die Spalte „{field}“ zweimal"),
        }
    }
}

impl RowError {
    /// The error as a German sentence.
    pub fn german(&self) -> String {
        match self.field {
            Some(field) => format!("{field}: {}", self.reason.german()),
            None => self.reason.german(),
        }
    }
}

impl RowReason {
    /// The reason in German.
    pub fn german(&self) -> String {
        match self {
            Self::Table(reason) => table(*reason),
            Self::Text(error) => text(*error),
            Self::Missing => "fehlt".to_owned(),
            Self::Reference => {
                "ist keine Kennung: sie muss so dastehen, wie das Formular sie hatte".to_owned()
            }
            Self::Unknown => "gehört zu keinem Löschobjekt, das dieser Knoten kennt".to_owned(),
            Self::Answer => {
                "ist keine Antwort (gelöscht, nicht unser Angebot, keine Maßnahme, bereits entfernt, \
                             Rückfrage)"
                    .to_owned()
            }
            Self::Contradicts(line) => {
                format!("widerspricht der Antwort, die Zeile {line} zur selben Kennung gibt")
            }
        }
    }
}

fn text(error: TextError) -> String {
    match error {
        TextError::Empty => "fehlt".to_owned(),
        TextError::TooLong(most) => format!("ist länger als {most} Zeichen"),
        TextError::Control => "enthält ein Steuerzeichen".to_owned(),
        TextError::Untrimmed => "beginnt oder endet mit einem Leerzeichen".to_owned(),
        TextError::Content => "enthält Inhalt (data:-URL oder Base64); hierher gehören nur Worte".to_owned(),
    }
}

fn link(error: LinkError) -> &'static str {
    refusal_code(Lang::De, error.code())
}

/// What can be wrong with a row of a form; whatever belongs to other tables is only called wrong.
fn table(reason: Reason) -> String {
    match reason {
        Reason::Time => "ist kein Zeitpunkt (2026-11-21T14:05:00+01:00, 2026-11-21 14:05, 21.11.2026 14:05, \
                         21.11.2026)"
            .to_owned(),
        Reason::SkippedTime => "ist eine Uhrzeit, die es nicht gab: die Uhren wurden vorgestellt".to_owned(),
        Reason::FarTime => "ist ein Zeitpunkt in einem Jahr, das nicht gemeint sein kann".to_owned(),
        Reason::DateCell | Reason::NumberCell => {
            "wurde vom Tabellenprogramm umgewandelt; bitte die Spalte als Text formatieren und neu eingeben"
                .to_owned()
        }
        Reason::ErrorCell => "ist eine Formel, die im Tabellenprogramm scheiterte".to_owned(),
        Reason::TooManyFields => "die Zeile hat mehr Felder, als die Tabelle Spalten hat".to_owned(),
        Reason::NamelessColumn => "die Zeile hat einen Wert in einer Spalte ohne Namen".to_owned(),
        Reason::LineTooLong => "die Zeile ist zu lang".to_owned(),
        Reason::OpenQuote => "ein Anführungszeichen wird geöffnet und nicht geschlossen".to_owned(),
        Reason::AfterQuote => "nach einem schließenden Anführungszeichen steht noch Text".to_owned(),
        Reason::Encoding(encoding) => {
            format!("die Zeile ist nicht in {encoding} geschrieben, wie die Zeilen davor")
        }
        _ => "ist nicht lesbar".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::answer::Field;

    #[test]
    fn sentences_in_german() {
        let missing = PlanError::Text { field: "agency.name", error: TextError::Empty };
        assert_eq!(missing.german(), "agency.name fehlt");
        assert!(WriteError::Exists.german().contains("gibt es schon"));
        let row = RowError { field: Some(Field::Date), reason: RowReason::Table(Reason::Time) };
        assert!(row.german().starts_with("date: ist kein Zeitpunkt"), "{}", row.german());
        assert_eq!(FormError::NoColumn(Field::Answer).german(), "dem Formular fehlt die Spalte „answer“");
        let link = PlanError::Link {
            target: meldeverbund_proto::TargetId::from_bytes([1; 16]),
            error: LinkError::NoHost,
        };
        assert!(link.german().contains("Rechnername"), "{}", link.german());
    }
}
