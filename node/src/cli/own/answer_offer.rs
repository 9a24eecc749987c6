//! `own answer-offer`: takes or refuses an offer.

use meldeverbund_proto::{node::v1::decide_request::Decision, v1};

use crate::cli::{
    Exit,
    context::Context,
    decide::{Deciding, decide},
    error::CliError,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct AnswerOffer {
    #[command(flatten)]
    deciding: Deciding,
    /// Take it
    #[arg(long, required_unless_present = "refuse")]
    take: bool,
    /// Refuse it, and why
    #[arg(long, value_name = "REASON", conflicts_with = "take")]
    refuse: Option<String>,
}

impl AnswerOffer {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let decision = Decision::AnswerOffer(v1::AnswerOffer {
            accepted: self.take,
            reason: self.refuse.unwrap_or_default(),
        });
        decide(context, self.deciding, decision).await
    }
}
