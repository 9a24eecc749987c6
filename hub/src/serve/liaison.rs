//! Tells again and again of what liaison bodies asked, and sees to disclosures whose time runs.

use std::{sync::Arc, time::Duration};

use meldeverbund_domain::liaison::Settings;
use tokio_util::sync::CancellationToken;

use crate::flow::{Command, Hub, LeasedJob, SeeToDisclosures, TellAsked, Turn, causes};

/// How soon those concerned are told, at a time of its own: nothing about when it happens depends on what was asked.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Tells until stopped.
pub(super) async fn run(hub: Hub, settings: Settings, blind_per_day: u32, stop: CancellationToken) {
    let settings = Arc::new(settings);
    loop {
        let (policies, settings) = (hub.policies().clone(), Arc::clone(&settings));
        let tell = TellAsked { policies, settings, blind_per_day };
        let more = turn(&hub, tell).await | turn(&hub, SeeToDisclosures).await;
        // What is more is done at once, but behind whoever waits.
        if more && !stop.is_cancelled() {
            continue;
        }
        if stop.run_until_cancelled(tokio::time::sleep(TELL_EVERY)).await.is_none() {
            break;
        }
    }
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Liaison)).await;
}

/// One turn; whether there may be more to do.
async fn turn(hub: &Hub, command: impl Command<Verdict = bool>) -> bool {
    match hub.run(hub.leases().turn(LeasedJob::Liaison, command)).await {
        Ok(Turn::Mine(more, _)) => more,
        Ok(Turn::Others) => false,
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "liaison's work stands still; it goes on with the next turn");
            false
        }
    }
}
