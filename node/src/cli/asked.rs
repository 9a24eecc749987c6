//! `asked`: which liaison bodies asked about this office's links.

use meldeverbund_proto::{
    node::v1::{LiaisonAskedRow, ListLiaisonAskedRequest},
    v1::AgencyCard,
};
use serde_json::{Value, json};

use super::{Exit, context::Context, error::CliError, json, screen::Screen, table, work::name};
use crate::text::{self, Lang, say};

/// Targets that a row of the table names; more are counted.
const NAMED: usize = 3;

#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// Only about this link in any spelling, or this target
    #[arg(default_value = "", hide_default_value = true, value_name = "LINK")]
    link: String,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
}

impl Asked {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ListLiaisonAskedRequest { link_or_target: self.link, limit: self.limit };
        let answer =
            context.liaison_desk_without_token().await?.list_liaison_asked(request).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            for row in &answer.asked {
                screen.json(&to_json(row))?;
            }
        } else if answer.asked.is_empty() {
            screen.line(say(context.lang, "Nichts.", "Nothing."))?;
        } else {
            show(&mut screen, context.lang, &answer.asked, &answer.agencies)?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// Who asked, as a table.
pub(super) fn show(
    screen: &mut Screen,
    lang: Lang,
    rows: &[LiaisonAskedRow],
    agencies: &[AgencyCard],
) -> Result<(), CliError> {
    let mut asked = table::table([
        say(lang, "wann", "When"),
        say(lang, "wer fragte", "Who asked"),
        say(lang, "Zweck", "Purpose"),
        say(lang, "als Treffer beantwortet", "Answered as hits"),
        say(lang, "nicht sichtbar, als kein Treffer beantwortet", "Not visible, answered as no hit"),
    ]);
    for row in rows {
        asked.add_row([
            text::time(lang, row.asked_at_us),
            name(&row.agency_id, agencies),
            row.purpose_code.clone(),
            some(lang, &row.target_ids),
            some(lang, &row.hidden_target_ids),
        ]);
    }
    screen.line(asked.to_string())
}

fn some(lang: Lang, targets: &[String]) -> String {
    let mut text = targets[..targets.len().min(NAMED)].join(" ");
    if targets.len() > NAMED {
        let more = text::count(lang, (targets.len() - NAMED) as u64);
        text.push_str(&say(lang, format!(" und {more} weitere"), format!(" and {more} more")));
    }
    text
}

/// Who asked, for programs.
pub(super) fn to_json(row: &LiaisonAskedRow) -> Value {
    json!({
        "agency": row.agency_id,
        "asked_at": json::time(row.asked_at_us),
        "purpose": row.purpose_code,
        "hits": row.target_ids,
        "hidden": row.hidden_target_ids,
    })
}
