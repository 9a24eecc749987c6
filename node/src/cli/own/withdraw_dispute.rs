//! `own withdraw-dispute`: takes a dispute back.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct WithdrawDispute {
    #[command(flatten)]
    deciding: Deciding,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
}

impl WithdrawDispute {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::WithdrawDispute(v1::WithdrawDispute { reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
