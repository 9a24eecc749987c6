//! `ledger verify`: the whole ledger in the database.

use std::{path::Path, process::ExitCode};

use crate::{
    cli::output::print,
    ledger::verify::{Fault, Verified, verify},
    serve::Config,
    store::Store,
};

pub(super) async fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let store = Store::open(&config.database).await?;
    let (mut faults, mut notices): (Vec<Fault>, Vec<Fault>) = Default::default();
    let mut tell = |fault: Fault| if fault.is_notice() { notices.push(fault) } else { faults.push(fault) };
    let verified = verify(&store, &config.ledger_files(), &mut tell).await?;
    store.close().await;
    let Verified { epoch, leaves, redacted, commands, envelopes, checkpoints, cosignatures, .. } = verified;
    let root = hex::encode(verified.root);
    let value = serde_json::json!({
        "whole": faults.is_empty(), "faults": faults, "notices": notices, "epoch": epoch, "leaves": leaves, "root": root,
        "redacted": redacted, "commands": commands, "envelopes": envelopes, "checkpoints": checkpoints,
        "cosignatures": cosignatures, "mark": verified.mark,
    });
    let mut text: String = faults.iter().chain(&notices).map(|fault| format!("{fault}\n")).collect();
    text.push_str(&format!(
        "{leaves} leaves ({redacted} redacted), {commands} commands, {envelopes} signed batches, {checkpoints} published \
         checkpoints with {cosignatures} cosignatures; epoch {epoch}, root {root}\n"
    ));
    text.push_str(match (faults.is_empty(), verified.mark) {
        (true, Some(_)) => "The ledger is whole.",
        (true, None) => "The ledger is whole; there is no high-water mark that it could be behind of.",
        (false, _) => "The ledger is NOT whole.",
    });
    print(json, &value, &text)?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
