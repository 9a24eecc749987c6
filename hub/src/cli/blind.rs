//! `blind`: epochs of blind questions.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::json;

use super::{offline, output::print};
use crate::{flow::ForgetBlindKeys, store::BlindEpochRow};

#[derive(Debug, Subcommand)]
pub(super) enum BlindVerb {
    /// Show the epochs that can be asked.
    Show,
    /// End all epochs at once, because the seed of their keys is lost or was seen; the hub makes the next one when it starts.
    EndEpochs,
}

pub(super) async fn run(config: &Path, json: bool, verb: BlindVerb) -> anyhow::Result<ExitCode> {
    match verb {
        BlindVerb::Show => show(config, json).await,
        BlindVerb::EndEpochs => {
            let ended = offline::run(config, ForgetBlindKeys { all: true }).await?;
            let text = format!(
                "{ended} epochs have ended. Before the hub starts again, take the lost or seen seed away from each hub, and give \
                 each the same new one: the first that starts makes it."
            );
            print(json, &json!({ "ended": ended }), &text)
        }
    }
}

async fn show(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let live = BlindEpochRow::live(&mut *store.reader().await?).await?;
    store.close().await;
    let value = live.iter().map(|row| {
        json!({
            "epoch": row.epoch, "public_key": hex::encode(row.public_key), "entries": row.entries + row.added,
            "increments": row.newest_increment, "from_us": row.from_us, "until_us": row.until_us, "leaf": row.leaf,
        })
    });
    let value: Vec<_> = value.collect();
    let line = |row: &BlindEpochRow| {
        let state = if row.until_us.is_none() { "in office" } else { "still evaluated" };
        let (epoch, entries, increments) = (row.epoch, row.entries + row.added, row.newest_increment);
        format!("epoch {epoch}: {state}, {entries} entries, {increments} increments, leaf {}", row.leaf)
    };
    let lines: Vec<_> = live.iter().map(line).collect();
    let text =
        if lines.is_empty() { "There is no epoch of blind questions.".into() } else { lines.join("\n") };
    print(json, &json!(value), &text)
}
