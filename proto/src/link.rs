//! Canonical links v1: the one spelling of a link, and its id.
//!
//! Two links are the same if and only if their spellings are. `docs/links.md` states every class of decision with its
//! reason and its test; the golden vectors pin them. The way of a link:
//!
//! 1. `input`: bounds, scheme, and where the authority ends;
//! 2. `authority`: user, host and port, read by the crate `url` (WHATWG) and checked by `host` and `onion`;
//! 3. `path`: path, query and fragment in one pass, with the escapes of RFC 3986 6.2.2 in `percent`.
//!
//! Defanged spellings are mended by importers ([`refang`]) before they get here; [`CanonicalLink::parse`] never does.

mod authority;
#[doc(hidden)]
pub mod check;
pub mod defang;
mod domain;
mod error;
mod host;
mod id;
mod input;
mod onion;
mod path;
mod percent;

use std::fmt;

pub use defang::refang;
pub use error::LinkError;
pub use id::{LinkId, LinkIdError};

use crate::limits::LINK_BYTES;

/// The one spelling of a link: ASCII, at most [`LINK_BYTES`] long, its own canonical form.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalLink(String);

impl CanonicalLink {
    /// The version of these rules; it is stored beside every id, because Unicode tables move.
    pub const VERSION: u16 = 1;

    /// The canonical form of a link as it was found.
    ///
    /// # Errors
    /// Why the text has none; the error never repeats it.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        let parts = input::split(link)?;
        // Room for `http` that becomes `https` and for a slash, so that an ordinary link is allocated once.
        let mut spelling = String::with_capacity(link.len() + 2);
        authority::write(&mut spelling, parts.scheme, parts.authority)?;
        path::write(&mut spelling, parts.rest);
        if spelling.len() > LINK_BYTES { Err(LinkError::CanonicalTooLong) } else { Ok(Self(spelling)) }
    }

    /// The spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling, without copying it.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The link's id.
    pub fn id(&self) -> LinkId {
        LinkId::of(self)
    }

    /// The host as it stands in the canonical spelling: a name, or an address (IPv6 in brackets), without a port.
    pub fn host(&self) -> &str {
        let (_, rest) = self.as_str().split_once("://").expect("a canonical spelling begins with its scheme");
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        }
    }

    /// The registrable domain: public suffix plus one label, of an onion service its address.
    ///
    /// None for IP addresses, for a host of one label and for a host that is itself a public suffix.
    pub fn registrable_domain(&self) -> Option<&str> {
        domain::registrable(&self.0)
    }
}

/// Without the link, so that no log line or panic can carry it.
impl fmt::Debug for CanonicalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CanonicalLink(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_link() {
        let link = CanonicalLink::parse("https://secret.example/a").unwrap();
        assert_eq!(format!("{link:?} {:?}", link.id()), "CanonicalLink(..) LinkId(..)");
    }

    #[test]
    fn the_host_stands_between_scheme_and_port_or_path() {
        for (link, host) in [
            ("https://Files.Example/a:1/b@c?d:2#/e", "files.example"),
            ("http://files.example", "files.example"),
            ("https://files.example:8443?a:1", "files.example"),
            ("https://user:secret@files.example:8443/", "files.example"),
            ("https://192.0.2.7:8080/", "192.0.2.7"),
            ("https://[2001:DB8::1]/a", "[2001:db8::1]"),
            ("https://[2001:db8::1:8080]:8443/a", "[2001:db8::1:8080]"),
            ("ftp://user:1234@files.example/a", "files.example"),
            ("ftp://user:1234@files.example:2121/a", "files.example"),
            ("ftp://user:1234@[2001:db8::]:2121/", "[2001:db8::]"),
            ("https://b\u{fc}cher.example/", "xn--bcher-kva.example"),
        ] {
            assert_eq!(CanonicalLink::parse(link).unwrap().host(), host, "{link}");
        }
    }

    #[test]
    fn an_ordinary_link_is_allocated_once() {
        for link in ["http://h.example", "https://h.example/a?b=c#d", "HTTP://H.example:80/%41"] {
            let spelling = CanonicalLink::parse(link).unwrap().into_string();
            assert!(spelling.capacity() <= link.len() + 2, "{link}");
        }
    }
}
