//! The same table in every character set that Excel writes.

use encoding_rs::WINDOWS_1252;
use meldeverbund_node::import::{Encoding, Options};

use crate::{fields::german, import_with, referrals};

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn one_table_in_every_character_set() {
    let table = german();
    let wanted = referrals(table.clone());
    let (ansi, _, lossy) = WINDOWS_1252.encode(&table);
    assert!(!lossy, "the table fits Windows-1252");
    for (name, bytes) in [
        ("UTF-8 with mark", [b"\xef\xbb\xbf", table.as_bytes()].concat()),
        ("Windows-1252", ansi.to_vec()),
        ("UTF-16LE with mark", [&b"\xff\xfe"[..], &utf16(&table, u16::to_le_bytes)].concat()),
        ("UTF-16BE with mark", [&b"\xfe\xff"[..], &utf16(&table, u16::to_be_bytes)].concat()),
        ("UTF-16LE", utf16(&table, u16::to_le_bytes)),
        ("UTF-16BE", utf16(&table, u16::to_be_bytes)),
        ("UTF-8, old Mac line ends", table.replace("\r\n", "\r").into_bytes()),
    ] {
        assert_eq!(referrals(bytes), wanted, "{name}");
    }
}

#[test]
fn umlauts_in_headers_and_links_are_read() {
    let (table, ..) = WINDOWS_1252.encode("Eilbedürftigkeit;Link\nläuft;https://bücher.example/ä\n");
    let referral = referrals(table.to_vec()).remove(0);
    assert_eq!(
        (referral.link.as_str(), referral.urgency_reason.as_str()),
        ("https://bücher.example/ä", "läuft")
    );
}

#[test]
fn a_stated_character_set_wins() {
    let options = Options { encoding: Some(Encoding::Windows1252), ..Options::default() };
    let rows: Vec<_> = import_with("Link;Fundort\nhttps://h.example/;Köln\n", &options).unwrap().collect();
    let row = rows.into_iter().next().unwrap().unwrap();
    assert_eq!(row.outcome.unwrap().referral().found_where, "KÃ¶ln");
}

#[test]
fn a_late_umlaut_still_decides() {
    let mut table = b"Link;Fundort\n".to_vec();
    for i in 0..20_000 {
        table.extend_from_slice(format!("https://h.example/{i};Berlin\n").as_bytes());
    }
    table.extend_from_slice(b"https://h.example/x;K\xf6ln\n");
    let last = referrals(table).pop().unwrap();
    assert_eq!(last.found_where, "Köln");
}
