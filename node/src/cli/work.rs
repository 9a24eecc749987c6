//! Targets as lists show them: what to do, by when, and the verb to type.

use meldeverbund_proto::{
    node::v1::{ListTargetsRequest, TargetRow},
    v1::{AgencyCard, TargetView},
};
use serde_json::{Value, json};

use super::{
    Exit,
    context::Context,
    decide::choice::{RoleName, StageName, Word},
    error::CliError,
    json,
    screen::Screen,
    table,
};
use crate::text::{self, GATES, Lang, say};

/// Which targets, and how many.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Page {
    /// Only this case (Vorgangsnummer)
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NUMBER")]
    case: String,
    /// Only with a link on this host
    #[arg(long, default_value = "", hide_default_value = true, value_name = "HOST")]
    host: String,
    /// Only this stage
    #[arg(long, value_enum)]
    stage: Option<StageName>,
    /// Only with this role of the agency
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// Only this owner's agency id
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    owner: String,
    /// Rows of a page
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
    /// Go on after an earlier page, as it says
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TOKEN")]
    after: String,
    /// All pages
    #[arg(long)]
    all: bool,
    /// Links as they are, clickable
    #[arg(long)]
    full: bool,
}

/// Lists targets; what the verb itself asks for is in `request`.
pub(super) async fn list(
    context: &Context,
    page: Page,
    request: ListTargetsRequest,
) -> Result<Exit, CliError> {
    let mut desk = context.desk().await?;
    let mut screen = context.screen();
    let mut request = page.narrow(request);
    loop {
        let answer = desk.list_targets(request.clone()).await?.into_inner();
        if context.json {
            for row in &answer.targets {
                screen.json(&row_json(row))?;
            }
        } else if !answer.targets.is_empty() {
            show(&mut screen, context.lang, &answer.targets, &answer.agencies, page.full)?;
        } else if request.page_token.is_empty() {
            screen.line(say(context.lang, "Nichts.", "Nothing."))?;
        }
        screen.flush()?;
        if answer.next_page_token.is_empty() {
            return Ok(Exit::Done);
        }
        if !page.all {
            let token = answer.next_page_token;
            // Beside the rows, so that a program reads rows alone.
            eprintln!(
                "{}",
                say(context.lang, format!("Weiter: --after {token}"), format!("More: --after {token}"))
            );
            return Ok(Exit::Done);
        }
        request.page_token = answer.next_page_token;
    }
}

impl Page {
    fn narrow(&self, request: ListTargetsRequest) -> ListTargetsRequest {
        let stage = if self.stage.is_some() { self.stage.number() } else { request.stage };
        ListTargetsRequest {
            case_number: self.case.clone(),
            host: self.host.clone(),
            stage,
            role: self.role.number(),
            owner_agency_id: self.owner.clone(),
            page_size: if self.all { 1_000 } else { self.limit },
            page_token: self.after.clone(),
            ..request
        }
    }
}

fn show(
    screen: &mut Screen,
    lang: Lang,
    rows: &[TargetRow],
    agencies: &[AgencyCard],
    full: bool,
) -> Result<(), CliError> {
    let mut table = table::table([
        say(lang, "bis", "By"),
        say(lang, "zu tun", "To do"),
        say(lang, "Befehl", "Verb"),
        "Link",
        say(lang, "Vorgang", "Case"),
        say(lang, "Stand", "Stage"),
        say(lang, "zuständig", "Owner"),
        say(lang, "Löschobjekt", "Target"),
    ]);
    for row in rows {
        let view = row.view.clone().unwrap_or_default();
        let first = view.due.first();
        let by = match first {
            Some(due) if due.by_us == 0 => say(lang, "sofort", "now").to_owned(),
            Some(due) => text::time(lang, due.by_us),
            None => String::new(),
        };
        let by = if view.urgent { format!("{} {by}", say(lang, "EILT", "URGENT")) } else { by };
        let link = row.links.first();
        let shown = link
            .map_or_else(String::new, |own| if full { own.link.clone() } else { table::defanged(&own.link) });
        table.add_row([
            by,
            first.map_or("", |due| text::due(lang, due.kind())).to_owned(),
            first.map_or("", |due| text::due_verb(due.kind())).to_owned(),
            shown,
            link.map_or_else(String::new, |own| own.case_number.clone()),
            remarks(lang, &view),
            name(&view.owner_agency_id, agencies),
            view.target_id,
        ]);
    }
    screen.line(table.to_string())
}

/// The stage, and what is remarkable about it.
pub(super) fn remarks(lang: Lang, view: &TargetView) -> String {
    let mut text = text::stage(lang, view.stage()).to_owned();
    let mut add = |remark: &str| {
        text.push_str(", ");
        text.push_str(remark);
    };
    if view.outcome != 0 {
        add(text::round_outcome(lang, view.outcome()));
    }
    for hold in &view.holds {
        let until = text::time(lang, hold.until_us);
        add(&match hold.lapsed {
            true => {
                say(lang, format!("Löschaufschub abgelaufen ({until})"), format!("hold lapsed ({until})"))
            }
            false => say(lang, format!("Löschaufschub bis {until}"), format!("hold until {until}")),
        });
    }
    match &view.intent {
        Some(intent) if intent.failed => add(say(lang, "Versand gescheitert", "notice failed")),
        Some(intent) if intent.in_doubt => add(say(lang, "Versand ungewiss", "notice in doubt")),
        Some(_) => add(say(lang, "Mitteilung unterwegs", "notice under way")),
        None => {}
    }
    if view.grant_until_us != 0 {
        let until = text::time(lang, view.grant_until_us);
        add(&say(lang, format!("Versandberechtigung bis {until}"), format!("grant until {until}")));
    }
    text
}

/// What is known of a target in full, line by line.
pub(super) fn details(lang: Lang, view: &TargetView) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for ((de, en), state) in GATES.iter().zip(view.gates()) {
        lines.push((say(lang, *de, *en).to_owned(), text::gate_state(lang, state).to_owned()));
    }
    for refusal in &view.missing {
        lines.push((say(lang, "fehlt noch", "still missing").to_owned(), text::refusal(lang, refusal)));
    }
    for due in &view.due {
        let by = if due.by_us == 0 { String::new() } else { format!(" ({})", text::time(lang, due.by_us)) };
        let what = format!("{}{by}: {}", text::due(lang, due.kind()), text::due_verb(due.kind()));
        lines.push((say(lang, "fällig", "due").to_owned(), what));
    }
    lines
}

/// An agency's name, or its id where the name is not known.
pub(super) fn name(id: &str, agencies: &[AgencyCard]) -> String {
    let card = agencies.iter().find(|card| card.agency_id == id && !card.name.is_empty());
    card.map_or_else(|| id.to_owned(), |card| card.name.clone())
}

fn row_json(row: &TargetRow) -> Value {
    let view = row.view.clone().unwrap_or_default();
    let mut value = view_json(&view);
    value["told_at"] = json::time(row.told_at_us);
    let links = row.links.iter().map(|own| json!({ "link": own.link, "case": own.case_number }));
    value["links"] = Value::from(links.collect::<Vec<_>>());
    value
}

/// A view as JSON.
pub(super) fn view_json(view: &TargetView) -> Value {
    let gates: serde_json::Map<String, Value> = ["assessed", "evidence", "provider_data", "released"]
        .into_iter()
        .zip(view.gates())
        .map(|(gate, state)| (gate.to_owned(), json::name(state.as_str_name(), "GATE_STATE_")))
        .collect();
    let holds = view.holds.iter().map(|hold| {
        json!({ "hold": hold.hold_id, "agency": hold.agency_id, "until": json::time(hold.until_us), "lapsed": hold.lapsed })
    });
    let windows = view.windows.iter().map(|window| {
        json!({
            "agency": window.agency_id,
            "until": json::time(window.until_us),
            "consent_required": window.consent_required,
        })
    });
    let due = view.due.iter().map(|due| {
        json!({
            "what": json::name(due.kind().as_str_name(), "DUE_KIND_"),
            "by": json::time(due.by_us),
            "verb": text::due_verb(due.kind()),
        })
    });
    json!({
        "target": view.target_id,
        "role": json::name(view.role().as_str_name(), "ROLE_"),
        "stage": json::name(view.stage().as_str_name(), "STAGE_"),
        "round": view.round,
        "owner": json::text(&view.owner_agency_id),
        "basis": json::name(view.owner_basis().as_str_name(), "OWNER_BASIS_"),
        "responsibility": json::name(view.responsibility().as_str_name(), "RESPONSIBILITY_"),
        "claimed": json::text(&view.claimed_agency_id),
        "gates": gates,
        "holds": holds.collect::<Vec<_>>(),
        "windows": windows.collect::<Vec<_>>(),
        "fence": (view.fence != 0).then_some(view.fence),
        "grant_until": json::time(view.grant_until_us),
        "intent": view.intent.as_ref().map(|intent| json!({
            "intent": intent.intent_id,
            "since": json::time(intent.since_us),
            "in_doubt": intent.in_doubt,
            "failed": intent.failed,
        })),
        "notices": view.notices,
        "incidents": view.incidents,
        "notified_elsewhere": view.notified_elsewhere,
        "complaint_open": view.complaint_open,
        "outcome": json::name(view.outcome().as_str_name(), "OUTCOME_"),
        "missing": view.missing.iter().map(|refusal| json::refusal(Some(refusal))).collect::<Vec<_>>(),
        "due": due.collect::<Vec<_>>(),
        "urgent": view.urgent,
    })
}
