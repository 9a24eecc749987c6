//! One cell's value, and the words that stand for yes, an offence, a grade or a hash.

use meldeverbund_proto::v1::{
    ContentHash, HandlingCode, HashAlgorithm, InformationGrade, OffenceClass, SourceGrade,
};

use super::{field::folded, reason::Reason};

/// A cell, as CSV (always text) or a sheet has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A number, and the same as a day count of the 1900 system.
    Number {
        /// The number.
        number: f64,
        /// The number as a date.
        serial: f64,
    },
    /// A cell that the sheet shows as a date: the day count of the 1900 system.
    Date(f64),
    /// True or false.
    Bool(bool),
    /// A formula that failed.
    Error,
}

impl Value<'_> {
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// Yes or no.
pub(super) fn yes_no(value: Value<'_>) -> Result<bool, Reason> {
    match value {
        Value::Bool(yes) => Ok(yes),
        Value::Number { number: 0.0, .. } => Ok(false),
        Value::Number { number: 1.0, .. } => Ok(true),
        Value::Text(text) => yes_no_word(text).ok_or(Reason::YesNo),
        _ => Err(Reason::YesNo),
    }
}

/// A word for yes or no.
pub(super) fn yes_no_word(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "ja" | "j" | "yes" | "y" | "true" | "wahr" | "1" | "x" => Some(true),
        "nein" | "n" | "no" | "false" | "falsch" | "0" => Some(false),
        // Only punctuation: a dash for "no".
        "" => Some(false),
        _ => None,
    }
}

/// An offence class as files write it: `184b`, `§ 184b StGB`, `§ 184c Abs. 1 Nr. 1 StGB`, `other`.
pub(super) fn offence_class(text: &str) -> Result<OffenceClass, Reason> {
    let folded = folded(text);
    if matches!(folded.as_str(), "other" | "andere" | "anderes" | "sonstige" | "sonstiges") {
        return Ok(OffenceClass::Other);
    }
    let section = folded.strip_prefix("stgb").unwrap_or(&folded);
    let classes = [
        ("184b", OffenceClass::Stgb184b),
        ("184c", OffenceClass::Stgb184c),
        ("176e", OffenceClass::Stgb176e),
    ];
    for (number, class) in classes {
        let Some(rest) = section.strip_prefix(number) else { continue };
        let alone = rest.is_empty() || rest == "stgb" || rest.starts_with("abs");
        // One class belongs in the field: a second section is not silently dropped.
        let second = classes.iter().any(|(other, _)| rest.contains(other));
        return if alone && !second { Ok(class) } else { Err(Reason::OffenceClass) };
    }
    Err(Reason::OffenceClass)
}

/// A handling code: `H0` to `H3`.
pub(super) fn handling(text: &str) -> Result<HandlingCode, Reason> {
    match folded(text).as_str() {
        "h0" => Ok(HandlingCode::H0),
        "h1" => Ok(HandlingCode::H1),
        "h2" => Ok(HandlingCode::H2),
        "h3" => Ok(HandlingCode::H3),
        _ => Err(Reason::Handling),
    }
}

/// A Land as files write it: `DE-NW`, `NW`, `Nordrhein-Westfalen`; gives its ISO 3166-2 code.
pub(super) fn land(text: &str) -> Result<&'static str, Reason> {
    const LAENDER: [(&str, &str); 16] = [
        ("DE-BB", "brandenburg"),
        ("DE-BE", "berlin"),
        ("DE-BW", "badenwuerttemberg"),
        ("DE-BY", "bayern"),
        ("DE-HB", "bremen"),
        ("DE-HE", "hessen"),
        ("DE-HH", "hamburg"),
        ("DE-MV", "mecklenburgvorpommern"),
        ("DE-NI", "niedersachsen"),
        ("DE-NW", "nordrheinwestfalen"),
        ("DE-RP", "rheinlandpfalz"),
        ("DE-SH", "schleswigholstein"),
        ("DE-SL", "saarland"),
        ("DE-SN", "sachsen"),
        ("DE-ST", "sachsenanhalt"),
        ("DE-TH", "thueringen"),
    ];
    let wanted = folded(text);
    let fits = |(code, name): &&(&str, &str)| {
        wanted == *name || wanted == folded(code) || wanted == folded(&code[3..])
    };
    LAENDER.iter().find(fits).map(|(code, _)| *code).ok_or(Reason::Land)
}

/// A grade of a source: `A`, `B`, `C`, `X`.
pub(super) fn source_grade(text: &str) -> Result<SourceGrade, Reason> {
    match folded(text).as_str() {
        "a" => Ok(SourceGrade::A),
        "b" => Ok(SourceGrade::B),
        "c" => Ok(SourceGrade::C),
        "x" => Ok(SourceGrade::X),
        _ => Err(Reason::SourceGrade),
    }
}

/// A grade of an information: `1` to `4`.
pub(super) fn information_grade(text: &str) -> Result<InformationGrade, Reason> {
    match folded(text).as_str() {
        "1" => Ok(InformationGrade::InformationGrade1),
        "2" => Ok(InformationGrade::InformationGrade2),
        "3" => Ok(InformationGrade::InformationGrade3),
        "4" => Ok(InformationGrade::InformationGrade4),
        _ => Err(Reason::InformationGrade),
    }
}

/// Both grades in one: `A1`, `B-2`, `X 4`.
pub(super) fn grading(text: &str) -> Result<(SourceGrade, InformationGrade), Reason> {
    let folded = folded(text);
    let (source, information) = folded.split_at_checked(1).ok_or(Reason::Grading)?;
    match (source_grade(source), information_grade(information)) {
        (Ok(source), Ok(information)) => Ok((source, information)),
        _ => Err(Reason::Grading),
    }
}

/// Hashes with white space, commas, semicolons or bars between them, each with or without `sha256:` before it.
pub(super) fn hashes(text: &str, of: Option<HashAlgorithm>) -> Result<Vec<ContentHash>, Reason> {
    let words = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
        .filter(|word| !word.is_empty());
    words.map(|word| hash(word, of)).collect()
}

fn hash(word: &str, of: Option<HashAlgorithm>) -> Result<ContentHash, Reason> {
    let (said, digits) = match word.rsplit_once([':', '=']) {
        Some((name, digits)) => (Some(algorithm(name)?), digits),
        None => (None, word),
    };
    let digest = hex::decode(digits).map_err(|_| Reason::Hash)?;
    let is = match digest.len() {
        32 => HashAlgorithm::Sha256,
        20 => HashAlgorithm::Sha1,
        16 => HashAlgorithm::Md5,
        _ => return Err(Reason::Hash),
    };
    if [said, of].into_iter().flatten().any(|wanted| wanted != is) {
        return Err(Reason::OtherHash);
    }
    Ok(ContentHash { algorithm: is.into(), digest })
}

fn algorithm(name: &str) -> Result<HashAlgorithm, Reason> {
    match folded(name).as_str() {
        "sha256" => Ok(HashAlgorithm::Sha256),
        "sha1" => Ok(HashAlgorithm::Sha1),
        "md5" => Ok(HashAlgorithm::Md5),
        _ => Err(Reason::Hash),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_in_both_languages() {
        for yes in ["ja", "JA", "yes", "true", "WAHR", "1", "x", "X ", "j"] {
            assert_eq!(yes_no(Value::Text(yes)), Ok(true), "{yes}");
        }
        for no in ["nein", "No", "false", "FALSCH", "0", "-", "n"] {
            assert_eq!(yes_no(Value::Text(no)), Ok(false), "{no}");
        }
        for neither in ["vielleicht", "2", "10", "ja?nein"] {
            assert_eq!(yes_no(Value::Text(neither)), Err(Reason::YesNo), "{neither}");
        }
        assert_eq!(yes_no(Value::Bool(true)), Ok(true));
        assert_eq!(yes_no(Value::Number { number: 1.0, serial: 1.0 }), Ok(true));
        assert_eq!(yes_no(Value::Number { number: 0.5, serial: 0.5 }), Err(Reason::YesNo));
    }

    #[test]
    fn offence_classes_as_files_write_them() {
        for (text, class) in [
            ("184b", OffenceClass::Stgb184b),
            ("§ 184b StGB", OffenceClass::Stgb184b),
            ("§184b Abs. 1 Nr. 1 StGB", OffenceClass::Stgb184b),
            ("StGB § 184c", OffenceClass::Stgb184c),
            ("stgb_184c", OffenceClass::Stgb184c),
            ("176E", OffenceClass::Stgb176e),
            ("sonstige", OffenceClass::Other),
        ] {
            assert_eq!(offence_class(text), Ok(class), "{text}");
        }
        for text in ["184", "§ 184b, § 184c StGB", "184b Abs. 1, 184c", "184bc", "§ 263 StGB", "kipo", ""]
        {
            assert_eq!(offence_class(text), Err(Reason::OffenceClass), "{text}");
        }
    }

    #[test]
    fn codes_and_grades() {
        assert_eq!(handling("h 2"), Ok(HandlingCode::H2));
        assert_eq!(handling("H4"), Err(Reason::Handling));
        for text in ["DE-NW", "nw", "Nordrhein-Westfalen", "DE NW"] {
            assert_eq!(land(text), Ok("DE-NW"), "{text}");
        }
        assert_eq!(land("Baden-Württemberg"), Ok("DE-BW"));
        assert_eq!(land("DE"), Err(Reason::Land));
        assert_eq!(source_grade("x"), Ok(SourceGrade::X));
        assert_eq!(source_grade("D"), Err(Reason::SourceGrade));
        assert_eq!(information_grade("5"), Err(Reason::InformationGrade));
        for text in ["B2", "b-2", "B 2", "B/2"] {
            assert_eq!(grading(text), Ok((SourceGrade::B, InformationGrade::InformationGrade2)), "{text}");
        }
        for text in ["", "A", "A5", "2B", "ä1", "A11"] {
            assert_eq!(grading(text), Err(Reason::Grading), "{text}");
        }
    }

    #[test]
    fn hashes_are_told_apart_by_length_and_prefix() {
        let (md5, sha1, sha256) = ("0f".repeat(16), "AB".repeat(20), "12".repeat(32));
        let all = format!("{md5}; sha1:{sha1} | SHA-256={sha256}");
        let kinds: Vec<i32> = hashes(&all, None).unwrap().iter().map(|hash| hash.algorithm).collect();
        let wanted: Vec<i32> =
            [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Sha256].map(i32::from).into();
        assert_eq!(kinds, wanted);
        assert_eq!(hashes(&md5, Some(HashAlgorithm::Md5)).unwrap()[0].digest, vec![0x0f; 16]);
        assert_eq!(hashes(&md5, Some(HashAlgorithm::Sha1)), Err(Reason::OtherHash));
        assert_eq!(hashes(&format!("sha256:{md5}"), None), Err(Reason::OtherHash));
        assert_eq!(hashes(&format!("crc:{md5}"), None), Err(Reason::Hash));
        assert_eq!(hashes(&md5[1..], None), Err(Reason::Hash));
        assert_eq!(hashes("1.23E+31", None), Err(Reason::Hash));
    }
}
