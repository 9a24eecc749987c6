//! `ledger checkpoint`: the newest one, published.

use std::{path::Path, process::ExitCode};

use crate::{
    cli::{offline, output::print},
    clock::Clock,
    flow::{Hub, Probe, newest_checkpoint, publish},
    serve::Config,
    store::Store,
};

pub(super) async fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let store = Store::open(&config.database).await?;
    let (hub, tasks) = Hub::start(store, Clock::system(), &config.ledger_files()).await?;
    let outcome = newest(&hub).await;
    drop(hub);
    tasks.end().await;
    let note = outcome?;
    print(json, &serde_json::json!({ "checkpoint": note }), &note)
}

async fn newest(hub: &Hub) -> anyhow::Result<String> {
    // The first transaction signs what stands.
    hub.run(Probe).await.map_err(offline::failed)?;
    publish(hub).await.map_err(offline::failed)?;
    let mut reader = hub.reader().await.map_err(offline::failed)?;
    let newest = newest_checkpoint(&mut reader).await?;
    newest.map(|(_, note)| note).ok_or_else(|| anyhow::anyhow!("nothing is published yet"))
}
