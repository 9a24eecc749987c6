//! Readiness means: the hub can write, and its certificate lets nodes in. Asked by probing, not by hoping.

use std::time::Duration;

use meldeverbund_certs::{Clock, ServerTls};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::{
    flow::{Hub, Probe, missing},
    ledger::Standing,
};

/// How often the hub looks at itself.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A write that takes longer counts as none.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the hub can do its work, and if not, why.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Readiness {
    /// True if it can.
    pub ready: bool,
    /// What stops it.
    pub reasons: Vec<String>,
    /// What will stop it, or should be looked at.
    pub warnings: Vec<String>,
}

/// Looks again and again, and tells the health service and the readiness probe.
pub(super) async fn watch(
    hub: Hub,
    tls: ServerTls,
    clock: Clock,
    mut reporter: HealthReporter,
    readiness: watch::Sender<Readiness>,
    stop: CancellationToken,
) {
    loop {
        let Some(now) = stop.run_until_cancelled(look(&hub, &tls, &clock)).await else { break };
        let status = if now.ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        reporter.set_service_status("", status).await;
        metrics::gauge!("meldeverbund_ready").set(if now.ready { 1.0 } else { 0.0 });
        let seconds = tls
            .state()
            .certificate
            .not_after
            .duration_since(clock.now())
            .map_or(0.0, |left| left.as_secs_f64());
        metrics::gauge!("meldeverbund_certificate_expires_in_seconds").set(seconds);
        readiness.send_if_modified(|known| {
            let news = *known != now;
            if news && !now.ready {
                tracing::warn!(reasons = ?now.reasons, "not ready");
            } else if news && !known.ready {
                tracing::info!("ready");
            }
            *known = now;
            news
        });
        if stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
            break;
        }
    }
    readiness.send_replace(Readiness { reasons: vec!["shutting down".into()], ..Readiness::default() });
    reporter.set_service_status("", ServingStatus::NotServing).await;
    // Whoever watches has been told; a stream without an end would hold up the end.
    reporter.clear_service_status("").await;
    reporter.set_service_status("", ServingStatus::NotServing).await;
}

async fn look(hub: &Hub, tls: &ServerTls, clock: &Clock) -> Readiness {
    let mut readiness = Readiness::default();
    match tokio::time::timeout(PROBE_TIMEOUT, hub.run(Probe)).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => readiness.reasons.push(match hub.ledger().standing() {
            Standing::Behind(behind) => behind.to_string(),
            Standing::Sound => "the database cannot be written".into(),
        }),
        Err(_) => readiness.reasons.push("the database does not answer in time".into()),
    }
    let read_only = hub.ledger().standing() != Standing::Sound;
    metrics::gauge!("meldeverbund_read_only").set(if read_only { 1.0 } else { 0.0 });
    if let Some(missing) = waiting(hub).await {
        metrics::gauge!("meldeverbund_reconciliation_missing").set(f64::from(missing));
        if missing > 0 {
            readiness
                .warnings
                .push(format!("grants wait for {missing} agencies to hand in again what was lost"));
        }
    }
    for warning in tls.state().warnings(clock.now()) {
        let list = if warning.stops_connections() { &mut readiness.reasons } else { &mut readiness.warnings };
        list.push(warning.to_string());
    }
    readiness.ready = readiness.reasons.is_empty();
    readiness
}

/// How many agencies the ledger's epoch waits for; none: the database cannot be read, which has been said.
async fn waiting(hub: &Hub) -> Option<u32> {
    let missing = missing(&mut *hub.reader().await.ok()?).await.ok()?;
    u32::try_from(missing.len()).ok()
}
