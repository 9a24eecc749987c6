//! `gate adopt`: takes over gates.

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
pub(in crate::cli) struct Adopt {
    #[command(flatten)]
    deciding: Deciding,
    /// This gate, several times if needed; none: all but the release
    #[arg(long = "gate", value_enum)]
    gates: Vec<GateName>,
}

impl Adopt {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::AdoptGates(v1::AdoptGates {
            gates: self.gates.into_iter().map(Word::number).collect(),
        });
        decide(context, self.deciding, decision).await
    }
}
