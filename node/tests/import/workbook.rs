//! Small XLSX files, made by hand.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A cell of a test's sheet.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// In the shared strings, as Excel writes texts.
    Shared(&'a str),
    /// In the sheet, as other programs write texts.
    Inline(&'a str),
    Number(f64),
    /// With the format `dd.mm.yyyy hh:mm`.
    Date(f64),
    Bool(bool),
    Failed,
    Blank,
}

/// A workbook with one sheet.
pub(crate) fn workbook(rows: &[&[Cell<'_>]]) -> Vec<u8> {
    Workbook::new().sheet("Tabelle1", "visible", rows).bytes()
}

/// A workbook's parts.
pub(crate) struct Workbook {
    sheets: Vec<(String, String, String)>,
    strings: Vec<String>,
    epoch_1904: bool,
    more: Vec<(String, Vec<u8>)>,
}

impl Workbook {
    pub(crate) fn new() -> Self {
        Self { sheets: Vec::new(), strings: Vec::new(), epoch_1904: false, more: Vec::new() }
    }

    /// Counts days as Excel for old Macs did.
    pub(crate) fn epoch_1904(mut self) -> Self {
        self.epoch_1904 = true;
        self
    }

    pub(crate) fn sheet(mut self, name: &str, state: &str, rows: &[&[Cell<'_>]]) -> Self {
        let mut xml = String::new();
        for (i, row) in rows.iter().enumerate() {
            let cells: String = row.iter().enumerate().map(|(j, cell)| self.cell(*cell, i, j)).collect();
            xml.push_str(&format!("<row r=\"{}\">{cells}</row>", i + 1));
        }
        self.raw_sheet(name, state, &xml)
    }

    /// A sheet whose rows are stated as XML.
    pub(crate) fn raw_sheet(mut self, name: &str, state: &str, rows: &str) -> Self {
        self.sheets.push((name.to_owned(), state.to_owned(), rows.to_owned()));
        self
    }

    /// A further part, or another one in place of ours.
    pub(crate) fn part(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.more.push((name.to_owned(), content.into()));
        self
    }

    fn cell(&mut self, cell: Cell<'_>, row: usize, column: usize) -> String {
        let at = format!("r=\"{}{}\"", char::from(b'A' + column as u8), row + 1);
        match cell {
            Cell::Blank => String::new(),
            Cell::Shared(text) => {
                self.strings.push(text.to_owned());
                format!("<c {at} t=\"s\"><v>{}</v></c>", self.strings.len() - 1)
            }
            Cell::Inline(text) => format!("<c {at} t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(text)),
            Cell::Number(number) => format!("<c {at}><v>{number}</v></c>"),
            Cell::Date(days) => format!("<c {at} s=\"1\"><v>{days}</v></c>"),
            Cell::Bool(yes) => format!("<c {at} t=\"b\"><v>{}</v></c>", i32::from(yes)),
            Cell::Failed => format!("<c {at} t=\"e\"><f>1/0</f><v>#DIV/0!</v></c>"),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        let own = self.parts().into_iter().map(|(name, text)| (name, text.into_bytes()));
        let own = own.filter(|(name, _)| !self.more.iter().any(|(other, _)| other == name));
        for (name, content) in own.chain(self.more.iter().cloned()) {
            zip.start_file(name, options).unwrap();
            zip.write_all(&content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn parts(&self) -> Vec<(String, String)> {
        const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
        let mut sheets = String::new();
        let mut relations = String::new();
        let mut parts = Vec::new();
        for (i, (name, state, rows)) in self.sheets.iter().enumerate() {
            let id = i + 1;
            sheets.push_str(&format!(
                "<sheet name=\"{name}\" sheetId=\"{id}\" state=\"{state}\" r:id=\"rId{id}\"/>"
            ));
            relations.push_str(&format!(
                "<Relationship Id=\"rId{id}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
            ));
            let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
            parts.push((format!("xl/worksheets/sheet{id}.xml"), sheet));
        }
        let count = self.strings.len();
        let strings: String = self
            .strings
            .iter()
            .map(|text| format!("<si><t xml:space=\"preserve\">{}</t></si>", escaped(text)))
            .collect();
        parts.extend([
            (
                "[Content_Types].xml".into(),
                format!("<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"),
            ),
            (
                "_rels/.rels".into(),
                format!("<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"),
            ),
            (
                "xl/workbook.xml".into(),
                format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><workbookPr date1904=\"{}\"/><sheets>{sheets}</sheets></workbook>", self.epoch_1904),
            ),
            (
                "xl/_rels/workbook.xml.rels".into(),
                format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}</Relationships>"),
            ),
            (
                "xl/sharedStrings.xml".into(),
                format!("<sst xmlns=\"{MAIN}\" count=\"{count}\" uniqueCount=\"{count}\">{strings}</sst>"),
            ),
            (
                "xl/styles.xml".into(),
                format!("<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"dd\\.mm\\.yyyy\\ hh:mm\"/></numFmts><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>"),
            ),
        ]);
        parts
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
