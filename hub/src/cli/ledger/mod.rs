//! `ledger`: what was recorded, whether it is whole, and who signs it.

mod checkpoint;
mod epoch;
mod key;
mod show;
mod verify;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum LedgerVerb {
    /// Show what a leaf commits to.
    Show {
        /// Its index.
        index: u64,
    },
    /// Verify the whole ledger in the database, beside the running hub or without it; exit code 1 if something is wrong.
    Verify,
    /// Publish the newest checkpoint, and print it with its cosignatures.
    Checkpoint,
    /// Begin a log epoch: the cure of a restored database that is behind what was signed.
    NewEpoch {
        /// Why; kept in the ledger.
        #[arg(long)]
        reason: String,
        /// Who decided it; kept in the ledger.
        #[arg(long)]
        officer: String,
        /// A newer checkpoint than the high-water mark, as a node has kept it (a signed note).
        #[arg(long)]
        witnessed: Option<PathBuf>,
    },
    /// Put another key in office; its leaf is signed by both, and the key before stays beside it as `….old`.
    RotateKey {
        /// The new key (Ed25519, PKCS#8 in PEM); made if it is not there.
        #[arg(long)]
        new: PathBuf,
    },
}

pub(super) async fn run(config: &Path, json: bool, verb: LedgerVerb) -> anyhow::Result<ExitCode> {
    match verb {
        LedgerVerb::Show { index } => show::run(config, json, index).await,
        LedgerVerb::Verify => verify::run(config, json).await,
        LedgerVerb::Checkpoint => checkpoint::run(config, json).await,
        LedgerVerb::NewEpoch { reason, officer, witnessed } => {
            epoch::run(config, json, reason, officer, witnessed).await
        }
        LedgerVerb::RotateKey { new } => key::run(config, json, &new).await,
    }
}
