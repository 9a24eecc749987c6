//! `own accept`: accepts the ownership.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Accept {
    #[command(flatten)]
    deciding: Deciding,
}

impl Accept {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::AcceptOwnership(v1::AcceptOwnership {});
        decide(context, self.deciding, decision).await
    }
}
