//! What a host name must be, beyond what WHATWG asks: something that DNS or Tor can know.

use super::{LinkError, onion};

/// Longest name and longest label of DNS (RFC 1035 2.3.4), the name without its final dot.
const NAME_BYTES: usize = 253;
const LABEL_BYTES: usize = 63;

/// Whether WHATWG leaves an authority as it is: lower-case labels and nothing to decode, map or read as a number.
///
/// This is most of all links, and saves them the crate `url`. Hosts that are not names at all pass here too; [`check`]
/// refuses them.
pub(super) fn is_plain(authority: &str) -> bool {
    let plain = authority.bytes().all(|b| is_name_byte(b) || b == b'.');
    let last = authority.strip_suffix('.').unwrap_or(authority).rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|c: char| c.is_ascii_digit());
    plain && !authority.is_empty() && !is_number && !authority.contains("xn--")
}

/// The name without its final dot, if it can be one.
///
/// Underscores are in real use and hyphens at either end resolve; any other character is a slip or an attack.
pub(super) fn check(name: &str) -> Result<&str, LinkError> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > NAME_BYTES {
        return Err(LinkError::HostLength);
    }
    for label in name.split('.') {
        if label.is_empty() || !label.bytes().all(is_name_byte) {
            return Err(LinkError::Host);
        }
        if label.len() > LABEL_BYTES {
            return Err(LinkError::HostLength);
        }
    }
    if onion::is_onion(name) {
        onion::check(name)?;
    }
    Ok(name)
}

const fn is_name_byte(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_what_url_would_not_change() {
        for plain in ["h.example", "a_b.example", "a--b.example", "h.example.", "1.example", "localhost"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in
            ["", "H.example", "192.0.2.1", "0x1", "1.", "u@h", "h:1", "xn--a.example", "%68", "[::1]"]
        {
            assert!(!is_plain(other), "{other}");
        }
    }

    #[test]
    fn names_are_as_long_as_dns_carries() {
        let label = "a".repeat(LABEL_BYTES);
        let longest = format!("{label}.{label}.{label}.{}", &label[..61]);
        assert_eq!(longest.len(), NAME_BYTES);
        assert_eq!(check(&format!("{longest}.")), Ok(&*longest));
        assert_eq!(check(&format!("{longest}a")), Err(LinkError::HostLength));
        assert_eq!(check(&format!("{label}a.example")), Err(LinkError::HostLength));
    }
}
