//! Spellings that are near each other: never one by themselves, but worth a look.

use meldeverbund_proto::CanonicalLink;

/// The loosest spelling of a link: without `www.`, without the case of its path, doubled slashes and a slash at its end, with
/// its query in order. Two links with one such spelling may be one; only a person says so.
pub fn near(link: &CanonicalLink) -> String {
    let text = link.as_str().split_once('#').map_or(link.as_str(), |(before, _)| before);
    let (_, rest) = text.split_once("://").unwrap_or(("", text));
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<_> =
        path.split('/').filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
    let mut query: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    query.dedup();
    format!("{}?{}", parts.join("/"), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling(link: &str) -> String {
        near(&CanonicalLink::parse(link).unwrap())
    }

    #[test]
    fn what_the_canonical_link_keeps_apart_is_near() {
        let one = spelling("https://files.example/a/B?x=1&y=2");
        for other in [
            "https://www.files.example/a/B?x=1&y=2",
            "http://files.example/A/b?x=1&y=2",
            "https://files.example/a/B/?x=1&y=2",
            "https://files.example//a/B?y=2&x=1",
            "https://files.example/a/B?x=1&y=2#/3",
        ] {
            assert_eq!(spelling(other), one, "{other}");
        }
        for other in [
            "https://files.example/a/C?x=1&y=2",
            "https://files.example/a/B?x=1",
            "https://files.example/a/B?x=2&y=1",
            "https://cdn.files.example/a/B?x=1&y=2",
            "https://files.example:8443/a/B?x=1&y=2",
        ] {
            assert_ne!(spelling(other), one, "{other}");
        }
        assert_eq!(spelling("https://files.example/?"), spelling("https://www.files.example"));
    }
}
