//! `explain`: why an agency is or was responsible for a target, and what happened, told by the hub.

use meldeverbund_proto::{
    node::v1::{ExplainTargetRequest, ExplainTargetResponse, ListLiaisonAskedRequest},
    v1::{self, AgencyCard, TimelineEntry},
};
use serde_json::{Value, json};

use super::{Exit, asked, context::Context, error::CliError, json, screen::Screen, show, table, work::name};
use crate::text::{self, Lang, say};

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A link in any spelling, defanged ones included, or a target's id
    #[arg(value_name = "LINK")]
    link: String,
    /// The instant: the ledger index of its last leaf [default: now]
    #[arg(long = "at", default_value_t = 0, hide_default_value = true, value_name = "LEAF")]
    at_leaf: u64,
}

impl Explain {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ExplainTargetRequest { link_or_target: self.link, at_leaf: self.at_leaf };
        let answer = context.desk().await?.explain_target(request).await?.into_inner();
        let asked = ListLiaisonAskedRequest { link_or_target: answer.target_id.clone(), limit: 0 };
        let asked = context.liaison_desk_without_token().await?.list_liaison_asked(asked).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            let mut explained = to_json(&answer);
            explained["liaison_asked"] = asked.asked.iter().map(asked::to_json).collect();
            screen.json(&explained)?;
        } else {
            print(&mut screen, context.lang, &answer)?;
            if !asked.asked.is_empty() {
                asked::show(&mut screen, context.lang, &asked.asked, &asked.agencies)?;
            }
        }
        screen.flush()?;
        Ok(if answer.explanation.is_some() { Exit::Done } else { Exit::Interrupted })
    }
}

fn print(screen: &mut Screen, lang: Lang, answer: &ExplainTargetResponse) -> Result<(), CliError> {
    match &answer.explanation {
        Some(told) => history(screen, lang, told, &answer.agencies),
        None => {
            screen.line(say(
                lang,
                "Der Hub ist nicht erreichbar; die Vorgeschichte kennt nur er. Zuletzt bekannt:",
                "The hub is away, and it alone knows the history. Last told:",
            ))?;
            match &answer.last_told {
                Some(target) => show::card(screen, lang, target, &answer.agencies),
                None => Ok(()),
            }
        }
    }
}

fn history(
    screen: &mut Screen,
    lang: Lang,
    told: &v1::ExplainTargetResponse,
    agencies: &[AgencyCard],
) -> Result<(), CliError> {
    let (owner, basis) = (name(&told.owner_agency_id, agencies), text::owner_basis(lang, told.owner_basis()));
    let firm = text::responsibility(lang, told.responsibility());
    screen.line(say(
        lang,
        format!("Zuständig: {owner}, weil {basis} ({firm})"),
        format!("Owner: {owner}, because of {basis} ({firm})"),
    ))?;
    let mut rules =
        table::table([say(lang, "Regel", "Rule"), say(lang, "greift", "Fits"), say(lang, "Grund", "Reason")]);
    for rule in &told.rules {
        let fits = if rule.fits { say(lang, "ja", "yes") } else { say(lang, "nein", "no") };
        rules.add_row([rule.rule.as_str(), fits, rule.reason.as_str()]);
    }
    screen.line(rules.to_string())?;
    let mut timeline = table::table([
        say(lang, "Nr.", "Leaf"),
        say(lang, "wann", "When"),
        say(lang, "wer", "Who"),
        say(lang, "was", "What"),
        say(lang, "Stand danach", "Stage after"),
        say(lang, "zuständig danach", "Owner after"),
        say(lang, "Einzelheiten", "Details"),
    ]);
    for entry in &told.timeline {
        timeline.add_row(timeline_row(lang, entry, agencies));
    }
    table::right(&mut timeline, [0]);
    screen.line(timeline.to_string())
}

fn timeline_row(lang: Lang, entry: &TimelineEntry, agencies: &[AgencyCard]) -> [String; 7] {
    let who = match entry.agency_id.as_str() {
        "" => "–".to_owned(),
        id => name(id, agencies),
    };
    [
        entry.leaf_index.to_string(),
        text::time(lang, entry.recorded_at_us),
        who,
        text::decision(lang, &entry.what).to_owned(),
        format!("{} ({})", text::stage(lang, entry.stage()), entry.round),
        name(&entry.owner_agency_id, agencies),
        entry.detail.clone(),
    ]
}

fn to_json(answer: &ExplainTargetResponse) -> Value {
    let explanation = answer.explanation.as_ref().map(|told| {
        let rules = told.rules.iter().map(|r| json!({ "rule": r.rule, "fits": r.fits, "reason": r.reason }));
        json!({
            "owner": json::text(&told.owner_agency_id),
            "basis": json::name(told.owner_basis().as_str_name(), "OWNER_BASIS_"),
            "responsibility": json::name(told.responsibility().as_str_name(), "RESPONSIBILITY_"),
            "rules": rules.collect::<Vec<_>>(),
            "timeline": told.timeline.iter().map(entry_json).collect::<Vec<_>>(),
        })
    });
    json!({
        "target": answer.target_id,
        "asked_hub": explanation.is_some(),
        "explanation": explanation,
        "hub": answer.hub.as_ref().map(json::hub),
        "last_told": answer.last_told.as_ref().map(show::card_json),
        "agencies": answer.agencies.iter().map(json::agency).collect::<Vec<_>>(),
    })
}

fn entry_json(entry: &TimelineEntry) -> Value {
    json!({
        "leaf": entry.leaf_index,
        "at": json::time(entry.recorded_at_us),
        "agency": json::text(&entry.agency_id),
        "what": entry.what,
        "round": entry.round,
        "stage": json::name(entry.stage().as_str_name(), "STAGE_"),
        "owner": json::text(&entry.owner_agency_id),
        "basis": json::name(entry.owner_basis().as_str_name(), "OWNER_BASIS_"),
        "responsibility": json::name(entry.responsibility().as_str_name(), "RESPONSIBILITY_"),
        "detail": json::text(&entry.detail),
    })
}
