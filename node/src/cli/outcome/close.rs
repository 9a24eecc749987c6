//! `outcome close`: closes the round.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{
        Deciding,
        choice::{OutcomeName, Word},
        decide,
    },
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Close {
    #[command(flatten)]
    deciding: Deciding,
    /// How it ends
    #[arg(long, value_enum)]
    outcome: OutcomeName,
    /// How that is known
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Close {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision =
            Decision::CloseRound(v1::CloseRound { outcome: self.outcome.number(), reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
