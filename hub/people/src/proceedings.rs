//! Which proceedings are a prosecutor's own: what the issuer says of the person.

use std::{fmt, str::FromStr};

use meldeverbund_proto::{
    limits::PROSECUTOR_REFERENCE_CHARS,
    text::{self, single_spaced},
};

/// Entries of one person. A register is one entry, and so is a single file that somebody took over; each costs two look-ups
/// when the person's proceedings are listed.
const ENTRIES: usize = 100;

/// A person's own proceedings, by the prosecutor's reference (Aktenzeichen). Without an entry nothing is the person's own.
///
/// An entry owns the references that are it, or begin with it and go on with a space or a `/`: `60 UJs` owns `60 UJs 7/26`, and
/// not `60 UJsA 7/26`. Spaces are counted as one.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Proceedings(Vec<String>);

/// The entries are none: too many, or one is empty, too long, or no text of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no list of references to proceedings")]
pub struct ProceedingsError;

impl Proceedings {
    /// Reads entries. One list that is not understood is none: nobody guesses what a person may see.
    ///
    /// # Errors
    /// If there are more than a hundred, or one of them is no reference.
    pub fn new<'e>(entries: impl IntoIterator<Item = &'e str>) -> Result<Self, ProceedingsError> {
        let mut sorted = Vec::new();
        for entry in entries {
            let entry = single_spaced(entry);
            let is_read = text::check(&entry, PROSECUTOR_REFERENCE_CHARS).is_ok();
            if entry.is_empty() || !is_read || sorted.len() == ENTRIES {
                return Err(ProceedingsError);
            }
            sorted.push(entry);
        }
        // What begins another stands before it: each is kept only if none before it owns it already.
        sorted.sort_unstable();
        let mut own = Self::default();
        for entry in sorted {
            if !own.owns(&entry) {
                own.0.push(entry);
            }
        }
        Ok(own)
    }

    /// Whether a proceeding with this reference is the person's own.
    pub fn owns(&self, reference: &str) -> bool {
        let reference = single_spaced(reference);
        let goes_on = |rest: &str| rest.is_empty() || rest.starts_with([' ', '/']);
        self.0.iter().any(|entry| reference.strip_prefix(entry.as_str()).is_some_and(goes_on))
    }

    /// True if nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where they stand among all references, each with one space between its words and in the order of their bytes: from the
    /// first text, up to and without the second. The ranges do not overlap.
    pub fn ranges(&self) -> Vec<(String, String)> {
        // A reference has no control characters: what follows an entry before `!` is its end or a space.
        let of_entry = |entry: &String| {
            [(entry.clone(), format!("{entry}!")), (format!("{entry}/"), format!("{entry}0"))]
        };
        let mut ranges: Vec<_> = self.0.iter().flat_map(of_entry).collect();
        ranges.sort_unstable();
        ranges
    }
}

/// One entry a line: how a session keeps them.
impl fmt::Display for Proceedings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl FromStr for Proceedings {
    type Err = ProceedingsError;

    fn from_str(text: &str) -> Result<Self, ProceedingsError> {
        Self::new(text.lines())
    }
}

/// References stand on screens, never in a log line.
impl fmt::Debug for Proceedings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proceedings({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(entries: &[&str]) -> Proceedings {
        Proceedings::new(entries.iter().copied()).unwrap()
    }

    #[test]
    fn whole_words_are_owned_and_nothing_else() {
        let own = own(&["60 UJs", "12  Js 34/26", "7"]);
        for reference in [
            "60 UJs",
            "60 UJs 1/26",
            "60\u{a0}UJs  1/26",
            " 60 UJs/9",
            "12 Js 34/26",
            "12 Js 34/26 A",
            "7 Js 1/26",
        ] {
            assert!(own.owns(reference), "{reference}");
        }
        for reference in
            ["", " ", "60", "60 UJ", "60 UJsA 1/26", "60 UJs-1", "60 ujs 1/26", "12 Js 34/265", "77 Js 1/26"]
        {
            assert!(!own.owns(reference), "{reference}");
        }
        assert!(!Proceedings::default().owns("60 UJs") && !Proceedings::default().owns(""));
    }

    #[test]
    fn ranges_say_what_is_owned() {
        let own = own(&["60 UJs 1/26", "60 UJs", "60", "12 Js 34/26", "ä"]);
        assert_eq!(own.to_string(), "12 Js 34/26\n60\nä", "what another owns is not kept");
        let ranges = own.ranges();
        assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{ranges:?}");
        for reference in [
            "60",
            "60 UJs",
            "60 UJs 1/26",
            "60/1",
            "60.1",
            "60!",
            "600",
            "6",
            "12 Js 34/26",
            "12 Js 34/260",
            "ä 1",
            "äb",
        ] {
            let inside =
                ranges.iter().any(|(from, to)| from.as_str() <= reference && reference < to.as_str());
            assert_eq!(inside, own.owns(reference), "{reference}");
        }
    }

    #[test]
    fn what_is_no_list_of_references_is_none() {
        let long = "x".repeat(PROSECUTOR_REFERENCE_CHARS + 1);
        for entries in [&["60 UJs", ""][..], &[" "], &["a\u{7}b"], &[long.as_str()]] {
            assert_eq!(Proceedings::new(entries.iter().copied()), Err(ProceedingsError), "{entries:?}");
        }
        let many: Vec<_> = (0..=ENTRIES).map(|n| format!("{n} Js")).collect();
        assert!(Proceedings::new(many.iter().map(String::as_str)).is_err());
        assert!(Proceedings::new(many[1..].iter().map(String::as_str)).is_ok());
    }

    #[test]
    fn a_session_keeps_them_and_a_log_does_not() {
        let own = own(&["60 UJs", "12 Js 34/26"]);
        assert_eq!(own.to_string().parse(), Ok(own.clone()));
        assert_eq!("".parse(), Ok(Proceedings::default()));
        assert_eq!(format!("{own:?}"), "Proceedings(2)");
    }
}
