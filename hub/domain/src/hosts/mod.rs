//! Host rules: which parts of a host's links are an object's id, and who provides the host.
//!
//! The loosest of the keys that find duplicates by themselves, so a rule says what it knows and no more: a link with
//! anything that no rule speaks of stays apart from all others.

mod near;
mod pattern;

use std::collections::HashSet;

use meldeverbund_proto::CanonicalLink;
use serde::Deserialize;

use crate::moment;

pub use near::near;
pub use pattern::{Pattern, PatternError};

/// The host rules in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostRules {
    /// The version that people gave it.
    #[serde(default)]
    pub version: u32,
    /// Who provides hosts.
    #[serde(default, rename = "provider")]
    pub providers: Vec<Provider>,
    /// The rules; of two for one host the first that fits counts.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// Hosts and domains of which a rule speaks, once the rules are indexed.
    #[serde(skip)]
    names: HashSet<String>,
}

/// A provider, in a time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its hosts; `*.example` stands for a domain and all below it.
    pub hosts: Vec<String>,
    /// Where its seat is, in words.
    #[serde(default)]
    pub seat: String,
    /// The Land of its seat (`DE-NW`); empty: abroad or not known.
    #[serde(default)]
    pub land: String,
    /// The country of its seat, two letters (ISO 3166-1).
    #[serde(default)]
    pub country: String,
    /// Where notices go.
    #[serde(default)]
    pub contact: String,
    /// The first instant, microseconds since 1970 UTC; people write `from`, a day or an instant.
    #[serde(default = "always", rename = "from", deserialize_with = "moment::read")]
    pub from_us: i64,
    /// The first instant after it, microseconds since 1970 UTC; people write `until`.
    #[serde(default = "for_ever", rename = "until", deserialize_with = "moment::read")]
    pub until_us: i64,
}

/// What is one object at some hosts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, which is part of every key: a rule that keeps its name keeps its keys.
    pub name: String,
    /// The hosts, which serve the same objects; `*.example` stands for a domain and all below it.
    pub hosts: Vec<String>,
    /// Paths that name an object, such as `/f/{id}` or `/f/{id}/*`. None: the path as it is.
    #[serde(default)]
    pub paths: Vec<Pattern>,
    /// Query parameters that name an object; all of them must be there.
    #[serde(default)]
    pub query: Vec<String>,
    /// Query parameters that do not matter; `utm_*` stands for all that begin so. With any other the rule does not fit.
    #[serde(default)]
    pub tracking: Vec<String>,
    /// The first instant, microseconds since 1970 UTC.
    #[serde(default = "always", rename = "from", deserialize_with = "moment::read")]
    pub from_us: i64,
    /// The first instant after it, microseconds since 1970 UTC.
    #[serde(default = "for_ever", rename = "until", deserialize_with = "moment::read")]
    pub until_us: i64,
    /// Links and the keys that they have to have.
    #[serde(default, rename = "test")]
    pub tests: Vec<Test>,
}

/// A link and its key, so that nobody changes a rule without seeing what it does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The link.
    pub link: String,
    /// Its object's key, `id=abc`; left out: the rule does not fit.
    pub key: Option<String>,
}

impl HostRules {
    /// The key of the link's object at this instant, in words: the rule's name and what it found; none: no rule fits.
    pub fn key(&self, link: &CanonicalLink, at_us: i64) -> Option<String> {
        let parts = Parts::of(link)?;
        let in_force = |rule: &&Rule| (rule.from_us..rule.until_us).contains(&at_us);
        let mut fitting = self.rules.iter().filter(in_force);
        fitting.find_map(|rule| rule.found(&parts).map(|found| format!("{} {found}", rule.name)))
    }

    /// Who provides the host at this instant.
    pub fn provider(&self, host: &str, at_us: i64) -> Option<&Provider> {
        let at = |provider: &&Provider| {
            (provider.from_us..provider.until_us).contains(&at_us) && is_at(&provider.hosts, host)
        };
        self.providers.iter().find(at)
    }

    /// The rules, ready for many links.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        let hosts = self.rules.iter().flat_map(|rule| &rule.hosts);
        self.names = hosts.map(|host| host.strip_prefix("*.").unwrap_or(host).to_owned()).collect();
        self
    }

    /// False if no rule looks at links of this host: most are done with here. Of rules that are not indexed, always.
    pub fn may_know(&self, host: &str) -> bool {
        let with_all_above = std::iter::successors(Some(host), |host| Some(host.split_once('.')?.1));
        !self.names.is_empty() && with_all_above.into_iter().any(|name| self.names.contains(name))
    }
}

/// What a rule looks at in a link.
struct Parts<'a> {
    host: &'a str,
    path: &'a str,
    query: Vec<(&'a str, &'a str)>,
}

impl<'a> Parts<'a> {
    /// None for links that no rule speaks of: another scheme, a port, a fragment that names an object.
    fn of(link: &'a CanonicalLink) -> Option<Self> {
        let rest = link.as_str().strip_prefix("https://")?;
        let host = link.host();
        let rest = rest.strip_prefix(host).filter(|rest| rest.starts_with('/') && !rest.contains('#'))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pair = |pair: &'a str| pair.split_once('=').unwrap_or((pair, ""));
        let query = if query.is_empty() { Vec::new() } else { query.split('&').map(pair).collect() };
        Some(Self { host, path, query })
    }
}

impl Rule {
    /// The key that the rule finds in the link; none: it does not fit.
    pub fn key_of(&self, link: &CanonicalLink) -> Option<String> {
        self.found(&Parts::of(link)?)
    }

    fn found(&self, link: &Parts<'_>) -> Option<String> {
        if !is_at(&self.hosts, link.host) {
            return None;
        }
        let mut found = if self.paths.is_empty() {
            vec![("path", link.path)]
        } else {
            self.paths.iter().find_map(|path| path.captures(link.path))?
        };
        for name in &self.query {
            let mut values = link.query.iter().filter(|(known, _)| known == name);
            // A parameter that stands there twice is read in two ways.
            let (Some((_, value)), None) = (values.next(), values.next()) else { return None };
            found.push((name, *value));
        }
        let known = |name: &str| {
            self.query.iter().any(|known| known == name)
                || self.tracking.iter().any(|known| match known.strip_suffix('*') {
                    Some(beginning) => name.starts_with(beginning),
                    None => known == name,
                })
        };
        if !link.query.iter().all(|(name, _)| known(name)) || found.iter().any(|(_, value)| value.is_empty())
        {
            return None;
        }
        Some(found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    }
}

/// Whether a host is one of these; `*.example` is `example` and all below it.
fn is_at(hosts: &[String], host: &str) -> bool {
    hosts.iter().any(|known| match known.strip_prefix("*.") {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        None => known == host,
    })
}

fn always() -> i64 {
    i64::MIN
}

fn for_ever() -> i64 {
    i64::MAX
}

#[cfg(test)]
mod tests;
