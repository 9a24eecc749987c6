//! The rules a second time, straight over `url`'s whole parse, and what must hold for every text: the body of the
//! property test and of the fuzz target. Nothing else calls it.

use std::fmt::Write as _;

use url::{Host, Position, Url};

use super::{CanonicalLink, LinkId};
use crate::limits::LINK_BYTES;

/// Panics if one of the promises of `docs/links.md` does not hold for a text.
pub fn check_properties(text: &str) {
    let Ok(link) = CanonicalLink::parse(text) else { return };
    let spelling = link.as_str();
    assert!(spelling.is_ascii() && spelling.len() <= LINK_BYTES, "bounds");
    assert_eq!(
        CanonicalLink::parse(spelling).as_ref().map(CanonicalLink::as_str),
        Ok(spelling),
        "idempotent"
    );
    assert_eq!(link.id().to_string().parse::<LinkId>(), Ok(link.id()), "an id is its text");

    let url = Url::parse(text).expect("WHATWG reads what has a canonical form");
    assert_eq!(link.registrable_domain(), registrable_domain(&url).as_deref(), "registrable domain");
    if !has_drive_letter(text) {
        assert_eq!(spelling, reference(&url), "the rules over url's whole parse");
    }
    check_scheme_fold(spelling);
}

/// The canonical spelling by the letter of the rules, slow and simple.
fn reference(url: &Url) -> String {
    let cross_port = url.scheme() == "http" && url.port() == Some(443);
    let scheme = if url.scheme() == "ftp" || cross_port { url.scheme() } else { "https" };
    let mut spelling = format!("{scheme}://");
    if scheme == "ftp" {
        spelling += &normalise(&url[Position::BeforeUsername..Position::BeforeHost]);
    }
    spelling += url.host_str().expect("special schemes have a host").trim_end_matches('.');
    if let Some(port) = url.port() {
        let _ = write!(spelling, ":{port}");
    }
    spelling += &normalise(url.path());
    if let Some(query) = url.query() {
        spelling = spelling + "?" + &normalise(query);
    }
    let plain = |fragment: &&str| {
        let shown = fragment.replace("%21", "!").replace("%2F", "/").replace("%2f", "/");
        shown.starts_with('/') || shown.contains('!')
    };
    if let Some(fragment) = url.fragment().filter(plain) {
        spelling = spelling + "#" + &normalise(fragment);
    }
    spelling
}

/// RFC 3986 6.2.2 by cutting the text at each `%`.
fn normalise(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(digits) = digits else {
            out = out + "%" + piece;
            continue;
        };
        let byte = u8::from_str_radix(digits, 16).expect("two hexadecimal digits");
        let plain = char::from(byte);
        let unreserved = plain.is_ascii_alphanumeric() || "-._~".contains(plain);
        let stray = out.rfind('%').map(|at| &out[at + 1..]);
        let joins = plain.is_ascii_hexdigit()
            && stray.is_some_and(|tail| tail.len() < 2 && tail.bytes().all(|b| b.is_ascii_hexdigit()));
        if unreserved && !joins {
            out.push(plain);
        } else {
            out = out + "%" + &digits.to_uppercase();
        }
        out += &piece[2..];
    }
    out
}

fn registrable_domain(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => psl::domain_str(name.trim_end_matches('.')).map(str::to_owned),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// Whether a segment may be a Windows drive: there `url` reads `..` otherwise than WHATWG.
fn has_drive_letter(text: &str) -> bool {
    text.split(['/', '\\'])
        .any(|segment| segment.get(1..2).is_some_and(|second| second == ":" || second == "|"))
}

/// http and https are one under every port that is neither's own.
fn check_scheme_fold(spelling: &str) {
    let Some(rest) = spelling.strip_prefix("https://") else { return };
    let authority = rest.split('/').next().unwrap_or_default();
    if !authority.ends_with(":80") {
        let other = CanonicalLink::parse(&format!("http://{rest}"));
        // The shorter scheme never makes it too long.
        assert_eq!(
            other.expect("readable under the other scheme").as_str(),
            spelling,
            "http and https are one"
        );
    }
}
