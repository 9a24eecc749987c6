//! Runs retention again and again.

use std::time::Duration;

use meldeverbund_domain::{liaison::DAY_US, retention::Terms};
use meldeverbund_proto::leaf::Salt;
use rand::RngExt as _;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::now_us,
    flow::{Command, EraseLog, EraseViews, Hub, LeasedJob, Probe, Run, Turn, causes, retain},
};

/// Terms are months: once a day is soon enough, and at every start, so that a hub that is restarted daily redacts too.
const RETAIN_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// How long log data are kept, days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// Those of liaison.
    pub(super) liaison_days: u32,
    /// Who saw what at the console.
    pub(super) views_days: u32,
}

/// Redacts what the terms say, and erases log data that are older than they are kept, until stopped.
pub(super) async fn run(hub: Hub, terms: Terms, kept: Kept, stop: CancellationToken) {
    loop {
        let again = stop.run_until_cancelled(turn(&hub, &terms, kept)).await;
        let Some(again) = again else { break };
        if stop.run_until_cancelled(tokio::time::sleep(again)).await.is_none() {
            break;
        }
    }
    give_back(&hub).await;
}

/// One turn, and when the next one is.
async fn turn(hub: &Hub, terms: &Terms, kept: Kept) -> Duration {
    match hub.run(hub.leases().turn(LeasedJob::Retention, Probe)).await {
        Ok(Turn::Mine((), fence)) => {
            let before_us = |days: u32| now_us(hub.clock()) - i64::from(days) * DAY_US;
            let (asked_us, seen_us) = (before_us(kept.liaison_days), before_us(kept.views_days));
            erase(hub, EraseLog { before_us: asked_us }, "liaison", fence).await;
            erase(hub, EraseViews { before_us: seen_us }, "views", fence).await;
            once(hub, terms, fence).await;
            give_back(hub).await;
            RETAIN_EVERY
        }
        // If that hub dies halfway, this one goes on.
        Ok(Turn::Others) => LeasedJob::Retention.term(),
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "retention did not begin; it does with the next run");
            RETAIN_EVERY
        }
    }
}

async fn give_back(hub: &Hub) {
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Retention)).await;
}

/// Erases log data of one kind, slice by slice.
async fn erase<C: Command<Verdict = u64> + Copy>(hub: &Hub, slice: C, log: &'static str, fence: i64) {
    loop {
        match hub.run(hub.leases().turn(LeasedJob::Retention, slice).under(Some(fence))).await {
            Ok(Turn::Mine(0, _) | Turn::Others) => return,
            Ok(Turn::Mine(rows, _)) => tracing::info!(log, rows, "log.erased"),
            Err(failure) => {
                tracing::warn!(log, cause = %causes(&failure), "log data not erased; they are with the next run");
                return;
            }
        }
    }
}

async fn once(hub: &Hub, terms: &Terms, fence: i64) {
    let salt = || Salt::from_random(rand::rng().random());
    let outcome = retain(hub, terms, salt, Run::Under(fence)).await;
    match outcome {
        Ok(classes) => {
            for one in classes.iter().filter(|one| one.leaves > 0) {
                let class = one.class.name();
                metrics::counter!("meldeverbund_redacted_leaves_total", "class" => class)
                    .increment(one.leaves);
                tracing::info!(class, leaves = one.leaves, "retention.redacted");
            }
            for one in classes.iter().filter(|one| one.tampered > 0) {
                let (class, leaves) = (one.class.name(), one.tampered);
                tracing::warn!(class, leaves, "retention.kept: their texts do not make their leaves' hashes");
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
