//! `hold`: not yet. One verb, one file.

mod lift;
mod list;
mod place;
mod renew;

use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Hold {
    /// Place a hold; it is in force once the hub has answered
    Place(place::Place),
    /// Give holds another end; a lapsed one is in force again
    Renew(renew::Renew),
    /// Lift holds
    Lift(lift::Lift),
    /// List targets with holds
    List(list::List),
}

impl Hold {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Place(verb) => verb.run(context).await,
            Self::Renew(verb) => verb.run(context).await,
            Self::Lift(verb) => verb.run(context).await,
            Self::List(verb) => verb.run(context).await,
        }
    }
}
