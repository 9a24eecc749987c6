//! The documentation says what the code does.

use meldeverbund_node::import::{FIELDS, FieldNames, limits};

const DOCUMENT: &str = include_str!("../../../docs/import.md");

/// A row of the document's table of fields.
fn row(names: &FieldNames) -> String {
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("| `{}` | {} | {} |", names.name, list(names.german), list(names.english)).replace("|  |", "| |")
}

#[test]
fn the_table_of_fields_is_the_codes_own() {
    let table: Vec<String> = FIELDS.iter().map(row).collect();
    let document: Vec<&str> = DOCUMENT
        .lines()
        .skip_while(|line| !line.starts_with("| field | German"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(document, table, "docs/import.md should have:\n{}", table.join("\n"));
}

#[test]
fn the_limits_are_the_codes_own() {
    let mb = |bytes: u64| format!("{} MiB", bytes >> 20);
    for (what, limit) in [
        ("a line", format!("{} KiB", limits::LINE_BYTES >> 10)),
        ("columns", limits::COLUMNS.to_string()),
        ("an XLSX file", mb(limits::XLSX_FILE_BYTES)),
        ("unpacked", mb(limits::XLSX_BYTES)),
        ("shared strings", mb(limits::XLSX_STRINGS_BYTES)),
        ("styles", mb(limits::XLSX_STYLES_BYTES)),
        ("a text inside", format!("{} KiB", limits::XLSX_TEXT_BYTES >> 10)),
        ("parts", "4,096".to_owned()),
        ("rows of a sheet", "1,048,576".to_owned()),
        ("a XARF report", mb(limits::XARF_ITEM_BYTES as u64)),
        ("years", format!("{} to {}", limits::FIRST_YEAR, limits::LAST_YEAR)),
    ] {
        let found = DOCUMENT
            .lines()
            .any(|line| line.starts_with('|') && line.contains(what) && line.contains(&limit));
        assert!(found, "docs/import.md has no limit of {limit} for {what}");
    }
}
