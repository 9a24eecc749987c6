//! `announce list`.

use meldeverbund_proto::{
    node::v1::{AnnouncementRow, ListAnnouncementsRequest},
    v1::AnnouncementState,
};
use serde_json::{Value, json};

use crate::{
    cli::{Exit, context::Context, error::CliError, json, table, work::name},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ListAnnouncementsRequest { limit: self.limit };
        let answer =
            context.liaison_desk_without_token().await?.list_announcements(request).await?.into_inner();
        let (lang, mut screen) = (context.lang, context.screen());
        if context.json {
            for row in &answer.announcements {
                screen.json(&row_json(row))?;
            }
        } else if answer.announcements.is_empty() {
            screen.line(say(lang, "Nichts.", "Nothing."))?;
        } else {
            let mut rows = table::table([
                say(lang, "wann", "When"),
                say(lang, "wer", "Who"),
                say(lang, "was", "What"),
                say(lang, "Stand", "State"),
                say(lang, "Antwort", "Answer"),
                say(lang, "Kennung", "Id"),
            ]);
            for row in &answer.announcements {
                let one = row.announcement.clone().unwrap_or_default();
                rows.add_row([
                    text::time(lang, one.recorded_at_us),
                    name(&row.agency_id, &answer.agencies),
                    text::announcement_kind(lang, one.kind()).to_owned(),
                    text::announcement_state(lang, one.state()).to_owned(),
                    one.answer,
                    one.announcement_id,
                ]);
            }
            screen.line(rows.to_string())?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// An announcement for programs.
pub(in crate::cli) fn row_json(row: &AnnouncementRow) -> Value {
    let one = row.announcement.clone().unwrap_or_default();
    json!({
        "announcement": one.announcement_id,
        "agency": json::text(&row.agency_id),
        "recorded_at": json::time(one.recorded_at_us),
        "kind": json::name(one.kind().as_str_name(), "ANNOUNCEMENT_KIND_"),
        "state": json::name(one.state().as_str_name(), "ANNOUNCEMENT_STATE_"),
        "answer": json::text(&one.answer),
    })
}

/// What the central office has to see to, a line each.
pub(in crate::cli) async fn waiting_lines(context: &Context) -> Result<Vec<String>, CliError> {
    let lang = context.lang;
    let request = ListAnnouncementsRequest { limit: 0 };
    let answer = context.liaison_desk_without_token().await?.list_announcements(request).await?.into_inner();
    let line = |row: &AnnouncementRow| {
        let one = row.announcement.as_ref()?;
        // Only at the central office is there somebody else's.
        let open = one.state() == AnnouncementState::Received && !row.agency_id.is_empty();
        let (who, what) = (name(&row.agency_id, &answer.agencies), text::announcement_kind(lang, one.kind()));
        let (when, id) = (text::time(lang, one.recorded_at_us), &one.announcement_id);
        open.then(|| format!("{who}: {what}, {when} ({id})"))
    };
    Ok(answer.announcements.iter().filter_map(line).collect())
}
