//! Targets as lists show them: what to do, by when, and the verb to type.

use meldeverbund_proto::{
    node::v1::{ListTargetsRequest, TargetRow},
    v1::AgencyCard,
};

use super::{
    Exit,
    context::Context,
    decide::choice::{RoleName, StageName, Word},
    error::CliError,
    screen::Screen,
    table,
    target_json::row_json,
    target_text::remarks,
};
use crate::text::{self, Lang, say};

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

/// An agency's name, or its id where the name is not known.
pub(super) fn name(id: &str, agencies: &[AgencyCard]) -> String {
    let card = agencies.iter().find(|card| card.agency_id == id && !card.name.is_empty());
    card.map_or_else(|| id.to_owned(), |card| card.name.clone())
}
