//! `policy`: what the members agreed on.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Subcommand;

use super::{offline, output::print};
use crate::{
    flow::{PutPolicy, policy_text},
    store::{AgencyRow, Connection, policy_at},
};

#[derive(Debug, Subcommand)]
pub(super) enum PolicyVerb {
    /// Show the policy in force.
    Show,
    /// Say whether a policy can be put in force; changes nothing.
    Check {
        /// The policy (TOML); policy.sample.toml explains every setting.
        file: PathBuf,
    },
    /// Put a policy in force.
    Apply {
        /// The policy (TOML).
        file: PathBuf,
        /// Who puts it in force; kept in the ledger.
        #[arg(long)]
        officer: String,
    },
}

pub(super) async fn run(config: &Path, json: bool, verb: PolicyVerb) -> anyhow::Result<ExitCode> {
    match verb {
        PolicyVerb::Show => show(config, json).await,
        PolicyVerb::Check { file } => {
            let text = read(&file)?;
            policy_text::parse(&text).map_err(|refusal| offline::refused(&refusal))?;
            let store = offline::open(config).await?;
            let unknown = unregistered(&mut *store.reader().await?, &text).await?;
            store.close().await;
            let value = serde_json::json!({ "ok": true, "not_registered": unknown });
            print(json, &value, &format!("The policy can be put in force.{}", warning(&unknown)))
        }
        PolicyVerb::Apply { file, officer } => {
            let text = read(&file)?;
            let command = PutPolicy::parse(text.clone(), officer, offline::salt());
            let command = command.map_err(|refusal| offline::refused(&refusal))?;
            let leaf = offline::run(config, command).await?;
            let store = offline::open(config).await?;
            let unknown = unregistered(&mut *store.reader().await?, &text).await?;
            store.close().await;
            let value = serde_json::json!({ "leaf": leaf, "not_registered": unknown });
            print(json, &value, &format!("The policy is in force from leaf {leaf} on.{}", warning(&unknown)))
        }
    }
}

async fn show(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let stored = policy_at(&mut *store.reader().await?, i64::MAX).await?;
    store.close().await;
    let (leaf, text) = stored.unzip();
    let value = serde_json::json!({ "leaf": leaf, "text": text });
    let shown = match (leaf, text) {
        (Some(leaf), Some(text)) => format!("# In force from leaf {leaf} on.\n{text}"),
        _ => "No policy was put in force: the defaults are, as policy.sample.toml shows them.".into(),
    };
    print(json, &value, &shown)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The agencies that the policy names and that are not registered: their rules fit nobody.
async fn unregistered(connection: &mut Connection, text: &str) -> anyhow::Result<Vec<String>> {
    let policy = policy_text::parse(text).map_err(|refusal| offline::refused(&refusal))?;
    let known = AgencyRow::all(connection).await?;
    let named = policy_text::agencies(&policy).into_iter();
    let unknown = named.filter(|id| known.iter().all(|row| row.agency.id != **id));
    Ok(unknown.map(ToString::to_string).collect())
}

fn warning(unknown: &[String]) -> String {
    match unknown {
        [] => String::new(),
        unknown => format!("\nNot registered, so that no rule names them: {}.", unknown.join(", ")),
    }
}
