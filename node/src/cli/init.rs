//! `init`: sets up a node and maps whoever does it.

use std::path::PathBuf;

use serde_json::json;

use super::{Exit, context::Context, error::CliError};
use crate::{
    clock::{Clock, Random},
    config::{Officer, Role},
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
    /// This agency is a liaison body: it asks, and hands in nothing
    #[arg(long)]
    liaison: bool,
    /// The hub's address, https://host:port; once for each of its machines
    #[arg(long, value_name = "ADDRESS", required = true)]
    hub: Vec<String>,
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
        let name = self.officer_name.or_else(|| account_name(uid)).unwrap_or_else(|| format!("uid {uid}"));
        let init = init::Init {
            folder: self.dir,
            agency: self.agency,
            role: if self.liaison { Role::Liaison } else { Role::Office },
            hub_addresses: self.hub,
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
                "statement_key": made.keys.statement_vkey().to_string(),
                "witness_key": made.keys.witness_vkey().to_string(),
            }))?;
        } else {
            let name = init.officer.name;
            screen.line(say(
                context.lang,
                format!("Knoten eingerichtet: {file}\nKonto {uid} ist „{name}“. Weiter: meldeverbund-node serve --config {file}\nDie Schlüssel der Behörde: meldeverbund-node keys --config {file}"),
                format!("The node is set up: {file}\nAccount {uid} is \"{name}\". Next: meldeverbund-node serve --config {file}\nThe office's keys: meldeverbund-node keys --config {file}"),
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

/// The person's name as the system's list of accounts has it, else the account's.
fn account_name(uid: u32) -> Option<String> {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let listed = accounts.lines().find_map(|line| name_in(line, uid));
    let variable = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    listed.or_else(|| ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(variable))
}

/// The name in a line of passwd(5), if it is that account's.
fn name_in(line: &str, uid: u32) -> Option<String> {
    let fields: Vec<&str> = line.split(':').collect();
    let [account, _, number, _, full, ..] = fields[..] else { return None };
    let full = full.split(',').next().unwrap_or_default().trim();
    let name = if full.is_empty() { account } else { full };
    (number.parse() == Ok(uid)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_as_the_system_names_it() {
        let line = "mueller:x:1001:1001:Erika Müller,K 42,,:/home/mueller:/bin/bash";
        assert_eq!(name_in(line, 1001).as_deref(), Some("Erika Müller"));
        assert_eq!(name_in(line, 1002), None);
        assert_eq!(name_in("svc:x:7:7::/:/bin/false", 7).as_deref(), Some("svc"));
        assert_eq!(name_in("", 0), None);
    }
}
