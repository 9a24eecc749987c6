//! Which column means what, and what a table must have.

use meldeverbund_node::import::{Encoding, Format, ImportError, Options, Separator};

use crate::{import_with, link, of_format, outcomes, referrals, refused};

fn mapped(mappings: &[&str]) -> Options {
    Options { mappings: mappings.iter().map(|text| text.parse().unwrap()).collect(), ..Options::default() }
}

#[test]
fn what_a_table_must_have() {
    let none = Options::default();
    for (table, options, text) in [
        (
            "Link;Sachbearbeiter;Raum 1\nhttps://h.example/;x;y\n",
            &none,
            "unknown columns: \"Sachbearbeiter\", \"Raum 1\"; map each with --map 'column=field', or with --map 'column=ignore'",
        ),
        ("Vorgang;Bemerkung\n1/26;x\n", &none, "no column holds the link; map one with --map 'column=link'"),
        (
            "Link;URL\nhttps://h.example/;x\n",
            &none,
            "the columns \"Link\" and \"URL\" both mean link; map one of them with --map 'column=ignore'",
        ),
        (
            "Link;4x4;Quellengüte\nhttps://h.example/;A1;A\n",
            &none,
            "the columns \"4x4\" and \"Quellengüte\" both mean source_grade; map one of them with --map 'column=ignore'",
        ),
        (
            "Link\nhttps://h.example/\n",
            &mapped(&["Fundstück=note"]),
            "--map names the column \"Fundstück\", which the table does not have",
        ),
        (
            "https://h.example/1;x\nhttps://h.example/2;y\n",
            &none,
            "the table has no header: put the fields' names into its first row, map its columns by number, or read it as a list with --format text",
        ),
        (
            "https://h.example/1,x\nhttps://h.example/2,y\n",
            &of_format(Format::Csv),
            "the table has no header: put the fields' names into its first row, map its columns by number, or read it as a list with --format text",
        ),
        (" \n\n", &none, "the input is empty"),
        ("", &none, "the input is empty"),
        ("", &of_format(Format::Csv), "the input is empty"),
        ("sep=;\n", &none, "the input is empty"),
        (
            "ab\0c",
            &none,
            "this is neither text nor an Excel file: CSV, XLSX, XARF (JSON) and plain text can be read",
        ),
        (
            "\u{0}\u{0}",
            &none,
            "this is neither text nor an Excel file: CSV, XLSX, XARF (JSON) and plain text can be read",
        ),
        (
            "https://h.example/1\n",
            &Options { sheet: Some("Tabelle1".into()), ..Options::default() },
            "the option --sheet does not go with text",
        ),
        (
            "https://h.example/1\n",
            &Options { separator: Some(Separator::Comma), ..Options::default() },
            "the option --separator does not go with text",
        ),
        (
            "{\"a\": 1}",
            &Options { encoding: "ansi".parse().ok(), ..Options::default() },
            "the option --encoding does not go with xarf",
        ),
    ] {
        assert_eq!(refused(table, options), text, "{table}");
    }
}

#[test]
fn too_many_columns_are_refused() {
    let header = format!("Link{}\n", ";ignore".repeat(256));
    assert_eq!(refused(header, &Options::default()), "the table has more than 256 columns");
}

#[test]
fn an_error_never_repeats_a_link_that_stands_in_the_header() {
    let error = refused("Link;https:h.example/1;data:x\nx;y;z\n", &Options::default());
    assert!(error.starts_with("unknown columns: column 2, column 3;"), "{error}");
}

#[test]
fn mappings_name_what_no_built_in_name_does() {
    let options = mapped(&["Fundstück=link", "Sachbearbeiter=ignore", "#=ignore", "Bemerkung=found_where"]);
    let table = "#;Fundstück;Sachbearbeiter;Bemerkung\n1;https://h.example/;\"Herr ; Müller\";hier\n";
    let rows: Vec<_> = import_with(table, &options).unwrap().collect::<Result<_, _>>().unwrap();
    let referral = rows[0].outcome.as_ref().unwrap().referral();
    assert_eq!(
        (referral.link.as_str(), referral.found_where.as_str(), referral.note.as_str()),
        ("https://h.example/", "hier", "")
    );
}

#[test]
fn columns_can_be_named_by_number() {
    let table = "https://h.example/1;Berlin;x\nhttps://h.example/2;Köln;y\n";
    let read = |table: &str, mappings: &[&str]| {
        let rows = import_with(table, &mapped(mappings)).unwrap().map(Result::unwrap);
        let short = |referral: &meldeverbund_proto::v1::Referral| {
            (referral.link.clone(), referral.found_where.clone())
        };
        rows.map(|row| (row.line, short(row.outcome.unwrap().referral()))).collect::<Vec<_>>()
    };
    let wanted = |line: u64| {
        [
            (line, ("https://h.example/1".into(), "Berlin".into())),
            (line + 1, ("https://h.example/2".into(), "Köln".into())),
        ]
    };
    assert_eq!(read(table, &["1=link", "2=found_where", "3=ignore"]), wanted(1), "without a header");
    let with_header = format!("Link;Stadt;Bemerkung\n{table}");
    assert_eq!(read(&with_header, &["2=found_where", "Bemerkung=ignore"]), wanted(2), "with one");
    let with_digits = format!("Link;3;2\n{table}");
    assert_eq!(read(&with_digits, &["3=found_where", "2=ignore"]), wanted(2), "a name wins over a number");

    for (mappings, text) in [
        (
            &["1=link", "2=note"][..],
            "unknown columns: column 3; map each with --map 'column=field', or with --map 'column=ignore'",
        ),
        (&["1=note", "2=ignore", "3=ignore"], "no column holds the link; map one with --map 'column=link'"),
        (&["1=link", "4=note"], "--map names the column \"4\", which the table does not have"),
        (
            &["1=link", "Stadt=note"],
            "the table has no header: put the fields' names into its first row, map its columns by number, or read it as a list with --format text",
        ),
    ] {
        assert_eq!(refused(table, &mapped(mappings)), text);
    }
}

#[test]
fn mappings_are_written_column_equals_field() {
    let parse =
        |text: &str| text.parse::<meldeverbund_node::import::Mapping>().map_err(|error| error.to_string());
    assert_eq!(parse("a=b=note").unwrap().column, "a=b");
    assert_eq!(parse("note").unwrap_err(), "a mapping is written column=field");
    assert_eq!(parse("=note").unwrap_err(), "a mapping is written column=field");
    assert!(parse("a=notiz").unwrap_err().starts_with("is no field; the fields are link, case, sha256,"));
}

#[test]
fn separators_are_found_and_can_be_stated() {
    let wanted = [(2, link("https://h.example/"))];
    for table in [
        "Link;Vorgang\nhttps://h.example/;1,5\n",
        "Link,Vorgang\nhttps://h.example/,1;5\n",
        "Link\tVorgang\nhttps://h.example/\t1,5\n",
        "\"Link\";\"Vor\ngang\"\nhttps://h.example/;1,5\n",
    ] {
        let lines = outcomes(table);
        assert_eq!(lines[0].1, wanted[0].1, "{table}");
    }
    let comma = Options { separator: Some(Separator::Comma), ..Options::default() };
    let mut rows =
        import_with("Link;Bemerkung,Bemerkung\nhttps://h.example/;1,x\n", &comma).map(|_| ()).unwrap_err();
    assert!(
        matches!(&mut rows, ImportError::UnknownColumns(names) if names.len() == 1),
        "the stated one wins"
    );
}

#[test]
fn options_are_parsed_from_what_people_type() {
    assert_eq!(";".parse(), Ok(Separator::Semicolon));
    assert_eq!("\\t".parse(), Ok(Separator::Tab));
    assert_eq!(
        "|".parse::<Separator>().unwrap_err().to_string(),
        "is no separator; there are ';', ',' and tab"
    );
    assert_eq!("CSV".parse(), Ok(Format::Csv));
    assert_eq!(
        "xls".parse::<Format>().unwrap_err().to_string(),
        "is no format; there are csv, xlsx, text, xarf"
    );
    assert_eq!("UTF-8".parse(), Ok(Encoding::Utf8));
    assert_eq!(
        "latin9".parse::<Encoding>().unwrap_err().to_string(),
        "is no character set; there are utf-8, windows-1252, utf-16le, utf-16be"
    );
}

#[test]
fn a_table_may_state_its_separator_in_excels_way() {
    assert_eq!(
        outcomes("sep=\t\r\nLink\tVorgang\r\nhttps://h.example/\t1;5\r\n"),
        [(3, link("https://h.example/"))]
    );
    assert_eq!(outcomes("\u{feff}SEP=;\nLink\nhttps://h.example/\n"), [(3, link("https://h.example/"))]);
}

#[test]
fn trailing_separators_and_short_rows_are_harmless() {
    let table = "Link;Bemerkung;Fundort;;\nhttps://h.example/1\nhttps://h.example/2;x\nhttps://h.example/3;;;;;;;\n;;;;\n";
    let notes: Vec<String> = referrals(table).into_iter().map(|referral| referral.note).collect();
    assert_eq!(notes, ["", "x", ""]);
}

#[test]
fn one_column_needs_no_header() {
    for options in [of_format(Format::Csv), Options::default()] {
        let rows: Vec<_> = import_with("https://h.example/1\nhttps://h.example/2\n", &options)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2]);
        assert!(rows.iter().all(|row| row.outcome.is_ok()));
    }
}

#[test]
fn errors_have_german_sentences() {
    let error = import_with("Link;Zimmer\nx;y\n", &Options::default()).map(|_| ()).unwrap_err();
    assert!(matches!(error, ImportError::UnknownColumns(_)));
    assert_eq!(
        error.german(),
        "unbekannte Spalten: „Zimmer“; jede mit --map 'Spalte=Feld' oder --map 'Spalte=ignore' zuordnen"
    );
}
