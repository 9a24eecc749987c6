//! The fields of a row and the names that a header may give them.

use std::{fmt, str::FromStr};

/// What a column says about the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The link.
    Link,
    /// The case (Vorgang) that the row belongs to.
    Case,
    /// SHA-256 of the content.
    Sha256,
    /// SHA-1 of the content.
    Sha1,
    /// MD5 of the content.
    Md5,
    /// Hashes of the content, told apart by prefix or length.
    ContentHashes,
    /// Offence class.
    OffenceClass,
    /// Where it was found.
    FoundWhere,
    /// When it was found.
    FoundAt,
    /// Why it is urgent.
    Urgency,
    /// How to reach the content.
    AccessHint,
    /// Who sent a notice elsewhere.
    NotifiedBy,
    /// When that notice was sent.
    NotifiedAt,
    /// That notice's reference.
    NotifiedReference,
    /// Europol handling code.
    Handling,
    /// Not visible to liaison.
    Hidden,
    /// Source and information grade in one, such as `B2`.
    Grading,
    /// Grade of the source.
    SourceGrade,
    /// Grade of the information.
    InformationGrade,
    /// Who should own it instead.
    ProposedOwner,
    /// The Land of the suspect.
    SuspectLand,
    /// The platform's tag.
    Platform,
    /// A short note.
    Note,
    /// A column that is not read.
    Ignore,
}

/// A field, its name in `--map` and errors, and the header names that mean it. Names are compared without case, spaces
/// and punctuation; umlauts may be written as `ae`, `oe`, `ue`, `ss`.
pub struct FieldNames {
    /// The field.
    pub field: Field,
    /// Its own name.
    pub name: &'static str,
    /// German header names.
    pub german: &'static [&'static str],
    /// English header names.
    pub english: &'static [&'static str],
}

/// Every field with its names, in the order of the documentation.
pub const FIELDS: &[FieldNames] = &[
    FieldNames {
        field: Field::Link,
        name: "link",
        german: &["Link", "Links", "Adresse", "Internetadresse", "Webadresse", "Fundlink"],
        english: &["URL", "URI", "Address"],
    },
    FieldNames {
        field: Field::Case,
        name: "case",
        german: &["Vorgang", "Vorgangsnummer", "VNr"],
        english: &["Case number", "Case no"],
    },
    FieldNames { field: Field::Sha256, name: "sha256", german: &[], english: &["SHA-256"] },
    FieldNames { field: Field::Sha1, name: "sha1", german: &[], english: &["SHA-1"] },
    FieldNames { field: Field::Md5, name: "md5", german: &[], english: &["MD5"] },
    FieldNames {
        field: Field::ContentHashes,
        name: "content_hashes",
        german: &["Hash", "Hashwert", "Hashwerte", "Prüfsumme"],
        english: &["Hashes", "Content hash", "Checksum"],
    },
    FieldNames {
        field: Field::OffenceClass,
        name: "offence_class",
        german: &["Delikt", "Straftat", "Tatbestand", "Deliktsklasse"],
        english: &["Offence", "Offense", "Offense class"],
    },
    FieldNames {
        field: Field::FoundWhere,
        name: "found_where",
        german: &["Fundort", "Fundstelle", "Gefunden in"],
        english: &["Found in", "Place found"],
    },
    FieldNames {
        field: Field::FoundAt,
        name: "found_at",
        german: &["Fundzeit", "Funddatum", "Fundzeitpunkt", "Gefunden am"],
        english: &["Date found", "Time found"],
    },
    FieldNames {
        field: Field::Urgency,
        name: "urgency_reason",
        german: &["Eilbedürftigkeit", "Eilgrund", "Dringlichkeit", "Dringend"],
        english: &["Urgency", "Urgent"],
    },
    FieldNames {
        field: Field::AccessHint,
        name: "access_hint",
        german: &["Zugangshinweis", "Zugang", "Passwort", "Kennwort"],
        english: &["Password", "Access"],
    },
    FieldNames {
        field: Field::NotifiedBy,
        name: "notified_by",
        german: &["Gemeldet durch", "Gemeldet von", "Bereits gemeldet durch"],
        english: &["Reported by", "Notified elsewhere by"],
    },
    FieldNames {
        field: Field::NotifiedAt,
        name: "notified_at",
        german: &["Gemeldet am", "Bereits gemeldet am"],
        english: &["Reported at", "Reported on", "Notified elsewhere at"],
    },
    FieldNames {
        field: Field::NotifiedReference,
        name: "notified_reference",
        german: &["Meldezeichen", "Gemeldet unter", "Ticket"],
        english: &["Report reference", "Notified elsewhere reference"],
    },
    FieldNames {
        field: Field::Handling,
        name: "handling",
        german: &["Handhabung", "Handhabungscode"],
        english: &["Handling code"],
    },
    FieldNames {
        field: Field::Hidden,
        name: "hidden_from_liaison",
        german: &["Verborgen", "Nicht für Verbindungsbeamte", "Für Verbindungsbeamte verborgen"],
        english: &["Hidden", "Not visible to liaison"],
    },
    FieldNames {
        field: Field::Grading,
        name: "grading",
        german: &["4x4", "4x4-Bewertung", "Quellenbewertung"],
        english: &["4x4 grading"],
    },
    FieldNames {
        field: Field::SourceGrade,
        name: "source_grade",
        german: &["Zuverlässigkeit der Quelle", "Quellengüte"],
        english: &["Source grading", "Source reliability"],
    },
    FieldNames {
        field: Field::InformationGrade,
        name: "information_grade",
        german: &["Güte der Information", "Informationsgüte"],
        english: &["Information grading", "Information reliability"],
    },
    FieldNames {
        field: Field::ProposedOwner,
        name: "proposed_owner",
        german: &["Vorgeschlagene Behörde", "Zuständigkeitsvorschlag", "Nicht zuständig, Vorschlag"],
        english: &["Proposed agency", "Not ours, proposed"],
    },
    FieldNames {
        field: Field::SuspectLand,
        name: "suspect_land",
        german: &["Bundesland", "Land des Tatverdächtigen"],
        english: &["Suspect's Land"],
    },
    FieldNames {
        field: Field::Platform,
        name: "platform",
        german: &["Plattform", "Plattformkürzel"],
        english: &["Platform tag"],
    },
    FieldNames {
        field: Field::Note,
        name: "note",
        german: &["Bemerkung", "Bemerkungen", "Notiz", "Anmerkung", "Kommentar"],
        english: &["Notes", "Comment", "Remark"],
    },
    FieldNames { field: Field::Ignore, name: "ignore", german: &["Nr", "Lfd. Nr."], english: &["No"] },
];

impl Field {
    /// The field's own name, as `--map` and errors have it.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|names| names.field == self).map_or("", |names| names.name)
    }

    /// The field that a header's cell names, if it names one.
    pub fn of_header(header: &str) -> Option<Self> {
        let wanted = folded(header);
        let fits = |name: &&str| folded(name) == wanted;
        let names = FIELDS.iter().find(|names| {
            fits(&names.name) || names.german.iter().any(fits) || names.english.iter().any(fits)
        })?;
        Some(names.field)
    }

    /// True if both say the same thing about a row, so that a table may have one of them only.
    pub(super) fn clashes(self, other: Self) -> bool {
        let grades = [Self::SourceGrade, Self::InformationGrade];
        match (self, other) {
            (Self::Ignore, _) | (_, Self::Ignore) => false,
            (Self::Grading, grade) | (grade, Self::Grading) if grades.contains(&grade) => true,
            _ => self == other,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no field of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no field; the fields are {}", FIELDS.iter().map(|names| names.name).collect::<Vec<_>>().join(", "))]
pub struct UnknownField;

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        FIELDS.iter().find(|names| names.name == name).map(|names| names.field).ok_or(UnknownField)
    }
}

/// A header's name as it is compared: lower case, letters and digits only, umlauts written out.
pub(crate) fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()) {
        match letter {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_name_means_two_fields() {
        let mut seen: BTreeMap<String, Field> = BTreeMap::new();
        for names in FIELDS {
            for name in [names.name].iter().chain(names.german).chain(names.english) {
                let before = seen.insert(folded(name), names.field);
                assert!(before.is_none_or(|field| field == names.field), "{name}");
                assert_eq!(Field::of_header(name), Some(names.field), "{name}");
            }
            assert_eq!(names.name.parse(), Ok(names.field));
        }
    }

    #[test]
    fn names_are_compared_without_case_spaces_and_punctuation() {
        for (header, field) in [
            ("URL", Field::Link),
            (" vorgangs-nummer ", Field::Case),
            ("EILBEDÜRFTIGKEIT", Field::Urgency),
            ("Eilbeduerftigkeit", Field::Urgency),
            ("found at", Field::FoundAt),
            ("hidden-from-liaison", Field::Hidden),
            ("4x4", Field::Grading),
        ] {
            assert_eq!(Field::of_header(header), Some(field), "{header}");
        }
        assert_eq!(Field::of_header("Sachbearbeiter"), None);
        assert_eq!(Field::of_header(""), None);
    }

    #[test]
    fn a_grading_clashes_with_its_parts() {
        assert!(
            Field::Grading.clashes(Field::SourceGrade) && Field::InformationGrade.clashes(Field::Grading)
        );
        assert!(Field::Link.clashes(Field::Link) && !Field::Link.clashes(Field::Note));
        assert!(!Field::Ignore.clashes(Field::Ignore));
    }
}
