//! What waits and why.

use meldeverbund_proto::node::v1::{
    Disk, FeedState, ParkedEvent, Queue, Reconciliation, RefusedSubmission, StatusResponse,
};

use super::{Caller, DeskError, case_row, case_row::counts, hand_in_row, show_ledger};
use crate::{
    node::Node,
    store::{self, Parked, Sums},
};

/// How many of each kind the answer shows; more do not fit on a screen.
const SHOWN: u32 = 20;

pub(super) async fn status(node: &Node, caller: &Caller) -> Result<StatusResponse, DeskError> {
    let mut tx = node.store.read().await?;
    let waiting = tx.waiting().await?;
    let (decisions, decided_targets, refused_decisions) = tx.waiting_decisions().await?;
    let (held_targets, lapsed_targets) = tx.held().await?;
    let disk = node.store.disk().map_err(store::StoreError::from)?;
    let line = node.hub_line();
    let (restored_at_us, backup_at_us) = tx.last_restored().await?.unwrap_or_default();
    Ok(StatusResponse {
        agency_id: node.config.agency.to_string(),
        instance_id: node.store.instance_id().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at_us: node.started_us,
        officer: caller.officer.clone(),
        hub: Some(line),
        queue: Some(Queue {
            case_commands: tx.waiting_case_commands().await?,
            submissions: waiting.submissions,
            referrals: waiting.referrals,
            in_flight: node.gauges.in_flight(),
            set_aside: node.gauges.set_aside(),
            refused_submissions: waiting.refused,
            oldest_at_us: waiting.oldest_us.unwrap_or(0),
            decisions,
            decided_targets,
            refused_decisions,
        }),
        feed: Some(FeedState {
            cursor: tx.feed_cursor().await?,
            applied_at_us: node.gauges.feed_applied_us(),
            parked: tx.parked_count().await?,
            first_parked: tx.parked(0, SHOWN).await?.into_iter().map(parked_event).collect(),
        }),
        disk: Some(Disk { store_bytes: disk.store_bytes, free_bytes: disk.free_bytes }),
        totals: Some(counts(tx.totals().await?)),
        broken_off: tx.broken_off_hand_ins(SHOWN).await?.into_iter().map(hand_in_row).collect(),
        refused: tx.refused_submissions(SHOWN).await?.into_iter().map(refused_submission).collect(),
        refused_cases: tx
            .refused_cases(SHOWN)
            .await?
            .into_iter()
            .map(|case| case_row(case, Sums::default()))
            .collect(),
        held_targets,
        lapsed_targets,
        reconciliation: tx.reconciliation().await?.map(reconciliation),
        restored_at_us,
        backup_at_us,
        ledger: Some(show_ledger::state(node, &mut tx).await?),
    })
}

fn reconciliation(state: store::Reconciliation) -> Reconciliation {
    Reconciliation {
        epoch: state.epoch,
        kept_leaves: state.kept,
        began_at_us: state.began_us,
        submissions: state.submissions.0,
        waiting_submissions: state.submissions.1,
        decisions: state.decisions.0,
        waiting_decisions: state.decisions.1,
        case_commands: state.case_commands,
        refused: state.refused,
        reported_at_us: state.reported_us.unwrap_or(0),
    }
}

/// A parked event for people.
pub(crate) fn parked_event(parked: Parked) -> ParkedEvent {
    ParkedEvent { sequence: parked.sequence, reason: parked.reason, parked_at_us: parked.parked_us }
}

/// A refused submission for people.
pub(crate) fn refused_submission(refused: store::RefusedSubmission) -> RefusedSubmission {
    RefusedSubmission {
        submission_id: refused.submission_id.to_string(),
        case_number: refused.case_number,
        hand_in: refused.hand_in.unsigned_abs(),
        referrals: refused.referral_count,
        refusal: Some(refused.refusal),
        refused_at_us: refused.refused_us,
    }
}
