//! `check-config`: reads the configuration as the daemon would, and says what it makes of it.

use serde_json::json;

use super::{Exit, context::Context, error::CliError};
use crate::text::say;

#[derive(Debug, clap::Args)]
pub(super) struct CheckConfig {}

impl CheckConfig {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let config = context.config()?;
        let mut screen = context.screen();
        let file = config.file.display().to_string();
        let addresses: Vec<String> = config.hub.addresses().iter().map(ToString::to_string).collect();
        let (agency, address) = (config.agency.to_string(), addresses.join(", "));
        let (socket, store) =
            (config.desk.socket.display().to_string(), config.store_path().display().to_string());
        if context.json {
            let officers: Vec<_> = config
                .officers
                .iter()
                .map(|officer| json!({ "uid": officer.uid, "name": officer.name }))
                .collect();
            screen.json(&json!({
                "config": file, "agency": agency, "hub": addresses, "socket": socket, "store": store, "officers": officers,
            }))?;
        } else {
            let officers = config.officers.len();
            screen.line(say(
                context.lang,
                format!(
                    "{file} ist in Ordnung.\n  Behörde {agency}, Hub {address}\n  Anschluss {socket}\n  Datenbestand {store}\n  zugeordnete Personen: {officers}"
                ),
                format!(
                    "{file} is in order.\n  agency {agency}, hub {address}\n  socket {socket}\n  store {store}\n  officers: {officers}"
                ),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
