//! `outcome`: how a round ends. One verb, one file.

mod check;
mod close;
mod complain;
mod reopen;
mod settle;

use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Outcome {
    /// Close the round with an outcome
    Close(close::Close),
    /// Record a look whether it is gone
    Check(check::Check),
    /// Record a complaint; it re-opens the question, never the record
    Complain(complain::Complain),
    /// Answer the open complaint
    Settle(settle::Settle),
    /// Open the next round: the link was seen again
    Reopen(reopen::Reopen),
}

impl Outcome {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Close(verb) => verb.run(context).await,
            Self::Check(verb) => verb.run(context).await,
            Self::Complain(verb) => verb.run(context).await,
            Self::Settle(verb) => verb.run(context).await,
            Self::Reopen(verb) => verb.run(context).await,
        }
    }
}
