//! A question's rows as a table that the officer's own table program opens.

use std::io::{self, BufWriter, Stdout, Write as _};

use meldeverbund_proto::{node::v1::AskedRow, v1::AgencyCard};

use super::rows::{grades, remark};
use crate::{
    cli::error::CliError,
    import::formula::csv_cell,
    text::{self, Lang, say},
};

/// With semicolons and a byte order mark where German is spoken, with commas elsewhere.
pub(super) struct Csv {
    writer: csv::Writer<BufWriter<Stdout>>,
    lang: Lang,
}

impl Csv {
    pub(super) fn new(lang: Lang) -> Result<Self, CliError> {
        let mut out = BufWriter::new(io::stdout());
        out.write_all(say(lang, "\u{feff}", "").as_bytes())?;
        let mut writer = csv::WriterBuilder::new().delimiter(say(lang, b';', b',')).from_writer(out);
        let header = say(
            lang,
            [
                "Zeile",
                "Link oder Prüfsumme",
                "Ergebnis",
                "zuständig",
                "Name",
                "Erreichbarkeit",
                "Stand",
                "Durchgang",
                "zuerst gemeldet",
                "zuletzt gemeldet",
                "Bewertung",
                "Bemerkung",
                "beantwortet",
            ],
            [
                "line",
                "link or hash",
                "answer",
                "owner",
                "owner name",
                "contact",
                "stage",
                "round",
                "first referred",
                "last referred",
                "grading",
                "remark",
                "answered",
            ],
        );
        writer.write_record(header).map_err(io::Error::from)?;
        Ok(Self { writer, lang })
    }

    pub(super) fn rows(&mut self, rows: &[AskedRow], agencies: &[AgencyCard]) -> Result<(), CliError> {
        for row in rows {
            self.row(row, agencies).map_err(io::Error::from)?;
        }
        Ok(())
    }

    fn row(&mut self, row: &AskedRow, agencies: &[AgencyCard]) -> csv::Result<()> {
        let lang = self.lang;
        let hit = row.hit.clone().unwrap_or_default();
        let card = agencies.iter().find(|card| card.agency_id == hit.owner_agency_id);
        let known = hit.round > 0;
        let cells = [
            row.line.to_string(),
            row.text.clone(),
            text::asked_state(lang, row.state()).to_owned(),
            hit.owner_agency_id.clone(),
            card.map_or_else(String::new, |card| card.name.clone()),
            card.map_or_else(String::new, |card| card.contact.clone()),
            if known { text::stage(lang, hit.stage()).to_owned() } else { String::new() },
            if known { hit.round.to_string() } else { String::new() },
            text::time(lang, hit.first_referred_at_us),
            text::time(lang, hit.last_referred_at_us),
            grades(hit.source_grade(), hit.information_grade()),
            remark(lang, row),
            text::time(lang, row.recorded_at_us),
        ];
        self.writer.write_record(cells.iter().map(|cell| csv_cell(cell).into_owned()))
    }

    pub(super) fn finish(mut self) -> Result<(), CliError> {
        Ok(self.writer.flush()?)
    }
}
