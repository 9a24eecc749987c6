//! `notice sent`: the notice has left.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::{
    cli::{
        Exit,
        context::Context,
        decide::{Deciding, decide, moment},
        error::CliError,
    },
    clock::Clock,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Sent {
    #[command(flatten)]
    deciding: Deciding,
    /// This intent alone; without it the notices under way as last told
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    intent: String,
    /// When; without it now
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
}

impl Sent {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReportSent(v1::ReportSent {
            intent_id: self.intent,
            sent_at_us: self.at.unwrap_or_else(|| Clock::system().now_us()),
            reference: self.reference,
        });
        decide(context, self.deciding, decision).await
    }
}
