//! Links for the eye: nothing clickable, nothing invisible.

/// A link that no program makes clickable and in which no character hides: dots of the host in brackets, another scheme,
/// and what cannot be seen, or turns the direction of writing, as its percent escapes.
pub fn defanged(link: &str) -> String {
    let link = visible(link);
    let scheme_end = link.find(':').unwrap_or(0);
    let (scheme, after) = link.split_at(scheme_end);
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "hxxp",
        "https" => "hxxps",
        "ftp" => "fxp",
        _ => scheme,
    };
    let slashes = after.len() - after.trim_start_matches([':', '/', '\\']).len();
    let (before, rest) = after.split_at(slashes);
    let host_end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    // Mail programs make a link of whatever looks like one, in the middle of another link as well.
    [scheme, before, &host.replace('.', "[.]"), &path.replace("://", "[://]")].concat()
}

/// A text in which every character that cannot be seen is escaped.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter != ' ' && is_hidden(letter) {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(letter);
        }
    }
    out
}

/// White space, control characters, and the format characters of Unicode that join, split, hide or turn text.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || letter.is_whitespace()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::link::refang;

    use super::*;

    #[test]
    fn links_are_not_clickable_and_can_be_mended() {
        for (link, shown) in [
            ("https://h.example/a.html?b=c.d", "hxxps://h[.]example/a.html?b=c.d"),
            ("http://a.b.example:8080", "hxxp://a[.]b[.]example:8080"),
            ("ftp://u@h.example/x", "fxp://u@h[.]example/x"),
            ("HTTPS://h.example?a", "hxxps://h[.]example?a"),
            ("https://h.example/?to=http://i.example/", "hxxps://h[.]example/?to=http[://]i.example/"),
        ] {
            assert_eq!(defanged(link), shown);
            assert_eq!(refang(shown).to_lowercase(), link.to_lowercase());
        }
        assert_eq!(defanged("https:\\\\h.example\\a.b"), "hxxps:\\\\h[.]example\\a.b");
    }

    #[test]
    fn what_hides_is_seen() {
        assert_eq!(defanged("https://h.example/\u{202e}gpj.a"), "hxxps://h[.]example/%E2%80%AEgpj.a");
        assert_eq!(
            defanged("https://h.example/a\u{200b}\u{2028}b"),
            "hxxps://h[.]example/a%E2%80%8B%E2%80%A8b"
        );
        assert_eq!(visible("Kennwort: grün \u{2066}x"), "Kennwort: grün %E2%81%A6x");
        assert_eq!(defanged("https://h.example/größe"), "hxxps://h[.]example/größe");
    }
}
