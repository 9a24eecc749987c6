//! Publishes checkpoints again and again, for their witnesses.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, causes, publish};

/// Publishes until stopped.
pub(super) async fn run(hub: Hub, every: Duration, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
        match publish(&hub).await {
            Ok(true) => metrics::counter!("meldeverbund_checkpoints_published_total").increment(1),
            Ok(false) => {}
            Err(failure) => {
                tracing::debug!(cause = %causes(&failure), "no checkpoint published; the next one is");
            }
        }
    }
}
