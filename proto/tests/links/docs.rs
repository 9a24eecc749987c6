//! `docs/links.md` tells the truth: its examples hold and its tests exist.

use std::{collections::BTreeSet, fs, path::Path};

use meldeverbund_proto::{CanonicalLink, LinkError};

use crate::{
    escape::unescape,
    golden::{code_name, rows},
};

const DOCS: &str = include_str!("../../../docs/links.md");

/// One row of a table: class, rule, link, answer, why, test.
type Row = [&'static str; 6];

#[test]
fn each_example_is_true() {
    for [_, rule, link, answer, ..] in table("One spelling") {
        assert_eq!(parse(link).expect(rule).as_str(), text(answer), "{rule}");
    }
    for [_, rule, link, other, ..] in table("Kept apart") {
        assert_ne!(parse(link).expect(rule).id(), parse(other).expect(rule).id(), "{rule}");
    }
    for [_, rule, link, code, ..] in table("Refused") {
        assert_eq!(parse(link).map_err(code_name).expect_err(rule), text(code), "{rule}");
    }
    for [_, rule, link, domain, ..] in table("The registrable domain") {
        let expected = (domain != "none").then(|| text(domain));
        assert_eq!(parse(link).expect(rule).registrable_domain(), expected.as_deref(), "{rule}");
    }
}

#[test]
fn each_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&root.join("src/link")) + &sources(&root.join("tests/links"));
    for [_, rule, .., test] in all_rows() {
        let before: Vec<_> = sources.split(&format!("fn {test}(")).collect();
        let [before, _] = before[..] else { panic!("{rule}: one function {test}") };
        assert!(before.trim_end().ends_with("#[test]"), "{rule}: {test} is a test");
    }
}

#[test]
fn each_class_of_the_vectors_is_stated() {
    let stated: BTreeSet<_> = all_rows().into_iter().map(|row| row[0]).collect();
    let tested: BTreeSet<_> = rows().into_iter().map(|row| row.class).collect();
    assert_eq!(stated, tested);
}

#[test]
fn each_code_of_a_link_is_stated() {
    let named: BTreeSet<_> = table("Refused").into_iter().map(|row| text(row[3])).collect();
    let codes =
        ["CONTENT_FORBIDDEN", "LINK_HOST", "LINK_INVALID", "LINK_SCHEME", "TOO_LARGE"].map(str::to_owned);
    assert_eq!(named, BTreeSet::from(codes));
}

fn all_rows() -> Vec<Row> {
    ["One spelling", "Kept apart", "Refused", "The registrable domain"].into_iter().flat_map(table).collect()
}

fn table(title: &str) -> Vec<Row> {
    let (_, section) = DOCS.split_once(&format!("\n## {title}\n")).expect("the section is there");
    let section = section.split("\n## ").next().unwrap_or(section);
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let rows: Vec<Row> = lines
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            cells.try_into().unwrap_or_else(|cells| panic!("six columns: {cells:?}"))
        })
        .collect();
    assert!(!rows.is_empty(), "{title} has rows");
    rows
}

fn text(cell: &str) -> String {
    let code = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
    unescape(code.unwrap_or_else(|| panic!("an example stands in grave accents: {cell}")))
}

fn parse(cell: &str) -> Result<CanonicalLink, LinkError> {
    CanonicalLink::parse(&text(cell))
}

fn sources(folder: &Path) -> String {
    let files =
        fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it is readable").path());
    files.map(|file| fs::read_to_string(file).expect("it is text")).collect()
}
