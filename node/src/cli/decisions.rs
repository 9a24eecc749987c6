//! `decisions`: what was decided here and what became of it; with a number, target by target.

use meldeverbund_proto::node::v1::{DecidedTarget, ListDecisionsRequest, ReportDecisionRequest};
use serde_json::{Value, json};

use super::{Exit, context::Context, decide::show_row, error::CliError, json, table};
use crate::text::{self, Lang, say};

#[derive(Debug, clap::Args)]
pub(super) struct Decisions {
    /// The decision, target by target
    #[arg(value_name = "NUMBER")]
    decision: Option<u64>,
    /// Only those that wait for the hub or for a person
    #[arg(long)]
    open: bool,
    /// Rows of a page
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
    /// Only those before this number
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "NUMBER")]
    before: u64,
}

impl Decisions {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self.decision {
            Some(decision) => report(context, decision).await,
            None => self.list(context).await,
        }
    }

    async fn list(self, context: &Context) -> Result<Exit, CliError> {
        let request =
            ListDecisionsRequest { only_open: self.open, page_size: self.limit, before: self.before };
        let rows = context.desk().await?.list_decisions(request).await?.into_inner().decisions;
        let mut screen = context.screen();
        for row in &rows {
            show_row(&mut screen, context, row)?;
        }
        if rows.is_empty() && !context.json {
            screen.line(say(context.lang, "Keine Entscheidungen.", "No decisions."))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

async fn report(context: &Context, decision: u64) -> Result<Exit, CliError> {
    let request = ReportDecisionRequest { decision, with_referrals: false };
    let mut pages = context.desk().await?.report_decision(request).await?.into_inner();
    let mut screen = context.screen();
    while let Some(page) = pages.message().await? {
        if context.json {
            for target in &page.targets {
                screen.json(&to_json(target))?;
            }
            continue;
        }
        let mut rows = table::table([
            say(context.lang, "Löschobjekt", "Target"),
            say(context.lang, "Ergebnis", "Outcome"),
            say(context.lang, "Stand", "Stage"),
        ]);
        for target in &page.targets {
            let stage = target.answer.as_ref().map_or("", |answer| text::stage(context.lang, answer.stage()));
            rows.add_row([target.target_id.clone(), outcome(context.lang, target), stage.to_owned()]);
        }
        screen.line(rows.to_string())?;
    }
    screen.flush()?;
    Ok(Exit::Done)
}

fn outcome(lang: Lang, target: &DecidedTarget) -> String {
    let refusal = target.answer.as_ref().map_or(&target.refusal, |answer| &answer.refusal);
    match (refusal, &target.answer) {
        (Some(refusal), _) => text::refusal(lang, refusal),
        (None, Some(_)) => say(lang, "wirksam", "took effect").to_owned(),
        (None, None) => say(lang, "noch ohne Antwort", "no answer yet").to_owned(),
    }
}

fn to_json(target: &DecidedTarget) -> Value {
    let answer = target.answer.as_ref();
    let refusal = answer.map_or(target.refusal.as_ref(), |answer| answer.refusal.as_ref());
    json!({
        "target": target.target_id,
        "command": target.command_id,
        "answered": answer.is_some(),
        "taken": answer.is_some_and(|answer| answer.refusal.is_none()),
        "refusal": json::refusal(refusal),
        "stage": answer.map_or(Value::Null, |answer| json::name(answer.stage().as_str_name(), "STAGE_")),
        "round": answer.map(|answer| answer.round),
        "fence": answer.map(|answer| answer.fence).filter(|fence| *fence != 0),
    })
}
