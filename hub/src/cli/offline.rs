//! Runs a command on the database itself, beside the running hub or without it.

use std::path::Path;

use meldeverbund_proto::{leaf::Salt, v1::Refusal};
use rand::RngExt as _;

use crate::{
    clock::Clock,
    flow::{Command, Failure, Hub, HubTasks},
    serve::Config,
    store::Store,
};

/// Runs one command. The running hub sees what it wrote.
pub(super) async fn run<C: Command>(path: &Path, command: C) -> anyhow::Result<C::Verdict> {
    let config = Config::read(path)?;
    run_on(&config, Store::open(&config.database).await?, command).await
}

/// Runs one command on an open database, and closes it.
pub(super) async fn run_on<C: Command>(
    config: &Config,
    store: Store,
    command: C,
) -> anyhow::Result<C::Verdict> {
    let (hub, tasks) = Hub::start(store, Clock::system(), &config.ledger_files()).await?;
    run_and_end(hub, tasks, command).await
}

/// Runs one command on a hub that is there for it alone.
pub(super) async fn run_and_end<C: Command>(
    hub: Hub,
    tasks: HubTasks,
    command: C,
) -> anyhow::Result<C::Verdict> {
    let verdict = hub.run(command).await;
    drop(hub);
    tasks.end().await;
    verdict.map_err(failed)
}

/// A failure as the operator is told it.
pub(super) fn failed(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::Store(error) => error.into(),
        Failure::Ledger(error) => error.into(),
    }
}

/// A refusal as the operator is told it.
pub(super) fn refused(refusal: &Refusal) -> anyhow::Error {
    let Refusal { field, reason, .. } = refusal;
    if field.is_empty() { anyhow::anyhow!("{reason}") } else { anyhow::anyhow!("{field}: {reason}") }
}

/// Opens the configured database.
pub(super) async fn open(path: &Path) -> anyhow::Result<Store> {
    let config = Config::read(path)?;
    Ok(Store::open(&config.database).await?)
}

/// A salt for a leaf of the operator's.
pub(super) fn salt() -> Salt {
    Salt::from_random(rand::rng().random())
}
