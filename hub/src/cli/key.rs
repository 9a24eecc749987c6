//! `agency key`: public keys that stand for names.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use meldeverbund_certs::KeyFingerprint;
use meldeverbund_proto::{AgencyId, NodeName};

use super::{offline, output::print};
use crate::{
    flow::{DropKey, PutKey},
    store::KeyRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum KeyVerb {
    /// Let the holder of this key in as the agency's node.
    Add {
        /// The agency.
        agency: AgencyId,
        /// The node's name.
        #[arg(long)]
        node: NodeName,
        /// The key, as `meldeverbund-certs show` prints it: sha256:… .
        #[arg(long)]
        fingerprint: KeyFingerprint,
    },
    /// Forget a key; its connections are cut.
    Drop {
        /// The key.
        fingerprint: KeyFingerprint,
    },
    /// List all keys.
    List,
}

pub(super) async fn run(config: &Path, json: bool, verb: KeyVerb) -> anyhow::Result<ExitCode> {
    match verb {
        KeyVerb::Add { agency, node, fingerprint } => {
            let (id, salt) = (agency.to_string(), offline::salt());
            offline::run(config, PutKey { fingerprint: *fingerprint.as_bytes(), agency, node, salt }).await?;
            let value = serde_json::json!({ "agency": id, "fingerprint": fingerprint.to_string() });
            print(json, &value, &format!("{fingerprint} stands for {id}."))
        }
        KeyVerb::Drop { fingerprint } => {
            let command = DropKey { fingerprint: *fingerprint.as_bytes(), salt: offline::salt() };
            let known = offline::run(config, command).await?;
            let text = if known { "is forgotten" } else { "was not registered" };
            let value = serde_json::json!({ "fingerprint": fingerprint.to_string(), "was_known": known });
            print(json, &value, &format!("{fingerprint} {text}."))
        }
        KeyVerb::List => {
            let store = offline::open(config).await?;
            let rows = KeyRow::all(&mut *store.reader().await?).await?;
            store.close().await;
            let shown = rows.iter().map(|row| (KeyFingerprint::from_bytes(row.fingerprint).to_string(), row));
            let shown: Vec<_> = shown.collect();
            let value = |(key, row): &(String, &KeyRow)| serde_json::json!({ "fingerprint": key, "agency": row.agency.to_string(), "node": row.node });
            let values: Vec<_> = shown.iter().map(value).collect();
            let text: String =
                shown.iter().map(|(key, row)| format!("{key}  {} {}\n", row.agency, row.node)).collect();
            print(json, &values, if rows.is_empty() { "No key is registered." } else { &text })
        }
    }
}
