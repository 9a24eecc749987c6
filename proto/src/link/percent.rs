//! Percent-encoding: WHATWG's sets for raw characters, RFC 3986 6.2.2 for the escapes that are already there.

/// Which bytes a part of a link keeps as they are; all others are escaped, `%` is looked at.
pub(super) struct Kept([bool; 256]);

/// The sets of WHATWG for the special schemes, fixed with version 1: a set that grows there does not move keys here.
pub(super) const PATH: Kept = Kept::all_but(b" \"#<>?`{}");
pub(super) const QUERY: Kept = Kept::all_but(b" \"#<>'");
pub(super) const FRAGMENT: Kept = Kept::all_but(b" \"<>`");

const HEX: &[u8; 16] = b"0123456789ABCDEF";

impl Kept {
    const fn all_but(escaped: &[u8]) -> Self {
        let mut kept = [false; 256];
        let mut byte = 0x20;
        while byte < 0x7f {
            kept[byte] = true;
            byte += 1;
        }
        kept[b'%' as usize] = false;
        let mut i = 0;
        while i < escaped.len() {
            kept[escaped[i] as usize] = false;
            i += 1;
        }
        Self(kept)
    }
}

/// Writes a part of a link in its one spelling.
///
/// Unreserved characters lose their escapes, other escapes get upper-case digits, and a `%` that begins no escape stays
/// as WHATWG leaves it.
pub(super) fn write(out: &mut String, text: &str, kept: &Kept) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|b| kept.0[usize::from(**b)]).count();
        if run > 0 {
            // All of the run is ASCII, so both ends are boundaries.
            out.push_str(&text[at..at + run]);
            at += run;
        } else if let Some(byte) = escape_at(bytes, at) {
            if is_unreserved(byte) && !would_join(out, byte) {
                out.push(char::from(byte));
            } else {
                push_escape(out, byte);
            }
            at += "%41".len();
        } else {
            if bytes[at] == b'%' {
                out.push('%');
            } else {
                push_escape(out, bytes[at]);
            }
            at += 1;
        }
    }
}

/// The byte that the escape at this place stands for.
fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    match bytes[at..] {
        [b'%', high, low, ..] => Some(hex_digit(high)? << 4 | hex_digit(low)?),
        _ => None,
    }
}

/// Whether a decoded digit would complete an escape behind a stray `%`: `%%341` would be `%41`, and `A` the next time.
fn would_join(out: &str, byte: u8) -> bool {
    hex_digit(byte).is_some()
        && match out.as_bytes() {
            [.., b'%'] => true,
            [.., b'%', digit] => hex_digit(*digit).is_some(),
            _ => false,
        }
}

fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// RFC 3986 2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, kept: &Kept) -> String {
        let mut out = String::new();
        write(&mut out, text, kept);
        out
    }

    #[test]
    fn escapes_have_one_spelling() {
        for (text, spelling) in [
            ("%41%7e%2D%2e%5f%39", "A~-._9"),
            ("%2f%c3%a4%25", "%2F%C3%A4%25"),
            ("ä%E4", "%C3%A4%E4"),
            ("%2541", "%2541"),
            ("a b+c%20", "a%20b+c%20"),
            ("[]|^'\\", "[]|^'\\"),
        ] {
            assert_eq!(written(text, &PATH), spelling, "{text}");
        }
        assert_eq!(written("'`{}\"?", &QUERY), "%27`{}%22?");
        assert_eq!(written("'`{}#?", &FRAGMENT), "'%60{}#?");
    }

    #[test]
    fn a_stray_percent_never_becomes_an_escape() {
        for (text, spelling) in [
            ("%", "%"),
            ("%%", "%%"),
            ("%zz%", "%zz%"),
            ("%%341", "%%341"),
            ("%%%34%31", "%%%341"),
            ("%4%31", "%4%31"),
            ("%4%7A", "%4z"),
            ("%z%31", "%z1"),
            ("%%41%42", "%%41B"),
        ] {
            assert_eq!(written(text, &PATH), spelling, "{text}");
            assert_eq!(written(spelling, &PATH), spelling, "{spelling}");
        }
    }
}
