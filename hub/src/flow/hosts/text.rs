//! Host rules as people write them (TOML): what is wrong is named with its field, and every test in the file is run.

use std::collections::BTreeSet;

use meldeverbund_domain::hosts::{HostRules, Rule};
use meldeverbund_proto::{
    CanonicalLink,
    check::is_land,
    limits::REFERENCE_CHARS,
    text,
    v1::{Refusal, RefusalCode},
};

/// Bytes of the rules: some thousand hosts with their tests.
const RULES_BYTES: usize = 1024 * 1024;

/// Reads rules and runs their tests.
///
/// # Errors
/// The first thing that is wrong, with its line or field.
pub(crate) fn parse(text: &str) -> Result<HostRules, Refusal> {
    if text.len() > RULES_BYTES {
        let reason = format!("is longer than {RULES_BYTES} bytes");
        return Err(Refusal::at(RefusalCode::TooLarge, "hosts", reason));
    }
    let rules: HostRules = toml::from_str(text).map_err(|error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Refusal::invalid("hosts", format!("line {line}: {}", error.message()))
    })?;
    check(&rules).map_err(|(field, reason)| Refusal::invalid(&field, reason))?;
    Ok(rules.indexed())
}

/// A field's path, and what is wrong with it.
type Wrong = (String, String);

fn check(rules: &HostRules) -> Result<(), Wrong> {
    if rules.version == 0 {
        return wrong("version", "is required, and counts from 1");
    }
    for (n, provider) in rules.providers.iter().enumerate() {
        let at = |field: &str| format!("provider[{n}].{field}");
        words(at("name"), &provider.name)?;
        hosts(&at("hosts"), &provider.hosts)?;
        for (field, value) in [("seat", &provider.seat), ("contact", &provider.contact)] {
            text::check(value, REFERENCE_CHARS).or_else(|error| wrong(at(field), error.to_string()))?;
        }
        if !provider.land.is_empty() && !is_land(&provider.land) {
            return wrong(at("land"), "is not a Land as in ISO 3166-2, DE-NW");
        }
        let country = provider.country.as_bytes();
        if !country.is_empty() && !(country.len() == 2 && country.iter().all(u8::is_ascii_uppercase)) {
            return wrong(at("country"), "is not a country as in ISO 3166-1, DE");
        }
        if provider.until_us <= provider.from_us {
            return wrong(at("until"), "must lie after `from`");
        }
    }
    let mut names = BTreeSet::new();
    for (n, rule) in rules.rules.iter().enumerate() {
        let at = |field: &str| format!("rule[{n}].{field}");
        words(at("name"), &rule.name)?;
        if rule.name.contains(char::is_whitespace) || !names.insert(&rule.name) {
            return wrong(at("name"), "has a blank in it, or stands there twice");
        }
        hosts(&at("hosts"), &rule.hosts)?;
        if rule.until_us <= rule.from_us {
            return wrong(at("until"), "must lie after `from`");
        }
        if rule.paths.is_empty() && rule.query.is_empty() && rule.tracking.is_empty() {
            return wrong(format!("rule[{n}]"), "says nothing: it has no paths, no query and no tracking");
        }
        tests(n, rule)?;
    }
    Ok(())
}

/// A rule without a test is one that nobody has tried: at least one link that fits, and one that does not.
fn tests(n: usize, rule: &Rule) -> Result<(), Wrong> {
    if !rule.tests.iter().any(|test| test.key.is_some()) || !rule.tests.iter().any(|test| test.key.is_none())
    {
        let reason = "needs a link that has a key, and one that has none";
        return wrong(format!("rule[{n}].test"), reason);
    }
    for (m, test) in rule.tests.iter().enumerate() {
        let at = |field: &str| format!("rule[{n}].test[{m}].{field}");
        let link = CanonicalLink::parse(&test.link).or_else(|error| wrong(at("link"), error.to_string()))?;
        let found = rule.key_of(&link);
        if found != test.key {
            let found = found.map_or("no key".to_owned(), |key| format!("the key `{key}`"));
            return wrong(at("key"), format!("this link has {found}"));
        }
    }
    Ok(())
}

fn hosts(field: &str, hosts: &[String]) -> Result<(), Wrong> {
    if hosts.is_empty() {
        return wrong(field, "must not be empty");
    }
    for host in hosts {
        let name = host.strip_prefix("*.").unwrap_or(host);
        let link = CanonicalLink::parse(&format!("https://{name}/"));
        if link.as_ref().map(CanonicalLink::host) != Ok(name) || name.is_empty() {
            return wrong(field, format!("`{host}` is no host as a canonical link has it, in lower case"));
        }
    }
    Ok(())
}

fn words(field: String, value: &str) -> Result<(), Wrong> {
    if value.trim().is_empty() {
        return wrong(field, "must not be empty");
    }
    text::check(value, REFERENCE_CHARS).or_else(|error| wrong(field, error.to_string()))
}

fn wrong<T>(field: impl Into<String>, reason: impl Into<String>) -> Result<T, Wrong> {
    Err((field.into(), reason.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../hosts/example.toml");

    #[test]
    fn the_example_is_good() {
        let rules = parse(EXAMPLE).unwrap();
        assert!(rules.rules.len() >= 3 && rules.providers.len() >= 2);
        assert!(rules.rules.iter().all(|rule| rule.tests.len() >= 2));
        let at_us = 1_795_305_600_000_000;
        let link = CanonicalLink::parse("https://www.files.example/f/abc?utm_source=x").unwrap();
        assert_eq!(rules.key(&link, at_us).as_deref(), Some("files id=abc"));
        assert_eq!(rules.provider("www.files.example", at_us).unwrap().country, "DE");
    }

    #[test]
    fn what_is_wrong_is_named_and_a_red_test_refuses_the_file() {
        for (from, to, field) in [
            ("version = 1", "version = 0", "version"),
            ("name = \"files\"", "name = \"fi les\"", "rule[0].name"),
            ("name = \"watch\"", "name = \"files\"", "rule[1].name"),
            ("key = \"id=abc\"", "key = \"id=abd\"", "rule[0].test[0].key"),
            ("land = \"DE-NW\"", "land = \"NW\"", "provider[0].land"),
            ("country = \"DE\"", "country = \"Germany\"", "provider[0].country"),
            (
                "\"files.example\", \"www.files.example\"]\npaths",
                "\"Files.example\"]\npaths",
                "rule[0].hosts",
            ),
            ("paths = [\"/f/{id}\"", "paths = [\"/f/*\"", "hosts"),
            ("tracking = [\"utm_*\"", "trackers = [\"utm_*\"", "hosts"),
        ] {
            assert!(EXAMPLE.contains(from), "{from}");
            let refusal = parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(refusal.field, field, "{refusal:?}");
        }
        let untested = "version = 1\n[[rule]]\nname = \"a\"\nhosts = [\"a.example\"]\nquery = [\"id\"]\n";
        assert_eq!(parse(untested).unwrap_err().field, "rule[0].test");
        let refusal = parse("version = 1\n\n[[rule]]\nname = = 1").unwrap_err();
        assert!(refusal.reason.starts_with("line 4: "), "{refusal:?}");
        assert_eq!(parse(&"#".repeat(RULES_BYTES + 1)).unwrap_err().code(), RefusalCode::TooLarge);
    }
}
