//! `ledger new-epoch`: the cure of a restored database.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;

use crate::{
    cli::{offline, output::print},
    clock::Clock,
    flow::{Hub, NewEpoch, missing},
    ledger::Ledger,
    serve::Config,
    store::Store,
};

pub(super) async fn run(
    path: &Path,
    json: bool,
    reason: String,
    officer: String,
    witnessed: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let witnessed = witnessed.map(|file| {
        std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    });
    let store = Store::open(&config.database).await?;
    let ledger = Ledger::open(&config.ledger_files(), &mut *store.reader().await?).await?;
    let command = NewEpoch::parse(ledger.clone(), reason, officer, witnessed.transpose()?, offline::salt());
    let command = command.map_err(|refusal| offline::refused(&refusal))?;
    let (hub, tasks) = Hub::start_with(store, Clock::system(), ledger).await?;
    let begun = hub.run(command).await;
    let missing = match hub.reader().await {
        Ok(mut reader) => missing(&mut reader).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    drop(hub);
    tasks.end().await;
    let (epoch, leaf) = begun.map_err(offline::failed)?;
    let value = serde_json::json!({ "epoch": epoch, "leaf": leaf, "missing": missing });
    let waits = missing.join(", ");
    let text = format!(
        "Epoch {epoch} begins with leaf {leaf}. Grants wait until these have handed in again: {waits}."
    );
    print(json, &value, &text)
}
