//! `announce`: what a liaison body tells the central office beside its questions.

mod list;
mod send;

use meldeverbund_proto::v1::AnnouncementKind;

pub(super) use self::list::{row_json, waiting_lines};
use super::{Exit, context::Context, error::CliError};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Announce {
    /// Announce that your body intends to notify the provider itself
    Notice(send::Send),
    /// Ask for a hold, which the central office places on your body's behalf
    Hold(send::Send),
    /// List announcements with what became of them
    List(list::List),
}

impl Announce {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Notice(verb) => verb.run(context, AnnouncementKind::IntendedNotice).await,
            Self::Hold(verb) => verb.run(context, AnnouncementKind::HoldAsked).await,
            Self::List(verb) => verb.run(context).await,
        }
    }
}
