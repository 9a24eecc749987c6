//! `outcome settle`: answers a complaint.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Settle {
    #[command(flatten)]
    deciding: Deciding,
    /// It succeeds; the round ends as contested
    #[arg(long, required_unless_present = "rejected")]
    upheld: bool,
    /// It does not succeed
    #[arg(long, conflicts_with = "upheld")]
    rejected: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Settle {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision =
            Decision::SettleComplaint(v1::SettleComplaint { upheld: self.upheld, reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
