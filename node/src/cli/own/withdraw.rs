//! `own withdraw`: withdraws the agency's case.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Withdraw {
    #[command(flatten)]
    deciding: Deciding,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Withdraw {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::WithdrawReferral(v1::WithdrawReferral {
            case_number: self.deciding.selection.case.clone(),
            reason: self.reason,
        });
        decide(context, self.deciding, decision).await
    }
}
