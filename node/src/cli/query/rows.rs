//! The rows of a question: as tables, as CSV, or as JSON lines.

use meldeverbund_proto::{
    node::v1::{AskedRow, AskedState, Question, ReportQuestionRequest},
    v1::{AgencyCard, InformationGrade, SourceGrade},
};
use serde_json::{Value, json};

use super::csv::Csv;
use crate::{
    cli::{context::Context, error::CliError, json, screen::Screen, table, work::name},
    client::LiaisonDeskClient,
    text::{self, Lang, say},
};

/// Rows that a table shows with all that are no hits; of a longer question it shows the others alone.
const SHORT: u64 = 50;

/// How rows are shown.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Form {
    /// As a CSV table
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Links as they are, clickable
    #[arg(long)]
    full: bool,
}

/// Shows the rows of a question.
pub(super) async fn show(
    context: &Context,
    desk: &mut LiaisonDeskClient,
    question: u64,
    only_hits: bool,
    form: &Form,
) -> Result<(), CliError> {
    let lang = context.lang;
    let mut pages = desk.report_question(ReportQuestionRequest { question, only_hits }).await?.into_inner();
    let mut screen = context.screen();
    let mut csv = form.csv.then(|| Csv::new(lang)).transpose()?;
    let mut short = true;
    while let Some(page) = pages.message().await? {
        if let Some(question) = &page.question {
            short = question.counts.unwrap_or_default().rows <= SHORT;
            if !form.csv && !context.json {
                head(&mut screen, lang, question)?;
            }
        }
        let shown = |row: &&AskedRow| short || row.state() != AskedState::NoHit;
        match &mut csv {
            Some(csv) => csv.rows(&page.rows, &page.agencies)?,
            None if context.json => {
                for row in &page.rows {
                    screen.json(&row_json(question, row, &page.agencies))?;
                }
            }
            None => {
                let rows: Vec<&AskedRow> = page.rows.iter().filter(shown).collect();
                if !rows.is_empty() {
                    rows_table(&mut screen, lang, &rows, &page.agencies, form.full)?;
                }
            }
        }
        screen.flush()?;
    }
    if let Some(csv) = csv {
        csv.finish()?;
    }
    if !short && !form.csv && !context.json {
        eprintln!(
            "{}",
            say(
                lang,
                format!("Alle Zeilen: meldeverbund-node query show {question} --csv"),
                format!("All rows: meldeverbund-node query show {question} --csv"),
            )
        );
    }
    Ok(())
}

/// What was asked, and how it stands.
fn head(screen: &mut Screen, lang: Lang, question: &Question) -> Result<(), CliError> {
    let counts = question.counts.unwrap_or_default();
    let purpose = question.purpose.clone().unwrap_or_default();
    let (number, code, case) = (question.question, &purpose.code, &purpose.case_number);
    let blind = if question.blind { say(lang, " (blind)", " (blind)") } else { "" };
    let (officer, when) = (&question.officer, text::time(lang, question.asked_at_us));
    screen.line(say(
        lang,
        format!("Abfrage {number}{blind}: {code}, Vorgang {case}, {officer}, {when}"),
        format!("Question {number}{blind}: {code}, case {case}, {officer}, {when}"),
    ))?;
    let [rows, hits, none, refused, waiting] =
        [counts.rows, counts.hits, counts.no_hits, counts.refused, counts.waiting]
            .map(|count| text::count(lang, count));
    let meaning = text::no_hit(lang);
    let mut line = say(
        lang,
        format!("{rows} Zeilen: {hits} Treffer, {none} {meaning}"),
        format!("{rows} rows: {hits} hits, {none} {meaning}"),
    );
    if counts.refused > 0 {
        line.push_str(&say(lang, format!(", {refused} abgelehnt"), format!(", {refused} refused")));
    }
    if counts.waiting > 0 {
        line.push_str(&say(lang, format!(", {waiting} warten"), format!(", {waiting} waiting")));
    }
    screen.line(line)
}

fn rows_table(
    screen: &mut Screen,
    lang: Lang,
    rows: &[&AskedRow],
    agencies: &[AgencyCard],
    full: bool,
) -> Result<(), CliError> {
    let mut table = table::table([
        say(lang, "Zeile", "Row"),
        say(lang, "Link oder Prüfsumme", "Link or hash"),
        say(lang, "Ergebnis", "Answer"),
        say(lang, "zuständig", "Owner"),
        say(lang, "Stand", "Stage"),
        say(lang, "zuletzt gemeldet", "Last referred"),
        say(lang, "Bemerkung", "Remark"),
    ]);
    for row in rows {
        let hit = row.hit.clone().unwrap_or_default();
        let shown = if full { row.text.clone() } else { shown_text(&row.text) };
        table.add_row([
            row.row.to_string(),
            shown,
            text::asked_state(lang, row.state()).to_owned(),
            name(&hit.owner_agency_id, agencies),
            if hit.round > 0 { text::stage(lang, hit.stage()).to_owned() } else { String::new() },
            text::time(lang, hit.last_referred_at_us),
            remark(lang, row),
        ]);
    }
    table::right(&mut table, [0]);
    screen.line(table.to_string())
}

/// A link that nothing makes clickable; digests stay as they are.
pub(super) fn shown_text(text: &str) -> String {
    if text.contains("://") { table::defanged(text) } else { text.to_owned() }
}

/// What the handling asks for, or why a row was refused, or by which set a blind one was answered.
pub(super) fn remark(lang: Lang, row: &AskedRow) -> String {
    let mut parts = Vec::new();
    if let Some(refusal) = &row.refusal {
        parts.push(text::refusal(lang, refusal));
    }
    if row.epoch > 0 {
        let (epoch, increment) = (row.epoch, row.increment);
        parts.push(say(
            lang,
            format!("nach der Menge {epoch}.{increment}"),
            format!("by set {epoch}.{increment}"),
        ));
    } else if row.state() == AskedState::Hit
        && let Some(hit) = &row.hit
    {
        parts.push(text::handling(lang, hit.handling()).to_owned());
        let grades = grades(hit.source_grade(), hit.information_grade());
        if !grades.is_empty() {
            parts.push(grades);
        }
    }
    parts.join("; ")
}

/// 4×4 as officers write it: `B2`.
pub(super) fn grades(source: SourceGrade, information: InformationGrade) -> String {
    let source = match source {
        SourceGrade::Unspecified => "",
        source => source.as_str_name().trim_start_matches("SOURCE_GRADE_"),
    };
    let information = match information {
        InformationGrade::Unspecified => "",
        grade => grade.as_str_name().trim_start_matches("INFORMATION_GRADE_"),
    };
    format!("{source}{information}")
}

fn row_json(question: u64, row: &AskedRow, agencies: &[AgencyCard]) -> Value {
    let hit = row.hit.as_ref().filter(|_| row.epoch == 0).map(|hit| {
        let owner = agencies.iter().find(|card| card.agency_id == hit.owner_agency_id);
        json!({
            "handling": json::name(hit.handling().as_str_name(), "HANDLING_CODE_"),
            "owner": json::text(&hit.owner_agency_id),
            "owner_name": owner.map_or(Value::Null, |card| json::text(&card.name)),
            "contact": owner.map_or(Value::Null, |card| json::text(&card.contact)),
            "stage": json::name(hit.stage().as_str_name(), "STAGE_"),
            "round": (hit.round != 0).then_some(hit.round),
            "first_referred_at": json::time(hit.first_referred_at_us),
            "last_referred_at": json::time(hit.last_referred_at_us),
            "grading": json::text(&grades(hit.source_grade(), hit.information_grade())),
        })
    });
    json!({
        "question": question,
        "row": row.row,
        "line": row.line,
        "selector": row.text,
        "answer": json::name(row.state().as_str_name(), "ASKED_STATE_"),
        "hit": hit,
        "refusal": json::refusal(row.refusal.as_ref()),
        "recorded_at": json::time(row.recorded_at_us),
        "epoch": (row.epoch != 0).then_some(row.epoch),
        "increment": (row.epoch != 0).then_some(row.increment),
    })
}
