//! Runs the deadline sweep again and again.

use std::time::Duration;

use meldeverbund_proto::leaf::Salt;
use rand::RngExt as _;
use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, LeasedJob, Sweep, Turn, causes};

/// How late a passed deadline is noticed. Terms are hours and days.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Sweeps until stopped.
pub(super) async fn run(hub: Hub, stop: CancellationToken) {
    loop {
        let sweep = Sweep {
            salt: Salt::from_random(rand::rng().random()),
            target_ids: hub.store().target_ids().clone(),
            policies: hub.policies().clone(),
        };
        match hub.run(hub.leases().turn(LeasedJob::Sweep, sweep)).await {
            // There may be more: at once, but behind whoever waits.
            Ok(Turn::Mine(true, _)) if !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "deadlines not swept; they are looked at again");
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(SWEEP_EVERY)).await.is_none() {
            break;
        }
    }
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Sweep)).await;
}
