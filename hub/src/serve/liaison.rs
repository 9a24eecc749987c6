//! Tells again and again of what liaison bodies asked.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, LeasedJob, TellAsked, Turn, causes};

/// How soon those concerned are told, at a time of its own: nothing about when it happens depends on what was asked.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Tells until stopped.
pub(super) async fn run(hub: Hub, stop: CancellationToken) {
    loop {
        let tell = TellAsked { policies: hub.policies().clone() };
        match hub.run(hub.leases().turn(LeasedJob::Liaison, tell)).await {
            // There may be more: at once, but behind whoever waits.
            Ok(Turn::Mine(true, _)) if !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "nobody told of liaison's questions; they are told later");
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(TELL_EVERY)).await.is_none() {
            break;
        }
    }
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Liaison)).await;
}
