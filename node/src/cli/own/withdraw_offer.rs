//! `own withdraw-offer`: takes an offer back.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct WithdrawOffer {
    #[command(flatten)]
    deciding: Deciding,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
}

impl WithdrawOffer {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::WithdrawOffer(v1::WithdrawOffer { reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
