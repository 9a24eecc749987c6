//! `copy-to --database postgres://…`: the database moves from its file to a server.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::output::print;
use crate::{
    flow::{copy_to, take_back},
    serve::Config,
    store::{CopyProgress, Database},
};

/// Where to, or back.
#[derive(Debug, Args)]
pub(super) struct CopyToArguments {
    /// The server's empty database, postgres://…; a password had better stand in the file that PGPASSFILE names.
    #[arg(long, required_unless_present = "copy_is_gone")]
    database: Option<String>,
    /// Take the move back, as long as nothing was written at the new place: the copy can be served no more, the file can.
    #[arg(long)]
    undo: bool,
    /// The copy is lost for good: no hub will ever be started on it.
    #[arg(long, requires = "undo", conflicts_with = "database")]
    copy_is_gone: bool,
}

pub(super) async fn run(path: &Path, json: bool, arguments: CopyToArguments) -> anyhow::Result<ExitCode> {
    let config = Config::read(path)?;
    let to = arguments.database.map(|text| text.parse::<Database>()).transpose().context("--database")?;
    let (from, files) = (&config.database, config.ledger_files());
    let (whole, said) = match &to {
        Some(to) if !arguments.undo => (copy_to(from, to, &files, &mut tell).await?, moved(from, to)),
        to => (take_back(from, to.as_ref(), &files).await?, taken_back(from)),
    };
    let (leaves, epoch, root) = (whole.leaves, whole.epoch, hex::encode(whole.root));
    let value = json!({
        "database": if arguments.undo { from.to_string() } else { to.map_or(String::new(), |to| to.to_string()) },
        "undone": arguments.undo, "leaves": leaves, "epoch": epoch, "root": root,
    });
    print(json, &value, &format!("The ledger is whole: {leaves} leaves, epoch {epoch}, root {root}.\n{said}"))
}

fn moved(from: &Database, to: &Database) -> String {
    format!(
        "{from} was moved to {to}. Set `database` in the configuration to the new address, and start the hub; the ledger's key \
         and the high-water mark stay where they are. The file is marked: no hub serves it any more. Keep it as a backup, and \
         destroy it when its term ends."
    )
}

fn taken_back(from: &Database) -> String {
    format!("{from} can be served again, and its copy can not.")
}

/// For who waits.
fn tell(progress: CopyProgress) {
    let CopyProgress { table, rows, is_done } = progress;
    match is_done {
        false => eprintln!("{table}: {rows} rows so far"),
        true if rows > 0 => eprintln!("{table}: {rows} rows"),
        true => {}
    }
}
