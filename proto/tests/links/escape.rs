//! The notation in which golden vectors and docs write characters that a line of text cannot show.

/// The text that a notation stands for: `\t`, `\n`, `\r`, `\0`, `\\`, `\u{hex}`, and `\{ab*3}` for `ababab`.
pub(crate) fn unescape(notation: &str) -> String {
    let mut text = String::new();
    let mut rest = notation;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let (piece, length) = escaped(after);
        text.push_str(&piece);
        rest = &after[length..];
    }
    text + rest
}

/// What the escape behind a backslash stands for, and its length.
fn escaped(after: &str) -> (String, usize) {
    let kind = after.chars().next().expect("an escape follows the backslash");
    match kind {
        't' => ("\t".to_owned(), 1),
        'n' => ("\n".to_owned(), 1),
        'r' => ("\r".to_owned(), 1),
        '0' => ("\0".to_owned(), 1),
        '\\' => ("\\".to_owned(), 1),
        'u' => {
            let end = after.find('}').expect("\\u{hex} ends");
            let code = u32::from_str_radix(&after[2..end], 16).expect("\\u{hex} is hexadecimal");
            (char::from_u32(code).expect("a character").to_string(), end + 1)
        }
        '{' => {
            let star = after.find('*').expect("\\{text*count} has a star");
            let end = star + after[star..].find('}').expect("\\{text*count} ends");
            let count = after[star + 1..end].parse().expect("\\{text*count} counts");
            (unescape(&after[1..star]).repeat(count), end + 1)
        }
        other => panic!("unknown escape {other:?}"),
    }
}

#[test]
fn the_notation_is_read() {
    assert_eq!(unescape(r"a\t\\\u{e4}\{bc*2}\{\u{e4}*2}d\0"), "a\t\\äbcbcääd\0");
}
