//! `target explain`: the story of one target, and why its owner is responsible.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use meldeverbund_proto::{
    TargetId,
    v1::{ExplainTargetRequest, ExplainTargetResponse, Responsibility, Stage, TimelineEntry},
};
use serde_json::{Value, json};

use super::{Desk, words};
use crate::{
    cli::{offline, output::print},
    flow::explain,
};

pub(super) async fn run(config: &Path, json: bool, target: TargetId, at: u64) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config).await?;
    let request = ExplainTargetRequest { target_id: target.to_string(), at_leaf: at };
    let told = explain(&mut *desk.store.reader().await?, &desk.views(), &desk.office, &request).await;
    desk.store.close().await;
    let told = told.map_err(offline::failed)?;
    print(json, &value(&told), &text(&told)?)
}

fn text(told: &ExplainTargetResponse) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let firm = match told.responsibility() {
        Responsibility::Unspecified => String::new(),
        firm => format!(", {}", words::responsibility(firm)),
    };
    writeln!(text, "Owner: {} ({}{firm}).", told.owner_agency_id, words::basis(told.owner_basis()))?;
    writeln!(text, "Rules, in their order:")?;
    for rule in &told.rules {
        writeln!(
            text,
            "  {:<14} {:<13} {}",
            rule.rule,
            if rule.fits { "fits:" } else { "does not fit:" },
            rule.reason
        )?;
    }
    writeln!(text, "History:")?;
    for entry in &told.timeline {
        writeln!(text, "  {}", line(entry))?;
    }
    Ok(text)
}

fn line(entry: &TimelineEntry) -> String {
    let who = if entry.agency_id.is_empty() { "the hub" } else { &entry.agency_id };
    let mut line = format!(
        "leaf {}  {}  {who}: {}; round {}, owner {} ({})",
        entry.leaf_index,
        words::time(entry.recorded_at_us),
        entry.what.replace('_', " "),
        entry.round,
        entry.owner_agency_id,
        words::basis(entry.owner_basis()),
    );
    if entry.stage() != Stage::Unspecified {
        line.push_str(&format!(", {}", words::stage(entry.stage())));
    }
    line
}

fn value(told: &ExplainTargetResponse) -> Value {
    json!({
        "owner": told.owner_agency_id, "basis": words::basis(told.owner_basis()),
        "responsibility": words::responsibility(told.responsibility()),
        "rules": told.rules.iter().map(|rule| json!({
            "rule": rule.rule, "fits": rule.fits, "reason": rule.reason,
        })).collect::<Vec<_>>(),
        "history": told.timeline.iter().map(|entry| json!({
            "leaf": entry.leaf_index, "recorded_at_us": entry.recorded_at_us, "agency": entry.agency_id,
            "what": entry.what, "round": entry.round, "stage": words::stage(entry.stage()),
            "owner": entry.owner_agency_id, "basis": words::basis(entry.owner_basis()),
        })).collect::<Vec<_>>(),
    })
}
