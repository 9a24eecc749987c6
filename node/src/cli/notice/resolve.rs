//! `notice resolve`: what became of a notice.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide, moment},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Resolve {
    #[command(flatten)]
    deciding: Deciding,
    /// This intent alone; without it the notices under way as last told
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    intent: String,
    /// It has left
    #[arg(long = "sent", required_unless_present = "not_sent")]
    was_sent: bool,
    /// It has not left
    #[arg(long, conflicts_with = "was_sent")]
    not_sent: bool,
    /// When it left, if known
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// How that is known
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Resolve {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ResolveIntent(v1::ResolveIntent {
            intent_id: self.intent,
            was_sent: self.was_sent,
            sent_at_us: self.at.unwrap_or(0),
            reason: self.reason,
        });
        decide(context, self.deciding, decision).await
    }
}
