//! `grant request`: asks for the grant.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Request {
    #[command(flatten)]
    deciding: Deciding,
}

impl Request {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::RequestGrant(v1::RequestGrant {});
        decide(context, self.deciding, decision).await
    }
}
