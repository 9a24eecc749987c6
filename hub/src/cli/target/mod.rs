//! `target`: what the central office sees of targets, and decides on them.

pub(super) mod decide;
mod explain;
mod ids;
mod list;
mod show;
pub(super) mod words;

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use meldeverbund_proto::{AgencyId, CommandId, TargetId, leaf::Salt};

pub(super) use self::decide::{HoldOn, asked_hold, command_id};
use self::{decide::Decide, ids::Ids};
use super::offline;
use crate::{
    clock::{Clock, now_us},
    flow::{Policies, Views, salt_of},
    serve::Config,
    store::Store,
};

#[derive(Debug, Subcommand)]
pub(super) enum TargetVerb {
    /// List what is due at the centre: disputes, notices in doubt, incidents, lapsed holds of suspended agencies.
    List {
        /// The target after which the page begins.
        #[arg(long)]
        after: Option<TargetId>,
        /// How many targets to look at.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000))]
        limit: i64,
    },
    /// Show targets as they are now.
    Show(Ids),
    /// Tell a target's history, and why its owner is responsible.
    Explain {
        /// The target.
        target: TargetId,
        /// The instant: the ledger's leaf; left out: now.
        #[arg(long, default_value_t = 0)]
        at: u64,
    },
    #[command(flatten)]
    Decide(Decide),
}

pub(super) async fn run(config: &Path, json: bool, verb: TargetVerb) -> anyhow::Result<ExitCode> {
    match verb {
        TargetVerb::List { after, limit } => list::run(config, json, after, limit).await,
        TargetVerb::Show(ids) => show::run(config, json, ids).await,
        TargetVerb::Explain { target, at } => explain::run(config, json, target, at).await,
        TargetVerb::Decide(verb) => decide::run(config, json, verb).await,
    }
}

/// The database, as the central office looks at it.
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) config: Config,
    pub(super) office: AgencyId,
}

impl Desk {
    pub(super) async fn open(config: &Path) -> anyhow::Result<Self> {
        let (store, config) = (offline::open(config).await?, Config::read(config)?);
        Ok(Self { store, office: config.agency.clone(), config })
    }

    /// Id and salt of a decision; one that was taken keeps its salt, so that it is answered as it was.
    pub(super) async fn named(&self, id: Option<CommandId>) -> anyhow::Result<(CommandId, Salt)> {
        let Some(id) = id else { return Ok((command_id()?, offline::salt())) };
        let known = salt_of(&mut *self.store.reader().await?, &self.office, id).await;
        let known = known.map_err(offline::failed)?;
        Ok((id, known.unwrap_or_else(offline::salt)))
    }

    /// What it sees, as of now.
    pub(super) fn views(&self) -> Views {
        Views::new(self.store.target_ids().clone(), Policies::default(), now_us(&Clock::system()))
    }
}
