//! `hold lift`: no longer.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Lift {
    #[command(flatten)]
    deciding: Deciding,
    /// This hold alone; without it all the agency's own
    #[arg(long = "hold", default_value = "", hide_default_value = true, value_name = "ID")]
    hold_id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Lift {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::LiftHold(v1::LiftHold { hold_id: self.hold_id, reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
