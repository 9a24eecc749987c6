//! `replace FOLDER`: this machine's last backup, for the machine that goes on with its work.

use std::path::PathBuf;

use super::{
    Exit,
    backup::{held, to_json},
    context::Context,
    error::CliError,
};
use crate::{backup, clock::Clock, text::say};

#[derive(Debug, clap::Args)]
pub(super) struct Replace {
    /// The folder to write; it must not be there yet
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Replace {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        let made = backup::replace(&config, &self.folder, &Clock::system()).await?;
        let (lang, folder) = (context.lang, made.folder.display());
        let mut screen = context.screen();
        if context.json {
            screen.json(&to_json(&folder.to_string(), &made.manifest))?;
        } else {
            screen.line(say(
                lang,
                format!(
                    "{folder}: gesichert und geprüft. Auf dieser Maschine startet der Dienst nicht mehr.\nAuf der neuen: \
                     meldeverbund-node restore {folder} --dir ORDNER, dann in node.toml das neue Zertifikat eintragen"
                ),
                format!(
                    "{folder}: backed up and verified. The daemon does not start on this machine any more.\nOn the new one: \
                     meldeverbund-node restore {folder} --dir FOLDER, then name the new certificate in node.toml"
                ),
            ))?;
            screen.line(held(lang, &made.manifest))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
