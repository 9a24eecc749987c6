//! Targets as JSON.

use meldeverbund_proto::{node::v1::TargetRow, v1::TargetView};
use serde_json::{Value, json};

use super::json;
use crate::text;

/// A target of the work list.
pub(super) fn row_json(row: &TargetRow) -> Value {
    let view = row.view.clone().unwrap_or_default();
    let mut value = view_json(&view);
    value["told_at"] = json::time(row.told_at_us);
    let links = row.links.iter().map(|own| json!({ "link": own.link, "case": own.case_number }));
    value["links"] = Value::from(links.collect::<Vec<_>>());
    value
}

/// A view as JSON.
pub(super) fn view_json(view: &TargetView) -> Value {
    let gates: serde_json::Map<String, Value> = ["assessed", "evidence", "provider_data", "released"]
        .into_iter()
        .zip(view.gates())
        .map(|(gate, state)| (gate.to_owned(), json::name(state.as_str_name(), "GATE_STATE_")))
        .collect();
    let holds = view.holds.iter().map(|hold| {
        json!({ "hold": hold.hold_id, "agency": hold.agency_id, "until": json::time(hold.until_us), "lapsed": hold.lapsed })
    });
    let windows = view.windows.iter().map(|window| {
        json!({
            "agency": window.agency_id,
            "until": json::time(window.until_us),
            "consent_required": window.consent_required,
        })
    });
    let due = view.due.iter().map(|due| {
        json!({
            "what": json::name(due.kind().as_str_name(), "DUE_KIND_"),
            "by": json::time(due.by_us),
            "verb": text::due_verb(due.kind()),
        })
    });
    json!({
        "target": view.target_id,
        "role": json::name(view.role().as_str_name(), "ROLE_"),
        "stage": json::name(view.stage().as_str_name(), "STAGE_"),
        "round": view.round,
        "owner": json::text(&view.owner_agency_id),
        "basis": json::name(view.owner_basis().as_str_name(), "OWNER_BASIS_"),
        "responsibility": json::name(view.responsibility().as_str_name(), "RESPONSIBILITY_"),
        "claimed": json::text(&view.claimed_agency_id),
        "gates": gates,
        "holds": holds.collect::<Vec<_>>(),
        "windows": windows.collect::<Vec<_>>(),
        "fence": (view.fence != 0).then_some(view.fence),
        "grant_until": json::time(view.grant_until_us),
        "intent": view.intent.as_ref().map(|intent| json!({
            "intent": intent.intent_id,
            "since": json::time(intent.since_us),
            "in_doubt": intent.in_doubt,
            "failed": intent.failed,
        })),
        "notices": view.notices,
        "incidents": view.incidents,
        "notified_elsewhere": view.notified_elsewhere,
        "complaint_open": view.complaint_open,
        "outcome": json::name(view.outcome().as_str_name(), "OUTCOME_"),
        "missing": view.missing.iter().map(|refusal| json::refusal(Some(refusal))).collect::<Vec<_>>(),
        "due": due.collect::<Vec<_>>(),
        "urgent": view.urgent,
    })
}
