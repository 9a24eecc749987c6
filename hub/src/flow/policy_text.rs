//! The policy as people write it (TOML): what is wrong with it is named with line and field.

use std::collections::BTreeSet;

use meldeverbund_domain::{
    Policy,
    policy::{HOLD_MOST_DAYS, Terms},
    rules::Matter,
};
use meldeverbund_proto::{
    AgencyId,
    check::is_land,
    limits::{PLATFORM_CHARS, REFERENCE_CHARS},
    text,
    v1::{Refusal, RefusalCode},
};
use toml::de::{DeTable, DeValue};

/// Bytes of a policy: some thousand lead cases and providers.
const POLICY_BYTES: usize = 1024 * 1024;

/// The longest term in hours: a year. What takes longer is no deadline but a decision.
const MOST_HOURS: u32 = 8_760;

/// The longest time between intent and doubt, minutes: a day.
const MOST_INTENT_MINUTES: u32 = 1_440;

/// The longest objection window, working days.
const MOST_WORKING_DAYS: u32 = 60;

/// Reads a policy.
///
/// # Errors
/// The first thing that is wrong with it, with its line.
pub(crate) fn parse(text: &str) -> Result<Policy, Refusal> {
    if text.len() > POLICY_BYTES {
        let reason = format!("is longer than {POLICY_BYTES} bytes");
        return Err(Refusal::at(RefusalCode::TooLarge, "policy", reason));
    }
    let policy: Policy = toml::from_str(text).map_err(|error| {
        let field = error.span().and_then(|span| field_at(text, span.start));
        let line = error.span().map_or(1, |span| line(text, span.start));
        Refusal::invalid(field.as_deref().unwrap_or("policy"), format!("line {line}: {}", error.message()))
    })?;
    check(&policy).map_err(|(field, reason)| {
        let line = place_of(text, &field).map_or(1, |at| line(text, at));
        Refusal::invalid(field, format!("line {line}: {reason}"))
    })?;
    Ok(policy)
}

/// The agencies that the policy names.
pub(crate) fn agencies(policy: &Policy) -> BTreeSet<&AgencyId> {
    let rules = &policy.ownership;
    let leads = rules.lead_cases.iter().map(|lead| &lead.agency);
    let agreements = rules.agreements.iter().map(|agreement| &agreement.agency);
    leads.chain(agreements).chain(&rules.fallback).chain(&policy.liaison.silent).collect()
}

/// A field's path, and what is wrong with it.
type Wrong = (String, String);

fn check(policy: &Policy) -> Result<(), Wrong> {
    terms(&policy.terms)?;
    if !(1..=MOST_HOURS).contains(&policy.liaison.disclosure_hours) {
        return wrong("liaison.disclosure_hours", format!("must be 1 to {MOST_HOURS}"));
    }
    for (n, basis) in policy.legal_bases.iter().enumerate() {
        words(&format!("legal_bases[{n}]"), basis, PLATFORM_CHARS)?;
    }
    let rules = &policy.ownership;
    let twice = |n: usize| rules.rules[..n].contains(&rules.rules[n]);
    if let Some(n) = (0..rules.rules.len()).find(|n| twice(*n)) {
        return wrong(format!("ownership.rules[{n}]"), "stands there twice");
    }
    let provider = |name: &str| rules.providers.iter().any(|provider| provider.name == name);
    let matter = |at: String, matter: &Matter| match matter {
        matter if *matter == Matter::default() => wrong(format!("{at}.matter"), "is about nothing"),
        Matter { provider: name, .. } if !name.is_empty() && !provider(name) => {
            wrong(format!("{at}.matter.provider"), "is not among `ownership.providers`")
        }
        _ => Ok(()),
    };
    for (n, lead) in rules.lead_cases.iter().enumerate() {
        let at = format!("ownership.lead_cases[{n}]");
        if lead.until_us <= lead.from_us {
            return wrong(format!("{at}.until"), "must lie after `from`");
        }
        matter(at, &lead.matter)?;
    }
    for (n, provider) in rules.providers.iter().enumerate() {
        let at = format!("ownership.providers[{n}]");
        words(&format!("{at}.name"), &provider.name, REFERENCE_CHARS)?;
        if !provider.land.is_empty() && !is_land(&provider.land) {
            return wrong(format!("{at}.land"), "is not a Land as in ISO 3166-2, DE-NW");
        }
    }
    for (n, agreement) in rules.agreements.iter().enumerate() {
        let at = format!("ownership.agreements[{n}]");
        words(&format!("{at}.reference"), &agreement.reference, REFERENCE_CHARS)?;
        matter(at, &agreement.matter)?;
    }
    Ok(())
}

fn terms(terms: &Terms) -> Result<(), Wrong> {
    let Terms {
        accept_hours,
        offer_hours,
        dispute_hours,
        window_working_days,
        hold_days,
        grant_hours,
        intent_minutes,
        silence_hours,
        suspended_hours,
    } = terms;
    let limits = [
        ("accept_hours", accept_hours, MOST_HOURS),
        ("offer_hours", offer_hours, MOST_HOURS),
        ("dispute_hours", dispute_hours, MOST_HOURS),
        ("window_working_days", window_working_days, MOST_WORKING_DAYS),
        ("hold_days", hold_days, HOLD_MOST_DAYS),
        ("grant_hours", grant_hours, MOST_HOURS),
        ("intent_minutes", intent_minutes, MOST_INTENT_MINUTES),
        ("silence_hours", silence_hours, MOST_HOURS),
        ("suspended_hours", suspended_hours, MOST_HOURS),
    ];
    match limits.iter().find(|(_, value, most)| **value == 0 || **value > *most) {
        Some((name, _, most)) => wrong(format!("terms.{name}"), format!("must be 1 to {most}")),
        None => Ok(()),
    }
}

fn words(field: &str, value: &str, most_chars: usize) -> Result<(), Wrong> {
    if value.trim().is_empty() {
        return wrong(field, "must not be empty");
    }
    text::check(value, most_chars).or_else(|error| wrong(field, error.to_string()))
}

fn wrong<T>(field: impl Into<String>, reason: impl Into<String>) -> Result<T, Wrong> {
    Err((field.into(), reason.into()))
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// The field that stands at this byte.
fn field_at(text: &str, at: usize) -> Option<String> {
    fields(text).into_iter().find(|(_, span)| span.contains(&at)).map(|(path, _)| path)
}

/// Where the field stands; where it was left out, the nearest one above it.
fn place_of(text: &str, path: &str) -> Option<usize> {
    let fields = fields(text);
    let above = std::iter::successors(Some(path), |path| path.rfind(['.', '[']).map(|end| &path[..end]));
    above
        .into_iter()
        .find_map(|path| fields.iter().find(|(known, _)| known == path))
        .map(|(_, span)| span.start)
}

type Span = std::ops::Range<usize>;

/// Every field with its span, the ones within others first.
fn fields(text: &str) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    if let Ok(table) = DeTable::parse(text) {
        of_table(table.get_ref(), "", &mut found);
    }
    found
}

fn of_table(table: &DeTable<'_>, above: &str, found: &mut Vec<(String, Span)>) {
    for (key, value) in table {
        let dot = if above.is_empty() { "" } else { "." };
        let path = format!("{above}{dot}{}", key.get_ref());
        of_value(value.get_ref(), &path, found);
        found.push((path.clone(), key.span()));
        found.push((path, value.span()));
    }
}

fn of_value(value: &DeValue<'_>, path: &str, found: &mut Vec<(String, Span)>) {
    match value {
        DeValue::Table(table) => of_table(table, path, found),
        DeValue::Array(array) => {
            for (n, value) in array.iter().enumerate() {
                let path = format!("{path}[{n}]");
                of_value(value.get_ref(), &path, found);
                found.push((path, value.span()));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../policy.sample.toml");

    /// The sample with its examples in force.
    fn whole() -> String {
        let uncommented = SAMPLE.lines().map(|line| match line.strip_prefix('#') {
            Some(example) if !example.is_empty() && !example.starts_with(' ') => example,
            _ => line,
        });
        uncommented.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_sample_shows_the_defaults() {
        assert_eq!(parse(SAMPLE).unwrap(), Policy::default());
        assert_eq!(parse("").unwrap(), Policy::default());
    }

    #[test]
    fn the_sample_explains_every_setting() {
        let mut documented = false;
        for line in whole().lines() {
            let setting = line.contains('=') && !line.starts_with('#');
            assert!(!setting || documented, "a comment must stand above: {line}");
            documented = line.starts_with('#') || line.starts_with("[[") || documented && !line.is_empty();
        }
        let settings =
            |policy: &str| fields(policy).into_iter().map(|(path, _)| path).collect::<BTreeSet<_>>();
        let shown = settings(&whole());
        let known = settings(&toml::to_string(&parse(SAMPLE).unwrap()).unwrap());
        assert!(known.is_subset(&shown), "{:?}", known.difference(&shown));
    }

    #[test]
    fn the_examples_are_good() {
        let policy = parse(&whole()).unwrap();
        let lead = &policy.ownership.lead_cases[0];
        assert_eq!(lead.from_us, 1_767_222_000_000_000, "midnight in Berlin");
        assert_eq!(lead.until_us, 1_798_761_600_000_000, "midnight in Greenwich");
        assert_eq!(policy.ownership.providers[0].land, "DE-NW");
        let named: Vec<_> = agencies(&policy).into_iter().map(AgencyId::as_str).collect();
        assert_eq!(named, ["de-bka", "de-by-lka", "de-he-lka"]);
        let quoted = whole().replace("from = 2026-01-01", "from = \"2026-01-01\"");
        assert_eq!(parse(&quoted).unwrap(), policy, "a date may stand in quotes");
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_field() {
        for (from, to, field) in [
            ("hold_days = 90", "hold_days = 549", "terms.hold_days"),
            ("accept_hours = 72", "accept_hours = 0", "terms.accept_hours"),
            ("intent_minutes = 60", "intent_minutes = 1441", "terms.intent_minutes"),
            ("window_working_days = 3", "window_working_days = 61", "terms.window_working_days"),
            ("silence_hours = 48", "silence_hours = \"two days\"", "terms.silence_hours"),
            ("offer_hours", "offer_days", "terms.offer_days"),
            ("four_eyes = []", "four_eyes = [\"relased\"]", "four_eyes[0]"),
            ("legal_bases = [\"dsa-16\"", "legal_bases = [\" \"", "legal_bases[0]"),
            ("\"first-seised\"]", "\"proposed\"]", "ownership.rules[5]"),
            ("fallback = \"de-bka\"", "fallback = \"BKA\"", "ownership.fallback"),
            ("agency = \"de-he-lka\"", "agency = \"LKA HE\"", "ownership.lead_cases[0].agency"),
            ("from = 2026-01-01", "from = 2026-01-01T00:00:00", "ownership.lead_cases[0].from"),
            ("from = 2026-01-01", "from = 2028-01-01", "ownership.lead_cases[0].until"),
            ("matter = { platform = \"forum-7\" }", "matter = {}", "ownership.lead_cases[0].matter"),
            ("provider = \"filehost\" }", "provider = \"f\" }", "ownership.agreements[0].matter.provider"),
            ("land = \"DE-NW\"", "land = \"NW\"", "ownership.providers[0].land"),
            ("name = \"filehost\"", "name = \"\"", "ownership.providers[0].name"),
            ("reference = \"VV 3/26\"", "reference = \"\"", "ownership.agreements[0].reference"),
        ] {
            let whole = whole();
            assert!(whole.contains(from), "{from}");
            let expected = whole.lines().position(|line| line.contains(from)).unwrap() + 1;
            // What belongs together is looked at together: the end of a lead case stands in the line after its beginning.
            let expected = expected + usize::from(field.ends_with(".until"));
            let refusal = parse(&whole.replacen(from, to, 1)).unwrap_err();
            assert_eq!(refusal.field, field, "{refusal:?}");
            assert!(refusal.reason.starts_with(&format!("line {expected}: ")), "{expected}: {refusal:?}");
        }
        let refusal = parse("[terms]\nhold_days = = 3\n").unwrap_err();
        assert!(refusal.reason.starts_with("line 2: "), "{refusal:?}");
        let long = format!("#{}", "x".repeat(POLICY_BYTES));
        assert_eq!(parse(&long).unwrap_err().code(), RefusalCode::TooLarge);
    }
}
