//! Runs a command on the database itself, beside the running hub or without it.

use std::path::Path;

use meldeverbund_proto::leaf::Salt;
use rand::RngExt as _;

use crate::{
    clock::Clock,
    flow::{Command, Failure, Hub},
    serve::Config,
    store::Store,
};

/// Runs one command. The running hub sees what it wrote.
pub(super) async fn run<C: Command>(path: &Path, command: C) -> anyhow::Result<C::Verdict> {
    let store = open(path).await?;
    let (hub, tasks) = Hub::start(store, Clock::system()).await?;
    let verdict = hub.run(command).await;
    drop(hub);
    tasks.end().await;
    verdict.map_err(|failure| match failure {
        Failure::Refused(refusal) if refusal.field.is_empty() => anyhow::anyhow!(refusal.reason),
        Failure::Refused(refusal) => anyhow::anyhow!("{}: {}", refusal.field, refusal.reason),
        Failure::Store(error) => error.into(),
    })
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
