//! `keys`: this office's own public keys, and what the central office types to register them.

use serde_json::json;

use super::{Exit, context::Context, error::CliError};
use crate::{ledger::OwnKeys, text::say};

#[derive(Debug, clap::Args)]
pub(super) struct Keys {}

impl Keys {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        let keys = OwnKeys::load(&config)?;
        let (statement, witness) = (keys.statement_vkey(), keys.witness_vkey());
        let agency = &config.agency;
        let mut screen = context.screen();
        if context.json {
            screen.json(&json!({
                "agency": agency.as_str(),
                "statement_key": statement.to_string(),
                "witness_key": witness.to_string(),
            }))?;
        } else {
            screen.line(say(
                context.lang,
                format!("Aussagen dieser Behörde prüft:   {statement}\nMitzeichnungen dieser Behörde:   {witness}\n\nDie Zentralstelle trägt sie ein:"),
                format!("This office's statements:    {statement}\nThis office's cosignatures:  {witness}\n\nThe central office registers them:"),
            ))?;
            screen.line(format!("  meldeverbund-hub agency statement-key add {agency} '{statement}'"))?;
            screen.line(format!("  meldeverbund-hub agency witness-key add {agency} '{witness}'"))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
