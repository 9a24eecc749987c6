//! `hold renew`: another end.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide, moment},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Renew {
    #[command(flatten)]
    deciding: Deciding,
    /// This hold alone; without it all the agency's own
    #[arg(long = "hold", default_value = "", hide_default_value = true, value_name = "ID")]
    hold_id: String,
    /// Until when; a date includes its day
    #[arg(long, value_parser = moment::end, value_name = "TIME")]
    until: Option<i64>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Renew {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::RenewHold(v1::RenewHold {
            hold_id: self.hold_id,
            until_us: self.until.unwrap_or(0),
            reason: self.reason,
        });
        decide(context, self.deciding, decision).await
    }
}
