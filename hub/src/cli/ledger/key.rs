//! `ledger rotate-key`: another key takes office.

use std::{path::Path, process::ExitCode};

use rand::RngExt as _;

use crate::{
    cli::{offline, output::print},
    clock::Clock,
    flow::{Hub, PutLedgerKey},
    ledger::Ledger,
    serve::Config,
    store::Store,
};

pub(super) async fn run(path: &Path, json: bool, new: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let store = Store::open(&config.database).await?;
    let ledger =
        Ledger::open_between(&config.ledger_files(), new, rand::rng().random(), &mut *store.reader().await?)
            .await?;
    let command = PutLedgerKey::new(&ledger, rand::rng().random());
    let (hub, tasks) = Hub::start_with(store, Clock::system(), ledger.clone()).await?;
    offline::run_and_end(hub, tasks, command).await?;
    // The leaf is durable: if this fails, the same command again goes on from here.
    ledger.keep_key()?;
    let vkey = ledger.vkeys().first().map(ToString::to_string).unwrap_or_default();
    let (key, old) = (config.ledger.key.display(), ledger.path_before());
    let value = serde_json::json!({ "vkey": vkey, "key": config.ledger.key, "before": old });
    let text = format!(
        "{vkey} is in office, in {key}. {} signs beside it until you take it away: when every node has followed.",
        old.display()
    );
    print(json, &value, &text)
}
