//! Mending of links that were made unclickable, for importers alone: on the wire a link is what it says.

use std::borrow::Cow;

/// What a bracketed word stands for; `[.]`, `(dot)` and `{ punkt }` are all one.
const BRACKETED: [(&str, &str); 7] =
    [(".", "."), ("dot", "."), ("punkt", "."), (":", ":"), ("://", "://"), ("/", "/"), ("//", "//")];

/// Schemes as reports write them.
const SCHEMES: [(&str, &str); 8] = [
    ("hxxps", "https"),
    ("hxxp", "http"),
    ("h**ps", "https"),
    ("h**p", "http"),
    ("htxps", "https"),
    ("htxp", "http"),
    ("fxp", "ftp"),
    ("f*p", "ftp"),
];

/// Pairs that a link is wrapped in, the longer opening first.
const WRAPPINGS: [(&str, &str); 12] = [
    ("<URL:", ">"),
    ("<", ">"),
    ("\"", "\""),
    ("'", "'"),
    ("`", "`"),
    ("„", "“"),
    ("“", "”"),
    ("‚", "‘"),
    ("‘", "’"),
    ("»", "«"),
    ("«", "»"),
    ("›", "‹"),
];

/// A link as it was before somebody made it unclickable: `hxxps[:]//h[.]example/a` is `https://h.example/a`.
///
/// Blanks, quotes and angle brackets around it go as well. Past the host nothing changes unless scheme or host were
/// defanged: an ordinary link comes back as it is, whatever its path says.
pub fn refang(text: &str) -> Cow<'_, str> {
    let link = unwrap(text);
    let (scheme, after) = mend_scheme(link);
    let host_end = host_end(after);
    let host = mend_brackets(&after[..host_end]);
    if scheme.is_none() && matches!(host, Cow::Borrowed(_)) {
        return Cow::Borrowed(link);
    }
    let untouched = &link[..link.len() - after.len()];
    Cow::Owned([scheme.unwrap_or(untouched), &host, &mend_brackets(&after[host_end..])].concat())
}

fn unwrap(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) =
        WRAPPINGS.iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
    {
        text = inner.trim();
    }
    text
}

/// The mended scheme, if it was defanged, and what follows it.
fn mend_scheme(link: &str) -> (Option<&'static str>, &str) {
    let mended = SCHEMES.iter().find_map(|(defanged, scheme)| {
        let start = link.get(..defanged.len()).filter(|start| start.eq_ignore_ascii_case(defanged))?;
        let after = &link[start.len()..];
        after.starts_with([':', '[', '(', '{']).then_some((*scheme, after))
    });
    mended.map_or((None, link), |(scheme, after)| (Some(scheme), after))
}

/// Where scheme and authority end: at the first slash, `?` or `#` that is neither bracketed nor part of `://`.
fn host_end(text: &str) -> usize {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if let Some((_, length)) = bracketed(rest) {
            at += length;
        } else if rest.starts_with("//") && text[..at].trim_end_matches(['/', ']', ')', '}']).ends_with(':') {
            at += "//".len();
        } else if rest.starts_with(['/', '?', '#']) {
            return at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Replaces every bracketed word, with the blanks around it.
fn mend_brackets(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    let mut copied = 0;
    while let Some(at) = rest.find(['[', '(', '{']) {
        let here = text.len() - rest.len() + at;
        if let Some((word, length)) = bracketed(&text[here..]) {
            out.push_str(text[copied..here].trim_end_matches(' '));
            out.push_str(word);
            rest = text[here + length..].trim_start_matches(' ');
            copied = text.len() - rest.len();
        } else {
            rest = &text[here + 1..];
        }
    }
    if copied == 0 { Cow::Borrowed(text) } else { Cow::Owned(out + &text[copied..]) }
}

/// What the bracket that begins a text stands for, and its length.
fn bracketed(text: &str) -> Option<(&'static str, usize)> {
    let close = match text.as_bytes().first()? {
        b'[' => ']',
        b'(' => ')',
        b'{' => '}',
        _ => return None,
    };
    let end = text.find(close)?;
    let inner = text[1..end].trim();
    let (_, word) = BRACKETED.iter().find(|(word, _)| inner.eq_ignore_ascii_case(word))?;
    Some((word, end + close.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defanged_spellings_are_mended() {
        for (text, link) in [
            ("hxxp://h.example/a", "http://h.example/a"),
            ("hXXps://h.example", "https://h.example"),
            ("h**p://h.example", "http://h.example"),
            ("h**ps://h.example", "https://h.example"),
            ("fxp://h.example/a", "ftp://h.example/a"),
            ("https://h[.]example/a", "https://h.example/a"),
            ("https://www(.)h{.}example", "https://www.h.example"),
            ("https://h[dot]example/a", "https://h.example/a"),
            ("https://h (DOT) example/a", "https://h.example/a"),
            ("https://h[punkt]example", "https://h.example"),
            ("hxxps[:]//h[.]example:8080/a", "https://h.example:8080/a"),
            ("https[://]h.example/a", "https://h.example/a"),
            ("hxxps[:][//]h[.]example[/]a", "https://h.example/a"),
            ("hxxps://h[.]example/a[.]html?b[.]c", "https://h.example/a.html?b.c"),
            ("http://192[.]0[.]2[.]1/", "http://192.0.2.1/"),
            ("hxxp://[2001:db8::1]/", "http://[2001:db8::1]/"),
            ("h[.]example/a", "h.example/a"),
        ] {
            assert_eq!(refang(text), link, "{text}");
            assert_eq!(refang(link), link, "{link}");
        }
    }

    #[test]
    fn wrappings_go() {
        let link = "https://h.example/a";
        for text in [
            " https://h.example/a\t",
            "<https://h.example/a>",
            "<URL:https://h.example/a>",
            "\"https://h.example/a\"",
            "'https://h.example/a'",
            "„https://h.example/a“",
            "»https://h.example/a«",
            "\" <hxxps://h[.]example/a> \"",
        ] {
            assert_eq!(refang(text), link, "{text}");
        }
        assert_eq!(refang("\"https://h.example/a"), "\"https://h.example/a");
        assert_eq!(refang("\""), "\"");
    }

    #[test]
    fn ordinary_links_come_back_unchanged() {
        for link in [
            "https://h.example/a[.]b(.)c{.}d?e=[dot]#f[:]",
            "https://h.example?next=hxxp://i[.]example",
            "https://[2001:db8::1]:8080/[.]",
            "https://h.example/hxxp://",
            "hxxp",
            "",
        ] {
            assert!(matches!(refang(link), Cow::Borrowed(same) if same == link), "{link}");
        }
    }
}
