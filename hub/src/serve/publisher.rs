//! Publishes checkpoints again and again, for their witnesses.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, LeasedJob, causes, publish_in_turn};

/// Publishes until stopped.
pub(super) async fn run(hub: Hub, every: Duration, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
        match publish_in_turn(&hub).await {
            Ok(true) => metrics::counter!("meldeverbund_checkpoints_published_total").increment(1),
            Ok(false) => {}
            Err(failure) => {
                tracing::debug!(cause = %causes(&failure), "no checkpoint published; the next one is");
            }
        }
    }
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Publish)).await;
}
