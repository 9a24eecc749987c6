//! `init`: sets up a node and maps whoever does it.

use std::path::PathBuf;

use serde_json::json;

use super::{Exit, context::Context, error::CliError};
use crate::{
    clock::{Clock, Random},
    config::Officer,
    init,
    text::say,
};

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The node's folder; its configuration file is `node.toml` in it
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    dir: PathBuf,
    /// This agency's id, such as de-nw-lka
    #[arg(long, value_name = "ID")]
    agency: String,
    /// The hub's address, https://host:port
    #[arg(long, value_name = "ADDRESS")]
    hub: String,
    /// The agency that runs the hub
    #[arg(long, value_name = "ID")]
    hub_agency: String,
    /// The federation's trust domain
    #[arg(long, value_name = "DOMAIN")]
    trust_domain: String,
    /// The node's certificate
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// The node's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The authorities that are trusted
    #[arg(long, value_name = "FILE")]
    trust_anchors: PathBuf,
    /// The revocation lists
    #[arg(long, value_name = "FILE")]
    revocations: Option<PathBuf>,
    /// An HTTP CONNECT proxy, http://[user:password@]host:port
    #[arg(long, value_name = "ADDRESS")]
    proxy: Option<String>,
    /// Your name as it shall stand in the records [default: your account's name]
    #[arg(long, value_name = "NAME")]
    officer_name: Option<String>,
}

impl Init {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let uid = caller_uid();
        let name = self.officer_name.or_else(account_name).unwrap_or_else(|| format!("uid {uid}"));
        let init = init::Init {
            folder: self.dir,
            agency: self.agency,
            hub_address: self.hub,
            hub_agency: self.hub_agency,
            trust_domain: self.trust_domain,
            certificate: self.certificate,
            key: self.key,
            trust_anchors: self.trust_anchors,
            revocations: self.revocations,
            proxy: self.proxy,
            officer: Officer { uid, name },
        };
        let made = init::init(&init, &Clock::system(), &Random::system()).await?;
        let mut screen = context.screen();
        let file = made.config_file.display();
        if context.json {
            screen.json(&json!({
                "config": file.to_string(),
                "instance": made.instance_id.to_string(),
                "socket": made.config.desk.socket.display().to_string(),
                "officer": { "uid": uid, "name": init.officer.name },
            }))?;
        } else {
            let name = init.officer.name;
            screen.line(say(
                context.lang,
                format!("Knoten eingerichtet: {file}\nKonto {uid} ist „{name}“. Weiter: meldeverbund-node serve --config {file}"),
                format!("The node is set up: {file}\nAccount {uid} is \"{name}\". Next: meldeverbund-node serve --config {file}"),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}

/// Who calls; behind `sudo` the person, not root.
fn caller_uid() -> u32 {
    let uid = rustix::process::getuid();
    let behind_sudo = std::env::var("SUDO_UID").ok().filter(|_| uid.is_root());
    behind_sudo.and_then(|uid| uid.parse().ok()).unwrap_or(uid.as_raw())
}

fn account_name() -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty())
}
