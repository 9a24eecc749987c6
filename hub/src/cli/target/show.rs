//! `target show`: targets as the central office sees them.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use meldeverbund_proto::{
    limits::TARGETS_PER_DECISION,
    v1::{ShowTargetsRequest, TargetView},
};
use serde_json::{Value, json};

use super::{Desk, ids::Ids, words};
use crate::{
    cli::{offline, output::print},
    flow::show,
};

const GATES: [&str; 4] = ["assessed", "evidence", "provider data", "released"];

pub(super) async fn run(config: &Path, json: bool, ids: Ids) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config).await?;
    let (asked, mut targets) = (ids.read()?, Vec::new());
    for some in asked.chunks(TARGETS_PER_DECISION) {
        let request = ShowTargetsRequest { target_ids: some.to_vec() };
        let shown = show(&mut *desk.store.reader().await?, &desk.views(), &desk.office, &request).await;
        targets.extend(shown.map_err(offline::failed)?.targets);
    }
    desk.store.close().await;
    let known = |id: &&String| targets.iter().any(|view| view.target_id == **id);
    let unknown: Vec<_> = asked.iter().filter(|id| !known(id)).collect();
    let mut text: String = targets.iter().map(told).collect();
    for id in &unknown {
        writeln!(text, "{id}  there is no such target")?;
    }
    let value = json!({ "targets": targets.iter().map(value).collect::<Vec<_>>(), "unknown": unknown });
    print(json, &value, &text)
}

fn told(view: &TargetView) -> String {
    let mut text = format!(
        "{}  {}, round {}, owner {} ({}, {})\n",
        view.target_id,
        words::stage(view.stage()),
        view.round,
        view.owner_agency_id,
        words::basis(view.owner_basis()),
        words::responsibility(view.responsibility()),
    );
    for line in lines(view) {
        text.push_str(&format!("    {line}\n"));
    }
    text
}

fn lines(view: &TargetView) -> Vec<String> {
    let mut lines = Vec::new();
    if !view.claimed_agency_id.is_empty() {
        lines.push(format!("claimed for {}", view.claimed_agency_id));
    }
    if !view.gates.is_empty() {
        let gates = GATES.iter().zip(view.gates());
        let gates = gates.map(|(name, state)| format!("{name} {}", words::gate(state)));
        lines.push(format!("gates: {}", gates.collect::<Vec<_>>().join(", ")));
    }
    for hold in &view.holds {
        let state = if hold.lapsed { "lapsed" } else { "until" };
        lines.push(format!(
            "hold of {}, {state} {} ({})",
            hold.agency_id,
            words::time(hold.until_us),
            hold.hold_id
        ));
    }
    for window in &view.windows {
        let until = match window.until_us {
            0 => "not begun".into(),
            until_us => format!("until {}", words::time(until_us)),
        };
        lines.push(format!("objection window of {}, {until}", window.agency_id));
    }
    if let Some(intent) = &view.intent {
        let state = match (intent.failed, intent.in_doubt) {
            (true, _) => "failed",
            (false, true) => "in doubt",
            (false, false) => "under way",
        };
        lines.push(format!("notice {state} since {} ({})", words::time(intent.since_us), intent.intent_id));
    }
    if view.notices + view.incidents > 0 {
        lines.push(format!("{} notices in this round, {} incidents in all", view.notices, view.incidents));
    }
    if view.complaint_open {
        lines.push("a complaint is open".into());
    }
    if view.outcome != 0 {
        lines.push(format!("outcome: {}", words::outcome(view.outcome())));
    }
    for due in &view.due {
        let by = if due.by_us == 0 { "now".into() } else { format!("by {}", words::time(due.by_us)) };
        lines.push(format!("due {by}: {}", words::due(due.kind())));
    }
    lines
}

fn value(view: &TargetView) -> Value {
    json!({
        "target": view.target_id, "role": words::role(view.role()), "stage": words::stage(view.stage()),
        "round": view.round, "owner": view.owner_agency_id, "basis": words::basis(view.owner_basis()),
        "responsibility": words::responsibility(view.responsibility()), "claimed": view.claimed_agency_id,
        "gates": GATES.iter().zip(view.gates()).map(|(name, state)| {
            json!({ "gate": name, "state": words::gate(state) })
        }).collect::<Vec<_>>(),
        "holds": view.holds.iter().map(|hold| json!({
            "hold": hold.hold_id, "agency": hold.agency_id, "until_us": hold.until_us, "lapsed": hold.lapsed,
        })).collect::<Vec<_>>(),
        "windows": view.windows.iter().map(|window| json!({
            "agency": window.agency_id, "until_us": window.until_us, "consent_required": window.consent_required,
        })).collect::<Vec<_>>(),
        "intent": view.intent.as_ref().map(|intent| json!({
            "intent": intent.intent_id, "since_us": intent.since_us, "in_doubt": intent.in_doubt,
            "failed": intent.failed,
        })),
        "notices": view.notices, "incidents": view.incidents, "notified_elsewhere": view.notified_elsewhere,
        "complaint_open": view.complaint_open,
        "outcome": (view.outcome != 0).then(|| words::outcome(view.outcome())),
        "urgent": view.urgent,
        "due": view.due.iter().map(|due| json!({ "due": words::due(due.kind()), "by_us": due.by_us }))
            .collect::<Vec<_>>(),
    })
}
