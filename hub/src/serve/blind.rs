//! Makes the epochs of blind questions, and what comes to their sets, again and again.

use std::time::Duration;

use rand::RngExt as _;
use tokio_util::sync::CancellationToken;

use crate::flow::{Blind, Failure, Hub, causes, see_to_blind};

/// Takes turns until stopped. One that is cut is taken up again by the next: what is not in office yet is made anew.
pub(super) async fn run(hub: Hub, blind: Blind, stop: CancellationToken) {
    let every = Duration::from_secs(blind.settings().increments_s.get().into());
    loop {
        let turn = see_to_blind(&hub, &blind, rand::rng().random());
        match stop.run_until_cancelled(turn).await {
            Some(Ok(_)) => {}
            // The ledger is being cured, or somebody was quicker.
            Some(Err(Failure::Refused(refusal))) => {
                tracing::info!(reason = refusal.reason, "blind.turn refused; the next goes on");
            }
            Some(Err(failure)) => {
                tracing::warn!(cause = %causes(&failure), "sets of blind questions not brought up to date; they are later");
            }
            None => break,
        }
        if stop.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            break;
        }
    }
}
