//! Free text on the wire: capped, without control characters, and never a carrier of content.

use std::{fmt, str::FromStr};

use crate::{
    limits::{BASE64_RUN_CHARS, CASE_NUMBER_CHARS},
    v1::{Refusal, RefusalCode},
};

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing there.
    #[error("is required")]
    Empty,
    /// Longer than its limit.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// Line breaks, tabs and other control characters (Unicode category Cc).
    #[error("has a control character")]
    Control,
    /// Spaces at an end, where two spellings of one thing would differ by what nobody sees.
    #[error("starts or ends with a space")]
    Untrimmed,
    /// A `data:` URL or a long run of base64: content instead of words.
    #[error("carries content (a data: URL or a base64 block); only words belong here")]
    Content,
}

impl TextError {
    /// The refusal that blames this field.
    pub fn at(self, field: &str) -> Refusal {
        let code = match self {
            Self::Empty => RefusalCode::FieldMissing,
            Self::TooLong(_) => RefusalCode::TooLarge,
            Self::Control | Self::Untrimmed => RefusalCode::FieldInvalid,
            Self::Content => RefusalCode::ContentForbidden,
        };
        Refusal::at(code, field, self.to_string())
    }
}

/// Checks an optional free text against its limit.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str, most_chars: usize) -> Result<(), TextError> {
    // A character is at most four bytes: most texts pass without being counted.
    if text.len() > most_chars && text.chars().count() > most_chars {
        return Err(TextError::TooLong(most_chars));
    }
    if text.chars().any(char::is_control) {
        return Err(TextError::Control);
    }
    if carries_content(text) { Err(TextError::Content) } else { Ok(()) }
}

/// The text's words with one space between them: how references are compared that people write with other spaces.
pub fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True for a `data:` URL or a long run of base64 letters.
pub fn carries_content(text: &str) -> bool {
    let data_url = text.as_bytes().windows(5).any(|w| w.eq_ignore_ascii_case(b"data:"));
    (data_url && text.contains(',')) || longest_base64_run(text) > BASE64_RUN_CHARS
}

fn longest_base64_run(text: &str) -> usize {
    if text.len() <= BASE64_RUN_CHARS {
        return 0;
    }
    let letter = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
    text.as_bytes().split(|b| !letter(b)).map(<[u8]>::len).max().unwrap_or(0)
}

/// A Vorgangsnummer: free text of the agency's own shape, such as `ST/0123456/2026`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseNumber(String);

impl CaseNumber {
    /// The number as the agency writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CaseNumber {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.trim() != text {
            return Err(TextError::Untrimmed);
        }
        check(text, CASE_NUMBER_CHARS)?;
        Ok(Self(text.to_owned()))
    }
}

/// A case number may stand on an officer's screen, never in a log line.
impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseNumber(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_shapes_of_case_numbers_are_taken() {
        for number in ["ST/0123456/2026", "VNr. 0815-47/26", "LKA 42 – 1234/26", "UJs 17 A 3/26", "1"] {
            assert_eq!(number.parse::<CaseNumber>().unwrap().as_str(), number);
        }
        assert!("ä".repeat(CASE_NUMBER_CHARS).parse::<CaseNumber>().is_ok(), "the limit counts characters");
    }

    #[test]
    fn other_texts_are_refused_with_their_reason() {
        for (text, error) in [
            ("", TextError::Empty),
            (" 1/26", TextError::Untrimmed),
            ("1/26\u{a0}", TextError::Untrimmed),
            ("1\n/26", TextError::Control),
            ("1\u{85}/26", TextError::Control),
            (&"1".repeat(CASE_NUMBER_CHARS + 1), TextError::TooLong(CASE_NUMBER_CHARS)),
        ] {
            assert_eq!(text.parse::<CaseNumber>(), Err(error));
        }
    }

    #[test]
    fn spaces_are_counted_as_one() {
        assert_eq!(single_spaced(" 60\u{a0}UJs  1/26 "), "60 UJs 1/26");
        assert_eq!(single_spaced(" \u{2009}"), "");
    }

    #[test]
    fn content_is_not_text() {
        assert_eq!(check("DATA:image/png;base64,AAAA", 500), Err(TextError::Content));
        assert_eq!(check(&"QUJD".repeat(60), 500), Err(TextError::Content));
        assert_eq!(check("new data: three files", 500), Ok(()));
        assert_eq!(check(&"words and numbers 123, ".repeat(20), 500), Ok(()));
    }

    #[test]
    fn debug_shows_no_number() {
        let number: CaseNumber = "ST/0123456/2026".parse().unwrap();
        assert!(!format!("{number:?}").contains("0123456"));
    }
}
