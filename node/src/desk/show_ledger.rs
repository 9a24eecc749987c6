//! How the ledger stands at this node.

use meldeverbund_proto::node::v1::{
    LedgerAlarm, LedgerCheckpoint, LedgerReceipts, LedgerState, ShowLedgerRequest, ShowLedgerResponse,
};

use super::DeskError;
use crate::{
    node::Node,
    store::{SeenCheckpoint, StoreError, StoredAlarm, Tx},
    witness::Votes,
};

/// Alarms that a look at the state shows; more do not fit on a screen.
const SHOWN: u32 = 20;

/// Alarms that the list of alarms shows.
const LISTED: u32 = 1_000;

pub(super) async fn show_ledger(
    node: &Node,
    request: ShowLedgerRequest,
) -> Result<ShowLedgerResponse, DeskError> {
    let mut tx = node.store.read().await?;
    let alarms = tx.alarms(request.all_alarms, LISTED).await?.into_iter().map(alarm).collect();
    Ok(ShowLedgerResponse {
        state: Some(state(node, &mut tx).await?),
        alarms,
        statement_key: node.keys.statement_vkey().to_string(),
        witness_key: node.keys.witness_vkey().to_string(),
    })
}

/// The state, for this call and for the node's status.
pub(super) async fn state(node: &Node, tx: &mut Tx) -> Result<LedgerState, StoreError> {
    let keys = node.witness_now().known_keys(tx).await?;
    let newest = tx.newest_checkpoint().await?;
    let last = match &newest {
        Some(newest) => tx.final_checkpoint(newest.epoch).await?,
        None => None,
    };
    let counts = tx.receipt_counts().await?;
    let receipts = LedgerReceipts {
        unchecked: counts.unchecked,
        proven: counts.proven,
        joined: counts.joined,
        r#final: counts.finished,
        unproven: counts.unproven,
        given_up: counts.given_up,
    };
    Ok(LedgerState {
        hub_keys: keys.iter().map(ToString::to_string).collect(),
        hub_keys_pinned: !node.config.ledger.hub_keys.is_empty(),
        pinned_witnesses: u32::try_from(Votes::pinned(&node.config.ledger.witnesses)).unwrap_or(u32::MAX),
        newest: newest.map(checkpoint),
        final_size: last.map_or(0, |last| last.size),
        receipts: Some(receipts),
        open_alarms: tx.open_alarms().await?,
        alarms: tx.alarms(false, SHOWN).await?.into_iter().map(alarm).collect(),
        trouble: node.witness_trouble().unwrap_or_default(),
    })
}

/// A checkpoint for people.
pub(super) fn checkpoint(seen: SeenCheckpoint) -> LedgerCheckpoint {
    LedgerCheckpoint {
        epoch: seen.epoch.into(),
        size: seen.size,
        root: hex::encode(seen.root),
        votes: seen.votes,
        is_final: seen.is_final,
        seen_at_us: seen.seen_us,
        cosigned_at_us: seen.cosigned_us.unwrap_or(0),
    }
}

fn alarm(stored: StoredAlarm) -> LedgerAlarm {
    LedgerAlarm {
        id: stored.id,
        kind: stored.alarm.kind.name().to_owned(),
        is_notice: stored.alarm.kind.is_notice(),
        raised_at_us: stored.raised_us,
        detail: stored.alarm.detail,
        known: stored.alarm.known,
        shown: stored.alarm.shown,
        acknowledged_at_us: stored.acknowledged_us.unwrap_or(0),
        acknowledged_by: stored.acknowledged_by,
        reason: stored.acknowledged_why,
    }
}
