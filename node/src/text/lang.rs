//! The language of texts for people.

use std::str::FromStr;

/// A language that all texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// German.
    De,
    /// English.
    #[default]
    En,
}

/// Not a language that the texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the languages are `de` and `en`")]
pub struct NoSuchLang;

impl Lang {
    /// The language of the locale: the first that is set of `LC_ALL`, `LC_MESSAGES` and `LANG` decides (POSIX).
    pub fn from_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|v| !v.is_empty()));
        match locale {
            Some(locale) if locale.to_ascii_lowercase().starts_with("de") => Self::De,
            _ => Self::En,
        }
    }

    /// Its tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }
}

impl FromStr for Lang {
    type Err = NoSuchLang;

    fn from_str(text: &str) -> Result<Self, NoSuchLang> {
        match text {
            "de" => Ok(Self::De),
            "en" => Ok(Self::En),
            _ => Err(NoSuchLang),
        }
    }
}

/// One of two texts.
pub fn say<T>(lang: Lang, de: T, en: T) -> T {
    match lang {
        Lang::De => de,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let locale = |set: &'static [(&str, &str)]| {
            Lang::from_locale(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(locale(&[("LANG", "de_DE.UTF-8")]), Lang::De);
        assert_eq!(locale(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(locale(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "")]), Lang::De);
        assert_eq!(locale(&[("LC_MESSAGES", "DE"), ("LANG", "en_US")]), Lang::De);
        assert_eq!(locale(&[]), Lang::En);
    }
}
