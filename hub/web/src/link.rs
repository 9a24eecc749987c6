//! A link that cannot be clicked.

use std::fmt::{self, Write as _};

/// A link as people may see it: `hxxps://host[.]example/…`. No browser, mail program or messenger makes it an address
/// again, and nobody follows it by mistake. In a page it stands as text, which askama escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defanged<'l>(pub &'l str);

impl fmt::Display for Defanged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", self.0));
        if !scheme.is_empty() {
            f.write_str(defanged_scheme(scheme))?;
            f.write_str("[://]")?;
        }
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        for c in host.chars() {
            match c {
                '.' => f.write_str("[.]")?,
                ':' => f.write_str("[:]")?,
                '@' => f.write_str("[@]")?,
                c => shown(c, f)?,
            }
        }
        path.chars().try_for_each(|c| shown(c, f))
    }
}

/// A scheme that nothing opens.
fn defanged_scheme(scheme: &str) -> &str {
    match scheme {
        "http" => "hxxp",
        "https" => "hxxps",
        "ftp" => "fxp",
        _ => "xxx",
    }
}

/// Characters that are not seen, or turn others around, are shown by their numbers.
fn shown(c: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let hidden = c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if hidden { write!(f, "\\u{{{:x}}}", u32::from(c)) } else { f.write_char(c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_shown_and_nothing_opens_them() {
        for (link, shown) in [
            ("https://host.example/a.b?c=d#e", "hxxps[://]host[.]example/a.b?c=d#e"),
            ("http://host.example:8080/", "hxxp[://]host[.]example[:]8080/"),
            ("ftp://user@files.example/x", "fxp[://]user[@]files[.]example/x"),
            ("http://[::1]/", "hxxp[://][[:][:]1]/"),
            ("host.example", "host[.]example"),
            ("javascript://alert(1)", "xxx[://]alert(1)"),
            ("https://a.example/\u{202e}gpj", "hxxps[://]a[.]example/\\u{202e}gpj"),
        ] {
            let text = Defanged(link).to_string();
            assert_eq!(text, shown);
            assert!(url::Url::parse(&text).is_err(), "{text}");
        }
    }
}
