//! `report`: what became of each row of a hand-in, as a table, as CSV or as JSON lines.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use meldeverbund_proto::{
    node::v1::{LinkRow, ReportHandInRequest},
    v1::AgencyCard,
};

use super::{Exit, context::Context, error::CliError, json, print, screen::Screen};
use crate::{
    client::DeskClient,
    import::formula::csv_cell,
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct Report {
    /// The hand-in's number, as `refer` and `status` show it
    hand_in: u64,
    /// Write it to this CSV file instead
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Links as they are, clickable
    #[arg(long)]
    full: bool,
}

impl Report {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut desk = context.desk().await?;
        let mut screen = context.screen();
        if let Some(file) = &self.report {
            csv(&mut desk, self.hand_in, file, context.lang).await?;
        } else if context.json {
            lines(&mut desk, self.hand_in, &mut screen).await?;
        } else {
            table(&mut desk, self.hand_in, &mut screen, context.lang, self.full).await?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// The report as tables, one a page: a long one does not wait for its end.
pub(super) async fn table(
    desk: &mut DeskClient,
    hand_in: u64,
    screen: &mut Screen,
    lang: Lang,
    full: bool,
) -> Result<(), CliError> {
    let mut pages = desk.report_hand_in(ReportHandInRequest { hand_in }).await?.into_inner();
    while let Some(page) = pages.message().await? {
        print::links(screen, lang, &page.rows, &page.agencies, full)?;
        screen.flush()?;
    }
    Ok(())
}

/// The report as one JSON object a row.
async fn lines(desk: &mut DeskClient, hand_in: u64, screen: &mut Screen) -> Result<(), CliError> {
    let mut pages = desk.report_hand_in(ReportHandInRequest { hand_in }).await?.into_inner();
    while let Some(page) = pages.message().await? {
        for row in &page.rows {
            screen.json(&json::link_row(row))?;
        }
    }
    Ok(())
}

/// The report as a CSV file that is there as a whole or not at all.
pub(super) async fn csv(
    desk: &mut DeskClient,
    hand_in: u64,
    file: &Path,
    lang: Lang,
) -> Result<(), CliError> {
    let mut pages = desk.report_hand_in(ReportHandInRequest { hand_in }).await?.into_inner();
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut table = Csv::new(create(&part).map_err(CliError::Report)?, lang).map_err(CliError::Report)?;
    while let Some(page) = pages.message().await? {
        for row in &page.rows {
            table.row(row, &page.agencies).map_err(CliError::Report)?;
        }
    }
    table.finish().and_then(|file| file.sync_all()).map_err(CliError::Report)?;
    fs::rename(&part, file).map_err(CliError::Report)
}

fn create(path: &Path) -> io::Result<File> {
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// A table that the officer's own table program opens by a double click: with semicolons and a byte order mark where
/// German is spoken, with commas elsewhere.
struct Csv<W: Write> {
    writer: csv::Writer<BufWriter<W>>,
    lang: Lang,
}

impl<W: Write> Csv<W> {
    fn new(file: W, lang: Lang) -> io::Result<Self> {
        let mut file = BufWriter::new(file);
        file.write_all(say(lang, "\u{feff}", "").as_bytes())?;
        let mut writer = csv::WriterBuilder::new().delimiter(say(lang, b';', b',')).from_writer(file);
        let header = say(
            lang,
            [
                "Zeile",
                "Link",
                "Vorgang",
                "Ergebnis",
                "zuständig",
                "Name",
                "Erreichbarkeit",
                "weil",
                "Stand",
                "Durchgang",
                "diese Behörde",
                "Löschobjekt",
                "Grund",
                "Feld",
                "Erläuterung",
                "eingereicht",
                "beantwortet",
            ],
            [
                "line",
                "link",
                "case",
                "outcome",
                "owner",
                "owner name",
                "contact",
                "because",
                "stage",
                "round",
                "this agency",
                "target",
                "reason",
                "field",
                "explanation",
                "handed in",
                "answered",
            ],
        );
        writer.write_record(header)?;
        Ok(Self { writer, lang })
    }

    fn row(&mut self, row: &LinkRow, agencies: &[AgencyCard]) -> io::Result<()> {
        let lang = self.lang;
        let card = agencies.iter().find(|card| card.agency_id == row.owner_agency_id);
        let refusal = row.refusal.clone().unwrap_or_default();
        let known = row.round > 0;
        let if_known = |text: &'static str| if known { text } else { "" };
        let code = row.refusal.as_ref().map_or("", |refusal| text::refusal_code(lang, refusal.code()));
        let round = if known { row.round.to_string() } else { String::new() };
        let line = row.line.to_string();
        let (handed_in, answered) =
            (text::time(lang, row.handed_in_at_us), text::time(lang, row.answered_at_us));
        let cells: [&str; 17] = [
            &line,
            &row.link,
            &row.case_number,
            text::outcome(lang, row.state(), row.verdict()),
            &row.owner_agency_id,
            card.map_or("", |card| card.name.as_str()),
            card.map_or("", |card| card.contact.as_str()),
            if_known(text::owner_basis(lang, row.owner_basis())),
            if_known(text::stage(lang, row.stage())),
            &round,
            if_known(text::role(lang, row.role())),
            &row.target_id,
            code,
            &refusal.field,
            &refusal.reason,
            &handed_in,
            &answered,
        ];
        self.writer.write_record(cells.map(|cell| csv_cell(cell).into_owned()))?;
        Ok(())
    }

    fn finish(self) -> io::Result<W> {
        let buffer = self.writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        buffer.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::{
        node::v1::LinkState,
        v1::{Refusal, RefusalCode, Verdict},
    };

    use super::*;

    fn written(lang: Lang, row: &LinkRow) -> String {
        let mut csv = Csv::new(Vec::new(), lang).unwrap();
        csv.row(
            row,
            &[AgencyCard {
                agency_id: "de-by-lka".into(),
                contact: "+49 89 0".into(),
                ..AgencyCard::default()
            }],
        )
        .unwrap();
        String::from_utf8(csv.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_row_in_both_languages() {
        let row = LinkRow {
            line: 3,
            link: "https://h.example/a;b".into(),
            state: LinkState::Answered.into(),
            verdict: Verdict::Joined.into(),
            owner_agency_id: "de-by-lka".into(),
            round: 1,
            ..LinkRow::default()
        };
        let german = written(Lang::De, &row);
        assert!(german.starts_with("\u{feff}Zeile;Link;"));
        assert!(german.contains("3;\"https://h.example/a;b\";;beteiligt;de-by-lka;;'+49 89 0;"), "{german}");
        assert!(written(Lang::En, &row).contains("3,https://h.example/a;b,,joined,de-by-lka,,'+49 89 0,"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        let row = LinkRow {
            link: "=HYPERLINK(\"x\")".into(),
            state: LinkState::Rejected.into(),
            refusal: Some(Refusal::at(RefusalCode::LinkInvalid, "@x", "-1")),
            ..LinkRow::default()
        };
        let text = written(Lang::En, &row);
        assert!(text.contains("'=HYPERLINK"), "{text}");
        assert!(text.contains("'@x,'-1"), "{text}");
    }
}
