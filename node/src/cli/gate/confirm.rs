//! `gate confirm`: the second officer confirms.

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
pub(in crate::cli) struct Confirm {
    #[command(flatten)]
    deciding: Deciding,
    /// Which gate's record
    #[arg(long, value_enum)]
    gate: GateName,
}

impl Confirm {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::Confirm(v1::Confirm { gate: self.gate.number() });
        decide(context, self.deciding, decision).await
    }
}
