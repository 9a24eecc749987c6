//! Sheets of table programs.

use meldeverbund_node::import::{Format, Options, Unit};

use crate::{
    error,
    fields::german,
    import, import_with, link, outcomes, referrals, refused,
    workbook::{
        Cell::{self, Blank, Bool, Date, Failed, Inline, Number, Shared},
        Workbook, workbook,
    },
};

/// 21.11.2026 14:05 as a sheet has it.
const FOUND_AT: f64 = 46_347.0 + 14.0 / 24.0 + 5.0 / 1_440.0;

#[test]
fn a_sheet_says_the_same_as_a_csv_table() {
    let (sha256, sha1, md5) = ("ab".repeat(32), "cd".repeat(20), "ef".repeat(16));
    let header = [
        "Vorgang",
        "Link",
        "SHA-256",
        "SHA-1",
        "MD5",
        "Delikt",
        "Fundort",
        "Fundzeit",
        "Eilgrund",
        "Zugangshinweis",
        "Gemeldet durch",
        "Gemeldet am",
        "Meldezeichen",
        "Handhabung",
        "Verborgen",
        "4x4",
        "Zuständigkeitsvorschlag",
        "Bundesland",
        "Plattform",
        "Bemerkung",
    ];
    let row = [
        Shared("ST/0123456/2026"),
        Shared("https://filehost-03.example/d/a1?x=1;y=2"),
        Inline(&sha256),
        Inline(&sha1),
        Inline(&md5),
        Shared("§ 184b StGB"),
        Inline("Forum „Brücke“, Thema 12"),
        Date(FOUND_AT),
        Shared("Missbrauch dauert an"),
        Shared("Passwort: grün;blau"),
        Inline("Hotline"),
        Shared("21.11.2026 14:06"),
        Inline("HL-2026/17"),
        Shared("H2"),
        Bool(true),
        Shared("B3"),
        Shared("de-by-lka"),
        Inline("BY"),
        Shared("brett-7"),
        Shared("zwei Zeilen,\n\"so\""),
    ];
    let header: Vec<Cell<'_>> = header.into_iter().map(Shared).collect();
    let sheet = workbook(&[&header, &row]);
    assert_eq!(referrals(sheet.clone()), referrals(german()));
    let mut import = import(sheet).unwrap();
    assert_eq!((import.format(), import.unit()), (Format::Xlsx, Unit::SheetRow));
    let row = import.next().unwrap().unwrap();
    assert_eq!((row.line, row.outcome.unwrap().case_number()), (2, Some("ST/0123456/2026")));
}

#[test]
fn days_are_counted_from_1900_or_1904() {
    let found_at = |workbook: Workbook, cell| {
        let sheet = workbook.sheet(
            "a",
            "visible",
            &[&[Shared("Link"), Shared("Fundzeit")], &[Shared("https://h.example/"), cell]],
        );
        referrals(sheet.bytes())[0].found_at_us
    };
    let wanted = 1_795_266_300_000_000;
    assert_eq!(found_at(Workbook::new(), Date(FOUND_AT)), wanted);
    assert_eq!(found_at(Workbook::new(), Number(FOUND_AT)), wanted, "without a date format too");
    assert_eq!(found_at(Workbook::new().epoch_1904(), Date(FOUND_AT - 1462.0)), wanted);
    assert_eq!(found_at(Workbook::new().epoch_1904(), Number(FOUND_AT - 1462.0)), wanted);
}

#[test]
fn what_the_table_program_changed_is_refused() {
    let good = Shared("https://h.example/");
    let sheet = workbook(&[
        &[Shared("Link"), Shared("Vorgang"), Shared("Fundzeit"), Shared("MD5"), Shared("Verborgen")],
        &[good, Date(FOUND_AT)],
        &[good, Number(0.5)],
        &[good, Number(123_456.0)],
        &[good, Blank, Failed],
        &[good, Blank, Number(1e9)],
        &[good, Blank, Bool(true)],
        &[good, Blank, Blank, Number(1.2e31)],
        &[good, Blank, Blank, Blank, Number(2.0)],
        &[good, Blank, Blank, Blank, Number(1.0), Shared("x")],
        &[Failed],
    ]);
    let date = "was turned into a date by the table program; format the column as text and enter it again";
    let number =
        "was turned into a number by the table program; format the column as text and enter it again";
    assert_eq!(
        outcomes(sheet),
        [
            (2, error(&format!("\"Vorgang\" (case): {date}"))),
            (3, error(&format!("\"Vorgang\" (case): {number}"))),
            (4, link("https://h.example/")),
            (5, error("\"Fundzeit\" (found_at): is a formula that failed in the table program")),
            (6, error("\"Fundzeit\" (found_at): is a time outside the years 1990 to 2099")),
            (
                7,
                error(
                    "\"Fundzeit\" (found_at): is no time (2026-11-21T14:05:00+01:00, 2026-11-21 14:05, 21.11.2026 14:05, 21.11.2026)"
                )
            ),
            (8, error(&format!("\"MD5\" (md5): {number}"))),
            (
                9,
                error(
                    "\"Verborgen\" (hidden_from_liaison): is neither yes nor no (ja, nein, yes, no, true, false, 1, 0, x)"
                )
            ),
            (10, error("the row has more fields than the table has columns")),
            (11, error("\"Link\" (link): is a formula that failed in the table program")),
        ]
    );
}

#[test]
fn blank_rows_and_columns_are_skipped_and_rows_keep_their_numbers() {
    let sheet = workbook(&[
        &[],
        &[Blank, Shared("Link")],
        &[],
        &[Shared(" "), Shared("https://h.example/1")],
        &[Inline("")],
        &[Shared("x"), Shared("https://h.example/2")],
    ]);
    assert_eq!(
        outcomes(sheet),
        [
            (4, link("https://h.example/1")),
            (6, error("column 1: the row has a value in a column without a name")),
        ]
    );
}

#[test]
fn a_sheet_without_a_header_is_a_list_of_one_column() {
    let list = workbook(&[&[Shared("hxxps://h[.]example/1")], &[], &[Inline("https://h.example/2")]]);
    assert_eq!(outcomes(list), [(1, link("https://h.example/1")), (3, link("https://h.example/2"))]);
    let table = workbook(&[&[Shared("https://h.example/1"), Shared("x")]]);
    assert!(refused(table, &Options::default()).starts_with("the table has no header"));
}

#[test]
fn the_first_visible_sheet_is_read_or_the_one_that_is_named() {
    let sheet = |link| [vec![Shared("Link")], vec![Shared(link)]];
    let (hidden, first, second) =
        (sheet("https://h.example/0"), sheet("https://h.example/1"), sheet("https://h.example/2"));
    let workbook = Workbook::new()
        .sheet("Verborgen", "hidden", &[&hidden[0], &hidden[1]])
        .sheet("Eins", "visible", &[&first[0], &first[1]])
        .sheet("Zwei", "visible", &[&second[0], &second[1]])
        .bytes();
    assert_eq!(outcomes(workbook.clone()), [(2, link("https://h.example/1"))]);
    for (name, wanted) in [("Verborgen", "https://h.example/0"), ("Zwei", "https://h.example/2")] {
        let options = Options { sheet: Some(name.into()), ..Options::default() };
        let row = import_with(workbook.clone(), &options).unwrap().next().unwrap().unwrap();
        assert_eq!(row.outcome.unwrap().referral().link, wanted);
    }
    let options = Options { sheet: Some("ST/1/26".into()), ..Options::default() };
    assert_eq!(refused(workbook, &options), "the XLSX file has no such sheet");
}

#[test]
fn rows_come_while_the_sheet_is_read_and_reading_ends_when_nobody_listens() {
    let rows: String = (0..5_000)
        .map(|i| format!("<row r=\"{0}\"><c r=\"A{0}\" t=\"inlineStr\"><is><t>https://h.example/{0}</t></is></c></row>", i + 1))
        .collect();
    let bytes = Workbook::new().raw_sheet("a", "visible", &rows).bytes();
    let mut all = import(bytes.clone()).unwrap();
    assert_eq!(all.by_ref().filter(|row| row.as_ref().is_ok_and(|row| row.outcome.is_ok())).count(), 5_000);
    let mut some = import(bytes).unwrap();
    assert_eq!(some.next().unwrap().unwrap().line, 1);
    drop(some);
}
