//! `notice incident`: a notice left without an intent.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide, moment},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Incident {
    #[command(flatten)]
    deciding: Deciding,
    /// When it left
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: i64,
    /// Who got it
    #[arg(long, value_name = "NAME")]
    recipient: String,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
    /// How that came about
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Incident {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReportIncident(v1::ReportIncident {
            sent_at_us: self.at,
            recipient: self.recipient,
            reference: self.reference,
            reason: self.reason,
        });
        decide(context, self.deciding, decision).await
    }
}
