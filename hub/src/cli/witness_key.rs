//! `agency witness-key`: with which key an agency vouches for checkpoints.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use meldeverbund_proto::AgencyId;

use super::{offline, output::print};
use crate::{
    flow::{AddWitnessKey, DropWitnessKey},
    serve::Config,
    store::WitnessKeyRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum WitnessKeyVerb {
    /// Register an agency's witness key.
    Add {
        /// The agency.
        agency: AgencyId,
        /// The key, as `meldeverbund-node keys` prints it.
        vkey: String,
        /// Why; kept in the ledger.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Drop a key: it vouches for nothing any more.
    Drop {
        /// The agency.
        agency: AgencyId,
        /// The key.
        vkey: String,
        /// Why; kept in the ledger.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// List all keys, dropped ones too.
    List,
}

pub(super) async fn run(config: &Path, json: bool, verb: WitnessKeyVerb) -> anyhow::Result<ExitCode> {
    match verb {
        WitnessKeyVerb::Add { agency, vkey, reason } => {
            let domain = Config::read(config)?.trust_domain.to_string();
            let (id, salt) = (agency.to_string(), offline::salt());
            let command = AddWitnessKey::parse(agency, &vkey, &domain, reason, salt);
            let new = offline::run(config, command.map_err(|refusal| offline::refused(&refusal))?).await?;
            let text = if new { "vouches for" } else { "vouched already for" };
            let value = serde_json::json!({ "agency": id, "vkey": vkey, "new": new });
            print(json, &value, &format!("{vkey} {text} {id}."))
        }
        WitnessKeyVerb::Drop { agency, vkey, reason } => {
            let id = agency.to_string();
            let command = DropWitnessKey::parse(agency, &vkey, reason, offline::salt());
            let used = offline::run(config, command.map_err(|refusal| offline::refused(&refusal))?).await?;
            let text = if used { "is dropped" } else { "was dropped already" };
            let value = serde_json::json!({ "agency": id, "vkey": vkey, "was_in_use": used });
            print(json, &value, &format!("{vkey} {text}."))
        }
        WitnessKeyVerb::List => list(config, json).await,
    }
}

async fn list(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let rows = WitnessKeyRow::all(&mut *store.reader().await?).await?;
    store.close().await;
    let value = |row: &WitnessKeyRow| {
        serde_json::json!({
            "agency": row.agency.to_string(), "vkey": row.vkey.to_string(), "since_leaf": row.since_leaf,
            "dropped_leaf": row.dropped_leaf,
        })
    };
    let line = |row: &WitnessKeyRow| {
        let until = row.dropped_leaf.map(|leaf| format!(", dropped by leaf {leaf}")).unwrap_or_default();
        format!("{}  {}, since leaf {}{until}\n", row.agency, row.vkey, row.since_leaf)
    };
    let values: Vec<_> = rows.iter().map(value).collect();
    let text: String = rows.iter().map(line).collect();
    print(json, &values, if rows.is_empty() { "No witness key is registered." } else { &text })
}
