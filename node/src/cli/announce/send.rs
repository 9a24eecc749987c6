//! `announce notice`, `announce hold`.

use meldeverbund_proto::{node::v1::AnnounceRequest, v1::AnnouncementKind};
use serde_json::json;

use crate::{
    cli::{Exit, context::Context, decide::moment, error::CliError, json, query::Why, signed_in::SignedIn},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Send {
    /// The link in any spelling, or `link-id:…`
    #[arg(value_name = "LINK")]
    about: String,
    #[command(flatten)]
    why: Why,
    /// For a hold: until when; for a notice: when it is to leave; a date includes its day
    #[arg(long = "until", value_parser = moment::end, value_name = "TIME")]
    announced_for: Option<i64>,
    /// To the central office
    #[arg(long = "note", default_value = "", hide_default_value = true, value_name = "TEXT")]
    to_centre: String,
    #[command(flatten)]
    signed_in: SignedIn,
}

impl Send {
    pub(super) async fn run(self, context: &Context, kind: AnnouncementKind) -> Result<Exit, CliError> {
        let request = AnnounceRequest {
            kind: kind.into(),
            purpose: Some(self.why.purpose()),
            selector: self.about,
            at_us: self.announced_for.unwrap_or(0),
            note: self.to_centre,
        };
        let answer = context.liaison_desk(&self.signed_in).await?.announce(request).await?.into_inner();
        let (lang, mut screen) = (context.lang, context.screen());
        if context.json {
            screen.json(&json!({
                "announcement": answer.announcement_id,
                "recorded_at": json::time(answer.recorded_at_us),
            }))?;
        } else {
            let (what, id) = (text::announcement_kind(lang, kind), &answer.announcement_id);
            screen.line(say(
                lang,
                format!("Die Zentralstelle hat es: {what} ({id}). Stand: meldeverbund-node announce list"),
                format!(
                    "The central office has it: {what} ({id}). How it stands: meldeverbund-node announce list"
                ),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
