//! Texts in two languages, as Fluent files: plurals and word order are the translator's.

use std::{collections::BTreeMap, fmt};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::Language;

/// Every text in both languages.
pub struct Catalogue {
    german: Bundle,
    english: Bundle,
}

/// The texts in one language.
#[derive(Clone, Copy)]
pub struct Texts<'c> {
    language: Language,
    bundle: &'c Bundle,
}

/// A catalogue cannot be used. Found by a test, before anybody sees it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A file is no Fluent.
    #[error("{0}: not a Fluent file: {1}")]
    Syntax(Language, String),
    /// A text stands there twice.
    #[error("{0}: {1}")]
    Twice(Language, String),
    /// A text is missing in a language.
    #[error("{0} has no text for {1}")]
    Missing(Language, String),
}

struct Bundle {
    bundle: FluentBundle<FluentResource>,
    keys: BTreeMap<String, ()>,
}

/// The texts of what this crate shows: German, English.
const OWN: (&str, &str) = (include_str!("../texts/de.ftl"), include_str!("../texts/en.ftl"));

impl Catalogue {
    /// This crate's texts and a program's own, each as German and English.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn new(german: &str, english: &str) -> Result<Self, CatalogueError> {
        let catalogue = Self {
            german: Bundle::new(Language::German, [OWN.0, german])?,
            english: Bundle::new(Language::English, [OWN.1, english])?,
        };
        let pairs = [
            (Language::English, &catalogue.german, &catalogue.english),
            (Language::German, &catalogue.english, &catalogue.german),
        ];
        for (language, left, right) in pairs {
            if let Some(key) = left.keys.keys().find(|key| !right.keys.contains_key(*key)) {
                return Err(CatalogueError::Missing(language, key.clone()));
            }
        }
        Ok(catalogue)
    }

    /// The texts in a language.
    pub fn texts(&self, language: Language) -> Texts<'_> {
        let bundle = match language {
            Language::German => &self.german,
            Language::English => &self.english,
        };
        Texts { language, bundle }
    }

    /// The keys of all texts.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.german.keys.keys().map(String::as_str)
    }
}

impl<'c> Texts<'c> {
    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text. One that does not exist shows its key: ugly, and better than no page.
    pub fn say(&self, key: &str) -> String {
        self.with(key, &FluentArgs::new())
    }

    /// A text with a number in it.
    pub fn count(&self, key: &str, count: impl Into<FluentValue<'static>>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("count", count);
        self.with(key, &arguments)
    }

    /// A text with another text in it.
    pub fn name(&self, key: &str, name: &str) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("name", name.to_owned());
        self.with(key, &arguments)
    }

    fn with(&self, key: &str, arguments: &FluentArgs<'_>) -> String {
        let bundle = &self.bundle.bundle;
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut errors = Vec::new();
        bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned()
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({})", self.language)
    }
}

impl Bundle {
    fn new<const N: usize>(language: Language, sources: [&str; N]) -> Result<Self, CatalogueError> {
        let tag: LanguageIdentifier = language.tag().parse().expect("de and en are tags");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // They keep texts of different directions apart; both languages have one, and names are cleaned before.
        bundle.set_use_isolating(false);
        let mut keys = BTreeMap::new();
        for source in sources {
            let syntax = |why: &dyn fmt::Debug| CatalogueError::Syntax(language, format!("{why:?}"));
            let resource =
                FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| syntax(&errors))?;
            // The parser keeps the names to itself; what a name is, is one line of Fluent's syntax.
            let named = source.lines().filter_map(|line| line.split_once(" ="));
            let named =
                named.map(|(key, _)| key).filter(|key| key.starts_with(|c: char| c.is_ascii_lowercase()));
            keys.extend(named.map(|key| (key.to_owned(), ())));
            bundle
                .add_resource(resource)
                .map_err(|errors| CatalogueError::Twice(language, format!("{errors:?}")))?;
        }
        Ok(Self { bundle, keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_every_text() {
        let catalogue = Catalogue::new("", "").unwrap();
        for language in Language::ALL {
            let texts = catalogue.texts(language);
            for key in catalogue.keys() {
                let text = texts.name(key, "Erika");
                assert!(text != key && !text.trim().is_empty(), "{language} {key}");
            }
        }
    }

    #[test]
    fn a_catalogue_with_a_gap_is_none() {
        let missing = |german, english| match Catalogue::new(german, english) {
            Err(CatalogueError::Missing(language, key)) => (language, key),
            other => panic!("{:?}", other.err()),
        };
        assert_eq!(missing("greeting = Hallo", ""), (Language::English, "greeting".to_owned()));
        assert_eq!(missing("", "greeting = Hello"), (Language::German, "greeting".to_owned()));
        let twice = Catalogue::new("sign-in = Noch einmal", "");
        assert!(matches!(twice, Err(CatalogueError::Twice(Language::German, _))));
        let broken = Catalogue::new("greeting = { $name", "greeting = Hello");
        assert!(matches!(broken, Err(CatalogueError::Syntax(Language::German, _))));
    }

    #[test]
    fn numbers_and_names_are_put_into_texts() {
        let german =
            "links = { $count -> [one] Ein Link *[other] { $count } Links }\nhello = Hallo { $name }";
        let english =
            "links = { $count -> [one] One link *[other] { $count } links }\nhello = Hello { $name }";
        let catalogue = Catalogue::new(german, english).unwrap();
        let texts = catalogue.texts(Language::German);
        assert_eq!((texts.count("links", 1), texts.count("links", 2)), ("Ein Link".into(), "2 Links".into()));
        assert_eq!(catalogue.texts(Language::English).name("hello", "<b>"), "Hello <b>");
        assert_eq!(texts.say("no-such-text"), "no-such-text");
    }
}
