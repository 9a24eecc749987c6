//! `backup FOLDER`: all that this node knows, as of one instant, beside the running daemon.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Exit, context::Context, error::CliError, json as as_json};
use crate::{
    backup::{self, Manifest},
    clock::Clock,
    text::{self, Lang, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The folder to write; it must not be there yet
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Also the statement key and the files of [tls]: whoever has this backup can speak as the office. Never the witness key
    #[arg(long)]
    with_keys: bool,
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        let made = backup::make(&config, &self.folder, self.with_keys, &Clock::system()).await?;
        let (lang, folder) = (context.lang, made.folder.display());
        let mut screen = context.screen();
        if context.json {
            screen.json(&to_json(&folder.to_string(), &made.manifest))?;
        } else {
            let size = text::bytes(lang, made.manifest.files.iter().map(|file| file.bytes).sum());
            screen.line(say(
                lang,
                format!("{folder}: gesichert und geprüft, {size}."),
                format!("{folder}: backed up and verified, {size}."),
            ))?;
            screen.line(held(lang, &made.manifest))?;
            if !self.with_keys {
                screen.line(say(
                    lang,
                    "Schlüssel und Zertifikat sind nicht dabei (--with-keys).",
                    "Keys and certificate are not in it (--with-keys).",
                ))?;
            }
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// What waited for the hub.
pub(super) fn held(lang: Lang, manifest: &Manifest) -> String {
    let (referrals, decisions) =
        (text::count(lang, manifest.unanswered_referrals), text::count(lang, manifest.unanswered_decisions));
    say(
        lang,
        format!("Auf den Hub warteten Linkmeldungen: {referrals}, Teile von Entscheidungen: {decisions}."),
        format!("Waiting for the hub were referrals: {referrals}, parts of decisions: {decisions}."),
    )
}

/// A backup for programs.
pub(super) fn to_json(folder: &str, manifest: &Manifest) -> Value {
    json!({
        "folder": folder,
        "made_at": as_json::time(manifest.made_at_us),
        "agency": manifest.agency,
        "instance": manifest.instance,
        "schema": manifest.schema,
        "version": manifest.version,
        "feed_cursor": manifest.feed_cursor,
        "unanswered_referrals": manifest.unanswered_referrals,
        "unanswered_decisions": manifest.unanswered_decisions,
        "bytes": manifest.files.iter().map(|file| file.bytes).sum::<u64>(),
        "files": manifest.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
    })
}
