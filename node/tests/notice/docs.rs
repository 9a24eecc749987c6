//! docs/notices.md says what the code does.

use std::fs;

use meldeverbund_node::notice::{Item, limits};
use meldeverbund_proto::v1::{HashAlgorithm, OffenceClass};
use serde_json::Value as Json;

use crate::{hash, item, order, written};

const DOCUMENT: &str = include_str!("../../../docs/notices.md");

/// True if a table's row has the words, as code, in its first cell.
fn has_row(words: &str) -> bool {
    let first = |line: &str| line.split('|').nth(1).map(str::to_owned);
    DOCUMENT.lines().filter_map(first).any(|cell| cell.contains(&format!("`{words}`")))
}

#[test]
fn every_file_column_and_member_is_described() {
    let disk = tempfile::tempdir().unwrap();
    let hashes =
        vec![hash(HashAlgorithm::Sha256, 1), hash(HashAlgorithm::Sha256, 2), hash(HashAlgorithm::Md5, 3)];
    let full = Item { content_hashes: hashes, access_hint: "x".into(), ..item(1, "https://h.example/") };
    let csem = Item { offence_class: OffenceClass::Stgb176e, ..item(2, "https://h.example/2") };
    let written = written(vec![full, csem], &order(), &disk.path().join("notices"));
    let read = |name: &str| fs::read_to_string(written[0].folder.join(name)).unwrap();
    for file in &written[0].files {
        assert!(has_row(file.name), "{}", file.name);
    }
    for name in ["links.csv", "answer.csv"] {
        let text = read(name);
        for column in text.lines().next().unwrap().split(',') {
            assert!(has_row(column), "{name}: {column}");
        }
    }
    let reports: Vec<Json> = serde_json::from_str(&read("notice.xarf.json")).unwrap();
    for (name, member) in reports.iter().flat_map(|report| report.as_object().unwrap()) {
        assert!(has_row(name), "{name}");
        if name.starts_with("meldeverbund") {
            let row = DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
            assert!(
                member.as_object().unwrap().keys().all(|own| row.contains(&format!("`{own}`"))),
                "{name}"
            );
        }
    }
}

#[test]
fn every_limit_is_stated() {
    for (what, limit) in [
        ("links that a letter prints", limits::LETTER_LINKS),
        ("one text of the configuration", limits::LEGAL_TEXT_CHARS),
        ("an e-mail address", limits::EMAIL_CHARS),
        ("lines of an address", limits::ADDRESS_LINES),
        ("a folder's name", limits::FOLDER_CHARS),
    ] {
        let row = DOCUMENT.lines().find(|line| line.starts_with(&format!("| {what} |"))).unwrap_or_default();
        assert!(row.replace(',', "").contains(&format!("| {limit}")), "{what}: {limit}");
    }
}
