//! `resend`: tries again what the hub refused, once a person has seen to the reason.

use meldeverbund_proto::node::v1::ResendRequest;
use serde_json::json;

use super::{Exit, context::Context, error::CliError};
use crate::text::{self, say};

#[derive(Debug, clap::Args)]
pub(super) struct Resend {
    /// Only this submission (`status` shows it)
    #[arg(long, default_value = "", value_name = "ID", conflicts_with_all = ["case", "decision"])]
    submission: String,
    /// Only this case
    #[arg(long, default_value = "", value_name = "NUMBER")]
    case: String,
    /// Only this decision
    #[arg(
        long,
        default_value_t = 0,
        hide_default_value = true,
        value_name = "NUMBER",
        conflicts_with = "case"
    )]
    decision: u64,
}

impl Resend {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request =
            ResendRequest { submission_id: self.submission, case_number: self.case, decision: self.decision };
        let answer = context.desk().await?.resend(request).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            screen.json(&json!({
                "submissions": answer.submissions,
                "case_commands": answer.case_commands,
                "decisions": answer.decisions,
            }))?;
        } else {
            let lang = context.lang;
            let (submissions, commands) =
                (text::count(lang, answer.submissions), text::count(lang, answer.case_commands));
            let decisions = text::count(lang, answer.decisions);
            screen.line(say(
                lang,
                format!("Wieder in der Warteschlange: Pakete: {submissions}, Vorgangsmeldungen: {commands}, Teile von Entscheidungen: {decisions}."),
                format!("Back in the queue: submissions: {submissions}, case commands: {commands}, parts of decisions: {decisions}."),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
