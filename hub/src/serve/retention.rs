//! Runs retention again and again.

use std::time::Duration;

use meldeverbund_domain::retention::Terms;
use meldeverbund_proto::leaf::Salt;
use rand::RngExt as _;
use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, causes, retain};

/// Terms are months: once a day is soon enough, and at every start, so that a hub that is restarted daily redacts too.
const RETAIN_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Redacts until stopped. Without terms there is nothing to do.
pub(super) async fn run(hub: Hub, terms: Terms, stop: CancellationToken) {
    if terms.in_force().next().is_none() {
        return;
    }
    loop {
        let outcome = stop.run_until_cancelled(once(&hub, &terms)).await;
        if outcome.is_none() || stop.run_until_cancelled(tokio::time::sleep(RETAIN_EVERY)).await.is_none() {
            return;
        }
    }
}

async fn once(hub: &Hub, terms: &Terms) {
    let salt = || Salt::from_random(rand::rng().random());
    let outcome = retain(hub, terms, salt, false).await;
    match outcome {
        Ok(classes) => {
            for one in classes.iter().filter(|one| one.leaves > 0) {
                let class = one.class.name();
                metrics::counter!("meldeverbund_redacted_leaves_total", "class" => class)
                    .increment(one.leaves);
                tracing::info!(class, leaves = one.leaves, "retention.redacted");
            }
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "retention failed; it goes on with the next run");
        }
    }
    match hub.store().forget_log().await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(
                "what was redacted may still stand in the write-ahead log; it goes with the next run"
            );
        }
        Err(error) => {
            tracing::warn!(cause = %causes(&error), "what was redacted may still stand in the write-ahead log");
        }
    }
}
