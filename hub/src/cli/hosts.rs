//! `hosts`: the rules by which links of a host are one target.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

use super::{offline, output::print};
use crate::{
    clock::{Clock, now_us},
    flow::{
        PutHostRules,
        hosts::{preview, text},
    },
    store::host_rules_at,
};

#[derive(Debug, Subcommand)]
pub(super) enum HostsVerb {
    /// Show the rules in force.
    Show,
    /// Read rules and run their tests; changes nothing.
    Check {
        /// The rules (TOML); hosts/example.toml explains every setting.
        file: PathBuf,
    },
    /// Say what rules would do to the links that are there; changes nothing.
    Preview {
        /// The rules (TOML).
        file: PathBuf,
    },
    /// Put rules in force for new links; what is there is only suggested.
    Put {
        /// The rules (TOML).
        file: PathBuf,
        /// Who puts them in force; kept in the ledger.
        #[arg(long)]
        officer: String,
    },
}

pub(super) async fn run(config: &Path, json: bool, verb: HostsVerb) -> anyhow::Result<ExitCode> {
    match verb {
        HostsVerb::Show => show(config, json).await,
        HostsVerb::Check { file } => {
            let rules = text::parse(&read(&file)?).map_err(|refusal| offline::refused(&refusal))?;
            let tests: usize = rules.rules.iter().map(|rule| rule.tests.len()).sum();
            let (count, providers) = (rules.rules.len(), rules.providers.len());
            let value = json!({ "ok": true, "version": rules.version, "rules": count, "providers": providers,
                "tests": tests });
            let text =
                format!("{count} rules and {providers} providers can be put in force; {tests} tests hold.");
            print(json, &value, &text)
        }
        HostsVerb::Preview { file } => try_out(config, json, &file).await,
        HostsVerb::Put { file, officer } => {
            let command = PutHostRules::parse(read(&file)?, officer, offline::salt());
            let leaf = offline::run(config, command.map_err(|refusal| offline::refused(&refusal))?).await?;
            let text = format!("The host rules are in force for new links from leaf {leaf} on.");
            print(json, &json!({ "leaf": leaf }), &text)
        }
    }
}

async fn show(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let stored = host_rules_at(&mut *store.reader().await?, i64::MAX).await?;
    store.close().await;
    let (leaf, text) = stored.unzip();
    let value = json!({ "leaf": leaf, "text": text });
    let shown = match (leaf, text) {
        (Some(leaf), Some(text)) => format!("# In force from leaf {leaf} on.\n{text}"),
        _ => "No host rules were put in force: each canonical link is a target of its own.".into(),
    };
    print(json, &value, &shown)
}

async fn try_out(config: &Path, json: bool, file: &Path) -> anyhow::Result<ExitCode> {
    let rules = text::parse(&read(file)?).map_err(|refusal| offline::refused(&refusal))?;
    let store = offline::open(config).await?;
    let at_us = now_us(&Clock::system());
    let found = preview(&mut store.snapshot().await?, store.target_ids(), &rules, at_us).await;
    store.close().await;
    let found = found?;
    let mut text = format!("These {} targets would become {} targets.\n", found.targets, found.would_be);
    for (key, targets) in &found.groups {
        writeln!(text, "{}  {}", key.split(' ').next().unwrap_or_default(), targets.join(" "))?;
    }
    writeln!(text, "Nothing that is there is merged by a rule: it is suggested (`duplicates list`).")?;
    let groups: Vec<_> = found.groups.values().collect();
    print(json, &json!({ "targets": found.targets, "would_be": found.would_be, "groups": groups }), &text)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
