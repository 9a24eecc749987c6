//! The language of a page.

use std::fmt;

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Language {
    /// The offices' own; who says nothing gets it.
    #[default]
    German,
    /// For partner bodies.
    English,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::German, Self::English];

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// What a browser's `Accept-Language` prefers of the two (RFC 9110 12.5.4); German where it wants neither.
    pub fn preferred(accept: &str) -> Self {
        let mut best = (Self::default(), 0.0);
        for range in accept.split(',') {
            let (tag, weight) = range.split_once(";q=").map_or((range, 1.0), |(tag, weight)| {
                (tag, weight.trim().parse::<f32>().unwrap_or_default())
            });
            let main = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            if let Some(language) = Self::from_tag(&main)
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_what_it_prefers() {
        for (accept, language) in [
            ("", Language::German),
            ("fr", Language::German),
            ("en", Language::English),
            ("en-GB,en;q=0.9,de;q=0.8", Language::English),
            ("de-DE,de;q=0.9,en;q=0.8", Language::German),
            ("fr;q=1, en;q=0.2, de;q=0.1", Language::English),
            ("en;q=0, de;q=0.1", Language::German),
            ("en;q=nonsense", Language::German),
            ("EN", Language::English),
        ] {
            assert_eq!(Language::preferred(accept), language, "{accept}");
        }
    }
}
