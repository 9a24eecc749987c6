//! `own decline`: declines the ownership.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Decline {
    #[command(flatten)]
    deciding: Deciding,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Decline {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::DeclineOwnership(v1::DeclineOwnership { reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
