//! `gate withdraw`: withdraws the agency's own record.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{
        Deciding,
        choice::{GateName, Word},
        decide,
    },
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Withdraw {
    #[command(flatten)]
    deciding: Deciding,
    /// Which gate's record
    #[arg(long, value_enum)]
    gate: GateName,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Withdraw {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision =
            Decision::WithdrawGate(v1::WithdrawGate { gate: self.gate.number(), reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
