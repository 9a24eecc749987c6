//! `ledger export DIR`: what it takes to verify the ledger elsewhere.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Component, Path, PathBuf},
};

use meldeverbund_proto::node::v1::{ExportLedgerRequest, ExportLedgerResponse};
use serde_json::json;

use crate::{
    cli::{Exit, context::Context, error::CliError},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Export {
    /// The folder to write; new or empty
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let lang = context.lang;
        fs::create_dir_all(&self.folder).map_err(CliError::Report)?;
        if fs::read_dir(&self.folder).map_err(CliError::Report)?.next().is_some() {
            let dir = self.folder.display();
            return Err(CliError::Value(say(
                lang,
                format!("{dir}: der Ordner ist nicht leer"),
                format!("{dir}: the folder is not empty"),
            )));
        }
        let mut parts = context.desk().await?.export_ledger(ExportLedgerRequest {}).await?.into_inner();
        let (mut files, mut bytes) = (BTreeSet::new(), 0);
        while let Some(part) = parts.message().await? {
            bytes += part.content.len() as u64;
            append(&self.folder, &part).map_err(CliError::Report)?;
            files.insert(part.path);
        }
        let mut screen = context.screen();
        let dir = self.folder.display();
        if context.json {
            screen.json(&json!({ "folder": dir.to_string(), "files": files.len(), "bytes": bytes }))?;
        } else {
            let (count, size) = (text::count(lang, files.len() as u64), text::bytes(lang, bytes));
            screen.line(say(
                lang,
                format!("{dir}: {count} Dateien, {size}. Prüfen: meldeverbund-node ledger verify {dir}"),
                format!("{dir}: {count} files, {size}. Verify: meldeverbund-node ledger verify {dir}"),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// Appends to a file within the folder and nowhere else.
fn append(dir: &Path, part: &ExportLedgerResponse) -> std::io::Result<()> {
    let path = Path::new(&part.path);
    if !path.components().all(|component| matches!(component, Component::Normal(_))) {
        return Err(std::io::Error::other("a path that leads out of the folder"));
    }
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap_or(dir))?;
    fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(&part.content)
}
