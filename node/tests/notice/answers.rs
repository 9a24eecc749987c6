//! The form as providers send it back.

use std::io::Cursor;

use meldeverbund_node::{
    import::Source,
    notice::{
        Item,
        answer::{Answer, Answers, FormError, Row, read},
    },
};
use meldeverbund_proto::v1::AnswerCode;

use crate::{file, item, sender, target};

fn open(bytes: impl Into<Vec<u8>>) -> Result<Answers, FormError> {
    read(Source::reader(Cursor::new(bytes.into())))
}

fn rows(bytes: impl Into<Vec<u8>>) -> Vec<Row> {
    open(bytes).unwrap().collect::<Result<_, _>>().unwrap()
}

fn answers(bytes: impl Into<Vec<u8>>) -> Vec<Answer> {
    rows(bytes).into_iter().map(|row| row.outcome.unwrap()).collect()
}

fn errors(bytes: impl Into<Vec<u8>>) -> Vec<(u64, String)> {
    rows(bytes).into_iter().filter_map(|row| Some((row.line, row.outcome.err()?.to_string()))).collect()
}

fn answer(number: u8, code: AnswerCode) -> Answer {
    Answer { target: target(number), code, at_us: None, remark: String::new() }
}

/// The form as it leaves the house.
fn form() -> String {
    let items: Vec<Item> =
        (1..=6).map(|number| item(number, &format!("https://h.example/{number}"))).collect();
    file(items, &sender(), "answer.csv")
}

/// The form, filled in.
fn filled() -> String {
    let answers = [
        "gelöscht,24.11.2026 09:30,",
        "Nicht unser Angebot,,siehe CDN",
        "keine Maßnahme,,",
        "bereits entfernt,2026-11-20,",
        "Rückfrage,,\"Welche Datei, bitte?\"",
    ];
    let form = form();
    let mut lines = form.lines();
    let mut filled = vec![lines.next().unwrap().to_owned()];
    filled
        .extend(lines.by_ref().zip(answers).map(|(line, answer)| line.replace(",,,", &format!(",{answer}"))));
    filled.extend(lines.map(str::to_owned));
    filled.join("\r\n")
}

/// What [`filled`] says; the sixth link is not answered.
fn wanted() -> Vec<Answer> {
    vec![
        Answer { at_us: Some(1_795_509_000_000_000), ..answer(1, AnswerCode::Actioned) },
        Answer { remark: "siehe CDN".into(), ..answer(2, AnswerCode::NotOurs) },
        answer(3, AnswerCode::NoAction),
        Answer { at_us: Some(1_795_129_200_000_000), ..answer(4, AnswerCode::AlreadyDown) },
        Answer { remark: "Welche Datei, bitte?".into(), ..answer(5, AnswerCode::NeedMoreInformation) },
    ]
}

#[test]
fn an_empty_form_answers_nothing() {
    assert_eq!(rows(form()), []);
}

#[test]
fn a_filled_in_form() {
    let rows = rows(filled());
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
    assert_eq!(answers(filled()), wanted());
}

#[test]
fn whatever_table_program_it_went_through() {
    let semicolons = filled().replace("Datei, bitte", "Datei_ bitte").replace(',', ";").replace('_', ",");
    let windows = encoding_rs::WINDOWS_1252.encode(&semicolons).0.into_owned();
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(semicolons.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(answers(semicolons.as_str()), wanted(), "semicolons");
    assert_eq!(answers(format!("\u{feff}{semicolons}")), wanted(), "byte order mark");
    assert_eq!(answers(format!("\u{feff}sep=;\r\n{semicolons}")), wanted(), "Excel's own first line");
    assert_eq!(answers(windows), wanted(), "Windows-1252");
    assert_eq!(answers(utf16), wanted(), "Unicode text");
    assert_eq!(answers(semicolons.replace(';', "\t")), wanted(), "tabs");
    assert_eq!(answers(filled().replace("\r\n", "\n")), wanted(), "line ends");
    assert_eq!(answers(filled().replace("\r\n", "\r\n,,,,\r\n")), wanted(), "blank rows");
}

#[test]
fn columns_in_any_order_and_in_german() {
    let table = format!(
        "Antwort;Kennung;Ticket;Datum\nGELÖSCHT;{};4711;\nnot_ours;{};4712;\n",
        target(1),
        target(2).to_string().to_uppercase()
    );
    assert_eq!(answers(table), [answer(1, AnswerCode::Actioned), answer(2, AnswerCode::NotOurs)]);
}

#[test]
fn errors_name_line_and_field_and_repeat_nothing() {
    let (one, two) = (target(1), target(2));
    let table = format!(
        "position,reference,answer,date,remark\n\
         1,{one},geheim,,\n\
         2,geheim,gelöscht,,\n\
         3,{one},gelöscht,geheim,\n\
         4,{one},,24.11.2026,\n\
         5,,gelöscht,,\n\
         6,{one},gelöscht,,{}\n\
         7,{one},gelöscht,,,geheim\n\
         8,{two},gelöscht,,\n\
         9,{two},keine Maßnahme,,\n\
         10,{two},gelöscht,,noch einmal\n\
         11,{one},\"gelöscht\"geheim,,\n",
        "geheim ".repeat(200)
    );
    let errors = errors(table);
    let begins: Vec<(u64, &str)> =
        errors.iter().map(|(line, text)| (*line, text.split([';', '(']).next().unwrap().trim())).collect();
    assert_eq!(
        begins,
        [
            (2, "answer: is no answer"),
            (3, "reference: is no reference: it must stand as the form had it"),
            (4, "date: is no time"),
            (5, "answer: is required"),
            (6, "reference: is required"),
            (7, "remark: is longer than 500 characters"),
            (8, "the row has more fields than the table has columns"),
            (10, "answer: contradicts the answer that line 9 gives for the same reference"),
            (12, "text follows a closing quotation mark"),
        ]
    );
    assert!(errors.iter().all(|(_, text)| !text.contains("geheim")));
}

#[test]
fn a_file_that_is_no_form_is_refused() {
    let refused = |bytes: &[u8]| open(bytes).err().unwrap().to_string();
    assert_eq!(refused(b""), "the input is empty");
    assert_eq!(refused(b"\n\n"), "the input is empty");
    assert_eq!(refused(b"reference,date\n"), "the form has no column \"answer\"");
    assert_eq!(refused(b"answer;date\n"), "the form has no column \"reference\"");
    assert_eq!(refused(b"reference;answer;Antwort\n"), "the form has the column \"answer\" twice");
    assert!(refused(b"PK\x03\x04").contains("neither text nor"));
    assert!(refused(b"\xD0\xCF\x11\xE0").contains("old (.xls)"));
}

#[test]
fn neither_rows_nor_answers_print_a_remark() {
    let table = format!("reference;answer;remark\n{};gelöscht;geheim\n", target(1));
    assert!(!format!("{:?}", rows(table)).contains("geheim"));
}
