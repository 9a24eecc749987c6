//! A link's bounds, its scheme and its parts, before anything is rewritten.

use super::LinkError;
use crate::limits::LINK_BYTES;

/// The three schemes that a referral may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
    Ftp,
}

impl Scheme {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ftp => "ftp",
        }
    }
}

/// A link in three parts: `scheme://authority rest`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) scheme: Scheme,
    /// User, host and port.
    pub(super) authority: &'a str,
    /// Empty, or path, query and fragment from the first of `/`, `\`, `?` and `#` on.
    pub(super) rest: &'a str,
}

/// Splits a link as WHATWG does, for which a backslash is a slash and any number of them begins the authority.
///
/// WHATWG also removes tabs and line breaks. That joins what stood apart (`…/view?id=12<tab>3` from a table becomes
/// another object's link), so they are refused here, as is a host that only WHATWG reads like that.
pub(super) fn split(link: &str) -> Result<Parts<'_>, LinkError> {
    let text = link.trim_matches(|c| c <= ' ');
    let scheme = split_scheme(text);
    if scheme == Err(LinkError::Content) {
        return Err(LinkError::Content);
    }
    if link.len() > LINK_BYTES {
        return Err(LinkError::TooLong);
    }
    if text.is_empty() {
        return Err(LinkError::Empty);
    }
    if text.bytes().any(|b| b.is_ascii_control()) {
        return Err(LinkError::ControlCharacter);
    }
    let (scheme, after) = scheme?;
    let after = after.trim_start_matches(['/', '\\']);
    let (authority, rest) = after.split_at(after.find(['/', '\\', '?', '#']).unwrap_or(after.len()));
    if rest.starts_with('\\') && has_at_before_path(rest) {
        return Err(LinkError::AmbiguousHost);
    }
    Ok(Parts { scheme, authority, rest })
}

/// The scheme and what follows its colon.
fn split_scheme(text: &str) -> Result<(Scheme, &str), LinkError> {
    let (name, after) = text.split_once(':').ok_or(LinkError::NoScheme)?;
    let shaped = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if !shaped {
        return Err(LinkError::NoScheme);
    }
    for scheme in [Scheme::Https, Scheme::Http, Scheme::Ftp] {
        if name.eq_ignore_ascii_case(scheme.name()) {
            return Ok((scheme, after));
        }
    }
    Err(if name.eq_ignore_ascii_case("data") { LinkError::Content } else { LinkError::Scheme })
}

/// Whether RFC 3986, for which a backslash ends no authority, would find a user name and so another host.
fn has_at_before_path(rest: &str) -> bool {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest[..end].contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_split_where_whatwg_splits_them() {
        for (link, authority, rest) in [
            ("https://h.example", "h.example", ""),
            ("https://h.example/a?b#c", "h.example", "/a?b#c"),
            ("https://h.example?b/c", "h.example", "?b/c"),
            ("https://h.example#c/d", "h.example", "#c/d"),
            ("https:h.example/a", "h.example", "/a"),
            ("https:/\\/h.example\\a", "h.example", "\\a"),
            (" \u{0}https://u:p@h.example:1/\u{1f} ", "u:p@h.example:1", "/"),
        ] {
            assert_eq!(split(link), Ok(Parts { scheme: Scheme::Https, authority, rest }), "{link}");
        }
    }

    #[test]
    fn the_first_fault_is_the_one_that_helps() {
        let long = "a".repeat(LINK_BYTES);
        assert_eq!(split(&format!("data:image/png;base64,{long}")), Err(LinkError::Content));
        assert_eq!(split("data:image/png;base64,AA\nBB"), Err(LinkError::Content));
        assert_eq!(split(&format!("{long}b")), Err(LinkError::TooLong));
        assert_eq!(split("ht\ttps://h.example/"), Err(LinkError::ControlCharacter));
    }
}
