//! `grant`: the permission to notify the provider. One verb, one file.

mod give_back;
mod list;
mod request;

use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Grant {
    /// Ask for the permission to notify the provider; needs the hub
    Request(request::Request),
    /// Give the permission back unused; needs the hub
    Return(give_back::Return),
    /// List targets with a live grant
    List(list::List),
}

impl Grant {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Request(verb) => verb.run(context).await,
            Self::Return(verb) => verb.run(context).await,
            Self::List(verb) => verb.run(context).await,
        }
    }
}
