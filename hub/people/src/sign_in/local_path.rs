//! A page of this service.

use std::fmt;

/// Longer ones are nobody's bookmark.
const BYTES: usize = 512;

/// A page of this service, path and query; never an address elsewhere, so that nobody can be sent away by a link to the
/// sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// The first page.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Takes a path. None if browsers could take it for an address elsewhere: they read `//host` and `/\host` as one, and
    /// drop tabs and line ends before they look.
    pub fn new(path: &str) -> Option<Self> {
        let rest = path.strip_prefix('/')?;
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (plain && !rest.starts_with('/') && path.len() <= BYTES).then(|| Self(path.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use openidconnect::url::Url;

    use super::*;

    #[test]
    fn a_page_of_this_service_stays_here_in_every_browser() {
        let here = Url::parse("https://hub.example/sign-in").unwrap();
        for path in ["/", "/targets", "/targets?of=a&b=%2F%2Fx#y", "/a//b", "/:80", "/@x"] {
            let path = LocalPath::new(path).unwrap();
            assert_eq!(here.join(path.as_str()).unwrap().host_str(), Some("hub.example"), "{path}");
        }
    }

    #[test]
    fn addresses_elsewhere_are_no_pages() {
        for path in [
            "",
            "targets",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " /",
            "/ü",
            "javascript:alert(1)",
            &format!("/{}", "x".repeat(512)),
        ] {
            assert_eq!(LocalPath::new(path), None, "{path:?}");
        }
    }
}
