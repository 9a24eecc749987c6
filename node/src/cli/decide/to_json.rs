//! Decisions as JSON.

use meldeverbund_proto::{
    node::v1::{DecideDone, DecisionRow, DecisionSummary},
    v1::AgencyCard,
};
use serde_json::{Value, json};

use crate::cli::json;

/// A decision with its figures.
pub(in crate::cli) fn row_json(row: &DecisionRow) -> Value {
    let parts = row.refused_parts.iter().map(|part| {
        json!({
            "command": part.command_id,
            "targets": part.targets,
            "refusal": json::refusal(part.refusal.as_ref()),
            "refused_at": json::time(part.refused_at_us),
        })
    });
    json!({
        "decision": row.decision,
        "what": row.what,
        "officer": row.officer,
        "annotation": json::text(&row.annotation),
        "given_at": json::time(row.given_at_us),
        "answered_at": json::time(row.answered_at_us),
        "targets": row.targets,
        "waiting": row.waiting,
        "taken": row.taken,
        "refused": row.refused,
        "held_up": row.held_up,
        "given_up": row.given_up,
        "needs_hub": row.needs_hub,
        "not_in_force": row.not_in_force,
        "refused_parts": parts.collect::<Vec<_>>(),
    })
}

pub(super) fn done_json(done: &DecideDone, summary: &DecisionSummary, owners: &[AgencyCard]) -> Value {
    let refused = summary.refused.iter().map(|group| {
        json!({
            "refusal": json::refusal(group.refusal.as_ref()),
            "targets": group.targets,
            "first": group.target_ids,
        })
    });
    let summary = json!({
        "targets": summary.targets,
        "taken": summary.taken,
        "refused": refused.collect::<Vec<_>>(),
        "under_way": summary.under_way,
        "under_way_since": json::time(summary.under_way_since_us),
    });
    let mut value = done.decision.as_ref().map_or_else(|| json!({}), row_json);
    value["dry_run"] = json::name(done.dry_run().as_str_name(), "DRY_RUN_SOURCE_");
    value["summary"] = summary;
    value["owners"] = Value::from(owners.iter().map(json::agency).collect::<Vec<_>>());
    value["hub"] = done.hub.as_ref().map_or(Value::Null, json::hub);
    value
}
