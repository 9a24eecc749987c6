//! `case`: opens, lists and closes cases.

use meldeverbund_proto::{
    node::v1::{CaseRow, CloseCaseRequest, ListCasesRequest, OpenCaseRequest},
    v1::{self, CaseKind},
};
use serde_json::{Value, json};

use super::{Exit, context::Context, error::CliError, json, screen::Screen, table};
use crate::text::{self, Lang, say};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Case {
    /// Open a case; the hub is told before its first referral
    Open(Open),
    /// List the cases with what was handed in under each
    List(List),
    /// Close a case; the hub is told once all that was handed in has been answered
    Close(Close),
}

#[derive(Debug, clap::Args)]
pub(super) struct Open {
    /// The case's number (Vorgangsnummer)
    number: String,
    /// What the case is kept for
    #[arg(long, value_enum, default_value_t = Kind::Proceedings)]
    kind: Kind,
    /// The unit inside the agency (Dienststelle)
    #[arg(long, default_value = "", value_name = "UNIT")]
    unit: String,
    /// Day on which keeping the data is reviewed, YYYY-MM-DD
    #[arg(long, default_value = "", value_name = "DAY")]
    review_on: String,
    /// Day on which the data is deleted, YYYY-MM-DD
    #[arg(long, default_value = "", value_name = "DAY")]
    delete_on: String,
    /// The prosecutor's number (Aktenzeichen)
    #[arg(long, default_value = "", value_name = "NUMBER")]
    prosecutor_reference: String,
    /// Whom you act for; it only annotates
    #[arg(long, default_value = "", value_name = "NAME")]
    officer: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The closed ones, too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Close {
    /// The case's number (Vorgangsnummer)
    number: String,
    /// Why it is closed
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
    /// Whom you act for; it only annotates
    #[arg(long, default_value = "", value_name = "NAME")]
    officer: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Proceedings,
    DangerPrevention,
    ProactiveResearch,
}

impl Case {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Open(open) => open.run(context).await,
            Self::List(list) => list.run(context).await,
            Self::Close(close) => close.run(context).await,
        }
    }
}

impl Open {
    async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let kind = match self.kind {
            Kind::Proceedings => CaseKind::Proceedings,
            Kind::DangerPrevention => CaseKind::DangerPrevention,
            Kind::ProactiveResearch => CaseKind::ProactiveResearch,
        };
        let case = v1::Case {
            number: self.number,
            unit: self.unit,
            kind: kind.into(),
            review_on: self.review_on,
            delete_on: self.delete_on,
            prosecutor_reference: self.prosecutor_reference,
        };
        let request = OpenCaseRequest { case: Some(case), annotation: self.officer };
        let answer = context.desk().await?.open_case(request).await?.into_inner();
        let text = if answer.stood_already {
            say(context.lang, "Der Vorgang stand schon.", "The case stood already.")
        } else {
            say(context.lang, "Der Vorgang ist angelegt.", "The case is open.")
        };
        show(context, answer.case.unwrap_or_default(), text, "stood_already", answer.stood_already)
    }
}

impl Close {
    async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = CloseCaseRequest { number: self.number, reason: self.reason, annotation: self.officer };
        let answer = context.desk().await?.close_case(request).await?.into_inner();
        let text = if answer.closed_already {
            say(context.lang, "Der Vorgang war schon geschlossen.", "The case was closed already.")
        } else {
            say(context.lang, "Der Vorgang ist geschlossen.", "The case is closed.")
        };
        show(context, answer.case.unwrap_or_default(), text, "closed_already", answer.closed_already)
    }
}

impl List {
    async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ListCasesRequest { with_closed: self.all };
        let cases = context.desk().await?.list_cases(request).await?.into_inner().cases;
        let mut screen = context.screen();
        if context.json {
            screen.json(&Value::from(cases.iter().map(json::case).collect::<Vec<_>>()))?;
        } else if cases.is_empty() {
            screen.line(say(context.lang, "Keine Vorgänge.", "No cases."))?;
        } else {
            print(&mut screen, context.lang, &cases)?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// A case after a command.
fn show(context: &Context, row: CaseRow, text: &str, flag: &str, already: bool) -> Result<Exit, CliError> {
    let mut screen = context.screen();
    if context.json {
        let mut value = json::case(&row);
        value[flag] = json!(already);
        screen.json(&value)?;
    } else {
        screen.line(text)?;
        print(&mut screen, context.lang, &[row])?;
    }
    screen.flush()?;
    Ok(Exit::Done)
}

fn print(screen: &mut Screen, lang: Lang, cases: &[CaseRow]) -> Result<(), CliError> {
    let mut table = table::table([
        say(lang, "Vorgang", "Case"),
        say(lang, "Art", "Kind"),
        say(lang, "Stand", "State"),
        say(lang, "beim Hub", "At the hub"),
        say(lang, "angelegt", "Opened"),
        say(lang, "von", "By"),
        say(lang, "Zeilen", "Rows"),
        say(lang, "warten", "Waiting"),
        say(lang, "neu", "New"),
        say(lang, "beteiligt", "Joined"),
    ]);
    for row in cases {
        let case = row.case.clone().unwrap_or_default();
        let counts = row.counts.unwrap_or_default();
        let mut at_hub = text::case_at_hub(lang, row.at_hub()).to_owned();
        if let Some(refusal) = &row.refusal {
            at_hub = format!("{at_hub}: {}", text::refusal(lang, refusal));
        }
        table.add_row([
            case.number.clone(),
            text::case_kind(lang, case.kind()).to_owned(),
            text::case_state(lang, row.state()).to_owned(),
            at_hub,
            text::time(lang, row.opened_at_us),
            row.opened_by.clone(),
            text::count(lang, counts.rows),
            text::count(lang, counts.waiting),
            text::count(lang, counts.new),
            text::count(lang, counts.joined),
        ]);
    }
    table::right(&mut table, 6..10);
    screen.line(table.to_string())
}
