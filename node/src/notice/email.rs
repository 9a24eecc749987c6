//! E-mail addresses, as far as a report needs them.

use super::limits::EMAIL_CHARS;

/// The domain of an address of the form `local@domain`, if it has that form.
pub(super) fn domain(address: &str) -> Option<&str> {
    let (local, domain) = address.split_once('@')?;
    let local_ok =
        !local.is_empty() && local.bytes().all(|b| b.is_ascii_graphic() && !br#"@<>(),;:"\[]"#.contains(&b));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let domain_ok = domain.contains('.') && domain.split('.').all(label);
    (local_ok && domain_ok && address.len() <= EMAIL_CHARS).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_what_is_none() {
        assert_eq!(domain("loeschung@lka.example"), Some("lka.example"));
        assert_eq!(domain("a.b+c@x-y.lka.example"), Some("x-y.lka.example"));
        for text in
            ["", "lka.example", "@lka.example", "a@", "a@b", "a b@c.example", "a@-b.example", "a@b..example"]
        {
            assert_eq!(domain(text), None, "{text}");
        }
        for text in ["a@b@c.example", "<a@b.example>", "a@b.example\n", "ä@b.example"] {
            assert_eq!(domain(text), None, "{text}");
        }
        assert_eq!(domain(&format!("{}@b.example", "a".repeat(EMAIL_CHARS))), None);
    }
}
