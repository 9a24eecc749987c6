//! The many spellings of one link.

use std::fmt::Write as _;

use super::{rng::Rng, target::Parts};

/// Changes that lead to the same link. Each keeps to what the canonical form folds (docs/links.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    OtherScheme,
    SchemeCase,
    HostCase,
    HostDot,
    OwnPort,
    Umlauts,
    DotSegment,
    ParentSegment,
    Escape,
    HexCase,
    Fragment,
    User,
}

const CHANGES: [Change; 12] = [
    Change::OtherScheme,
    Change::SchemeCase,
    Change::HostCase,
    Change::HostDot,
    Change::OwnPort,
    Change::Umlauts,
    Change::DotSegment,
    Change::ParentSegment,
    Change::Escape,
    Change::HexCase,
    Change::Fragment,
    Change::User,
];

/// A link in text parts that are no longer canonical.
struct Spelling {
    scheme: String,
    user: String,
    host: String,
    port: String,
    path: String,
    query: String,
    fragment: String,
}

/// The link as it was found: mostly plain.
pub(super) fn found(parts: &Parts, rng: &mut Rng) -> String {
    let mut spelling = Spelling::of(parts);
    if rng.per_mille(60) {
        let change = *rng.pick(&CHANGES);
        spelling.change(change, parts, rng);
    }
    spelling.text()
}

/// Another spelling than the one that was found.
pub(super) fn another(parts: &Parts, found: &str, rng: &mut Rng) -> String {
    // Some changes do not fit every link; a few tries nearly always find one that does.
    for _ in 0..8 {
        let mut spelling = Spelling::of(parts);
        for _ in 0..=rng.below(3) {
            let change = *rng.pick(&CHANGES);
            spelling.change(change, parts, rng);
        }
        let text = spelling.text();
        if text != found {
            return text;
        }
    }
    // Upper and lower case of the scheme always fit, and one of them is not how it was found.
    let plain = Spelling::of(parts).text();
    let upper = plain.replacen(parts.scheme, &parts.scheme.to_uppercase(), 1);
    if plain == found { upper } else { plain }
}

/// The link as people write it so that nobody clicks it.
pub(super) fn defanged(link: &str) -> String {
    let link = link.replacen("http", "hxxp", 1);
    let end = link.find("://").map_or(0, |at| at + 3);
    let host_end = link[end..].find(['/', '?', '#']).map_or(link.len(), |at| end + at);
    match link[end..host_end].rfind('.') {
        Some(dot) => format!("{}[.]{}", &link[..end + dot], &link[end + dot + 1..]),
        None => link,
    }
}

impl Spelling {
    fn of(parts: &Parts) -> Self {
        Self {
            scheme: parts.scheme.to_owned(),
            user: parts.user.map(|user| format!("{user}@")).unwrap_or_default(),
            host: parts.host.name.clone(),
            port: parts.port.map(|port| format!(":{port}")).unwrap_or_default(),
            path: parts.path.clone(),
            query: parts.query.clone(),
            fragment: parts.fragment.clone(),
        }
    }

    fn text(&self) -> String {
        let Self { scheme, user, host, port, path, query, fragment } = self;
        format!("{scheme}://{user}{host}{port}{path}{query}{fragment}")
    }

    /// Makes a change, if it fits the link.
    fn change(&mut self, change: Change, parts: &Parts, rng: &mut Rng) {
        let is_ftp = parts.scheme == "ftp";
        match change {
            Change::OtherScheme if !is_ftp && self.port.is_empty() => {
                self.scheme = if parts.scheme == "http" { "https" } else { "http" }.to_owned();
            }
            Change::SchemeCase => self.scheme = self.scheme.to_uppercase(),
            Change::HostCase => self.host = some_upper(&self.host, rng),
            Change::HostDot if !parts.host.is_onion && !self.host.ends_with('.') => self.host.push('.'),
            Change::OwnPort if self.port.is_empty() => {
                let port = match self.scheme.to_ascii_lowercase().as_str() {
                    "http" => 80,
                    "ftp" => 21,
                    _ => 443,
                };
                self.port = format!(":{port}");
            }
            Change::Umlauts => {
                if let Some(umlauts) = &parts.host.umlauts {
                    self.host.clone_from(umlauts);
                }
            }
            Change::DotSegment => self.path.insert_str(0, "/."),
            Change::ParentSegment => self.path.insert_str(0, "/x/.."),
            Change::Escape => self.path = one_escaped(&self.path, rng),
            Change::HexCase => self.path = lower_hex(&self.path),
            Change::Fragment if self.fragment.is_empty() && !is_ftp => {
                let fragment: &&str = rng.pick(&["#oben", "#seite=2", "#"]);
                self.fragment.push_str(fragment);
            }
            Change::User if !is_ftp && self.user.is_empty() => self.user.push_str("gast:gast@"),
            _ => {}
        }
    }
}

/// Some letters of a host in upper case.
fn some_upper(host: &str, rng: &mut Rng) -> String {
    let bits = rng.next() | 1;
    let upper = |(i, letter): (usize, char)| {
        if bits >> (i % 64) & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
    };
    host.chars().enumerate().map(upper).collect()
}

/// One letter or digit of a path as an escape.
fn one_escaped(path: &str, rng: &mut Rng) -> String {
    let at = rng.below(path.len() as u64) as usize;
    let bytes = path.as_bytes();
    // Letters behind a percent sign belong to an escape.
    let in_escape = bytes[at.saturating_sub(2)..at].contains(&b'%');
    if !bytes[at].is_ascii_alphanumeric() || in_escape {
        return path.to_owned();
    }
    let mut escaped = path[..at].to_owned();
    // Writing to a String cannot fail.
    let _ = write!(escaped, "%{:02X}", bytes[at]);
    escaped.push_str(&path[at + 1..]);
    escaped
}

/// The digits of escapes in lower case.
fn lower_hex(path: &str) -> String {
    let mut left = 0;
    let lower = |letter: char| {
        if letter == '%' {
            left = 2;
            letter
        } else if left > 0 {
            left -= 1;
            letter.to_ascii_lowercase()
        } else {
            letter
        }
    };
    path.chars().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::{CanonicalLink, link::refang};

    use super::*;
    use crate::sample::{hosts::Hosts, rng::Stream, target};

    #[test]
    fn every_change_leads_to_the_same_link() {
        let hosts = Hosts::new(7);
        let mut fits = [0; CHANGES.len()];
        for number in 0..2_000 {
            let parts = target::found(7, &hosts, number);
            let plain = Spelling::of(&parts).text();
            let wanted = CanonicalLink::parse(&plain).unwrap();
            for (i, change) in CHANGES.into_iter().enumerate() {
                let mut spelling = Spelling::of(&parts);
                spelling.change(change, &parts, &mut Rng::of(7, Stream::Respelled, number));
                let text = spelling.text();
                fits[i] += u32::from(text != plain);
                assert_eq!(CanonicalLink::parse(&text).unwrap(), wanted, "{change:?}: {text}");
            }
            assert_eq!(refang(&defanged(&plain)), plain);
        }
        assert!(fits.iter().all(|n| *n > 20), "every change is made: {fits:?}");
    }

    #[test]
    fn another_spelling_is_another() {
        let hosts = Hosts::new(7);
        for number in 0..5_000 {
            let parts = target::found(7, &hosts, number);
            let mut rng = Rng::of(7, Stream::Found, number);
            let found = found(&parts, &mut rng);
            assert_ne!(another(&parts, &found, &mut rng), found);
        }
    }
}
