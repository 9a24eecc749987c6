//! `retention`: how long records are kept, and what goes.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::Subcommand;
use meldeverbund_domain::retention::{Class, Terms};
use serde_json::json;

use super::{offline, output::print};
use crate::{
    clock::{Clock, now_us},
    flow::{Hub, Retained, Run, retain},
    serve::Config,
    store::Store,
};

#[derive(Debug, Subcommand)]
pub(super) enum RetentionVerb {
    /// Show the terms in force.
    Show,
    /// Redact now what the terms say; the running hub does it once a day.
    Run {
        /// Only count what would go.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(config: &Path, json: bool, verb: RetentionVerb) -> anyhow::Result<ExitCode> {
    let config = Config::read(config)?;
    let terms = &config.retention;
    match verb {
        RetentionVerb::Show => show(json, terms),
        RetentionVerb::Run { dry_run } => {
            let (classes, forgotten) = redact(&config, dry_run).await?;
            report(json, &classes, dry_run, forgotten)
        }
    }
}

fn show(json: bool, terms: &Terms) -> anyhow::Result<ExitCode> {
    let now_us = now_us(&Clock::system());
    let (mut text, mut values) = (String::new(), Vec::new());
    for class in Class::ALL {
        let term = terms.in_force().find_map(|(one, term)| (one == class).then_some(term));
        let name = class.name();
        match term {
            None => writeln!(text, "{name:<9} kept without a term")?,
            Some(term) => {
                let before = day(term.before_us(now_us));
                writeln!(text, "{name:<9} {} months, {}: before {before}", term.months(), term.basis())?;
            }
        }
        values.push(json!({
            "class": name, "months": term.map(|term| term.months()), "basis": term.map(|term| term.basis()),
            "before_us": term.map(|term| term.before_us(now_us)),
        }));
    }
    print(json, &values, &text)
}

async fn redact(config: &Config, dry_run: bool) -> anyhow::Result<(Vec<Retained>, bool)> {
    let store = Store::open(&config.database).await?;
    let (hub, tasks) = Hub::start(store, Clock::system(), &config.ledger_files()).await?;
    let how = if dry_run { Run::Dry } else { Run::Now };
    let outcome = retain(&hub, &config.retention, offline::salt, how).await;
    let forgotten = if dry_run { Ok(true) } else { hub.store().forget_log().await };
    drop(hub);
    tasks.end().await;
    Ok((outcome.map_err(offline::failed)?, forgotten?))
}

fn report(json: bool, classes: &[Retained], dry_run: bool, forgotten: bool) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    for Retained { class, before_us, leaves, tampered } in classes {
        let done = if dry_run { "would be redacted" } else { "redacted" };
        writeln!(text, "{:<9} before {}: {leaves} leaves {done}", class.name(), day(*before_us))?;
        if *tampered > 0 {
            writeln!(
                text,
                "  {tampered} kept: what they say does not make their hash. See `ledger verify`."
            )?;
        }
    }
    if classes.is_empty() {
        text.push_str(
            "No class of record has a term: nothing is redacted. See [retention] in the configuration.\n",
        );
    }
    if !forgotten {
        text.push_str(
            "Somebody reads: what was redacted stands in the write-ahead log until the next run.\n",
        );
    }
    let value = json!({
        "dry_run": dry_run, "log_emptied": forgotten,
        "classes": classes.iter().map(|one| json!({
            "class": one.class.name(), "before_us": one.before_us, "leaves": one.leaves, "tampered": one.tampered,
        })).collect::<Vec<_>>(),
    });
    print(json, &value, &text)?;
    let sound = classes.iter().all(|one| one.tampered == 0);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn day(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us)
        .map_or_else(|_| us.to_string(), |time| time.strftime("%Y-%m-%d").to_string())
}
