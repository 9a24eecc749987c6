//! `own offer`: offers the ownership.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Offer {
    #[command(flatten)]
    deciding: Deciding,
    /// To which agency
    #[arg(long, value_name = "AGENCY")]
    to: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Offer {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision =
            Decision::OfferOwnership(v1::OfferOwnership { agency_id: self.to, reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
