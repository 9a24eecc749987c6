//! `own consent`: ends an objection window.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Consent {
    #[command(flatten)]
    deciding: Deciding,
    /// Whose window; only the central office names another one
    #[arg(long = "agency", default_value = "", hide_default_value = true, value_name = "AGENCY")]
    window_of: String,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
}

impl Consent {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::Consent(v1::Consent { agency_id: self.window_of, reason: self.reason });
        decide(context, self.deciding, decision).await
    }
}
