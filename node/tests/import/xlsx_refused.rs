//! XLSX files that are damaged, or made to harm.

use std::io::{Cursor, Write as _};

use meldeverbund_node::import::{
    Options,
    limits::{
        XLSX_BYTES, XLSX_FILE_BYTES, XLSX_PARTS, XLSX_STRINGS_BYTES, XLSX_STYLES_BYTES, XLSX_TEXT_BYTES,
    },
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    import, of_format, refused,
    workbook::{Cell::Shared, Workbook, workbook},
};

const TOO_LARGE: &str =
    "the XLSX file unpacks to more than is allowed (256 MB in all); save the sheet as CSV";
const DAMAGED: &str = "the XLSX file is damaged or incomplete";

fn error_of(bytes: Vec<u8>) -> String {
    refused(bytes, &Options::default())
}

fn good() -> Workbook {
    Workbook::new().sheet("a", "visible", &[&[Shared("Link")], &[Shared("https://h.example/")]])
}

/// Text with a tag often enough, so that only its length counts.
fn padding(bytes: u64) -> Vec<u8> {
    let piece = format!("{}<a/>", "x".repeat(1020));
    piece.repeat(bytes as usize / piece.len() + 1).into_bytes()
}

/// A file of one part, with other sizes in its zip directory than its content has.
fn saying(name: &str, content: &[u8], bytes: u32) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    let mut file = zip.finish().unwrap().into_inner();
    for (signature, size_at) in [(b"PK\x01\x02", 24), (b"PK\x03\x04", 22)] {
        let entries: Vec<usize> =
            (0..file.len() - 4).filter(|at| file[*at..].starts_with(signature)).collect();
        for at in entries {
            file[at + size_at..at + size_at + 4].copy_from_slice(&bytes.to_le_bytes());
        }
    }
    file
}

#[test]
fn a_zip_bomb_is_refused_by_what_it_says_of_itself() {
    for (name, most) in [
        ("xl/worksheets/sheet1.xml", XLSX_BYTES),
        ("xl/SharedStrings.xml", XLSX_STRINGS_BYTES),
        ("xl/styles.xml", XLSX_STYLES_BYTES),
    ] {
        assert_eq!(error_of(saying(name, b"x", most as u32 + 1)), TOO_LARGE, "{name}");
        assert_eq!(error_of(saying(name, b"x", most as u32)), DAMAGED, "{name}");
    }
}

#[test]
fn a_zip_bomb_that_says_it_is_small_is_unpacked_no_further() {
    let bomb = saying("xl/styles.xml", &padding(XLSX_STYLES_BYTES + 1), 1);
    assert!(bomb.len() < 20_000, "a bomb is small: {}", bomb.len());
    assert_eq!(error_of(bomb), DAMAGED);
}

#[test]
fn parts_that_stay_in_memory_have_limits_of_their_own() {
    let large = good().part("xl/styles.xml", padding(XLSX_STYLES_BYTES + 1)).bytes();
    assert_eq!(error_of(large), TOO_LARGE);
    let endless = format!("<sst>{}</sst>", "x".repeat(XLSX_TEXT_BYTES + 1));
    assert_eq!(error_of(good().part("xl/sharedStrings.xml", endless).bytes()), TOO_LARGE);
    // Pictures are not read, whatever they hold.
    assert!(import(good().part("xl/media/logo.png", vec![0; 2 * XLSX_TEXT_BYTES]).bytes()).is_ok());
}

#[test]
fn a_count_that_would_reserve_all_memory_is_refused() {
    for count in
        ["99999999999999", "18446744073709551615", "99999999999999999999999", &format!("{}9", " ".repeat(99))]
    {
        let strings =
            format!("<!-- uniqueCount=\"1\" --><sst uniqueCount=\"{count}\"><si><t>Link</t></si></sst>");
        assert_eq!(error_of(good().part("xl/sharedStrings.xml", strings).bytes()), DAMAGED, "{count}");
    }
}

#[test]
fn too_many_parts_rows_or_columns_are_refused() {
    let parts =
        (0..XLSX_PARTS).fold(good(), |workbook, i| workbook.part(&format!("xl/media/{i}.png"), *b"x"));
    assert_eq!(error_of(parts.bytes()), TOO_LARGE);
    let cell = |at: &str| format!("<row><c r=\"{at}\" t=\"inlineStr\"><is><t>x</t></is></c></row>");
    let sheet = |rows: &str| Workbook::new().raw_sheet("a", "visible", rows).bytes();
    assert_eq!(error_of(sheet(&cell("A1048577"))), "the sheet has more than 1048576 rows");
    assert_eq!(error_of(sheet(&cell("IW1"))), "the table has more than 256 columns");
    assert_eq!(error_of(sheet("")), "the input is empty");
}

#[test]
fn damaged_files_are_refused_and_panics_stay_inside() {
    let bytes = workbook(&[&[Shared("Link")], &[Shared("https://h.example/")]]);
    for cut in [4, 30, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(error_of(bytes[..cut].to_vec()), DAMAGED, "cut at {cut}");
    }
    for (name, content) in [
        ("xl/workbook.xml", ""),
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"a\" r:id=\"rId9\"/></sheets></workbook>"),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row><c r=\"A1\" t=\"s\"><v>7</v></c></row></sheetData></worksheet>",
        ),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row><c r=\"A1\" t=\"b\"><v>geheim</v></c></row></sheetData></worksheet>",
        ),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>"),
        // A column number that overflows.
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row><c r=\"ZZZZZZZZZZ1\"><v>1</v></c></row></sheetData></worksheet>",
        ),
    ] {
        assert_eq!(error_of(good().part(name, content).bytes()), DAMAGED, "{name}: {content}");
    }
}

#[test]
fn files_that_are_no_sheets_are_refused() {
    let old = "this is an old (.xls) or a password-protected Excel file; save it as .xlsx without a password, or as CSV";
    assert_eq!(error_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on".to_vec()), old);
    let zip = ZipWriter::new(Cursor::new(Vec::new())).finish().unwrap().into_inner();
    assert_eq!(error_of(zip), DAMAGED);
    let xlsx = of_format(meldeverbund_node::import::Format::Xlsx);
    assert_eq!(refused("Link\nhttps://h.example/\n", &xlsx), DAMAGED);
    assert_eq!(refused("", &xlsx), "the input is empty");
    let large = [b"PK\x03\x04".to_vec(), vec![0; XLSX_FILE_BYTES as usize]].concat();
    assert_eq!(error_of(large), "the XLSX file is larger than 64 MB; save the sheet as CSV");
}
