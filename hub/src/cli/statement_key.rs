//! `agency statement-key`: with which keys agencies sign what they hand in.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::Subcommand;
use meldeverbund_proto::AgencyId;
use serde_json::json;

use super::{offline, output::print};
use crate::{
    flow::{AddStatementKey, RevokeStatementKey},
    serve::Config,
    store::{StatementKeyRow, key_id_text},
};

#[derive(Debug, Subcommand)]
pub(super) enum StatementKeyVerb {
    /// Register a key; from then on the agency has to sign its referrals and decisions.
    Add {
        /// The agency.
        agency: AgencyId,
        /// The public key, as `meldeverbund-node keys` prints it: name+id+base64.
        vkey: String,
        /// How it was checked that the key is the agency's; kept in the ledger.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Revoke a key; what it signed before stays signed.
    Revoke {
        /// The agency.
        agency: AgencyId,
        /// The key's id: 8 hexadecimal digits.
        key_id: String,
        /// The first leaf whose signature does not count any more; left out: from now on.
        #[arg(long)]
        from_leaf: Option<u64>,
        /// Why; kept in the ledger.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// List all keys.
    List,
}

pub(super) async fn run(config: &Path, json: bool, verb: StatementKeyVerb) -> anyhow::Result<ExitCode> {
    match verb {
        StatementKeyVerb::Add { agency, vkey, reason } => {
            let domain = Config::read(config)?.trust_domain;
            let id = agency.to_string();
            let command = AddStatementKey::parse(agency, &vkey, &domain, reason, offline::salt());
            let new = offline::run(config, command.map_err(|refusal| offline::refused(&refusal))?).await?;
            let text = if new { "is registered" } else { "was registered already" };
            let value = json!({ "agency": id, "vkey": vkey, "new": new });
            print(json, &value, &format!("The statement key of {id} {text}."))
        }
        StatementKeyVerb::Revoke { agency, key_id, from_leaf, reason } => {
            let id = agency.to_string();
            let command = RevokeStatementKey::parse(agency, &key_id, from_leaf, reason, offline::salt());
            let from = offline::run(config, command.map_err(|refusal| offline::refused(&refusal))?).await?;
            let value = json!({ "agency": id, "key_id": key_id, "from_leaf": from });
            print(json, &value, &format!("Key {key_id} of {id} signs nothing from leaf {from} on."))
        }
        StatementKeyVerb::List => list(config, json).await,
    }
}

async fn list(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let rows = StatementKeyRow::all(&mut *store.reader().await?).await?;
    store.close().await;
    let mut text = String::new();
    let mut values = Vec::with_capacity(rows.len());
    for StatementKeyRow { agency, vkey, since_leaf, revoked_leaf } in &rows {
        let id = key_id_text(vkey.key_id());
        let until = revoked_leaf.map(|leaf| format!(", revoked from leaf {leaf} on")).unwrap_or_default();
        writeln!(text, "{agency:<20} {id}  since leaf {since_leaf}{until}\n    {vkey}")?;
        values.push(json!({
            "agency": agency.as_str(), "key_id": id, "vkey": vkey.to_string(),
            "since_leaf": since_leaf, "revoked_leaf": revoked_leaf,
        }));
    }
    let none = "No statement key is registered: agencies hand in unsigned.";
    print(json, &values, if rows.is_empty() { none } else { &text })
}
