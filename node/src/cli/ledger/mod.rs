//! `ledger`: what the office can say of the ledger, with the hub and without it.

mod alarm;
mod export;
mod prove;
mod show;
mod status;
mod verify;

use super::{Exit, context::Context, error::CliError};

pub(super) use self::status::{alarm_line, not_pinned, state_json};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Ledger {
    /// Tell how the ledger stands: keys, the newest checkpoint, receipts, alarms
    Status(status::Status),
    /// Show a leaf, proven under the newest checkpoint verified here
    Show(show::Show),
    /// Tell how far it is proven that a link's referrals are in the ledger
    Prove(prove::Prove),
    /// Write what it takes to verify the ledger elsewhere into a folder
    Export(export::Export),
    /// Verify an export; needs neither hub nor node nor configuration
    Verify(verify::Verify),
    /// List and acknowledge what the witness found wrong
    #[command(subcommand)]
    Alarm(alarm::Alarm),
}

impl Ledger {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::Status(verb) => verb.run(context).await,
            Self::Show(verb) => verb.run(context).await,
            Self::Prove(verb) => verb.run(context).await,
            Self::Export(verb) => verb.run(context).await,
            Self::Verify(verb) => verb.run(context),
            Self::Alarm(verb) => verb.run(context).await,
        }
    }
}
