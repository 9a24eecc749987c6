//! What is wrong with a row, in the officer's words, and that the other rows go on.

use meldeverbund_node::import::limits::LINE_BYTES;
use meldeverbund_proto::v1::RefusalCode;

use crate::{error, link, outcomes, rows};

const GOOD: &str = "https://filehost-03.example/d/a1";

/// The error of a table's first row; the row behind it is read all the same.
fn error_of(header: &str, row: &str) -> String {
    let all = outcomes(format!("{header}\n{row}\n{GOOD}\n"));
    assert_eq!(all[1..], [(3, link(GOOD))]);
    all[0].1.clone().unwrap_err()
}

#[test]
fn every_error_names_column_field_and_reason() {
    let over = |n: usize| "x".repeat(n + 1);
    let (md5, many) =
        ("ab".repeat(16), (0..9).map(|i| format!("{i}").repeat(32)).collect::<Vec<_>>().join(" "));
    for (column, value, text) in [
        ("Vorgang", over(64), "\"Vorgang\" (case): is longer than 64 characters"),
        ("Vorgang", "a\u{7}".into(), "\"Vorgang\" (case): has a control character"),
        (
            "SHA-256",
            "abc".into(),
            "\"SHA-256\" (sha256): is no hash: 64, 40 or 32 hexadecimal digits are SHA-256, SHA-1, MD5",
        ),
        ("SHA-256", md5, "\"SHA-256\" (sha256): is a hash of another algorithm than its column says"),
        ("Hash", many, "\"Hash\" (content_hashes): has more than 8 hashes"),
        (
            "Delikt",
            "§ 263".into(),
            "\"Delikt\" (offence_class): is no offence class (184b, 184c, 176e, other)",
        ),
        ("Fundort", over(512), "\"Fundort\" (found_where): is longer than 512 characters"),
        (
            "Fundort",
            "QUJD".repeat(60),
            "\"Fundort\" (found_where): carries content (a data: URL or a base64 block); only words belong here",
        ),
        (
            "Bemerkung",
            "data:image/png,x".into(),
            "\"Bemerkung\" (note): carries content (a data: URL or a base64 block); only words belong here",
        ),
        ("Bemerkung", "wort ".repeat(101), "\"Bemerkung\" (note): is longer than 500 characters"),
        (
            "Fundzeit",
            "gestern".into(),
            "\"Fundzeit\" (found_at): is no time (2026-11-21T14:05:00+01:00, 2026-11-21 14:05, 21.11.2026 14:05, 21.11.2026)",
        ),
        (
            "Fundzeit",
            "29.03.2026 02:30".into(),
            "\"Fundzeit\" (found_at): is a time that did not exist: the clocks went forward",
        ),
        (
            "Fundzeit",
            "21.11.1926".into(),
            "\"Fundzeit\" (found_at): is a time outside the years 1990 to 2099",
        ),
        (
            "Eilgrund",
            "ja".into(),
            "\"Eilgrund\" (urgency_reason): must say why it is urgent, not only that it is",
        ),
        ("Eilgrund", over(200), "\"Eilgrund\" (urgency_reason): is longer than 200 characters"),
        (
            "Gemeldet am",
            "21.11.2026".into(),
            "notified_by: is required where it is said when or under which reference a notice was sent",
        ),
        ("Handhabung", "H4".into(), "\"Handhabung\" (handling): is no handling code (H0, H1, H2, H3)"),
        (
            "Verborgen",
            "vielleicht".into(),
            "\"Verborgen\" (hidden_from_liaison): is neither yes nor no (ja, nein, yes, no, true, false, 1, 0, x)",
        ),
        ("4x4", "D1".into(), "\"4x4\" (grading): is no 4x4 grading (such as A1 or X4)"),
        ("Quellengüte", "D".into(), "\"Quellengüte\" (source_grade): is no grade of a source (A, B, C, X)"),
        (
            "Informationsgüte",
            "5".into(),
            "\"Informationsgüte\" (information_grade): is no grade of an information (1, 2, 3, 4)",
        ),
        ("", "x".into(), "column 2: the row has a value in a column without a name"),
    ] {
        assert_eq!(error_of(&format!("Link;{column}"), &format!("{GOOD};{value}")), text);
    }
}

#[test]
fn every_error_of_a_link() {
    let long = format!("https://h.example/{}", "x".repeat(4096));
    for (value, text) in [
        ("ftps://h.example/", "the link's scheme is not http, https or ftp"),
        ("data:image/png;base64,AAAA", "a data: URL carries content; refer a link to it instead"),
        ("nur Text", "has white space inside; one link belongs in each row"),
        ("https://h.example/1 https://h.example/2", "has white space inside; one link belongs in each row"),
        ("https://", "the link has no host"),
        (&*long, "the link is longer than 4,096 bytes"),
        ("=1+1", "the link does not begin with a scheme such as https://"),
    ] {
        assert_eq!(error_of("Link", value), format!("\"Link\" (link): {text}"), "{value}");
    }
    let table = format!("Link;Bemerkung\n;nur eine Bemerkung\n{GOOD};\n");
    assert_eq!(outcomes(table), [(2, error("\"Link\" (link): is required")), (3, link(GOOD))]);
}

#[test]
fn every_error_of_a_line() {
    let long = "x".repeat(LINE_BYTES + 1);
    let cases: [(&[u8], &str); 5] = [
        (b"https://h.example/;a;b", "the row has more fields than the table has columns"),
        (
            b"https://h.example/;\"a\"b",
            "text follows a closing quotation mark; a quotation mark inside a field is written twice",
        ),
        (
            b"https://h.example/;\xc3\x28",
            "the line is not valid UTF-8, as the lines before it are; state --encoding if all are something else",
        ),
        (long.as_bytes(), "the line is longer than 65536 bytes"),
        (b"https://h.example/;\"a", "a quotation mark is opened and not closed"),
    ];
    for (line, text) in cases {
        let table = [b"Link;Bemerkung\nhttps://h.example/1;\xc3\xbc\n", line, b"\n"].concat();
        assert_eq!(outcomes(table), [(2, link("https://h.example/1")), (3, error(text))]);
    }
    let mixed = b"Link;Bemerkung\nhttps://h.example/1;M\xfcller\nhttps://h.example/2;M\xc3\xbcller\n";
    let text = "the line is not valid Windows-1252, as the lines before it are; state --encoding if all are something else";
    assert_eq!(outcomes(mixed), [(2, link("https://h.example/1")), (3, error(text))]);
}

#[test]
fn a_bad_row_does_not_stop_the_others_and_lines_are_counted_as_in_the_file() {
    let table = "Link;Bemerkung\n\
                 https://h.example/1;\"zwei\nZeilen\"\n\
                 \n\
                 ;;\n\
                 kein-link;\n\
                 https://h.example/2;\"offen\n\
                 https://h.example/3;\n";
    assert_eq!(
        outcomes(table),
        [
            (2, link("https://h.example/1")),
            (6, error("\"Link\" (link): the link does not begin with a scheme such as https://")),
            (7, error("a quotation mark is opened and not closed")),
            (8, link("https://h.example/3")),
        ]
    );
}

#[test]
fn the_node_gets_the_row_with_code_field_and_what_stood_there() {
    let rows = rows("Vorgang;Link;Fundzeit\n1/26; hxxp://h[.]example/ä\t1 ;\n1/26;https://h.example/;x\n");
    let problems: Vec<_> = rows.into_iter().map(|row| row.outcome.unwrap_err().to_problem()).collect();
    let codes: Vec<_> = problems.iter().map(|problem| problem.refusal.as_ref().unwrap().code()).collect();
    assert_eq!(codes, [RefusalCode::LinkInvalid, RefusalCode::FieldInvalid]);
    assert_eq!(problems[0].input, "hxxp://h[.]example/ä 1");
    assert_eq!(problems[1].input, "https://h.example/");
    assert_eq!(problems[1].refusal.as_ref().unwrap().field, "found_at");
}

#[test]
fn cells_of_several_lines_become_one_line() {
    let table = "Link;Bemerkung\nhttps://h.example/;\" a\n\n\tb \"\n";
    assert_eq!(crate::referrals(table)[0].note, "a b");
}
