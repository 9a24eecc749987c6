//! The registrable domain, for grouping and for the provider's registry; it is no part of the key.

use std::net::Ipv4Addr;

use super::onion;

/// The registrable domain of a canonical spelling.
///
/// The kind of host comes first: the public suffix list would answer `2.1` for 192.0.2.1.
pub(super) fn registrable(spelling: &str) -> Option<&str> {
    let host = host_of(spelling)?;
    if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
        None
    } else if onion::is_onion(host) {
        // Whatever the list says about .onion: the service is the address, not the label before it.
        let before_tld = host.rfind('.')?;
        Some(&host[host[..before_tld].rfind('.').map_or(0, |dot| dot + 1)..])
    } else {
        psl::domain_str(host)
    }
}

fn host_of(spelling: &str) -> Option<&str> {
    let (_, rest) = spelling.split_once("://")?;
    let (authority, _) = rest.split_once('/')?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rfind(':').filter(|colon| !host[*colon..].contains(']'));
    Some(port.map_or(host, |colon| &host[..colon]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_spelling() {
        for (spelling, host) in [
            ("https://h.example/", "h.example"),
            ("https://h.example:8080/a@b:c", "h.example"),
            ("ftp://u:p@h.example:2121/", "h.example"),
            ("http://h.example:443/", "h.example"),
            ("https://[2001:db8::1]/", "[2001:db8::1]"),
            ("https://[2001:db8::1]:8080/", "[2001:db8::1]"),
        ] {
            assert_eq!(host_of(spelling), Some(host), "{spelling}");
        }
    }
}
