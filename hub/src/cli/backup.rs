//! `backup FILE` and `restore FILE`: the database file, whole, and nothing else.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use serde_json::{Value, json};

use super::output::print;
use crate::{
    flow::{Copied, back_up, restore},
    ledger::verify::{Verified, What},
    serve::Config,
};

pub(super) async fn make(config: &Path, json: bool, to: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(config)?;
    let copied = back_up(&config.database, &config.ledger_files(), to).await?;
    let mut text = said(to, &copied)?;
    writeln!(
        text,
        "The ledger's key ({}) is not in it: keep a copy apart. The high-water mark ({}) must not be in it: it tells a \
         restored hub what it lacks.",
        config.ledger.key.display(),
        config.ledger.mark.display()
    )?;
    print(json, &value(to, &copied), &text)
}

pub(super) async fn put_back(config: &Path, json: bool, from: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::read(config)?;
    let copied = restore(from, &config.database, &config.ledger_files()).await?;
    let is_behind = copied.notes.iter().any(|fault| fault.what == What::Mark);
    let next = match (&copied.verified, is_behind) {
        (None, _) => "An earlier version wrote it: look at it with `ledger verify`.",
        (Some(_), true) => {
            "Start the hub: it is read only. Let the nodes connect, and then begin an epoch with `ledger new-epoch`."
        }
        (Some(Verified { mark: Some(_), .. }), false) => {
            "It lacks nothing that this machine's mark knows of."
        }
        (Some(_), false) => {
            "There is no high-water mark here: begin an epoch with `ledger new-epoch --witnessed` before nodes hand in anything, \
             see docs/operations.md."
        }
    };
    let text = said(from, &copied)? + next;
    let mut value = value(from, &copied);
    value["behind"] = is_behind.into();
    print(json, &value, &text)
}

fn said(file: &Path, copied: &Copied) -> anyhow::Result<String> {
    let mut text = format!("{}: {} MiB, undamaged", file.display(), copied.bytes.div_ceil(1024 * 1024));
    if let Some(Verified { epoch, leaves, root, .. }) = &copied.verified {
        write!(text, "; the ledger is whole: {leaves} leaves, epoch {epoch}, root {}", hex::encode(root))?;
    }
    text.push('\n');
    for note in &copied.notes {
        writeln!(text, "{note}")?;
    }
    Ok(text)
}

fn value(file: &Path, copied: &Copied) -> Value {
    let verified = copied.verified.as_ref();
    json!({
        "file": file, "bytes": copied.bytes, "notes": copied.notes,
        "epoch": verified.map(|found| found.epoch),
        "leaves": verified.map(|found| found.leaves),
        "root": verified.map(|found| hex::encode(found.root)),
    })
}
