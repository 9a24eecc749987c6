//! `gate provider-data`: what became of the provider's data.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{
        Deciding,
        choice::{ProviderDataName, Word},
        decide,
    },
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ProviderData {
    #[command(flatten)]
    deciding: Deciding,
    /// What became of them
    #[arg(long = "state", value_enum)]
    provider_data: ProviderDataName,
    /// The agency's or the other side's reference
    #[arg(long, default_value = "", hide_default_value = true, value_name = "REFERENCE")]
    reference: String,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
}

impl ProviderData {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::SettleProviderData(v1::SettleProviderData {
            state: self.provider_data.number(),
            reference: self.reference,
            reason: self.reason,
        });
        decide(context, self.deciding, decision).await
    }
}
