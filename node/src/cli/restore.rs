//! `restore BACKUP`: puts a backup back into an empty folder; the store that comes of it is a node of its own.

use std::path::PathBuf;

use super::{
    Exit,
    backup::{held, to_json},
    context::Context,
    error::CliError,
};
use crate::{
    backup,
    clock::{Clock, Random},
    text::{self, say},
};

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The backup's folder
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// The node's folder; a node.toml that is there already counts instead of the backup's
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    dir: PathBuf,
    /// Only say whether the backup is whole and this program can put it back
    #[arg(long)]
    check: bool,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (lang, mut screen) = (context.lang, context.screen());
        if self.check {
            let manifest = backup::verify(&self.backup).await?;
            if context.json {
                screen.json(&to_json(&self.backup.display().to_string(), &manifest))?;
            } else {
                let (agency, made) = (&manifest.agency, text::time(lang, manifest.made_at_us));
                screen.line(say(
                    lang,
                    format!("Die Sicherung ist vollständig: {agency}, {made}."),
                    format!("The backup is whole: {agency}, {made}."),
                ))?;
                screen.line(held(lang, &manifest))?;
            }
            screen.flush()?;
            return Ok(Exit::Done);
        }
        let made = backup::restore(&self.backup, &self.dir, &Clock::system(), &Random::system()).await?;
        let file = made.config_file.display();
        if context.json {
            let mut value = to_json(&self.backup.display().to_string(), &made.manifest);
            value["config"] = file.to_string().into();
            value["former_instance"] = std::mem::take(&mut value["instance"]);
            value["instance"] = made.instance.to_string().into();
            value["keys"] = made.keys.iter().map(|key| key.display().to_string()).collect();
            screen.json(&value)?;
        } else {
            let instance = made.instance;
            screen.line(say(
                lang,
                format!(
                    "Zurückgeholt: {file}\nDieser Datenbestand hat eine eigene Kennung: {instance}. Was seit der Sicherung beim Hub \
                     ankam, sagt der Hub ihm wieder.\nWeiter: meldeverbund-node doctor --config {file}, dann serve. Den Schlüssel der \
                     Mitzeichnung trägt die Zentralstelle neu ein: meldeverbund-node keys --config {file} nach dem ersten Start"
                ),
                format!(
                    "Put back: {file}\nThis store has an id of its own: {instance}. What has reached the hub since the backup, the hub \
                     tells it again.\nNext: meldeverbund-node doctor --config {file}, then serve. The central office registers the new \
                     witness key: meldeverbund-node keys --config {file} after the first start"
                ),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
