//! What holds for any input.

use meldeverbund_node::import::{Format, Options, Row};
use meldeverbund_proto::v1::Referral;
use proptest::prelude::*;

use crate::{
    import, import_with, of_format,
    workbook::{
        Cell::{Inline, Shared},
        workbook,
    },
};

const FORMATS: [Format; 4] = [Format::Csv, Format::Xlsx, Format::Text, Format::Xarf];

/// Reads an input to its end, whatever comes.
fn drain(bytes: &[u8], options: &Options) {
    if let Ok(import) = import_with(bytes, options) {
        for row in import.flatten() {
            let _ = row.outcome.map_err(|error| (error.to_string(), error.to_problem()));
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drain(&bytes, &Options::default());
        for format in FORMATS {
            drain(&bytes, &of_format(format));
        }
    }

    #[test]
    fn no_text_causes_a_panic(text in "[\u{feff}Linkhtps:/.;,\"\\\\\t\n\r#{}\\[\\]ü0-9]{0,200}") {
        drain(text.as_bytes(), &Options::default());
        for format in FORMATS {
            drain(text.as_bytes(), &of_format(format));
        }
    }

    #[test]
    fn no_damage_to_a_sheet_causes_a_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = workbook(&[&[Shared("Link"), Shared("Bemerkung")], &[Inline("https://h.example/"), Shared("x")]]);
        for (index, byte) in damage {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        drain(&bytes, &Options::default());
    }

    /// Every line of a list that is neither blank nor a comment is a row.
    #[test]
    fn no_line_of_a_list_is_lost(lines in prop::collection::vec("[a-z:/. #\"]{0,12}|https://h\\.example/[a-z]{1,4}", 0..20)) {
        let text = lines.join("\n");
        let wanted: Vec<u64> = (1..).zip(&lines)
            .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
            .map(|(number, _)| number)
            .collect();
        let read: Vec<u64> = match import_with(text, &of_format(Format::Text)) {
            Ok(import) => import.map(|row| row.unwrap().line).collect(),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert_eq!(read, wanted);
    }

    /// Every record of a table that is not blank is a row.
    #[test]
    fn no_record_of_a_table_is_lost(cells in prop::collection::vec(["[a-z:/. ]{0,8}", "[a-z\";]{0,6}"], 0..20)) {
        let mut text = "Link;Bemerkung\n".to_owned();
        let mut wanted = Vec::new();
        for (i, [link, note]) in cells.iter().enumerate() {
            let note = note.replace('"', "\"\"");
            text.push_str(&format!("{link};\"{note}\"\n"));
            if !(link.trim().is_empty() && note.trim().is_empty()) {
                wanted.push(i as u64 + 2);
            }
        }
        let read: Vec<u64> = import(text).unwrap().map(|row| row.unwrap().line).collect();
        prop_assert_eq!(read, wanted);
    }

    /// What a CSV writer writes is what is read, field by field.
    #[test]
    fn a_table_comes_back_as_it_was_written(
        rows in prop::collection::vec(("[a-z0-9;,=\"']{1,12}", "[a-zäöüß \",;']{0,40}", "[A-Z0-9/ ,;\"-]{0,20}", any::<bool>()), 1..8),
        separator in prop::sample::select(vec![b';', b',', b'\t']),
        ansi in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(["Link", "Bemerkung", "Vorgang", "Verborgen"]).unwrap();
        let mut wanted = Vec::new();
        for (path, note, case, hidden) in &rows {
            let link = format!("https://h.example/{path}");
            writer.write_record([link.as_str(), note, case, if *hidden { "ja" } else { "nein" }]).unwrap();
            let referral = Referral { link, note: note.trim().into(), hidden_from_liaison: *hidden, ..Referral::default() };
            let case = Some(case.trim()).filter(|case| !case.is_empty()).map(str::to_owned);
            wanted.push((case, referral));
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let bytes = if ansi { encoding_rs::WINDOWS_1252.encode(&text).0.into_owned() } else { text.into_bytes() };
        let read: Vec<(Option<String>, Referral)> = import(bytes)
            .unwrap()
            .map(|row| {
                let Row { outcome, .. } = row.unwrap();
                let draft = outcome.unwrap();
                (draft.case_number().map(str::to_owned), draft.into_unsalted())
            })
            .collect();
        prop_assert_eq!(read, wanted);
    }
}
