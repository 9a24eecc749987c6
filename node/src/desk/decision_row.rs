//! Decisions as the desk shows them.

use meldeverbund_proto::node::v1::{self, RefusedPart};

use crate::store::{DecisionRow, StoreError, Tx};

/// Refused parts that a row shows.
const PARTS: u32 = 20;

/// A decision with its figures.
pub(crate) async fn decision_row(tx: &mut Tx, row: DecisionRow) -> Result<v1::DecisionRow, StoreError> {
    let parts = if row.held_up > 0 { tx.refused_batches(row.id, PARTS).await? } else { Vec::new() };
    let is_hold = matches!(row.what.as_str(), "place_hold" | "renew_hold");
    Ok(v1::DecisionRow {
        decision: row.id.unsigned_abs(),
        what: row.what,
        officer: row.given_by,
        annotation: row.annotation,
        given_at_us: row.given_us,
        answered_at_us: row.answered_us.unwrap_or(0),
        targets: row.targets,
        waiting: row.waiting,
        taken: row.taken,
        refused: row.refused,
        held_up: row.held_up,
        given_up: row.given_up,
        needs_hub: row.needs_hub,
        not_in_force: is_hold && row.waiting + row.held_up > 0,
        refused_parts: parts
            .into_iter()
            .map(|part| RefusedPart {
                command_id: part.command_id.to_string(),
                targets: part.targets,
                refusal: Some(part.refusal),
                refused_at_us: part.refused_us,
            })
            .collect(),
    })
}
