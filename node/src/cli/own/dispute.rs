//! `own dispute`: disputes the ownership.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Dispute {
    #[command(flatten)]
    deciding: Deciding,
    /// Which agency should be; may be the own one
    #[arg(long = "for", value_name = "AGENCY")]
    responsible: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Dispute {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::DisputeOwnership(v1::DisputeOwnership {
            agency_id: self.responsible,
            reason: self.reason,
        });
        decide(context, self.deciding, decision).await
    }
}
