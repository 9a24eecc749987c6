//! `outcome complain`: somebody complains.

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
pub(in crate::cli) struct Complain {
    #[command(flatten)]
    deciding: Deciding,
    /// Who, in a word
    #[arg(long, value_name = "NAME")]
    by: String,
    /// When; without it now
    #[arg(long, value_parser = moment::instant, value_name = "TIME")]
    at: Option<i64>,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
}

impl Complain {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::ReportComplaint(v1::ReportComplaint {
            by: self.by,
            received_at_us: self.at.unwrap_or_else(|| Clock::system().now_us()),
            reference: self.reference,
        });
        decide(context, self.deciding, decision).await
    }
}
