//! `resend`: tries again what the hub refused, once a person has seen to the reason.

use meldeverbund_proto::node::v1::ResendRequest;
use serde_json::json;

use super::{Exit, context::Context, error::CliError};
use crate::text::{self, say};

#[derive(Debug, clap::Args)]
pub(super) struct Resend {
    /// Only this submission (`status` shows it)
    #[arg(long, default_value = "", value_name = "ID", conflicts_with = "case")]
    submission: String,
    /// Only this case
    #[arg(long, default_value = "", value_name = "NUMBER")]
    case: String,
}

impl Resend {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ResendRequest { submission_id: self.submission, case_number: self.case };
        let answer = context.desk().await?.resend(request).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            screen
                .json(&json!({ "submissions": answer.submissions, "case_commands": answer.case_commands }))?;
        } else {
            let lang = context.lang;
            let (submissions, commands) =
                (text::count(lang, answer.submissions), text::count(lang, answer.case_commands));
            screen.line(say(
                lang,
                format!("Wieder in der Warteschlange: Pakete: {submissions}, Vorgangsmeldungen: {commands}."),
                format!("Back in the queue: submissions: {submissions}, case commands: {commands}."),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
