//! Compares links again and again, behind whoever waits.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::flow::{Compare, Hub, LeasedJob, Turn, causes};

/// How late a likeness is noticed when little happens: people look at the list, and nothing waits for it.
const COMPARE_EVERY: Duration = Duration::from_secs(10);

/// Between two slices while there is more: the writer is the intake's, not the job's.
const BETWEEN_SLICES: Duration = Duration::from_millis(200);

/// Compares until stopped.
pub(super) async fn run(hub: Hub, stop: CancellationToken) {
    loop {
        let compare = Compare { policies: hub.policies().clone() };
        let wait = match hub.run(hub.leases().turn(LeasedJob::Compare, compare)).await {
            Ok(Turn::Mine(true, _)) => BETWEEN_SLICES,
            Ok(_) => COMPARE_EVERY,
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "links not compared; they are looked at again");
                COMPARE_EVERY
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            break;
        }
    }
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Compare)).await;
}
