//! `notice failed`: the notice could not be sent.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Failed {
    #[command(flatten)]
    deciding: Deciding,
    /// This intent alone; without it the notices under way as last told
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    intent: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Failed {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision =
            Decision::ReportFailed(v1::ReportFailed { intent_id: self.intent, reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
